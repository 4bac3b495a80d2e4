// Package presence is the presence service over SQL: who is in the grid, in which region, and which
// region's process owns each session until when.
package presence

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are what a Service can be told. The zero Options are right for a server.
type Options struct {
	Now   func() time.Time // the clock; nil: time.Now
	Terms grid.LeaseTerms  // zero: grid.DefaultLeaseTerms
}

// Service is grid.Leases.
//
// A region that only knows grid.Presences does not renew: a session that it reports never runs out, and
// ends as OpenSimulator's do, by SignOut, SignOutRegion or the user's next login.
type Service struct {
	db    *store.DB
	now   func() time.Time
	terms grid.LeaseTerms
}

var _ grid.Leases = (*Service)(nil)

// New makes the service over db, whose tables it brings up to date. db stays the caller's to close.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "presence", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Terms == (grid.LeaseTerms{}) {
		o.Terms = grid.DefaultLeaseTerms
	}
	return &Service{db: db, now: o.Now, terms: o.Terms}, nil
}

// SignIn implements grid.Presences. Until a region reports or owns the session, it is a pending lease as
// Begin makes it.
func (s *Service) SignIn(ctx context.Context, user, session, secure uuid.UUID) error {
	_, err := s.Begin(ctx, user, session, secure)
	return err
}

// SignOut implements grid.Presences.
func (s *Service) SignOut(ctx context.Context, session uuid.UUID) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM Presence WHERE SessionID = ?", session)
		return err
	})
	return failed("sign out "+session.String(), err)
}

// SignOutRegion implements grid.Presences. The zero UUID is no region: it has no sessions to close.
func (s *Service) SignOutRegion(ctx context.Context, region uuid.UUID) error {
	if region == uuid.Nil {
		return nil
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM Presence WHERE RegionID = ?", region)
		return err
	})
	return failed("sign out region "+region.String(), err)
}

// Report implements grid.Presences. A report from the region that has the session changes nothing. Any
// other ends the lease: the session stays open until it is closed, however long that takes. When it is
// taken from another region, that is a change of owner and gets the user's next epoch. The zero
// region is ErrDenied.
func (s *Service) Report(ctx context.Context, session, region uuid.UUID) error {
	if region == uuid.Nil {
		return fmt.Errorf("presence report %s: no region: %w", session, grid.ErrDenied)
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		l, err := read(tx, session)
		if err != nil || l.Region == region {
			return err
		}
		if l.Region != uuid.Nil {
			if l.Epoch, err = nextEpoch(tx, l.User); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`UPDATE Presence SET RegionID = ?, LastSeen = ?, Epoch = ?, FormerEpoch = 0, Boot = ?, Expires = 0
			WHERE SessionID = ?`, region, grid.Unix(s.now()), int64(l.Epoch), uuid.Nil, session)
		return err
	})
	return failed("report "+session.String(), err)
}

// Presence implements grid.Presences.
func (s *Service) Presence(ctx context.Context, session uuid.UUID) (grid.Presence, error) {
	l, err := s.Lease(ctx, session)
	return l.Presence, err
}

// PresencesOf implements grid.Presences.
func (s *Service) PresencesOf(ctx context.Context, users []uuid.UUID) ([]grid.Presence, error) {
	var out []grid.Presence
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		for in, args := range store.In(users) {
			found, err := query(ctx, tx, "WHERE UserID IN "+in, args...)
			if err != nil {
				return err
			}
			for _, l := range found {
				out = append(out, l.Presence)
			}
		}
		return nil
	})
	return out, failed("list", err)
}

// failed makes an ErrUnavailable of what is not one of the service's own answers.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrNotFound), errors.Is(err, grid.ErrConflict), errors.Is(err, grid.ErrSuperseded):
		return fmt.Errorf("presence %s: %w", what, err)
	}
	return fmt.Errorf("presence %s: %w: %w", what, grid.ErrUnavailable, err)
}
