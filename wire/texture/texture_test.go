package texture

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"testing"

	"github.com/google/uuid"
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

func parse(t testing.TB, data []byte) Entry {
	t.Helper()
	e, err := Parse(data)
	if err != nil {
		t.Fatalf("%x: %v", data, err)
	}
	return e
}

// noBakes is how OpenSimulator 0.9.2.2 sends an avatar that has not been baked, in AvatarAppearance.
const noBakes = `c228d1cf4b5d4ba884f4899a0796aa97 00 00000000 00 0000803f 00 0000803f 00
	0000 00 0000 00 0000 00 00 00 00 00 00 00 00000000000000000000000000000000 00`

// baked is what libopenmetaverse, in the shape of pCampBot, sends in AgentSetAppearance.
const baked = `
c228d1cf4b5d4ba884f4899a0796aa978480808080800091ff36d42a404436933cdee56c2e56d582808080808000a1b8605da05e44
e492ccf41d73eb1cde8180808080800073a3766b8f044f8fb2d4c986bada01c0c080808080000f9c9674d0664e0791b1af9fb2c62d2ba0
8080808000e44b1853812f439c8a9ea364c41827cdc08000dfb7b2ccd43e4af89a8192ab5e7b30aa9000691c6a3c05aa48d18e4b749924
ca009f880022bde7b49f014d129df6b9cdfcbed3768400cb7123b2f47d4624b2b323b6ca0dbe5f8200bc8e45bf9f094879a731ed964e37
9e7a40000000000000111199990000000000112000000000000011119999000000000010107ca39b4cbd194699aff7f93fd03d3e7b0865
22e74d16604e7fb6016f48c1659a77065748deccf629461c9a36a35a221fe21f0100000000000011119999000000000012000000000000
0000803f000000803f000000000000000000000000000000000000000000000000000000000000000000`

func TestAvatarWithoutBakes(t *testing.T) {
	want := unhex(t, noBakes)
	if len(want) != 64 {
		t.Fatalf("%d bytes", len(want))
	}
	e := parse(t, want)
	if e.Default != Plain(DefaultAvatar) || len(e.Faces) != 0 {
		t.Errorf("read as %+v", e)
	}
	if got := e.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("written as %x, not %x", got, want)
	}
	for b := range Bake(BakeCount) {
		if id, ok := e.Bake(b); ok {
			t.Errorf("bake %d is %v", b, id)
		}
	}
}

func TestAvatarWithBakes(t *testing.T) {
	want := unhex(t, baked)
	e := parse(t, want)
	for b, id := range map[Bake]string{
		BakeHead:    "bc8e45bf-9f09-4879-a731-ed964e379e7a",
		BakeUpper:   "cb7123b2-f47d-4624-b2b3-23b6ca0dbe5f",
		BakeLower:   "22bde7b4-9f01-4d12-9df6-b9cdfcbed376",
		BakeHair:    "dfb7b2cc-d43e-4af8-9a81-92ab5e7b30aa",
		BakeLeftArm: "e44b1853-812f-439c-8a9e-a364c41827cd",
		BakeAux3:    "91ff36d4-2a40-4436-933c-dee56c2e56d5",
	} {
		if got, ok := e.Bake(b); !ok || got.String() != id {
			t.Errorf("bake %d is %v, not %s", b, got, id)
		}
	}
	if id, ok := e.Bake(BakeSkirt); ok {
		t.Errorf("the skirt is %v", id)
	}
	if got := e.Face(int(HeadBodypaint)).Texture; got.String() != "00000000-0000-1111-9999-000000000012" {
		t.Errorf("the skin's texture is %v", got)
	}
	if got := e.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("written as %x, not %x", got, want)
	}
}

func TestBakesAreTheBakedFaces(t *testing.T) {
	want := []Index{8, 9, 10, 11, 19, 20, 40, 41, 42, 43, 44}
	for b := range Bake(BakeCount) {
		if b.Index() != want[b] {
			t.Errorf("bake %d is face %d, not %d", b, b.Index(), want[b])
		}
	}
	if want[BakeCount-1] != MaxFaces-1 {
		t.Errorf("the last bake is not the last face")
	}
}

// properties is a face with each property of the wire at its place.
const properties = `
	00000000000000000000000000000001 02 000000000000000000000000000000aa 00
	00000000 8100 ff7f0040 00
	0000803f 01 00000040 00
	0000803f 00
	0000 00
	ff7f 02 0180 00
	0000 01 0040 00
	00 01 e3 00
	00 01 07 00
	00 01 33 00
	00000000000000000000000000000000 01 000000000000000000000000000000bb 00`

func TestPropertiesOfAFace(t *testing.T) {
	e := parse(t, unhex(t, properties))
	whole := e.Default
	if whole.Texture[15] != 1 || whole.Color != White || whole.RepeatU != 1 || whole.OffsetV != 1 {
		t.Errorf("the default is %+v", whole)
	}
	first, second, eighth := e.Face(0), e.Face(1), e.Face(7)
	switch {
	case first.RepeatU != 2, math.Abs(float64(first.Rotation)-math.Pi) > 1e-6, first.Material[15] != 0xBB:
		t.Errorf("face 0 is %+v", first)
	case first.Surface != NewSurface(3, 3, true), first.Surface.Bump() != 3, first.Surface.Shiny() != 3, !first.Surface.FullBright():
		t.Errorf("the surface of face 0 is %#x", first.Surface)
	case first.Media&HasMedia == 0, first.Media&MappingMask != 6, math.Abs(float64(first.Glow)-0.2) > 1e-6:
		t.Errorf("face 0 is %+v", first)
	case second.Texture[15] != 0xAA, second.OffsetV != -1, second.RepeatU != 1:
		t.Errorf("face 1 is %+v", second)
	case eighth.Color != Color{0, 0x80, 0xFF, 0xBF}:
		t.Errorf("the color of face 7 is %+v", eighth.Color)
	case e.Face(2) != whole, len(e.Faces) != 3:
		t.Errorf("%d faces differ", len(e.Faces))
	}
}

