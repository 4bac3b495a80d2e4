package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// The records that Explain reads, as Unread names them.
const (
	recordGridUser = "grid user"
	recordPresence = "presence"
	recordJournal  = "journal"
	recordAvatar   = "avatar"
	recordRegions  = "regions"
)

// Explanation is every record that the system has of a user's sessions, gathered at one moment. What is
// nil or empty is not there, unless it stands in Unread.
type Explanation struct {
	At       time.Time       `json:"at"`
	Running  bool            `json:"running"` // a server runs: without one there are no circuits
	Account  UserView        `json:"account"`
	GridUser *GridUserRecord `json:"grid_user"`
	Epoch    uint64          `json:"epoch"` // the highest ever given to the user
	Lease    *LeaseRecord    `json:"lease"`
	Sessions []SessionView   `json:"sessions"`
	Journal  []JournalRow    `json:"journal"`
	Avatar   *AvatarRecord   `json:"avatar"`
	Regions  []RegionView    `json:"regions"` // of this process
	Unread   []Unread        `json:"unread"`
}

// Unread is a record that could not be read.
type Unread struct {
	Record string `json:"record"`
	Error  string `json:"error"`
}

// PlaceRecord is a place with the name of its region.
type PlaceRecord struct {
	Region   uuid.UUID `json:"region"`
	Name     string    `json:"name,omitempty"` // empty: no such region is known
	Position geom.Vec3 `json:"position"`
	LookAt   geom.Vec3 `json:"look_at"`
}

// GridUserRecord is what the grid user service has.
type GridUserRecord struct {
	Online bool        `json:"online"`
	Login  time.Time   `json:"login,omitzero"`
	Logout time.Time   `json:"logout,omitzero"`
	Home   PlaceRecord `json:"home"`
	Last   PlaceRecord `json:"last"`
}

// LeaseRecord is the open session that the presence service has.
type LeaseRecord struct {
	Session uuid.UUID `json:"session"`
	Epoch   uint64    `json:"epoch"`
	Began   time.Time `json:"began"`
	Expires time.Time `json:"expires"`
	Region  uuid.UUID `json:"region,omitzero"` // the owner; zero: nobody yet
	Name    string    `json:"name,omitempty"`  // of the region
	Boot    uuid.UUID `json:"boot,omitzero"`   // of the process that owns it

	Here       bool      `json:"here"`       // the region is one of this process
	Registered bool      `json:"registered"` // the region registry has the region
	RegionBoot uuid.UUID `json:"region_boot,omitzero"`
}

// AvatarRecord is what the avatar service has.
type AvatarRecord struct {
	Serial      string `json:"serial,omitempty"`
	Rows        int    `json:"rows"`
	Dressed     bool   `json:"dressed"`     // there are body parts or a shape to show
	Attachments int    `json:"attachments"` // attachment points with something on them
}

func (a *Admin) explain(r *http.Request) (any, error) {
	e, err := a.Explain(r.Context(), r.FormValue("first"), r.FormValue("last"))
	return e, err
}

// Explain gathers every record of a user's sessions. Only when the account cannot be found is there an
// error; another record that cannot be read is named in the result.
func (a *Admin) Explain(ctx context.Context, first, last string) (Explanation, error) {
	account, err := a.find(ctx, first, last)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{
		At: time.Now(), Running: a.running(), Account: viewOf(account),
		Sessions: []SessionView{}, Journal: []JournalRow{}, Regions: a.regions(), Unread: []Unread{},
	}
	for _, part := range []struct {
		record string
		read   func(context.Context, *Explanation) error
	}{
		{recordGridUser, a.explainGridUser},
		{recordPresence, a.explainPresence},
		{recordJournal, a.explainJournal},
		{recordAvatar, a.explainAvatar},
	} {
		if err := part.read(ctx, &e); err != nil {
			e.Unread = append(e.Unread, Unread{part.record, err.Error()})
		}
	}
	for _, s := range a.sessions() {
		if s.User == account.ID {
			e.Sessions = append(e.Sessions, s)
		}
	}
	return e, nil
}

