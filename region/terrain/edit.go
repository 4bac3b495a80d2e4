package terrain

import "slices"

// Edit collects changes to a Map and makes the next one. It is for one goroutine.
type Edit struct {
	of      *Map
	changed map[Place]*Patch
}

// Edit begins to change m, which stays as it is.
func (m *Map) Edit() *Edit { return &Edit{of: m, changed: make(map[Place]*Patch)} }

// At returns the height in metres at a whole metre as it has become; beyond the region it is that
// of the nearest edge.
func (e *Edit) At(x, y int) float32 {
	x, y = min(max(x, 0), e.of.width-1), min(max(y, 0), e.of.depth-1)
	if p, ok := e.changed[Place{x / PatchSize, y / PatchSize}]; ok {
		return p.Heights[y%PatchSize*PatchSize+x%PatchSize]
	}
	return e.of.At(x, y)
}

// Set makes the height at a whole metre h, kept within MinHeight and MaxHeight; what is no number
// is 0. A place beyond the region is left alone.
func (e *Edit) Set(x, y int, h float32) {
	if x < 0 || y < 0 || x >= e.of.width || y >= e.of.depth {
		return
	}
	h = within(h)
	if e.At(x, y) == h {
		return
	}
	at := Place{x / PatchSize, y / PatchSize}
	p, ok := e.changed[at]
	if !ok {
		p = &Patch{Heights: e.of.Patch(at).Heights, Revision: e.of.revision + 1}
		e.changed[at] = p
	}
	p.Heights[y%PatchSize*PatchSize+x%PatchSize] = h
}

// Map returns the ground as it has become, from which the Edit goes on. It is the Map that the Edit
// began with when nothing has changed.
func (e *Edit) Map() *Map {
	if len(e.changed) == 0 {
		return e.of
	}
	next := *e.of
	next.revision++
	next.patches = slices.Clone(e.of.patches)
	for at, p := range e.changed {
		next.patches[at.Y*(next.width/PatchSize)+at.X] = p
	}
	e.of, e.changed = &next, make(map[Place]*Patch)
	return e.of
}
