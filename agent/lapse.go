package agent

import (
	"context"
	"errors"
	"time"

	"terrane/agent/steps"
	"terrane/grid"
)

// Lapses ends sessions whose region has fallen silent: the grid does then what the region could not.
type Lapses struct {
	Services    *Services
	Friendships *Friendships
	Runner      *steps.Runner
}

// lapsesAtOnce is how many lapsed sessions are taken from the service in one go.
const lapsesAtOnce = 100

// Run looks for lapsed leases every interval, until ctx ends.
func (l *Lapses) Run(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			l.EndLapsed(ctx)
		}
	}
}

// EndLapsed ends the sessions whose lease has run out, and answers how many there were.
func (l *Lapses) EndLapsed(ctx context.Context) int {
	lapsed, err := l.Services.Presences.Lapsed(ctx, lapsesAtOnce)
	if err != nil {
		l.Runner.Log.Warn("lapsed leases not known", "error", err)
		return 0
	}
	for _, lease := range lapsed {
		l.end(ctx, lease)
	}
	return len(lapsed)
}

// end signs one session out. The last step is the one that takes the lease from the list: what fails
// before it is tried again at the next look.
func (l *Lapses) end(ctx context.Context, lease grid.Lease) {
	name := lease.User.String()
	if account, err := l.Services.Accounts.Account(ctx, lease.User); err == nil {
		name = account.Name()
	}
	p := &steps.Process{
		Kind: "lapse", Agent: lease.User, Name: name, Session: lease.Session,
		Detail: "lease ran out", Runner: l.Runner,
	}
	// An error stands in the report, and the session stays on the list.
	_, _ = p.OrUndo(ctx,
		steps.Step{Name: leaveGridUser, Owner: "grid user", Do: func(ctx context.Context) error {
			user, err := l.Services.GridUsers.GridUser(ctx, lease.User)
			if err != nil && !errors.Is(err, grid.ErrNotFound) {
				return err
			}
			err = l.Services.GridUsers.LoggedOutAs(ctx, lease.User, lease.Fence(), user.Last, time.Now().UTC())
			return unlessSuperseded(err)
		}},
		steps.Step{Name: leavePresence, Owner: "presence", Do: func(ctx context.Context) error {
			return unlessSuperseded(l.Services.Presences.End(ctx, lease.Fence()))
		}},
		steps.Step{Name: tellFriends, Owner: "friends", Do: func(ctx context.Context) error {
			_, err := l.Friendships.Tell(ctx, lease.User, false, lease.Epoch)
			return err
		}},
	)
}

// unlessSuperseded: a newer session has written what is right.
func unlessSuperseded(err error) error {
	if errors.Is(err, grid.ErrSuperseded) {
		return nil
	}
	return err
}
