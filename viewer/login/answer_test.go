package login

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"terrane/grid"
	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"

	"github.com/google/uuid"
)

var update = flag.Bool("update", false, "write the golden answers anew")

// now is the one thing in an answer that is never the same.
var now = regexp.MustCompile(`(seconds_since_epoch</(?:name|key)>\s*(?:<value>)?<(?:i4|int|integer)>)\d+`)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	got = now.ReplaceAll(got, []byte("${1}1700000000"))
	got = []byte(strings.ReplaceAll(string(got), "><", ">\n<") + "\n")
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is another: go test ./viewer/login -update, and look at the difference", file)
	}
}

func TestInvariant1_TheAnswerIsAsItWas(t *testing.T) {
	d, _ := newDoor(t, &guard{admission: admission()})
	body := xmlrpc.AppendCall(nil, "login_to_simulator", call())
	golden(t, "login.xmlrpc", serve(d, request("text/xml", body)).Body.Bytes())
	golden(t, "login.llsd", serve(d, request("application/llsd+xml", llsd.AppendXML(nil, call()))).Body.Bytes())
}

// The readers: what each viewer insists on, by name and type.
var (
	texts = []string{
		"login", "agent_id", "session_id", "secure_session_id", "real_id", "first_name", "last_name", "sim_ip",
		"seed_capability", "look_at", "home", "start_location", "agent_access", "agent_access_max", "agent_region_access", "message",
		"map-server-url",
	}
	integers = []string{
		"circuit_code", "sim_port", "http_port", "region_x", "region_y", "region_size_x", "region_size_y", "seconds_since_epoch",
		"max-agent-groups",
	}
	lists = map[string]string{ // and the members of their elements, those that end in # are integers
		"inventory-root": "folder_id", "inventory-lib-root": "folder_id", "inventory-lib-owner": "agent_id",
		"inventory-skeleton": "folder_id parent_id name type_default# version#",
		"inventory-skel-lib": "folder_id parent_id name type_default# version#",
		"gestures":           "item_id asset_id", "buddy-list": "buddy_id buddy_rights_has# buddy_rights_given#",
		"login-flags":    "stipend_since_login ever_logged_in gendered daylight_savings",
		"initial-outfit": "folder_name gender", "ui-config": "allow_first_life",
		"global-textures":       "sun_texture_id cloud_texture_id moon_texture_id",
		"classified_categories": "category_id# category_name", "event_categories": "", "event_notifications": "",
	}
)

func TestInvariant1_NumbersAreIntegersAndLoginIsText(t *testing.T) {
	for form, login := range map[string]func(testing.TB, *Door, llsd.Map) llsd.Map{"XML-RPC": byXMLRPC, "LLSD": byLLSD} {
		d, _ := newDoor(t, &guard{admission: admission()})
		m := login(t, d, call())
		checkTypes(t, form, m, texts, integers)
		if m["login"] != "true" || m.Int("circuit_code") != 1<<31-1 || m.Int("sim_port") != 9000 || m.Int("http_port") != 9100 {
			t.Errorf("%s: %v %v %v %v", form, m["login"], m["circuit_code"], m["sim_port"], m["http_port"])
		}
		if ip, err := netip.ParseAddr(m.String("sim_ip")); err != nil || !ip.Is4() {
			t.Errorf("%s: address %q", form, m.String("sim_ip"))
		}
		for name, members := range lists {
			list, ok := m[name].(llsd.Array)
			if !ok {
				t.Errorf("%s: %s is %T, and must be a list", form, name, m[name])
			}
			if members == "" {
				continue
			}
			if len(list) == 0 {
				t.Errorf("%s: %s is empty", form, name)
			}
			var wantTexts, wantIntegers []string
			for _, member := range strings.Fields(members) {
				if plain, number := strings.CutSuffix(member, "#"); number {
					wantIntegers = append(wantIntegers, plain)
				} else {
					wantTexts = append(wantTexts, member)
				}
			}
			for _, e := range list.Maps() {
				checkTypes(t, form+" "+name, e, wantTexts, wantIntegers)
				if len(e) != len(wantTexts)+len(wantIntegers) {
					t.Errorf("%s: %s has %v", form, name, e.Keys())
				}
			}
		}
		if known := len(texts) + len(integers) + len(lists); len(m) != known {
			t.Errorf("%s: %d fields, %d are known: %v", form, len(m), known, m.Keys())
		}
	}
}

func checkTypes(t *testing.T, where string, m llsd.Map, texts, integers []string) {
	t.Helper()
	for _, name := range texts {
		if _, ok := m[name].(string); !ok {
			t.Errorf("%s: %s is %T, and must be text", where, name, m[name])
		}
	}
	for _, name := range integers {
		if _, ok := m[name].(int32); !ok {
			t.Errorf("%s: %s is %T, and must be an integer", where, name, m[name])
		}
	}
}

