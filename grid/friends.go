package grid

import (
	"context"

	"github.com/google/uuid"
)

// Rights that one friend grants another.
const (
	RightSeeOnline     = 1
	RightSeeOnMap      = 2
	RightModifyObjects = 4

	// RightsNone stands in TheirFlags while the other has not accepted.
	RightsNone = -1
)

// Friend is a friendship as one of the two sees it.
type Friend struct {
	User   uuid.UUID // whose list this is
	Friend uuid.UUID
	Mine   int // rights User grants Friend
	Theirs int // rights Friend grants User; RightsNone while Friend has not accepted
}

// Pending reports whether only one side has said yes.
func (f Friend) Pending() bool { return f.Theirs == RightsNone }

// Friends is the friends service. A friendship is two rows, one for each direction.
type Friends interface {
	// FriendsOf lists a user's friendships, pending ones too, ordered by friend.
	FriendsOf(ctx context.Context, user uuid.UUID) ([]Friend, error)
	// StoreFriend stores one direction: the rights user grants friend (0 to 7). Storing again replaces.
	StoreFriend(ctx context.Context, user, friend uuid.UUID, rights int) error
	// DeleteFriend deletes one direction. Deleting what is not there succeeds.
	DeleteFriend(ctx context.Context, user, friend uuid.UUID) error
}
