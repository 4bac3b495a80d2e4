package session

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terrane/agent"
	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"
	"terrane/grid/service/account"
	"terrane/grid/service/asset"
	"terrane/grid/service/avatar"
	"terrane/grid/service/friends"
	"terrane/grid/service/griduser"
	"terrane/grid/service/inventory"
	offline "terrane/grid/service/message"
	"terrane/grid/service/mute"
	"terrane/grid/service/preferences"
	"terrane/grid/service/presence"
	"terrane/region/parcel"
	"terrane/region/scene"
	"terrane/region/terrain"
	"terrane/store"
	"terrane/viewer/caps"
	"terrane/wire/llsd"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// world is a whole grid: services over databases, and regions with sockets on loopback.
type world struct {
	testing.TB
	*agent.Services
	terms   Terms
	regions map[uuid.UUID]*place
	order   []*place
	caps    *caps.Registry
	web     *httptest.Server
	runner  *steps.Runner
	ring    *steps.Ring
	log     *lines
	slog    *slog.Logger
	gate    atomic.Pointer[gate] // what services hang at; nil: they do not
	stop    func()
}

// place is one region of a world.
type place struct {
	world   *world
	entry   grid.Region
	scene   *scene.Region
	journal *agent.SQLJournal
	host    *agent.Host
	server  *Server
	stop    func() // ends what run began, and waits for it
}

// lines is a log that a test can read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// quick are the usual terms, but that circuits linger only so long that a test need not wait for them.
func quick() Terms {
	t := DefaultTerms
	t.Linger = 200 * time.Millisecond
	return t
}

// slow are quick terms under which circuits linger until the region hurries.
func slow() Terms {
	t := DefaultTerms
	t.Linger = time.Hour
	return t
}

// newWorld is a world with one region, "Welcome", and as many to the east of it as more says.
func newWorld(t testing.TB, terms Terms, more ...string) *world {
	t.Helper()
	w := &world{
		TB: t, terms: terms, regions: make(map[uuid.UUID]*place), caps: caps.NewRegistry(), ring: steps.NewRing(1000), log: new(lines),
	}
	w.slog = slog.New(slog.NewTextHandler(w.log, nil))
	w.runner = &steps.Runner{Log: w.slog, Ring: w.ring}
	w.web = httptest.NewServer(w.caps)
	w.openServices()
	for i, name := range append([]string{"Welcome"}, more...) {
		w.openRegion(name, uint32(1000+i))
	}
	w.stop = sync.OnceFunc(w.close)
	t.Cleanup(w.stop)
	return w
}

// close takes the world down, and waits for all that runs.
func (w *world) close() {
	for _, p := range w.order {
		p.server.Hurry()
		p.server.Close()
	}
	for _, p := range w.order {
		p.stop()
	}
	w.web.Close()
}

func (w *world) openServices() {
	db := store.Memory(w)
	s := &agent.Services{Regions: w, Simulation: w, SessionEnder: w, RegionFriends: w, RegionMessages: w, Departures: w}
	s.Accounts = must(account.New(db, account.Options{}))(w)
	s.GridUsers = must(griduser.New(db, griduser.Options{}))(w)
	s.Presences = must(presence.New(db, presence.Options{}))(w)
	s.Friends = must(friends.New(db))(w)
	s.Avatars = must(avatar.New(db))(w)
	s.Mutes = must(mute.New(db, mute.Options{}))(w)
	s.Preferences = must(preferences.New(db))(w)
	s.Messages = must(offline.New(db, offline.Options{}))(w)
	s.Assets = must(asset.New(db, asset.Options{Dir: w.TempDir()}))(w)
	items := must(inventory.New(db, inventory.Options{}))(w)
	s.Inventory, s.Wardrobe = items, items
	w.gated(s)
	w.Services = s
}

