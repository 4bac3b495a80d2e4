// Package friends is the friends service over SQL: who has granted whom which rights.
package friends

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations/*.sql
var migrations embed.FS

// allRights is every right there is.
const allRights = grid.RightSeeOnline | grid.RightSeeOnMap | grid.RightModifyObjects

// Service is grid.Friends.
type Service struct {
	db *store.DB
}

var _ grid.Friends = (*Service)(nil)

// New makes the service over db, whose tables it brings up to date. db stays the caller's to close.
func New(db *store.DB) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "friends", files); err != nil {
		return nil, err
	}
	return &Service{db: db}, nil
}

// bothRights has, for each friend of a user, what either grants the other.
const bothRights = `SELECT substr(mine.Friend, 1, 36) AS id, mine.Flags, theirs.Flags
	FROM Friends mine LEFT JOIN Friends theirs ON substr(theirs.PrincipalID, 1, 36) = substr(mine.Friend, 1, 36)
		AND substr(theirs.Friend, 1, 36) = substr(mine.PrincipalID, 1, 36)
	WHERE substr(mine.PrincipalID, 1, 36) = ? ORDER BY id`

// FriendsOf implements grid.Friends.
func (s *Service) FriendsOf(ctx context.Context, user uuid.UUID) ([]grid.Friend, error) {
	var out []grid.Friend
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, bothRights, user)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			f := grid.Friend{User: user}
			var theirs sql.Null[int]
			if err := rows.Scan(store.UUID(&f.Friend), &f.Mine, &theirs); err != nil {
				return err
			}
			f.Theirs = grid.RightsNone
			if theirs.Valid {
				f.Theirs = theirs.V
			}
			out = append(out, f)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, unavailable("of "+user.String(), err)
	}
	return out, nil
}

// StoreFriend implements grid.Friends. Rights that do not exist are ErrDenied.
func (s *Service) StoreFriend(ctx context.Context, user, friend uuid.UUID, rights int) error {
	if rights < 0 || rights > allRights {
		return fmt.Errorf("friends: there are no rights %d: %w", rights, grid.ErrDenied)
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO Friends (PrincipalID, Friend, Flags) VALUES (?, ?, ?)
			ON CONFLICT (substr(PrincipalID, 1, 36), substr(Friend, 1, 36)) DO UPDATE SET Flags = excluded.Flags`, user, friend, rights)
		return err
	})
	return unavailable("store for "+user.String(), err)
}

// DeleteFriend implements grid.Friends.
func (s *Service) DeleteFriend(ctx context.Context, user, friend uuid.UUID) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM Friends WHERE substr(PrincipalID, 1, 36) = ? AND substr(Friend, 1, 36) = ?", user, friend)
		return err
	})
	return unavailable("delete for "+user.String(), err)
}

func unavailable(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("friends %s: %w: %w", what, grid.ErrUnavailable, err)
}
