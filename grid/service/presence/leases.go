package presence

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

// Begin implements grid.Leases. A session id that is another user's is ErrConflict.
func (s *Service) Begin(ctx context.Context, user, session, secure uuid.UUID) (grid.Lease, error) {
	var l grid.Lease
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		epoch, err := nextEpoch(tx, user)
		if err != nil {
			return err
		}
		now := s.now()
		l = grid.Lease{
			Presence: grid.Presence{User: user, Session: session},
			Secure:   secure,
			Epoch:    epoch,
			Began:    moment(now),
			Expires:  moment(now.Add(s.terms.Pending)),
		}
		if _, err := tx.Exec("DELETE FROM Presence WHERE UserID = ?", user); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO Presence (SessionID, UserID, RegionID, SecureSessionID, LastSeen, Epoch, Boot, Began, Expires)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, session, user, l.Region, secure, grid.Unix(now), int64(epoch), l.Boot,
			l.Began.UnixMilli(), l.Expires.UnixMilli())
		if store.Taken(err) {
			return fmt.Errorf("session %s is another user's: %w", session, grid.ErrConflict)
		}
		return err
	})
	if err != nil {
		return grid.Lease{}, failed("begin for "+user.String(), err)
	}
	return l, nil
}

// Own implements grid.Leases.
func (s *Service) Own(ctx context.Context, f grid.Fence, region, boot uuid.UUID) (grid.Lease, error) {
	var l grid.Lease
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		var err error
		if l, err = read(tx, f.Session); err != nil {
			return err
		}
		if l.Epoch != f.Epoch {
			return asked(tx, l, f, region, boot)
		}
		if l.Epoch, err = nextEpoch(tx, l.User); err != nil {
			return err
		}
		now := s.now()
		l.Region, l.Boot, l.Expires = region, boot, moment(now.Add(s.terms.Owned))
		_, err = tx.Exec(`UPDATE Presence SET RegionID = ?, LastSeen = ?, Epoch = ?, FormerEpoch = ?, Boot = ?, Expires = ?
			WHERE SessionID = ?`, region, grid.Unix(now), int64(l.Epoch), int64(f.Epoch), boot, l.Expires.UnixMilli(), f.Session)
		return err
	})
	if err != nil {
		return grid.Lease{}, failed("own "+f.Session.String(), err)
	}
	return l, nil
}

// asked is nil when l is what this region got for f before, whose answer it may have missed.
func asked(tx *sql.Tx, l grid.Lease, f grid.Fence, region, boot uuid.UUID) error {
	var former int64
	if err := tx.QueryRow("SELECT FormerEpoch FROM Presence WHERE SessionID = ?", f.Session).Scan(&former); err != nil {
		return err
	}
	if uint64(former) == f.Epoch && f.Epoch != 0 && l.Region == region && l.Boot == boot {
		return nil
	}
	return fmt.Errorf("epoch %d is not %d: %w", f.Epoch, l.Epoch, grid.ErrSuperseded)
}

