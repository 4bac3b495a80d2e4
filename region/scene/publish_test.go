package scene

import (
	"math"
	"testing"
	"time"

	"terrane/geom"
	"terrane/region/avatar"
	"terrane/region/physics"

	"github.com/google/uuid"
)

// told is what one feed heard of the changes, frame by frame.
func told(s *stage, a *actor, d time.Duration) []Change {
	var all []Change
	for range d / frame {
		s.Step(frame)
		all = append(all, a.feed.Take().Changes...)
	}
	return all
}

func TestAnArrivalIsShownToAllAndToHimself(t *testing.T) {
	s := newStage(t)
	a, child := s.enter(100, 100), s.look(0, 0)
	a.feed.Take()
	child.feed.Take()
	before := time.Now()
	s.pass(frame)
	for _, who := range []*actor{a, child} {
		got := who.feed.Take().Changes
		if len(got) != 1 || got[0].Kind&Entered == 0 {
			t.Fatalf("told %+v", got)
		}
		st := got[0].State
		if st.Agent != a.agent || st.First != "Ann" || st.Last != "Lee" || st.Title != "Builder" || st.LocalID == 0 ||
			st.Appearance == nil || st.Rotation != geom.Identity || st.Plane != (geom.Vec4{Z: 1, W: 21}) {
			t.Errorf("shown as %+v", st)
		}
		if len(st.Animations) != 1 || st.Animations[0] != (avatar.Playing{ID: avatar.AnimStand, Sequence: 1, Source: a.agent}) {
			t.Errorf("plays %v", st.Animations)
		}
		if p := s.Picture(); p.Frame != 1 || p.States[0] != st || p.Time.Before(before) {
			t.Errorf("picture %+v", p)
		}
	}
}

func TestWhoStandsIsNotPublished(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	a.hold(0)
	if got := told(s, a, 5*time.Second); len(got) != 0 {
		t.Errorf("told %+v", got)
	}
}

func TestASteadyWalkIsPublishedAtStartAndEndAndMovingRateTimesASecondBetween(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	a.hold(walking)
	start := told(s, a, 500*time.Millisecond)
	if len(start) == 0 || start[0].Kind&Terse == 0 || start[len(start)-1].State.Velocity.X < WalkSpeed-0.1 {
		t.Errorf("at the start told %+v", start)
	}
	if steady := told(s, a, 5*time.Second); len(steady) < 5*movingRate || len(steady) > 6*movingRate {
		t.Errorf("told %d times in 5 s at one speed", len(steady))
	}
	a.hold(0)
	end := told(s, a, time.Second)
	if len(end) == 0 {
		t.Fatal("the stop was not told")
	}
	if st := end[len(end)-1].State; st.Velocity != (geom.Vec3{}) || st.Position.Distance(a.now().Position) > displaced {
		t.Errorf("left at %+v, is at %v", st, a.now().Position)
	}
}

func TestSmallChangesAreNotToldAndLargerOnesAre(t *testing.T) {
	base := figure{
		rotation: geom.Identity,
		state:    physics.State{Position: geom.Vec3{X: 10, Y: 10, Z: 10}, Plane: geom.Vec4{Z: 1, W: 9}},
	}
	for _, c := range []struct {
		name   string
		change func(*figure)
		want   bool
	}{
		{"nothing", func(*figure) {}, false},
		{"a little turn", func(f *figure) { f.rotation = geom.AboutZ(0.015) }, false},
		{"a turn", func(f *figure) { f.rotation = geom.AboutZ(0.03) }, true},
		{"a little way", func(f *figure) { f.state.Position.X += 0.04 }, false},
		{"a way at rest", func(f *figure) { f.state.Position.X += 0.06 }, true},
		{"a little speed", func(f *figure) { f.state.Velocity.Y = -0.09 }, false},
		{"speed", func(f *figure) { f.state.Velocity.Y = -0.11 }, true},
		{"another slope", func(f *figure) { f.state.Plane.X = 0.06 }, true},
		{"the air", func(f *figure) { f.state.Plane = physics.NoPlane }, true},
		{"the end of a flight", func(f *figure) { f.shown.Info = avatar.InfoFlying }, true},
		{"a stop", func(f *figure) { f.shown.Velocity.X = 0.01 }, true},
		{"a way at speed", func(f *figure) {
			f.state.Velocity.X, f.shown.Velocity.X = 3, 3
			f.state.Position.X += 4.9
		}, false},
		{"a long way at speed", func(f *figure) {
			f.state.Velocity.X, f.shown.Velocity.X = 3, 3
			f.state.Position.X += 5.1
		}, true},
	} {
		f := base
		f.state.OnGround = true
		f.body = physics.NewLand(physics.LandConfig{Ground: physics.Flat(0), SizeX: 20, SizeY: 20}).Add(physics.Spec{})
		f.shown = &State{Rotation: f.rotation, Position: f.state.Position, Plane: f.state.Plane}
		c.change(&f)
		if got := f.moved(f.info()); got != c.want {
			t.Errorf("%s: told %v", c.name, got)
		}
	}
}

