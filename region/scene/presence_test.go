package scene

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"terrane/geom"
	"terrane/region/avatar"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestWhoArrivesStandsOnTheGround(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct{ at, want geom.Vec3 }{
		{geom.Vec3{X: 10, Y: 20}, geom.Vec3{X: 10, Y: 20, Z: standing}},
		{geom.Vec3{X: 10, Y: 20, Z: 80}, geom.Vec3{X: 10, Y: 20, Z: 80}},
		{geom.Vec3{X: -10, Y: 900, Z: 1}, geom.Vec3{X: 0.5, Y: 255.5, Z: standing}},
		{geom.Vec3{X: nan, Y: 20}, geom.Vec3{X: 128, Y: 128, Z: standing}},
	} {
		s := newStage(t)
		a := s.enter(100, 100)
		s.visit(func(tx *Tx) error {
			tx.Leave(a.session)
			p, err := tx.Arrive(a.arrival(c.at))
			if p.Position.Distance(c.want) > 0.001 || !p.Root || p.LocalID == 0 || p.LookAt != (geom.Vec3{X: 1}) {
				t.Errorf("arriving at %v: %+v", c.at, p)
			}
			return err
		})
	}
}

func TestASecondAvatarOfAnAgentIsRefusedAndTheFirstNamed(t *testing.T) {
	s := newStage(t)
	first := s.enter(100, 100)
	second := s.actor()
	second.agent = first.agent
	var other *OtherRootError

	err := s.Visit(func(tx *Tx) error {
		_, err := tx.Arrive(second.arrival(geom.Vec3{X: 1}))
		return err
	})
	if !errors.As(err, &other) || other.Session != first.session || other.Agent != first.agent {
		t.Fatalf("error %v", err)
	}
	child := second.arrival(geom.Vec3{X: 1})
	child.Root = false
	s.visit(func(tx *Tx) error {
		if _, err := tx.Arrive(child); err != nil {
			return err
		}
		if _, err := tx.MakeRoot(second.session, Landing{}); !errors.As(err, &other) {
			t.Errorf("made root: %v", err)
		}
		tx.Leave(first.session)
		p, err := tx.MakeRoot(second.session, Landing{Position: geom.Vec3{X: 5, Y: 5}, LookAt: geom.Vec3{Y: 3}})
		if p.Position.X != 5 || !p.Root || p.LookAt.Y < 0.99 {
			t.Errorf("%+v", p)
		}
		if roots, children := tx.Count(); roots != 1 || children != 0 {
			t.Errorf("%d roots, %d children", roots, children)
		}
		return err
	})
}

