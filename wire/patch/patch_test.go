package patch

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"

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

// shaped is the patch at x, y whose heights are h of a height's place in the patch.
func shaped(x, y int, h func(x, y float64) float64) Patch {
	p := Patch{X: x, Y: y}
	for i := range p.Heights {
		p.Heights[i] = float32(h(float64(i%Size), float64(i/Size)))
	}
	return p
}

func flat(x, y int, height float32) Patch {
	return shaped(x, y, func(float64, float64) float64 { return float64(height) })
}

const (
	flatAt21   = "0801104c 00 0000a441 0100 0026 10"
	risingEast = `0801104c 89 0000a841 0400 413ffffc5039d000e1a00038200000e04261`
)

func TestGoldenBytes(t *testing.T) {
	rising := shaped(2, 1, func(x, _ float64) float64 { return 21 + 3*x/15 })
	for name, row := range map[string]struct {
		patch Patch
		bytes string
	}{
		"flat at 21 m":                {flat(0, 0, 21), flatAt21},
		"rising east from 21 to 24 m": {rising, risingEast},
	} {
		want := unhex(t, row.bytes)
		if got := Encode(nil, Land, []Patch{row.patch}); !bytes.Equal(got, want) {
			t.Errorf("%s is written as %x, not %x", name, got, want)
		}
		layer, back, err := Decode(want)
		if err != nil || layer != Land || len(back) != 1 {
			t.Fatalf("%s is read as %c, %d patches, %v", name, layer, len(back), err)
		}
		if back[0].X != row.patch.X || back[0].Y != row.patch.Y {
			t.Errorf("%s is read at %d, %d", name, back[0].X, back[0].Y)
		}
		if largest, _ := wrong(&row.patch, &back[0]); largest > 0.012 {
			t.Errorf("%s is read with an error of %v m", name, largest)
		}
	}
}

func TestLargeRegionsHaveLongIds(t *testing.T) {
	p := flat(40, 3, 21)
	got := Encode(nil, LandVar, []Patch{p})
	want := unhex(t, "0801104d 00 0000a441 0100 03002800 98 40")
	if !bytes.Equal(got, want) {
		t.Errorf("written as %x, not %x", got, want)
	}
	layer, back, err := Decode(got)
	if err != nil || layer != LandVar || len(back) != 1 || back[0] != p {
		t.Errorf("read as %c, %v, %v", layer, back, err)
	}
}

// nineOfAnIsland is OpenSimulator 0.9.2.2's payload of the patches 7, 7 to 15, 7 of its default
// island, a hill of 25 m about 128, 128 that falls to 0 m towards the region's edges.
const nineOfAnIsland = `
0801104c891f85a1410500e7350dea4fa93eee1ddc72707271c400e2038400e10382007041c0c01c0c701003808e02003808a247e168
50414001dd5df772ea4fbb8777188c1c9c71003880c0e03840e0801c10602007031c0400e02300800e02289ae474d410a0027719bd2f
3d49e761cec63707131c200e1030600e0838100702181001c04003008a2ae07bc50020011dedbd8817918f210efe1858716838a870b0
e081c1c3828615060e06030e041c0c38107010e021c0430086030e0e181c3018380860100038106020c0218080000180438085139b99
70800400ceef519aefd41c7438e8c820e1238201c1060e01c0870100e0230280000c04000003008a249cc581000c021dfd1353cf1a38
9871318dc1c1870203810c1803808018100000601144b1081c1f818053b8d86b2be347130e2632203830e040702183c0701003028000
0c04000003008a2c0000000004031df319db62ece0e1a0e9e0ce41d8a0e500e180e080e020e080e0e0e1e0cc40c5207030702070100e
020e020605060d06010606000060106030300800000e020c060c060e0400000070106020601000000018040601000000006010400000
0017e0201cecc2`

func TestGroundOfOpenSimulatorIsRead(t *testing.T) {
	layer, patches, err := Decode(unhex(t, nineOfAnIsland))
	if err != nil || layer != Land || len(patches) != 9 {
		t.Fatalf("read as %c, %d patches, %v", layer, len(patches), err)
	}
	for i, p := range patches {
		if p.X != 7+i || p.Y != 7 {
			t.Errorf("patch %d is at %d, %d", i, p.X, p.Y)
		}
	}
	if peak := patches[0].Heights[Size*Size-1]; math.Abs(float64(peak)-25) > 0.1 {
		t.Errorf("the ground at 127, 127 is %v m high", peak)
	}
	if shore := patches[8].Heights[Size-1]; math.Abs(float64(shore)) > 0.1 {
		t.Errorf("the ground at 255, 112 is %v m high", shore)
	}
	for i, p := range patches[1:] {
		for y := range Size {
			west, east := patches[i].Heights[y*Size+Size-1], p.Heights[y*Size]
			if math.Abs(float64(west-east)) > 1 {
				t.Errorf("a step from %v to %v at %d, %d", west, east, p.X*Size, p.Y*Size+y)
			}
		}
	}
}

