package login

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"terrane/agent"
	"terrane/geom"
	"terrane/grid"
	"terrane/viewer/caps"
	"terrane/wire/llsd"

	"github.com/google/uuid"
)

// The textures of sun, moon and clouds, which old viewers are told by name.
const (
	sunTexture   = "cce0f112-878f-4586-a2e2-a8f104bba271"
	cloudTexture = "dc4b9f0b-d008-45c6-96a4-01dd947ac621"
	moonTexture  = "ec4b9f0b-d008-45c6-96a4-01dd947ac621"
)

// answer is a successful login, as viewers, libopenmetaverse and node-metaverse need it: numbers are
// integers, "login" and the ids are text, lists are arrays also when they hold one thing.
func (d *Door) answer(r *http.Request, q agent.LoginRequest, a *agent.Admission) (llsd.Map, error) {
	at, err := caps.ViewerAddress(a.Region, q.ReachedAt)
	if err != nil {
		return nil, err
	}
	c := a.Circuit
	m := llsd.Map{
		"login":               "true",
		"agent_id":            c.Agent.String(),
		"session_id":          c.Session.String(),
		"secure_session_id":   c.Secure.String(),
		"real_id":             uuid.Nil.String(),
		"first_name":          a.Account.First,
		"last_name":           a.Account.Last,
		"circuit_code":        int32(c.Code),
		"sim_ip":              at.Addr().String(),
		"sim_port":            int32(at.Port()),
		"http_port":           int32(a.Region.HTTPPort),
		"seed_capability":     a.Seed,
		"region_x":            int32(a.Region.X),
		"region_y":            int32(a.Region.Y),
		"region_size_x":       int32(a.Region.SizeX),
		"region_size_y":       int32(a.Region.SizeY),
		"look_at":             vector(a.Place.LookAt),
		"start_location":      a.Start,
		"agent_access":        "M",
		"agent_access_max":    "A",
		"agent_region_access": rating(a.Region.Access),
		"seconds_since_epoch": int32(time.Now().Unix()),
		"message":             strings.ReplaceAll(d.Grid.Welcome, "<USERNAME>", a.Account.Name()),
		"home":                home(a),
		"max-agent-groups":    int32(maxGroups),
		"map-server-url":      d.base(r),
	}
	d.lists(m, a)
	return m, nil
}

// maxGroups is how many groups one may be in.
const maxGroups = 60

// lists adds what comes as arrays.
func (d *Door) lists(m llsd.Map, a *agent.Admission) {
	one := func(v llsd.Map) llsd.Array { return llsd.Array{v} }
	m["inventory-root"] = one(llsd.Map{"folder_id": rootOf(a.Folders).String()})
	m["inventory-skeleton"] = skeleton(a.Folders)
	m["inventory-lib-root"] = one(llsd.Map{"folder_id": grid.LibraryRoot.String()})
	m["inventory-lib-owner"] = one(llsd.Map{"agent_id": grid.LibraryOwner.String()})
	m["inventory-skel-lib"] = skeleton(d.Grid.Library)
	m["gestures"] = gestures(a.Gestures)
	m["buddy-list"] = buddies(a.Friends)
	m["initial-outfit"] = one(llsd.Map{"folder_name": "Default", "gender": "female"})
	m["ui-config"] = one(llsd.Map{"allow_first_life": "Y"})
	m["event_categories"] = llsd.Array{}
	m["event_notifications"] = llsd.Array{}
	m["login-flags"] = one(llsd.Map{
		"stipend_since_login": "N", "ever_logged_in": "Y", "gendered": "Y", "daylight_savings": "N",
	})
	m["global-textures"] = one(llsd.Map{
		"sun_texture_id": sunTexture, "cloud_texture_id": cloudTexture, "moon_texture_id": moonTexture,
	})
	categories := llsd.Array{}
	for i, name := range []string{
		"Shopping", "Land Rental", "Property Rental", "Special Attraction", "New Products", "Employment", "Wanted", "Service", "Personal",
	} {
		categories = append(categories, llsd.Map{"category_id": int32(i + 1), "category_name": name})
	}
	m["classified_categories"] = categories
}

func rootOf(folders []grid.Folder) uuid.UUID {
	if len(folders) == 0 {
		return uuid.Nil
	}
	return folders[0].ID
}

func skeleton(folders []grid.Folder) llsd.Array {
	out := make(llsd.Array, 0, len(folders))
	for _, f := range folders {
		out = append(out, llsd.Map{
			"folder_id": f.ID.String(), "parent_id": f.Parent.String(), "name": f.Name,
			"type_default": int32(f.Type), "version": int32(f.Version),
		})
	}
	return out
}

func gestures(items []grid.Item) llsd.Array {
	out := make(llsd.Array, 0, len(items))
	for _, i := range items {
		out = append(out, llsd.Map{"item_id": i.ID.String(), "asset_id": i.Asset.String()})
	}
	return out
}

// buddies are those who have said yes; an offer that waits is no friend yet.
func buddies(friends []grid.Friend) llsd.Array {
	out := make(llsd.Array, 0, len(friends))
	for _, f := range friends {
		if f.Pending() {
			continue
		}
		out = append(out, llsd.Map{
			"buddy_id": f.Friend.String(), "buddy_rights_has": int32(f.Theirs), "buddy_rights_given": int32(f.Mine),
		})
	}
	return out
}

// vector is a direction in LLSD notation.
func vector(v geom.Vec3) string { return fmt.Sprintf("[r%g,r%g,r%g]", v.X, v.Y, v.Z) }

// home is where he lives, in LLSD notation. node-metaverse needs the blank after each comma.
func home(a *agent.Admission) string {
	at, p := a.HomeAt, a.Home
	if at.ID == uuid.Nil {
		at, p = a.Region, a.Place
	}
	return fmt.Sprintf("{'region_handle':[r%d, r%d], 'position':[r%g, r%g, r%g], 'look_at':[r%g, r%g, r%g]}",
		at.X, at.Y, p.Position.X, p.Position.Y, p.Position.Z, p.LookAt.X, p.LookAt.Y, p.LookAt.Z)
}

func rating(access uint8) string {
	switch {
	case access >= grid.AccessAdult:
		return "A"
	case access >= grid.AccessMature:
		return "M"
	}
	return "PG"
}
