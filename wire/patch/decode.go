package patch

import (
	"errors"
	"fmt"
	"math"
)

// MaxPatches is how many patches Decode takes from one payload: a whole region of 512 m. A payload
// of the ordinary length has room for 104 of the shortest.
const MaxPatches = 1024

// errTruncated is a payload that ends before its end code.
var errTruncated = errors.New("layer data: ends before its end code")

// Decode reads one payload. It refuses what ends before the end code, is of a layer or patch size
// not known here, has a lowest height that is not finite, or has more than MaxPatches; what follows
// the end code is left alone. The patches are the caller's, and those read before an error come
// with it.
func Decode(data []byte) (Layer, []Patch, error) {
	if len(data) < headerBytes {
		return 0, nil, errTruncated
	}
	if data[2] != Size {
		return 0, nil, fmt.Errorf("layer data: patches of %d by %d", data[2], data[2])
	}
	layer := Layer(data[3])
	switch layer {
	case Land, Water, Wind, Cloud, LandVar, WaterVar, WindVar, CloudVar:
	default:
		return 0, nil, fmt.Errorf("layer data: unknown layer %#x", data[3])
	}
	r := bitReader{data: data[headerBytes:]}
	var patches []Patch
	for {
		quantiser, ok := r.bits(8)
		switch {
		case !ok:
			return layer, patches, errTruncated
		case quantiser == endOfPatch:
			return layer, patches, nil
		case len(patches) == MaxPatches:
			return layer, patches, fmt.Errorf("layer data: more than %d patches", MaxPatches)
		}
		p, err := r.patch(layer, quantiser)
		if err != nil {
			return layer, patches, err
		}
		patches = append(patches, p)
	}
}

// patch reads what follows the quantiser.
func (r *bitReader) patch(layer Layer, quantiser uint32) (Patch, error) {
	idBits, idHalf := 10, 5
	if layer == LandVar {
		idBits, idHalf = 32, 16
	}
	lowBits, _ := r.bits(32)
	span, _ := r.bits(16)
	id, ok := r.bits(idBits)
	var q coefficients
	if !ok || !r.coefficients(&q, int(quantiser&0xF)+2) {
		return Patch{}, errTruncated
	}
	low := math.Float32frombits(lowBits)
	if low != low || math.IsInf(float64(low), 0) {
		return Patch{}, fmt.Errorf("layer data: the lowest height is %v", low)
	}
	p := Patch{X: int(id >> idHalf), Y: int(id & (1<<idHalf - 1))}
	restore(&p.Heights, &q)
	scale := float32(span) / float32(uint32(1)<<(quantiser>>4+2))
	middle := float32(span)/2 + low
	for i, h := range p.Heights {
		p.Heights[i] = h*scale + middle
	}
	return p, nil
}

// coefficients reads a patch's coefficients with words of that many bits; false is a payload that
// ends among them.
func (r *bitReader) coefficients(q *coefficients, word int) bool {
	for n := range q {
		set, ok := r.bits(1)
		if !ok {
			return false
		}
		if set == 0 {
			continue
		}
		more, ok := r.bits(1)
		if !ok {
			return false
		}
		if more == 0 {
			return true
		}
		sign, _ := r.bits(1)
		size, ok := r.bits(word)
		if !ok {
			return false
		}
		q[n] = int32(size)
		if sign == 1 {
			q[n] = -q[n]
		}
	}
	return true
}