func TestFlatGroundOfOpenSimulatorIsWrittenAsItWas(t *testing.T) {
	want := unhex(t, `0801104c 00000000bf01004e600000000bf0100ac600000000bf01002c200000000bf01008d600000000bf0100
		a2600000000bf010022200000000bf010081600000000bf010041200000000bf01004d2610`)
	layer, patches, err := Decode(want)
	if err != nil || len(patches) != 9 {
		t.Fatalf("%d patches, %v", len(patches), err)
	}
	if got := Encode(nil, layer, patches); !bytes.Equal(got, want) {
		t.Errorf("written as %x, not %x", got, want)
	}
}

// wrong gives the largest error of back, and the root of the mean of the squares of all, in metres.
func wrong(p, back *Patch) (largest, mean float64) {
	for i, h := range p.Heights {
		e := math.Abs(float64(h) - float64(back.Heights[i]))
		largest = max(largest, e)
		mean += e * e
	}
	return largest, math.Sqrt(mean / Size / Size)
}

func extremes(p *Patch) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, h := range p.Heights {
		low, high = min(low, float64(h)), max(high, float64(h))
	}
	return low, high
}

// through is p as a viewer gets it.
func through(t interface{ Fatalf(string, ...any) }, p *Patch) Patch {
	_, back, err := Decode(Encode(nil, Land, []Patch{*p}))
	if err != nil || len(back) != 1 {
		t.Fatalf("%d patches, %v", len(back), err)
	}
	return back[0]
}

func TestInvariant16_SmoothGroundIsNearlyAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		height := rapid.Float64Range(-100, 1000).Draw(t, "height")
		eastward := rapid.Float64Range(-2, 2).Draw(t, "slope east")
		northward := rapid.Float64Range(-2, 2).Draw(t, "slope north")
		swell := rapid.Float64Range(0, 10).Draw(t, "swell")
		length := rapid.Float64Range(32, 500).Draw(t, "wavelength")
		turn := rapid.Float64Range(0, math.Pi).Draw(t, "direction")
		phase := rapid.Float64Range(0, 2*math.Pi).Draw(t, "phase")
		p := shaped(3, 4, func(x, y float64) float64 {
			along := x*math.Cos(turn) + y*math.Sin(turn)
			return height + x*eastward + y*northward + swell*math.Sin(phase+2*math.Pi*along/length)
		})
		back := through(t, &p)
		low, high := extremes(&p)
		if largest, _ := wrong(&p, &back); largest > 0.02*(high-low)+0.05 {
			t.Fatalf("an error of %v m where heights differ by %v m", largest, high-low)
		}
	})
}

// TestAnyGroundIsWithinTheQuantiser has the bound from the transform being orthonormal: the squares
// of the errors have the same sum before and after it. A coefficient is wrong by less than a step,
// or than two when it is a power of two that its word cannot hold.
func TestAnyGroundIsWithinTheQuantiser(t *testing.T) {
	var steps float64
	for _, step := range shared().step {
		steps += float64(step) * float64(step) / Size / Size
	}
	bound := 2 * math.Sqrt(steps) / (1 << prequantBits)
	if bound > 0.07 {
		t.Fatalf("the bound %v is not the one that Encode promises", bound)
	}
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float32Range(-4000, 4000).Draw(t, "low")
		high := low + rapid.Float32Range(0, 8000).Draw(t, "difference")
		p := Patch{Heights: [Size * Size]float32(rapid.SliceOfN(rapid.Float32Range(low, high), Size*Size, Size*Size).Draw(t, "heights"))}
		back := through(t, &p)
		lowest, highest := extremes(&p)
		if _, mean := wrong(&p, &back); mean > bound*(highest-lowest+1)+0.01 {
			t.Fatalf("a mean error of %v m where heights differ by %v m", mean, highest-lowest)
		}
	})
}

func TestWhatNoViewerCanShowIsPutRight(t *testing.T) {
	p := flat(0, 0, 20)
	p.Heights[0] = float32(math.NaN())
	p.Heights[1] = float32(math.Inf(1))
	p.Heights[2] = math.MaxFloat32
	p.Heights[3] = -math.MaxFloat32
	back := through(t, &p)
	for i, h := range back.Heights {
		if !(h >= -3*MaxHeight && h <= 3*MaxHeight) {
			t.Fatalf("height %d is %v", i, h)
		}
	}
}

func TestPacketsAreFilledAndWithinTheirLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layer := rapid.SampledFrom([]Layer{Land, LandVar}).Draw(t, "layer")
		rough := rapid.SliceOfN(rapid.Float64Range(0, 400), 1, 80).Draw(t, "roughness")
		var patches []Patch
		for i, r := range rough {
			patches = append(patches, shaped(i%16, i/16, func(x, y float64) float64 {
				return 20 + r*math.Sin(x*y*12.9898+x*78.233+y)
			}))
		}
		prefix := []byte("what was there")
		for sent := 0; sent < len(patches); {
			payload, taken := Fill(prefix, layer, patches[sent:])
			payload = payload[len(prefix):]
			if taken == 0 || len(payload) > MaxPayload {
				t.Fatalf("%d patches in %d bytes", taken, len(payload))
			}
			if want := Encode(nil, layer, patches[sent:sent+taken]); !bytes.Equal(payload, want) {
				t.Fatalf("filled as %x, not %x", payload, want)
			}
			if sent+taken < len(patches) {
				if more := Encode(nil, layer, patches[sent:sent+taken+1]); len(more) <= MaxPayload {
					t.Fatalf("one more would have fitted in %d bytes", len(more))
				}
			}
			sent += taken
		}
	})
}