// TestEveryEndOfAnEntryIsRead has the three ends that are met: the official viewer's without a zero
// byte, OpenSimulator's with one, and libremetaverse's with one more property.
func TestEveryEndOfAnEntryIsRead(t *testing.T) {
	usual := unhex(t, noBakes)
	want := parse(t, usual)
	for name, data := range map[string][]byte{
		"no zero byte":     usual[:63],
		"a twelfth":        append(bytes.Clone(usual), make([]byte, 17)...),
		"no material":      usual[:47],
		"up to the colour": usual[:22],
		"an id alone":      usual[:16],
	} {
		if got := parse(t, data); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
	if got := parse(t, nil); !reflect.DeepEqual(got, Entry{}) {
		t.Errorf("nothing is read as %+v", got)
	}
}

func TestWhatIsNoEntryIsRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"half an id":         make([]byte, 15),
		"a mask of 65 faces": append(make([]byte, 16), 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00),
		"an endless mask":    append(make([]byte, 16), bytes.Repeat([]byte{0x80}, 30)...),
	} {
		if e, err := Parse(data); err == nil {
			t.Errorf("%s is read as %+v", name, e)
		}
	}
}

func TestSettingAFaceBackForgetsIt(t *testing.T) {
	e := Entry{Default: Plain(DefaultAvatar)}
	e.Set(int(HairBaked), Plain(uuid.UUID{1}))
	if id, ok := e.Bake(BakeHair); !ok || id != (uuid.UUID{1}) {
		t.Errorf("the hair is %v", id)
	}
	e.Set(int(HairBaked), e.Default)
	if len(e.Faces) != 0 {
		t.Errorf("%d faces differ", len(e.Faces))
	}
}

func TestNumbersOutOfRangeAreTheNearest(t *testing.T) {
	nan := float32(math.NaN())
	e := Entry{Default: Face{
		RepeatU: float32(math.Inf(1)), RepeatV: nan, OffsetU: 3, OffsetV: nan, Rotation: 3 * math.Pi, Glow: -1,
	}}
	f := parse(t, e.Append(nil)).Default
	if f.RepeatU != 1 || f.RepeatV != 1 || f.OffsetU != 1 || f.OffsetV != 0 || f.Glow != 0 {
		t.Errorf("read as %+v", f)
	}
	if math.Abs(float64(f.Rotation)-math.Pi) > 1e-3 {
		t.Errorf("three half turns are read as %v", f.Rotation)
	}
}

// faces draws faces that the wire can carry exactly.
func faces() *rapid.Generator[Face] {
	return rapid.Custom(func(t *rapid.T) Face {
		short := func(name string) float64 { return float64(rapid.Int16().Draw(t, name)) }
		octet := func(name string) uint8 { return rapid.Uint8().Draw(t, name) }
		return Face{
			Texture:  uuid.UUID{octet("texture")},
			Color:    Color{octet("red"), octet("green"), octet("blue"), octet("opacity")},
			RepeatU:  rapid.Float32Range(-100, 100).Draw(t, "repeat u"),
			RepeatV:  rapid.Float32Range(-100, 100).Draw(t, "repeat v"),
			OffsetU:  float32(short("offset u") / offsetScale),
			OffsetV:  float32(short("offset v") / offsetScale),
			Rotation: float32(short("rotation") / rotationScale),
			Surface:  Surface(octet("surface")),
			Media:    Media(octet("media")),
			Glow:     float32(octet("glow")) / glowScale,
			Material: uuid.UUID{octet("material")},
		}
	})
}

func TestEntriesComeBack(t *testing.T) {
	few := rapid.SliceOfN(faces(), 1, 4)
	rapid.Check(t, func(t *rapid.T) {
		palette := few.Draw(t, "faces")
		e := Entry{Default: palette[0]}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, MaxFaces-1), 0, MaxFaces).Draw(t, "which") {
			e.Set(i, rapid.SampledFrom(palette).Draw(t, "as"))
		}
		data := e.Append([]byte("before"))[len("before"):]
		back, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for i := range MaxFaces {
			if back.Face(i) != e.Face(i) {
				t.Fatalf("face %d %+v came back as %+v", i, e.Face(i), back.Face(i))
			}
		}
		if again := back.Append(nil); !bytes.Equal(again, data) {
			t.Fatalf("%x is written again as %x", data, again)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(unhex(f, noBakes))
	f.Add(unhex(f, noBakes)[:63])
	f.Add(unhex(f, baked))
	f.Add(unhex(f, properties))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data)
		if err != nil {
			return
		}
		back, err := Parse(e.Append(nil))
		if err != nil || back.Default != e.Default {
			t.Fatalf("%+v came back as %+v, %v", e.Default, back.Default, err)
		}
		for i := range MaxFaces {
			if back.Face(i) != e.Face(i) {
				t.Fatalf("face %d %+v came back as %+v", i, e.Face(i), back.Face(i))
			}
		}
	})
}

func BenchmarkAppendAvatar(b *testing.B) {
	e := parse(b, unhex(b, baked))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = e.Append(buf[:0])
	}
}

func BenchmarkParseAvatar(b *testing.B) {
	data := unhex(b, baked)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
