package grid

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Mute is one entry of a user's mute list.
type Mute struct {
	User  uuid.UUID
	ID    uuid.UUID // zero for a mute by name
	Name  string    // at most 64 bytes
	Type  int       // 0 by name, 1 agent, 2 object, 3 group, 4 external
	Flags int
	Since time.Time
}

// Mutes is the mute list service.
type Mutes interface {
	// MutesOf lists what a user has muted, ordered by type and name.
	MutesOf(ctx context.Context, user uuid.UUID) ([]Mute, error)
	// StoreMute adds or replaces the entry with this id and name.
	StoreMute(ctx context.Context, m Mute) error
	// DeleteMute deletes; what is not there succeeds.
	DeleteMute(ctx context.Context, user, id uuid.UUID, name string) error
}
