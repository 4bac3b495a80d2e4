package agent

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"
	"terrane/region/avatar"
	"terrane/region/scene"

	"github.com/google/uuid"
)

// Terms are the times that processes go by.
type Terms struct {
	Renew      time.Duration // between two renewals of the leases
	Linger     time.Duration // a circuit's last words
	Save       time.Duration // a step of the logout waits for a service
	LoginWait  time.Duration // a login waits for the old session, in all
	EndWait    time.Duration // ... for the old region to end it
	RetryFirst time.Duration // before an owed step is tried again; doubles up to RetryMost
	RetryMost  time.Duration
}

// DefaultTerms are those of docs/architecture.md.
var DefaultTerms = Terms{
	Renew: 30 * time.Second, Linger: 15 * time.Second, Save: 5 * time.Second, LoginWait: 8 * time.Second, EndWait: 5 * time.Second,
	RetryFirst: time.Second, RetryMost: time.Minute,
}

// Host runs the processes of the agents of one region. Its exported fields are set before Run and
// not changed afterwards.
type Host struct {
	Region      func() grid.Region // as it is registered now
	Boot        uuid.UUID          // of this process
	Scene       *scene.Region
	Journal     Journal
	Services    *Services
	Friendships *Friendships
	Runner      *steps.Runner
	Terms       Terms
	Log         *slog.Logger

	mu     sync.Mutex
	agents map[uuid.UUID]*Agent // sessions by id, until nothing of them is left
	owed   map[uuid.UUID]*debt  // departures to be tried again, by session
	near   neighbourhood
}

// debt is a departure that owes something, and when it is tried again.
type debt struct {
	Departure
	standing
	tries int
	next  time.Time
	busy  bool
}

// Init makes the host's own state; it comes before everything else.
func (h *Host) Init() {
	h.agents = make(map[uuid.UUID]*Agent)
	h.owed = make(map[uuid.UUID]*debt)
}

// Join adds an agent whose circuit was announced. It answers with the older sessions of the same agent
// in this region, which the newer one supersedes.
func (h *Host) Join(a *Agent) (older []*Agent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.agents {
		if o.ID() == a.ID() && o.Session() != a.Session() {
			older = append(older, o)
		}
	}
	h.agents[a.Session()] = a
	return older
}

// Newer reports whether a session of the same agent is here that began later.
func (h *Host) Newer(c grid.AgentCircuit) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.agents {
		if a.ID() == c.Agent && a.Session() != c.Session && a.Fence().Epoch > c.Epoch {
			return true
		}
	}
	return false
}

// Find is the agent of a session, also one on its way out, or nil.
func (h *Host) Find(session uuid.UUID) *Agent {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.agents[session]
}

// FindRoot is the live agent of a user whose root is here, or nil. One that is on its way out counts
// as gone: what is for him is for his offline messages.
func (h *Host) FindRoot(user uuid.UUID) *Agent {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.agents {
		if a.ID() == user && a.Root() {
			if why, _ := a.Why(); why == "" {
				return a
			}
		}
	}
	return nil
}

// Agents are the live agents.
func (h *Host) Agents() []*Agent {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*Agent, 0, len(h.agents))
	for _, a := range h.agents {
		out = append(out, a)
	}
	return out
}

// Owed are the departures that stand in the journal and are tried again.
func (h *Host) Owed() []Departure {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Departure, 0, len(h.owed))
	for _, d := range h.owed {
		out = append(out, d.Departure)
	}
	return out
}

// departed ends a logout's run: whatever it still owes is tried again later.
func (h *Host) departed(d *leaving) {
	if d.agent != nil {
		d.agent.openFence()
	}
	row, standing := d.state()
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.agent != nil && h.agents[d.Session] == d.agent {
		delete(h.agents, d.Session)
	}
	old := h.owed[d.Session]
	if standing.over() {
		delete(h.owed, d.Session)
		return
	}
	next := &debt{Departure: row, standing: standing}
	if old != nil {
		next.tries = old.tries + 1
	}
	next.next = time.Now().Add(min(h.Terms.RetryFirst<<min(next.tries, 16), h.Terms.RetryMost))
	h.owed[d.Session] = next
}