func (a *Admin) explainGridUser(ctx context.Context, e *Explanation) error {
	u, err := a.Services.GridUsers.GridUser(ctx, e.Account.ID)
	if errors.Is(err, grid.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e.Account.LastLogin = u.Login
	e.GridUser = &GridUserRecord{
		Online: u.Online, Login: u.Login, Logout: u.Logout,
		Home: a.placeOf(ctx, e, u.Home), Last: a.placeOf(ctx, e, u.Last),
	}
	return nil
}

func (a *Admin) placeOf(ctx context.Context, e *Explanation, p grid.Place) PlaceRecord {
	_, name := a.regionOf(ctx, e, p.Region)
	return PlaceRecord{Region: p.Region, Name: name, Position: p.Position, LookAt: p.LookAt}
}

// regionOf is a region as it is registered, and its name, which the configuration knows too. Of a region
// that is not registered the entry is zero; of an unknown one the name is empty.
func (a *Admin) regionOf(ctx context.Context, e *Explanation, id uuid.UUID) (grid.Region, string) {
	if id == uuid.Nil {
		return grid.Region{}, ""
	}
	entry, err := a.Services.Regions.RegionByID(ctx, id)
	if err == nil {
		return entry, entry.Name
	}
	if !errors.Is(err, grid.ErrNotFound) && e.knows(recordRegions) {
		e.Unread = append(e.Unread, Unread{recordRegions, err.Error()})
	}
	return grid.Region{}, e.nameOf(id)
}

func (a *Admin) explainPresence(ctx context.Context, e *Explanation) error {
	var err error
	if e.Epoch, err = a.Services.Presences.Epoch(ctx, e.Account.ID); err != nil {
		return err
	}
	l, err := a.Services.Presences.LeaseOf(ctx, e.Account.ID)
	if errors.Is(err, grid.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e.Account.Online = true
	entry, name := a.regionOf(ctx, e, l.Region)
	e.Lease = &LeaseRecord{
		Session: l.Session, Epoch: l.Epoch, Began: l.Began, Expires: l.Expires, Region: l.Region, Name: name, Boot: l.Boot,
		Here: e.nameOf(l.Region) != "", Registered: entry.ID != uuid.Nil, RegionBoot: entry.Boot,
	}
	return nil
}

func (a *Admin) explainJournal(ctx context.Context, e *Explanation) error {
	if a.Journal == nil {
		return nil
	}
	rows, err := a.Journal(ctx, e.Account.ID)
	e.Journal = append(e.Journal, rows...)
	return err
}

func (a *Admin) explainAvatar(ctx context.Context, e *Explanation) error {
	rows, err := a.Services.Avatars.Avatar(ctx, e.Account.ID)
	if err != nil {
		return err
	}
	// What a login asks before it dresses somebody; see agent/login.go.
	dressed := rows["VisualParams"] != "" || rows["Wearable 0:0"] != ""
	e.Avatar = &AvatarRecord{Serial: rows["Serial"], Rows: len(rows), Dressed: dressed}
	for name := range rows {
		if strings.HasPrefix(name, "_ap_") {
			e.Avatar.Attachments++
		}
	}
	return nil
}

// knows reports whether a record was read.
func (e *Explanation) knows(record string) bool {
	for _, u := range e.Unread {
		if u.Record == record {
			return false
		}
	}
	return true
}

// nameOf is the name of a region of this process, or "".
func (e *Explanation) nameOf(region uuid.UUID) string {
	for _, r := range e.Regions {
		if r.ID == region {
			return r.Name
		}
	}
	return ""
}

// called is how a region is named in a sentence.
func (e *Explanation) called(region uuid.UUID) string {
	if name := e.nameOf(region); name != "" {
		return plain(name)
	}
	if e.Lease != nil && e.Lease.Region == region && e.Lease.Name != "" {
		return plain(e.Lease.Name)
	}
	return "region " + region.String()
}
