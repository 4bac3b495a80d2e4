package terrain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The form of kept ground begins with these bytes; the last is its version.
const formMark = "TGR\x01"

// formSteps is how many steps a metre has in kept ground. With a power of two every kept height is
// a float32 exactly, so that keeping what was kept changes nothing.
const formSteps = 1024

// formPatchBytes is the shortest that a patch can be: all heights as foretold.
const formPatchBytes = 3

// Append appends the ground to dst in the form in which it is kept, with heights rounded to 1/1024
// of a metre. New ground of 256 by 256 m takes some 65 kB, level ground less than 1 kB.
//
// The form is a mark of 4 bytes, the sides in units of 256 m as a byte each, and the patches. Each
// height is foretold from those before it in its patch, the first from the first of the patch
// before, and the difference is a zigzag varint; after a difference of 0 comes a varint of how many
// more zeros follow it in the patch.
func (m *Map) Append(dst []byte) []byte {
	dst = append(dst, formMark...)
	dst = append(dst, uint8(m.width/SideUnit), uint8(m.depth/SideUnit))
	var steps patchSteps
	for _, p := range m.patches {
		start := steps[0]
		for i, h := range p.Heights {
			steps[i] = int32(math.Round(float64(h) * formSteps))
		}
		dst = steps.append(dst, start)
	}
	return dst
}

// Parse reads what Append has written, as ground of revision 1. It fails for anything else, and
// before it takes memory for patches that data is too short to have.
func Parse(data []byte) (*Map, error) {
	const head = len(formMark) + 2
	if len(data) < head || string(data[:len(formMark)]) != formMark {
		return nil, errors.New("kept ground: not of a known form")
	}
	m := &Map{width: int(data[head-2]) * SideUnit, depth: int(data[head-1]) * SideUnit, revision: 1}
	if err := checkSides(m.width, m.depth); err != nil {
		return nil, fmt.Errorf("kept ground: %w", err)
	}
	data = data[head:]
	count := m.width / PatchSize * m.depth / PatchSize
	if len(data) < count*formPatchBytes {
		return nil, errForm
	}
	m.patches = make([]*Patch, count)
	var steps patchSteps
	for i := range m.patches {
		var err error
		if data, err = steps.parse(data, steps[0]); err != nil {
			return nil, err
		}
		p := &Patch{Revision: 1}
		for j, s := range steps {
			p.Heights[j] = float32(s) / formSteps
		}
		m.patches[i] = p
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("kept ground: %d bytes too many", len(data))
	}
	return m, nil
}

// errForm is kept ground that ends early or says what no ground is.
var errForm = errors.New("kept ground: ends early or is damaged")

// patchSteps are the heights of a patch in steps.
type patchSteps [PatchSize * PatchSize]int32

// foretell is what height i is likely to be, from those before it: that of the plane through three
// of its neighbours. Start is for the first.
func (s *patchSteps) foretell(i int, start int32) int32 {
	switch x, y := i%PatchSize, i/PatchSize; {
	case x > 0 && y > 0:
		return s[i-1] + s[i-PatchSize] - s[i-PatchSize-1]
	case x > 0:
		return s[i-1]
	case y > 0:
		return s[i-PatchSize]
	default:
		return start
	}
}

func (s *patchSteps) append(dst []byte, start int32) []byte {
	for i := 0; i < len(s); i++ {
		difference := s[i] - s.foretell(i, start)
		dst = binary.AppendVarint(dst, int64(difference))
		if difference != 0 {
			continue
		}
		more := 0
		for i+1 < len(s) && s[i+1] == s.foretell(i+1, start) {
			more++
			i++
		}
		dst = binary.AppendUvarint(dst, uint64(more))
	}
	return dst
}

// parse reads one patch and returns what follows it.
func (s *patchSteps) parse(data []byte, start int32) (rest []byte, err error) {
	for i := 0; i < len(s); i++ {
		difference, n := binary.Varint(data)
		if n <= 0 {
			return nil, errForm
		}
		data = data[n:]
		if !s.put(i, start, difference) {
			return nil, errForm
		}
		if difference != 0 {
			continue
		}
		more, n := binary.Uvarint(data)
		if n <= 0 || more >= uint64(len(s)-i) {
			return nil, errForm
		}
		data = data[n:]
		for range more {
			i++
			if !s.put(i, start, 0) {
				return nil, errForm
			}
		}
	}
	return data, nil
}

// put makes height i what is foretold and a difference; false when that is no height.
func (s *patchSteps) put(i int, start int32, difference int64) bool {
	step := int64(s.foretell(i, start)) + min(max(difference, math.MinInt32), math.MaxInt32)
	if step < MinHeight*formSteps || step > MaxHeight*formSteps {
		return false
	}
	s[i] = int32(step)
	return true
}
