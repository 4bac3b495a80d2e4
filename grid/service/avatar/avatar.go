// Package avatar keeps how users look: the avatar service over SQL, in OpenSimulator's table of names
// and values. Each call that writes is one transaction, so nobody ever reads half an outfit.
package avatar

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations
var migrations embed.FS

// maxName is how long a row's name may be, in bytes: the width of OpenSimulator's column.
const maxName = 32

// Service is the avatar service. It implements grid.FencedAvatars.
type Service struct {
	db *store.DB
}

var _ grid.FencedAvatars = (*Service)(nil)

// New makes the service over a database, and its tables where they are missing.
func New(db *store.DB) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "avatar", files); err != nil {
		return nil, err
	}
	return &Service{db: db}, nil
}

// Avatar implements grid.Avatars.
func (s *Service) Avatar(ctx context.Context, user uuid.UUID) (grid.Avatar, error) {
	a := grid.Avatar{}
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT Name, Value FROM Avatars WHERE PrincipalID = ?", user)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name, value string
			if err := rows.Scan(&name, &value); err != nil {
				return err
			}
			a[name] = value
		}
		return rows.Err()
	})
	if err != nil {
		return nil, failed(user, err)
	}
	return a, nil
}

// SetAvatar implements grid.Avatars. A name that is empty or longer than 32 bytes is grid.ErrDenied.
func (s *Service) SetAvatar(ctx context.Context, user uuid.UUID, a grid.Avatar) error {
	return s.SetAvatarAs(ctx, user, grid.Fence{}, a)
}

// SetAvatarAs implements grid.FencedAvatars. A name that is empty or longer than 32 bytes is
// grid.ErrDenied.
func (s *Service) SetAvatarAs(ctx context.Context, user uuid.UUID, f grid.Fence, a grid.Avatar) error {
	return s.update(ctx, user, func(tx *sql.Tx) error {
		if err := hold(tx, user, f); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM Avatars WHERE PrincipalID = ?", user); err != nil {
			return err
		}
		return put(tx, user, a)
	})
}

// SetAvatarItems implements grid.Avatars. A name that is empty or longer than 32 bytes is
// grid.ErrDenied.
func (s *Service) SetAvatarItems(ctx context.Context, user uuid.UUID, items grid.Avatar) error {
	return s.update(ctx, user, func(tx *sql.Tx) error { return put(tx, user, items) })
}

// RemoveAvatarItems implements grid.Avatars.
func (s *Service) RemoveAvatarItems(ctx context.Context, user uuid.UUID, names []string) error {
	return s.update(ctx, user, func(tx *sql.Tx) error {
		for _, name := range names {
			_, err := tx.Exec("DELETE FROM Avatars WHERE PrincipalID = ? AND Name = ?", user, name)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ResetAvatar implements grid.Avatars.
func (s *Service) ResetAvatar(ctx context.Context, user uuid.UUID) error {
	return s.update(ctx, user, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM Avatars WHERE PrincipalID = ?", user)
		return err
	})
}

func (s *Service) update(ctx context.Context, user uuid.UUID, fn func(*sql.Tx) error) error {
	return failed(user, s.db.Update(ctx, fn))
}

func put(tx *sql.Tx, user uuid.UUID, a grid.Avatar) error {
	for name, value := range a {
		if name == "" || len(name) > maxName {
			return fmt.Errorf("a row's name has 1 to %d bytes, not %q: %w", maxName, name, grid.ErrDenied)
		}
		_, err := tx.Exec(`INSERT INTO Avatars (PrincipalID, Name, Value) VALUES (?, ?, ?)
			ON CONFLICT (PrincipalID, Name) DO UPDATE SET Value = excluded.Value`, user, name, value)
		if err != nil {
			return err
		}
	}
	return nil
}

// hold refuses a fence below the highest seen for a user, and remembers one above it.
func hold(tx *sql.Tx, user uuid.UUID, f grid.Fence) error {
	if f == (grid.Fence{}) {
		return nil
	}
	var highest int64
	err := tx.QueryRow("SELECT Epoch FROM AvatarEpochs WHERE PrincipalID = ?", user).Scan(&highest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case f.Epoch < uint64(highest):
		return fmt.Errorf("epoch %d, the latest is %d: %w", f.Epoch, highest, grid.ErrSuperseded)
	case f.Epoch == uint64(highest):
		return nil
	}
	_, err = tx.Exec(`INSERT INTO AvatarEpochs (PrincipalID, Epoch) VALUES (?, ?)
		ON CONFLICT (PrincipalID) DO UPDATE SET Epoch = excluded.Epoch`, user, int64(f.Epoch))
	return err
}

// failed makes a grid.ErrUnavailable of what is not one of the service's own answers.
func failed(user uuid.UUID, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrDenied), errors.Is(err, grid.ErrSuperseded):
		return fmt.Errorf("avatar of %s: %w", user, err)
	}
	return fmt.Errorf("avatar of %s: %w: %w", user, grid.ErrUnavailable, err)
}
