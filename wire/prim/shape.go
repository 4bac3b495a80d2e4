package prim

import (
	"encoding/binary"
	"math"
)

// Shape is the path and profile of a prim in the wire's numbers, which are those of ObjectUpdate,
// ObjectShape, ObjectAdd and object assets as well. The functions of this file say what they mean.
type Shape struct {
	// PathCurve is LinePath, CirclePath, Circle2Path, or one of them with FlexiblePath.
	PathCurve uint8
	// ProfileCurve is a profile in its low half and the shape of the hole in its high one.
	ProfileCurve uint8

	PathBegin              uint16 // Begin
	PathEnd                uint16 // End
	PathScaleX, PathScaleY uint8  // Scale
	// PathShearX and PathShearY are Hundredths, of the byte as an int8.
	PathShearX, PathShearY uint8
	// The twists are Hundredths: of half a turn along a line, of a turn along a circle.
	PathTwist, PathTwistBegin int8
	PathRadiusOffset          int8  // Hundredths
	PathTaperX, PathTaperY    int8  // Hundredths
	PathRevolutions           uint8 // Revolutions
	PathSkew                  int8  // Hundredths

	ProfileBegin  uint16 // Begin
	ProfileEnd    uint16 // End
	ProfileHollow uint16 // Begin
}

// The curves of paths.
const (
	LinePath     = 0x10
	CirclePath   = 0x20
	Circle2Path  = 0x30
	FlexiblePath = 0x80
)

// The profiles, and the holes, of which SameHole is shaped as the profile.
const (
	CircleProfile        = 0
	SquareProfile        = 1
	IsoTriangleProfile   = 2
	EquilTriangleProfile = 3
	RightTriangleProfile = 4
	HalfCircleProfile    = 5

	SameHole     = 0x00
	CircleHole   = 0x10
	SquareHole   = 0x20
	TriangleHole = 0x30
)

// Box is the shape of a new box.
func Box() Shape {
	return Shape{
		PathCurve: LinePath, ProfileCurve: SquareProfile,
		PathScaleX: ScaleQuanta(1), PathScaleY: ScaleQuanta(1),
	}
}

// cutQuanta is how many steps there are from 0 to 1 in cuts and hollows.
const cutQuanta = 50000

// Begin is the place where a cut begins, or the hollow: 0 to 1.
func Begin(quanta uint16) float32 { return float32(quanta) / cutQuanta }

// BeginQuanta is the nearest to v that Begin can give back.
func BeginQuanta(v float32) uint16 { return uint16(quanta(v, cutQuanta, 0, 0, cutQuanta)) }

// End is the place where a cut ends: 1 for a quanta of 0, down to 0.
func End(quanta uint16) float32 { return (cutQuanta - float32(quanta)) / cutQuanta }

// EndQuanta is the nearest to v that End can give back.
func EndQuanta(v float32) uint16 { return uint16(quanta(v, -cutQuanta, cutQuanta, 0, cutQuanta)) }

// Scale is the size of a path's far end, or of a torus's hole, against the prim: 1 for 100, 0 for
// 200, 2 for 0.
func Scale(quanta uint8) float32 { return (200 - float32(quanta)) / 100 }

// ScaleQuanta is the nearest to v that Scale can give back.
func ScaleQuanta(v float32) uint8 { return uint8(quanta(v, -100, 200, 0, 200)) }

// Hundredths is what shears, twists, tapers, skews and radius offsets are: -1 to 1, or somewhat
// beyond.
func Hundredths(quanta int8) float32 { return float32(quanta) / 100 }

// HundredthsQuanta is the nearest to v that Hundredths can give back.
func HundredthsQuanta(v float32) int8 {
	return int8(quanta(v, 100, 0, math.MinInt8, math.MaxInt8))
}

// Revolutions is how often a path goes round: 1 to 4 in steps of 0.015.
func Revolutions(quanta uint8) float32 { return 1 + float32(quanta)*0.015 }

// RevolutionsQuanta is the nearest to v that Revolutions can give back, up to 4.
func RevolutionsQuanta(v float32) uint8 { return uint8(quanta(v-1, 1/0.015, 0, 0, 200)) }

// quanta is v in steps, rounded and kept within low and high. What is no number is as 0.
func quanta(v float32, steps, zero, low, high float64) int {
	if v != v {
		v = 0
	}
	return int(math.Round(min(max(float64(v)*steps+zero, low), high)))
}

// appendShape appends the 23 bytes that a Shape takes in ObjectUpdateCompressed.
func appendShape(dst []byte, s *Shape) []byte {
	dst = append(dst, s.PathCurve)
	dst = binary.LittleEndian.AppendUint16(dst, s.PathBegin)
	dst = binary.LittleEndian.AppendUint16(dst, s.PathEnd)
	dst = append(dst, s.PathScaleX, s.PathScaleY, s.PathShearX, s.PathShearY)
	dst = append(dst, uint8(s.PathTwist), uint8(s.PathTwistBegin), uint8(s.PathRadiusOffset))
	dst = append(dst, uint8(s.PathTaperX), uint8(s.PathTaperY), s.PathRevolutions, uint8(s.PathSkew))
	dst = append(dst, s.ProfileCurve)
	dst = binary.LittleEndian.AppendUint16(dst, s.ProfileBegin)
	dst = binary.LittleEndian.AppendUint16(dst, s.ProfileEnd)
	return binary.LittleEndian.AppendUint16(dst, s.ProfileHollow)
}

func (r *reader) shape() (s Shape) {
	s.PathCurve = r.u8()
	s.PathBegin, s.PathEnd = r.u16(), r.u16()
	s.PathScaleX, s.PathScaleY, s.PathShearX, s.PathShearY = r.u8(), r.u8(), r.u8(), r.u8()
	s.PathTwist, s.PathTwistBegin, s.PathRadiusOffset = int8(r.u8()), int8(r.u8()), int8(r.u8())
	s.PathTaperX, s.PathTaperY = int8(r.u8()), int8(r.u8())
	s.PathRevolutions, s.PathSkew = r.u8(), int8(r.u8())
	s.ProfileCurve = r.u8()
	s.ProfileBegin, s.ProfileEnd, s.ProfileHollow = r.u16(), r.u16(), r.u16()
	return s
}