func TestWrongArrivalsChangeNothing(t *testing.T) {
	s := newStage(t)
	here := s.enter(100, 100)
	for name, c := range map[string]struct {
		spoil func(*Arrival)
		want  error
	}{
		"no agent":   {func(a *Arrival) { a.Agent = uuid.Nil }, ErrArrival},
		"no session": {func(a *Arrival) { a.Session = uuid.Nil }, ErrArrival},
		"no feed":    {func(a *Arrival) { a.Feed = nil }, ErrArrival},
		"long name":  {func(a *Arrival) { a.Last = strings.Repeat("e", MaxName+1) }, ErrArrival},
		"here":       {func(a *Arrival) { a.Session = here.session }, ErrPresent},
		"looks": {func(a *Arrival) {
			a.Appearance = &avatar.Appearance{Params: make([]byte, 999)}
		}, avatar.ErrAppearance},
	} {
		a := s.actor().arrival(geom.Vec3{X: 1})
		c.spoil(&a)
		err := s.Visit(func(tx *Tx) error { _, err := tx.Arrive(a); return err })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.visit(func(tx *Tx) error {
		if roots, children := tx.Count(); roots != 1 || children != 0 {
			t.Errorf("%d roots, %d children", roots, children)
		}
		if _, err := tx.MakeRoot(here.session, Landing{}); err != ErrRoot {
			t.Errorf("made root twice: %v", err)
		}
		if _, err := tx.MakeRoot(uuid.New(), Landing{}); err != ErrNoPresence {
			t.Errorf("made root of nobody: %v", err)
		}
		return nil
	})
}

func TestPresencesAreFoundBySessionAndByAgent(t *testing.T) {
	s := newStage(t)
	root, child := s.enter(100, 100), s.look(-30, 40)
	s.visit(func(tx *Tx) error {
		if p, there := tx.Presence(child.session); !there || p.Root || p.Agent != child.agent || p.Position.X != -30 {
			t.Errorf("child: %+v, %v", p, there)
		}
		if p, there := tx.Root(root.agent); !there || p.Session != root.session || p.First != "Ann" || p.Appearance == nil {
			t.Errorf("root: %+v, %v", p, there)
		}
		if _, there := tx.Root(child.agent); there {
			t.Error("a child was found as root")
		}
		if _, there := tx.Presence(uuid.New()); there {
			t.Error("nobody was found")
		}
		var seen []uuid.UUID
		for p := range tx.Presences() {
			seen = append(seen, p.Session)
			tx.Leave(child.session)
		}
		if !reflect.DeepEqual(seen, []uuid.UUID{root.session}) {
			t.Errorf("saw %v: a child that left meanwhile is not to be seen", seen)
		}
		for range tx.Presences() {
			break
		}
		return nil
	})
}

func TestAChildIsToldWhereItsAgentIs(t *testing.T) {
	s := newStage(t)
	child, root := s.look(-30, 40), s.enter(1, 1)
	camera := geom.Vec3{X: -20, Y: 41, Z: 30}
	s.visit(func(tx *Tx) error {
		if err := tx.Watch(root.session, camera, camera, 1); err != ErrRoot {
			t.Errorf("watching root: %v", err)
		}
		if err := tx.Watch(uuid.New(), camera, camera, 1); err != ErrNoPresence {
			t.Errorf("watching nobody: %v", err)
		}
		if err := tx.Watch(child.session, geom.Vec3{X: float32(math.NaN())}, camera, 1); err != nil {
			t.Error(err)
		}
		return tx.Watch(child.session, geom.Vec3{X: -22}, camera, 96)
	})
	if p := child.now(); p.Position.X != -22 || p.Camera != camera || p.Far != 96 {
		t.Errorf("%+v", p)
	}
}

func TestE20_LeavingTakesEverythingOutAndReturnsWhatIsToBeSaved(t *testing.T) {
	s := newStage(t)
	s.enter(50, 50)
	child, a := s.look(0, 0), s.actor()
	looks := avatar.Default()
	looks.Serial = 9
	arrival := a.arrival(geom.Vec3{X: 100, Y: 100})
	arrival.Appearance = looks
	arrival.Worn = []Worn{{Point: 5, Item: uuid.New(), Object: []byte("hat")}}
	dance := uuid.New()
	s.visit(func(tx *Tx) error {
		if _, err := tx.Arrive(arrival); err != nil {
			return err
		}
		return errors.Join(tx.StartAnimation(a.session, dance), tx.SetAlwaysRun(a.session, true))
	})
	a.turn(walking, geom.AboutZ(math.Pi/2))
	s.pass(time.Second)
	a.feed.Take()

	var left Left
	s.visit(func(tx *Tx) error {
		var there bool
		if left, there = tx.Leave(a.session); !there {
			t.Error("was not there")
		}
		if _, there := tx.Leave(a.session); there {
			t.Error("left twice")
		}
		if l, there := tx.Leave(child.session); !there || l.Root || l.Session != child.session {
			t.Errorf("child left %+v", l)
		}
		return nil
	})
	near(t, "way", left.Position.Y-100, RunSpeed, 0.2)
	near(t, "look-at north", left.LookAt.Y, 1, 0.001)
	near(t, "speed", left.Velocity.Y, RunSpeed, 0.001)
	if !left.Root || left.Agent != a.agent || left.Session != a.session || left.First != "Ann" || !left.AlwaysRun ||
		left.Flying || left.Sitting || left.Appearance != looks || !reflect.DeepEqual(left.Worn, arrival.Worn) {
		t.Errorf("%+v", left)
	}
	if len(left.Animations) != 2 || left.Animations[0].ID != avatar.AnimRun || left.Animations[1].ID != dance {
		t.Errorf("plays %v", left.Animations)
	}

	w := &s.world
	if len(w.sessions) != 1 || len(w.roots) != 1 || len(w.order) != 1 || len(w.figures) != 1 || s.cfg.Engine.Bodies() != 1 {
		t.Errorf("sessions %d, roots %d, order %d, figures %d, bodies %d: only one is here",
			len(w.sessions), len(w.roots), len(w.order), len(w.figures), s.cfg.Engine.Bodies())
	}
	s.pass(frame)
	if len(w.gone) != 0 || len(s.Picture().States) != 1 {
		t.Errorf("%d still to go, %d in the picture", len(w.gone), len(s.Picture().States))
	}
	if b := a.feed.Take(); len(b.Changes)+len(b.Events) != 0 || b.Whole != nil {
		t.Errorf("the leaver was told %+v", b)
	}
}

func TestOthersSeeALeaverGoWithTheNextFrameAndHeDoesNot(t *testing.T) {
	s := newStage(t)
	stays, goes, child := s.enter(50, 50), s.enter(60, 60), s.look(0, 0)
	s.pass(frame)
	for _, a := range []*actor{stays, goes, child} {
		a.feed.Take()
	}
	id := goes.now().LocalID
	s.visit(func(tx *Tx) error { tx.Leave(goes.session); return nil })
	if b := stays.feed.Take(); len(b.Changes) != 0 {
		t.Errorf("before the frame: %+v", b)
	}
	s.pass(frame)
	for _, a := range []*actor{stays, child} {
		got := a.feed.Take().Changes
		if len(got) != 1 || got[0].Kind != Gone || got[0].State.LocalID != id || got[0].State.Agent != goes.agent {
			t.Errorf("told %+v", got)
		}
	}
	if b := goes.feed.Take(); len(b.Changes) != 0 {
		t.Errorf("the leaver was told %+v", b)
	}
	s.pass(10 * frame)
	if b := stays.feed.Take(); len(b.Changes) != 0 {
		t.Errorf("told again: %+v", b)
	}
}

func TestWhoComesAndGoesWithinAFrameIsNotToldOf(t *testing.T) {
	s := newStage(t)
	stays := s.enter(50, 50)
	s.pass(frame)
	stays.feed.Take()
	a := s.enter(100, 100)
	s.visit(func(tx *Tx) error { tx.Leave(a.session); return nil })
	s.pass(frame)
	if b := stays.feed.Take(); len(b.Changes) != 0 {
		t.Errorf("told %+v", b.Changes)
	}
}

func TestE20_Invariant36_LeavingWhileSittingLeavesNoBody(t *testing.T) {
	s := newStage(t)
	a := s.enter(50, 50)
	a.hold(avatar.SitOnGround)
	s.pass(frame)
	s.visit(func(tx *Tx) error {
		if left, _ := tx.Leave(a.session); !left.Sitting {
			t.Error("it did not sit")
		}
		return nil
	})
	if n := s.cfg.Engine.Bodies(); n != 0 {
		t.Errorf("%d bodies", n)
	}
}

func TestLocalIDsAreNeverZeroAndNeverReusedSoon(t *testing.T) {
	s := newStage(t)
	s.world.lastID = math.MaxUint32 - 1
	seen := map[uint32]bool{}
	stays := s.enter(50, 50).now().LocalID
	for range 100 {
		a := s.enter(50, 50)
		id := a.now().LocalID
		if id == 0 || id == stays || seen[id] {
			t.Fatalf("local id %d again", id)
		}
		seen[id] = true
		s.visit(func(tx *Tx) error { tx.Leave(a.session); return nil })
	}
	s.world.lastID = stays - 1
	if id := s.enter(50, 50).now().LocalID; id == stays {
		t.Errorf("local id %d is in use", id)
	}
}

func TestAppearanceChangesTheBodyAndIsShown(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	tall := avatar.Default()
	tall.Size.Z = 2.4
	s.visit(func(tx *Tx) error {
		if err := tx.SetAppearance(a.session, nil); !errors.Is(err, avatar.ErrAppearance) {
			t.Errorf("no appearance: %v", err)
		}
		return tx.SetAppearance(a.session, tall)
	})
	s.pass(frame)
	got := a.feed.Take().Changes
	if len(got) != 1 || got[0].Kind&(Full|Appearance) != Full|Appearance || got[0].State.Appearance != tall {
		t.Errorf("shown %+v", got)
	}
	near(t, "height", a.now().Position.Z, 21+1.3, 0.001)

	a.hold(avatar.SitOnGround)
	s.pass(frame)
	s.visit(func(tx *Tx) error { return tx.SetAppearance(a.session, avatar.Default()) })
	near(t, "height sitting", a.now().Position.Z, standing, 0.001)
	s.pass(frame)
	a.feed.Take()
	s.visit(func(tx *Tx) error { return tx.SetAppearance(a.session, avatar.Default()) })
	s.pass(frame)
	if got := a.feed.Take().Changes; len(got) != 1 || got[0].Kind&Full != 0 || got[0].Kind&Appearance == 0 {
		t.Errorf("looks of the same size shown as %+v", got)
	}
}

func TestWhateverHappensTheWorldAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t)
		agents := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
		var here []*actor
		pick := func() *actor {
			if len(here) == 0 {
				return s.actor()
			}
			return rapid.SampledFrom(here).Draw(rt, "who")
		}
		for range rapid.IntRange(0, 60).Draw(rt, "length") {
			switch rapid.IntRange(0, 5).Draw(rt, "act") {
			case 0:
				a := s.actor()
				a.agent = rapid.SampledFrom(agents).Draw(rt, "agent")
				arrival := a.arrival(geom.Vec3{X: 100, Y: 100})
				arrival.Root = rapid.Bool().Draw(rt, "root")
				if s.Visit(func(tx *Tx) error { _, err := tx.Arrive(arrival); return err }) == nil {
					here = append(here, a)
				}
			case 1:
				a := pick()
				s.visit(func(tx *Tx) error { tx.Leave(a.session); return nil })
			case 2:
				a := pick()
				_ = s.Visit(func(tx *Tx) error { _, err := tx.MakeRoot(a.session, Landing{}); return err }) // may be refused
			case 3:
				pick().hold(avatar.Control(rapid.Uint32().Draw(rt, "controls")))
			default:
				s.Step(time.Duration(rapid.IntRange(1, 200).Draw(rt, "ms")) * time.Millisecond)
			}
			w := &s.world
			sitting := 0
			for _, p := range w.figures {
				if p.figure.sits() {
					sitting++
				}
				if w.roots[p.agent] != p || w.sessions[p.session] != p {
					rt.Fatal("an avatar without its presence")
				}
			}
			if len(w.figures) != len(w.roots) || len(w.order) != len(w.sessions) || s.cfg.Engine.Bodies() != len(w.figures)-sitting {
				rt.Fatalf("figures %d, roots %d, order %d, sessions %d, bodies %d, sitting %d",
					len(w.figures), len(w.roots), len(w.order), len(w.sessions), s.cfg.Engine.Bodies(), sitting)
			}
		}
		s.Step(frame)
		if n := len(s.Picture().States); n != len(s.world.figures) {
			rt.Fatalf("%d in the picture, %d here", n, len(s.world.figures))
		}
	})
}
