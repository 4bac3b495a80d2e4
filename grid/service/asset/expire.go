package asset

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"terrane/store"

	"github.com/google/uuid"
)

// expiryBatch is how many assets expire in one transaction: few enough that other writers hardly wait.
const expiryBatch = 100

// Expire deletes the temporary assets that nobody has used since before, and answers how many. Days count
// whole: what was used on the day of before stays.
func (s *Service) Expire(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		n, err := s.expire(ctx, dayOf(before))
		total += n
		if err != nil {
			return total, failed("expire assets", err)
		}
		if n < expiryBatch {
			return total, nil
		}
	}
}

// expire deletes up to expiryBatch of the temporary assets that were last used on a day before day.
func (s *Service) expire(ctx context.Context, day int64) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	var orphans []hash
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		ids, hashes, err := unused(tx, day)
		if err != nil {
			return err
		}
		for n := range ids {
			if err := remove(tx, ids[n], hashes[n]); err != nil {
				return err
			}
		}
		orphans = hashes
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(orphans), s.drop(context.WithoutCancel(ctx), orphans)
}

func unused(tx *sql.Tx, day int64) (ids []uuid.UUID, hashes []hash, err error) {
	rows, err := tx.Query("SELECT id, hash FROM fsassets WHERE temporary = 1 AND access_time < ? LIMIT ?", day, expiryBatch)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		var h hash
		if err := rows.Scan(store.UUID(&id), &h); err != nil {
			return nil, nil, err
		}
		ids, hashes = append(ids, id), append(hashes, h)
	}
	return ids, hashes, rows.Err()
}

// sweep deletes the contents that a crash kept from being deleted.
func (s *Service) sweep(ctx context.Context) error {
	var left []hash
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT hash FROM assetgarbage")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var h hash
			if err := rows.Scan(&h); err != nil {
				return err
			}
			left = append(left, h)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("find deleted assets: %w", err)
	}
	return s.drop(ctx, left)
}

// discard is drop for who does not hold the turn.
func (s *Service) discard(ctx context.Context, h hash) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.drop(ctx, []hash{h})
}

// drop deletes the contents that no asset has. Its caller holds the turn and has committed what it deleted, so
// what is counted here is true even if the transaction fails.
func (s *Service) drop(ctx context.Context, hashes []hash) error {
	for _, h := range hashes {
		err := s.db.Update(ctx, func(tx *sql.Tx) error {
			var assets int
			if err := tx.QueryRow("SELECT count(*) FROM fsassets WHERE hash = ?", h.String()).Scan(&assets); err != nil {
				return err
			}
			if assets == 0 {
				if err := s.blobs.remove(h); err != nil {
					return err
				}
			}
			_, err := tx.Exec("DELETE FROM assetgarbage WHERE hash = ?", h.String())
			return err
		})
		if err != nil {
			return fmt.Errorf("delete content %s: %w", h, err)
		}
		s.cache.remove(h)
	}
	return nil
}

// enter waits for the turn to delete; leave gives it up.
func (s *Service) enter(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) leave() { <-s.turn }
