package gridtest

import (
	"context"
	"testing"

	"terrane/grid"

	"github.com/google/uuid"
)

// Preferences holds an agent preferences service to its contract. make gives each test an empty one.
func Preferences(t *testing.T, make func(t *testing.T) grid.PreferenceService) {
	t.Run("who never set any has none", func(t *testing.T) {
		_, err := make(t).Preferences(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("the defaults can be stored", func(t *testing.T) {
		s, p := make(t), grid.DefaultPreferences(uuid.New())
		succeed(t, s.SetPreferences(t.Context(), p))
		wantPreferences(t, s, p)
	})
	t.Run("all of them come back", func(t *testing.T) {
		s := make(t)
		p := grid.Preferences{
			User: uuid.New(), Access: "A", Hover: -1.25, Language: "de",
			Everyone: 1 << 15, Group: 1 << 14, NextOwner: 0xFFFFFFFF,
		}
		succeed(t, s.SetPreferences(t.Context(), p))
		wantPreferences(t, s, p)
	})
	t.Run("setting replaces them", func(t *testing.T) {
		s, p := make(t), grid.DefaultPreferences(uuid.New())
		p.Everyone, p.Hover = 7, 2
		succeed(t, s.SetPreferences(t.Context(), p))
		p = grid.Preferences{User: p.User, Access: "PG", Language: "fr"}
		succeed(t, s.SetPreferences(t.Context(), p))
		wantPreferences(t, s, p)
	})
	t.Run("users do not share them", func(t *testing.T) {
		s, one, other := make(t), grid.DefaultPreferences(uuid.New()), grid.DefaultPreferences(uuid.New())
		other.Language = "ja"
		succeed(t, s.SetPreferences(t.Context(), one))
		succeed(t, s.SetPreferences(t.Context(), other))
		wantPreferences(t, s, one)
		wantPreferences(t, s, other)
	})
	t.Run("a cancelled call fails and changes nothing", func(t *testing.T) {
		s, p := make(t), grid.DefaultPreferences(uuid.New())
		succeed(t, s.SetPreferences(t.Context(), p))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Preferences(ctx, p.User)
		refuse(t, err, context.Canceled)
		changed := p
		changed.Language = "ja"
		refuse(t, s.SetPreferences(ctx, changed), context.Canceled)
		wantPreferences(t, s, p)
	})
}

func wantPreferences(t *testing.T, s grid.PreferenceService, want grid.Preferences) {
	t.Helper()
	got, err := s.Preferences(t.Context(), want.User)
	succeed(t, err)
	if got != want {
		t.Errorf("preferences are %+v, want %+v", got, want)
	}
}
