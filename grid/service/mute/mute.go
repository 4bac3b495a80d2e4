// Package mute keeps whom and what users have muted: the mute list service over SQL, in OpenSimulator's
// table.
package mute

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations
var migrations embed.FS

// maxName is how much of a name is kept, in bytes: the width of OpenSimulator's column.
const maxName = 64

// Options are what a Service is made with. The zero Options are fit for use.
type Options struct {
	Now func() time.Time // stamps entries that carry no time of their own; nil: time.Now
}

// Service is the mute list service. It implements grid.Mutes.
type Service struct {
	db  *store.DB
	now func() time.Time
}

var _ grid.Mutes = (*Service)(nil)

// New makes the service over a database, and its table where it is missing.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "mute", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db: db, now: o.Now}, nil
}

// MutesOf implements grid.Mutes. Names are ordered by their bytes, equal ones by id.
func (s *Service) MutesOf(ctx context.Context, user uuid.UUID) ([]grid.Mute, error) {
	var list []grid.Mute
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.Query(`SELECT MuteID, MuteName, MuteType, MuteFlags, Stamp FROM MuteList
			WHERE AgentID = ? ORDER BY MuteType, MuteName, MuteID`, user)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			m := grid.Mute{User: user}
			var since int64
			if err := rows.Scan(store.UUID(&m.ID), &m.Name, &m.Type, &m.Flags, &since); err != nil {
				return err
			}
			m.Since = grid.FromUnix(since)
			list = append(list, m)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, failed(user, err)
	}
	return list, nil
}

// StoreMute implements grid.Mutes. A name longer than 64 bytes is cut; DeleteMute cuts it alike. An
// entry without a time is stamped with the present.
func (s *Service) StoreMute(ctx context.Context, m grid.Mute) error {
	if m.Since.IsZero() {
		m.Since = s.now()
	}
	return s.update(ctx, m.User, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO MuteList (AgentID, MuteID, MuteName, MuteType, MuteFlags, Stamp)
			VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (AgentID, MuteID, MuteName) DO UPDATE
			SET MuteType = excluded.MuteType, MuteFlags = excluded.MuteFlags, Stamp = excluded.Stamp`,
			m.User, m.ID, cut(m.Name), m.Type, m.Flags, grid.Unix(m.Since))
		return err
	})
}

// DeleteMute implements grid.Mutes.
func (s *Service) DeleteMute(ctx context.Context, user, id uuid.UUID, name string) error {
	return s.update(ctx, user, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM MuteList WHERE AgentID = ? AND MuteID = ? AND MuteName = ?",
			user, id, cut(name))
		return err
	})
}

func (s *Service) update(ctx context.Context, user uuid.UUID, fn func(*sql.Tx) error) error {
	return failed(user, s.db.Update(ctx, fn))
}

// cut is the part of a name that is kept: whole characters.
func cut(name string) string {
	name = strings.ToValidUTF8(name, "")
	if len(name) <= maxName {
		return name
	}
	end := maxName
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}

// failed makes a grid.ErrUnavailable of what the database could not do.
func failed(user uuid.UUID, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("mute list of %s: %w: %w", user, grid.ErrUnavailable, err)
}
