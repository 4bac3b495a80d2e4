// Package account is the user account service over SQL.
package account

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// maxName is the length of OpenSimulator's name columns, in bytes.
	maxName = 64
	// page is how many accounts are listed at a time.
	page = 500
)

// Options are what a Service can be told. The zero Options are right for a server.
type Options struct {
	Now func() time.Time // the clock; nil: time.Now
}

// Service is grid.Accounts and grid.AccountLister.
type Service struct {
	db  *store.DB
	now func() time.Time
}

var (
	_ grid.Accounts      = (*Service)(nil)
	_ grid.AccountLister = (*Service)(nil)
)

// New makes the service over db, whose tables it brings up to date. db stays the caller's to close.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "account", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db: db, now: o.Now}, nil
}

// Account implements grid.Accounts.
func (s *Service) Account(ctx context.Context, id uuid.UUID) (grid.Account, error) {
	a, err := s.one(ctx, "WHERE PrincipalID = ?", id)
	return a, failed("find "+id.String(), err)
}

// AccountByName implements grid.Accounts.
func (s *Service) AccountByName(ctx context.Context, first, last string) (grid.Account, error) {
	a, err := s.one(ctx, "WHERE FirstKey = ? AND LastKey = ?", store.Fold(first), store.Fold(last))
	return a, failed("find by name", err)
}

