package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"
	"terrane/grid/service/account"
	"terrane/grid/service/avatar"
	"terrane/grid/service/friends"
	"terrane/grid/service/griduser"
	"terrane/grid/service/inventory"
	"terrane/grid/service/presence"
	"terrane/grid/service/region"
	"terrane/region/scene"
	"terrane/store"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

// moulds is a folder with a database of the services and one of a journal, both empty: to fill a copy costs a
// test less than to make their tables.
var moulds string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "agent")
	if err == nil {
		moulds = dir
		err = errors.Join(cast("services.db", func(db *store.DB) error { _, err := serve(db); return err }),
			cast("journal.db", func(db *store.DB) error { _, err := OpenJournal(context.Background(), db); return err }))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir) // what stays is in the folder for temporary files
		os.Exit(code)
	}))
}

// cast makes a mould.
func cast(name string, tables func(*store.DB) error) error {
	db, err := store.Open(context.Background(), filepath.Join(moulds, name), store.Options{Sync: store.SyncNormal})
	if err != nil {
		return err
	}
	return errors.Join(tables(db), db.Close())
}

// copyOf is a fresh copy of a mould.
func (w *world) copyOf(name string) string {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(moulds, name))
	if err != nil {
		w.Fatal(err)
	}
	path := filepath.Join(w.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// openAt opens a database until the test ends.
func (w *world) openAt(path string) *store.DB {
	w.Helper()
	db, err := store.Open(w.Context(), path, store.Options{Sync: store.SyncNormal})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			w.Error(err)
		}
	})
	return db
}

var errBroken = fmt.Errorf("broken: %w", grid.ErrUnavailable)

// world is a grid inside one test: the services over a database, regions with their scenes and journals, and
// between them function calls instead of a network.
type world struct {
	*testing.T
	services *Services
	logins   *Logins
	lapses   *Lapses
	sites    map[uuid.UUID]*site
	faults   faults      // of the logins and the lapses
	blind    atomic.Bool // the grid user service can be written to and not read
}

// inWorld runs a test in a world of its own, where time is virtual. Each named region lies east of the
// one before; the first is the one that newcomers are led to.
func inWorld(t *testing.T, regions []string, test func(*world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i, name := range regions {
			w.site(name, uint32(1000+i), 1000)
		}
		test(w)
	})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, sites: make(map[uuid.UUID]*site)}
	var err error
	if w.services, err = serve(w.openAt(w.copyOf("services.db"))); err != nil {
		t.Fatal(err)
	}
	w.services.GridUsers = halfBlind{w.services.GridUsers, &w.blind}
	n := wires{w}
	w.services.Simulation, w.services.SessionEnder, w.services.Departures = n, n, n
	w.services.RegionFriends, w.services.RegionMessages = n, n
	w.logins = &Logins{Services: w.services, Runner: w.runner(&w.faults), Terms: DefaultTerms}
	w.lapses = &Lapses{Services: w.services, Friendships: &Friendships{w.services}, Runner: w.runner(&w.faults)}
	return w
}

// serve makes the services over a database.
func serve(db *store.DB) (*Services, error) {
	accounts, err1 := account.New(db, account.Options{})
	gridUsers, err2 := griduser.New(db, griduser.Options{})
	presences, err3 := presence.New(db, presence.Options{})
	befriended, err4 := friends.New(db)
	avatars, err5 := avatar.New(db)
	folders, err6 := inventory.New(db, inventory.Options{Outfit: body()})
	regions, err7 := region.New(db, region.Options{})
	return &Services{
		Accounts: accounts, Authentication: passwords{}, GridUsers: gridUsers, Presences: presences,
		Friends: befriended, Avatars: avatars, Inventory: folders, Wardrobe: folders, Regions: regions,
	}, errors.Join(err1, err2, err3, err4, err5, err6, err7)
}

// halfBlind is a grid user service that cannot always be read.
type halfBlind struct {
	grid.FencedGridUsers
	blind *atomic.Bool
}

func (s halfBlind) GridUser(ctx context.Context, user uuid.UUID) (grid.GridUser, error) {
	if s.blind.Load() {
		return grid.GridUser{}, errBroken
	}
	return s.FencedGridUsers.GridUser(ctx, user)
}

// body is what newcomers wear: a body part of each type.
func body() []grid.Item {
	var parts []grid.Item
	for kind := range uint32(4) {
		parts = append(parts, grid.Item{
			ID: uuid.New(), Asset: uuid.New(), AssetType: grid.AssetBodyPart, InvType: 18,
			Name: fmt.Sprint("part ", kind), Flags: kind, Current: grid.PermAll, Base: grid.PermAll,
		})
	}
	return parts
}

