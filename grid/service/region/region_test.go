package region

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/store"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func open(t *testing.T, o Options) *Service {
	t.Helper()
	s, err := New(store.Memory(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.Regions(t, func(t *testing.T) grid.Regions { return open(t, Options{}) })
}

// at is a region at a place counted in squares.
func at(name string, x, y uint32) grid.Region {
	return grid.Region{ID: uuid.New(), Name: name, X: x * 256, Y: y * 256, SizeX: 256, SizeY: 256}
}

func register(t *testing.T, s *Service, r grid.Region) {
	t.Helper()
	if err := s.RegisterRegion(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestEverythingOfAnEntryIsKept(t *testing.T) {
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	s := open(t, Options{Now: func() time.Time { return now }})
	r := at("Sunny Bay", 1<<24-1, 1<<24-1)
	r.Scope, r.Boot, r.Owner, r.MapTile = uuid.New(), uuid.New(), uuid.New(), uuid.New()
	r.Host, r.UDPPort, r.HTTPPort, r.ServerURI, r.Secret, r.Access = "a.example.com", 65535, 65534, "http://a.example.com/", "s", 42
	r.X, r.Y = 1<<32-512, 1<<32-512
	register(t, s, r)
	r.Flags, r.LastSeen = grid.RegionOnline, now
	got, err := s.RegionByID(t.Context(), r.ID)
	if err != nil || got != r {
		t.Errorf("it is %+v, was %+v, %v", got, r, err)
	}
	if _, err := s.RegionAt(t.Context(), 1<<32-257, 1<<32-257); err != nil {
		t.Error(err)
	}
}

func TestConfiguredFlagsAreAdded(t *testing.T) {
	bay, cape := at("Sunny Bay", 1000, 1000), at("Cape", 2000, 2000)
	s := open(t, Options{Flags: map[string]int{
		"sunny bay": grid.RegionDefault, "": grid.RegionPersistent, strings.ToUpper(cape.ID.String()): grid.RegionFallback,
	}})
	for r, want := range map[*grid.Region]int{&bay: grid.RegionDefault, &cape: grid.RegionFallback} {
		register(t, s, *r)
		if got, err := s.RegionByID(t.Context(), r.ID); err != nil || got.Flags != want|grid.RegionPersistent|grid.RegionOnline {
			t.Errorf("the flags of %s are %d, %v", r.Name, got.Flags, err)
		}
	}
}

func TestARegionCannotGiveItselfFlags(t *testing.T) {
	s := open(t, Options{})
	r := at("Sunny Bay", 1000, 1000)
	r.Flags = grid.RegionDefault
	register(t, s, r)
	if got, err := s.RegionByID(t.Context(), r.ID); err != nil || got.Flags != grid.RegionOnline {
		t.Errorf("its flags are %d, %v", got.Flags, err)
	}
}

func TestARegionThatMayNotMoveStays(t *testing.T) {
	s := open(t, Options{Flags: map[string]int{"": grid.RegionNoMove}})
	r := at("Sunny Bay", 1000, 1000)
	register(t, s, r)
	register(t, s, r)
	r.X += 256
	if err := s.RegisterRegion(t.Context(), r); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("moving answered %v", err)
	}
	if _, err := s.RegionAt(t.Context(), 1000*256, 1000*256); err != nil {
		t.Error(err)
	}
}

func TestAReservationEndsWithTheRegistration(t *testing.T) {
	s := open(t, Options{})
	r := at("Sunny Bay", 1000, 1000)
	register(t, s, r)
	if err := s.SetRegionFlags(t.Context(), r.ID, grid.RegionReservation|grid.RegionDefault); err != nil {
		t.Fatal(err)
	}
	register(t, s, r)
	if got, err := s.RegionByID(t.Context(), r.ID); err != nil || got.Flags != grid.RegionDefault|grid.RegionOnline {
		t.Errorf("its flags are %d, %v", got.Flags, err)
	}
}

func TestTheLowestRowsAreKeptForLinks(t *testing.T) {
	s := open(t, Options{})
	if err := s.RegisterRegion(t.Context(), at("Low", 1000, 16)); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("row 16 answered %v", err)
	}
	register(t, s, at("High", 1000, 17))
}

func TestAnAddressEndsInASlash(t *testing.T) {
	s := open(t, Options{})
	r := at("Sunny Bay", 1000, 1000)
	r.ServerURI = "http://a.example.com:9000"
	if err := s.RegisterRegion(t.Context(), r); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("it answered %v", err)
	}
}

func TestLinksAreNoNeighbours(t *testing.T) {
	s := open(t, Options{})
	middle, link, offline := at("Middle", 1000, 1000), at("Link", 1001, 1000), at("Offline", 999, 1000)
	for _, r := range []grid.Region{middle, link, offline} {
		register(t, s, r)
	}
	if err := s.SetRegionFlags(t.Context(), link.ID, grid.RegionHyperlink); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRegionFlags(t.Context(), offline.ID, grid.RegionPersistent); err != nil {
		t.Fatal(err)
	}
	if err := s.DeregisterRegion(t.Context(), offline.ID); err != nil {
		t.Fatal(err)
	}
	found, err := s.Neighbours(t.Context(), middle.ID)
	if err != nil || len(found) != 1 || found[0].ID != offline.ID {
		t.Errorf("neighbours are %+v, %v", found, err)
	}
}

func TestNoTwoRegionsEverShareGround(t *testing.T) {
	s := open(t, Options{})
	rapid.Check(t, func(t *rapid.T) {
		var known []grid.Region
		for range rapid.IntRange(1, 12).Draw(t, "regions") {
			r := at(uuid.NewString(), 1000+rapid.Uint32Range(0, 20).Draw(t, "x"), 1000+rapid.Uint32Range(0, 20).Draw(t, "y"))
			r.SizeX, r.SizeY = 256*rapid.Uint32Range(1, 16).Draw(t, "width"), 256*rapid.Uint32Range(1, 16).Draw(t, "height")
			if len(known) > 0 && rapid.Bool().Draw(t, "moves") {
				r.ID = rapid.SampledFrom(known).Draw(t, "region").ID
			}
			others := slices.DeleteFunc(slices.Clone(known), func(k grid.Region) bool { return k.ID == r.ID })
			free := !slices.ContainsFunc(others, r.Overlaps)
			err := s.RegisterRegion(t.Context(), r)
			if free != (err == nil) || !free && !errors.Is(err, grid.ErrConflict) {
				t.Fatalf("registering %+v among %+v answered %v", r, known, err)
			}
			if free {
				known = append(others, r)
			}
		}
		for _, r := range known {
			if err := s.DeregisterRegion(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAFailingStoreIsUnavailable(t *testing.T) {
	s := open(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.DefaultRegions(ctx); !errors.Is(err, grid.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("reading answered %v", err)
	}
	if _, err := s.OnlineRegions(ctx, 0, 0, 5); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("listing answered %v", err)
	}
	if err := s.RegisterRegion(ctx, at("Sunny Bay", 1000, 1000)); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("writing answered %v", err)
	}
}