// Renew implements grid.Leases. A lease is the region's when region, boot and epoch are those of the
// last Own. Sessions that are the region's but not among held are left to run out: the region does
// not know of them.
func (s *Service) Renew(ctx context.Context, region, boot uuid.UUID, held []grid.Fence) (lost []uuid.UUID, err error) {
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		owned, err := ownedBy(tx, region, boot)
		if err != nil {
			return err
		}
		lost = nil
		kept := make(map[uuid.UUID]bool, len(held))
		for _, f := range held {
			if epoch, owns := owned[f.Session]; owns && epoch == f.Epoch {
				kept[f.Session] = true
			} else {
				lost = append(lost, f.Session)
			}
		}
		if len(kept) == len(owned) {
			return s.extend(tx, "RegionID = ? AND Boot = ?", region, boot)
		}
		for in, args := range store.In(slices.Collect(maps.Keys(kept))) {
			if err := s.extend(tx, "SessionID IN "+in, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, failed("renew for "+region.String(), err)
	}
	return lost, nil
}

// ownedBy are the epochs of the sessions that a region's process owns.
func ownedBy(tx *sql.Tx, region, boot uuid.UUID) (map[uuid.UUID]uint64, error) {
	rows, err := tx.Query("SELECT SessionID, Epoch FROM Presence WHERE RegionID = ? AND Boot = ?", region, boot)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	owned := map[uuid.UUID]uint64{}
	for rows.Next() {
		var session uuid.UUID
		var epoch int64
		if err := rows.Scan(store.UUID(&session), &epoch); err != nil {
			return nil, err
		}
		owned[session] = uint64(epoch)
	}
	return owned, rows.Err()
}

// extend renews the leases that where selects.
func (s *Service) extend(tx *sql.Tx, where string, args ...any) error {
	now := s.now()
	_, err := tx.Exec("UPDATE Presence SET Expires = ?, LastSeen = ? WHERE "+where,
		append([]any{now.Add(s.terms.Owned).UnixMilli(), grid.Unix(now)}, args...)...)
	return err
}

// End implements grid.Leases.
func (s *Service) End(ctx context.Context, f grid.Fence) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		done, err := tx.Exec("DELETE FROM Presence WHERE SessionID = ? AND Epoch <= ?", f.Session, int64(min(f.Epoch, math.MaxInt64)))
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		l, err := read(tx, f.Session)
		switch {
		case err == nil:
			return fmt.Errorf("epoch %d is lower than %d: %w", f.Epoch, l.Epoch, grid.ErrSuperseded)
		case isNotFound(err):
			return nil
		}
		return err
	})
	return failed("end "+f.Session.String(), err)
}

// Lease implements grid.Leases.
func (s *Service) Lease(ctx context.Context, session uuid.UUID) (grid.Lease, error) {
	var l grid.Lease
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		var err error
		l, err = one(ctx, tx, "WHERE SessionID = ?", session)
		return err
	})
	return l, failed("session "+session.String(), err)
}

// LeaseOf implements grid.Leases.
func (s *Service) LeaseOf(ctx context.Context, user uuid.UUID) (grid.Lease, error) {
	var l grid.Lease
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		var err error
		l, err = one(ctx, tx, "WHERE UserID = ?", user)
		return err
	})
	return l, failed("user "+user.String(), err)
}

// Epoch implements grid.Leases.
func (s *Service) Epoch(ctx context.Context, user uuid.UUID) (uint64, error) {
	var epoch int64
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT coalesce(max(Epoch), 0) FROM PresenceEpochs WHERE UserID = ?", user).Scan(&epoch)
	})
	return uint64(epoch), failed("epoch of "+user.String(), err)
}

// Lapsed implements grid.Leases.
func (s *Service) Lapsed(ctx context.Context, limit int) ([]grid.Lease, error) {
	if limit <= 0 {
		return nil, nil
	}
	var out []grid.Lease
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		var err error
		out, err = query(ctx, tx, "WHERE Expires > 0 AND Expires <= ? ORDER BY Expires, SessionID LIMIT ?", s.now().UnixMilli(), limit)
		return err
	})
	return out, failed("lapsed", err)
}

// LeaseCount implements grid.Leases.
func (s *Service) LeaseCount(ctx context.Context) (int, error) {
	var n int
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT count(*) FROM Presence").Scan(&n)
	})
	return n, failed("count", err)
}

// nextEpoch raises a user's epoch and is the new one.
func nextEpoch(tx *sql.Tx, user uuid.UUID) (uint64, error) {
	var epoch int64
	err := tx.QueryRow(`INSERT INTO PresenceEpochs (UserID, Epoch) VALUES (?, 1)
		ON CONFLICT (UserID) DO UPDATE SET Epoch = PresenceEpochs.Epoch + 1 RETURNING Epoch`, user).Scan(&epoch)
	return uint64(epoch), err
}

// moment is t as a lease's columns hold it.
func moment(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
