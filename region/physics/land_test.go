package physics

import (
	"math"
	"testing"

	"terrane/geom"

	"pgregory.net/rapid"
)

const frame = float32(1) / 45

// figure is the size of a default avatar's box.
var figure = geom.Vec3{X: 0.45, Y: 0.6, Z: 2.1}

// slope rises in x by so many metres each metre.
type slope float32

func (s slope) Height(x, _ float32) float32 { return float32(s) * x }

// cliff is high east of x = 128, and low west of it.
type cliff struct{ low, high float32 }

func (c cliff) Height(x, _ float32) float32 {
	if x > 128 {
		return c.high
	}
	return c.low
}

func region(g Ground) *Land { return NewLand(LandConfig{Ground: g, SizeX: 256, SizeY: 256}) }

func run(l *Land, seconds float32) {
	for range int(math.Round(float64(seconds / frame))) {
		l.Step(frame)
	}
}

func near(t *testing.T, what string, got, want, tolerance float32) {
	t.Helper()
	if d := got - want; max(d, -d) > tolerance || got != got {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tolerance)
	}
}

func TestWalkingThreeSecondsLeadsThreeSecondsFar(t *testing.T) {
	l := region(Flat(21))
	b := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: 22}, Size: figure})
	b.Drive(Drive{Velocity: geom.Vec3{X: 3.2}})
	run(l, 3)
	near(t, "speed", b.State().Velocity.X, 3.2, 0.01)
	b.Drive(Drive{})
	run(l, 1)
	near(t, "way", b.State().Position.X-100, 9.6, 0.05)
	if s := b.State(); s.Velocity != (geom.Vec3{}) || !s.OnGround || s.Plane != (geom.Vec4{Z: 1, W: 21}) {
		t.Errorf("at rest: %+v", s)
	}
}

func TestThePathDoesNotDependOnTheLengthOfTheSteps(t *testing.T) {
	far := func(dt float32, steps int) geom.Vec3 {
		l := region(Flat(21))
		b := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: 500}, Size: figure})
		b.Drive(Drive{Velocity: geom.Vec3{X: 3, Y: -1}})
		for range steps {
			l.Step(dt)
		}
		return b.State().Position
	}
	if a, b := far(1.0/90, 180), far(1.0/15, 30); a.Distance(b) > 0.01 {
		t.Errorf("fine steps lead to %v, coarse ones to %v", a, b)
	}
}

func TestWallsStopWhateverTheVelocity(t *testing.T) {
	for _, v := range []geom.Vec3{{X: 3.2}, {X: -127, Y: 127}, {X: 1e9, Y: -1e9}} {
		l := region(Flat(21))
		b := l.Add(Spec{Position: geom.Vec3{X: 250, Y: 5, Z: 40}, Size: figure, Flying: true})
		b.Drive(Drive{Velocity: v, Flying: true})
		for range 45 * 100 {
			l.Step(frame)
			if p := b.State().Position; p.X < 0.5 || p.X > 255.5 || p.Y < 0.5 || p.Y > 255.5 {
				t.Fatalf("at %v with wish %v", p, v)
			}
		}
		if s := b.State(); s.Velocity.X != 0 {
			t.Errorf("speed into the wall: %v", s.Velocity)
		}
	}
}

func TestAJumpRisesAndLands(t *testing.T) {
	l := region(Flat(21))
	b := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: 22}, Size: figure})
	b.Push(geom.Vec3{Z: 9.4})
	top, airborne := float32(0), 0
	for range 45 * 3 {
		l.Step(frame)
		s := b.State()
		top = max(top, s.Position.Z-22.05)
		if !s.OnGround {
			airborne++
			if s.Plane != NoPlane {
				t.Fatalf("a plane in the air: %v", s.Plane)
			}
		}
	}
	near(t, "height of the jump", top, 9.4*9.4/2/Gravity, 0.05)
	near(t, "time in the air", float32(airborne)*frame, 2*9.4/Gravity, 0.05)
	if s := b.State(); !s.OnGround || s.Velocity != (geom.Vec3{}) {
		t.Errorf("afterwards %+v", s)
	}
}

func TestAFallReachesTerminalSpeedAndNoMore(t *testing.T) {
	l := region(Flat(21))
	b := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: 900}, Size: figure})
	fastest := float32(0)
	for range 45 * 30 {
		l.Step(frame)
		fastest = min(fastest, b.State().Velocity.Z)
	}
	near(t, "fastest", fastest, -TerminalSpeed, 0.001)
	near(t, "height at last", b.State().Position.Z, 22.05, 0.001)
}

