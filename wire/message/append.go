package message

import (
	"encoding/binary"
	"math"

	"github.com/google/uuid"

	"terrane/geom"
)

// The longest lists and fields the wire has room for.
const (
	MaxBlocks    = math.MaxUint8  // blocks of a list
	MaxVariable1 = math.MaxUint8  // bytes of a field with a length of one byte, the NUL of a text included
	MaxVariable2 = math.MaxUint16 // bytes of a field with a length of two bytes, likewise
)

// writer appends one message to buf. The first thing too long is kept in err and ends the message.
type writer struct {
	buf   []byte
	start int // where the message begins in buf
	id    ID
	err   error
}

func begin(b []byte, id ID) writer {
	return writer{buf: appendID(b, id), start: len(b), id: id}
}

func (w *writer) end() ([]byte, error) {
	if w.err != nil {
		return w.buf[:w.start], w.err
	}
	return w.buf, nil
}

// count starts a list of n blocks.
func (w *writer) count(block string, n int) {
	w.limit(block, "", n, MaxBlocks)
	w.u8(uint8(n))
}

func (w *writer) var1(block, field string, v []byte) {
	w.limit(block, field, len(v), MaxVariable1)
	w.u8(uint8(len(v)))
	w.raw(v)
}

func (w *writer) var2(block, field string, v []byte) {
	w.limit(block, field, len(v), MaxVariable2)
	w.u16(uint16(len(v)))
	w.raw(v)
}

func (w *writer) limit(block, field string, n, most int) {
	if n > most && w.err == nil {
		w.err = &TooLongError{Message: w.id, Block: block, Field: field, Len: n, Max: most}
	}
}

func (w *writer) raw(v []byte) { w.buf = append(w.buf, v...) }

func (w *writer) bool(v bool) {
	if v {
		w.u8(1)
	} else {
		w.u8(0)
	}
}

func (w *writer) u8(v uint8)       { w.buf = append(w.buf, v) }
func (w *writer) u16(v uint16)     { w.buf = binary.LittleEndian.AppendUint16(w.buf, v) }
func (w *writer) u32(v uint32)     { w.buf = binary.LittleEndian.AppendUint32(w.buf, v) }
func (w *writer) u64(v uint64)     { w.buf = binary.LittleEndian.AppendUint64(w.buf, v) }
func (w *writer) s8(v int8)        { w.u8(uint8(v)) }
func (w *writer) s16(v int16)      { w.u16(uint16(v)) }
func (w *writer) s32(v int32)      { w.u32(uint32(v)) }
func (w *writer) f32(v float32)    { w.u32(math.Float32bits(v)) }
func (w *writer) f64(v float64)    { w.u64(math.Float64bits(v)) }
func (w *writer) uuid(v uuid.UUID) { w.buf = append(w.buf, v[:]...) }
func (w *writer) ip(v [4]byte)     { w.buf = append(w.buf, v[:]...) }
func (w *writer) port(v uint16)    { w.buf = binary.BigEndian.AppendUint16(w.buf, v) }

func (w *writer) vec3(v geom.Vec3) {
	w.f32(v.X)
	w.f32(v.Y)
	w.f32(v.Z)
}

func (w *writer) vec3d(v geom.Vec3d) {
	w.f64(v.X)
	w.f64(v.Y)
	w.f64(v.Z)
}

func (w *writer) vec4(v geom.Vec4) {
	w.f32(v.X)
	w.f32(v.Y)
	w.f32(v.Z)
	w.f32(v.W)
}

// unitSlack is how far the squared length of a rotation may be from 1 and still be left alone, so
// that a unit rotation that was read is written with the same bytes.
const unitSlack = 1e-5

func (w *writer) quat(q geom.Quat) {
	l := q.X*q.X + q.Y*q.Y + q.Z*q.Z + q.W*q.W
	if !(math.Abs(float64(l)-1) < unitSlack) { // so that NaN is mended too
		q = q.Norm()
	}
	if q.W < 0 {
		q = geom.Quat{X: -q.X, Y: -q.Y, Z: -q.Z, W: -q.W}
	}
	w.f32(q.X)
	w.f32(q.Y)
	w.f32(q.Z)
}
