// Package geom has the vectors, rotations and boxes of the world.
//
// Lengths are metres, angles radians. Axes are the region's: x east, y north, z up. The text forms
// are the ones OpenSimulator writes between its services: "<1, 2.5, 3>".
package geom

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Vec3 is a position, direction, velocity or size.
type Vec3 struct{ X, Y, Z float32 }

// Vec3d is a Vec3 in double precision: a position counted from the corner of the grid.
type Vec3d struct{ X, Y, Z float64 }

// Vec4 is four numbers, as the collision plane of an avatar (normal and distance).
type Vec4 struct{ X, Y, Z, W float32 }

// Add returns v + u.
func (v Vec3) Add(u Vec3) Vec3 { return Vec3{v.X + u.X, v.Y + u.Y, v.Z + u.Z} }

// Sub returns v - u.
func (v Vec3) Sub(u Vec3) Vec3 { return Vec3{v.X - u.X, v.Y - u.Y, v.Z - u.Z} }

// Mul returns v with every part multiplied by f.
func (v Vec3) Mul(f float32) Vec3 { return Vec3{v.X * f, v.Y * f, v.Z * f} }

// Dot returns the scalar product.
func (v Vec3) Dot(u Vec3) float32 { return v.X*u.X + v.Y*u.Y + v.Z*u.Z }

// Cross returns the vector product.
func (v Vec3) Cross(u Vec3) Vec3 {
	return Vec3{v.Y*u.Z - v.Z*u.Y, v.Z*u.X - v.X*u.Z, v.X*u.Y - v.Y*u.X}
}

// Len2 is the square of the length.
func (v Vec3) Len2() float32 { return v.Dot(v) }

// Len is the length.
func (v Vec3) Len() float32 { return float32(math.Sqrt(float64(v.Len2()))) }

// Distance is how far v and u are apart.
func (v Vec3) Distance(u Vec3) float32 { return v.Sub(u).Len() }

// Norm returns v with length 1, or zero when v has no direction.
func (v Vec3) Norm() Vec3 {
	l := v.Len()
	if l < 1e-6 {
		return Vec3{}
	}
	return v.Mul(1 / l)
}

// Finite reports whether no part is NaN or infinite: what a viewer sends may be either.
func (v Vec3) Finite() bool { return finite(v.X) && finite(v.Y) && finite(v.Z) }

// String writes "<1, 2.5, 3>".
func (v Vec3) String() string { return "<" + num(v.X) + ", " + num(v.Y) + ", " + num(v.Z) + ">" }

// ParseVec3 reads "<1, 2.5, 3>", with or without blanks and brackets. NaN and infinities are errors.
func ParseVec3(s string) (Vec3, error) {
	n, err := parse(s, 3)
	if err != nil {
		return Vec3{}, fmt.Errorf("vector %q: %w", s, err)
	}
	return Vec3{n[0], n[1], n[2]}, nil
}

// Quat is a rotation. The zero Quat is no rotation at all and is read as Identity by Norm.
type Quat struct{ X, Y, Z, W float32 }

// Identity turns nothing.
var Identity = Quat{W: 1}

// AboutZ turns by angle counter-clockwise as seen from above.
func AboutZ(angle float32) Quat {
	s, c := math.Sincos(float64(angle) / 2)
	return Quat{Z: float32(s), W: float32(c)}
}

// Norm returns q with length 1; what has no length or is not finite becomes Identity.
func (q Quat) Norm() Quat {
	l := float32(math.Sqrt(float64(q.X*q.X + q.Y*q.Y + q.Z*q.Z + q.W*q.W)))
	if l < 1e-6 || !finite(l) {
		return Identity
	}
	return Quat{q.X / l, q.Y / l, q.Z / l, q.W / l}
}

// Mul returns the rotation that turns by r first and then by q.
func (q Quat) Mul(r Quat) Quat {
	return Quat{
		X: q.W*r.X + q.X*r.W + q.Y*r.Z - q.Z*r.Y,
		Y: q.W*r.Y - q.X*r.Z + q.Y*r.W + q.Z*r.X,
		Z: q.W*r.Z + q.X*r.Y - q.Y*r.X + q.Z*r.W,
		W: q.W*r.W - q.X*r.X - q.Y*r.Y - q.Z*r.Z,
	}
}

// Conj returns the opposite rotation of a q of length 1.
func (q Quat) Conj() Quat { return Quat{-q.X, -q.Y, -q.Z, q.W} }

// Turn returns v turned by q.
func (q Quat) Turn(v Vec3) Vec3 {
	u := Vec3{q.X, q.Y, q.Z}
	t := u.Cross(v).Mul(2)
	return v.Add(t.Mul(q.W)).Add(u.Cross(t))
}

// Heading is the angle about z at which q looks, 0 east, counter-clockwise, in (-π, π].
func (q Quat) Heading() float32 {
	f := q.Turn(Vec3{X: 1})
	return float32(math.Atan2(float64(f.Y), float64(f.X)))
}

// Finite reports whether no part is NaN or infinite.
func (q Quat) Finite() bool { return finite(q.X) && finite(q.Y) && finite(q.Z) && finite(q.W) }

// String writes "<x, y, z, w>".
func (q Quat) String() string {
	return "<" + num(q.X) + ", " + num(q.Y) + ", " + num(q.Z) + ", " + num(q.W) + ">"
}

// ParseQuat reads "<x, y, z, w>".
func ParseQuat(s string) (Quat, error) {
	n, err := parse(s, 4)
	if err != nil {
		return Quat{}, fmt.Errorf("rotation %q: %w", s, err)
	}
	return Quat{n[0], n[1], n[2], n[3]}, nil
}

// Box is an upright box; Max is inside it.
type Box struct{ Min, Max Vec3 }

// Contains reports whether p is in b.
func (b Box) Contains(p Vec3) bool {
	return p.X >= b.Min.X && p.Y >= b.Min.Y && p.Z >= b.Min.Z && p.X <= b.Max.X && p.Y <= b.Max.Y && p.Z <= b.Max.Z
}

// Clamp returns the point of b nearest to p.
func (b Box) Clamp(p Vec3) Vec3 {
	return Vec3{
		min(max(p.X, b.Min.X), b.Max.X),
		min(max(p.Y, b.Min.Y), b.Max.Y),
		min(max(p.Z, b.Min.Z), b.Max.Z),
	}
}

func finite(f float32) bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

func num(f float32) string { return strconv.FormatFloat(float64(f), 'f', -1, 32) }

func parse(s string, n int) ([4]float32, error) {
	var out [4]float32
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<"), ">")
	parts := strings.Split(s, ",")
	if len(parts) != n {
		return out, fmt.Errorf("%d numbers where %d belong", len(parts), n)
	}
	for i, p := range parts {
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 32)
		if err != nil || !finite(float32(f)) {
			return out, fmt.Errorf("%q is not a finite number", p)
		}
		out[i] = float32(f)
	}
	return out, nil
}
