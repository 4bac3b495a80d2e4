package gridtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Regions holds a region registry to its contract. make gives each test an empty one.
func Regions(t *testing.T, make func(t *testing.T) grid.Regions) {
	t.Run("Register", func(t *testing.T) { regionRegister(t, make) })
	t.Run("Deregister", func(t *testing.T) { regionDeregister(t, make) })
	t.Run("Find", func(t *testing.T) { regionFind(t, make) })
	t.Run("Around", func(t *testing.T) { regionAround(t, make) })
	t.Run("Flags", func(t *testing.T) { regionFlags(t, make) })
}

func regionRegister(t *testing.T, make func(t *testing.T) grid.Regions) {
	t.Run("a new region is there and online", func(t *testing.T) {
		s, want := make(t), newRegion("Sunny Bay", 1000, 1000, 2)
		began := time.Now()
		succeed(t, s.RegisterRegion(t.Context(), want))
		got, err := s.RegionByID(t.Context(), want.ID)
		succeed(t, err)
		if got.Flags&grid.RegionOnline == 0 {
			t.Error("it is not online")
		}
		if !got.LastSeen.IsZero() {
			wantNow(t, got.LastSeen, began)
		}
		wantRegion(t, got, want)
	})
	t.Run("registering again at the same place is an update", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		r.Name, r.MapTile, r.Access, r.Host, r.UDPPort = "Rainy Bay", uuid.New(), grid.AccessAdult, "other.example.com", 9100
		succeed(t, s.RegisterRegion(t.Context(), r))
		got, err := s.RegionByID(t.Context(), r.ID)
		succeed(t, err)
		wantRegion(t, got, r)
		_, err = s.RegionByName(t.Context(), "Sunny Bay")
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("registering elsewhere moves it", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		r.X += 256 * 10
		succeed(t, s.RegisterRegion(t.Context(), r))
		_, err := s.RegionAt(t.Context(), 1000*256, 1000*256)
		refuse(t, err, grid.ErrNotFound)
		wantRegionAt(t, s, r.X, r.Y, r)
		succeed(t, s.RegisterRegion(t.Context(), newRegion("Heir", 1000, 1000, 1)))
	})
	t.Run("a region may grow over its own ground", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		r.SizeX, r.SizeY = 1024, 512
		succeed(t, s.RegisterRegion(t.Context(), r))
		wantRegionAt(t, s, r.X+1023, r.Y+511, r)
	})
	for name, place := range map[string][3]uint32{
		"the same place":             {1000, 1000, 2},
		"a corner":                   {1001, 1001, 2},
		"the inside":                 {1001, 1000, 1},
		"all around":                 {999, 999, 4},
		"an edge, by one far larger": {985, 985, 16},
	} {
		t.Run("another's ground is a conflict: "+name, func(t *testing.T) {
			s, first := make(t), newRegion("First", 1000, 1000, 2)
			succeed(t, s.RegisterRegion(t.Context(), first))
			r := newRegion("Second", place[0], place[1], place[2])
			refuse(t, s.RegisterRegion(t.Context(), r), grid.ErrConflict)
			_, err := s.RegionByID(t.Context(), r.ID)
			refuse(t, err, grid.ErrNotFound)
			elsewhere := newRegion("Second", 2000, 2000, 1)
			elsewhere.ID = r.ID
			succeed(t, s.RegisterRegion(t.Context(), elsewhere))
			refuse(t, s.RegisterRegion(t.Context(), r), grid.ErrConflict)
			wantRegionAt(t, s, elsewhere.X, elsewhere.Y, elsewhere)
			wantRegionAt(t, s, first.X, first.Y, first)
		})
	}
	t.Run("regions may touch", func(t *testing.T) {
		s := make(t)
		succeed(t, s.RegisterRegion(t.Context(), newRegion("Middle", 1000, 1000, 2)))
		for i, place := range [][2]uint32{{998, 1000}, {1002, 1000}, {1000, 998}, {1000, 1002}, {1002, 1002}, {998, 998}} {
			succeed(t, s.RegisterRegion(t.Context(), newRegion(fmt.Sprint("Side ", i), place[0], place[1], 2)))
		}
	})
	t.Run("another's name is a conflict whatever its case", func(t *testing.T) {
		s, first := make(t), newRegion("Sunny Öde", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), first))
		second := newRegion("sUNNY öDE", 2000, 2000, 1)
		refuse(t, s.RegisterRegion(t.Context(), second), grid.ErrConflict)
		second.Name = "Second"
		succeed(t, s.RegisterRegion(t.Context(), second))
		second.Name = "Sunny Öde"
		refuse(t, s.RegisterRegion(t.Context(), second), grid.ErrConflict)
		first.Name = "SUNNY ÖDE"
		succeed(t, s.RegisterRegion(t.Context(), first))
	})
	for name, spoil := range map[string]func(*grid.Region){
		"no id":                             func(r *grid.Region) { r.ID = uuid.Nil },
		"no name":                           func(r *grid.Region) { r.Name = "" },
		"a line feed in its name":           func(r *grid.Region) { r.Name = "Sunny\nBay" },
		"no size":                           func(r *grid.Region) { r.SizeX = 0 },
		"a size that is no multiple":        func(r *grid.Region) { r.SizeY = 300 },
		"a size that is too large":          func(r *grid.Region) { r.SizeX = 4096 + 256 },
		"a corner that is no multiple":      func(r *grid.Region) { r.X++ },
		"ground beyond the end of the grid": func(r *grid.Region) { r.X, r.SizeX = 1<<32-256, 512 },
	} {
		t.Run("a malformed entry is denied: "+name, func(t *testing.T) {
			s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
			spoil(&r)
			refuse(t, s.RegisterRegion(t.Context(), r), grid.ErrDenied)
			found, err := s.OnlineRegions(t.Context(), 0, 0, 10)
			succeed(t, err)
			wantRegions(t, found)
		})
	}
	t.Run("of many who want a place at once one gets it", func(t *testing.T) {
		s := make(t)
		var wait sync.WaitGroup
		var answers [20]error
		for i := range answers {
			wait.Go(func() {
				answers[i] = s.RegisterRegion(t.Context(), newRegion(fmt.Sprint("Region ", i), 1000, 1000, 1))
			})
		}
		wait.Wait()
		wantOneSuccess(t, answers[:], grid.ErrConflict)
	})
}

