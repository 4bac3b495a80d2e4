package scene

import (
	"math"
	"testing"
	"time"

	"terrane/geom"
	"terrane/region/avatar"
)

const walking = avatar.AtPos | avatar.FastAt

func TestWalkingThreeSecondsLeadsThreeSecondsFar(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(walking)
	s.pass(3 * time.Second)
	if a.plays() != avatar.AnimWalk {
		t.Errorf("plays %s", a.plays())
	}
	a.hold(0)
	s.pass(time.Second)
	p := a.now()
	near(t, "way", p.Position.X-100, 9.6, 0.1)
	near(t, "height", p.Position.Z, standing, 0.001)
	if p.Velocity != (geom.Vec3{}) || a.plays() != avatar.AnimStand {
		t.Errorf("afterwards at %v, playing %s", p.Velocity, a.plays())
	}
}

func TestSpeedsFollowTheControls(t *testing.T) {
	for _, c := range []struct {
		name string
		held avatar.Control
		run  bool
		want geom.Vec3
	}{
		{"walk", avatar.AtPos, false, geom.Vec3{X: WalkSpeed}},
		{"walk back", avatar.AtNeg | avatar.FastAt, false, geom.Vec3{X: -WalkSpeed}},
		{"sideways", avatar.LeftPos | avatar.FastLeft, false, geom.Vec3{Y: WalkSpeed}},
		{"run", walking, true, geom.Vec3{X: RunSpeed}},
		{"held back", walking | avatar.Stop, false, geom.Vec3{X: WalkSpeed * HoldFactor}},
		{"fly", walking | avatar.Fly, false, geom.Vec3{X: WalkSpeed * FlyFactor}},
		{"fly up", avatar.UpPos | avatar.Fly, false, geom.Vec3{Z: RiseSpeed}},
		{"against each other", avatar.AtPos | avatar.AtNeg, false, geom.Vec3{}},
	} {
		s := newStage(t)
		a := s.enter(100, 100)
		s.visit(func(tx *Tx) error { return tx.SetAlwaysRun(a.session, c.run) })
		a.hold(c.held)
		s.pass(2 * time.Second)
		v := a.now().Velocity
		if v.Distance(c.want) > 0.01 && c.name != "fly" || c.name == "fly" && v.X-c.want.X < -0.01 {
			t.Errorf("%s: speed %v, want %v", c.name, v, c.want)
		}
	}
}

func TestTheBodysRotationSteers(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.turn(walking, geom.AboutZ(math.Pi/2))
	s.pass(time.Second)
	p := a.now()
	near(t, "north", p.Position.Y-100, WalkSpeed, 0.2)
	near(t, "east", p.Position.X-100, 0, 0.01)
	near(t, "look-at north", p.LookAt.Y, 1, 0.001)
}

func TestOnTheGroundABodyStandsUpright(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.turn(walking, geom.Quat{Y: float32(math.Sin(0.5)), W: float32(math.Cos(0.5))})
	s.pass(time.Second)
	if got := s.Picture().States[0].Rotation; got != geom.Identity {
		t.Errorf("leans by %v", got)
	}
	near(t, "way", a.now().Position.X-100, WalkSpeed, 0.2)
}

func TestInFlightTheViewLeadsUp(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.turn(walking|avatar.Fly|avatar.Mouselook, geom.Quat{Y: -float32(math.Sin(math.Pi / 8)), W: float32(math.Cos(math.Pi / 8))})
	s.pass(2 * time.Second)
	if v := a.now().Velocity; v.Z < 5 || v.X < 5 {
		t.Errorf("speed %v", v)
	}
}

func TestTheRegionsEdgeStopsWhoWalksRunsOrFlies(t *testing.T) {
	for _, held := range []avatar.Control{walking, walking | avatar.Fly} {
		for turn := range 4 {
			s := newStage(t)
			a := s.enter(200, 60)
			a.turn(held, geom.AboutZ(float32(turn)*math.Pi/2))
			for range 45 * 70 {
				s.Step(frame)
				if p := a.now().Position; p.X < 0.5 || p.X > 255.5 || p.Y < 0.5 || p.Y > 255.5 {
					t.Fatalf("at %v", p)
				}
			}
			p := a.now()
			if p.Position.X != 0.5 && p.Position.X != 255.5 && p.Position.Y != 0.5 && p.Position.Y != 255.5 {
				t.Errorf("did not come to the edge: %v", p.Position)
			}
			near(t, "speed at the edge", p.Velocity.Len(), 0, 0.01)
		}
	}
}

