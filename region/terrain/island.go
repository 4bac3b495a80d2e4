package terrain

import "math"

// Square is a place in the grid, in squares of 256 m: the location of a region. A longer region
// takes several squares, of which its location is the south-western.
type Square struct{ X, Y int }

// Island is a rule for new ground: one island over a set of squares, however they lie, with beaches
// where it meets squares that are not its own, hills, and level ground in the middle of each
// square. Its height is a function of the place in the grid and of nothing else, so that the ground
// of neighbours joins without a cliff: inside an island because they share it, and between islands
// because all have the same sea bed at their borders.
type Island struct {
	seed    uint64
	squares map[Square]bool
}

// NewIsland returns the island of these squares. Every seed has other hills and bays; regions that
// are to share an island are given the same seed and the same squares.
func NewIsland(seed uint64, squares ...Square) Island {
	i := Island{seed: seed, squares: make(map[Square]bool, len(squares))}
	for _, s := range squares {
		i.squares[s] = true
	}
	return i
}

// The profile of an island, all in metres. How far a place is from the island's border decides it:
// from the sea bed the ground rises to the shallows, along the beach, and to the land.
const (
	seaBed = 10 // its height at the border and beyond

	shallowsEnd  = 30  // from the border
	shallowsRise = 8.5 // above the sea bed
	beachBegin   = 24
	beachEnd     = 60
	beachRise    = 3
	landBegin    = 50
	landEnd      = 90
	landRise     = 3.2
	landRolls    = 1.8 // up and down

	bayDepth   = 14 // in and out, as seen from above
	bayLength  = 56
	rollLength = 70
)

// The level ground in the middle of a square, which is where visitors arrive.
const (
	PlazaHeight = 25.0
	plazaRadius = 24
	plazaEnd    = 50 // from the middle, where the ground is as it would be
)

// The hill of a square, which stands towards one of its corners.
const (
	hillDistance = 60 // from the middle
	hillWidth    = 18 // at which it has 0.6 of its height
	hillLowest   = 12
	hillHighest  = 17
)

// The numbers of the rule's random functions.
const (
	bays uint64 = iota
	rolls
	hillCorner
	hillTurn
	hillHeight
)

// Region returns the ground of a region at a square with sides of that many metres, which must be
// its own, or it is sea. It fails for sides that no region can have.
func (i Island) Region(at Square, width, depth int) (*Map, error) {
	surveys := make(map[Square]*survey)
	return New(width, depth, func(x, y int) float32 {
		s := Square{at.X + x/SideUnit, at.Y + y/SideUnit}
		if surveys[s] == nil {
			surveys[s] = i.survey(s)
		}
		return float32(surveys[s].height(float64(at.X*SideUnit+x), float64(at.Y*SideUnit+y)))
	})
}

// Height returns the height in metres at a place in metres from the grid's south-west corner.
func (i Island) Height(x, y float64) float64 {
	return i.survey(Square{int(math.Floor(x / SideUnit)), int(math.Floor(y / SideUnit))}).height(x, y)
}

// survey is what decides the ground of one square.
type survey struct {
	island Island
	sea    bool    // the square is not the island's
	abroad []point // the south-west corners of the squares about it that are not
	hills  []hill  // the hills that stand on it and about it
	middle point
}

// point is in metres from the grid's corner.
type point struct{ x, y float64 }

type hill struct {
	point
	height float64
}

func (i Island) survey(of Square) *survey {
	s := &survey{island: i, sea: !i.squares[of], middle: of.middle()}
	for n := range 9 {
		about := Square{of.X + n%3 - 1, of.Y + n/3 - 1}
		if i.squares[about] {
			s.hills = append(s.hills, i.hill(about))
		} else {
			s.abroad = append(s.abroad, point{float64(about.X * SideUnit), float64(about.Y * SideUnit)})
		}
	}
	return s
}

// middle returns the middle of a square.
func (s Square) middle() point {
	return point{(float64(s.X) + 0.5) * SideUnit, (float64(s.Y) + 0.5) * SideUnit}
}

// hill returns the hill of a square.
func (i Island) hill(of Square) hill {
	corner := math.Floor(4 * i.chance(hillCorner, of.X, of.Y))
	angle := (corner+0.5)*math.Pi/2 + 0.6*(i.chance(hillTurn, of.X, of.Y)-0.5)
	middle := of.middle()
	return hill{
		point:  point{middle.x + hillDistance*math.Cos(angle), middle.y + hillDistance*math.Sin(angle)},
		height: hillLowest + (hillHighest-hillLowest)*i.chance(hillHeight, of.X, of.Y),
	}
}

// height returns the height at a place of the square.
func (s *survey) height(x, y float64) float64 {
	if s.sea {
		return seaBed
	}
	border := s.fromBorder(x, y)
	// Bays must not reach the border, where the sea bed is the neighbours' too.
	border += bayDepth * s.island.waves(bays, x/bayLength, y/bayLength) * ease(border/shallowsEnd)

	height := seaBed + shallowsRise*ease(border/shallowsEnd) +
		beachRise*min(max((border-beachBegin)/(beachEnd-beachBegin), 0), 1) +
		ease((border-landBegin)/(landEnd-landBegin))*
			(landRise+landRolls*s.island.waves(rolls, x/rollLength, y/rollLength))
	for _, h := range s.hills {
		dx, dy := x-h.x, y-h.y
		height += h.height * math.Exp(-(dx*dx+dy*dy)/(2*hillWidth*hillWidth))
	}
	plaza := 1 - ease((math.Hypot(x-s.middle.x, y-s.middle.y)-plazaRadius)/(plazaEnd-plazaRadius))
	return blend(height, PlazaHeight, plaza)
}

// fromBorder returns how far a place is inside the island, at most SideUnit. Along a straight border
// it is about the distance; towards a corner it is less, which rounds the coast.
func (s *survey) fromBorder(x, y float64) float64 {
	var nearness float64
	for _, sea := range s.abroad {
		dx := max(sea.x-x, 0, x-sea.x-SideUnit)
		dy := max(sea.y-y, 0, y-sea.y-SideUnit)
		// What is farther than a square away must not count: from the next square it is not seen.
		distance := min(math.Hypot(dx, dy), SideUnit)
		nearness += 1/(distance*distance*distance) - 1.0/(SideUnit*SideUnit*SideUnit)
	}
	return min(1/math.Cbrt(nearness), SideUnit)
}