func TestFlyingStaysUpAndLandsWhenFlownDown(t *testing.T) {
	l := region(Flat(21))
	b := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: 60}, Size: figure, Flying: true})
	b.Drive(Drive{Flying: true})
	run(l, 5)
	near(t, "height of a hover", b.State().Position.Z, 60, 0.001)
	b.Drive(Drive{Velocity: geom.Vec3{Z: -16}, Flying: true})
	run(l, 5)
	if s := b.State(); !s.OnGround {
		t.Errorf("flown down: %+v", s)
	}
	b.Drive(Drive{Flying: true})
	run(l, 5)
	if s := b.State(); s.OnGround || s.Velocity != (geom.Vec3{}) {
		t.Errorf("hovering: %+v", s)
	}
	near(t, "lifted to", b.State().Position.Z, 21+hoverHeight, 2*foothold)
}

func TestSlopesAreWalkedAtTheSameSpeedAlongTheGround(t *testing.T) {
	for _, s := range []slope{-1, -0.3, 0.3, 1} {
		l := region(s)
		b := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: float32(s) * 100}, Size: figure})
		b.Drive(Drive{Velocity: geom.Vec3{X: 3.2}})
		before := b.State().Position
		run(l, 3)
		near(t, "way along the slope", b.State().Position.Distance(before), 9.5, 0.1)
		if !b.State().OnGround {
			t.Errorf("slope %v: left the ground", s)
		}
	}
}

func TestSteepGroundIsNotClimbedAndSlidOff(t *testing.T) {
	l := region(slope(4))
	b := l.Add(Spec{Position: geom.Vec3{X: 200, Y: 100}, Size: figure})
	b.Drive(Drive{Velocity: geom.Vec3{X: 5}})
	run(l, 2)
	if p := b.State().Position; p.X > 199 {
		t.Errorf("climbed or stayed, at %v", p)
	}
}

func TestACliffStopsFromBelowAndIsFallenFromAbove(t *testing.T) {
	l := region(cliff{21, 31})
	below := l.Add(Spec{Position: geom.Vec3{X: 120, Y: 100, Z: 21}, Size: figure})
	above := l.Add(Spec{Position: geom.Vec3{X: 136, Y: 110, Z: 31}, Size: figure})
	below.Drive(Drive{Velocity: geom.Vec3{X: 3}})
	above.Drive(Drive{Velocity: geom.Vec3{X: -3}})
	aloft := false
	for range 45 * 5 {
		l.Step(frame)
		aloft = aloft || !above.State().OnGround
	}
	if p := below.State().Position; p.X > 128.5 || p.Z > 23 {
		t.Errorf("from below it came to %v", p)
	}
	near(t, "height after the fall", above.State().Position.Z, 22.05, 0.01)
	if !aloft {
		t.Error("it never fell")
	}
}

func TestThoseWhoArriveOnOneSpotComeApartAndStandStill(t *testing.T) {
	l := region(Flat(21))
	var bodies []Body
	for range 20 {
		bodies = append(bodies, l.Add(Spec{Position: geom.Vec3{X: 128, Y: 128, Z: 22}, Size: figure}))
	}
	run(l, 20)
	before := make([]geom.Vec3, len(bodies))
	for i, b := range bodies {
		before[i] = b.State().Position
	}
	run(l, 1)
	for i, b := range bodies {
		if d := b.State().Position.Distance(before[i]); d > 0.01 {
			t.Errorf("body %d still moves: %v in a second", i, d)
		}
		for j, o := range bodies[:i] {
			if d := b.State().Position.Distance(o.State().Position); d < 0.55 {
				t.Errorf("bodies %d and %d are %v apart", i, j, d)
			}
		}
	}
}

func TestWhoWalksGivesWayToWhoStands(t *testing.T) {
	l := region(Flat(21))
	stands := l.Add(Spec{Position: geom.Vec3{X: 105, Y: 100, Z: 22}, Size: figure})
	walks := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: 22}, Size: figure})
	walks.Drive(Drive{Velocity: geom.Vec3{X: 5.12}})
	run(l, 3)
	near(t, "place of who stands", stands.State().Position.X, 105, 0.001)
	near(t, "place of who walks", walks.State().Position.X, 104.4, 0.1)

	l.cfg.PassThrough = true
	run(l, 1)
	if p := walks.State().Position; p.X < 107 {
		t.Errorf("held at %v though avatars pass through each other", p)
	}
}

func TestResizingKeepsTheFeetWhereTheyAre(t *testing.T) {
	l := region(Flat(21))
	b := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100, Z: 22}, Size: figure})
	b.Resize(geom.Vec3{X: 0.45, Y: 0.6, Z: 3})
	near(t, "centre", b.State().Position.Z, 22.5, 0.001)
	if !b.State().OnGround {
		t.Error("it left the ground")
	}
}

