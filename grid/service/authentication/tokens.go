package authentication

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// issue stores a token, and deletes all that have run out.
func (s *Service) issue(tx *sql.Tx, account, token uuid.UUID, lifetime time.Duration) error {
	now := s.now()
	if _, err := tx.Exec("DELETE FROM tokens WHERE validity <= ?", now.UnixMilli()); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO tokens (UUID, token, validity) VALUES (?, ?, ?)", account, token, end(now, lifetime))
	return err
}

// VerifyToken implements grid.Authentication. A life that lasts longer already is not made shorter.
func (s *Service) VerifyToken(ctx context.Context, account, token uuid.UUID, lifetime time.Duration) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		now := s.now()
		until := end(now, lifetime)
		done, err := tx.Exec(`UPDATE tokens SET validity = CASE WHEN validity < ? THEN ? ELSE validity END
			WHERE UUID = ? AND token = ? AND validity > ?`, until, until, account, token, now.UnixMilli())
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err == nil && n == 0 {
			err = fmt.Errorf("authentication of %s: no such token: %w", account, grid.ErrDenied)
		}
		return err
	})
	return failed("token of "+account.String(), err)
}

// ReleaseToken implements grid.Authentication.
func (s *Service) ReleaseToken(ctx context.Context, account, token uuid.UUID) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM tokens WHERE UUID = ? AND token = ?", account, token)
		return err
	})
	return failed("release for "+account.String(), err)
}

// end is when a life that starts now is over, as the tokens' table holds it.
func end(now time.Time, lifetime time.Duration) int64 {
	if lifetime <= 0 || lifetime > maxLifetime {
		lifetime = maxLifetime
	}
	return now.Add(lifetime).UnixMilli()
}
