// Package preferences keeps what users' viewers want kept for them on the grid: the agent preferences
// service over SQL, in OpenSimulator's table.
package preferences

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations
var migrations embed.FS

const (
	maxHover    = 2  // metres above or below the ground; what a viewer's slider gives
	maxLanguage = 32 // bytes; "en-us" is what viewers send, "zh-Hant-TW" what they may
)

// Service is the agent preferences service. It implements grid.PreferenceService.
type Service struct {
	db *store.DB
}

var _ grid.PreferenceService = (*Service)(nil)

// New makes the service over a database, and its table where it is missing.
func New(db *store.DB) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "preferences", files); err != nil {
		return nil, err
	}
	return &Service{db: db}, nil
}

// Preferences implements grid.PreferenceService.
func (s *Service) Preferences(ctx context.Context, user uuid.UUID) (grid.Preferences, error) {
	p := grid.Preferences{User: user}
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRow(`SELECT AccessPrefs, HoverHeight, Language, LanguageIsPublic,
			PermEveryone, PermGroup, PermNextOwner FROM AgentPrefs WHERE PrincipalID = ?`, user).
			Scan(&p.Access, &p.Hover, &p.Language, &p.LanguageIsPublic, &p.Everyone, &p.Group, &p.NextOwner)
		if errors.Is(err, sql.ErrNoRows) {
			return grid.ErrNotFound
		}
		return err
	})
	if err != nil {
		return grid.Preferences{}, failed(user, err)
	}
	return p, nil
}

// SetPreferences implements grid.PreferenceService. A rating other than PG, M and A, a hover height beyond
// 2 m and a language of more than 32 bytes are grid.ErrDenied.
func (s *Service) SetPreferences(ctx context.Context, p grid.Preferences) error {
	if err := check(p); err != nil {
		return failed(p.User, err)
	}
	return failed(p.User, s.db.Update(ctx, func(tx *sql.Tx) error {
		public := 0
		if p.LanguageIsPublic {
			public = 1
		}
		_, err := tx.Exec(`INSERT INTO AgentPrefs (PrincipalID, AccessPrefs, HoverHeight, Language,
			LanguageIsPublic, PermEveryone, PermGroup, PermNextOwner) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (PrincipalID) DO UPDATE SET AccessPrefs = excluded.AccessPrefs,
			HoverHeight = excluded.HoverHeight, Language = excluded.Language,
			LanguageIsPublic = excluded.LanguageIsPublic, PermEveryone = excluded.PermEveryone,
			PermGroup = excluded.PermGroup, PermNextOwner = excluded.PermNextOwner`,
			p.User, p.Access, p.Hover, p.Language, public, p.Everyone, p.Group, p.NextOwner)
		return err
	}))
}

func check(p grid.Preferences) error {
	if !slices.Contains([]string{"PG", "M", "A"}, p.Access) {
		return fmt.Errorf("rating %q: %w", p.Access, grid.ErrDenied)
	}
	if inside := p.Hover >= -maxHover && p.Hover <= maxHover; !inside { // NaN is not inside either
		return fmt.Errorf("hover height %g: %w", p.Hover, grid.ErrDenied)
	}
	if len(p.Language) > maxLanguage {
		return fmt.Errorf("language of %d bytes: %w", len(p.Language), grid.ErrDenied)
	}
	return nil
}

// failed makes a grid.ErrUnavailable of what is not one of the service's own answers.
func failed(user uuid.UUID, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrNotFound), errors.Is(err, grid.ErrDenied):
		return fmt.Errorf("preferences of %s: %w", user, err)
	}
	return fmt.Errorf("preferences of %s: %w: %w", user, grid.ErrUnavailable, err)
}
