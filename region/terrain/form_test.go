package terrain

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func flatGround(t testing.TB) *Map { return plane(t, 256, 256, 0, 0) }

func newGround(t testing.TB) *Map {
	t.Helper()
	m, err := NewIsland(1, Square{0, 0}).Region(Square{0, 0}, 256, 256)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// comesBack keeps m and reads it again.
func comesBack(t *testing.T, m *Map) {
	t.Helper()
	data := m.Append(nil)
	back, err := Parse(data)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if width, depth := back.Size(); width != m.width || depth != m.depth || back.Revision() != 1 {
		t.Fatalf("%d by %d m came back as %d by %d, revision %d", m.width, m.depth, width, depth, back.Revision())
	}
	for at, p := range m.Changed(0) {
		for i, h := range back.Patch(at).Heights {
			if math.Abs(float64(h-p.Heights[i])) > 0.5/formSteps {
				t.Fatalf("%v m at %v came back as %v", p.Heights[i], at, h)
			}
		}
	}
	if again := back.Append(nil); !bytes.Equal(again, data) {
		t.Fatalf("what was kept is kept another way")
	}
}

func TestKeptGroundComesBack(t *testing.T) {
	comesBack(t, flatGround(t))
	comesBack(t, newGround(t))
	comesBack(t, plane(t, 256, 512, 3, -0.01))
	heights := []float32{MinHeight, 20.3, MaxHeight, -0.0001, 21}
	wild, err := New(256, 256, func(x, y int) float32 { return heights[(x*y+x/7)%len(heights)] })
	if err != nil {
		t.Fatal(err)
	}
	comesBack(t, wild)
}

func TestKeptPatchesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.Int32Range(MinHeight*formSteps, MaxHeight*formSteps)
		few := rapid.SliceOfN(step, 1, 20).Draw(t, "heights")
		start := step.Draw(t, "start")
		every := rapid.IntRange(1, 40).Draw(t, "every")
		var steps, back patchSteps
		for i := range steps {
			steps[i] = few[i/every%len(few)]
		}
		rest, err := back.parse(steps.append(nil, start), start)
		if err != nil || len(rest) > 0 || back != steps {
			t.Fatalf("came back as %v, %d bytes, %v", back, len(rest), err)
		}
	})
}

func TestKeptGroundIsShort(t *testing.T) {
	if n := len(flatGround(t).Append(nil)); n > 1100 {
		t.Errorf("flat ground takes %d bytes", n)
	}
	if n := len(newGround(t).Append(nil)); n > 131072 {
		t.Errorf("new ground takes %d bytes", n)
	}
}

func TestDamagedGroundIsRefused(t *testing.T) {
	good := flatGround(t).Append(nil)
	with := func(at int, b byte) []byte {
		bad := bytes.Clone(good)
		bad[at] = b
		return bad
	}
	for name, data := range map[string][]byte{
		"nothing":           nil,
		"another version":   with(3, 2),
		"no width":          with(4, 0),
		"too wide":          with(4, 17),
		"wider than it is":  with(4, 2),
		"cut short":         good[:len(good)-1],
		"too long":          append(bytes.Clone(good), 0),
		"a run too long":    with(len(good)-1, 0x7F),
		"an endless number": append(bytes.Clone(good[:6]), bytes.Repeat([]byte{0xFF}, 2000)...),
	} {
		if _, err := Parse(data); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(flatGround(f).Append(nil))
	f.Add([]byte(formMark + "\x10\x10"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		for _, p := range m.Changed(0) {
			for _, h := range p.Heights {
				if !(h >= MinHeight && h <= MaxHeight) {
					t.Fatalf("a height of %v m", h)
				}
			}
		}
		comesBack(t, m)
	})
}

func FuzzParsePatch(f *testing.F) {
	var steps patchSteps
	f.Add(steps.append(nil, 0), int32(0))
	for i := range steps {
		steps[i] = int32(20*formSteps + i*i)
	}
	f.Add(steps.append(nil, 7), int32(7))
	f.Fuzz(func(t *testing.T, data []byte, start int32) {
		start = min(max(start, MinHeight*formSteps), MaxHeight*formSteps)
		var steps, back patchSteps
		if _, err := steps.parse(data, start); err != nil {
			return
		}
		if rest, err := back.parse(steps.append(nil, start), start); err != nil || len(rest) > 0 || back != steps {
			t.Fatalf("%v came back as %v, %d bytes, %v", steps, back, len(rest), err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	m := newGround(b)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = m.Append(buf[:0])
	}
}

func BenchmarkParse(b *testing.B) {
	data := newGround(b).Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
