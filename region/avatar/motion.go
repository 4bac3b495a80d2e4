package avatar

import (
	"time"

	"terrane/geom"
)

// The figures of movement animations, as OpenSimulator has them.
const (
	// PreJumpTime is how long an avatar crouches before it leaves the ground.
	PreJumpTime = 450 * time.Millisecond
	// FallDelay is how long a fall lasts before it looks like one: stairs and kerbs do not count.
	FallDelay = 800 * time.Millisecond
	// FallSpeed is how fast it must be by then, in metres a second.
	FallSpeed = 3
	// sinkSpeed is the speed down from which a fall is counted.
	sinkSpeed = 0.5
	// hardLanding and softLanding are the squares of the speeds from which a fall ends on hands and
	// knees, or in the knees.
	hardLanding = 300
	softLanding = 160
	// The times that the three landings are shown.
	hardLandingTime  = 3 * time.Second
	softLandingTime  = 1500 * time.Millisecond
	lightLandingTime = 600 * time.Millisecond
	// JumpSpeed is the speed up that a jump gives, in metres a second.
	JumpSpeed = 9.4
	// liftOff is how long after a jump the ground may still be felt.
	liftOff = 250 * time.Millisecond
)

// Stance is what a frame knows of an avatar when its animation is chosen.
type Stance struct {
	Controls Control
	Velocity geom.Vec3
	OnGround bool
	Flying   bool
	Run      bool // runs where it would walk
	Sitting  bool // on the ground
}

// Act is what a choice of animation asks the scene to do.
type Act uint8

// The acts.
const (
	Nothing   Act = iota
	Leap          // give the body JumpSpeed upwards
	TouchDown     // end the flight: it has come down on purpose
)

// Motion chooses an avatar's movement animation from frame to frame, and when it jumps and lands. Its
// zero value stands on the ground.
type Motion struct {
	movement Movement
	phase    phase
	since    time.Duration // in this phase
	sinking  time.Duration // so long falling, in the phases surface and fall
	speed    float32       // down, when last in the air
	rest     time.Duration // how long the landing lasts
}

// phase is where an avatar is in what it does:
//
//	any               --> flight    it flies
//	any               --> seat      it sits down
//	surface           --> preJump   Up is held
//	surface           --> fall      it has been in the air for FallDelay
//	preJump           --> jump      after PreJumpTime, or at FinishAnim; Leap
//	jump              --> landing   on the ground again
//	jump              --> fall      deeper than where it began
//	fall              --> landing   on the ground: light, soft or hard
//	flight            --> landing   flown down to the ground (TouchDown), or Fly let go there
//	flight            --> surface   Fly let go in the air
//	landing           --> surface   its time is over, at FinishAnim, or a light one is walked out of
//	landing, preJump  --> surface   the ground is gone
//	seat              --> surface   it stands up
type phase uint8

const (
	surface phase = iota
	flight
	preJump
	jump
	fall
	landing
	seat
)

// Movement is what the avatar shows.
func (m *Motion) Movement() Movement { return m.movement }

// Advance goes on by dt and says what to do.
func (m *Motion) Advance(s Stance, dt time.Duration) Act {
	m.since += dt
	switch {
	case s.Sitting:
		m.enter(seat, SittingOnGround)
	case s.Flying:
		return m.fly(s)
	case m.phase == jump:
		m.rise(s)
	case !s.OnGround:
		m.drop(s, dt)
	default:
		return m.ground(s)
	}
	return Nothing
}

func (m *Motion) enter(p phase, show Movement) {
	if m.phase != p {
		m.since, m.sinking = 0, 0
	}
	m.phase, m.movement = p, show
}

func (m *Motion) land(show Movement, rest time.Duration) {
	m.enter(landing, show)
	m.rest = rest
}

func (m *Motion) fly(s Stance) Act {
	d := s.Controls.Direction()
	switch {
	case d.X != 0 || d.Y != 0:
		m.enter(flight, Flying)
	case s.Controls.Has(UpPos):
		m.enter(flight, HoveringUp)
	case d.Z < 0 && s.OnGround:
		m.land(Landing, lightLandingTime)
		return TouchDown
	case d.Z < 0:
		m.enter(flight, HoveringDown)
	default:
		m.enter(flight, Hovering)
	}
	return Nothing
}

// rise is a jump, up and down again. One that leads below where it began is a fall.
func (m *Motion) rise(s Stance) {
	switch {
	case s.OnGround && m.since >= liftOff:
		m.land(Landing, lightLandingTime)
	case s.Velocity.Z < -JumpSpeed-1:
		m.enter(fall, Falling)
		m.speed = -s.Velocity.Z
	}
}

func (m *Motion) drop(s Stance, dt time.Duration) {
	if m.phase != fall && m.phase != surface {
		m.enter(surface, m.movement)
	}
	m.speed = -s.Velocity.Z
	if m.speed <= sinkSpeed {
		m.sinking = 0
	} else {
		m.sinking += dt
	}
	switch {
	case m.sinking > FallDelay && m.speed > FallSpeed:
		m.enter(fall, Falling)
	case m.phase == surface && s.Controls.Moves() == 0:
		m.movement = Standing
	}
}

func (m *Motion) ground(s Stance) Act {
	finish := s.Controls.Has(FinishAnim)
	switch m.phase {
	case fall:
		m.hit(finish)
		return Nothing
	case flight:
		m.land(Landing, lightLandingTime)
		return Nothing
	case preJump:
		if m.since < PreJumpTime && !finish {
			return Nothing
		}
		m.enter(jump, Jumping)
		return Leap
	case landing:
		if m.since < m.rest && !finish && !m.walksOn(s) {
			return Nothing
		}
	}
	if s.Controls.Has(UpPos) {
		if finish {
			m.enter(jump, Jumping)
			return Leap
		}
		m.enter(preJump, PreJumping)
		return Nothing
	}
	m.enter(surface, m.stride(s))
	return Nothing
}

// hit is the end of a fall.
func (m *Motion) hit(finish bool) {
	switch v := m.speed * m.speed; {
	case finish || v <= softLanding:
		m.land(Landing, lightLandingTime)
	case v <= hardLanding:
		m.land(SoftLanding, softLandingTime)
	default:
		m.land(StandingUp, hardLandingTime)
	}
}

// walksOn reports whether the avatar has left a light landing behind.
func (m *Motion) walksOn(s Stance) bool {
	d := s.Controls.Direction()
	return m.movement == Landing && (d.X != 0 || d.Y != 0)
}

// stride is the movement of who is on the ground and at leisure.
func (m *Motion) stride(s Stance) Movement {
	d := s.Controls.Direction()
	if d.X != 0 || d.Y != 0 {
		switch {
		case d.Z < 0:
			return CrouchWalking
		case s.Controls.Has(Stop) && m.movement != Walking && m.movement != Running:
			return Standing // held back: OpenSimulator does not begin to walk or run then
		case s.Run:
			return Running
		default:
			return Walking
		}
	}
	switch {
	case d.Z < 0:
		return Crouching
	case s.Controls.Has(TurnLeft):
		return TurningLeft
	case s.Controls.Has(TurnRight):
		return TurningRight
	default:
		return Standing
	}
}
