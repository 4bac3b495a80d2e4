// Package message keeps instant messages for who is not there: the offline message service over SQL, in
// OpenSimulator's table and in its form of a message.
package message

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

//go:embed migrations
var migrations embed.FS

// keep is how long a message waits for its recipient. OpenSimulator purges after the same two weeks.
const keep = 14 * 24 * time.Hour

// maxBucket is how large the part of a message that depends on its dialog may be, in bytes.
const maxBucket = 1024

// Options are what a Service is made with. The zero Options are fit for use.
type Options struct {
	Now func() time.Time // what is too old, and when what carries no time was sent; nil: time.Now
}

// Service is the offline message service. It implements grid.OfflineMessages.
type Service struct {
	db  *store.DB
	now func() time.Time
}

var _ grid.OfflineMessages = (*Service)(nil)

// New makes the service over a database, and its table where it is missing. It forgets what has waited
// for more than two weeks.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "message", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{db: db, now: o.Now}
	err = db.Update(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM im_offline WHERE TMStamp < ?", grid.Unix(s.now().Add(-keep)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("forget old messages: %w", err)
	}
	return s, nil
}

// StoreMessage implements grid.OfflineMessages. A bucket of more than 1024 bytes is grid.ErrDenied; a
// longer text than 1023 bytes is cut. A message without a time is stamped with the present.
func (s *Service) StoreMessage(ctx context.Context, m grid.InstantMessage) error {
	if len(m.Bucket) > maxBucket {
		return failed(m.To, fmt.Errorf("bucket of %d bytes: %w", len(m.Bucket), grid.ErrDenied))
	}
	now := s.now()
	if m.At.IsZero() {
		m.At = now
	}
	text, err := encode(m)
	if err != nil {
		return failed(m.To, err)
	}
	return failed(m.To, s.db.Update(ctx, func(tx *sql.Tx) error {
		var waiting int
		err := tx.QueryRow("SELECT count(*) FROM im_offline WHERE PrincipalID = ?", m.To).Scan(&waiting)
		if err != nil {
			return err
		}
		if waiting >= grid.MaxOfflineMessages {
			return fmt.Errorf("%d wait already: %w", waiting, grid.ErrDenied)
		}
		_, err = tx.Exec("INSERT INTO im_offline (PrincipalID, FromID, Message, TMStamp) VALUES (?, ?, ?, ?)",
			m.To, m.From, text, grid.Unix(now))
		return err
	}))
}

// TakeMessages implements grid.OfflineMessages. The oldest is the one that was stored first.
func (s *Service) TakeMessages(ctx context.Context, user uuid.UUID) ([]grid.InstantMessage, error) {
	var taken []grid.InstantMessage
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		var err error
		if taken, err = waiting(tx, user); err != nil || len(taken) == 0 {
			return err
		}
		_, err = tx.Exec("DELETE FROM im_offline WHERE PrincipalID = ?", user)
		return err
	})
	if err != nil {
		return nil, failed(user, err)
	}
	return taken, nil
}

func waiting(tx *sql.Tx, user uuid.UUID) ([]grid.InstantMessage, error) {
	rows, err := tx.Query("SELECT ID, Message FROM im_offline WHERE PrincipalID = ? ORDER BY ID", user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []grid.InstantMessage
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		m, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("row %d of im_offline: %w", id, err)
		}
		m.To, m.Offline = user, true
		list = append(list, m)
	}
	return list, rows.Err()
}

// failed makes a grid.ErrUnavailable of what is not one of the service's own answers.
func failed(to uuid.UUID, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrDenied):
		return fmt.Errorf("messages for %s: %w", to, err)
	}
	return fmt.Errorf("messages for %s: %w: %w", to, grid.ErrUnavailable, err)
}
