package scene

import (
	"terrane/region/avatar"

	"github.com/google/uuid"
)

// SetAppearance changes how an avatar looks. The region keeps a, which is not changed any more; one that
// exceeds its bounds is refused with an error that wraps avatar.ErrAppearance. The body takes the new
// size with its feet where they were.
func (tx *Tx) SetAppearance(session uuid.UUID, a *avatar.Appearance) error {
	p, err := tx.world().root(session)
	if err != nil {
		return err
	}
	if err := a.Check(); err != nil {
		return err
	}
	f := p.figure
	before := f.appearance.Size
	f.appearance = a
	f.changed |= Appearance
	if a.Size == before {
		return nil
	}
	f.changed |= Full
	size := avatar.BodySize(a.Size)
	if f.sits() {
		f.state.Position.Z += (size.Z - avatar.BodySize(before).Z) / 2
		return nil
	}
	f.body.Resize(size)
	f.state = f.body.State()
	return nil
}
