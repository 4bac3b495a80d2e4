package asset

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

// hash is the SHA-256 of a content: its name. Its text is upper case, as FSAssets has it.
type hash [32]byte

func (h hash) String() string { return strings.ToUpper(hex.EncodeToString(h[:])) }

// Scan implements sql.Scanner.
func (h *hash) Scan(src any) error {
	text, ok := src.(string)
	if !ok || len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("%v is no hash", src)
	}
	_, err := hex.Decode(h[:], []byte(text))
	return err
}

// row is an asset as its table has it.
type row struct {
	grid.AssetInfo
	used int64 // day of the latest use, as dayOf counts
}

// find marks those of some ids, as store.In gives them, that are assets'.
func find(tx *sql.Tx, found map[uuid.UUID]bool, in string, args []any) error {
	rows, err := tx.Query("SELECT id FROM fsassets WHERE id IN "+in, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(store.UUID(&id)); err != nil {
			return err
		}
		found[id] = true
	}
	return rows.Err()
}

// errTaken says that an id has other content.
var errTaken = fmt.Errorf("the id has other content: %w", grid.ErrConflict)

// secondsOfDay is how long a day is, in the table's unit.
const secondsOfDay = int64(24 * time.Hour / time.Second)

// dayOf is when the day of t began, in Universal Time, as access_time holds it: a use is noted once a day, so
// that reading rarely writes.
func dayOf(t time.Time) int64 {
	s := t.Unix()
	return s - s%secondsOfDay
}

func (s *Service) row(ctx context.Context, id uuid.UUID) (r row, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		r, err = rowOf(tx, id)
		return err
	})
	return r, err
}

// rowOf is an asset's row, or grid.ErrNotFound.
func rowOf(tx *sql.Tx, id uuid.UUID) (row, error) {
	r := row{AssetInfo: grid.AssetInfo{ID: id}}
	var created int64
	err := tx.QueryRow(`SELECT name, description, type, hash, create_time, access_time, asset_flags, creatorid,
		temporary, size FROM fsassets WHERE id = ?`, id).
		Scan(&r.Name, &r.Description, &r.Type, (*hash)(&r.Hash), &created, &r.used, &r.Flags,
			store.UUID(&r.Creator), &r.Temporary, &r.Size)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, grid.ErrNotFound
	}
	r.Created = grid.FromUnix(created)
	return r, err
}

// insert adds an asset's row, or makes one that is there permanent when it is put as such. It is errTaken
// when the id has other content.
func insert(tx *sql.Tx, a grid.AssetInfo, day int64) error {
	old, err := rowOf(tx, a.ID)
	switch {
	case errors.Is(err, grid.ErrNotFound):
		_, err = tx.Exec(`INSERT INTO fsassets (id, name, description, type, hash, create_time, access_time,
			asset_flags, creatorid, temporary, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.ID, a.Name, a.Description, a.Type, hash(a.Hash).String(), grid.Unix(a.Created), day,
			a.Flags, a.Creator, number(a.Temporary), a.Size)
		return err
	case err != nil:
		return err
	case old.Hash != a.Hash:
		return errTaken
	case old.Temporary && !a.Temporary:
		_, err = tx.Exec("UPDATE fsassets SET temporary = 0 WHERE id = ?", a.ID)
		return err
	case old.Temporary && old.used < day:
		return use(tx, a.ID, day)
	}
	return nil
}

// note remembers on which day a temporary asset was used last.
func (s *Service) note(ctx context.Context, id uuid.UUID, day int64) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error { return use(tx, id, day) })
}

func use(tx *sql.Tx, id uuid.UUID, day int64) error {
	_, err := tx.Exec("UPDATE fsassets SET access_time = ? WHERE id = ? AND access_time < ?", day, id, day)
	return err
}

// remove deletes an asset's row and remembers that its content may be nobody's now.
func remove(tx *sql.Tx, id uuid.UUID, h hash) error {
	if _, err := tx.Exec("DELETE FROM fsassets WHERE id = ?", id); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO assetgarbage (hash) VALUES (?) ON CONFLICT (hash) DO NOTHING", h.String())
	return err
}

// number is how the table has a bool.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
