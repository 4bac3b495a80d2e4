package grid

import (
	"context"

	"github.com/google/uuid"
)

// Preferences are what a user's viewer wants kept for him on the grid.
type Preferences struct {
	User             uuid.UUID
	Access           string  // highest rating he wants to see: PG, M or A
	Hover            float32 // height above ground, -2 to 2 m
	Language         string  // "en-us"
	LanguageIsPublic bool
	Everyone         uint32 // masks for what he creates
	Group            uint32
	NextOwner        uint32
}

// DefaultPreferences are those of a user who never said otherwise.
func DefaultPreferences(user uuid.UUID) Preferences {
	return Preferences{User: user, Access: "M", Language: "en-us", LanguageIsPublic: true, NextOwner: 532480}
}

// PreferenceService is the agent preferences service.
type PreferenceService interface {
	// Preferences are a user's, or ErrNotFound when he never set any.
	Preferences(ctx context.Context, user uuid.UUID) (Preferences, error)
	// SetPreferences replaces them.
	SetPreferences(ctx context.Context, p Preferences) error
}
