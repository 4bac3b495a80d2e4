// Package authentication is the authentication service over SQL: it knows passwords, and gives out the
// tokens that prove that one was known.
//
// Viewers send the MD5 of a password and never the password, so what is kept is a slow hash over that MD5.
// Rows with OpenSimulator's own salted MD5 are taken as well, and replaced when their password is first
// given.
package authentication

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

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// maxLifetime is the longest a token stays valid without being verified.
	maxLifetime = 30 * time.Minute
	// maxPassword is the longest password, in bytes.
	maxPassword = 1024
)

// Options are what a Service can be told. The zero Options are right for a server.
type Options struct {
	Now func() time.Time // the clock; nil: time.Now
}

// Service is grid.Authentication. Failed attempts are counted in memory: a restart forgets them.
type Service struct {
	db       *store.DB
	now      func() time.Time
	hashers  *hashers
	failures *failures
}

var _ grid.Authentication = (*Service)(nil)

// New makes the service over db, whose tables it brings up to date. db stays the caller's to close.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "authentication", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db: db, now: o.Now, hashers: newHashers(), failures: newFailures()}, nil
}

// Authenticate implements grid.Authentication. When too many are logging in at once it is
// grid.ErrUnavailable.
func (s *Service) Authenticate(ctx context.Context, a grid.Attempt) (uuid.UUID, error) {
	if err := s.patience(a); err != nil {
		return uuid.Nil, err
	}
	known, err := s.password(ctx, a.Account)
	if err != nil {
		return uuid.Nil, failed("of "+a.Account.String(), err)
	}
	digest, sound := parseDigest(a.Password)
	if !sound {
		return uuid.Nil, s.wrong(a)
	}
	better, err := s.check(ctx, a, known, digest)
	if err != nil {
		return uuid.Nil, failed("of "+a.Account.String(), err)
	}
	token := uuid.New()
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		if better != (password{}) {
			if err := upgrade(tx, a.Account, known, better); err != nil {
				return err
			}
		}
		return s.issue(tx, a.Account, token, a.Lifetime)
	})
	if err != nil {
		return uuid.Nil, failed("token for "+a.Account.String(), err)
	}
	return token, nil
}

// check says whether digest belongs to the known password. Everybody pays for one slow hash, whether there is
// such a password or not, so that the time it takes tells nothing. When the password is known by
// OpenSimulator's hash alone, better is what to know it by from now on.
func (s *Service) check(ctx context.Context, a grid.Attempt, known password, digest string) (better password, err error) {
	err = s.hashers.do(ctx, func() error {
		// Others may have failed while this one waited for its turn.
		if err := s.patience(a); err != nil {
			return err
		}
		var right bool
		if right, better, err = known.matches(digest); err != nil {
			return err
		}
		if !right {
			return s.wrong(a)
		}
		s.failures.forget(ofAccount(a.Account))
		return nil
	})
	return better, err
}

// patience is nil when an attempt may be looked at.
func (s *Service) patience(a grid.Attempt) error {
	if wait := s.failures.wait(s.now(), subjects(a)...); wait > 0 {
		return fmt.Errorf("authentication of %s: %w", a.Account, &grid.TooManyAttempts{Retry: wait})
	}
	return nil
}

// wrong counts a failed attempt and is its error.
func (s *Service) wrong(a grid.Attempt) error {
	s.failures.add(s.now(), subjects(a)...)
	return fmt.Errorf("authentication of %s: wrong password or none: %w", a.Account, grid.ErrDenied)
}

// SetPassword implements grid.Authentication. It also forgets failed attempts on the account.
func (s *Service) SetPassword(ctx context.Context, account uuid.UUID, clear string) error {
	if len(clear) < 1 || len(clear) > maxPassword {
		return fmt.Errorf("authentication: a password has 1 to %d bytes: %w", maxPassword, grid.ErrDenied)
	}
	var p password
	err := s.hashers.do(ctx, func() error {
		var err error
		p, err = newPassword(clear)
		return err
	})
	if err != nil {
		return failed("password of "+account.String(), err)
	}
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO auth (UUID, argon2, argon2Short) VALUES (?, ?, ?)
			ON CONFLICT (UUID) DO UPDATE SET argon2 = excluded.argon2, argon2Short = excluded.argon2Short,
				passwordHash = '', passwordSalt = ''`, account, p.slow, p.slowShort)
		return err
	})
	if err != nil {
		return failed("password of "+account.String(), err)
	}
	s.failures.forget(ofAccount(account))
	return nil
}

// password is what is known of an account's; the zero password when nothing is.
func (s *Service) password(ctx context.Context, account uuid.UUID) (password, error) {
	var p password
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT passwordHash, passwordSalt, argon2, argon2Short FROM auth WHERE UUID = ?", account).
			Scan(&p.md5, &p.md5Salt, &p.slow, &p.slowShort)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return p, err
}

// upgrade puts better in the place of known, unless a new password was set meanwhile.
func upgrade(tx *sql.Tx, account uuid.UUID, known, better password) error {
	_, err := tx.Exec(`UPDATE auth SET argon2 = ?, argon2Short = '', passwordHash = '', passwordSalt = ''
		WHERE UUID = ? AND passwordHash = ? AND passwordSalt = ?`, better.slow, account, known.md5, known.md5Salt)
	return err
}

// failed makes an ErrUnavailable of what is not one of the service's own answers.
func failed(what string, err error) error {
	switch {
	case err == nil, errors.Is(err, grid.ErrDenied):
		return err
	}
	return fmt.Errorf("authentication %s: %w: %w", what, grid.ErrUnavailable, err)
}
