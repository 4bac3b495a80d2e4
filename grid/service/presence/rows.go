package presence

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

// read is an open session as a writer sees it.
func read(tx *sql.Tx, session uuid.UUID) (grid.Lease, error) {
	return one(context.Background(), tx, "WHERE SessionID = ?", session)
}

func one(ctx context.Context, tx *sql.Tx, where string, args ...any) (grid.Lease, error) {
	found, err := query(ctx, tx, where, args...)
	if err != nil {
		return grid.Lease{}, err
	}
	if len(found) == 0 {
		return grid.Lease{}, grid.ErrNotFound
	}
	return found[0], nil
}

func isNotFound(err error) bool { return errors.Is(err, grid.ErrNotFound) }

func query(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]grid.Lease, error) {
	rows, err := tx.QueryContext(ctx, `SELECT UserID, SessionID, RegionID, SecureSessionID, Epoch, Boot, Began, Expires
		FROM Presence `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []grid.Lease
	for rows.Next() {
		var l grid.Lease
		var epoch, began, expires int64
		err := rows.Scan(store.UUID(&l.User), store.UUID(&l.Session), store.UUID(&l.Region), store.UUID(&l.Secure),
			&epoch, store.UUID(&l.Boot), &began, &expires)
		if err != nil {
			return nil, err
		}
		l.Epoch, l.Began = uint64(epoch), time.UnixMilli(began).UTC()
		if expires != 0 {
			l.Expires = time.UnixMilli(expires).UTC()
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
