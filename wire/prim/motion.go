package prim

import (
	"fmt"

	"terrane/geom"
)

// The lengths of ObjectData: an avatar's has a collision plane before the rest.
const (
	PrimDataSize   = 60
	AvatarDataSize = 76
)

// Motion is where an object is and how it moves.
type Motion struct {
	// Position is in metres from the region's corner, or from the parent for what has one.
	Position geom.Vec3
	// Velocity is in metres a second, Acceleration in metres a second squared.
	Velocity, Acceleration geom.Vec3
	// Rotation is normalised as it is sent; the zero Quat turns nothing.
	Rotation geom.Quat
	// AngularVelocity is in radians a second about each axis.
	AngularVelocity geom.Vec3
}

// NoPlane is the collision plane of an avatar that stands on nothing.
var NoPlane = geom.Vec4{W: 1}

// AppendPrimData appends the 60 bytes of a prim's ObjectData.
func AppendPrimData(dst []byte, m Motion) []byte {
	dst = appendVec3(dst, m.Position)
	dst = appendVec3(dst, m.Velocity)
	dst = appendVec3(dst, m.Acceleration)
	dst = appendQuat(dst, m.Rotation)
	return appendVec3(dst, m.AngularVelocity)
}

// AppendAvatarData appends the 76 bytes of an avatar's ObjectData. Plane is the normal of what the
// avatar stands on and its distance from the region's corner; zero is sent as NoPlane.
func AppendAvatarData(dst []byte, plane geom.Vec4, m Motion) []byte {
	return AppendPrimData(appendPlane(dst, plane), m)
}

func appendPlane(dst []byte, plane geom.Vec4) []byte {
	if plane == (geom.Vec4{}) {
		plane = NoPlane
	}
	dst = appendF32(dst, plane.X)
	dst = appendF32(dst, plane.Y)
	dst = appendF32(dst, plane.Z)
	return appendF32(dst, plane.W)
}

// ParseObjectData reads an ObjectData of 60 or 76 bytes; the plane is zero when it has none.
func ParseObjectData(data []byte) (plane geom.Vec4, m Motion, err error) {
	r := reader{data: data}
	switch len(data) {
	case AvatarDataSize:
		plane = r.vec4()
	case PrimDataSize:
	default:
		return plane, m, fmt.Errorf("object data of %d bytes", len(data))
	}
	m.Position = r.vec3()
	m.Velocity = r.vec3()
	m.Acceleration = r.vec3()
	m.Rotation = r.quat()
	m.AngularVelocity = r.vec3()
	return plane, m, nil
}
