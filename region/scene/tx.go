package scene

import (
	"errors"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/google/uuid"
)

var (
	// ErrNoPresence says that no presence of that session is in the region.
	ErrNoPresence = errors.New("no such presence in the region")
	// ErrNotRoot says that the presence has no avatar here.
	ErrNotRoot = errors.New("presence has no avatar in the region")
)

// Tx is the right to touch a region's world. It is valid until the function that was given it returns,
// on the goroutine that runs it; using it afterwards panics.
type Tx struct {
	region *Region
	over   atomic.Bool
}

func (tx *Tx) world() *world {
	if tx.over.Load() {
		panic("scene: a Tx was used after its visit had ended")
	}
	return &tx.region.world
}

// Presence is the presence of a session.
func (tx *Tx) Presence(session uuid.UUID) (Presence, bool) {
	p := tx.world().sessions[session]
	if p == nil {
		return Presence{}, false
	}
	return p.view(), true
}

// Root is the presence with which an agent has its avatar here.
func (tx *Tx) Root(agent uuid.UUID) (Presence, bool) {
	p := tx.world().roots[agent]
	if p == nil {
		return Presence{}, false
	}
	return p.view(), true
}

// Presences are all presences, in the order of their coming. Those who come or leave meanwhile do not
// disturb the iteration.
func (tx *Tx) Presences() iter.Seq[Presence] {
	order := slices.Clone(tx.world().order)
	return func(yield func(Presence) bool) {
		for _, p := range order {
			if tx.world().sessions[p.session] == p && !yield(p.view()) {
				return
			}
		}
	}
}

// Count is how many presences have an avatar here and how many only look.
func (tx *Tx) Count() (roots, children int) {
	w := tx.world()
	return len(w.roots), len(w.order) - len(w.roots)
}

// presence finds the presence of a session, or ErrNoPresence.
func (w *world) presence(session uuid.UUID) (*presence, error) {
	if p := w.sessions[session]; p != nil {
		return p, nil
	}
	return nil, ErrNoPresence
}

// root finds the presence of a session that must have an avatar.
func (w *world) root(session uuid.UUID) (*presence, error) {
	p, err := w.presence(session)
	if err == nil && p.figure == nil {
		return nil, ErrNotRoot
	}
	return p, err
}
