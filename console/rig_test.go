package console

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/agent"
	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"
	"terrane/grid/service/account"
	"terrane/grid/service/avatar"
	"terrane/grid/service/griduser"
	"terrane/grid/service/presence"
	"terrane/grid/service/region"
	"terrane/store"

	"github.com/google/uuid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test -update writes it anew. Got:\n%s", file, got)
	}
}

var (
	errDown = errors.New("disk full")

	welcomeID = uuid.MustParse("00000000-0000-4000-8000-0000000000a1")
	harbourID = uuid.MustParse("00000000-0000-4000-8000-0000000000a2")
	bootID    = uuid.MustParse("00000000-0000-4000-8000-0000000000b1")
	annID     = uuid.MustParse("00000000-0000-4000-8000-000000000001")
	sessionID = uuid.MustParse("00000000-0000-4000-8000-0000000000c1")
	otherID   = uuid.MustParse("00000000-0000-4000-8000-0000000000c2")
)

// rig is an Admin over services on a fresh database, with faults to be switched on.
type rig struct {
	*Client
	admin    *Admin
	services *agent.Services
	auth     *fakeAuthentication
	world    *fakeWorld
	fail     map[string]bool // by the service's call
}

func newRig(t *testing.T) *rig {
	t.Helper()
	db := store.Memory(t)
	r := &rig{fail: map[string]bool{}, auth: &fakeAuthentication{passwords: map[uuid.UUID]string{}}, world: &fakeWorld{}}
	accounts := must(account.New(db, account.Options{}))(t)
	users := must(griduser.New(db, griduser.Options{}))(t)
	presences := must(presence.New(db, presence.Options{Terms: grid.DefaultLeaseTerms}))(t)
	regions := must(region.New(db, region.Options{}))(t)
	avatars := must(avatar.New(db))(t)
	r.auth.rig = r
	r.services = &agent.Services{
		Accounts: faultyAccounts{accounts, r}, Authentication: r.auth, GridUsers: faultyUsers{users, r},
		Presences: faultyLeases{presences, r}, Avatars: faultyAvatars{avatars, r}, Regions: regions,
		Inventory: fakeInventory{rig: r}, Wardrobe: fakeWardrobe{r}, SessionEnder: r.world,
	}
	r.admin = &Admin{
		Services: r.services, Lister: accounts, Reports: steps.NewRing(100),
		Regions: func() []RegionView {
			return []RegionView{
				{ID: welcomeID, Name: "Welcome", X: 1000, Y: 1000, Size: 256, Default: true, Running: true, Boot: bootID},
				{ID: harbourID, Name: "Harbour", X: 1001, Y: 1000, Size: 256, Running: true, Boot: bootID},
			}
		},
		Sessions: func() []SessionView { return r.world.sessions },
		Journal: func(context.Context, uuid.UUID) ([]JournalRow, error) {
			return r.world.rows, r.broken("journal")
		},
		Alert: func(region uuid.UUID, text string) { r.world.alerts = append(r.world.alerts, region.String()+" "+text) },
	}
	r.Client = NewClient(Local(r.admin))
	return r
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// offline makes it a rig on whose folder no server runs.
func (r *rig) offline() *rig {
	r.admin.Reports, r.admin.Sessions, r.admin.Alert = nil, nil, nil
	return r
}

// register puts the region for newcomers into the registry, online.
func (r *rig) register(t *testing.T) {
	t.Helper()
	err := r.services.Regions.RegisterRegion(t.Context(), grid.Region{
		ID: welcomeID, Name: "Welcome", X: 256000, Y: 256000, SizeX: 256, SizeY: 256, UDPPort: 9000, HTTPPort: 9000, Boot: bootID,
	})
	if err == nil {
		err = r.services.Regions.SetRegionFlags(t.Context(), welcomeID, grid.RegionDefault)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// ann creates Ann Lee.
func (r *rig) ann(t *testing.T) UserView {
	t.Helper()
	u, err := r.CreateUser(t.Context(), NewUser{First: "Ann", Last: "Lee", Password: "secret", ID: annID})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// arrive opens a session for Ann in Welcome.
func (r *rig) arrive(t *testing.T) grid.Lease {
	t.Helper()
	l, err := r.services.Presences.Begin(t.Context(), annID, sessionID, uuid.New())
	if err == nil {
		l, err = r.services.Presences.Own(t.Context(), l.Fence(), welcomeID, bootID)
	}
	if err == nil {
		err = r.services.GridUsers.LoggedInAs(t.Context(), annID, l.Fence())
	}
	if err == nil {
		place := grid.Place{Region: welcomeID, Position: geom.Vec3{X: 1, Y: 2, Z: 3}, LookAt: geom.Vec3{Y: 1}}
		err = r.services.GridUsers.SetPositionAs(t.Context(), annID, l.Fence(), place)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (r *rig) broken(call string) error {
	if r.fail[call] {
		return errDown
	}
	return nil
}

// says fails the test unless err is an *Error with this status and all the words.
func says(t *testing.T, err error, status int, words ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("error %v is no answer", err)
		return
	}
	if e.Status != status {
		t.Errorf("%q has status %d, want %d", e, e.Status, status)
	}
	for _, w := range words {
		if !strings.Contains(e.Text, w) {
			t.Errorf("%q does not say %q", e, w)
		}
	}
	if strings.Contains(e.Text, "\n") {
		t.Errorf("%q is more than a sentence", e)
	}
}

// accountService is grid.Accounts by another name, because that has a method Accounts.
type accountService = grid.Accounts

type faultyAccounts struct {
	accountService
	rig *rig
}

func (f faultyAccounts) UpdateAccount(ctx context.Context, a grid.Account) error {
	if err := f.rig.broken("UpdateAccount"); err != nil {
		return err
	}
	return f.accountService.UpdateAccount(ctx, a)
}

type faultyUsers struct {
	grid.FencedGridUsers
	rig *rig
}

func (f faultyUsers) SetHome(ctx context.Context, user uuid.UUID, p grid.Place) error {
	if err := f.rig.broken("SetHome"); err != nil {
		return err
	}
	return f.FencedGridUsers.SetHome(ctx, user, p)
}

func (f faultyUsers) GridUser(ctx context.Context, user uuid.UUID) (grid.GridUser, error) {
	if err := f.rig.broken("GridUser"); err != nil {
		return grid.GridUser{}, err
	}
	return f.FencedGridUsers.GridUser(ctx, user)
}

type faultyAvatars struct {
	grid.FencedAvatars
	rig *rig
}

func (f faultyAvatars) SetAvatar(ctx context.Context, user uuid.UUID, a grid.Avatar) error {
	if err := f.rig.broken("SetAvatar"); err != nil {
		return err
	}
	return f.FencedAvatars.SetAvatar(ctx, user, a)
}

func (f faultyAvatars) Avatar(ctx context.Context, user uuid.UUID) (grid.Avatar, error) {
	if err := f.rig.broken("Avatar"); err != nil {
		return nil, err
	}
	return f.FencedAvatars.Avatar(ctx, user)
}

type faultyLeases struct {
	grid.Leases
	rig *rig
}

func (f faultyLeases) LeaseOf(ctx context.Context, user uuid.UUID) (grid.Lease, error) {
	if err := f.rig.broken("LeaseOf"); err != nil {
		return grid.Lease{}, err
	}
	return f.Leases.LeaseOf(ctx, user)
}

// fakeAuthentication keeps passwords in clear.
type fakeAuthentication struct {
	grid.Authentication
	rig *rig
	// entered, when not nil, is told of every SetPassword, which then waits for leave.
	entered, leave chan struct{}

	mu        sync.Mutex
	passwords map[uuid.UUID]string
}

func (f *fakeAuthentication) SetPassword(_ context.Context, user uuid.UUID, clear string) error {
	if f.entered != nil {
		f.entered <- struct{}{}
		<-f.leave
	}
	if err := f.rig.broken("SetPassword"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.passwords[user] = clear
	return nil
}

type fakeInventory struct {
	grid.Inventory
	rig *rig
}

func (f fakeInventory) CreateInventory(context.Context, uuid.UUID) error {
	return f.rig.broken("CreateInventory")
}

type fakeWardrobe struct{ rig *rig }

func (f fakeWardrobe) Outfit(context.Context, uuid.UUID) (grid.Avatar, error) {
	return grid.Avatar{"Serial": "1", "Wearable 0:0": "shape:asset"}, f.rig.broken("Outfit")
}

// fakeWorld is the regions of the process.
type fakeWorld struct {
	sessions []SessionView
	rows     []JournalRow
	ended    []string
	alerts   []string
	err      error
}

func (f *fakeWorld) EndSession(_ context.Context, owner grid.Region, _, session uuid.UUID, why string) error {
	f.ended = append(f.ended, owner.Name+" "+session.String()+" "+why)
	return f.err
}

// over runs a test over both transports: in the process, and by a socket.
func over(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Run("in the process", func(t *testing.T) { test(t, newRig(t)) })
	t.Run("by socket", func(t *testing.T) {
		r := newRig(t)
		r.Client = NewClient(Socket(serve(t, r.admin)))
		test(t, r)
	})
}

// serve serves a handler on a socket until the test ends.
func serve(t *testing.T, h http.Handler) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { s.Close(); <-done })
	return path
}
