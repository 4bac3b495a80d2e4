package scene

import (
	"slices"

	"terrane/geom"
	"terrane/region/avatar"

	"github.com/google/uuid"
)

// Left is what is left of a presence that has gone from the region: all there is to save. It is a
// value; nothing in the region refers to it.
type Left struct {
	Agent, Session uuid.UUID
	First, Last    string
	Root           bool // it had its avatar here; the rest is zero otherwise
	Position       geom.Vec3
	LookAt         geom.Vec3
	Velocity       geom.Vec3
	Flying         bool
	AlwaysRun      bool
	Sitting        bool // on the ground
	Appearance     *avatar.Appearance
	Animations     []avatar.Playing
	Worn           []Worn
}

// Leave takes a presence out of the region with everything that is keyed to it: feed, input, avatar,
// body, animations. It reports whether it was there. Others learn of it with the next frame; the
// leaver's own feed hears nothing any more.
func (tx *Tx) Leave(session uuid.UUID) (Left, bool) {
	w := tx.world()
	p := w.sessions[session]
	if p == nil {
		return Left{}, false
	}
	left := p.left()
	delete(w.sessions, session)
	w.order = without(w.order, p)
	if f := p.figure; f != nil {
		if f.body != nil {
			f.body.Remove()
		}
		delete(w.roots, p.agent)
		w.figures = without(w.figures, p)
		if f.shown != nil {
			w.gone = append(w.gone, f.shown)
		}
	}
	return left, true
}

func (p *presence) left() Left {
	l := Left{Agent: p.agent, Session: p.session, First: p.first, Last: p.last}
	if f := p.figure; f != nil {
		l.Root = true
		l.Position = f.state.Position
		l.LookAt = f.lookAt()
		l.Velocity = f.state.Velocity
		l.Flying = f.flying
		l.AlwaysRun = f.run
		l.Sitting = f.sits()
		l.Appearance = f.appearance
		l.Animations = f.animations.List()
		l.Worn = f.worn
	}
	return l
}

func without(list []*presence, p *presence) []*presence {
	if i := slices.Index(list, p); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
