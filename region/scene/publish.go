package scene

import (
	"time"

	"terrane/geom"
	"terrane/region/avatar"

	"github.com/google/uuid"
)

// Kind says what of an avatar changed.
type Kind uint8

// The bits of Kind.
const (
	Entered    Kind = 1 << iota // it has come: everything is new
	Full                        // what only a full update tells: names, title, size
	Terse                       // what a terse update tells: it moved, or stopped, or turned
	Appearance                  // how it looks
	Animation                   // what it plays
	Gone                        // it has left; nothing else is set, and the local id means nothing any more
)

// State is an avatar as it was published at the end of a frame. It is never changed; everybody has the
// same one. Avatars have no acceleration and no angular velocity: viewers are told zero, as OpenSimulator
// does.
type State struct {
	Frame              uint64 // in which it was published
	Kind               Kind   // what changed with that frame; the rest is as it was
	LocalID            uint32
	Agent              uuid.UUID
	First, Last, Title string // Title is empty when its user hides it
	Position, Velocity geom.Vec3
	Rotation           geom.Quat
	Plane              geom.Vec4 // underfoot; physics.NoPlane in the air
	Activity           avatar.Activity
	Info               avatar.Info
	Appearance         *avatar.Appearance // never nil; Size, Texture, Params, Hover
	Animations         []avatar.Playing   // all that plays, the movement first
}

// Picture is the published whole at the end of a frame. It is never changed.
type Picture struct {
	Frame  uint64    // the last in which something changed; 0 before the first
	Time   time.Time // when that frame ended
	States []*State  // of all avatars, as they were published last, in the order of their coming
}

// The differences from what was published last that are worth telling, as OpenSimulator has them:
// viewers go on by themselves from the velocity they were told.
const (
	turned       = 0.01 // in a part of the rotation
	tilted       = 0.05 // in a part of the collision plane
	faster       = 0.1  // in a part of the velocity
	astray       = 5    // metres in a part of the position, while moving
	displaced    = 0.05 // metres in a part of the position, while all but still
	stillSpeedSq = 0.1  // square of the speed that counts as all but still
)

// publish makes a State of each avatar that changed, renews the whole, and hands what changed to every
// feed. The whole comes first, so that a feed that starts afresh misses nothing.
func (w *world) publish() {
	var changed []*State
	add := func(s *State) {
		if changed == nil {
			changed = make([]*State, 0, len(w.gone)+len(w.figures))
		}
		changed = append(changed, s)
	}
	for _, shown := range w.gone {
		s := *shown
		s.Frame, s.Kind = w.frame, Gone
		add(&s)
	}
	clear(w.gone)
	w.gone = w.gone[:0]
	for _, p := range w.figures {
		if s := w.show(p); s != nil {
			add(s)
		}
	}
	if changed == nil {
		return
	}
	w.picture.Store(w.whole())
	for _, p := range w.order {
		p.feed.Show(changed)
	}
}

// show makes the State of an avatar that changed, and nil of one that did not.
func (w *world) show(p *presence) *State {
	f := p.figure
	info := f.info()
	kind := f.changed
	if kind&Entered == 0 && (f.moved(info) || f.refresh(w.frame, w.cfg.Rate)) {
		kind |= Terse
	}
	if kind == 0 {
		return nil
	}
	s := &State{
		Frame: w.frame, Kind: kind,
		LocalID: f.id, Agent: p.agent,
		First: p.first, Last: p.last, Title: p.title,
		Position: f.state.Position, Velocity: f.state.Velocity,
		Rotation: f.rotation, Plane: f.state.Plane,
		Activity: f.activity, Info: info,
		Appearance: f.appearance,
	}
	if f.hideTitle {
		s.Title = ""
	}
	if kind&(Entered|Animation) != 0 {
		s.Animations = f.animations.List()
	} else {
		s.Animations = f.shown.Animations
	}
	f.shown, f.changed = s, 0
	return s
}

func (w *world) whole() *Picture {
	states := make([]*State, len(w.figures))
	for i, p := range w.figures {
		states[i] = p.figure.shown
	}
	return &Picture{Frame: w.frame, Time: time.Now(), States: states}
}

// movingRate is how often in a second a moving avatar is published at least: what viewers go on by
// themselves is then never wrong for long.
const movingRate = 10

// refresh reports whether an avatar moves and was not published for as long as movingRate allows.
func (f *figure) refresh(frame uint64, rate int) bool {
	return f.state.Velocity != (geom.Vec3{}) && (frame-f.shown.Frame)*movingRate >= uint64(rate-movingRate+1)
}

// moved reports whether an avatar's movement has become another than viewers believe.
func (f *figure) moved(info avatar.Info) bool {
	s, now := f.shown, &f.state
	switch {
	case info != s.Info:
		return true
	case beyond(turned, f.rotation.X-s.Rotation.X, f.rotation.Y-s.Rotation.Y, f.rotation.Z-s.Rotation.Z):
		return true
	case beyond(tilted, now.Plane.X-s.Plane.X, now.Plane.Y-s.Plane.Y, now.Plane.W-s.Plane.W):
		return true
	case now.Velocity == (geom.Vec3{}) && s.Velocity != (geom.Vec3{}):
		return true
	}
	v := now.Velocity.Sub(s.Velocity)
	if beyond(faster, v.X, v.Y, v.Z) {
		return true
	}
	way := now.Position.Sub(s.Position)
	far := float32(astray)
	if now.Velocity.Len2() < stillSpeedSq {
		far = displaced
	}
	return beyond(far, way.X, way.Y, way.Z)
}

// beyond reports whether any part is larger than a limit, in either direction.
func beyond(limit, x, y, z float32) bool {
	return max(x, -x) > limit || max(y, -y) > limit || max(z, -z) > limit
}

// info is what the avatar is doing.
func (f *figure) info() avatar.Info {
	var i avatar.Info
	set := func(is bool, bit avatar.Info) {
		if is {
			i |= bit
		}
	}
	m := f.motion.Movement()
	set(f.flying, avatar.InfoFlying)
	set(f.run, avatar.InfoAlwaysRun)
	set(f.sits(), avatar.InfoSitting)
	set(!f.state.OnGround && !f.sits(), avatar.InfoInAir)
	set(f.controls.Has(avatar.Mouselook), avatar.InfoMouselook)
	set(f.controls.Has(avatar.Away), avatar.InfoAway)
	set(f.activity&avatar.TypingText != 0, avatar.InfoTyping)
	set(m == avatar.Walking || m == avatar.Running || m == avatar.CrouchWalking, avatar.InfoWalking)
	set(m == avatar.Crouching || m == avatar.CrouchWalking, avatar.InfoCrouching)
	return i
}
