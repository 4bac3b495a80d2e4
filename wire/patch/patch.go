// Package patch has the payloads of LayerData: the ground of a region, its wind and its clouds.
//
// A payload is one stream of bits: a group header, then patches of 16 by 16 numbers, each a header
// and the quantised coefficients of its discrete cosine transform, then an end code. The ground is
// sent lossily: what a viewer reads is near the height, by the bounds that Encode gives. The form
// is the one of the viewer's patch_code.cpp, patch_dct.cpp and patch_idct.cpp.
//
//	group   stride 16 bits, patch size 8, layer 8
//	patch   quantiser 8, lowest height F32, range 16, id 10 or 32, coefficients
//	end     97 in place of a quantiser, then zero bits to the byte
package patch

import "math"

// Size is the number of heights, and of metres, along each side of a patch.
const Size = 16

// MaxPayload is how many bytes Fill puts into one LayerData at most. It is what OpenSimulator
// fills, and leaves room below the 1200 bytes that pass every path unfragmented. No patch is longer.
const MaxPayload = 900

// Layer says what the numbers of a payload are. It goes into LayerData's Type as well.
type Layer uint8

// The layers. The later four are for regions whose sides are longer than 256 m; LandVar alone has
// ids of 32 bits, and viewers read wind of such regions only as Wind.
const (
	Land     Layer = 'L'
	Water    Layer = 'W'
	Wind     Layer = '7'
	Cloud    Layer = '8'
	LandVar  Layer = 'M'
	WaterVar Layer = 'X'
	WindVar  Layer = '9'
	CloudVar Layer = ':'
)

// Patch is one square of 16 by 16 numbers.
type Patch struct {
	// X and Y count patches of 16 m from the region's south-west corner: 0 to 31 on a 256 m
	// region's wire, 0 to 65535 in LandVar. Wind and clouds have no place: theirs are 0.
	X, Y int
	// Heights are metres, or metres a second for wind, row by row from the south, each from the
	// west: the one at x, y of the patch is Heights[y*Size+x].
	Heights [Size * Size]float32
}

// The numbers of the group header and the end code.
const (
	stride      = 264 // viewers put their own row length in its place
	endOfPatch  = 97
	headerBytes = 4
	endBits     = 8
)

// The encoder's quantiser: heights are spread over 2^prequantBits steps, and a coefficient takes a
// word of minWordBits to maxWordBits.
const (
	prequantBits = 10
	minWordBits  = 5
	maxWordBits  = 17
)

// MaxHeight is the highest height, and its opposite the lowest, that a payload can carry: a patch
// that has both still has a range of 16 bits.
const MaxHeight = 32767

// flatBelow is the difference in metres between highest and lowest below which a patch is sent as
// flat. OpenSimulator's is the same; half of it is below what any viewer shows.
const flatBelow = 0.005

// Encode appends one payload with all patches to dst. Wind is two patches, the speeds towards the
// east and then those towards the north, told apart by their order alone.
//
// A height is read back within 5 mm where the patch is flat, and within 0.02 of the difference
// between the patch's highest and lowest plus 0.05 m where it is smooth over the patch. Over any
// patch the root mean square of the errors is below 0.07 of that difference plus 0.1 m. A height
// that is not finite counts as 0, one beyond MaxHeight as MaxHeight.
func Encode(dst []byte, layer Layer, patches []Patch) []byte {
	w := beginPayload(dst, layer)
	for i := range patches {
		w.patch(layer, &patches[i])
	}
	return w.end()
}

// Fill appends one payload to dst with as many of the patches, from the first, as fit into
// MaxPayload bytes, and returns how many it took: all but 0 unless there are none.
func Fill(dst []byte, layer Layer, patches []Patch) (payload []byte, taken int) {
	w := beginPayload(dst, layer)
	limit := (len(dst) + MaxPayload) * 8
	for taken < len(patches) {
		before := w
		w.patch(layer, &patches[taken])
		if w.length()+endBits > limit {
			w = before
			break
		}
		taken++
	}
	return w.end(), taken
}

func beginPayload(dst []byte, layer Layer) bitWriter {
	w := bitWriter{buf: dst}
	w.bits(stride, 16)
	w.bits(Size, 8)
	w.bits(uint32(layer), 8)
	return w
}

func (w *bitWriter) end() []byte {
	w.bits(endOfPatch, endBits)
	return w.bytes()
}

// patch writes the header and the coefficients of p.
func (w *bitWriter) patch(layer Layer, p *Patch) {
	var heights [Size * Size]float32
	low, high := clean(&heights, &p.Heights)
	if high-low < flatBelow {
		w.header(layer, p, 0, low-0.5, 1)
		w.bits(restZero, restZeroBits)
		return
	}
	span := uint32(high - low + 1)
	var q coefficients
	word := quantise(&q, &heights, low, span)
	w.header(layer, p, (prequantBits-2)<<4|uint32(word-2), low, span)
	w.coefficients(&q, word)
}

// clean copies heights with what a payload cannot carry put right, and returns the extremes.
func clean(dst, src *[Size * Size]float32) (low, high float32) {
	low, high = MaxHeight, -MaxHeight
	for i, h := range src {
		if h != h || math.IsInf(float64(h), 0) {
			h = 0
		}
		h = min(max(h, -MaxHeight), MaxHeight)
		low, high = min(low, h), max(high, h)
		dst[i] = h
	}
	return low, high
}

func (w *bitWriter) header(layer Layer, p *Patch, quantiser uint32, lowest float32, span uint32) {
	w.bits(quantiser, 8)
	w.bits(math.Float32bits(lowest), 32)
	w.bits(span, 16)
	if layer == LandVar {
		w.bits(uint32(p.X)<<16|uint32(p.Y)&0xFFFF, 32)
	} else {
		w.bits(uint32(p.X)<<5&0x3E0|uint32(p.Y)&0x1F, 10)
	}
}

// The codes of coefficients, which are written in zigzag order.
const (
	zero, zeroBits         = 0b0, 1
	restZero, restZeroBits = 0b10, 2 // this one and all that follow are zero
	positive, negative     = 0b110, 0b111
	signBits               = 3
)

func (w *bitWriter) coefficients(q *coefficients, word int) {
	used := len(q)
	for used > 0 && q[used-1] == 0 {
		used--
	}
	largest := int32(1)<<word - 1
	for _, c := range q[:used] {
		switch {
		case c == 0:
			w.bits(zero, zeroBits)
		case c > 0:
			w.bits(positive, signBits)
			w.bits(uint32(min(c, largest)), word)
		default:
			w.bits(negative, signBits)
			w.bits(uint32(min(-c, largest)), word)
		}
	}
	if used < len(q) {
		w.bits(restZero, restZeroBits)
	}
}
