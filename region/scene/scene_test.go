package scene

import (
	"testing"
	"time"

	"terrane/geom"
	"terrane/region/avatar"
	"terrane/region/physics"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const frame = time.Second / DefaultRate

// standing is the height of a default avatar's centre on ground of 21 m.
const standing = 21 + 1.05

// stage is a region that is moved by hand.
type stage struct {
	*Region
	t *testing.T
}

func newStage(t *testing.T) *stage { return &stage{New(Config{Name: "Stage"}), t} }

// actor is somebody on the stage.
type actor struct {
	stage   *stage
	agent   uuid.UUID
	session uuid.UUID
	feed    *Feed
	input   *Input
}

// visit runs f and fails the test when it returns an error.
func (s *stage) visit(f func(tx *Tx) error) {
	s.t.Helper()
	if err := s.Visit(f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) actor() *actor {
	return &actor{stage: s, agent: uuid.New(), session: uuid.New(), feed: NewFeed(), input: &Input{}}
}

func (a *actor) arrival(at geom.Vec3) Arrival {
	return Arrival{
		Agent: a.agent, Session: a.session, First: "Ann", Last: "Lee", Title: "Builder",
		Root: true, Landing: Landing{Position: at}, Feed: a.feed, Input: a.input,
	}
}

// enter brings somebody onto the stage with its avatar.
func (s *stage) enter(x, y float32) *actor {
	s.t.Helper()
	a := s.actor()
	s.visit(func(tx *Tx) error {
		_, err := tx.Arrive(a.arrival(geom.Vec3{X: x, Y: y}))
		return err
	})
	return a
}

// look brings somebody in as a child.
func (s *stage) look(x, y float32) *actor {
	s.t.Helper()
	a := s.actor()
	arrival := a.arrival(geom.Vec3{X: x, Y: y, Z: 22})
	arrival.Root = false
	s.visit(func(tx *Tx) error {
		_, err := tx.Arrive(arrival)
		return err
	})
	return a
}

// pass lets time pass on the stage.
func (s *stage) pass(d time.Duration) {
	for range d / frame {
		s.Step(frame)
	}
}

func (a *actor) hold(c avatar.Control) {
	a.turn(c, geom.Identity)
}

func (a *actor) turn(c avatar.Control, body geom.Quat) {
	a.stage.t.Helper()
	if !a.input.Put(AgentInput{Body: body, Head: geom.Identity, Controls: c}) {
		a.stage.t.Fatal("the input was refused")
	}
}

func (a *actor) now() Presence {
	a.stage.t.Helper()
	var p Presence
	a.stage.visit(func(tx *Tx) error {
		var there bool
		if p, there = tx.Presence(a.session); !there {
			return ErrNoPresence
		}
		return nil
	})
	return p
}

// plays is the movement the actor shows.
func (a *actor) plays() uuid.UUID {
	a.stage.t.Helper()
	for _, s := range a.stage.Picture().States {
		if s.Agent == a.agent {
			return s.Animations[0].ID
		}
	}
	a.stage.t.Fatal("not in the picture")
	return uuid.Nil
}

func near(t *testing.T, what string, got, want, tolerance float32) {
	t.Helper()
	if d := got - want; !(max(d, -d) <= tolerance) {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tolerance)
	}
}

func TestARegionHasDefaults(t *testing.T) {
	r := New(Config{})
	c := r.Config()
	if c.SizeX != 256 || c.SizeY != 256 || c.Rate != DefaultRate || c.Inbox != DefaultInbox || c.Ground != physics.Flat(21) {
		t.Errorf("%+v", c)
	}
	if p := r.Picture(); p == nil || p.Frame != 0 || len(p.States) != 0 {
		t.Errorf("first picture %+v", p)
	}
}