func regionDeregister(t *testing.T, make func(t *testing.T) grid.Regions) {
	t.Run("it is taken out", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		succeed(t, s.DeregisterRegion(t.Context(), r.ID))
		_, err := s.RegionByID(t.Context(), r.ID)
		refuse(t, err, grid.ErrNotFound)
		succeed(t, s.RegisterRegion(t.Context(), newRegion("Sunny Bay", 1000, 1000, 1)))
	})
	t.Run("one that is not there succeeds", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		succeed(t, s.DeregisterRegion(t.Context(), uuid.New()))
		wantRegionAt(t, s, r.X, r.Y, r)
		succeed(t, s.DeregisterRegion(t.Context(), r.ID))
		succeed(t, s.DeregisterRegion(t.Context(), r.ID))
	})
}

func regionFind(t *testing.T, make func(t *testing.T) grid.Regions) {
	t.Run("an unknown id, name or place is not found", func(t *testing.T) {
		s := make(t)
		succeed(t, s.RegisterRegion(t.Context(), newRegion("Sunny Bay", 1000, 1000, 1)))
		_, err := s.RegionByID(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
		for _, name := range []string{"Sunny", "Bay", "Sunny Bay 2", "%", ""} {
			_, err = s.RegionByName(t.Context(), name)
			refuse(t, err, grid.ErrNotFound)
		}
		for _, p := range [][2]uint32{{999, 1000}, {1001, 1000}, {1000, 999}, {1000, 1001}, {1<<24 - 1, 1<<24 - 1}, {0, 0}} {
			_, err = s.RegionAt(t.Context(), p[0]*256, p[1]*256)
			refuse(t, err, grid.ErrNotFound)
		}
	})
	t.Run("a whole name is found whatever its case", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Öde", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		for _, name := range []string{"Sunny Öde", "sunny öde", "SUNNY ÖDE"} {
			got, err := s.RegionByName(t.Context(), name)
			succeed(t, err)
			wantRegion(t, got, r)
		}
	})
	t.Run("a place is found by any point of its ground", func(t *testing.T) {
		s, r := make(t), newRegion("Wide", 1000, 1000, 16)
		r.SizeY = 512
		succeed(t, s.RegisterRegion(t.Context(), r))
		for _, p := range [][2]uint32{{0, 0}, {4095, 0}, {0, 511}, {4095, 511}, {300, 300}} {
			wantRegionAt(t, s, r.X+p[0], r.Y+p[1], r)
		}
		for _, p := range [][2]uint32{{4096, 0}, {0, 512}} {
			_, err := s.RegionAt(t.Context(), r.X+p[0], r.Y+p[1])
			refuse(t, err, grid.ErrNotFound)
		}
		for _, p := range [][2]uint32{{r.X - 1, r.Y}, {r.X, r.Y - 1}} {
			_, err := s.RegionAt(t.Context(), p[0], p[1])
			refuse(t, err, grid.ErrNotFound)
		}
	})
	t.Run("search finds parts of names, an exact match first, then by name", func(t *testing.T) {
		s := make(t)
		for i, name := range []string{"New Bay", "Bay", "Bayside", "Öbay", "Cape 100%", "A bay too far"} {
			succeed(t, s.RegisterRegion(t.Context(), newRegion(name, 1000+uint32(i), 1000, 1)))
		}
		for _, c := range []struct {
			part  string
			limit int
			want  string
		}{
			{"bay", 10, "Bay,A bay too far,Bayside,New Bay,Öbay"},
			{"BAY", 3, "Bay,A bay too far,Bayside"},
			{"ÖB", 10, "Öbay"},
			{"0%", 10, "Cape 100%"},
			{"_ay", 10, ""},
			{"nowhere", 10, ""},
			{"bay", 0, ""},
		} {
			found, err := s.SearchRegions(t.Context(), c.part, c.limit)
			succeed(t, err)
			if got := regionNames(found); got != c.want {
				t.Errorf("%q found %q, want %q", c.part, got, c.want)
			}
		}
	})
}

