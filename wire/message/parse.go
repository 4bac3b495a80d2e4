package message

import (
	"encoding/binary"
	"math"

	"github.com/google/uuid"

	"terrane/geom"
)

// reader takes a body apart. The first field that is not whole is kept in fault; from then on
// nothing is left to read, so that what follows comes out zero or empty.
type reader struct {
	rest  []byte
	id    ID
	at    string // the block being read
	fault *MalformedError
}

func (r *reader) err() error {
	if r.fault == nil {
		return nil
	}
	return r.fault
}

// block begins a block, and reports whether the body goes on that far.
func (r *reader) block(name string) bool {
	r.at = name
	return len(r.rest) > 0
}

// count begins a list and returns how many blocks it has. It has made sure that there are bytes
// enough for as many blocks of the least size, so that the caller may allocate them.
func (r *reader) count(name string, least int) int {
	if !r.block(name) {
		return 0
	}
	n := int(r.rest[0])
	r.rest = r.rest[1:]
	if n*least > len(r.rest) {
		r.fail("")
		return 0
	}
	return n
}

func (r *reader) fail(field string) {
	if r.fault == nil {
		r.fault = &MalformedError{Message: r.id, Block: r.at, Field: field}
	}
	r.rest = nil
}

// take returns the next n bytes, or nil when there are fewer.
func (r *reader) take(field string, n int) []byte {
	if n > len(r.rest) {
		r.fail(field)
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// var1 and var2 return nil for no bytes, lest an empty field keep the packet alive.

func (r *reader) var1(field string) []byte { return r.variable(field, int(r.u8(field))) }

func (r *reader) var2(field string) []byte { return r.variable(field, int(r.u16(field))) }

func (r *reader) variable(field string, n int) []byte {
	if n == 0 {
		return nil
	}
	return r.take(field, n)
}

func (r *reader) u8(field string) uint8 {
	b := r.take(field, 1)
	if b == nil {
		return 0
	}
	return b[0]
}

func (r *reader) u16(field string) uint16 {
	b := r.take(field, 2)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint16(b)
}

func (r *reader) u32(field string) uint32 {
	b := r.take(field, 4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

func (r *reader) u64(field string) uint64 {
	b := r.take(field, 8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (r *reader) bool(field string) bool   { return r.u8(field) != 0 }
func (r *reader) s8(field string) int8     { return int8(r.u8(field)) }
func (r *reader) s16(field string) int16   { return int16(r.u16(field)) }
func (r *reader) s32(field string) int32   { return int32(r.u32(field)) }
func (r *reader) f32(field string) float32 { return math.Float32frombits(r.u32(field)) }
func (r *reader) f64(field string) float64 { return math.Float64frombits(r.u64(field)) }

func (r *reader) port(field string) uint16 {
	b := r.take(field, 2)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}

func (r *reader) ip(field string) [4]byte {
	b := r.take(field, 4)
	if b == nil {
		return [4]byte{}
	}
	return [4]byte(b)
}

func (r *reader) uuid(field string) uuid.UUID {
	b := r.take(field, 16)
	if b == nil {
		return uuid.Nil
	}
	return uuid.UUID(b)
}

func (r *reader) vec3(field string) geom.Vec3 {
	b := r.take(field, 12)
	if b == nil {
		return geom.Vec3{}
	}
	return geom.Vec3{X: f32(b), Y: f32(b[4:]), Z: f32(b[8:])}
}

func (r *reader) vec3d(field string) geom.Vec3d {
	b := r.take(field, 24)
	if b == nil {
		return geom.Vec3d{}
	}
	return geom.Vec3d{X: f64(b), Y: f64(b[8:]), Z: f64(b[16:])}
}

func (r *reader) vec4(field string) geom.Vec4 {
	b := r.take(field, 16)
	if b == nil {
		return geom.Vec4{}
	}
	return geom.Vec4{X: f32(b), Y: f32(b[4:]), Z: f32(b[8:]), W: f32(b[12:])}
}

func (r *reader) quat(field string) geom.Quat {
	v := r.vec3(field)
	w2 := 1 - v.Dot(v)
	if w2 < 0 { // and not max, which would hide a NaN: whoever asks Finite is to see it
		w2 = 0
	}
	return geom.Quat{X: v.X, Y: v.Y, Z: v.Z, W: float32(math.Sqrt(float64(w2)))}
}

func f32(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func f64(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// resize returns a slice of n blocks whose content is not defined, that of s when it is long enough.
func resize[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]T, n)
}
