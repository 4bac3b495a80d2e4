// Package griduser is the grid user service over SQL: each user's home, last place, and whether he is
// online.
package griduser

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
	Now func() time.Time // the clock; nil: time.Now
}

// Service is grid.FencedGridUsers. A place whose vectors are not finite is ErrDenied.
type Service struct {
	db  *store.DB
	now func() time.Time
}

var _ grid.FencedGridUsers = (*Service)(nil)

// New makes the service over db, whose tables it brings up to date. db stays the caller's to close.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "griduser", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db: db, now: o.Now}, nil
}

// GridUser implements grid.GridUsers.
func (s *Service) GridUser(ctx context.Context, user uuid.UUID) (grid.GridUser, error) {
	found, err := s.GridUsers(ctx, []uuid.UUID{user})
	if err == nil && len(found) == 0 {
		err = failed("find "+user.String(), grid.ErrNotFound)
	}
	if err != nil {
		return grid.GridUser{}, err
	}
	return found[0], nil
}

// GridUsers implements grid.GridUsers.
func (s *Service) GridUsers(ctx context.Context, users []uuid.UUID) ([]grid.GridUser, error) {
	var out []grid.GridUser
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		found, err := query(ctx, tx, users)
		for _, r := range found {
			out = append(out, r.user)
		}
		return err
	})
	if err != nil {
		return nil, failed("find", err)
	}
	return out, nil
}

// LoggedIn implements grid.GridUsers.
func (s *Service) LoggedIn(ctx context.Context, user uuid.UUID) error {
	return s.LoggedInAs(ctx, user, grid.Fence{})
}

// LoggedOut implements grid.GridUsers.
func (s *Service) LoggedOut(ctx context.Context, user uuid.UUID, last grid.Place) error {
	return s.LoggedOutAs(ctx, user, grid.Fence{}, last, s.now())
}

// SetPosition implements grid.GridUsers.
func (s *Service) SetPosition(ctx context.Context, user uuid.UUID, last grid.Place) error {
	return s.SetPositionAs(ctx, user, grid.Fence{}, last)
}

// SetHome implements grid.GridUsers.
func (s *Service) SetHome(ctx context.Context, user uuid.UUID, home grid.Place) error {
	if err := validate(home); err != nil {
		return err
	}
	return s.change(ctx, user, grid.Fence{}, func(r *record) { r.user.Home = home })
}

// LoggedInAs implements grid.FencedGridUsers. Saying it twice does not move the time of the login, and does
// not bring a session back that has logged out.
func (s *Service) LoggedInAs(ctx context.Context, user uuid.UUID, f grid.Fence) error {
	return s.change(ctx, user, f, func(r *record) {
		if f != (grid.Fence{}) && f == r.login {
			return
		}
		r.user.Online, r.user.Login, r.login = true, s.now(), f
	})
}

// LoggedOutAs implements grid.FencedGridUsers.
func (s *Service) LoggedOutAs(ctx context.Context, user uuid.UUID, f grid.Fence, last grid.Place, at time.Time) error {
	if err := validate(last); err != nil {
		return err
	}
	return s.change(ctx, user, f, func(r *record) {
		r.user.Online, r.user.Logout, r.user.Last = false, at, last
	})
}

// SetPositionAs implements grid.FencedGridUsers.
func (s *Service) SetPositionAs(ctx context.Context, user uuid.UUID, f grid.Fence, last grid.Place) error {
	if err := validate(last); err != nil {
		return err
	}
	return s.change(ctx, user, f, func(r *record) { r.user.Last = last })
}

func validate(p grid.Place) error {
	if p.Position.Finite() && p.LookAt.Finite() {
		return nil
	}
	return fmt.Errorf("grid user: a place is not finite: %w", grid.ErrDenied)
}

// change applies a setter to a user's record, which it makes if there is none, unless the fence forbids
// it.
func (s *Service) change(ctx context.Context, user uuid.UUID, f grid.Fence, set func(*record)) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		found, err := query(context.Background(), tx, []uuid.UUID{user})
		if err != nil {
			return err
		}
		r := record{key: user.String(), user: grid.GridUser{User: user}}
		if len(found) > 0 {
			r = found[0]
		}
		if f != (grid.Fence{}) && f.Epoch < r.epoch {
			return fmt.Errorf("epoch %d is lower than %d: %w", f.Epoch, r.epoch, grid.ErrSuperseded)
		}
		r.epoch = max(r.epoch, f.Epoch)
		set(&r)
		return write(tx, r)
	})
	return failed("write "+user.String(), err)
}

// failed makes an ErrUnavailable of what is not one of the service's own answers.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrNotFound), errors.Is(err, grid.ErrSuperseded):
		return fmt.Errorf("grid user %s: %w", what, err)
	}
	return fmt.Errorf("grid user %s: %w: %w", what, grid.ErrUnavailable, err)
}
