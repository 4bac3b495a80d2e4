package scene

import (
	"time"

	"terrane/geom"
	"terrane/region/avatar"

	"github.com/google/uuid"
)

// animations chooses what each avatar shows of how it moved, and does what follows from it.
func (w *world) animations(dt time.Duration) {
	for _, p := range w.figures {
		f := p.figure
		switch f.motion.Advance(f.stance(), dt) {
		case avatar.Leap:
			f.body.Push(geom.Vec3{Z: avatar.JumpSpeed - f.state.Velocity.Z})
		case avatar.TouchDown:
			f.flying, f.grounded = false, true
		}
		if f.animations.Move(f.motion.Movement()) {
			f.changed |= Animation
		}
		f.controls &^= avatar.Once
	}
}

func (f *figure) stance() avatar.Stance {
	return avatar.Stance{
		Controls: f.controls | f.nudge,
		Velocity: f.state.Velocity,
		OnGround: f.state.OnGround,
		Flying:   f.flying,
		Run:      f.run,
		Sitting:  f.sits(),
	}
}

// StartAnimation plays an animation on an avatar, as its viewer asks. One that plays already goes on;
// more than avatar.MaxAnimations do not start.
func (tx *Tx) StartAnimation(session, animation uuid.UUID) error {
	p, err := tx.world().root(session)
	if err != nil {
		return err
	}
	if p.figure.animations.Start(animation, uuid.Nil) {
		p.figure.changed |= Animation
	}
	return nil
}

// StopAnimation ends an animation that was started. One that does not play, or that the region chose
// from how the avatar moves, changes nothing.
func (tx *Tx) StopAnimation(session, animation uuid.UUID) error {
	p, err := tx.world().root(session)
	if err != nil {
		return err
	}
	if p.figure.animations.Stop(animation) {
		p.figure.changed |= Animation
	}
	return nil
}
