package grid

import (
	"context"
	"time"

	"terrane/geom"

	"github.com/google/uuid"
)

// Place is somewhere an agent can be: a region, a position in it in metres, and a direction to look in.
type Place struct {
	Region   uuid.UUID
	Position geom.Vec3
	LookAt   geom.Vec3
}

// GridUser is what the grid remembers of a user between sessions.
type GridUser struct {
	User   uuid.UUID
	Home   Place
	Last   Place
	Online bool
	Login  time.Time // of the latest login; zero when never
	Logout time.Time // of the latest logout; zero when never
}

// GridUsers is the grid user service.
type GridUsers interface {
	// GridUser is a user's record, or ErrNotFound when nothing was ever written for him.
	GridUser(ctx context.Context, user uuid.UUID) (GridUser, error)
	// GridUsers is many at once; those without a record are left out.
	GridUsers(ctx context.Context, users []uuid.UUID) ([]GridUser, error)
	// LoggedIn marks a user online now.
	LoggedIn(ctx context.Context, user uuid.UUID) error
	// LoggedOut marks a user offline now and stores his last place.
	LoggedOut(ctx context.Context, user uuid.UUID, last Place) error
	// SetPosition stores his last place and nothing else.
	SetPosition(ctx context.Context, user uuid.UUID, last Place) error
	// SetHome stores his home.
	SetHome(ctx context.Context, user uuid.UUID, home Place) error
}

// FencedGridUsers refuses, with ErrSuperseded and without writing, whatever carries a lower epoch than
// the highest it has been given for that user. Doing a write twice is the same as doing it once.
type FencedGridUsers interface {
	GridUsers
	// LoggedInAs marks a user online from now on, for this session.
	LoggedInAs(ctx context.Context, user uuid.UUID, f Fence) error
	// LoggedOutAs marks a user offline since at, and stores his last place.
	LoggedOutAs(ctx context.Context, user uuid.UUID, f Fence, last Place, at time.Time) error
	// SetPositionAs stores his last place.
	SetPositionAs(ctx context.Context, user uuid.UUID, f Fence, last Place) error
}
