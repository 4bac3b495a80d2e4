package terrain

import "math"

// noise is a smooth random function of the plane, -1 to 1: chances at whole numbers, and between
// them a blend. Each function of an island has its number.
func (i Island) noise(function uint64, x, y float64) float64 {
	west, south := int(math.Floor(x)), int(math.Floor(y))
	eastward, northward := ease(x-float64(west)), ease(y-float64(south))
	atSouth := blend(i.chance(function, west, south), i.chance(function, west+1, south), eastward)
	atNorth := blend(i.chance(function, west, south+1), i.chance(function, west+1, south+1), eastward)
	return 2*blend(atSouth, atNorth, northward) - 1
}

// waves is noise of three lengths, -1 to 1, the longest a few whole numbers.
func (i Island) waves(function uint64, x, y float64) float64 {
	return (4*i.noise(function, x, y) + 2*i.noise(function, 2*x, 2*y) + i.noise(function, 4*x, 4*y)) / 7
}

// chance is a random number from 0 up to 1 for a point of whole numbers.
func (i Island) chance(function uint64, x, y int) float64 {
	h := scramble(i.seed + function)
	h = scramble(h + uint64(x))
	h = scramble(h + uint64(y))
	return float64(h>>11) / (1 << 53)
}

// scramble is one step of the SplitMix64 generator, which changes half of the bits for every bit
// that is another.
func scramble(h uint64) uint64 {
	h += 0x9E3779B97F4A7C15
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// ease goes from 0 at 0 to 1 at 1, level at both ends and beyond them.
func ease(t float64) float64 {
	t = min(max(t, 0), 1)
	return t * t * t * (t*(6*t-15) + 10)
}

func blend(a, b, t float64) float64 { return a + (b-a)*t }