// Accounts implements grid.Accounts.
func (s *Service) Accounts(ctx context.Context, ids []uuid.UUID) ([]grid.Account, error) {
	var out []grid.Account
	for in, args := range store.In(ids) {
		found, err := s.query(ctx, "WHERE PrincipalID IN "+in, args...)
		if err != nil {
			return nil, failed("find many", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// SearchAccounts implements grid.Accounts. One word is looked for in either name, two in the first and
// in the last; another number of words, or none long enough, finds nobody.
func (s *Service) SearchAccounts(ctx context.Context, query string, limit int) ([]grid.Account, error) {
	words := strings.Fields(query)
	long := func(w string) bool { return utf8.RuneCountInString(w) >= 3 }
	if limit <= 0 || len(words) == 0 || len(words) > 2 || !slices.ContainsFunc(words, long) {
		return nil, nil
	}
	where := "FirstKey LIKE ? ESCAPE '!' AND LastKey LIKE ? ESCAPE '!'"
	if len(words) == 1 {
		where = "(FirstKey LIKE ? ESCAPE '!' OR LastKey LIKE ? ESCAPE '!')"
	}
	found, err := s.query(ctx, "WHERE active = 1 AND "+where+" ORDER BY FirstKey, LastKey LIMIT ?",
		pattern(words[0]), pattern(words[len(words)-1]), limit)
	return found, failed("search", err)
}

// pattern matches what has word in it.
func pattern(word string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(store.Fold(word)) + "%"
}

// ListAccounts implements grid.AccountLister. It reads page by page: yield may take its time, and may
// call the service.
func (s *Service) ListAccounts(ctx context.Context, yield func(grid.Account) bool) error {
	var first, last string
	for {
		found, err := s.query(ctx, "WHERE FirstKey > ? OR (FirstKey = ? AND LastKey > ?) ORDER BY FirstKey, LastKey LIMIT ?",
			first, first, last, page)
		if err != nil {
			return failed("list", err)
		}
		for _, a := range found {
			if !yield(a) {
				return nil
			}
			first, last = store.Fold(a.First), store.Fold(a.Last)
		}
		if len(found) < page {
			return nil
		}
	}
}

// CreateAccount implements grid.Accounts. A zero time of creation is replaced by the present.
func (s *Service) CreateAccount(ctx context.Context, a grid.Account) (grid.Account, error) {
	if err := validate(a); err != nil {
		return grid.Account{}, err
	}
	if a.ID == uuid.Nil {
		a.ID = uuid.New()
	}
	if a.Created.IsZero() {
		a.Created = s.now()
	}
	a.Created = grid.FromUnix(grid.Unix(a.Created))
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO UserAccounts (ScopeID, FirstName, LastName, Email, ServiceURLs, UserLevel, UserFlags,
			UserTitle, active, HomeURI, FirstKey, LastKey, Created, PrincipalID) VALUES (?`+strings.Repeat(", ?", 13)+`)`,
			append(values(a), grid.Unix(a.Created), a.ID)...)
		return taken(err, a)
	})
	if err != nil {
		return grid.Account{}, failed("create", err)
	}
	return a, nil
}

// UpdateAccount implements grid.Accounts. What CreateAccount refuses of a name, it refuses too.
func (s *Service) UpdateAccount(ctx context.Context, a grid.Account) error {
	if err := validate(a); err != nil {
		return err
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		done, err := tx.Exec(`UPDATE UserAccounts SET ScopeID = ?, FirstName = ?, LastName = ?, Email = ?, ServiceURLs = ?,
			UserLevel = ?, UserFlags = ?, UserTitle = ?, active = ?, HomeURI = ?, FirstKey = ?, LastKey = ?
			WHERE PrincipalID = ?`, append(values(a), a.ID)...)
		if err != nil {
			return taken(err, a)
		}
		n, err := done.RowsAffected()
		if err == nil && n == 0 {
			err = grid.ErrNotFound
		}
		return err
	})
	return failed("update "+a.ID.String(), err)
}

// values are the columns that an update replaces.
func values(a grid.Account) []any {
	active := 1
	if a.Invisible {
		active = 0
	}
	return []any{
		a.Scope, a.First, a.Last, a.Email, formatServices(a.Services), a.Level, a.Flags,
		a.Title, active, a.HomeURI, store.Fold(a.First), store.Fold(a.Last),
	}
}

func taken(err error, a grid.Account) error {
	if store.Taken(err) {
		return fmt.Errorf("%q or %s is taken: %w", a.Name(), a.ID, grid.ErrConflict)
	}
	return err
}

func validate(a grid.Account) error {
	for _, name := range []string{a.First, a.Last} {
		switch {
		case strings.TrimSpace(name) == "":
			return fmt.Errorf("account: a name is empty: %w", grid.ErrDenied)
		case len(name) > maxName:
			return fmt.Errorf("account: a name has more than %d bytes: %w", maxName, grid.ErrDenied)
		case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
			return fmt.Errorf("account: the name %q has characters that do not belong there: %w", name, grid.ErrDenied)
		}
	}
	return nil
}

func (s *Service) one(ctx context.Context, where string, args ...any) (grid.Account, error) {
	found, err := s.query(ctx, where, args...)
	if err != nil {
		return grid.Account{}, err
	}
	if len(found) == 0 {
		return grid.Account{}, grid.ErrNotFound
	}
	return found[0], nil
}

func (s *Service) query(ctx context.Context, where string, args ...any) ([]grid.Account, error) {
	var out []grid.Account
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT PrincipalID, ScopeID, FirstName, LastName, Email, ServiceURLs, Created,
			UserLevel, UserFlags, UserTitle, active, HomeURI FROM UserAccounts `+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			a, err := scan(rows)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return rows.Err()
	})
	return out, err
}

func scan(rows *sql.Rows) (grid.Account, error) {
	var a grid.Account
	var services string
	var created int64
	var active int
	err := rows.Scan(store.UUID(&a.ID), store.UUID(&a.Scope), &a.First, &a.Last, &a.Email, &services, &created,
		&a.Level, &a.Flags, &a.Title, &active, &a.HomeURI)
	a.Created = grid.FromUnix(created)
	a.Services = parseServices(services)
	a.Invisible = active == 0
	return a, err
}

// failed makes an ErrUnavailable of what is not one of the service's own answers.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrNotFound), errors.Is(err, grid.ErrConflict):
		return fmt.Errorf("account %s: %w", what, err)
	}
	return fmt.Errorf("account %s: %w: %w", what, grid.ErrUnavailable, err)
}
