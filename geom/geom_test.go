package geom

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestTextFormsComeBack(t *testing.T) {
	part := rapid.Float32Range(-1e6, 1e6)
	rapid.Check(t, func(t *rapid.T) {
		v := Vec3{part.Draw(t, "x"), part.Draw(t, "y"), part.Draw(t, "z")}
		back, err := ParseVec3(v.String())
		if err != nil || back != v {
			t.Fatalf("%v came back as %v, %v", v, back, err)
		}
	})
}

func TestWhatIsNoVectorIsRefused(t *testing.T) {
	for _, s := range []string{"", "<1,2>", "<1,2,3,4>", "<a, 1, 2>", "<NaN, 1, 2>", "<1, +Inf, 2>"} {
		if v, err := ParseVec3(s); err == nil {
			t.Errorf("%q was read as %v", s, v)
		}
	}
}

func TestTurningByTwoRotationsIsTurningByTheirProduct(t *testing.T) {
	angle := rapid.Float32Range(-math.Pi, math.Pi)
	rapid.Check(t, func(t *rapid.T) {
		a := AboutZ(angle.Draw(t, "a"))
		b := Quat{X: float32(math.Sin(0.4)), W: float32(math.Cos(0.4))}
		v := Vec3{1, 2, 3}
		if d := a.Mul(b).Turn(v).Distance(a.Turn(b.Turn(v))); d > 1e-4 {
			t.Fatalf("apart by %v", d)
		}
	})
}

func TestHeadingIsTheAngleAboutZ(t *testing.T) {
	for _, a := range []float32{0, 1, -2, 3} {
		if got := AboutZ(a).Heading(); math.Abs(float64(got-a)) > 1e-5 {
			t.Errorf("heading of a turn by %v is %v", a, got)
		}
	}
}

func TestWhatHasNoLengthIsNoRotation(t *testing.T) {
	for _, q := range []Quat{{}, {X: float32(math.NaN())}, {W: float32(math.Inf(1))}} {
		if q.Norm() != Identity {
			t.Errorf("%v became %v", q, q.Norm())
		}
	}
}
