package session

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terrane/agent"
	"terrane/grid"

	"github.com/google/uuid"
)

// gate is what calls of services wait at that hang.
type gate struct {
	such    func(call string, user uuid.UUID) bool // which calls hang
	calls   atomic.Int64                           // how many have come to hang
	opened  chan struct{}
	release func()
}

// asked fails a test in which nobody waited at the gate: it has shown nothing.
func (g *gate) asked(t testing.TB) {
	t.Helper()
	if g.calls.Load() == 0 {
		t.Error("no service that hangs was asked")
	}
}

// hang makes all that arrivals and departures ask of services hang from now on.
func (w *world) hang() *gate { return w.hangAt(func(string, uuid.UUID) bool { return true }) }

// hangAt makes some calls hang from now on: by their name, and the user they are about, which is zero
// where the call does not say.
func (w *world) hangAt(such func(call string, user uuid.UUID) bool) *gate {
	g := &gate{such: such, opened: make(chan struct{})}
	g.release = sync.OnceFunc(func() { close(g.opened) })
	w.Cleanup(g.release)
	w.gate.Store(g)
	return g
}

// hold waits where a call is to hang, until the gate is opened or the caller gives up.
func (w *world) hold(ctx context.Context, call string, user uuid.UUID) error {
	g := w.gate.Load()
	if g == nil || !g.such(call, user) {
		return nil
	}
	g.calls.Add(1)
	select {
	case <-g.opened:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// gated are services that can be made to hang.
func (w *world) gated(s *agent.Services) {
	s.Presences = gatedPresences{s.Presences, w}
	s.GridUsers = gatedGridUsers{s.GridUsers, w}
	s.Avatars = gatedAvatars{s.Avatars, w}
	s.Friends = gatedFriends{s.Friends, w}
	s.Messages = gatedMessages{s.Messages, w}
}

type gatedPresences struct {
	grid.Leases
	w *world
}

func (g gatedPresences) Own(ctx context.Context, f grid.Fence, region, boot uuid.UUID) (grid.Lease, error) {
	if err := g.w.hold(ctx, "Own", uuid.Nil); err != nil {
		return grid.Lease{}, err
	}
	return g.Leases.Own(ctx, f, region, boot)
}

func (g gatedPresences) End(ctx context.Context, f grid.Fence) error {
	if err := g.w.hold(ctx, "End", uuid.Nil); err != nil {
		return err
	}
	return g.Leases.End(ctx, f)
}

func (g gatedPresences) PresencesOf(ctx context.Context, users []uuid.UUID) ([]grid.Presence, error) {
	if err := g.w.hold(ctx, "PresencesOf", uuid.Nil); err != nil {
		return nil, err
	}
	return g.Leases.PresencesOf(ctx, users)
}

type gatedGridUsers struct {
	grid.FencedGridUsers
	w *world
}

func (g gatedGridUsers) SetPositionAs(ctx context.Context, user uuid.UUID, f grid.Fence, last grid.Place) error {
	if err := g.w.hold(ctx, "SetPositionAs", user); err != nil {
		return err
	}
	return g.FencedGridUsers.SetPositionAs(ctx, user, f, last)
}

func (g gatedGridUsers) LoggedOutAs(ctx context.Context, user uuid.UUID, f grid.Fence, last grid.Place, at time.Time) error {
	if err := g.w.hold(ctx, "LoggedOutAs", user); err != nil {
		return err
	}
	return g.FencedGridUsers.LoggedOutAs(ctx, user, f, last, at)
}

type gatedAvatars struct {
	grid.FencedAvatars
	w *world
}

func (g gatedAvatars) SetAvatarAs(ctx context.Context, user uuid.UUID, f grid.Fence, a grid.Avatar) error {
	if err := g.w.hold(ctx, "SetAvatarAs", user); err != nil {
		return err
	}
	return g.FencedAvatars.SetAvatarAs(ctx, user, f, a)
}

type gatedFriends struct {
	grid.Friends
	w *world
}

func (g gatedFriends) FriendsOf(ctx context.Context, user uuid.UUID) ([]grid.Friend, error) {
	if err := g.w.hold(ctx, "FriendsOf", user); err != nil {
		return nil, err
	}
	return g.Friends.FriendsOf(ctx, user)
}

type gatedMessages struct {
	grid.OfflineMessages
	w *world
}

// TakeMessages hangs when it has taken them.
func (g gatedMessages) TakeMessages(ctx context.Context, user uuid.UUID) ([]grid.InstantMessage, error) {
	taken, err := g.OfflineMessages.TakeMessages(ctx, user)
	if err := g.w.hold(ctx, "TakeMessages", user); err != nil {
		return nil, err
	}
	return taken, err
}