func regionAround(t *testing.T, make func(t *testing.T) grid.Regions) {
	t.Run("those that overlap a rectangle are in it, its bounds included", func(t *testing.T) {
		s := make(t)
		small, large := newRegion("Small", 1000, 1000, 1), newRegion("Large", 1010, 1000, 16)
		succeed(t, s.RegisterRegion(t.Context(), small))
		succeed(t, s.RegisterRegion(t.Context(), large))
		const m, e = 1000 * 256, 1010 * 256
		for _, c := range []struct {
			bounds [4]uint32
			want   []grid.Region
		}{
			{[4]uint32{0, 0, 1<<32 - 1, 1<<32 - 1}, []grid.Region{small, large}},
			{[4]uint32{m, m, m, m}, []grid.Region{small}},
			{[4]uint32{m + 255, m + 255, m + 255, m + 255}, []grid.Region{small}},
			{[4]uint32{m + 256, m, e - 1, m + 256}, nil},
			{[4]uint32{m + 256, m, e, m}, []grid.Region{large}},
			{[4]uint32{e + 4095, m + 4095, e + 9000, m + 9000}, []grid.Region{large}},
			{[4]uint32{e + 4096, m, e + 9000, m + 9000}, nil},
			{[4]uint32{e, m + 4096, e, m + 9000}, nil},
			{[4]uint32{0, 0, m, m}, []grid.Region{small}},
			{[4]uint32{0, 0, m - 1, m}, nil},
			{[4]uint32{0, 0, m, m - 1}, nil},
		} {
			found, err := s.RegionsIn(t.Context(), c.bounds[0], c.bounds[1], c.bounds[2], c.bounds[3])
			succeed(t, err)
			wantRegions(t, found, c.want...)
		}
	})
	t.Run("neighbours touch, also at a corner, and are not oneself", func(t *testing.T) {
		s, middle := make(t), newRegion("Middle", 1000, 1000, 2)
		succeed(t, s.RegisterRegion(t.Context(), middle))
		var want []grid.Region
		for i, place := range [][3]uint32{
			{999, 999, 1},
			{1000, 999, 1},
			{1002, 999, 1},
			{999, 1001, 1},
			{1002, 1000, 1},
			{999, 1002, 1},
			{1001, 1002, 1},
			{1002, 1002, 1},
			{984, 984, 15},
			{998, 1001, 1},
			{1003, 1000, 1},
			{1000, 1003, 1},
			{1003, 1003, 1},
			{1000, 998, 1},
		} {
			r := newRegion(fmt.Sprint("Region ", i), place[0], place[1], place[2])
			succeed(t, s.RegisterRegion(t.Context(), r))
			if i < 8 {
				want = append(want, r)
			}
		}
		found, err := s.Neighbours(t.Context(), middle.ID)
		succeed(t, err)
		wantRegions(t, found, want...)
	})
	t.Run("a large neighbour touches from afar", func(t *testing.T) {
		s, small, large := make(t), newRegion("Small", 1016, 1020, 1), newRegion("Large", 1000, 1010, 16)
		succeed(t, s.RegisterRegion(t.Context(), small))
		succeed(t, s.RegisterRegion(t.Context(), large))
		found, err := s.Neighbours(t.Context(), small.ID)
		succeed(t, err)
		wantRegions(t, found, large)
		found, err = s.Neighbours(t.Context(), large.ID)
		succeed(t, err)
		wantRegions(t, found, small)
	})
	t.Run("an unknown region's neighbours are not found", func(t *testing.T) {
		_, err := make(t).Neighbours(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("a region alone has no neighbours", func(t *testing.T) {
		s, r := make(t), newRegion("Alone", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		found, err := s.Neighbours(t.Context(), r.ID)
		succeed(t, err)
		wantRegions(t, found)
	})
	t.Run("those online are listed the nearest first", func(t *testing.T) {
		s := make(t)
		near, far, farther := newRegion("Near", 1000, 1000, 1), newRegion("Far", 1010, 1000, 1), newRegion("Farther", 1000, 1020, 1)
		for _, r := range []grid.Region{farther, near, far} {
			succeed(t, s.RegisterRegion(t.Context(), r))
		}
		for limit, want := range []string{"", "Near", "Near,Far", "Near,Far,Farther", "Near,Far,Farther"} {
			found, err := s.OnlineRegions(t.Context(), 1000*256+10, 1000*256+10, limit)
			succeed(t, err)
			if got := regionNames(found); got != want {
				t.Errorf("the nearest %d are %q, want %q", limit, got, want)
			}
		}
		found, err := s.OnlineRegions(t.Context(), 1000*256, 1030*256, 1)
		succeed(t, err)
		wantRegions(t, found, farther)
	})
}

func regionFlags(t *testing.T, make func(t *testing.T) grid.Regions) {
	flags := func(t *testing.T, s grid.Regions, id uuid.UUID) int {
		t.Helper()
		r, err := s.RegionByID(t.Context(), id)
		succeed(t, err)
		return r.Flags
	}
	t.Run("an unknown region's flags are not found", func(t *testing.T) {
		refuse(t, make(t).SetRegionFlags(t.Context(), uuid.New(), grid.RegionDefault), grid.ErrNotFound)
	})
	t.Run("setting replaces all but whether it is online", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		for _, f := range []int{grid.RegionDefault | grid.RegionFallback, grid.RegionPersistent, 0, grid.RegionOnline} {
			succeed(t, s.SetRegionFlags(t.Context(), r.ID, f))
			if got := flags(t, s, r.ID); got != f|grid.RegionOnline {
				t.Errorf("flags %d became %d", f, got)
			}
		}
		succeed(t, s.SetRegionFlags(t.Context(), r.ID, grid.RegionPersistent))
		succeed(t, s.DeregisterRegion(t.Context(), r.ID))
		succeed(t, s.SetRegionFlags(t.Context(), r.ID, grid.RegionPersistent|grid.RegionOnline))
		if got := flags(t, s, r.ID); got != grid.RegionPersistent {
			t.Errorf("an offline region's flags are %d", got)
		}
	})
	t.Run("registering keeps the registry's flags and sets online", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		succeed(t, s.SetRegionFlags(t.Context(), r.ID, grid.RegionDefault|grid.RegionPersistent))
		succeed(t, s.DeregisterRegion(t.Context(), r.ID))
		r.Flags = grid.RegionNoMove
		succeed(t, s.RegisterRegion(t.Context(), r))
		if got := flags(t, s, r.ID); got != grid.RegionDefault|grid.RegionPersistent|grid.RegionOnline {
			t.Errorf("flags are %d", got)
		}
	})
	t.Run("a persistent region that deregisters stays, offline", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		succeed(t, s.SetRegionFlags(t.Context(), r.ID, grid.RegionPersistent|grid.RegionDefault|grid.RegionFallback))
		succeed(t, s.DeregisterRegion(t.Context(), r.ID))
		if got := flags(t, s, r.ID); got&grid.RegionOnline != 0 {
			t.Error("it is online")
		}
		for what, list := range map[string]func() ([]grid.Region, error){
			"default":  func() ([]grid.Region, error) { return s.DefaultRegions(t.Context()) },
			"fallback": func() ([]grid.Region, error) { return s.FallbackRegions(t.Context(), 0, 0) },
			"online":   func() ([]grid.Region, error) { return s.OnlineRegions(t.Context(), 0, 0, 10) },
		} {
			found, err := list()
			succeed(t, err)
			if len(found) != 0 {
				t.Errorf("it is among the %s regions", what)
			}
		}
		refuse(t, s.RegisterRegion(t.Context(), newRegion("Other", 1000, 1000, 1)), grid.ErrConflict)
	})
	t.Run("a region that is locked out is denied", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		succeed(t, s.SetRegionFlags(t.Context(), r.ID, grid.RegionLockedOut))
		refuse(t, s.RegisterRegion(t.Context(), r), grid.ErrDenied)
		succeed(t, s.SetRegionFlags(t.Context(), r.ID, 0))
		succeed(t, s.RegisterRegion(t.Context(), r))
	})
	t.Run("defaults and fallbacks are those so flagged, fallbacks the nearest first", func(t *testing.T) {
		s := make(t)
		var all []grid.Region
		for i, f := range []int{grid.RegionDefault, grid.RegionFallback, grid.RegionFallback | grid.RegionDefault, 0} {
			all = append(all, newRegion(fmt.Sprint("Region ", i), 1000+10*uint32(i), 1000, 1))
			succeed(t, s.RegisterRegion(t.Context(), all[i]))
			succeed(t, s.SetRegionFlags(t.Context(), all[i].ID, f))
		}
		found, err := s.DefaultRegions(t.Context())
		succeed(t, err)
		wantRegions(t, found, all[0], all[2])
		for x, want := range map[uint32]string{1000: "Region 1,Region 2", 1030: "Region 2,Region 1"} {
			found, err = s.FallbackRegions(t.Context(), x*256, 1000*256)
			succeed(t, err)
			if got := regionNames(found); got != want {
				t.Errorf("from %d the fallbacks are %q, want %q", x, got, want)
			}
		}
	})
	t.Run("flags that change while regions register are not lost", func(t *testing.T) {
		s, r := make(t), newRegion("Sunny Bay", 1000, 1000, 1)
		succeed(t, s.RegisterRegion(t.Context(), r))
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				if err := s.RegisterRegion(t.Context(), r); err != nil && !errors.Is(err, grid.ErrConflict) {
					t.Error(err)
				}
			})
			wait.Go(func() { succeed(t, s.SetRegionFlags(t.Context(), r.ID, grid.RegionDefault)) })
		}
		wait.Wait()
		if got := flags(t, s, r.ID); got != grid.RegionDefault|grid.RegionOnline {
			t.Errorf("flags are %d", got)
		}
	})
}