// hasten makes what is owed for an agent due at once: a newer session of his has written to the
// services, and what an older one still holds back is not to be believed longer than that.
func (h *Host) hasten(agent uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.owed {
		if d.Agent == agent {
			d.next = time.Time{}
		}
	}
}

func (h *Host) process(kind string, d *Departure) *steps.Process {
	return &steps.Process{
		Kind: kind, Agent: d.Agent, Name: d.Name(), Session: d.Session, Region: h.Region().Name,
		Detail: string(d.Reason), Runner: h.Runner,
	}
}

// departure is what is known of an agent without asking the scene.
func (a *Agent) departure(h *Host, why Reason) *Departure {
	f := a.Fence()
	d := &Departure{
		Agent: a.ID(), Session: a.Session(), First: a.Circuit.First, Last: a.Circuit.Last, Epoch: f.Epoch,
		Region: h.Region().ID, Reason: why, Root: a.Root(), At: time.Now().UTC(),
	}
	if !a.Circuit.Child || d.Root {
		d.Children = a.Children()
	}
	a.mu.Lock()
	d.Place, d.Looks = a.place, a.unsaved
	a.mu.Unlock()
	return d
}

// remember notes where the agent's avatar is and how it looks, and answers with what may be stored of
// it: rows is nil when the avatar service has them. A logout to which the scene does not answer stores
// what was noted last.
func (h *Host) remember(a *Agent, position, lookAt geom.Vec3, looks *avatar.Appearance) (at grid.Place, rows grid.Avatar) {
	at = h.place(position, lookAt)
	a.mu.Lock()
	defer a.mu.Unlock()
	if looks != nil && a.dirty {
		rows = grid.Avatar(looks.ToRows())
		if maps.Equal(rows, a.saved) {
			rows = nil
		}
	}
	a.place, a.unsaved = at, rows
	return at, rows
}

// place is a position in this region as it may be stored: finite and inside.
func (h *Host) place(position, lookAt geom.Vec3) grid.Place {
	r := h.Region()
	if !position.Finite() {
		position = geom.Vec3{X: float32(r.SizeX) / 2, Y: float32(r.SizeY) / 2}
	}
	if !lookAt.Finite() {
		lookAt = geom.Vec3{Y: 1}
	}
	inside := geom.Box{
		Min: geom.Vec3{X: edge, Y: edge},
		Max: geom.Vec3{X: float32(r.SizeX) - edge, Y: float32(r.SizeY) - edge, Z: ceiling},
	}
	return grid.Place{Region: r.ID, Position: inside.Clamp(position), LookAt: lookAt}
}

const (
	edge    = 0.5   // metres: a stored position keeps this far inside, as OpenSimulator's login does
	ceiling = 10000 // metres: OpenSimulator's highest position
)

// SaveLooks saves rows of looks that have changed. It runs on the agent's lane. What it cannot save, the
// logout does, or the next change.
func (h *Host) SaveLooks(ctx context.Context, a *Agent, rows grid.Avatar) *steps.Report {
	return h.process("looks", a.departure(h, "")).Regardless(ctx, steps.Step{
		Name: saveLooks, Owner: "avatar", Tries: 2, Timeout: 5 * time.Second,
		Do: func(ctx context.Context) error {
			if err := h.Services.Avatars.SetAvatarAs(ctx, a.ID(), a.Fence(), rows); err != nil {
				return err
			}
			a.mu.Lock()
			a.saved, a.unsaved = rows, nil
			a.mu.Unlock()
			return nil
		},
	})
}

// LooksChanged notes that the agent's looks may not be what the avatar service has.
func (a *Agent) LooksChanged() {
	a.mu.Lock()
	a.dirty = true
	a.mu.Unlock()
}

// lastPlace is where a user was last, as far as the grid knows; the zero Place when he never was
// anywhere.
func (h *Host) lastPlace(ctx context.Context, user uuid.UUID) (grid.Place, error) {
	u, err := h.Services.GridUsers.GridUser(ctx, user)
	if err != nil && !errors.Is(err, grid.ErrNotFound) {
		return grid.Place{}, err
	}
	return u.Last, nil
}
