package agent

import (
	"context"
	"errors"
	"sync"
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

const (
	// lapsesAtOnce is how many lapsed sessions are taken from the service in one go, endsAtOnce how many
	// of them are ended side by side.
	lapsesAtOnce = 100
	endsAtOnce   = 8
)

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
		l.Runner.Logger().Warn("lapsed leases not known", "error", err)
		return 0
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, endsAtOnce)
	for _, lease := range lapsed {
		slots <- struct{}{}
		all.Go(func() { l.end(ctx, lease); <-slots })
	}
	all.Wait()
	return len(lapsed)
}

// end signs one session out. Presence takes the lease from the list: what fails until then is tried again
// at the next look. Friends come after it, though they are told only now: those of them whose own region is
// as dead would otherwise keep each other online.
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
		steps.Step{Name: tellFriends, Owner: "friends", Tries: 3, Do: func(ctx context.Context) error {
			return l.Friendships.tellGone(ctx, lease.User, lease.Epoch)
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
