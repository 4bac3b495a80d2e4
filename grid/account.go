package grid

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// User levels that mean something everywhere.
const (
	LevelDisabled = -1  // may not log in
	LevelResident = 0   // everybody
	LevelGod      = 200 // may kick and alert
)

// Account is a user as the grid knows him. Names are at most 64 bytes of UTF-8 each, and are
// compared without regard to case.
type Account struct {
	ID        uuid.UUID
	Scope     uuid.UUID // zero: all scopes
	First     string
	Last      string
	Email     string
	Title     string
	Level     int
	Flags     int // OpenSimulator UserFlags
	Created   time.Time
	HomeURI   string            // of a Hypergrid visitor; empty for who lives here
	Services  map[string]string // OpenSimulator ServiceURLs; nil when there are none
	Invisible bool              // not listed by Search; may log in
}

// Name is the account's full name, "Ann Lee".
func (a Account) Name() string { return a.First + " " + a.Last }

// Accounts is the user account service.
type Accounts interface {
	// Account is the account with this id, or ErrNotFound.
	Account(ctx context.Context, id uuid.UUID) (Account, error)
	// AccountByName finds by first and last name whatever their case, or ErrNotFound.
	AccountByName(ctx context.Context, first, last string) (Account, error)
	// Accounts finds many at once; those that do not exist are left out. Order is not kept.
	Accounts(ctx context.Context, ids []uuid.UUID) ([]Account, error)
	// SearchAccounts finds by parts of the name: one or two words, at least one of three letters
	// or more, whatever their case. At most limit, ordered by name.
	SearchAccounts(ctx context.Context, query string, limit int) ([]Account, error)
	// CreateAccount adds an account. A name or id that is taken is ErrConflict; an empty name, or one
	// that holds control characters or is too long, is ErrDenied. A zero id is replaced by a random
	// one. It answers with what it stored.
	CreateAccount(ctx context.Context, a Account) (Account, error)
	// UpdateAccount replaces what an account has besides its id and creation time, or ErrNotFound.
	UpdateAccount(ctx context.Context, a Account) error
}

// AccountLister lists all accounts: what an operator may do on the grid's own machine.
type AccountLister interface {
	// ListAccounts calls yield for each account, ordered by name, until it returns false.
	ListAccounts(ctx context.Context, yield func(Account) bool) error
}

// Attempt is one try to prove who one is.
type Attempt struct {
	Account uuid.UUID
	// Password is what a viewer sends: "$1$" and the MD5 of the password in hexadecimal digits. Without
	// the prefix it is that MD5 as OpenSimulator's services send it.
	Password string
	// Address is where the attempt came from; the zero Addr is not limited by address.
	Address netip.Addr
	// Lifetime is how long the token stays valid, at most 30 minutes; zero means that.
	Lifetime time.Duration
}

// Authentication is the authentication service.
type Authentication interface {
	// Authenticate checks a password and answers with a token, which is also the session's secure
	// id. A wrong password and an account without one are both ErrDenied. Too many failed attempts on
	// one account or from one address are refused before any hashing with a *TooManyAttempts.
	Authenticate(ctx context.Context, a Attempt) (token uuid.UUID, err error)
	// VerifyToken extends a valid token's life, or is ErrDenied.
	VerifyToken(ctx context.Context, account, token uuid.UUID, lifetime time.Duration) error
	// ReleaseToken ends a token; ending one that is not there succeeds.
	ReleaseToken(ctx context.Context, account, token uuid.UUID) error
	// SetPassword stores a new password, given in clear text, 1 to 1024 bytes. Viewers hash all of it or
	// its first 16 bytes only: either is accepted afterwards.
	SetPassword(ctx context.Context, account uuid.UUID, clear string) error
}

// TooManyAttempts is ErrDenied for who has guessed too often.
type TooManyAttempts struct {
	Retry time.Duration // until the next attempt is looked at
}

// Error says how long to wait.
func (e *TooManyAttempts) Error() string {
	return "too many failed attempts; try again in " + e.Retry.Round(time.Second).String()
}

// Unwrap makes it an ErrDenied.
func (e *TooManyAttempts) Unwrap() error { return ErrDenied }