func TestNothingToSendIsAnEmptyPayload(t *testing.T) {
	payload, taken := Fill(nil, Land, nil)
	if want := unhex(t, "0801104c61"); taken != 0 || !bytes.Equal(payload, want) {
		t.Errorf("%d patches in %x", taken, payload)
	}
}

// island is a whole region's ground: hills above a sea.
func island() []Patch {
	patches := make([]Patch, 0, 256)
	for y := range 16 {
		for x := range 16 {
			patches = append(patches, shaped(x, y, func(px, py float64) float64 {
				wx, wy := float64(x*Size)+px, float64(y*Size)+py
				return max(10, 40*math.Sin(wx/81)*math.Sin(wy/81)+3*math.Sin(wx/17)*math.Cos(wy/23))
			}))
		}
	}
	return patches
}

func TestWholeRegionGoesThroughInOnePass(t *testing.T) {
	patches := island()
	layer, back, err := Decode(Encode(nil, Land, patches))
	if err != nil || layer != Land || len(back) != len(patches) {
		t.Fatalf("%c, %d patches, %v", layer, len(back), err)
	}
	for i := range patches {
		low, high := extremes(&patches[i])
		if back[i].X != i%16 || back[i].Y != i/16 {
			t.Errorf("patch %d came back at %d, %d", i, back[i].X, back[i].Y)
		}
		if largest, _ := wrong(&patches[i], &back[i]); largest > 0.02*(high-low)+0.15 {
			t.Errorf("patch %d has an error of %v m where heights differ by %v m", i, largest, high-low)
		}
	}
}

func TestWindIsTwoPatchesInOrder(t *testing.T) {
	eastward := shaped(0, 0, func(x, y float64) float64 { return 3 * math.Sin((x+y)/6) })
	northward := flat(0, 0, -2.5)
	layer, back, err := Decode(Encode(nil, Wind, []Patch{eastward, northward}))
	if err != nil || layer != Wind || len(back) != 2 {
		t.Fatalf("%c, %d patches, %v", layer, len(back), err)
	}
	if largest, _ := wrong(&eastward, &back[0]); largest > 0.2 {
		t.Errorf("the east wind is wrong by %v m/s", largest)
	}
	if back[1] != northward {
		t.Errorf("the north wind is %v", back[1].Heights[:4])
	}
}

func TestWhatIsNoLayerDataIsRefused(t *testing.T) {
	whole := Encode(nil, Land, island()[100:103])
	for name, data := range map[string][]byte{
		"nothing":                {},
		"no end code":            whole[:len(whole)-2],
		"half a patch":           whole[:40],
		"patches of 32":          unhex(t, "0801204c61"),
		"an unknown layer":       unhex(t, "0801105a61"),
		"a lowest height of NaN": unhex(t, "0801104c 00 0000c07f 0100 0026 10"),
		"too many patches":       Encode(nil, Land, make([]Patch, MaxPatches+1)),
	} {
		if _, patches, err := Decode(data); err == nil || len(patches) > MaxPatches {
			t.Errorf("%s: %d patches, %v", name, len(patches), err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, flatAt21))
	f.Add(unhex(f, risingEast))
	f.Add(unhex(f, nineOfAnIsland))
	f.Add(Encode(nil, LandVar, island()[:4]))
	f.Add(Encode(nil, Wind, island()[90:92]))
	f.Fuzz(func(t *testing.T, data []byte) {
		layer, patches, err := Decode(data)
		if len(patches)*68 > len(data)*8 {
			t.Fatalf("%d patches of %d bytes", len(patches), len(data))
		}
		if err != nil {
			return
		}
		again, back, err := Decode(Encode(nil, layer, patches))
		if err != nil || again != layer || len(back) != len(patches) {
			t.Fatalf("%d patches came back as %d, %v", len(patches), len(back), err)
		}
		for i := range back {
			if back[i].X != patches[i].X || back[i].Y != patches[i].Y {
				t.Fatalf("patch %d, %d came back as %d, %d", patches[i].X, patches[i].Y, back[i].X, back[i].Y)
			}
		}
	})
}

func BenchmarkEncodeRegion(b *testing.B) {
	patches := island()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		for sent := 0; sent < len(patches); {
			payload, taken := Fill(buf[:0], Land, patches[sent:])
			buf = payload
			sent += taken
		}
	}
}

func BenchmarkDecodeRegion(b *testing.B) {
	data := Encode(nil, Land, island())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
