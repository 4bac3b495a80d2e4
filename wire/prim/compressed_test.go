package prim

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"terrane/geom"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// The golden bytes here are made by hand from the layout, not recorded.
const (
	// bareBox has only what every update has.
	bareBox = `00000000000000000000000000000001 02000000 09 00 03000000 03 00
		0000003f 0000003f 0000003f 00000043 00000043 0000c841 00000000 00000000 00000000
		00000000 00000000000000000000000000000000
		00
		10 0000 0000 64 64 00 00 00 00 00 00 00 00 00 01 0000 0000 0000
		00000000`
	// everyPart has each part that may be there, and so their order.
	everyPart = `00000000000000000000000000000001 02000000 ff 60 03000000 03 01
		0000003f 0000003f 0000003f 00000043 00000043 0000c841 00000000 00000000 0000803f
		f6070000 000000000000000000000000000000aa
		00000000 00000000 0000803f
		05000000
		07
		6869 00 ff8000fe
		687474703a2f2f78 00
		01 2000 02000000 abcd
		000000000000000000000000000000bb 0000003f 01 0000a041
		4120 00
		20 0100 0200 96 64 ff 01 02 03 04 05 06 07 f8 31 0900 0a00 0b00
		02000000 beef
		01000000 33
	`
)

func TestBareBox(t *testing.T) {
	want := Compressed{
		FullID: uuid.UUID{15: 1}, LocalID: 2, PCode: Prim, CRC: 3, Material: Wood,
		Scale:    geom.Vec3{X: 0.5, Y: 0.5, Z: 0.5},
		Position: geom.Vec3{X: 128, Y: 128, Z: 25},
		Rotation: geom.Identity,
		Shape:    Box(),
	}
	data := unhex(t, bareBox)
	if got := AppendCompressed(nil, &want); !bytes.Equal(got, data) {
		t.Errorf("written as %x, not %x", got, data)
	}
	got, err := ParseCompressed(data)
	if got.TextureEntry = nil; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read as %+v, %v", got, err)
	}
}

func TestEveryPartIsInItsPlace(t *testing.T) {
	particles := strings.Repeat("00", 62)
	// 68 and 22 bytes with their lengths, which is how the longer form is.
	data := unhex(t, everyPart+"44000000"+particles+"010203040506"+"16000000"+strings.Repeat("11", 22))
	// A system has one form or the other.
	data[16+4+2+4+2+36] &^= hasOldParticles
	got, err := ParseCompressed(data)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case AttachmentPoint(got.State) != 6, got.Owner[15] != 0xAA, got.ClickAction != 1:
		t.Errorf("the beginning is read as %+v", got)
	case got.AngularVelocity != geom.Vec3{Z: 1}, got.ParentID != 5, got.Species != 7:
		t.Errorf("turning, parent or species is read as %+v", got)
	case got.Text != "hi", got.TextColor != TextColor(255, 128, 0, 1), got.MediaURL != "http://x":
		t.Errorf("text or media is read as %q, %v, %q", got.Text, got.TextColor, got.MediaURL)
	case !bytes.Equal(got.ExtraParams, []byte{1, 0x20, 0, 2, 0, 0, 0, 0xAB, 0xCD}):
		t.Errorf("extra parameters are read as %x", got.ExtraParams)
	case got.Sound != Sound{ID: uuid.UUID{15: 0xBB}, Gain: 0.5, Flags: 1, Radius: 20}, got.NameValue != "A ":
		t.Errorf("sound or name values are read as %+v, %q", got.Sound, got.NameValue)
	case got.Shape != Shape{
		PathCurve: CirclePath, PathBegin: 1, PathEnd: 2, PathScaleX: 150, PathScaleY: 100, PathShearX: 255, PathShearY: 1,
		PathTwist: 2, PathTwistBegin: 3, PathRadiusOffset: 4, PathTaperX: 5, PathTaperY: 6, PathRevolutions: 7, PathSkew: -8,
		ProfileCurve: TriangleHole | SquareProfile, ProfileBegin: 9, ProfileEnd: 10, ProfileHollow: 11,
	}:
		t.Errorf("the shape is read as %+v", got.Shape)
	case !bytes.Equal(got.TextureEntry, []byte{0xBE, 0xEF}), !bytes.Equal(got.TextureAnim, []byte{0x33}):
		t.Errorf("textures are read as %x, %x", got.TextureEntry, got.TextureAnim)
	case len(got.Particles) != 4+68+4+22:
		t.Errorf("%d bytes of particles", len(got.Particles))
	}
	if again := AppendCompressed(nil, &got); !bytes.Equal(again, data) {
		t.Errorf("written as %x, not %x", again, data)
	}
}