func TestARemovedBodyIsGoneAndHarmless(t *testing.T) {
	l := region(Flat(21))
	a := l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100}, Size: figure})
	b := l.Add(Spec{Position: geom.Vec3{X: 110, Y: 100}, Size: figure})
	a.Remove()
	a.Remove()
	if l.Bodies() != 1 {
		t.Fatalf("%d bodies", l.Bodies())
	}
	was := a.State()
	a.Push(geom.Vec3{Z: 9})
	a.Place(geom.Vec3{X: 1, Y: 1})
	a.Resize(geom.Vec3{Z: 9})
	l.Step(frame)
	if a.State() != was {
		t.Errorf("a removed body moved: %+v", a.State())
	}
	b.Remove()
	if l.Bodies() != 0 {
		t.Errorf("%d bodies", l.Bodies())
	}
}

// torn is land that is not a number in places.
type torn struct{}

func (torn) Height(x, _ float32) float32 {
	if x > 120 {
		return float32(math.NaN())
	}
	return 21
}

func TestNothingWrongMakesAPositionWrong(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	odd := rapid.SampledFrom([]float32{nan, inf, -inf, 0, 3.2, -1e30, 1e30, 127, 128, 300})
	vector := rapid.Custom(func(t *rapid.T) geom.Vec3 {
		return geom.Vec3{X: odd.Draw(t, "x"), Y: odd.Draw(t, "y"), Z: odd.Draw(t, "z")}
	})
	grounds := []Ground{Flat(21), slope(0.5), slope(6), cliff{5, 80}, torn{}}
	rapid.Check(t, func(t *rapid.T) {
		l := region(rapid.SampledFrom(grounds).Draw(t, "ground"))
		var bodies []Body
		for range rapid.IntRange(1, 4).Draw(t, "bodies") {
			bodies = append(bodies, l.Add(Spec{Position: vector.Draw(t, "at"), Velocity: vector.Draw(t, "v"), Size: figure}))
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			b := rapid.SampledFrom(bodies).Draw(t, "body")
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0:
				b.Drive(Drive{Velocity: vector.Draw(t, "wish"), Flying: rapid.Bool().Draw(t, "flying")})
			case 1:
				b.Push(vector.Draw(t, "push"))
			case 2:
				b.Resize(vector.Draw(t, "size"))
			case 3:
				b.Place(vector.Draw(t, "place"))
			default:
				l.Step(rapid.SampledFrom([]float32{frame, 0.1, 0, -1}).Draw(t, "dt"))
			}
			for _, b := range bodies {
				s := b.State()
				p := s.Position
				if !p.Finite() || !s.Velocity.Finite() || p.X < 0.5 || p.X > 255.5 || p.Y < 0.5 || p.Y > 255.5 {
					t.Fatalf("%+v", s)
				}
				if floor := b.(*capsule).floor(p.X, p.Y); p.Z < floor-0.001*max(1, floor) {
					t.Fatalf("%v is under the ground, %v", p, floor)
				}
			}
		}
	})
}

func TestTheSameCallsGiveTheSamePositions(t *testing.T) {
	story := func() []State {
		l := region(slope(0.2))
		var states []State
		var bodies []Body
		for i := range 10 {
			b := l.Add(Spec{Position: geom.Vec3{X: 128, Y: 128, Z: float32(i)}, Size: figure})
			b.Drive(Drive{Velocity: geom.Vec3{X: float32(i) - 5, Y: 1}})
			bodies = append(bodies, b)
		}
		run(l, 2)
		bodies[3].Remove()
		run(l, 2)
		for _, b := range bodies {
			states = append(states, b.State())
		}
		return states
	}
	a, b := story(), story()
	for i := range a {
		if a[i] != b[i] {
			t.Errorf("body %d: %+v and %+v", i, a[i], b[i])
		}
	}
}

func BenchmarkStep100Walking(b *testing.B) {
	l := region(slope(0.1))
	for i := range 100 {
		body := l.Add(Spec{Position: geom.Vec3{X: float32(i%10)*20 + 20, Y: float32(i/10)*20 + 20}, Size: figure})
		body.Drive(Drive{Velocity: geom.Vec3{X: float32(i%3) - 1, Y: 1}})
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Step(frame)
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	l := region(slope(0.1))
	for range 10 {
		l.Add(Spec{Position: geom.Vec3{X: 100, Y: 100}, Size: figure}).Drive(Drive{Velocity: geom.Vec3{X: 1}})
	}
	if n := testing.AllocsPerRun(100, func() { l.Step(frame) }); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}
