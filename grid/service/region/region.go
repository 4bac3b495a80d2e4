// Package region is the region registry over SQL: which regions there are, where, and how they are
// reached.
package region

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// square is what coordinates and sizes are multiples of, in metres; maxSize is the largest size.
	square  = 256
	maxSize = 4096
	// firstRow is the lowest Y a region may have, in metres, and not itself: OpenSimulator keeps the rows
	// below for links to other grids.
	firstRow = 4096
	// maxName is the length of OpenSimulator's name column, in bytes.
	maxName = 128
)

// Options are what a Service can be told. The zero Options are right for a server.
type Options struct {
	Now func() time.Time // the clock; nil: time.Now
	// Flags are added when a region registers, by its name, in any case, or by its id; under "" those
	// that every region gets.
	Flags map[string]int
}

// Service is grid.Regions.
type Service struct {
	db    *store.DB
	now   func() time.Time
	flags map[string]int
}

var _ grid.Regions = (*Service)(nil)

// New makes the service over db, whose tables it brings up to date. db stays the caller's to close.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "region", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	flags := map[string]int{}
	for name, f := range maps.All(o.Flags) {
		flags[store.Fold(name)] |= f
	}
	return &Service{db: db, now: o.Now, flags: flags}, nil
}

// RegisterRegion implements grid.Regions. The registry's flags are those it has, or those of Options; the
// entry's own are not looked at. A region may not move when RegionNoMove is set, and no region may have a Y
// of 4096 m or less.
func (s *Service) RegisterRegion(ctx context.Context, r grid.Region) error {
	if err := validate(r); err != nil {
		return fmt.Errorf("region register %q: %w: %w", r.Name, err, grid.ErrDenied)
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		known, err := one(context.Background(), tx, "WHERE uuid = ?", r.ID)
		switch {
		case err == nil:
			if err := mayReplace(known, r); err != nil {
				return err
			}
		case !errors.Is(err, grid.ErrNotFound):
			return err
		}
		if err := mayTake(tx, r); err != nil {
			return err
		}
		r.Flags = known.Flags&^grid.RegionReservation | grid.RegionOnline |
			s.flags[""] | s.flags[store.Fold(r.Name)] | s.flags[store.Fold(r.ID.String())]
		r.LastSeen = s.now()
		return write(tx, r)
	})
	return failed(fmt.Sprintf("register %q", r.Name), err)
}

// validate says what is wrong with an entry.
func validate(r grid.Region) error {
	switch {
	case r.ID == uuid.Nil:
		return errors.New("it has no id")
	case strings.TrimSpace(r.Name) == "" || len(r.Name) > maxName:
		return fmt.Errorf("a name has 1 to %d bytes", maxName)
	case !utf8.ValidString(r.Name) || strings.ContainsFunc(r.Name, unicode.IsControl):
		return errors.New("its name has characters that do not belong there")
	case !isSize(r.SizeX) || !isSize(r.SizeY):
		return fmt.Errorf("a size of %d by %d m is no multiple of %d up to %d", r.SizeX, r.SizeY, square, maxSize)
	case r.X%square != 0 || r.Y%square != 0:
		return fmt.Errorf("the corner %d, %d is no multiple of %d m", r.X, r.Y, square)
	case r.X+r.SizeX < r.X || r.Y+r.SizeY < r.Y:
		return errors.New("it reaches beyond the end of the grid")
	case r.Y <= firstRow:
		return fmt.Errorf("its Y is not above %d m: what is below is kept for links to other grids", firstRow)
	case r.ServerURI != "" && !strings.HasSuffix(r.ServerURI, "/"):
		return fmt.Errorf("the address %q does not end in /", r.ServerURI)
	}
	return nil
}

func isSize(n uint32) bool { return n > 0 && n <= maxSize && n%square == 0 }

// mayReplace says why a region may not register as it does now, after having been known as known.
func mayReplace(known, r grid.Region) error {
	if known.Flags&grid.RegionLockedOut != 0 {
		return fmt.Errorf("it is locked out: %w", grid.ErrDenied)
	}
	if known.Flags&grid.RegionNoMove != 0 && (known.X != r.X || known.Y != r.Y) {
		return fmt.Errorf("it may not move from %d, %d: %w", known.GridX(), known.GridY(), grid.ErrDenied)
	}
	return nil
}

// mayTake says whose ground or name r would take.
func mayTake(tx *sql.Tx, r grid.Region) error {
	found, err := query(context.Background(), tx, "WHERE uuid <> ? AND (NameKey = ? OR "+overlaps+")",
		append([]any{r.ID, store.Fold(r.Name)}, ground(r, 0)...)...)
	if err != nil || len(found) == 0 {
		return err
	}
	other := found[0]
	if store.Fold(other.Name) == store.Fold(r.Name) {
		return fmt.Errorf("the name is that of the region at %d, %d: %w", other.GridX(), other.GridY(), grid.ErrConflict)
	}
	return fmt.Errorf("it overlaps %q: %w", other.Name, grid.ErrConflict)
}

// DeregisterRegion implements grid.Regions.
func (s *Service) DeregisterRegion(ctx context.Context, id uuid.UUID) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		known, err := one(context.Background(), tx, "WHERE uuid = ?", id)
		switch {
		case errors.Is(err, grid.ErrNotFound):
			return nil
		case err != nil:
			return err
		case known.Flags&grid.RegionPersistent != 0:
			return setFlags(tx, id, known.Flags&^grid.RegionOnline)
		}
		_, err = tx.Exec("DELETE FROM regions WHERE uuid = ?", id)
		return err
	})
	return failed("deregister "+id.String(), err)
}

// SetRegionFlags implements grid.Regions.
func (s *Service) SetRegionFlags(ctx context.Context, id uuid.UUID, flags int) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		known, err := one(context.Background(), tx, "WHERE uuid = ?", id)
		if err != nil {
			return err
		}
		return setFlags(tx, id, flags&^grid.RegionOnline|known.Flags&grid.RegionOnline)
	})
	return failed("flags of "+id.String(), err)
}

func setFlags(tx *sql.Tx, id uuid.UUID, flags int) error {
	_, err := tx.Exec("UPDATE regions SET flags = ? WHERE uuid = ?", flags, id)
	return err
}

// failed makes an ErrUnavailable of what is not one of the service's own answers.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrNotFound), errors.Is(err, grid.ErrConflict), errors.Is(err, grid.ErrDenied):
		return fmt.Errorf("region %s: %w", what, err)
	}
	return fmt.Errorf("region %s: %w: %w", what, grid.ErrUnavailable, err)
}