// newRegion is a region at a place and of a size counted in squares of 256 m.
func newRegion(name string, x, y, size uint32) grid.Region {
	return grid.Region{
		ID: uuid.New(), Name: name, X: x * 256, Y: y * 256, SizeX: size * 256, SizeY: size * 256,
		Host: "region.example.com", UDPPort: 9000, HTTPPort: 9001, ServerURI: "http://region.example.com:9001/",
		MapTile: uuid.New(), Access: grid.AccessMature, Owner: uuid.New(), Secret: "hush",
	}
}

// wantRegion compares what OpenSimulator's form carries in both directions, besides the flags.
func wantRegion(t tester, got, want grid.Region) {
	t.Helper()
	if !sameRegion(got, want) {
		t.Errorf("region is %+v, want %+v", got, want)
	}
}

func sameRegion(a, b grid.Region) bool {
	for _, r := range []*grid.Region{&a, &b} {
		r.Flags, r.LastSeen, r.Boot, r.Scope = 0, time.Time{}, uuid.Nil, uuid.Nil
	}
	return a == b
}

func wantRegionAt(t tester, s grid.Regions, x, y uint32, want grid.Region) {
	t.Helper()
	got, err := s.RegionAt(t.Context(), x, y)
	succeed(t, err)
	wantRegion(t, got, want)
}

// wantRegions does not look at the order.
func wantRegions(t tester, got []grid.Region, want ...grid.Region) {
	t.Helper()
	missing := slices.ContainsFunc(want, func(w grid.Region) bool {
		return !slices.ContainsFunc(got, func(g grid.Region) bool { return sameRegion(g, w) })
	})
	if missing || len(got) != len(want) {
		t.Errorf("found %q, want %q", regionNames(got), regionNames(want))
	}
}

func regionNames(all []grid.Region) string {
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return strings.Join(names, ",")
}
