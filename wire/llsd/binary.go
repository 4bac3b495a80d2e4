package llsd

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/google/uuid"
)

// BinaryHeader may stand before what AppendBinary writes, and must in files that are told apart by
// it. Meshes go without.
const BinaryHeader = "<? LLSD/Binary ?>\n"

// AppendBinary appends v in binary form, without a header.
//
// Everything is big-endian but the date: viewers and LibreMetaverse write its bytes as the machine
// has them, little-endian, whatever the description of the format says.
func AppendBinary(b []byte, v any) []byte {
	var keys sortedKeys
	return appendBinary(b, v, &keys)
}

func appendBinary(b []byte, v any, keys *sortedKeys) []byte {
	switch v := Canonical(v).(type) {
	case nil:
		return append(b, '!')
	case bool:
		if v {
			return append(b, '1')
		}
		return append(b, '0')
	case int32:
		return binary.BigEndian.AppendUint32(append(b, 'i'), uint32(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'r'), math.Float64bits(v))
	case string:
		return appendCounted(b, 's', v)
	case URI:
		return appendCounted(b, 'l', string(v))
	case uuid.UUID:
		return append(append(b, 'u'), v[:]...)
	case time.Time:
		return binary.LittleEndian.AppendUint64(append(b, 'd'), math.Float64bits(seconds(v)))
	case []byte:
		return appendCounted(b, 'b', v)
	case Array:
		b = binary.BigEndian.AppendUint32(append(b, '['), uint32(len(v)))
		for _, part := range v {
			b = appendBinary(b, part, keys)
		}
		return append(b, ']')
	case Map:
		b = binary.BigEndian.AppendUint32(append(b, '{'), uint32(len(v)))
		names := keys.push(v)
		for _, name := range names {
			b = appendCounted(b, 'k', name)
			b = appendBinary(b, v[name], keys)
		}
		keys.pop(names)
		return append(b, '}')
	}
	panic("llsd: a canonical value without a binary form")
}

func appendCounted[T string | []byte](b []byte, mark byte, data T) []byte {
	b = binary.BigEndian.AppendUint32(append(b, mark), uint32(len(data)))
	return append(b, data...)
}

// ParseBinary reads a value in binary form, with or without the header. What it returns shares no
// memory with b.
func ParseBinary(b []byte) (any, error) {
	if err := checkSize(b); err != nil {
		return nil, err
	}
	r := newBinaryReader(b)
	return r.finish(r.value())
}

// ReadBinary reads the value b begins with, with or without the header, and returns what follows it:
// the sections of a mesh count from there.
func ReadBinary(b []byte) (v any, rest []byte, err error) {
	if err := checkSize(b); err != nil {
		return nil, nil, err
	}
	r := newBinaryReader(b)
	if v, err = r.value(); err != nil {
		return nil, nil, err
	}
	return v, r.src[r.pos:], nil
}

type binaryReader struct{ cursor }

func newBinaryReader(b []byte) *binaryReader {
	r := &binaryReader{cursor{form: "binary", src: b}}
	r.skipHeader("binary")
	return r
}

func (r *binaryReader) value() (any, error) {
	if err := r.element(); err != nil {
		return nil, err
	}
	switch mark := r.next(); mark {
	case '!':
		return nil, nil
	case '0':
		return false, nil
	case '1':
		return true, nil
	case 'i':
		n, err := r.uint32()
		return int32(n), err
	case 'r':
		b, err := r.take(8)
		if err != nil {
			return nil, err
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case 'd':
		b, err := r.take(8)
		if err != nil {
			return nil, err
		}
		return fromSeconds(math.Float64frombits(binary.LittleEndian.Uint64(b))), nil
	case 'u':
		b, err := r.take(16)
		if err != nil {
			return nil, err
		}
		return uuid.UUID(b), nil
	case 's':
		b, err := r.counted()
		return validText(b), err
	case '\'', '"':
		b, err := r.quoted(mark)
		return validText(b), err
	case 'l':
		b, err := r.counted()
		return URI(validText(b)), err
	case 'b':
		b, err := r.counted()
		return append([]byte{}, b...), err
	case '[':
		return r.array()
	case '{':
		return r.mapping()
	case 0:
		return nil, r.endsEarly()
	}
	return nil, r.fail("a mark that is not known")
}

func (r *binaryReader) array() (any, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	n, err := r.uint32()
	if err != nil {
		return nil, err
	}
	if uint64(n) > uint64(r.left()) {
		return nil, r.endsEarly()
	}
	a := make(Array, 0, min(n, roomAhead))
	for range n {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	if !r.accept(']') {
		return nil, r.fail("an array that does not end")
	}
	r.leave()
	return a, nil
}

func (r *binaryReader) mapping() (any, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	n, err := r.uint32()
	if err != nil {
		return nil, err
	}
	if uint64(n) > uint64(r.left()) {
		return nil, r.endsEarly()
	}
	m := make(Map, min(n, roomAhead))
	for range n {
		key, err := r.key()
		if err != nil {
			return nil, err
		}
		if m[key], err = r.value(); err != nil {
			return nil, err
		}
	}
	if !r.accept('}') {
		return nil, r.fail("a map that does not end")
	}
	r.leave()
	return m, nil
}

// roomAhead is for how many members room is made on the word of a count alone.
const roomAhead = 64

func (r *binaryReader) key() (string, error) {
	if err := r.element(); err != nil {
		return "", err
	}
	switch mark := r.next(); mark {
	case 'k':
		b, err := r.counted()
		return validText(b), err
	case '\'', '"':
		b, err := r.quoted(mark)
		return validText(b), err
	}
	return "", r.fail("a value without a key")
}

func (r *binaryReader) uint32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

// counted reads bytes that stand behind their number.
func (r *binaryReader) counted() ([]byte, error) {
	n, err := r.uint32()
	if err != nil {
		return nil, err
	}
	return r.take(uint64(n))
}