// TestTreeIsAsLongAsOpenSimulators has its length from there: 113 bytes for a plant with nothing
// but its species.
func TestTreeIsAsLongAsOpenSimulators(t *testing.T) {
	tree := Compressed{PCode: Tree, State: 3, Species: 3}
	data := AppendCompressed(nil, &tree)
	if len(data) != 113 {
		t.Errorf("%d bytes", len(data))
	}
	if got, err := ParseCompressed(data); err != nil || got.Species != 3 {
		t.Errorf("read as %+v, %v", got, err)
	}
}

func TestUpdatesThatAreCutShortAreRefused(t *testing.T) {
	data := unhex(t, bareBox)
	for n := range len(data) {
		if _, err := ParseCompressed(data[:n]); err == nil {
			t.Errorf("%d of %d bytes are read", n, len(data))
		}
	}
}

func TestUnknownPartsAreRefused(t *testing.T) {
	data := unhex(t, bareBox)
	data[64] |= 1
	if c, err := ParseCompressed(data); err == nil {
		t.Errorf("read as %+v", c)
	}
}

func compressed() *rapid.Generator[Compressed] {
	text := rapid.StringMatching(`[a-z ü]{0,20}`)
	return rapid.Custom(func(t *rapid.T) Compressed {
		data := func(name string, lengths ...int) []byte {
			n := rapid.SampledFrom(lengths).Draw(t, name)
			return bytes.Repeat([]byte{0xA5}, n)
		}
		c := Compressed{
			FullID:          uuid.UUID{rapid.Byte().Draw(t, "id")},
			LocalID:         rapid.Uint32().Draw(t, "local id"),
			PCode:           rapid.SampledFrom([]PCode{Prim, Grass, NewTree, Tree}).Draw(t, "kind"),
			State:           rapid.Byte().Draw(t, "state"),
			CRC:             rapid.Uint32().Draw(t, "crc"),
			Position:        vectors(256).Draw(t, "position"),
			Rotation:        geom.Identity,
			AngularVelocity: vectors(1).Draw(t, "turning"),
			ParentID:        rapid.Uint32().Draw(t, "parent"),
			Text:            text.Draw(t, "text"),
			MediaURL:        text.Draw(t, "media"),
			Particles:       data("particles", 0, oldParticles),
			ExtraParams:     rapid.SampledFrom([][]byte{nil, {1, 0x10, 0, 1, 0, 0, 0, 9}}).Draw(t, "extra"),
			NameValue:       text.Draw(t, "names"),
			Shape:           Shape{PathCurve: rapid.Byte().Draw(t, "path"), ProfileHollow: rapid.Uint16().Draw(t, "hollow")},
			TextureEntry:    data("entry", 0, 64, 200),
			TextureAnim:     data("animation", 0, 16),
		}
		if c.PCode.Plant() {
			c.Species = rapid.Byte().Draw(t, "species")
		}
		if rapid.Bool().Draw(t, "sounds") {
			c.Sound = Sound{ID: uuid.UUID{1}, Gain: 1}
		}
		return c
	})
}

func TestCompressedUpdatesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := compressed().Draw(t, "object")
		data := AppendCompressed(nil, &sent)
		got, err := ParseCompressed(data)
		if err != nil {
			t.Fatal(err)
		}
		if got.Position != sent.Position || got.Text != sent.Text || got.NameValue != sent.NameValue ||
			got.Shape != sent.Shape || got.Sound != sent.Sound || got.Species != sent.Species ||
			!bytes.Equal(got.Particles, sent.Particles) || !bytes.Equal(got.TextureEntry, sent.TextureEntry) {
			t.Fatalf("%+v came back as %+v", sent, got)
		}
		if again := AppendCompressed(nil, &got); !bytes.Equal(again, data) {
			t.Fatalf("%x is written again as %x", data, again)
		}
	})
}

func FuzzParseCompressed(f *testing.F) {
	f.Add(unhex(f, bareBox))
	f.Add(AppendCompressed(nil, &Compressed{PCode: Tree, Species: 3}))
	f.Add(AppendCompressed(nil, &Compressed{
		PCode: Prim, Text: "hi", MediaURL: "http://x", NameValue: AttachItem(uuid.Nil), ParentID: 3,
		Particles: make([]byte, oldParticles), ExtraParams: []byte{1, 0x20, 0, 1, 0, 0, 0, 9},
		Sound: Sound{Gain: 1}, TextureEntry: make([]byte, 64), TextureAnim: make([]byte, 16),
	}))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseCompressed(data)
		if err != nil {
			return
		}
		again := AppendCompressed(nil, &got)
		back, err := ParseCompressed(again)
		if err != nil {
			t.Fatalf("%x is written as %x: %v", data, again, err)
		}
		if third := AppendCompressed(nil, &back); !bytes.Equal(third, again) && got.Rotation.Finite() {
			t.Fatalf("%x is written as %x", again, third)
		}
	})
}

func BenchmarkAppendCompressed(b *testing.B) {
	c := Compressed{PCode: Prim, Shape: Box(), TextureEntry: make([]byte, 64)}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendCompressed(buf[:0], &c)
	}
}
