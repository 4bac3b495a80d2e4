package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"
	"terrane/region/avatar"
	"terrane/region/scene"

	"github.com/google/uuid"
)

// guest is a session in a site as its server runs it: it lives until somebody ends it, and then leaves.
type guest struct {
	site   *site
	in     *Admission // of who logged in here; nil for a child
	agent  *Agent
	viewer *viewer
	left   chan struct{} // closed when Leave has returned
	report *steps.Report // of the logout, once it has left
}

// announce is what a region's server does when an agent is announced to it.
func (s *site) announce(c grid.AgentCircuit) (seed string, err error) {
	seed = "seed://" + s.at.Name + "/" + c.CapsPath.String()
	g, err := s.admit(c)
	if g == nil {
		return seed, err
	}
	host := s.Host
	go func() {
		defer close(g.left)
		<-g.agent.Ending()
		g.report = host.Leave(context.Background(), g.agent)
	}()
	s.w.Cleanup(func() { g.agent.End(Silent, ""); <-g.left })
	if c.Child {
		return seed, s.bring(g, false)
	}
	return seed, nil
}

// admit makes the session, unless it is here already or a newer one is.
func (s *site) admit(c grid.AgentCircuit) (*guest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.Find(c.Session) != nil:
		return nil, nil
	case s.Newer(c):
		return nil, grid.ErrSuperseded
	}
	g := &guest{site: s, left: make(chan struct{}), viewer: &viewer{gone: make(chan struct{}), linger: s.linger}}
	g.agent = New(c, g.viewer)
	for _, older := range s.Join(g.agent) {
		older.End(Superseded, "")
	}
	s.guests = append(s.guests, g)
	return g, nil
}

func (s *site) bring(g *guest, root bool) error {
	c := g.agent.Circuit
	return s.Scene.Do(s.w.Context(), func(tx *scene.Tx) error {
		_, err := tx.Arrive(scene.Arrival{
			Agent: c.Agent, Session: c.Session, First: c.First, Last: c.Last, Root: root, Feed: scene.NewFeed(),
			Landing: scene.Landing{Position: c.Position, LookAt: c.LookAt, Flying: true, Appearance: avatar.FromRows(c.Avatar)},
		})
		return err
	})
}

// arrive completes the movement into the region: the avatar stands, and the arrival is on its way.
func (g *guest) arrive() {
	g.site.w.Helper()
	if err := g.site.bring(g, true); err != nil {
		g.site.w.Fatal(err)
	}
	g.agent.BecomeRoot()
	place := grid.Place{Region: g.site.at.ID, Position: g.agent.Circuit.Position, LookAt: g.agent.Circuit.LookAt}
	host := g.site.Host
	if err := g.agent.Lane.Go(func(ctx context.Context) { host.Arrive(ctx, g.agent, place) }); err != nil {
		g.site.w.Fatal(err)
	}
}

// stands is where the avatar is now, as it may be stored.
func (g *guest) stands() grid.Place {
	g.site.w.Helper()
	var p scene.Presence
	err := g.site.Scene.Do(g.site.w.Context(), func(tx *scene.Tx) error {
		p, _ = tx.Presence(g.agent.Session())
		return nil
	})
	if err != nil || !p.Root {
		g.site.w.Fatalf("%s stands nowhere: %v", g.agent.Name(), err)
	}
	return g.site.place(p.Position, p.LookAt)
}

// stand puts the avatar somewhere else in its region.
func (g *guest) stand(x, y, z float32) grid.Place {
	g.site.w.Helper()
	err := g.site.Scene.Do(g.site.w.Context(), func(tx *scene.Tx) error {
		return tx.Place(g.agent.Session(), geom.Vec3{X: x, Y: y, Z: z}, geom.Vec3{X: 1})
	})
	if err != nil {
		g.site.w.Fatal(err)
	}
	return g.stands()
}

// dress changes how the avatar looks, as its viewer does.
func (g *guest) dress(serial uint32) *avatar.Appearance {
	g.site.w.Helper()
	a := avatar.FromRows(g.agent.Circuit.Avatar)
	a.Serial = serial
	a.Size.Z = 1.5
	g.agent.LooksChanged()
	err := g.site.Scene.Do(g.site.w.Context(), func(tx *scene.Tx) error { return tx.SetAppearance(g.agent.Session(), a) })
	if err != nil {
		g.site.w.Fatal(err)
	}
	return a
}

// quit asks for the logout and waits until the session has left.
func (g *guest) quit() *steps.Report {
	g.agent.End(Quit, "")
	<-g.left
	synctest.Wait()
	return g.report
}

// viewer is a Link that notes what it is told.
type viewer struct {
	linger time.Duration
	gone   chan struct{}
	once   sync.Once

	mu   sync.Mutex // guards said
	said []word
}

// word is one thing a viewer was told, and when.
type word struct {
	at   time.Time
	what string
}

