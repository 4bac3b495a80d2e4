package prim

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"

	"terrane/geom"

	"pgregory.net/rapid"
)

// unhex reads golden bytes; blanks in them are for the reader.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(bytes.Join(bytes.Fields([]byte(text)), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	zero12 = "00000000 00000000 00000000 "

	// avatarArrived and avatarStands are ObjectData that OpenSimulator 0.9.2.2 sends of an avatar, when it has
	// just come and when it stands; boxRezzed is that of a box.
	avatarArrived = "00000000 00000000 00000000 0000803f 00000043 00000043 15aecf41" + zero12 + zero12 +
		"00000000 00000000 2aa6ad3c" + zero12
	avatarStands = "4ad623bc eacf23bc 73f97f3f f0bdb341 92ffff42 92ffff42 6b98cf41" + zero12 + zero12 + zero12 + zero12
	boxRezzed    = "26540343 aff4ff42 3720e241" + zero12 + zero12 + zero12 + zero12
)

func TestObjectDataOfOpenSimulator(t *testing.T) {
	for name, row := range map[string]struct {
		data     string
		length   int
		position geom.Vec3
		heading  float32
	}{
		"an avatar arrives": {avatarArrived, AvatarDataSize, geom.Vec3{X: 128, Y: 128, Z: 25.960001}, 0.0424},
		"an avatar stands":  {avatarStands, AvatarDataSize, geom.Vec3{X: 127.99916, Y: 127.99916, Z: 25.949423}, 0},
		"a box is rezzed":   {boxRezzed, PrimDataSize, geom.Vec3{X: 131.32870, Y: 127.97790, Z: 28.265730}, 0},
	} {
		want := unhex(t, row.data)
		if len(want) != row.length {
			t.Fatalf("%s: %d bytes", name, len(want))
		}
		plane, m, err := ParseObjectData(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m.Position.Distance(row.position) > 1e-3 || math.Abs(float64(m.Rotation.Heading()-row.heading)) > 1e-3 {
			t.Errorf("%s is read at %v, heading %v", name, m.Position, m.Rotation.Heading())
		}
		got := AppendPrimData(nil, m)
		if row.length == AvatarDataSize {
			got = AppendAvatarData(nil, plane, m)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is written as %x, not %x", name, got, want)
		}
	}
}

func TestAvatarOnNothingHasTheEmptyPlane(t *testing.T) {
	plane, _, err := ParseObjectData(AppendAvatarData(nil, geom.Vec4{}, Motion{}))
	if plane != NoPlane || err != nil {
		t.Errorf("the plane is %v, %v", plane, err)
	}
}

func TestObjectDataOfAnotherLengthIsRefused(t *testing.T) {
	for _, n := range []int{0, 32, 59, 61, 75, 77, 140} {
		if _, m, err := ParseObjectData(make([]byte, n)); err == nil {
			t.Errorf("%d bytes are read as %+v", n, m)
		}
	}
}

func vectors(bound float32) *rapid.Generator[geom.Vec3] {
	part := rapid.Float32Range(-bound, bound)
	return rapid.Custom(func(t *rapid.T) geom.Vec3 {
		return geom.Vec3{X: part.Draw(t, "x"), Y: part.Draw(t, "y"), Z: part.Draw(t, "z")}
	})
}

func rotations() *rapid.Generator[geom.Quat] {
	part := rapid.Float32Range(-1, 1)
	return rapid.Custom(func(t *rapid.T) geom.Quat {
		return geom.Quat{X: part.Draw(t, "x"), Y: part.Draw(t, "y"), Z: part.Draw(t, "z"), W: part.Draw(t, "w")}.Norm()
	})
}

func motions() *rapid.Generator[Motion] {
	return rapid.Custom(func(t *rapid.T) Motion {
		return Motion{
			Position:        vectors(1e4).Draw(t, "position"),
			Velocity:        vectors(velocityBound).Draw(t, "velocity"),
			Acceleration:    vectors(quarterBound).Draw(t, "acceleration"),
			Rotation:        rotations().Draw(t, "rotation"),
			AngularVelocity: vectors(quarterBound).Draw(t, "angular velocity"),
		}
	})
}

// sameTurn reports whether two rotations turn alike, within what they lose on the wire.
func sameTurn(p, q geom.Quat) bool {
	alike := p.X*q.X + p.Y*q.Y + p.Z*q.Z + p.W*q.W
	return math.Abs(float64(alike)) > 0.9999
}

func TestMotionsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := motions().Draw(t, "motion")
		plane := geom.Vec4{Z: 1, W: rapid.Float32Range(0, 100).Draw(t, "ground")}
		gotPlane, got, err := ParseObjectData(AppendAvatarData(nil, plane, m))
		if err != nil || gotPlane != plane || !sameTurn(got.Rotation, m.Rotation) || got.Rotation.W < 0 {
			t.Fatalf("%+v %+v came back as %+v %+v, %v", plane, m, gotPlane, got, err)
		}
		if got.Rotation = m.Rotation; got != m {
			t.Fatalf("%+v came back as %+v", m, got)
		}
	})
}

func FuzzParseObjectData(f *testing.F) {
	f.Add(unhex(f, avatarArrived))
	f.Add(unhex(f, avatarStands))
	f.Add(unhex(f, boxRezzed))
	f.Fuzz(func(t *testing.T, data []byte) {
		plane, m, err := ParseObjectData(data)
		if err != nil {
			return
		}
		again := AppendPrimData(nil, m)
		if len(data) == AvatarDataSize {
			again = AppendAvatarData(nil, plane, m)
		}
		if len(again) != len(data) {
			t.Fatalf("%x is written as %x", data, again)
		}
	})
}
