package grid

import (
	"context"

	"github.com/google/uuid"
)

// Avatar is what the avatar service holds of a user's looks, by the names OpenSimulator gives its rows:
// "Serial", "AvatarHeight", "Wearable i:j", "VisualParams", "_ap_<point>", ... Names are at most 32
// bytes.
type Avatar map[string]string

// Avatars is the avatar service.
type Avatars interface {
	// Avatar is a user's rows. A user without any has an empty Avatar, which is no error.
	Avatar(ctx context.Context, user uuid.UUID) (Avatar, error)
	// SetAvatar replaces all rows in one transaction.
	SetAvatar(ctx context.Context, user uuid.UUID, a Avatar) error
	// SetAvatarItems replaces or adds rows and keeps the others.
	SetAvatarItems(ctx context.Context, user uuid.UUID, items Avatar) error
	// RemoveAvatarItems deletes rows; those that are not there are passed over.
	RemoveAvatarItems(ctx context.Context, user uuid.UUID, names []string) error
	// ResetAvatar deletes all rows.
	ResetAvatar(ctx context.Context, user uuid.UUID) error
}

// FencedAvatars refuses, with ErrSuperseded and without writing, whatever carries a lower epoch than
// the highest it has been given for that user.
type FencedAvatars interface {
	Avatars
	// SetAvatarAs replaces all rows, if the fence holds.
	SetAvatarAs(ctx context.Context, user uuid.UUID, f Fence, a Avatar) error
}