// must is what a constructor gives, in a test that ends when it fails.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) openRegion(name string, x uint32) {
	conn := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))(w)
	id := uuid.New()
	entry := grid.Region{
		ID: id, Name: name, X: x * 256, Y: 256000, SizeX: 256, SizeY: 256, Host: "127.0.0.1",
		UDPPort: uint16(conn.LocalAddr().(*net.UDPAddr).Port), Access: grid.AccessMature, Flags: grid.RegionOnline,
		MapTile: uuid.New(),
	}
	ground := must(terrain.New(256, 256, func(x, _ int) float32 { return 21 + float32(x)/64 }))(w)
	parcels := must(parcel.New(256, 256, parcel.Open(uuid.New(), name, uuid.New())))(w)
	p := &place{world: w, entry: entry, journal: must(agent.OpenJournal(w.Context(), store.Memory(w)))(w)}
	p.scene = scene.New(scene.Config{
		ID: id, Name: name, Handle: entry.Handle(), Ground: ground, WaterHeight: terrain.WaterHeight, Log: w.slog,
	})
	hostTerms := agent.DefaultTerms
	hostTerms.Linger = w.terms.Linger
	p.host = &agent.Host{
		Region: p.registered, Boot: uuid.New(), Scene: p.scene, Journal: p.journal, Services: w.Services,
		Friendships: &agent.Friendships{Services: w.Services}, Runner: w.runner, Terms: hostTerms, Log: w.slog,
	}
	p.host.Init()
	p.server = NewServer(Config{
		Region: p.registered,
		Estate: Estate{
			ID: 1, Owner: uuid.New(), Flags: DefaultRegionFlags, MaxAgents: 100, CacheID: uuid.New(),
			Land: &Land{Ground: ground, Parcels: parcels}, Paint: terrain.DefaultPaint(),
		},
		Scene: p.scene, Host: p.host, Services: w.Services, Caps: w.caps,
		Base:     func(netip.Addr) string { return w.web.URL },
		Handlers: func(*Session) map[string]caps.Handler { return map[string]caps.Handler{"SimulatorFeatures": nothing} },
		Conn:     conn, Terms: w.terms, Log: w.slog,
	})
	w.regions[id] = p
	w.order = append(w.order, p)
	p.run()
}

// run brings the region to life until the world is closed.
func (p *place) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.scene.Run(ctx); err != nil {
			p.world.Error(err)
		}
	})
	running.Go(func() { p.host.Run(ctx) })
	running.Go(func() {
		if err := p.server.Run(); err != nil {
			p.world.Error(err)
		}
	})
	p.stop = func() {
		cancel()
		running.Wait()
	}
}

func (p *place) registered() grid.Region { return p.entry }

// sim is where the region's circuits are opened.
func (p *place) sim() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), p.entry.UDPPort)
}

// visit runs f in the region.
func (p *place) visit(f func(*scene.Tx)) {
	p.world.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := p.scene.Do(ctx, func(tx *scene.Tx) error { f(tx); return nil })
	if err != nil {
		p.world.Fatal(err)
	}
}

// has reports whether the avatar of a session is in the region.
func (p *place) has(session uuid.UUID) (there bool) {
	p.world.Helper()
	p.visit(func(tx *scene.Tx) { _, there = tx.Presence(session) })
	return there
}

// refused is how often something was refused for a reason.
func (p *place) refused(reason string) int {
	return count(p.server.Metrics.refusals, reason)
}

// count is the value of a counter.
func count(v *prometheus.CounterVec, labels ...string) int {
	var m dto.Metric
	if err := v.WithLabelValues(labels...).Write(&m); err != nil {
		panic(err)
	}
	return int(m.GetCounter().GetValue())
}

// gather are all counters of a family.
func gather(v *prometheus.CounterVec) (all []*dto.Metric) {
	metrics := make(chan prometheus.Metric)
	go func() {
		v.Collect(metrics)
		close(metrics)
	}()
	for metric := range metrics {
		m := new(dto.Metric)
		if err := metric.Write(m); err != nil {
			panic(err)
		}
		all = append(all, m)
	}
	return all
}

// user is a new account. The name is "First Last".
func (w *world) user(name string) grid.Account {
	w.Helper()
	first, last, _ := strings.Cut(name, " ")
	return must(w.Accounts.CreateAccount(w.Context(), grid.Account{First: first, Last: last, Email: first + "@example.com"}))(w)
}

// god is a new account of a god's level.
func (w *world) god(name string) grid.Account {
	w.Helper()
	a := w.user(name)
	a.Level = grid.LevelGod
	if err := w.Accounts.UpdateAccount(w.Context(), a); err != nil {
		w.Fatal(err)
	}
	return a
}

