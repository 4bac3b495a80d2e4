package prim

import (
	"encoding/binary"
	"fmt"
	"math"

	"terrane/geom"
)

// The lengths of Data in ImprovedTerseObjectUpdate.
const (
	PrimTerseSize   = 44
	AvatarTerseSize = 60
)

// The bounds of numbers that are sent in 16 bits: from minus the bound to the bound.
const (
	velocityBound = 128 // metres a second
	quarterBound  = 64  // accelerations and angular velocities
	rotationBound = 1
)

// Terse is a Data of ImprovedTerseObjectUpdate: where an object that the viewer knows has moved to.
type Terse struct {
	LocalID uint32
	// State is an attachment's point, by AttachmentState, and an avatar's or prim's own otherwise.
	State uint8
	// Avatar says that there is a Plane, as in AppendAvatarData.
	Avatar bool
	Plane  geom.Vec4
	// Motion is exact in its Position alone. The rest goes in 16 bits a number: velocities in
	// steps of 4 mm/s up to 128 m/s, accelerations and angular velocities in steps of 0.002 up to
	// 64, parts of the rotation in steps of 1/32768. What is beyond is sent as the bound.
	Motion
}

// AppendTerse appends the 44 bytes of a prim, or the 60 of an avatar, to dst.
func AppendTerse(dst []byte, t *Terse) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, t.LocalID)
	dst = append(dst, t.State)
	if t.Avatar {
		dst = appendPlane(append(dst, 1), t.Plane)
	} else {
		dst = append(dst, 0)
	}
	dst = appendVec3(dst, t.Position)
	dst = appendShorts(dst, t.Velocity, velocityBound)
	dst = appendShorts(dst, t.Acceleration, quarterBound)
	q := upward(t.Rotation)
	dst = appendShorts(dst, geom.Vec3{X: q.X, Y: q.Y, Z: q.Z}, rotationBound)
	dst = appendShort(dst, q.W, rotationBound)
	return appendShorts(dst, t.AngularVelocity, quarterBound)
}

// ParseTerse reads a Data of 44 or 60 bytes. Like the official viewer it reads a number nearer to
// zero than one step as zero.
func ParseTerse(data []byte) (Terse, error) {
	r := reader{data: data}
	t := Terse{LocalID: r.u32(), State: r.u8(), Avatar: r.u8() != 0}
	if t.Avatar {
		t.Plane = r.vec4()
	}
	t.Position = r.vec3()
	t.Velocity = r.shorts(velocityBound)
	t.Acceleration = r.shorts(quarterBound)
	turn := r.shorts(rotationBound)
	t.Rotation = geom.Quat{X: turn.X, Y: turn.Y, Z: turn.Z, W: r.short(rotationBound)}
	t.AngularVelocity = r.shorts(quarterBound)
	if r.failed || len(r.data) > 0 {
		return Terse{}, fmt.Errorf("terse update of %d bytes", len(data))
	}
	return t, nil
}

// AppendTerseTexture appends the TextureEntry of ImprovedTerseObjectUpdate to dst, in which the
// entry's length comes first; nothing stays nothing, which leaves the viewer's textures as they are.
func AppendTerseTexture(dst, entry []byte) []byte {
	if len(entry) == 0 {
		return dst
	}
	return appendCounted(dst, entry)
}

// ParseTerseTexture returns the entry in the TextureEntry of ImprovedTerseObjectUpdate. It is a part
// of data, empty when there is none.
func ParseTerseTexture(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	r := reader{data: data}
	entry := r.counted()
	if r.failed {
		return nil, fmt.Errorf("terse texture entry: %w", errTruncated)
	}
	return entry, nil
}

// counted takes bytes that come after their number as a U32.
func (r *reader) counted() []byte {
	n := r.u32()
	if uint64(n) > uint64(len(r.data)) {
		r.failed = true
		return nil
	}
	return r.take(int(n))
}

func appendShorts(dst []byte, v geom.Vec3, bound float64) []byte {
	return appendShort(appendShort(appendShort(dst, v.X, bound), v.Y, bound), v.Z, bound)
}

// appendShort appends v as a U16 over -bound to bound. Half a step is rounded down, so that zero is
// 0x7FFF as it is in OpenSimulator; what is no number is sent as zero.
func appendShort(dst []byte, v float32, bound float64) []byte {
	if v != v {
		v = 0
	}
	steps := (min(max(float64(v), -bound), bound) + bound) / (2 * bound) * math.MaxUint16
	return binary.LittleEndian.AppendUint16(dst, uint16(math.Ceil(steps-0.5)))
}

func (r *reader) shorts(bound float64) geom.Vec3 {
	return geom.Vec3{X: r.short(bound), Y: r.short(bound), Z: r.short(bound)}
}

func (r *reader) short(bound float64) float32 {
	const step = 2.0 / math.MaxUint16
	v := float64(r.u16())*step - 1
	if math.Abs(v) < step {
		return 0
	}
	return float32(v * bound)
}