func TestATapOnAKeyIsASmallStep(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.NudgeAtPos)
	a.hold(0) // in the same frame: the tap must not be lost
	s.pass(2 * time.Second)
	p := a.now()
	near(t, "way", p.Position.X-100, WalkSpeed*NudgeFactor*0.25, 0.1)
	if p.Velocity != (geom.Vec3{}) {
		t.Errorf("still moves, %v", p.Velocity)
	}
}

func TestAJumpCrouchesRisesAndLands(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.UpPos | avatar.FastUp)
	s.pass(300 * time.Millisecond)
	if a.plays() != avatar.AnimPreJump || a.now().Position.Z > standing+0.01 {
		t.Errorf("before the jump plays %s at %v", a.plays(), a.now().Position)
	}
	a.hold(0)
	s.pass(time.Second)
	if a.plays() != avatar.AnimJump || a.now().Position.Z < standing+2 {
		t.Errorf("in the jump plays %s at %v", a.plays(), a.now().Position)
	}
	s.pass(1400 * time.Millisecond)
	if a.plays() != avatar.AnimLand {
		t.Errorf("landing plays %s at %v", a.plays(), a.now().Position)
	}
	s.pass(time.Second)
	near(t, "height", a.now().Position.Z, standing, 0.001)
	if a.plays() != avatar.AnimStand {
		t.Errorf("afterwards plays %s", a.plays())
	}
}

func TestWhoStopsFlyingHighFallsAndLandsHard(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.Fly | avatar.UpPos | avatar.FastUp)
	s.pass(5 * time.Second)
	if a.plays() != avatar.AnimHoverUp || a.now().Position.Z < 90 {
		t.Fatalf("plays %s at %v", a.plays(), a.now().Position)
	}
	a.hold(avatar.Fly)
	s.pass(2 * time.Second)
	height := a.now().Position.Z
	if a.plays() != avatar.AnimHover || !a.now().Flying {
		t.Errorf("hovering plays %s", a.plays())
	}
	a.hold(0)
	s.pass(2 * time.Second)
	if p := a.now(); a.plays() != avatar.AnimFall || p.Flying || p.Position.Z > height-15 {
		t.Errorf("falling plays %s at %v", a.plays(), p.Position)
	}
	s.pass(3 * time.Second)
	if a.plays() != avatar.AnimStandUp {
		t.Errorf("landed plays %s", a.plays())
	}
	s.pass(4 * time.Second)
	near(t, "height", a.now().Position.Z, standing, 0.001)
	if a.plays() != avatar.AnimStand {
		t.Errorf("afterwards plays %s", a.plays())
	}
}

func TestFlyingDownLandsThoughTheViewerStillSaysFly(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.Fly | avatar.UpPos)
	s.pass(time.Second)
	a.hold(avatar.Fly | avatar.UpNeg | avatar.FastUp)
	s.pass(3 * time.Second)
	if p := a.now(); p.Flying {
		t.Errorf("still flying at %v", p.Position)
	}
	a.hold(avatar.Fly)
	s.pass(time.Second)
	if p := a.now(); p.Flying || a.plays() != avatar.AnimStand {
		t.Errorf("took off by itself: %v, plays %s", p.Position, a.plays())
	}
	a.hold(avatar.Fly | avatar.UpPos)
	s.pass(time.Second)
	if !a.now().Flying {
		t.Error("does not take off again")
	}
}