func TestTheAnswerSaysWhatTheGridSaid(t *testing.T) {
	d, _ := newDoor(t, &guard{admission: admission()})
	m := byXMLRPC(t, d, call())
	for key, want := range map[string]string{
		"agent_id": id(1).String(), "session_id": id(2).String(), "secure_session_id": id(3).String(), "real_id": uuid.Nil.String(),
		"first_name": "Ann", "last_name": "Lee & Co", "start_location": "last", "sim_ip": "127.0.0.1",
		"message": "Welcome, Ann Lee & Co!", "agent_region_access": "M", "look_at": "[r0.99,r0.042,r0]",
		"seed_capability": admission().Seed,
	} {
		if got := m.String(key); got != want {
			t.Errorf("%s is %q, not %q", key, got, want)
		}
	}
	root := m.Array("inventory-root").Maps()
	skeleton := m.Array("inventory-skeleton").Maps()
	if len(root) != 1 || root[0].String("folder_id") != id(40).String() || skeleton[0].String("parent_id") != uuid.Nil.String() {
		t.Errorf("root %v, the first folder %v", root, skeleton[0])
	}
	if outfit := skeleton[1]; outfit.Int("type_default") != 46 || outfit.String("name") != "Current <Outfit>" || outfit.Int("version") != 65535 {
		t.Errorf("%v: without the current outfit node-metaverse does not come in", outfit)
	}
	buddies := m.Array("buddy-list").Maps()
	if len(buddies) != 1 || buddies[0].String("buddy_id") != id(60).String() || buddies[0].Int("buddy_rights_has") != 3 || buddies[0].Int("buddy_rights_given") != 1 {
		t.Errorf("%v", buddies)
	}
	if owner := m.Array("inventory-lib-owner").Maps(); owner[0].String("agent_id") != grid.LibraryOwner.String() {
		t.Errorf("%v", owner)
	}
}

func TestInvariant2_TheHomeHasBlanksAndMetres(t *testing.T) {
	d, _ := newDoor(t, &guard{admission: admission()})
	m := byXMLRPC(t, d, call())
	home := m.String("home")
	if want := "{'region_handle':[r256000, r256256], 'position':[r128, r127.25, r30], 'look_at':[r0, r1, r0]}"; home != want {
		t.Errorf("home is %q", home)
	}
	if m.Int("region_x") != 256000 || m.Int("region_y") != 256256 || m.Int("region_size_y") != 512 {
		t.Errorf("region at %v,%v of %v", m["region_x"], m["region_y"], m["region_size_y"])
	}
	if _, err := llsd.ParseNotation([]byte(home)); err != nil {
		t.Errorf("home is no LLSD: %v", err)
	}
	// node-metaverse makes JSON of it, numbers with their r as text, and splits nothing but ", ".
	asJSON := strings.NewReplacer("'", "\"", "[r", "[\"r", ", r", "\", \"r", "]", "\"]").Replace(home)
	if !json.Valid([]byte(asJSON)) {
		t.Errorf("node-metaverse reads %s", asJSON)
	}
	for i, r := range home {
		if r == ',' && home[i+1] != ' ' {
			t.Errorf("no blank after the comma at %d of %q", i, home)
		}
	}
}

func TestWhoHasNoHomeLivesWhereHeArrives(t *testing.T) {
	g := &guard{admission: admission()}
	g.admission.HomeAt = grid.Region{}
	d, _ := newDoor(t, g)
	if home := byXMLRPC(t, d, call()).String("home"); !strings.Contains(home, "'position':[r10, r20.5, r30]") {
		t.Errorf("home is %q", home)
	}
}

func TestRatingsAreAsViewersKnowThem(t *testing.T) {
	for access, want := range map[uint8]string{grid.AccessPG: "PG", grid.AccessMature: "M", grid.AccessAdult: "A", 0: "PG", 255: "A"} {
		if got := rating(access); got != want {
			t.Errorf("access %d is %q", access, got)
		}
	}
}

func TestTheGridTellsAboutItselfInThreeForms(t *testing.T) {
	d, _ := newDoor(t, &guard{})
	want := map[string]string{
		"platform": "OpenSim", "gridname": "A <Grid>", "gridnick": "agrid", "login": "http://grid.example:9100/",
		"welcome": "http://grid.example:9100/", "economy": "http://grid.example:9100/", "home": "http://grid.example:9100/",
		"about": "http://example.com/?a=1&b=2",
	}
	same := func(form string, got map[string]string) {
		t.Helper()
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%s: %s is %q, not %q", form, key, got[key], value)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %v", form, got)
		}
	}
	ask := httptest.NewRequest("GET", "http://grid.example:9100/get_grid_info", nil)

	w := httptest.NewRecorder()
	d.ServeInfo(w, ask)
	var doc struct {
		XMLName xml.Name `xml:"gridinfo"`
		Pairs   []struct {
			XMLName xml.Name
			Value   string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, p := range doc.Pairs {
		got[p.XMLName.Local] = p.Value
	}
	same("XML", got)

	w = httptest.NewRecorder()
	d.ServeJSONInfo(w, ask)
	got = nil
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	same("JSON", got)

	v, err := xmlrpc.ParseResponse(serve(d, request("text/xml", xmlrpc.AppendCall(nil, "get_grid_info"))).Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got = make(map[string]string)
	for key := range llsd.AsMap(v) {
		got[key] = llsd.AsMap(v).String(key)
	}
	same("XML-RPC", got)
}

func TestAHostOfItsOwnTakesThePlaceOfTheOneThatWasReached(t *testing.T) {
	d, _ := newDoor(t, &guard{admission: admission()})
	d.Host = "grid.example.org"
	for reached, want := range map[string]string{"http://192.0.2.1:9100/": "http://grid.example.org:9100/", "http://192.0.2.1/": "http://grid.example.org:80/"} {
		if got := d.base(httptest.NewRequest("GET", reached, nil)); got != want {
			t.Errorf("%s is %s", reached, got)
		}
	}
}