// befriend makes two users friends who see each other online.
func (w *world) befriend(a, b grid.Account) {
	w.Helper()
	for _, err := range []error{
		w.Friends.StoreFriend(w.Context(), a.ID, b.ID, grid.RightSeeOnline),
		w.Friends.StoreFriend(w.Context(), b.ID, a.ID, grid.RightSeeOnline),
	} {
		if err != nil {
			w.Fatal(err)
		}
	}
}

// login does what a login does: the session is the grid's, and the region expects the viewer.
func (w *world) login(a grid.Account, to *place, change ...func(*grid.AgentCircuit)) *viewer {
	w.Helper()
	ctx := w.Context()
	c := grid.AgentCircuit{
		Agent: a.ID, Session: uuid.New(), Secure: uuid.New(), Code: 1 + rand.Uint32N(1<<31-1),
		CapsPath: uuid.New(), First: a.First, Last: a.Last, Title: a.Title, Level: a.Level,
		Position: geom.Vec3{X: 128, Y: 128, Z: 30}, LookAt: geom.Vec3{Y: 1}, Flags: grid.TeleportViaLogin, Far: 128,
		ReachedAt: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
	}
	lease := must(w.Presences.Begin(ctx, c.Agent, c.Session, c.Secure))(w)
	c.Epoch = lease.Epoch
	if err := w.GridUsers.LoggedInAs(ctx, c.Agent, lease.Fence()); err != nil {
		w.Fatal(err)
	}
	c.Avatar = must(w.Avatars.Avatar(ctx, c.Agent))(w)
	for _, f := range change {
		f(&c)
	}
	return newViewer(w, to, c, must(w.CreateAgent(ctx, to.entry, c))(w))
}

// enter is login, circuit, arrival, and all that a viewer says at first.
func (w *world) enter(a grid.Account, to *place, change ...func(*grid.AgentCircuit)) *viewer {
	w.Helper()
	v := w.login(a, to, change...)
	v.arrive()
	return v
}

// at makes a login lead to a place in the region.
func at(x, y float32) func(*grid.AgentCircuit) {
	return func(c *grid.AgentCircuit) { c.Position = geom.Vec3{X: x, Y: y, Z: 30} }
}

// eventually waits until something is so. What is waited for announces itself in no other way.
func (w *world) eventually(what string, so func() bool) {
	w.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-late.C:
			w.Fatalf("never: %s", what)
		}
	}
}

// gone waits until nothing is left of a session in a region.
func (p *place) gone(session uuid.UUID) {
	p.world.Helper()
	p.world.eventually("nothing is left of the session", func() bool {
		return p.server.Find(session) == nil && p.host.Find(session) == nil
	})
}

// logout waits for the report of a session's logout in a region.
func (p *place) logout(session uuid.UUID) (report *steps.Report) {
	p.world.Helper()
	p.world.eventually("the logout is over", func() bool {
		for _, r := range p.world.ring.All() {
			if r.Kind == "logout" && r.Session == session && r.Region == p.entry.Name {
				report = r
			}
		}
		return report != nil
	})
	return report
}

// online reports what grid user and presence services say of a user, who must agree.
func (w *world) online(user uuid.UUID) bool {
	w.Helper()
	_, err := w.Presences.LeaseOf(context.Background(), user)
	u := must(w.GridUsers.GridUser(context.Background(), user))(w)
	if u.Online != (err == nil) {
		w.Logf("grid user says online %v, presence %v", u.Online, err)
		return true
	}
	return u.Online
}

// offline waits until both services say that a user is gone.
func (w *world) offline(user uuid.UUID) {
	w.Helper()
	w.eventually("the services say that the user is offline", func() bool {
		_, err := w.Presences.LeaseOf(context.Background(), user)
		u, err2 := w.GridUsers.GridUser(context.Background(), user)
		return err != nil && err2 == nil && !u.Online
	})
}

// settled waits until nothing stands in the region's journal of an agent.
func (p *place) settled(agent uuid.UUID) {
	p.world.Helper()
	p.world.eventually("the journal owes nothing", func() bool {
		open, departed, err := p.journal.RowsOf(context.Background(), agent)
		return err == nil && len(open)+len(departed) == 0
	})
}

var nothing caps.Handler = func(w http.ResponseWriter, _ *http.Request) { caps.Write(w, llsd.Map{}) }
