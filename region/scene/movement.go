package scene

import (
	"time"

	"terrane/geom"
	"terrane/region/avatar"
	"terrane/region/physics"

	"github.com/google/uuid"
)

// How fast avatars are, in metres a second.
const (
	// WalkSpeed is Second Life's; OpenSimulator's 4.096/1.3 comes to 3.15.
	WalkSpeed = 3.2
	// RunSpeed is OpenSimulator's 4.096/0.8.
	RunSpeed = 5.12
	// FlyFactor is how much faster than on foot one flies, and RiseSpeed how fast up and down:
	// OpenSimulator's 4 times 4.096.
	FlyFactor = 4
	RiseSpeed = 16.4
	// NudgeFactor slows what is tapped and not held, HoldFactor what moves while Stop is held. They are
	// OpenSimulator's; it slows also what is sent without a Fast flag, which viewers always send.
	NudgeFactor = 0.6
	HoldFactor  = 0.2
)

// NudgeTime is how long a tap on a key acts: OpenSimulator stops that late.
const NudgeTime = 250 * time.Millisecond

// inputs takes what viewers hold down from their slots.
func (w *world) inputs() {
	for _, p := range w.order {
		if p.input == nil {
			continue
		}
		in, fresh := p.input.take()
		if !fresh {
			continue
		}
		p.camera, p.far = in.Camera, max(in.Far, 0)
		if p.figure != nil {
			w.obey(p.figure, &in)
		}
	}
}

// obey does what an AgentUpdate asks for.
func (w *world) obey(f *figure, in *AgentInput) {
	if in.Controls.Has(avatar.StandUp) {
		w.stand(f)
	}
	if in.Controls.Has(avatar.SitOnGround) {
		w.sit(f)
	}
	f.controls = in.Controls
	if nudge := in.Controls & avatar.Nudges; nudge != 0 {
		f.nudge, f.nudgeLeft = nudge, NudgeTime
	}
	f.obeyFly(in.Controls)
	if !f.sits() {
		f.turn(in.Body)
	}
	if in.Activity != f.activity {
		f.activity = in.Activity
		f.changed |= Terse
	}
	if hide := in.Flags&avatar.HideTitle != 0; hide != f.hideTitle {
		f.hideTitle = hide
		f.changed |= Full
	}
}

// obeyFly flies as long as Fly is held. After a landing viewers hold it a while longer without meaning
// it: then only letting it go, or Up, counts.
func (f *figure) obeyFly(c avatar.Control) {
	if !c.Has(avatar.Fly) || c.Has(avatar.UpPos) {
		f.grounded = false
	}
	f.flying = c.Has(avatar.Fly) && !f.grounded && !f.sits()
}

// turn faces where the viewer says: upright on the ground, since viewers show no other rotation there.
func (f *figure) turn(q geom.Quat) {
	if !f.flying {
		q.X, q.Y = 0, 0
	}
	f.rotation = q.Norm()
}

// sit puts an avatar down on the ground under it. Its body is out of the physical world until it stands.
func (w *world) sit(f *figure) {
	if f.sits() {
		return
	}
	at := f.state.Position
	at.Z = w.cfg.Ground.Height(at.X, at.Y) + avatar.BodySize(f.appearance.Size).Z/2
	f.body.Place(at)
	f.state = f.body.State()
	f.body.Remove()
	f.body = nil
	f.grounded = true
	f.nudge = 0
	f.changed |= Terse
}

func (w *world) stand(f *figure) {
	if !f.sits() {
		return
	}
	f.body = w.cfg.Engine.Add(physics.Spec{Position: f.state.Position, Size: avatar.BodySize(f.appearance.Size)})
	f.state = f.body.State()
	f.changed |= Terse
}

// timers lets run out what lasts a certain time.
func (w *world) timers(dt time.Duration) {
	for _, p := range w.figures {
		f := p.figure
		if f.nudge == 0 {
			continue
		}
		if f.nudgeLeft -= dt; f.nudgeLeft <= 0 {
			f.nudge = 0
		}
	}
}

// physics moves the bodies as their avatars want.
func (w *world) physics(dt time.Duration) {
	for _, p := range w.figures {
		if f := p.figure; f.body != nil {
			f.body.Drive(f.drive())
		}
	}
	w.cfg.Engine.Step(float32(dt.Seconds()))
	for _, p := range w.figures {
		if f := p.figure; f.body != nil {
			f.state = f.body.State()
		}
	}
}

// drive is where the keys lead.
func (f *figure) drive() physics.Drive {
	d := (f.controls | f.nudge).Direction()
	if !f.flying {
		d.Z = 0
	}
	speed := float32(WalkSpeed)
	if f.run {
		speed = RunSpeed
	}
	factor := float32(1)
	switch {
	case f.controls.Has(avatar.Stop):
		factor = HoldFactor
	case f.controls&avatar.Held == 0:
		factor = NudgeFactor
	}
	v := f.rotation.Turn(d).Norm()
	if !f.flying {
		return physics.Drive{Velocity: v.Mul(speed * factor)}
	}
	rise := v.Z * RiseSpeed * factor
	v = v.Mul(speed * FlyFactor * factor)
	v.Z = rise
	return physics.Drive{Velocity: v, Flying: true}
}

// SetAlwaysRun makes an avatar run where it would walk, or no longer.
func (tx *Tx) SetAlwaysRun(session uuid.UUID, run bool) error {
	p, err := tx.world().root(session)
	if err != nil {
		return err
	}
	p.figure.run = run
	return nil
}

// Place puts an avatar elsewhere in the region, at rest and on its feet: a teleport that stays. The
// position is corrected as a Landing's.
func (tx *Tx) Place(session uuid.UUID, position, lookAt geom.Vec3) error {
	w := tx.world()
	p, err := w.root(session)
	if err != nil {
		return err
	}
	f := p.figure
	w.stand(f)
	f.body.Place(position)
	f.state = f.body.State()
	f.rotation = facing(lookAt)
	f.nudge = 0
	f.changed |= Terse
	return nil
}