func (w *world) runner(f *faults) *steps.Runner {
	return &steps.Runner{
		Log: slog.New(slog.DiscardHandler), Ring: steps.NewRing(500), Before: f.before, After: f.after,
		Final: func(err error) bool { return errors.Is(err, grid.ErrSuperseded) || errors.Is(err, grid.ErrDenied) },
	}
}

// passwords is an authentication service with one password for everybody.
type passwords struct{ grid.Authentication }

const password = "$1$right"

func (passwords) Authenticate(_ context.Context, a grid.Attempt) (uuid.UUID, error) {
	switch {
	case a.Password == "$1$often":
		return uuid.Nil, &grid.TooManyAttempts{Retry: time.Minute}
	case a.Password != password || a.Account == uuid.Nil:
		return uuid.Nil, grid.ErrDenied
	}
	return uuid.New(), nil
}

// site is one region and what stands behind it.
type site struct {
	*Host
	w      *world
	at     grid.Region
	db     *store.DB
	faults *faults
	stop   context.CancelFunc
	ended  chan struct{}
	linger time.Duration // of its circuits
	silent atomic.Bool   // it answers nobody
	full   atomic.Bool   // it takes nobody

	mu     sync.Mutex // guards guests
	guests []*guest   // in the order of their coming
}

// site builds a region at a square of the grid and brings it to life.
func (w *world) site(name string, x, y uint32) *site {
	w.Helper()
	s := &site{w: w, faults: &faults{}, linger: DefaultTerms.Linger}
	s.at = grid.Region{
		ID: uuid.New(), Name: name, X: x * 256, Y: y * 256, SizeX: 256, SizeY: 256, Host: "127.0.0.1", UDPPort: 9000,
		ServerURI: "http://127.0.0.1:9000/", Boot: uuid.New(),
	}
	w.register(s, len(w.sites) == 0)
	s.open(w.copyOf("journal.db"))
	s.begin()
	return s
}

// register enters a region into the registry; the default region is the first.
func (w *world) register(s *site, first bool) {
	w.Helper()
	if err := w.services.Regions.RegisterRegion(w.Context(), s.at); err != nil {
		w.Fatal(err)
	}
	if first {
		if err := w.services.Regions.SetRegionFlags(w.Context(), s.at.ID, grid.RegionDefault); err != nil {
			w.Fatal(err)
		}
	}
	var err error
	if s.at, err = w.services.Regions.RegionByID(w.Context(), s.at.ID); err != nil {
		w.Fatal(err)
	}
	w.sites[s.at.ID] = s
}

// open makes the host of a site over the journal at path, as it stands when its process starts.
func (s *site) open(path string) {
	s.w.Helper()
	s.db = s.w.openAt(path)
	journal, err := OpenJournal(s.w.Context(), s.db)
	if err != nil {
		s.w.Fatal(err)
	}
	s.Host = &Host{
		Region: func() grid.Region { return s.at }, Boot: uuid.New(), Journal: journal,
		Scene:    scene.New(scene.Config{ID: s.at.ID, Name: s.at.Name, Handle: s.at.Handle(), Rate: 5}),
		Services: s.w.services, Friendships: &Friendships{s.w.services}, Runner: s.w.runner(s.faults),
		Terms: DefaultTerms, Log: slog.New(slog.DiscardHandler),
	}
	s.Init()
}

// begin starts what a region does by itself. It ends with the test.
func (s *site) begin() {
	s.w.Helper()
	if _, _, err := s.Recover(s.w.Context()); err != nil {
		s.w.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ended = stop, make(chan struct{})
	loop, host, ended := s.Scene, s.Host, s.ended
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = loop.Run(ctx) // ends without an error
	}()
	go func() {
		defer close(ended)
		host.Run(ctx)
		<-stopped
	}()
	s.w.Cleanup(func() { stop(); <-ended })
}

// kill is kill -9 for the region's process: what it was doing goes no further, and its scene is no more.
func (s *site) kill() {
	s.w.Helper()
	s.faults.die(s.w)
	s.silent.Store(true)
	s.stop()
	synctest.Wait()
}

// restart starts the region's process again, over the same journal.
func (s *site) restart() {
	s.w.Helper()
	path := s.db.Path()
	if err := s.db.Close(); err != nil {
		s.w.Fatal(err)
	}
	s.faults = &faults{}
	s.open(path)
	s.at.Boot = s.Boot
	if err := s.w.services.Regions.RegisterRegion(s.w.Context(), s.at); err != nil {
		s.w.Fatal(err)
	}
	s.silent.Store(false)
	s.begin()
}

