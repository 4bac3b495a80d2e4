package prim

import (
	"bytes"
	"math"
	"testing"

	"terrane/geom"

	"pgregory.net/rapid"
)

const still = "ff7fff7fff7f "

// avatarTerse is how OpenSimulator 0.9.2.2 sends an avatar that stands, and avatarTurned one that
// has turned a little to the left.
const (
	avatarTerse = "9b349230 00 01 4ad623bc eacf23bc 73f97f3f f0bdb341 92ffff42 92ffff42 5b59d041" + still + still +
		"ff7fff7fff7fffff" + still
	avatarTurned = "859d3319 00 01 1811803d c4f32d3b 837f7f3f 82cf0542 26540343 aff4ff42 3720d041" + still + still +
		"ff7fff7fb582f7ff" + still
)

// primTerse is a prim on the right hand of an avatar, by the layout: the same without a plane.
const primTerse = "879d3319 60 00 0000003f 0000003f 0000003f" + still + still + "ff7fff7fff7fffff" + still

func TestInvariant17_GoldenTerseUpdates(t *testing.T) {
	for name, row := range map[string]struct {
		data   string
		length int
		want   Terse
	}{
		"OpenSimulator's avatar": {avatarTerse, AvatarTerseSize, Terse{
			LocalID: 0x3092349b, Avatar: true,
			Plane: geom.Vec4{X: -0.009999821, Y: -0.009998301, Z: 0.99990004, W: 22.467743},
			Motion: Motion{
				Position: geom.Vec3{X: 127.99916, Y: 127.99916, Z: 26.04363}, Rotation: geom.Identity,
			},
		}},
		"an attached prim": {primTerse, PrimTerseSize, Terse{
			LocalID: 0x19339d87, State: AttachmentState(6),
			Motion: Motion{Position: geom.Vec3{X: 0.5, Y: 0.5, Z: 0.5}, Rotation: geom.Identity},
		}},
	} {
		data := unhex(t, row.data)
		got, err := ParseTerse(data)
		if err != nil || len(data) != row.length || got != row.want {
			t.Errorf("%s, %d bytes, is read as %+v, %v", name, len(data), got, err)
		}
		if again := AppendTerse(nil, &got); !bytes.Equal(again, data) {
			t.Errorf("%s is written as %x, not %x", name, again, data)
		}
	}
	turned, err := ParseTerse(unhex(t, avatarTurned))
	if err != nil || math.Abs(float64(turned.Rotation.Heading())-0.0424) > 1e-3 {
		t.Errorf("a turned avatar looks to %v, %v", turned.Rotation.Heading(), err)
	}
}

func TestWhatIsBeyondTheBoundsIsSentAsTheBound(t *testing.T) {
	nan := float32(math.NaN())
	got, err := ParseTerse(AppendTerse(nil, &Terse{Motion: Motion{
		Velocity:        geom.Vec3{X: 500, Y: -500, Z: nan},
		Acceleration:    geom.Vec3{X: 65, Y: float32(math.Inf(-1))},
		AngularVelocity: geom.Vec3{Z: 1e30},
	}}))
	want := Terse{Motion: Motion{
		Velocity:        geom.Vec3{X: 128, Y: -128},
		Acceleration:    geom.Vec3{X: 64, Y: -64},
		Rotation:        geom.Identity,
		AngularVelocity: geom.Vec3{Z: 64},
	}}
	if err != nil || got != want {
		t.Errorf("read as %+v, %v", got, err)
	}
}

func TestTerseUpdatesComeBackWithinAStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := Terse{
			LocalID: rapid.Uint32().Draw(t, "local id"),
			State:   rapid.Uint8().Draw(t, "state"),
			Avatar:  rapid.Bool().Draw(t, "avatar"),
			Motion:  motions().Draw(t, "motion"),
		}
		if sent.Avatar {
			sent.Plane = geom.Vec4{Z: 1, W: 21}
		}
		got, err := ParseTerse(AppendTerse(nil, &sent))
		switch {
		case err != nil:
			t.Fatal(err)
		case got.LocalID != sent.LocalID, got.State != sent.State, got.Avatar != sent.Avatar, got.Plane != sent.Plane,
			got.Position != sent.Position, !sameTurn(got.Rotation, sent.Rotation):
			t.Fatalf("%+v came back as %+v", sent, got)
		case apart(got.Velocity, sent.Velocity) > 256.0/65535,
			apart(got.Acceleration, sent.Acceleration) > 128.0/65535,
			apart(got.AngularVelocity, sent.AngularVelocity) > 128.0/65535:
			t.Fatalf("%+v came back as %+v", sent.Motion, got.Motion)
		}
	})
}

// apart is the largest difference between parts of two vectors.
func apart(v, u geom.Vec3) float64 {
	d := v.Sub(u)
	return max(math.Abs(float64(d.X)), math.Abs(float64(d.Y)), math.Abs(float64(d.Z)))
}

func TestEitherZeroIsReadAsZero(t *testing.T) {
	for _, bits := range []string{"ff7f", "0080"} {
		r := reader{data: unhex(t, bits)}
		if v := r.short(velocityBound); v != 0 {
			t.Errorf("%s is read as %v", bits, v)
		}
	}
}

func TestTerseTextures(t *testing.T) {
	entry := []byte("an entry")
	data := AppendTerseTexture(nil, entry)
	if got, err := ParseTerseTexture(data); err != nil || !bytes.Equal(got, entry) {
		t.Errorf("%x is read as %q, %v", data, got, err)
	}
	if data := AppendTerseTexture(nil, nil); len(data) != 0 {
		t.Errorf("nothing is written as %x", data)
	}
	if got, err := ParseTerseTexture(nil); err != nil || len(got) != 0 {
		t.Errorf("nothing is read as %q, %v", got, err)
	}
	for _, cut := range []int{3, len(data) - 1} {
		if got, err := ParseTerseTexture(data[:cut]); err == nil {
			t.Errorf("%x is read as %q", data[:cut], got)
		}
	}
}

func TestAppendingATerseUpdateAllocatesNothing(t *testing.T) {
	avatar := Terse{LocalID: 1, Avatar: true, Plane: NoPlane, Motion: Motion{Rotation: geom.AboutZ(1)}}
	buf := make([]byte, 0, AvatarTerseSize)
	if n := testing.AllocsPerRun(100, func() { AppendTerse(buf, &avatar) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseTerse(f *testing.F) {
	f.Add(unhex(f, avatarTerse))
	f.Add(unhex(f, avatarTurned))
	f.Add(unhex(f, primTerse))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseTerse(data)
		if err != nil {
			return
		}
		if again := AppendTerse(nil, &got); len(again) != len(data) {
			t.Fatalf("%x is written as %x", data, again)
		}
	})
}

func BenchmarkAppendTerse(b *testing.B) {
	avatar := Terse{LocalID: 1, Avatar: true, Plane: NoPlane, Motion: Motion{
		Position: geom.Vec3{X: 128, Y: 128, Z: 25}, Velocity: geom.Vec3{X: 3.2}, Rotation: geom.AboutZ(1),
	}}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendTerse(buf[:0], &avatar)
	}
}
