package bot

import (
	"math"
	"time"

	"terrane/geom"
	"terrane/viewer/circuit"
	"terrane/wire/message"
	"terrane/wire/prim"
)

// The control flags that a bot sets: AGENT_CONTROL_* of the protocol.
const (
	ControlForward uint32 = 0x1
	ControlUp      uint32 = 0x10
	ControlDown    uint32 = 0x20
	ControlFast    uint32 = 0x400 // not a nudge: FAST_AT
	ControlFly     uint32 = 0x2000
	ControlStandUp uint32 = 0x10000
	ControlSit     uint32 = 0x20000 // on the ground
)

const walking = ControlForward | ControlFast

// body is what the bot's user wants his avatar to do.
type body struct {
	heading  float32 // radians from east towards north
	controls uint32
	every    time.Duration // between two AgentUpdates
	changed  bool          // and not told the region yet
}

// Walk turns the avatar and lets it walk until Stop. A heading is in radians from east towards north.
func (b *Bot) Walk(heading float32) error {
	return b.steer(func(y *body) { y.heading, y.controls = heading, y.controls|walking })
}

// Stop lets the avatar stand, or hang in the air if it flies.
func (b *Bot) Stop() error {
	return b.steer(func(y *body) { y.controls &= ControlFly })
}

// Turn turns the avatar; if it walks it walks on that way.
func (b *Bot) Turn(heading float32) error {
	return b.steer(func(y *body) { y.heading = heading })
}

// Fly lets the avatar fly.
func (b *Bot) Fly() error {
	return b.steer(func(y *body) { y.controls |= ControlFly })
}

// Land lets the avatar fall.
func (b *Bot) Land() error {
	return b.steer(func(y *body) { y.controls &^= ControlFly })
}

// Control holds exactly these control flags from now on.
func (b *Bot) Control(flags uint32) error {
	return b.steer(func(y *body) { y.controls = flags })
}

// Pace sends an AgentUpdate that often from now on, and once a second at least.
func (b *Bot) Pace(every time.Duration) error {
	return b.steer(func(y *body) { y.every = min(every, maxEvery) })
}

// steer changes the body, of which the region is told at once.
func (b *Bot) steer(change func(*body)) error {
	if b.root == nil {
		return ErrGone
	}
	if err := b.root.desk.steer(change); err != nil {
		return err
	}
	b.root.rouse()
	return nil
}

func (d *desk) steer(change func(*body)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.leaving {
		return ErrGone
	}
	change(&d.body)
	d.body.changed = true
	return nil
}

// takeBody is the body as it is to be; the next one is not changed if nobody changes it.
func (d *desk) takeBody() body {
	d.mu.Lock()
	defer d.mu.Unlock()
	y := d.body
	d.body.changed = false
	return y
}

// updateAgent sends AgentUpdate when it is time, or when there is something new to say.
func (l *link) updateAgent(now time.Time) {
	if l.next.IsZero() {
		return
	}
	y := l.desk.takeBody()
	if !y.changed && now.Before(l.next) {
		return
	}
	if y.changed {
		l.steered.begin(y, now)
	}
	l.next = l.next.Add(y.every)
	if y.changed || !l.next.After(now) {
		l.next = now.Add(y.every)
	}
	l.sendAgentUpdate(y, unreliably)
}

// sendAgentUpdate says what the avatar does and where its user looks from: behind and above it.
func (l *link) sendAgentUpdate(y body, how circuit.Delivery) {
	s := &l.bot.session
	sin, cos := math.Sincos(float64(y.heading))
	ahead := geom.Vec3{X: float32(cos), Y: float32(sin)}
	d := &l.update.AgentData
	d.AgentID, d.SessionID = s.Agent, s.ID
	d.BodyRotation = geom.AboutZ(y.heading)
	d.HeadRotation = d.BodyRotation
	d.CameraCenter = l.view.position().Add(ahead.Mul(-3)).Add(geom.Vec3{Z: 1.5})
	d.CameraAtAxis, d.CameraLeftAxis, d.CameraUpAxis = ahead, geom.Vec3{X: -ahead.Y, Y: ahead.X}, geom.Vec3{Z: 1}
	d.Far, d.ControlFlags = l.bot.opts.Far, y.controls

	var err error
	if l.scratch, err = l.update.Append(l.scratch[:0]); err == nil {
		how.ZeroCoded = true
		err = l.circuit.Send(l.scratch, how)
	}
	if err != nil {
		l.end(err)
	}
}

// steered is what the bot has last told its avatar to do, until it is seen doing it.
type steered struct {
	at      time.Time // of the AgentUpdate that said so; zero when nothing is waited for
	heading float32
	moving  bool
	turned  bool // the heading is what changed

	last body // what was told last
}

// turnSeen is how near a heading must be to count as the one that was told, in radians; an order that
// turns by less than turnTold is told by the motion alone.
const (
	turnSeen = 0.05
	turnTold = 4 * turnSeen
)

func (s *steered) begin(y body, now time.Time) {
	turned := angle(y.heading-s.last.heading) > turnTold
	moving := y.controls&ControlForward != 0
	was := s.last.controls&ControlForward != 0
	s.last = y
	if turned || moving != was {
		s.at, s.heading, s.moving, s.turned = now, y.heading, moving, turned
	}
}

// shows reports whether a motion is what is waited for.
func (s *steered) shows(m *prim.Motion) bool {
	if s.turned {
		return angle(m.Rotation.Heading()-s.heading) < turnSeen
	}
	return s.moving == (math.Hypot(float64(m.Velocity.X), float64(m.Velocity.Y)) > 0.1)
}

// angle is the size of a turn, in radians up to half a circle.
func angle(a float32) float64 { return math.Abs(math.Remainder(float64(a), 2*math.Pi)) }

// logoutRequest is what ends a session.
func logoutRequest(s *Session) *message.LogoutRequest {
	m := &message.LogoutRequest{}
	m.AgentData.AgentID, m.AgentData.SessionID = s.Agent, s.ID
	return m
}
