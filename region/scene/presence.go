package scene

import (
	"errors"
	"fmt"
	"math"
	"time"

	"terrane/geom"
	"terrane/region/avatar"
	"terrane/region/physics"

	"github.com/google/uuid"
)

var (
	// ErrArrival says that an arrival is not one; what wraps it says why.
	ErrArrival = errors.New("impossible arrival")
	// ErrPresent says that the session is in the region already.
	ErrPresent = errors.New("session already in the region")
	// ErrRoot says that the presence has its avatar here already.
	ErrRoot = errors.New("presence already has its avatar in the region")
)

// OtherRootError says that an agent has its avatar in the region with another session. Whoever gets it
// ends that session first.
type OtherRootError struct {
	Agent   uuid.UUID
	Session uuid.UUID // the one that is here
}

// Error names the agent and the session that is here.
func (e *OtherRootError) Error() string {
	return fmt.Sprintf("agent %s is here with session %s", e.Agent, e.Session)
}

// Arrival is an agent that comes into a region.
type Arrival struct {
	Agent, Session     uuid.UUID
	First, Last, Title string // MaxName bytes each
	Level              int    // user level
	// Root says that the agent comes with its avatar, as Landing describes; otherwise the presence is a
	// child, a view into the region, and of Landing only Position counts: where the agent is, relative to
	// this region's corner, perhaps outside it.
	Root bool
	Landing
	// Feed is where the presence hears what happens; required, and of this presence alone.
	Feed *Feed
	// Input is where its viewer's AgentUpdates come in; nil for one that never moves by itself.
	Input *Input
}

// Landing says where and how an avatar comes into a region.
type Landing struct {
	// Position is corrected: into the region, and up to standing height where it is lower. What is not
	// finite becomes the region's middle.
	Position geom.Vec3
	Velocity geom.Vec3
	LookAt   geom.Vec3 // only its direction on the ground plane counts; none is east
	Flying   bool
	// Appearance is how the avatar looks; nil is the default.
	Appearance *avatar.Appearance
	Worn       []Worn
}

// Worn is an object an avatar wears, as a value that says everything.
type Worn struct {
	Point  uint8     // attachment point
	Item   uuid.UUID // in the agent's inventory; zero for what is worn for now only
	Object []byte    // serialised
}

// Presence is an agent as the region knows it at one moment: a value.
type Presence struct {
	Agent, Session     uuid.UUID
	First, Last, Title string
	Level              int
	Root               bool      // has its avatar here
	Position           geom.Vec3 // of the avatar; of a child: where its agent is
	Camera             geom.Vec3
	Far                float32 // draw distance
	// What follows is zero for a child.
	LocalID    uint32
	Velocity   geom.Vec3
	LookAt     geom.Vec3
	Flying     bool
	Sitting    bool
	Appearance *avatar.Appearance
}

// presence is an agent as the loop knows it.
type presence struct {
	agent, session     uuid.UUID
	first, last, title string
	level              int
	feed               *Feed
	input              *Input
	position           geom.Vec3 // of a child's agent
	camera             geom.Vec3
	far                float32
	figure             *figure // nil for a child
}

// figure is the avatar of a root presence.
type figure struct {
	id         uint32
	body       physics.Body  // nil while it sits
	state      physics.State // after the last step, or since it sat down
	rotation   geom.Quat
	flying     bool
	grounded   bool // it has landed or sat down: Fly is not obeyed until it has been let go
	run        bool
	controls   avatar.Control
	nudge      avatar.Control // taps that still act
	nudgeLeft  time.Duration  // so long
	activity   avatar.Activity
	hideTitle  bool
	motion     avatar.Motion
	animations avatar.Animations
	appearance *avatar.Appearance
	worn       []Worn
	changed    Kind   // what the next frame must publish, whatever moved
	shown      *State // as published last; nil before the first time
}

// Arrive brings an agent into the region. A session that is here already is refused with ErrPresent,
// and a second avatar of one agent with an *OtherRootError; then nothing has changed.
func (tx *Tx) Arrive(a Arrival) (Presence, error) {
	w := tx.world()
	if err := a.check(); err != nil {
		return Presence{}, err
	}
	if w.sessions[a.Session] != nil {
		return Presence{}, ErrPresent
	}
	if other := w.roots[a.Agent]; a.Root && other != nil {
		return Presence{}, &OtherRootError{a.Agent, other.session}
	}
	p := &presence{
		agent: a.Agent, session: a.Session,
		first: a.First, last: a.Last, title: a.Title, level: a.Level,
		feed: a.Feed, input: a.Input,
	}
	if a.Position.Finite() {
		p.position, p.camera = a.Position, a.Position
	}
	if a.Root {
		w.embody(p, a.Landing)
	}
	w.sessions[p.session] = p
	w.order = append(w.order, p)
	p.feed.attach(w.picture)
	return p.view(), nil
}