func TestAPublishedStateIsNeverChanged(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	first := s.Picture()
	state := *first.States[0]
	plays := state.Animations[0]
	a.turn(walking, geom.AboutZ(1))
	s.visit(func(tx *Tx) error { return tx.StartAnimation(a.session, uuid.New()) })
	s.pass(time.Second)
	s.visit(func(tx *Tx) error { tx.Leave(a.session); return nil })
	s.pass(frame)
	if now := *first.States[0]; now.Position != state.Position || now.Kind != state.Kind || now.Rotation != state.Rotation ||
		len(now.Animations) != 1 || now.Animations[0] != plays {
		t.Errorf("became %+v", now)
	}
}

func TestAnimationsOfTheViewerAreShown(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	dance := uuid.New()
	s.visit(func(tx *Tx) error { return tx.StartAnimation(a.session, dance) })
	s.pass(frame)
	got := a.feed.Take().Changes
	if len(got) != 1 || got[0].Kind != Animation || len(got[0].State.Animations) != 2 ||
		got[0].State.Animations[1] != (avatar.Playing{ID: dance, Sequence: 2}) {
		t.Fatalf("told %+v", got)
	}
	s.visit(func(tx *Tx) error {
		_ = tx.StartAnimation(a.session, dance) // again: changes nothing
		return tx.StopAnimation(a.session, uuid.New())
	})
	s.pass(frame)
	if got := a.feed.Take().Changes; len(got) != 0 {
		t.Errorf("told of nothing: %+v", got)
	}
	s.visit(func(tx *Tx) error { return tx.StopAnimation(a.session, dance) })
	s.pass(frame)
	if got := a.feed.Take().Changes; len(got) != 1 || len(got[0].State.Animations) != 1 {
		t.Errorf("told %+v", got)
	}
}

func TestWhatAUserDoesIsShown(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	put := func(in AgentInput) []Change {
		a.input.Put(in)
		s.pass(frame)
		return a.feed.Take().Changes
	}
	if got := put(AgentInput{Activity: avatar.TypingText}); len(got) != 1 || got[0].Kind != Terse ||
		got[0].State.Activity != avatar.TypingText || got[0].State.Info&avatar.InfoTyping == 0 {
		t.Errorf("typing: %+v", got)
	}
	if got := put(AgentInput{Flags: avatar.HideTitle}); len(got) != 1 || got[0].Kind&Full == 0 || got[0].State.Title != "" {
		t.Errorf("hidden title: %+v", got)
	}
	if got := put(AgentInput{}); len(got) != 1 || got[0].State.Title != "Builder" {
		t.Errorf("shown title: %+v", got)
	}
	if got := put(AgentInput{Controls: avatar.Away | avatar.Mouselook}); len(got) != 1 ||
		got[0].State.Info != avatar.InfoAway|avatar.InfoMouselook {
		t.Errorf("away: %+v", got)
	}
	if got := put(AgentInput{Controls: avatar.UpNeg}); len(got) != 1 || got[0].State.Info != avatar.InfoCrouching ||
		got[0].Kind&Animation == 0 {
		t.Errorf("crouching: %+v", got)
	}
}

func TestACameraIsKeptAndNotPublished(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	a.input.Put(AgentInput{Camera: geom.Vec3{X: 90, Y: 80, Z: 30}, Far: -3})
	s.pass(frame)
	if p := a.now(); p.Camera != (geom.Vec3{X: 90, Y: 80, Z: 30}) || p.Far != 0 {
		t.Errorf("%+v", p)
	}
	if got := a.feed.Take().Changes; len(got) != 0 {
		t.Errorf("told %+v", got)
	}
}

func TestOneWhoIsLateSeesThoseWhoWereThere(t *testing.T) {
	s := newStage(t)
	first := s.enter(100, 100)
	first.turn(0, geom.AboutZ(math.Pi/2))
	s.pass(time.Second)
	late := s.enter(110, 110)
	b := late.feed.Take()
	if b.Whole == nil || len(b.Whole.States) != 1 || b.Whole.States[0].Agent != first.agent {
		t.Fatalf("first batch %+v", b)
	}
	s.pass(frame)
	if b := late.feed.Take(); b.Whole != nil || len(b.Changes) != 1 || b.Changes[0].State.Agent != late.agent {
		t.Errorf("second batch %+v", b)
	}
}
