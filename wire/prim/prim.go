// Package prim has the layouts of objects inside messages: the binary fields of ObjectUpdate,
// ImprovedTerseObjectUpdate and ObjectUpdateCompressed, name values, and the wire's numbers for the
// shape of a prim.
//
// All numbers are little-endian. A rotation of three numbers is the x, y and z of a quaternion of
// length 1 whose w is not negative. Sizes are checked; numbers are not: whoever parses what a
// stranger sent tests them with geom's Finite.
package prim

import (
	"encoding/binary"
	"errors"
	"math"

	"terrane/geom"

	"github.com/google/uuid"
)

// PCode is what kind of thing an object is.
type PCode uint8

// The kinds of objects.
const (
	Prim           PCode = 9
	Avatar         PCode = 47
	Grass          PCode = 95
	NewTree        PCode = 111
	ParticleSystem PCode = 143
	Tree           PCode = 255
)

// Plant reports whether the object is grass or a tree, whose species is one byte.
func (p PCode) Plant() bool { return p == Grass || p == NewTree || p == Tree }

// Material is what an object is made of, which decides the sound of a collision and the friction.
type Material uint8

// The materials. An avatar is of flesh, a new prim of wood.
const (
	Stone Material = iota
	Metal
	Glass
	Wood
	Flesh
	Plastic
	Rubber
	Light
)

// AttachmentState returns the State of an object that is attached to a point: the point with its
// halves swapped. AttachmentPoint is the way back.
func AttachmentState(point uint8) uint8 { return point>>4 | point<<4 }

// AttachmentPoint returns the point that the State of an attached object names.
func AttachmentPoint(state uint8) uint8 { return state>>4 | state<<4 }

// TextColor is a hovering text's red, green, blue and opacity as the four bytes of TextColor, in
// which opacity alone is subtracted from 255.
func TextColor(r, g, b, a uint8) [4]byte { return [4]byte{r, g, b, ^a} }

// errTruncated is a field that ends before its last part.
var errTruncated = errors.New("ends too early")

// reader takes parts from the front of data. After one that is not there everything is zero and
// failed is true.
type reader struct {
	data   []byte
	failed bool
}

// take returns the next n bytes, which are not copied.
func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.data) {
		r.failed = true
		return nil
	}
	part := r.data[:n]
	r.data = r.data[n:]
	return part
}

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) f32() float32 { return math.Float32frombits(r.u32()) }

func (r *reader) vec3() geom.Vec3 { return geom.Vec3{X: r.f32(), Y: r.f32(), Z: r.f32()} }

func (r *reader) vec4() geom.Vec4 {
	return geom.Vec4{X: r.f32(), Y: r.f32(), Z: r.f32(), W: r.f32()}
}

func (r *reader) uuid() (id uuid.UUID) {
	copy(id[:], r.take(len(id)))
	return id
}

// quat reads a rotation of three numbers.
func (r *reader) quat() geom.Quat {
	v := r.vec3()
	left := 1 - float64(v.X)*float64(v.X) - float64(v.Y)*float64(v.Y) - float64(v.Z)*float64(v.Z)
	return geom.Quat{X: v.X, Y: v.Y, Z: v.Z, W: float32(math.Sqrt(max(left, 0)))}
}

func appendF32(dst []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint32(dst, math.Float32bits(f))
}

func appendVec3(dst []byte, v geom.Vec3) []byte {
	return appendF32(appendF32(appendF32(dst, v.X), v.Y), v.Z)
}

// appendQuat appends a rotation as three numbers.
func appendQuat(dst []byte, q geom.Quat) []byte {
	q = upward(q)
	return appendVec3(dst, geom.Vec3{X: q.X, Y: q.Y, Z: q.Z})
}

// upward is q with length 1 and a w that is not negative: the same rotation.
func upward(q geom.Quat) geom.Quat {
	q = q.Norm()
	if q.W < 0 {
		return geom.Quat{X: -q.X, Y: -q.Y, Z: -q.Z, W: -q.W}
	}
	return q
}