func TestSittingOnTheGroundAndStandingUp(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.SitOnGround)
	a.hold(0) // in the same frame
	s.pass(time.Second)
	if p := a.now(); !p.Sitting || a.plays() != avatar.AnimSitGround {
		t.Fatalf("sitting %v, plays %s", p.Sitting, a.plays())
	}
	if n := s.cfg.Engine.Bodies(); n != 0 {
		t.Errorf("%d bodies while it sits", n)
	}
	a.turn(walking|avatar.Fly, geom.AboutZ(1))
	s.pass(time.Second)
	if p := a.now(); p.Position.X != 100 || p.Flying || p.LookAt.X != 1 {
		t.Errorf("moved while it sat: %+v", p)
	}
	a.hold(avatar.StandUp)
	a.hold(walking)
	s.pass(time.Second)
	p := a.now()
	near(t, "way after standing up", p.Position.X-100, WalkSpeed, 0.2)
	if p.Sitting || s.cfg.Engine.Bodies() != 1 {
		t.Errorf("sitting %v, %d bodies", p.Sitting, s.cfg.Engine.Bodies())
	}
}

func TestSittingDownInFlightLandsFirst(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.Fly | avatar.UpPos)
	s.pass(2 * time.Second)
	a.hold(avatar.Fly | avatar.SitOnGround)
	s.pass(time.Second)
	p := a.now()
	near(t, "height", p.Position.Z, standing, 0.001)
	if p.Flying || !p.Sitting {
		t.Errorf("%+v", p)
	}
}

func TestOfSittingAndStandingTheLatestWishCounts(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.SitOnGround)
	a.hold(avatar.StandUp)
	s.pass(frame)
	if a.now().Sitting {
		t.Error("it sits")
	}
	a.hold(avatar.StandUp)
	a.hold(avatar.SitOnGround)
	s.pass(frame)
	if !a.now().Sitting {
		t.Error("it does not sit")
	}
}

func TestKeysChooseTheAnimation(t *testing.T) {
	for _, c := range []struct {
		held avatar.Control
		want [16]byte
	}{
		{avatar.TurnLeft | avatar.YawPos, avatar.AnimTurnLeft},
		{avatar.TurnRight, avatar.AnimTurnRight},
		{avatar.UpNeg, avatar.AnimCrouch},
		{avatar.UpNeg | avatar.AtPos, avatar.AnimCrouchWalk},
		{avatar.Fly | avatar.AtPos, avatar.AnimFly},
	} {
		s := newStage(t)
		a := s.enter(100, 100)
		a.hold(c.held)
		s.pass(time.Second)
		if a.plays() != c.want {
			t.Errorf("%#x plays %s", uint32(c.held), a.plays())
		}
	}
}

func TestPlacePutsAnAvatarElsewhereAtRest(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	a.hold(avatar.SitOnGround)
	s.pass(frame)
	s.visit(func(tx *Tx) error {
		return tx.Place(a.session, geom.Vec3{X: 300, Y: 20, Z: -5}, geom.Vec3{Y: 1})
	})
	p := a.now()
	if p.Sitting || p.Position.X != 255.5 || p.Position.Y != 20 {
		t.Errorf("%+v", p)
	}
	near(t, "height", p.Position.Z, standing, 0.001)
	near(t, "look-at north", p.LookAt.Y, 1, 0.001)
	s.pass(frame)
	if got := s.Picture().States[0].Position; got != a.now().Position {
		t.Errorf("shown at %v", got)
	}
}

func TestMovementOfWhoHasNoAvatarIsRefused(t *testing.T) {
	s := newStage(t)
	child := s.look(10, 10)
	stranger := s.actor()
	for _, c := range []struct {
		who  *actor
		want error
	}{{child, ErrNotRoot}, {stranger, ErrNoPresence}} {
		id := c.who.session
		s.visit(func(tx *Tx) error {
			for name, err := range map[string]error{
				"SetAlwaysRun":   tx.SetAlwaysRun(id, true),
				"Place":          tx.Place(id, geom.Vec3{}, geom.Vec3{}),
				"StartAnimation": tx.StartAnimation(id, avatar.AnimType),
				"StopAnimation":  tx.StopAnimation(id, avatar.AnimType),
				"SetAppearance":  tx.SetAppearance(id, avatar.Default()),
				"Say":            tx.Say(id, Say, 0, "hello"),
			} {
				if err != c.want {
					t.Errorf("%s: %v, want %v", name, err, c.want)
				}
			}
			return nil
		})
	}
	child.hold(walking)
	s.pass(frame)
}
