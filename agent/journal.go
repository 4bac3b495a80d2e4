package agent

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations/*.sql
var migrations embed.FS

// SQLJournal is a Journal in a region's own store.
type SQLJournal struct{ db *store.DB }

// OpenJournal makes the journal's table in db if it is not there. The store must sync fully: a row is
// on disk when a method has returned.
func OpenJournal(ctx context.Context, db *store.DB) (*SQLJournal, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "journal", files); err != nil {
		return nil, err
	}
	return &SQLJournal{db: db}, nil
}

// Open writes the open row of a session that has arrived.
func (j *SQLJournal) Open(ctx context.Context, d Departure) error {
	value, err := d.Marshal()
	if err != nil {
		return err
	}
	return j.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO journal (session, agent, epoch, open, value) VALUES (?, ?, ?, 1, ?)
			ON CONFLICT (session) DO NOTHING`, d.Session.String(), d.Agent.String(), d.Epoch, value)
		return err
	})
}

// Refresh replaces open rows, all in one transaction.
func (j *SQLJournal) Refresh(ctx context.Context, open []Departure) error {
	return j.db.Update(ctx, func(tx *sql.Tx) error {
		for _, d := range open {
			value, err := d.Marshal()
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE journal SET epoch = ?, value = ? WHERE session = ? AND open = 1`,
				d.Epoch, value, d.Session.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Depart turns a session's open row into a departure, or writes one.
func (j *SQLJournal) Depart(ctx context.Context, d Departure) error {
	value, err := d.Marshal()
	if err != nil {
		return err
	}
	return j.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO journal (session, agent, epoch, open, value) VALUES (?, ?, ?, 0, ?)
			ON CONFLICT (session) DO UPDATE SET epoch = excluded.epoch, open = 0, value = excluded.value`,
			d.Session.String(), d.Agent.String(), d.Epoch, value)
		return err
	})
}

// Settle strikes a session out.
func (j *SQLJournal) Settle(ctx context.Context, session uuid.UUID) error {
	return j.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM journal WHERE session = ?`, session.String())
		return err
	})
}

// Rows is everything that stands in it.
func (j *SQLJournal) Rows(ctx context.Context) (open, departed []Departure, err error) {
	return j.rows(ctx, `SELECT open, value FROM journal ORDER BY epoch`)
}

// RowsOf is what stands in it for one agent.
func (j *SQLJournal) RowsOf(ctx context.Context, agent uuid.UUID) (open, departed []Departure, err error) {
	return j.rows(ctx, `SELECT open, value FROM journal WHERE agent = ? ORDER BY epoch`, agent.String())
}

func (j *SQLJournal) rows(ctx context.Context, query string, args ...any) (open, departed []Departure, err error) {
	err = j.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.Query(query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var isOpen bool
			var value []byte
			if err := rows.Scan(&isOpen, &value); err != nil {
				return err
			}
			d, err := UnmarshalDeparture(value)
			if err != nil {
				return err
			}
			if isOpen {
				open = append(open, d)
			} else {
				departed = append(departed, d)
			}
		}
		return rows.Err()
	})
	return open, departed, err
}
