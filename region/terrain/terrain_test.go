package terrain

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// plane is ground that rises evenly.
func plane(t testing.TB, width, depth int, eastward, northward float32) *Map {
	t.Helper()
	m, err := New(width, depth, func(x, y int) float32 { return 20 + float32(x)*eastward + float32(y)*northward })
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func near(a, b, within float32) bool { return math.Abs(float64(a-b)) <= float64(within) }

func TestHeightsOfAPlane(t *testing.T) {
	m := plane(t, 256, 512, 0.5, -0.25)
	if width, depth := m.Size(); width != 256 || depth != 512 {
		t.Errorf("%d by %d m", width, depth)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float32Range(0, 255).Draw(t, "x")
		y := rapid.Float32Range(0, 511).Draw(t, "y")
		if got, want := m.Height(x, y), 20+x*0.5-y*0.25; !near(got, want, 1e-3) {
			t.Fatalf("%v m, not %v", got, want)
		}
		if x, y = min(x, 254.9), min(y, 510.9); m.Normal(x, y).X >= 0 || m.Normal(x, y).Y <= 0 {
			t.Fatalf("the normal at %v, %v is %v", x, y, m.Normal(x, y))
		}
	})
	n := m.Normal(100.5, 100.5)
	if !near(n.Len(), 1, 1e-5) || !near(n.X/n.Z, -0.5, 1e-5) || !near(n.Y/n.Z, 0.25, 1e-5) {
		t.Errorf("the normal is %v", n)
	}
}

// TestCellsAreTwoTriangles has the diagonal from south-west to north-east, which viewers draw.
func TestCellsAreTwoTriangles(t *testing.T) {
	m, err := New(256, 256, func(x, y int) float32 {
		if x == 10 && y == 11 { // the north-west corner of the cell at 10, 10
			return 4
		}
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ x, y, want float32 }{
		{10, 10, 0},
		{10, 11, 4},
		{10.5, 10.5, 0}, // on the diagonal
		{10.75, 10.25, 0},
		{10.25, 10.75, 2},
	} {
		if got := m.Height(row.x, row.y); !near(got, row.want, 1e-6) {
			t.Errorf("%v m at %v, %v, not %v", got, row.x, row.y, row.want)
		}
	}
}

func TestBeyondTheRegionIsItsEdge(t *testing.T) {
	m := plane(t, 256, 256, 1, 0)
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, row := range []struct{ x, y, want float32 }{
		{-5, 10, 20},
		{-inf, -inf, 20},
		{255.5, 10, 275},
		{256, 256, 275},
		{1e9, inf, 275},
		{nan, nan, 20},
	} {
		if got := m.Height(row.x, row.y); got != row.want {
			t.Errorf("%v m at %v, %v, not %v", got, row.x, row.y, row.want)
		}
		if n := m.Normal(row.x, row.y); !near(n.Len(), 1, 1e-5) {
			t.Errorf("the normal at %v, %v is %v", row.x, row.y, n)
		}
	}
}

func TestHeightsAreKeptWithinBounds(t *testing.T) {
	heights := []float32{float32(math.NaN()), float32(math.Inf(1)), -1e9}
	m, err := New(256, 256, func(x, _ int) float32 { return heights[x%3] })
	if err != nil {
		t.Fatal(err)
	}
	if m.At(0, 0) != 0 || m.At(1, 0) != MaxHeight || m.At(2, 0) != MinHeight {
		t.Errorf("heights of %v, %v and %v", m.At(0, 0), m.At(1, 0), m.At(2, 0))
	}
}

func TestNoRegionHasSuchSides(t *testing.T) {
	for _, sides := range [][2]int{{0, 256}, {256, -256}, {100, 256}, {256, 300}, {8192, 256}} {
		if _, err := New(sides[0], sides[1], func(int, int) float32 { return 0 }); err == nil {
			t.Errorf("ground of %v", sides)
		}
	}
}

func changed(m *Map, revision uint64) (places []Place) {
	for at := range m.Changed(revision) {
		places = append(places, at)
	}
	return places
}

func TestEditsShowWhatTheyChangedAndNoMore(t *testing.T) {
	first := plane(t, 512, 256, 0, 0)
	if n := len(changed(first, 0)); n != 32*16 {
		t.Errorf("%d patches at first", n)
	}

	e := first.Edit()
	e.Set(15, 15, 30)
	e.Set(300, 17, 31)
	e.Set(299, 17, 20) // as it was
	e.Set(-1, 0, 99)
	e.Set(512, 0, 99)
	if got := e.At(15, 15); got != 30 {
		t.Errorf("the edit has %v m", got)
	}
	second := e.Map()
	if want := []Place{{0, 0}, {18, 1}}; !slices.Equal(changed(second, first.Revision()), want) {
		t.Errorf("changed %v", changed(second, first.Revision()))
	}

	e.Set(300, 17, 32)
	third := e.Map()
	if want := []Place{{18, 1}}; !slices.Equal(changed(third, second.Revision()), want) {
		t.Errorf("changed %v", changed(third, second.Revision()))
	}
	if want := []Place{{0, 0}, {18, 1}}; !slices.Equal(changed(third, first.Revision()), want) {
		t.Errorf("changed %v since the first", changed(third, first.Revision()))
	}
	if first.At(15, 15) != 20 || second.At(300, 17) != 31 || third.At(300, 17) != 32 || third.At(15, 15) != 30 {
		t.Errorf("an edit changed a picture")
	}
	if first.Patch(Place{5, 5}) != third.Patch(Place{5, 5}) {
		t.Errorf("a patch that is as it was is another")
	}
}

func TestEditThatChangesNothingIsTheSameMap(t *testing.T) {
	m := plane(t, 256, 256, 0, 0)
	e := m.Edit()
	e.Set(1, 1, 20)
	if e.Map() != m {
		t.Errorf("another map")
	}
}

func TestChangedCanBeLeftEarly(t *testing.T) {
	n := 0
	for range plane(t, 256, 256, 0, 0).Changed(0) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d patches", n)
	}
}

func BenchmarkHeight(b *testing.B) {
	m := plane(b, 256, 256, 0.1, 0.2)
	b.ReportAllocs()
	for b.Loop() {
		m.Height(128.3, 77.7)
	}
}
