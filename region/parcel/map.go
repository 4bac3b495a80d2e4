package parcel

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"terrane/geom"
)

// Square is the length of a side, in metres, of the squares that land is divided by.
const Square = 4

// A region's sides are multiples of SideUnit up to MaxSide, in metres.
const (
	SideUnit = 256
	MaxSide  = 4096
)

// Map says which parcel each square of a region belongs to; every square belongs to one. It never
// changes, and any number of goroutines may read it.
type Map struct {
	across, up int     // squares to the east and north
	squares    []int32 // the local id of each square's parcel, row by row from the south
	parcels    map[int32]Parcel
}

// Errors of those who want other land than there is.
var (
	ErrNoParcel = errors.New("no such parcel")
	ErrNoLand   = errors.New("not whole squares of the region")
)

// New returns the land of a region with sides of that many metres as one parcel, which gets LocalID
// 1. It fails for sides that no region can have.
func New(width, depth int, whole Parcel) (*Map, error) {
	for _, side := range [2]int{width, depth} {
		if side <= 0 || side > MaxSide || side%SideUnit != 0 {
			return nil, fmt.Errorf("land of %d by %d m: sides are multiples of %d m up to %d m", width, depth, SideUnit, MaxSide)
		}
	}
	whole.LocalID = 1
	m := &Map{across: width / Square, up: depth / Square, parcels: map[int32]Parcel{1: whole}}
	m.squares = slices.Repeat([]int32{1}, m.across*m.up)
	return m, nil
}

// Parcel returns a parcel by its local id.
func (m *Map) Parcel(id int32) (p Parcel, ok bool) {
	p, ok = m.parcels[id]
	return p, ok
}

// At returns the parcel at a place in metres from the region's south-west corner; beyond the region
// it is that of the nearest edge.
func (m *Map) At(x, y float32) Parcel {
	return m.parcels[m.squares[square(y, m.up)*m.across+square(x, m.across)]]
}

// square is the number of the square that a coordinate is in; what is no number is in the first.
func square(v float32, count int) int {
	if v != v {
		return 0
	}
	return int(min(max(v/Square, 0), float32(count-1)))
}

// All yields the parcels in the order of their local ids.
func (m *Map) All() iter.Seq[Parcel] {
	return func(yield func(Parcel) bool) {
		for _, id := range slices.Sorted(maps.Keys(m.parcels)) {
			if !yield(m.parcels[id]) {
				return
			}
		}
	}
}

// With returns the Map in which the parcel of p's LocalID has become p. It fails with ErrNoParcel
// when there is none.
func (m *Map) With(p Parcel) (*Map, error) {
	if _, ok := m.parcels[p.LocalID]; !ok {
		return nil, fmt.Errorf("parcel %d: %w", p.LocalID, ErrNoParcel)
	}
	next := *m
	next.parcels = maps.Clone(m.parcels)
	next.parcels[p.LocalID] = p
	return &next, nil
}

// Area is a rectangle of whole squares: its sides in metres from the region's south-west corner, of
// which East and North are the first metres beyond it.
type Area struct{ West, South, East, North int }

// Give returns the Map in which an area belongs to p, and p. With a LocalID of 0 it becomes a new
// parcel, which is how land is divided; otherwise it is added to that parcel, whose values become
// p, which is how land is joined. A parcel that has no square left is gone. It fails with ErrNoLand
// for an empty area or one that is not of the region's whole squares, with ErrNoParcel for a LocalID
// that there is not.
func (m *Map) Give(a Area, p Parcel) (*Map, Parcel, error) {
	if a.West < 0 || a.South < 0 || a.West >= a.East || a.South >= a.North ||
		a.East > m.across*Square || a.North > m.up*Square ||
		(a.West|a.South|a.East|a.North)%Square != 0 {
		return nil, Parcel{}, fmt.Errorf("area %v: %w", a, ErrNoLand)
	}
	if p.LocalID == 0 {
		p.LocalID = m.unused()
	} else if _, ok := m.parcels[p.LocalID]; !ok {
		return nil, Parcel{}, fmt.Errorf("parcel %d: %w", p.LocalID, ErrNoParcel)
	}
	next := &Map{across: m.across, up: m.up, squares: slices.Clone(m.squares), parcels: make(map[int32]Parcel)}
	for y := a.South / Square; y < a.North/Square; y++ {
		for x := a.West / Square; x < a.East/Square; x++ {
			next.squares[y*m.across+x] = p.LocalID
		}
	}
	for _, id := range next.squares {
		next.parcels[id] = m.parcels[id]
	}
	next.parcels[p.LocalID] = p
	return next, p, nil
}

// unused is the first local id after all that are used.
func (m *Map) unused() int32 {
	return slices.Max(slices.Collect(maps.Keys(m.parcels))) + 1
}

// Shape is where a parcel lies.
type Shape struct {
	// Area is in square metres.
	Area int
	// Min and Max are the corners of the box about it, in metres from the region's corner, at a
	// height of 0.
	Min, Max geom.Vec3
	// Bitmap has a bit for each square of the region, row by row from the south, the lowest bit of
	// a byte first: 512 bytes for 256 m.
	Bitmap []byte
}

// Shape returns where a parcel lies; of one that there is not it is zero.
func (m *Map) Shape(id int32) Shape {
	if _, ok := m.parcels[id]; !ok {
		return Shape{}
	}
	s := Shape{Bitmap: make([]byte, (len(m.squares)+7)/8)}
	west, south, east, north := m.across, m.up, 0, 0
	for i, owner := range m.squares {
		if owner != id {
			continue
		}
		x, y := i%m.across, i/m.across
		west, south, east, north = min(west, x), min(south, y), max(east, x+1), max(north, y+1)
		s.Area += Square * Square
		s.Bitmap[i/8] |= 1 << (i % 8)
	}
	s.Min = geom.Vec3{X: float32(west * Square), Y: float32(south * Square)}
	s.Max = geom.Vec3{X: float32(east * Square), Y: float32(north * Square)}
	return s
}

// MaxPrims is how many of a region's prims a parcel may have: its share of the land.
func (m *Map) MaxPrims(id int32, regionMax int) int {
	var squares int
	for _, owner := range m.squares {
		if owner == id {
			squares++
		}
	}
	return regionMax * squares / len(m.squares)
}
