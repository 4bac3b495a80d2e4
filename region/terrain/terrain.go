// Package terrain is the ground of a region: its heights, its textures, and where new ground comes
// from.
//
// A Map is a picture that never changes, so that the region's loop can hand it to every session. It
// is made of patches of 16 by 16 heights, a metre apart; an Edit makes the next Map of it, which
// shares all patches but the changed ones. Each patch knows the revision of the Map that changed
// it, so that a session that has shown one revision finds what is new in a later one.
package terrain

import (
	"errors"
	"fmt"
	"iter"

	"terrane/geom"
)

// PatchSize is the length of a patch's sides in metres, and the number of heights along them.
const PatchSize = 16

// A region's sides are multiples of SideUnit up to MaxSide, in metres.
const (
	SideUnit = 256
	MaxSide  = 4096
)

// MinHeight and MaxHeight are the bounds of the ground, in metres. They are far outside of what
// anyone builds on, and well inside of what LayerData can carry.
const (
	MinHeight = -1000
	MaxHeight = 10000
)

// WaterHeight is the height of the sea in metres, as viewers and grids take it to be unless told.
const WaterHeight = 20

// Patch is a part of the ground. It never changes.
type Patch struct {
	// Heights are metres, row by row from the south, each from the west.
	Heights [PatchSize * PatchSize]float32
	// Revision is that of the Map in which the patch became as it is.
	Revision uint64
}

// Place is the place of a patch, counted in patches from the region's south-west corner.
type Place struct{ X, Y int }

// Map is the ground of one region. It never changes, and any number of goroutines may read it.
type Map struct {
	width, depth int // metres to the east and north
	revision     uint64
	patches      []*Patch // row by row from the south
}

var errSides = errors.New("a region's sides are multiples of 256 m up to 4096 m")

// New returns ground of revision 1 whose height at each whole metre east and north of the region's
// south-west corner is what height says, kept within MinHeight and MaxHeight. It fails for sides
// that no region can have.
func New(width, depth int, height func(x, y int) float32) (*Map, error) {
	if err := checkSides(width, depth); err != nil {
		return nil, err
	}
	m := &Map{width: width, depth: depth, revision: 1}
	across := width / PatchSize
	m.patches = make([]*Patch, across*depth/PatchSize)
	for i := range m.patches {
		p := &Patch{Revision: 1}
		west, south := i%across*PatchSize, i/across*PatchSize
		for j := range p.Heights {
			p.Heights[j] = within(height(west+j%PatchSize, south+j/PatchSize))
		}
		m.patches[i] = p
	}
	return m, nil
}

func checkSides(width, depth int) error {
	for _, side := range [2]int{width, depth} {
		if side <= 0 || side > MaxSide || side%SideUnit != 0 {
			return fmt.Errorf("ground of %d by %d m: %w", width, depth, errSides)
		}
	}
	return nil
}

// within keeps a height within the bounds; what is no number is 0.
func within(h float32) float32 {
	if h != h {
		return 0
	}
	return min(max(h, MinHeight), MaxHeight)
}

// Size returns the lengths of the region's sides in metres, eastward and northward.
func (m *Map) Size() (width, depth int) { return m.width, m.depth }

// Revision grows with every Edit that changes something. It counts within the life of a region and
// is not kept with the ground: a parsed or generated Map begins at 1.
func (m *Map) Revision() uint64 { return m.revision }

// Patch returns the patch at a place, which must be on the region.
func (m *Map) Patch(at Place) *Patch { return m.patches[at.Y*(m.width/PatchSize)+at.X] }

// Changed yields the patches that have become as they are after revision, row by row from the
// south: all of them for 0, which no Map has.
func (m *Map) Changed(revision uint64) iter.Seq2[Place, *Patch] {
	return func(yield func(Place, *Patch) bool) {
		across := m.width / PatchSize
		for i, p := range m.patches {
			if p.Revision > revision && !yield(Place{i % across, i / across}, p) {
				return
			}
		}
	}
}

// At returns the height in metres at a whole metre; beyond the region it is that of the nearest
// edge.
func (m *Map) At(x, y int) float32 {
	x, y = min(max(x, 0), m.width-1), min(max(y, 0), m.depth-1)
	p := m.Patch(Place{x / PatchSize, y / PatchSize})
	return p.Heights[y%PatchSize*PatchSize+x%PatchSize]
}

// Height returns the height in metres of the ground at a place in metres from the region's
// south-west corner; beyond the region it is that of the nearest edge. Between whole metres the
// ground is two triangles, parted from south-west to north-east, as viewers draw it.
//
// The last metre before the east and north edge is level in that direction, as its other side
// belongs to the neighbour.
func (m *Map) Height(x, y float32) float32 {
	c := m.cell(x, y)
	eastward, northward := c.slopes()
	return c.southWest + eastward*c.x + northward*c.y
}

// Normal returns the direction straight up from the ground at a place, of length 1.
func (m *Map) Normal(x, y float32) geom.Vec3 {
	eastward, northward := m.cell(x, y).slopes()
	return geom.Vec3{X: -eastward, Y: -northward, Z: 1}.Norm()
}

// cell is the square metre that a place is in.
type cell struct {
	southWest, southEast, northWest, northEast float32 // heights of the corners
	x, y                                       float32 // the place within, 0 to 1
}

func (m *Map) cell(x, y float32) cell {
	x, y = along(x, m.width), along(y, m.depth)
	west, south := int(x), int(y)
	return cell{
		southWest: m.At(west, south),
		southEast: m.At(west+1, south),
		northWest: m.At(west, south+1),
		northEast: m.At(west+1, south+1),
		x:         x - float32(west),
		y:         y - float32(south),
	}
}

// along keeps a coordinate on a side; what is no number is 0.
func along(v float32, side int) float32 {
	if v != v {
		return 0
	}
	return min(max(v, 0), float32(side))
}

// slopes returns how much the triangle that the place is in rises in a metre east and north.
func (c cell) slopes() (eastward, northward float32) {
	if c.y > c.x {
		return c.northEast - c.northWest, c.northWest - c.southWest
	}
	return c.southEast - c.southWest, c.northEast - c.southEast
}