func (v *viewer) say(format string, args ...any) {
	v.mu.Lock()
	v.said = append(v.said, word{time.Now(), fmt.Sprintf(format, args...)})
	v.mu.Unlock()
}

// heard is what the viewer was told that begins with one of these words, in order.
func (v *viewer) heard(beginnings ...string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, w := range v.said {
		if len(beginnings) == 0 || slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(w.what, b) }) {
			out = append(out, w.what)
		}
	}
	return out
}

func (v *viewer) AnswerLogout()   { v.say("LogoutReply") }
func (v *viewer) Kick(why string) { v.say("KickUser: %s", why) }
func (v *viewer) Disable()        { v.say("DisableSimulator") }

func (v *viewer) Enable(child grid.Region, seed string) { v.say("EnableSimulator %s", child.Name) }

func (v *viewer) Friends(online bool, who []uuid.UUID) {
	state := "offline"
	if online {
		state = "online"
	}
	for _, id := range who {
		v.say("%s %s", state, id)
	}
}

func (v *viewer) Message(m grid.InstantMessage)         { v.say("message %s", m.Text) }
func (v *viewer) RightsChanged(f uuid.UUID, rights int) { v.say("rights %s %d", f, rights) }
func (v *viewer) FriendGone(f uuid.UUID)                { v.say("no friend %s", f) }
func (v *viewer) Gone() <-chan struct{}                 { return v.gone }

func (v *viewer) Release() {
	v.once.Do(func() { time.AfterFunc(v.linger, func() { close(v.gone) }) })
}

// wires are the contracts between regions, by function calls. A site that is silent keeps its callers
// waiting until they give up.
type wires struct{ w *world }

func (n wires) reach(ctx context.Context, to grid.Region) (*site, error) {
	s := n.w.sites[to.ID]
	if s == nil {
		return nil, grid.ErrUnavailable
	}
	if s.silent.Load() {
		<-ctx.Done()
		return nil, fmt.Errorf("%s: %w", s.at.Name, grid.ErrUnavailable)
	}
	return s, nil
}

func (n wires) QueryAccess(ctx context.Context, to grid.Region, _ uuid.UUID, _ geom.Vec3) error {
	s, err := n.reach(ctx, to)
	if err == nil && s.full.Load() {
		err = fmt.Errorf("%s is full: %w", s.at.Name, grid.ErrDenied)
	}
	return err
}

func (n wires) CreateAgent(ctx context.Context, to grid.Region, c grid.AgentCircuit) (string, error) {
	s, err := n.reach(ctx, to)
	if err != nil {
		return "", err
	}
	return s.announce(c)
}

func (n wires) UpdateAgent(ctx context.Context, to grid.Region, p grid.AgentPosition) error {
	s, err := n.reach(ctx, to)
	if err == nil {
		s.guest(p.Session).viewer.say("agent at %v", p.Position)
	}
	return err
}

func (n wires) CloseAgent(ctx context.Context, to grid.Region, _, session uuid.UUID) error {
	s, err := n.reach(ctx, to)
	if err != nil {
		return err
	}
	if a := s.Find(session); a != nil && a.Circuit.Child && !a.Root() {
		a.End(Closed, "")
	}
	return nil
}

func (n wires) EndSession(ctx context.Context, owner grid.Region, _, session uuid.UUID, why string) error {
	s, err := n.reach(ctx, owner)
	if err != nil {
		return err
	}
	return s.EndSession(ctx, session, why)
}

func (n wires) Status(ctx context.Context, to grid.Region, notice grid.StatusNotice) error {
	s, err := n.reach(ctx, to)
	if err != nil {
		return err
	}
	return s.Host.Status(notice)
}

func (n wires) AwaitDeparture(ctx context.Context, at grid.Region, agent uuid.UUID) error {
	s, err := n.reach(ctx, at)
	if err != nil {
		return err
	}
	return s.Host.AwaitDeparture(ctx, agent)
}

func (n wires) HeldFor(ctx context.Context, at grid.Region, agent uuid.UUID) (grid.Held, error) {
	s, err := n.reach(ctx, at)
	if err != nil {
		return grid.Held{}, err
	}
	return s.Host.HeldFor(ctx, agent)
}

func (wires) FriendshipOffered(context.Context, grid.Region, grid.InstantMessage) error { return nil }

func (wires) FriendshipApproved(context.Context, grid.Region, uuid.UUID, string, uuid.UUID) error {
	return nil
}

func (wires) FriendshipDenied(context.Context, grid.Region, uuid.UUID, string, uuid.UUID) error {
	return nil
}

func (wires) FriendshipTerminated(context.Context, grid.Region, uuid.UUID, uuid.UUID) error {
	return nil
}

func (wires) RightsGranted(context.Context, grid.Region, uuid.UUID, uuid.UUID, int, int) error {
	return nil
}
func (wires) DeliverMessage(context.Context, grid.Region, grid.InstantMessage) error { return nil }