// user makes an account.
func (w *world) user(first string) grid.Account {
	w.Helper()
	a, err := w.services.Accounts.CreateAccount(w.Context(), grid.Account{First: first, Last: "Lee"})
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// befriend makes two users friends who may see each other online.
func (w *world) befriend(a, b grid.Account, rights int) {
	w.Helper()
	err := errors.Join(w.services.Friends.StoreFriend(w.Context(), a.ID, b.ID, rights),
		w.services.Friends.StoreFriend(w.Context(), b.ID, a.ID, grid.RightSeeOnline))
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) try(user grid.Account, start string) (*Admission, error) {
	return w.logins.Login(w.Context(), LoginRequest{First: user.First, Last: user.Last, Password: password, Start: start})
}

// login logs a user in; he does not open his circuit yet.
func (w *world) login(user grid.Account, start string) *guest {
	w.Helper()
	in, err := w.try(user, start)
	if err != nil {
		w.Fatalf("login of %s: %v", user.First, err)
	}
	g := w.sites[in.Region.ID].guest(in.Circuit.Session)
	g.in = in
	return g
}

// enter logs a user in and lets him arrive.
func (w *world) enter(user grid.Account, start string) *guest {
	w.Helper()
	g := w.login(user, start)
	g.arrive()
	synctest.Wait()
	return g
}

// after lets a time pass, and then what is due at its end happen.
func (w *world) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// isOffline fails the test unless every service has a user offline, at a place.
func (w *world) isOffline(user grid.Account, at grid.Place) {
	w.Helper()
	if u := w.gridUser(user); u.Online {
		w.Errorf("%s is still online for the grid user service", user.First)
	} else if u.Last.Region != at.Region || u.Last.Position.Distance(at.Position) > 0.5 {
		w.Errorf("%s was last at %v, not at %v", user.First, u.Last, at)
	}
	if l, err := w.services.Presences.LeaseOf(w.Context(), user.ID); !errors.Is(err, grid.ErrNotFound) {
		w.Errorf("%s is still present: %+v, %v", user.First, l, err)
	}
}

// isOnline fails the test unless every service has a user online, in a session.
func (w *world) isOnline(user grid.Account, session uuid.UUID) {
	w.Helper()
	if !w.gridUser(user).Online {
		w.Errorf("%s is offline for the grid user service", user.First)
	}
	l, err := w.services.Presences.LeaseOf(w.Context(), user.ID)
	if err != nil || l.Session != session || l.Region == uuid.Nil {
		w.Errorf("%s is not present: %+v, %v", user.First, l, err)
	}
}

func (w *world) gridUser(user grid.Account) grid.GridUser {
	w.Helper()
	u, err := w.services.GridUsers.GridUser(w.Context(), user.ID)
	if err != nil && !errors.Is(err, grid.ErrNotFound) {
		w.Fatal(err)
	}
	return u
}

// isEmpty fails the test unless nothing of any session is left in a region.
func (s *site) isEmpty() {
	s.w.Helper()
	if n := len(s.Agents()); n > 0 {
		s.w.Errorf("%s still knows %d agents", s.at.Name, n)
	}
	if owed := s.Owed(); len(owed) > 0 {
		s.w.Errorf("%s still owes %+v", s.at.Name, owed)
	}
	if open, departed := s.rows(); len(open)+len(departed) > 0 {
		s.w.Errorf("the journal of %s still has open rows %+v and departures %+v", s.at.Name, open, departed)
	}
	if roots, children := s.count(); roots+children > 0 {
		s.w.Errorf("%d avatars and %d children are still in the scene of %s", roots, children, s.at.Name)
	}
}

func (s *site) rows() (open, departed []Departure) {
	s.w.Helper()
	open, departed, err := s.Journal.Rows(s.w.Context())
	if err != nil {
		s.w.Fatal(err)
	}
	return open, departed
}

func (s *site) count() (roots, children int) {
	s.w.Helper()
	err := s.Scene.Do(s.w.Context(), func(tx *scene.Tx) error {
		roots, children = tx.Count()
		return nil
	})
	if err != nil {
		s.w.Fatal(err)
	}
	return roots, children
}

// guest is the latest session with this id that came to a site.
func (s *site) guest(session uuid.UUID) *guest {
	s.w.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range slices.Backward(s.guests) {
		if g.agent.Session() == session {
			return g
		}
	}
	s.w.Fatalf("session %s never came to %s", session, s.at.Name)
	return nil
}

// at is a place in a region.
func at(s *site, x, y, z float32) grid.Place {
	return grid.Place{Region: s.at.ID, Position: geom.Vec3{X: x, Y: y, Z: z}}
}