// MakeRoot gives a child its avatar. One that has it is refused with ErrRoot, a second avatar of one
// agent with an *OtherRootError.
func (tx *Tx) MakeRoot(session uuid.UUID, l Landing) (Presence, error) {
	w := tx.world()
	p, err := w.presence(session)
	if err != nil {
		return Presence{}, err
	}
	if err := l.check(); err != nil {
		return Presence{}, err
	}
	if p.figure != nil {
		return Presence{}, ErrRoot
	}
	if other := w.roots[p.agent]; other != nil {
		return Presence{}, &OtherRootError{p.agent, other.session}
	}
	w.embody(p, l)
	return p.view(), nil
}

// Watch says where a child's agent is and looks from, relative to this region's corner. Of a root it is
// refused with ErrRoot: its viewer says so itself. What is not finite changes nothing.
func (tx *Tx) Watch(session uuid.UUID, position, camera geom.Vec3, far float32) error {
	p, err := tx.world().presence(session)
	if err != nil {
		return err
	}
	if p.figure != nil {
		return ErrRoot
	}
	if position.Finite() && camera.Finite() && far >= 0 {
		p.position, p.camera, p.far = position, camera, far
	}
	return nil
}

func (a Arrival) check() error {
	switch {
	case a.Agent == uuid.Nil || a.Session == uuid.Nil:
		return fmt.Errorf("%w: no agent or session", ErrArrival)
	case a.Feed == nil:
		return fmt.Errorf("%w: no feed", ErrArrival)
	case max(len(a.First), len(a.Last), len(a.Title)) > MaxName:
		return fmt.Errorf("%w: a name of more than %d bytes", ErrArrival, MaxName)
	}
	return a.Landing.check()
}

func (l Landing) check() error {
	if l.Appearance == nil {
		return nil
	}
	return l.Appearance.Check()
}

// embody makes a presence's avatar and its body.
func (w *world) embody(p *presence, l Landing) {
	look := l.Appearance
	if look == nil {
		look = avatar.Default()
	}
	f := &figure{
		id:         w.newLocalID(),
		rotation:   facing(l.LookAt),
		flying:     l.Flying,
		appearance: look,
		worn:       l.Worn,
		changed:    Entered,
	}
	f.animations.Begin(p.agent)
	f.body = w.cfg.Engine.Add(physics.Spec{
		Position: l.Position,
		Velocity: l.Velocity,
		Size:     avatar.BodySize(look.Size),
		Flying:   l.Flying,
	})
	f.state = f.body.State()
	p.figure = f
	w.roots[p.agent] = p
	w.figures = append(w.figures, p)
}

// newLocalID is an id that nothing in the region has, and that nothing had for as long as possible.
func (w *world) newLocalID() uint32 {
	for {
		w.lastID++
		if w.lastID != 0 && !w.hasLocalID(w.lastID) {
			return w.lastID
		}
	}
}

func (w *world) hasLocalID(id uint32) bool {
	for _, p := range w.figures {
		if p.figure.id == id {
			return true
		}
	}
	return false
}

func (p *presence) name() string { return p.first + " " + p.last }

// place is where the presence is for others: its avatar, or a child's agent.
func (p *presence) place() geom.Vec3 {
	if p.figure != nil {
		return p.figure.state.Position
	}
	return p.position
}

func (p *presence) view() Presence {
	v := Presence{
		Agent: p.agent, Session: p.session,
		First: p.first, Last: p.last, Title: p.title, Level: p.level,
		Position: p.place(), Camera: p.camera, Far: p.far,
	}
	if f := p.figure; f != nil {
		v.Root = true
		v.LocalID = f.id
		v.Velocity = f.state.Velocity
		v.LookAt = f.lookAt()
		v.Flying = f.flying
		v.Sitting = f.sits()
		v.Appearance = f.appearance
	}
	return v
}

func (f *figure) sits() bool { return f.body == nil }

// lookAt is the direction in which the avatar faces, of length 1.
func (f *figure) lookAt() geom.Vec3 { return f.rotation.Turn(geom.Vec3{X: 1}) }

// facing is the upright rotation that looks along a direction.
func facing(look geom.Vec3) geom.Quat {
	if !look.Finite() || look.X == 0 && look.Y == 0 {
		return geom.Identity
	}
	return geom.AboutZ(float32(math.Atan2(float64(look.Y), float64(look.X))))
}
