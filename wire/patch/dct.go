package patch

import (
	"math"
	"sync"
)

// coefficients are the quantised transform of a patch in zigzag order.
type coefficients [Size * Size]int32

// tables are what is the same for every patch.
type tables struct {
	// basis[k][i] is the i-th sample of the orthonormal cosine of frequency k. The second half of
	// each row mirrors the first, with the sign of (-1)^k, and is left out.
	basis [Size][Size / 2]float32
	// order[n] is where, as v*Size+u, the n-th coefficient of the zigzag belongs.
	order [Size * Size]uint8
	// step[n] is the width of the quantiser's steps at the n-th coefficient of the zigzag.
	step [Size * Size]float32
}

var shared = sync.OnceValue(func() *tables {
	t := new(tables)
	for k := range Size {
		scale := math.Sqrt(2.0 / Size)
		if k == 0 {
			scale = math.Sqrt(1.0 / Size)
		}
		for i := range Size / 2 {
			t.basis[k][i] = float32(scale * math.Cos(float64((2*i+1)*k)*math.Pi/(2*Size)))
		}
	}
	n := 0
	for diagonal := range 2*Size - 1 {
		for along := range diagonal + 1 {
			u, v := along, diagonal-along
			if diagonal%2 == 1 {
				u, v = v, u
			}
			if u < Size && v < Size {
				t.order[n] = uint8(v*Size + u)
				t.step[n] = float32(1 + 2*diagonal)
				n++
			}
		}
	}
	return t
})

// quantise transforms heights, spread over 2^prequantBits steps about the middle of low and
// low+span, and returns how many bits the largest coefficient takes.
func quantise(q *coefficients, heights *[Size * Size]float32, low float32, span uint32) (word int) {
	t := shared()
	middle := low + float32(span)/2
	scale := float32(1<<prequantBits) / float32(span)
	var plane [Size * Size]float32
	for i, h := range heights {
		plane[i] = (h - middle) * scale
	}
	t.forward(&plane)
	var largest int32
	for n, at := range t.order {
		c := int32(plane[at] / t.step[n])
		q[n] = c
		largest = max(largest, c, -c)
	}
	word = minWordBits
	for word < maxWordBits && largest > 1<<word {
		word++
	}
	return word
}

// restore is quantise undone, as far as it can be: the heights about 0, in the quantiser's steps.
func restore(plane *[Size * Size]float32, q *coefficients) {
	t := shared()
	for n, at := range t.order {
		plane[at] = float32(q[n]) * t.step[n]
	}
	t.inverse(plane)
}

// forward replaces samples by their two-dimensional cosine transform.
func (t *tables) forward(plane *[Size * Size]float32) {
	t.forwardLines(plane, 1, Size)
	t.forwardLines(plane, Size, 1)
}

// forwardLines transforms 16 lines, whose samples are apart by within, and whose beginnings are
// apart by between.
func (t *tables) forwardLines(plane *[Size * Size]float32, within, between int) {
	var even, odd [Size / 2]float32
	for line := range Size {
		start := line * between
		for i := range Size / 2 {
			a, b := plane[start+i*within], plane[start+(Size-1-i)*within]
			even[i], odd[i] = a+b, a-b
		}
		for k := 0; k < Size; k += 2 {
			plane[start+k*within] = product(&t.basis[k], &even)
			plane[start+(k+1)*within] = product(&t.basis[k+1], &odd)
		}
	}
}

// inverse is forward undone.
func (t *tables) inverse(plane *[Size * Size]float32) {
	t.inverseLines(plane, 1, Size)
	t.inverseLines(plane, Size, 1)
}

func (t *tables) inverseLines(plane *[Size * Size]float32, within, between int) {
	for line := range Size {
		start := line * between
		var even, odd [Size / 2]float32
		for k := 0; k < Size; k += 2 {
			addScaled(&even, &t.basis[k], plane[start+k*within])
			addScaled(&odd, &t.basis[k+1], plane[start+(k+1)*within])
		}
		for i := range Size / 2 {
			plane[start+i*within] = even[i] + odd[i]
			plane[start+(Size-1-i)*within] = even[i] - odd[i]
		}
	}
}

func product(a, b *[Size / 2]float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func addScaled(sum, row *[Size / 2]float32, f float32) {
	if f == 0 { // most coefficients of real ground are
		return
	}
	for i := range sum {
		sum[i] += row[i] * f
	}
}
