package grid

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Presence is a live session: a user who is in the grid, and in which region.
type Presence struct {
	User    uuid.UUID
	Session uuid.UUID
	Region  uuid.UUID // zero: logged in, not yet in a region
}

// Presences is the presence service. A user has at most one presence.
type Presences interface {
	// SignIn opens a session for a user and ends any other session he has.
	SignIn(ctx context.Context, user, session, secure uuid.UUID) error
	// SignOut closes a session. Closing one that is not open succeeds.
	SignOut(ctx context.Context, session uuid.UUID) error
	// SignOutRegion closes all sessions of a region. Having none succeeds.
	SignOutRegion(ctx context.Context, region uuid.UUID) error
	// Report says in which region a session is now; ErrNotFound when it is not open.
	Report(ctx context.Context, session, region uuid.UUID) error
	// Presence is an open session, or ErrNotFound.
	Presence(ctx context.Context, session uuid.UUID) (Presence, error)
	// PresencesOf are the sessions of those of the users who are online.
	PresencesOf(ctx context.Context, users []uuid.UUID) ([]Presence, error)
}

// Lease is a presence that ends by itself unless the region that owns it renews it.
type Lease struct {
	Presence
	Secure  uuid.UUID
	Epoch   uint64
	Boot    uuid.UUID // of the owning region's process; zero before there is an owner
	Began   time.Time
	Expires time.Time
}

// Fence is the ownership that the lease records.
func (l Lease) Fence() Fence { return Fence{Session: l.Session, Epoch: l.Epoch} }

// Leases is the presence service as this project's own grids have it: who owns which session, until
// when. It is the truth about who is online.
type Leases interface {
	Presences
	// Begin opens a session as SignIn does, with the user's next epoch, which is higher than any before
	// it even if no session is open. The lease lasts for LeaseTerms.Pending.
	Begin(ctx context.Context, user, session, secure uuid.UUID) (Lease, error)
	// Own makes a region the owner of a session and answers with the next epoch. It succeeds only when f
	// is the session's present fence: ErrSuperseded when the epoch has moved on, ErrNotFound
	// when the session is not open. Asking again with the same f, region and boot after having succeeded
	// answers the same.
	Own(ctx context.Context, f Fence, region, boot uuid.UUID) (Lease, error)
	// Renew extends all the leases that a region holds, by LeaseTerms.Owned. It answers with the sessions
	// of held that the region does not own (any more).
	Renew(ctx context.Context, region, boot uuid.UUID, held []Fence) (lost []uuid.UUID, err error)
	// End closes a session. ErrSuperseded, and nothing is closed, when its epoch is higher than f's;
	// ending one that is not open succeeds.
	End(ctx context.Context, f Fence) error
	// Lease is an open session, or ErrNotFound.
	Lease(ctx context.Context, session uuid.UUID) (Lease, error)
	// LeaseOf is the open session of a user, or ErrNotFound.
	LeaseOf(ctx context.Context, user uuid.UUID) (Lease, error)
	// Epoch is the highest epoch ever given to a user; 0 when there was none.
	Epoch(ctx context.Context, user uuid.UUID) (uint64, error)
	// Lapsed lists open sessions whose lease has run out, the oldest first. They stay open, and
	// listed, until End.
	Lapsed(ctx context.Context, limit int) ([]Lease, error)
	// LeaseCount is how many sessions are open.
	LeaseCount(ctx context.Context) (int, error)
}

// LeaseTerms are how long leases last.
type LeaseTerms struct {
	Pending time.Duration // from Begin to the first Own
	Owned   time.Duration // from Own or Renew
}

// DefaultLeaseTerms give a region three tries at renewing every 30 s.
var DefaultLeaseTerms = LeaseTerms{Pending: 150 * time.Second, Owned: 90 * time.Second}
