package terrain

import (
	"math"
	"testing"
)

var (
	welcome = Square{1000, 1000}
	harbour = Square{1001, 1000}
)

func region(t testing.TB, i Island, at Square) *Map {
	t.Helper()
	m, err := i.Region(at, 256, 256)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// seeds are enough islands to see what only some have.
func seeds(n uint64, check func(seed uint64)) {
	for seed := range n {
		check(seed)
	}
}

func TestNeighboursAreOneIsland(t *testing.T) {
	seeds(5, func(seed uint64) {
		i := NewIsland(seed, welcome, harbour)
		west, east := region(t, i, welcome), region(t, i, harbour)
		for y := range 256 {
			if step := east.At(0, y) - west.At(255, y); math.Abs(float64(step)) > 1.5 {
				t.Errorf("seed %d: a cliff of %v m at %d", seed, step, y)
			}
		}
		for x := range 257 { // from one plaza to the other
			m, at := west, 128+x
			if at > 255 {
				m, at = east, at-256
			}
			if h := m.At(at, 128); h < WaterHeight+1 {
				t.Errorf("seed %d: the way from plaza to plaza is %v m high at %d", seed, h, x)
			}
		}
	})
}

func TestNoIslandHasSeams(t *testing.T) {
	i := NewIsland(3, Square{0, 0}, Square{1, 0}, Square{2, 0}, Square{2, 1}, Square{3, 2})
	const hair = 1e-6
	for side := range 5 {
		for along := range 4 * SideUnit {
			at, seam := float64(along)+0.5, float64(side*SideUnit)
			if step := i.Height(seam+hair, at) - i.Height(seam-hair, at); math.Abs(step) > 0.01 {
				t.Errorf("a step of %v m east at %v, %v", step, seam, at)
			}
			if step := i.Height(at, seam+hair) - i.Height(at, seam-hair); math.Abs(step) > 0.01 {
				t.Errorf("a step of %v m north at %v, %v", step, at, seam)
			}
		}
	}
}

func TestIslandEndsInTheSea(t *testing.T) {
	i := NewIsland(7, welcome, harbour)
	west, east := region(t, i, welcome), region(t, i, harbour)
	for at := range 256 {
		for name, h := range map[string]float32{
			"west": west.At(0, at), "east": east.At(255, at),
			"south": west.At(at, 0), "north": east.At(at, 255),
		} {
			if h > seaBed+1 {
				t.Errorf("the %s border is %v m high at %d", name, h, at)
			}
		}
	}
	if h := i.Height(990*256, 1000*256); h != seaBed {
		t.Errorf("the sea is %v m high", h)
	}
}

func TestIslandsOfDifferentSeedsMeetUnderWater(t *testing.T) {
	west, east := region(t, NewIsland(1, welcome), welcome), region(t, NewIsland(2, harbour), harbour)
	for y := range 256 {
		if step := east.At(0, y) - west.At(255, y); math.Abs(float64(step)) > 1 {
			t.Errorf("a cliff of %v m at %d", step, y)
		}
	}
}

func TestVisitorsArriveOnLevelGround(t *testing.T) {
	seeds(5, func(seed uint64) {
		m := region(t, NewIsland(seed, welcome), welcome)
		for y := -20; y <= 20; y++ {
			for x := -20; x <= 20; x++ {
				if math.Hypot(float64(x), float64(y)) > 20 {
					continue
				}
				if h := m.At(128+x, 128+y); h != PlazaHeight {
					t.Fatalf("seed %d: the plaza is %v m high at %d, %d", seed, h, 128+x, 128+y)
				}
			}
		}
	})
}

func TestIslandHasBeachesAndAHillThatCanBeClimbed(t *testing.T) {
	seeds(5, func(seed uint64) {
		m := region(t, NewIsland(seed, welcome), welcome)
		var beach, land int
		var highest, steepest float32
		for y := range 255 {
			for x := range 255 {
				h := m.At(x, y)
				highest = max(highest, h)
				if h > WaterHeight {
					land++
					n := m.Normal(float32(x)+0.7, float32(y)+0.3)
					steepest = max(steepest, float32(math.Acos(float64(n.Z))*180/math.Pi))
				}
				if h > WaterHeight-1 && h < WaterHeight+1 {
					beach++
				}
			}
		}
		if highest < 32 || highest > 50 {
			t.Errorf("seed %d: the hill is %v m high", seed, highest)
		}
		if steepest > 45 {
			t.Errorf("seed %d: land is up to %v° steep", seed, steepest)
		}
		if land < 255*255/4 || beach < 3000 {
			t.Errorf("seed %d: %d m² of land, %d of them beach", seed, land, beach)
		}
	})
}

func TestGroundDependsOnTheSeedAlone(t *testing.T) {
	a, b := NewIsland(3, welcome, harbour), NewIsland(3, harbour, welcome)
	c := NewIsland(4, welcome, harbour)
	var differ bool
	for y := range 256 {
		x := float64(1000*256 + y)
		there := a.Height(x, 1000*256+100)
		if b.Height(x, 1000*256+100) != there {
			t.Fatalf("the same island is another at %d", y)
		}
		differ = differ || c.Height(x, 1000*256+100) != there
	}
	if !differ {
		t.Errorf("two seeds have the same ground")
	}
}

func TestLongRegionsAreOfTheSameIsland(t *testing.T) {
	i := NewIsland(5, welcome, harbour)
	long, err := i.Region(welcome, 512, 256)
	if err != nil {
		t.Fatal(err)
	}
	east := region(t, i, harbour)
	if long.At(256+77, 99) != east.At(77, 99) {
		t.Errorf("%v m in a long region, %v in a square one", long.At(256+77, 99), east.At(77, 99))
	}
	if _, err := i.Region(welcome, 300, 256); err == nil {
		t.Errorf("a region of 300 m")
	}
}

func BenchmarkIsland(b *testing.B) {
	i := NewIsland(1, welcome, harbour)
	for b.Loop() {
		region(b, i, welcome)
	}
}
