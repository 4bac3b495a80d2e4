package region

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

// overlaps is true of regions that have ground in a rectangle; rectangle makes its arguments. That no
// region is larger than maxSize lets the index narrow the search from both sides.
const overlaps = "(locX < ? AND locX > ? AND locX + sizeX > ? AND locY < ? AND locY + sizeY > ?)"

// rectangle has its east and north ends, in metres, outside it.
func rectangle(west, south, east, north int64) []any {
	return []any{east, west - maxSize, west, north, south}
}

// ground is a region's, and what is around it for so many metres.
func ground(r grid.Region, around int64) []any {
	west, south := int64(r.X), int64(r.Y)
	return rectangle(west-around, south-around, west+int64(r.SizeX)+around, south+int64(r.SizeY)+around)
}

// RegionByID implements grid.Regions.
func (s *Service) RegionByID(ctx context.Context, id uuid.UUID) (grid.Region, error) {
	return s.find(ctx, id.String(), "WHERE uuid = ?", id)
}

// RegionByName implements grid.Regions.
func (s *Service) RegionByName(ctx context.Context, name string) (grid.Region, error) {
	return s.find(ctx, fmt.Sprintf("%q", name), "WHERE NameKey = ?", store.Fold(name))
}

// RegionAt implements grid.Regions.
func (s *Service) RegionAt(ctx context.Context, x, y uint32) (grid.Region, error) {
	return s.find(ctx, fmt.Sprintf("at %d, %d", x, y), "WHERE "+overlaps, rectangle(int64(x), int64(y), int64(x)+1, int64(y)+1)...)
}

// SearchRegions implements grid.Regions. Every name has the empty part in it.
func (s *Service) SearchRegions(ctx context.Context, part string, limit int) ([]grid.Region, error) {
	if limit <= 0 {
		return nil, nil
	}
	key := store.Fold(part)
	pattern := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(key) + "%"
	return s.list(ctx, fmt.Sprintf("search %q", part),
		"WHERE NameKey LIKE ? ESCAPE '!' ORDER BY CASE WHEN NameKey = ? THEN 0 ELSE 1 END, NameKey LIMIT ?", pattern, key, limit)
}

// RegionsIn implements grid.Regions. They are ordered from west to east, and from south to north.
func (s *Service) RegionsIn(ctx context.Context, minX, minY, maxX, maxY uint32) ([]grid.Region, error) {
	return s.list(ctx, "in a rectangle", "WHERE "+overlaps+" ORDER BY locX, locY",
		rectangle(int64(minX), int64(minY), int64(maxX)+1, int64(maxY)+1)...)
}

// Neighbours implements grid.Regions. Those that are offline are among them, links to other grids are
// not.
func (s *Service) Neighbours(ctx context.Context, id uuid.UUID) ([]grid.Region, error) {
	var out []grid.Region
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		r, err := one(ctx, tx, "WHERE uuid = ?", id)
		if err != nil {
			return err
		}
		out, err = query(ctx, tx, "WHERE uuid <> ? AND flags & ? = 0 AND "+overlaps+" ORDER BY locX, locY",
			append([]any{id, grid.RegionHyperlink}, ground(r, 1)...)...)
		return err
	})
	return out, failed("neighbours of "+id.String(), err)
}

// DefaultRegions implements grid.Regions. They are ordered by name.
func (s *Service) DefaultRegions(ctx context.Context) ([]grid.Region, error) {
	const wanted = grid.RegionDefault | grid.RegionOnline
	return s.list(ctx, "defaults", "WHERE flags & ? = ? ORDER BY NameKey", wanted, wanted)
}

// FallbackRegions implements grid.Regions.
func (s *Service) FallbackRegions(ctx context.Context, x, y uint32) ([]grid.Region, error) {
	return s.nearest(ctx, "fallbacks", grid.RegionFallback|grid.RegionOnline, x, y)
}

// OnlineRegions implements grid.Regions.
func (s *Service) OnlineRegions(ctx context.Context, x, y uint32, limit int) ([]grid.Region, error) {
	found, err := s.nearest(ctx, "online", grid.RegionOnline, x, y)
	return found[:max(0, min(limit, len(found)))], err
}

// nearest lists regions with all of the wanted flags by how far their ground is from a point, and then by
// name.
func (s *Service) nearest(ctx context.Context, what string, wanted int, x, y uint32) ([]grid.Region, error) {
	found, err := s.list(ctx, what, "WHERE flags & ? = ? ORDER BY NameKey", wanted, wanted)
	slices.SortStableFunc(found, func(a, b grid.Region) int { return cmp.Compare(distance(a, x, y), distance(b, x, y)) })
	return found, err
}

// distance is how far a point is from a region's ground, in metres.
func distance(r grid.Region, x, y uint32) float64 {
	return math.Hypot(outside(x, r.X, r.SizeX), outside(y, r.Y, r.SizeY))
}

func outside(x, start, size uint32) float64 {
	return max(0, float64(start)-float64(x), float64(x)-float64(start)-float64(size))
}

func (s *Service) find(ctx context.Context, what, where string, args ...any) (grid.Region, error) {
	var r grid.Region
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		var err error
		r, err = one(ctx, tx, where, args...)
		return err
	})
	return r, failed(what, err)
}

func (s *Service) list(ctx context.Context, what, where string, args ...any) ([]grid.Region, error) {
	var out []grid.Region
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		var err error
		out, err = query(ctx, tx, where, args...)
		return err
	})
	return out, failed(what, err)
}
