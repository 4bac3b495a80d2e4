package avatar

import (
	"testing"
	"time"

	"terrane/geom"

	"pgregory.net/rapid"
)

const tick = 25 * time.Millisecond

// hold advances with one stance for a while and returns what was asked for last.
func hold(m *Motion, s Stance, d time.Duration) Act {
	var last Act
	for range d / tick {
		if a := m.Advance(s, tick); a != Nothing {
			last = a
		}
	}
	return last
}

func shows(t *testing.T, m *Motion, want Movement) {
	t.Helper()
	if got := m.Movement(); got != want {
		t.Errorf("shows movement %d, want %d", got, want)
	}
}

func TestOnTheGroundTheKeysChooseTheMovement(t *testing.T) {
	for _, c := range []struct {
		s    Stance
		want Movement
	}{
		{Stance{}, Standing},
		{Stance{Controls: AtPos | FastAt}, Walking},
		{Stance{Controls: LeftNeg, Run: true}, Running},
		{Stance{Controls: AtPos | UpNeg}, CrouchWalking},
		{Stance{Controls: UpNeg}, Crouching},
		{Stance{Controls: TurnLeft | YawPos}, TurningLeft},
		{Stance{Controls: TurnRight | AtPos}, Walking},
		{Stance{Controls: TurnRight}, TurningRight},
		{Stance{Controls: AtPos | Stop}, Standing},
		{Stance{Sitting: true}, SittingOnGround},
	} {
		var m Motion
		c.s.OnGround = true
		m.Advance(c.s, tick)
		if m.Movement() != c.want {
			t.Errorf("%+v shows %d, want %d", c.s, m.Movement(), c.want)
		}
	}
}

func TestHoldingBackDoesNotEndAWalkThatHasBegun(t *testing.T) {
	var m Motion
	m.Advance(Stance{Controls: AtPos, OnGround: true}, tick)
	m.Advance(Stance{Controls: AtPos | Stop, OnGround: true}, tick)
	shows(t, &m, Walking)
}

func TestInFlightTheKeysChooseTheMovement(t *testing.T) {
	for _, c := range []struct {
		held Control
		want Movement
	}{
		{0, Hovering}, {AtPos | UpPos, Flying}, {UpPos, HoveringUp}, {UpNeg, HoveringDown}, {NudgeUpNeg, HoveringDown},
	} {
		var m Motion
		m.Advance(Stance{Controls: c.held | Fly, Flying: true}, tick)
		shows(t, &m, c.want)
	}
}

func TestFlyingDownToTheGroundEndsTheFlight(t *testing.T) {
	var m Motion
	hold(&m, Stance{Controls: Fly | UpNeg, Flying: true}, time.Second)
	shows(t, &m, HoveringDown)
	if a := m.Advance(Stance{Controls: Fly | UpNeg, Flying: true, OnGround: true}, tick); a != TouchDown {
		t.Fatalf("asked for %d", a)
	}
	shows(t, &m, Landing)
	hold(&m, Stance{OnGround: true}, time.Second)
	shows(t, &m, Standing)
}

func TestAJumpCrouchesFirstLeapsOnceAndLands(t *testing.T) {
	var m Motion
	up := Stance{Controls: UpPos, OnGround: true}
	if a := hold(&m, up, 400*time.Millisecond); a != Nothing {
		t.Fatalf("leapt too early: %d", a)
	}
	shows(t, &m, PreJumping)
	// The key is released: the jump is on its way all the same.
	if a := hold(&m, Stance{OnGround: true}, 100*time.Millisecond); a != Leap {
		t.Fatalf("asked for %d", a)
	}
	shows(t, &m, Jumping)
	hold(&m, Stance{Velocity: geom.Vec3{Z: -9}}, time.Second)
	shows(t, &m, Jumping)
	m.Advance(Stance{OnGround: true}, tick)
	shows(t, &m, Landing)
	hold(&m, Stance{OnGround: true}, 700*time.Millisecond)
	shows(t, &m, Standing)
}

func TestAViewerThatHasSeenTheCrouchCutsItShort(t *testing.T) {
	var m Motion
	m.Advance(Stance{Controls: UpPos, OnGround: true}, tick)
	if a := m.Advance(Stance{Controls: FinishAnim, OnGround: true}, tick); a != Leap {
		t.Errorf("asked for %d", a)
	}
}

func TestAJumpOverAnEdgeBecomesAFall(t *testing.T) {
	var m Motion
	hold(&m, Stance{Controls: UpPos, OnGround: true}, 500*time.Millisecond)
	m.Advance(Stance{Velocity: geom.Vec3{Z: -11}}, tick)
	shows(t, &m, Falling)
}

func TestAShortDropDoesNotLookLikeAFall(t *testing.T) {
	var m Motion
	m.Advance(Stance{Controls: AtPos, OnGround: true}, tick)
	hold(&m, Stance{Controls: AtPos, Velocity: geom.Vec3{Z: -4}}, 500*time.Millisecond)
	shows(t, &m, Walking)
	m.Advance(Stance{Controls: AtPos, OnGround: true}, tick)
	shows(t, &m, Walking)
}

func TestLandingsAreAsHardAsTheFall(t *testing.T) {
	for _, c := range []struct {
		speed float32
		want  Movement
		rest  time.Duration
	}{
		{5, Landing, 600 * time.Millisecond},
		{14, SoftLanding, 1500 * time.Millisecond},
		{40, StandingUp, 3 * time.Second},
	} {
		var m Motion
		hold(&m, Stance{Velocity: geom.Vec3{Z: -c.speed}}, time.Second)
		shows(t, &m, Falling)
		m.Advance(Stance{OnGround: true}, tick)
		shows(t, &m, c.want)
		hold(&m, Stance{OnGround: true}, c.rest-tick)
		shows(t, &m, c.want)
		hold(&m, Stance{OnGround: true}, 2*tick)
		shows(t, &m, Standing)
	}
}

func TestFinishingCutsAHardLandingShort(t *testing.T) {
	var m Motion
	hold(&m, Stance{Velocity: geom.Vec3{Z: -40}}, time.Second)
	m.Advance(Stance{OnGround: true}, tick)
	m.Advance(Stance{OnGround: true, Controls: FinishAnim}, tick)
	shows(t, &m, Standing)
}

func TestNoStoryEndsAnywhereButStanding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Motion
		for range rapid.IntRange(0, 40).Draw(t, "length") {
			m.Advance(Stance{
				Controls: Control(rapid.Uint32().Draw(t, "controls")),
				Velocity: geom.Vec3{Z: rapid.Float32Range(-60, 20).Draw(t, "vz")},
				OnGround: rapid.Bool().Draw(t, "ground"),
				Flying:   rapid.Bool().Draw(t, "flying"),
				Run:      rapid.Bool().Draw(t, "run"),
				Sitting:  rapid.Bool().Draw(t, "sitting"),
			}, time.Duration(rapid.IntRange(1, 300).Draw(t, "ms"))*time.Millisecond)
			if m.Movement().Animation() == [16]byte{} {
				t.Fatalf("movement %d has no animation", m.Movement())
			}
		}
		hold(&m, Stance{OnGround: true}, 10*time.Second)
		if m.Movement() != Standing {
			t.Fatalf("shows %d at rest", m.Movement())
		}
	})
}
