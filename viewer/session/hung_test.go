package session

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// gate is what calls of services wait at that hang.
type gate struct {
	calls   atomic.Int64
	opened  chan struct{}
	release func()
}

// wait hangs until the gate is opened, or the caller gives up.
func (g *gate) wait(ctx context.Context) error {
	g.calls.Add(1)
	select {
	case <-g.opened:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// asked fails a test in which nobody waited at the gate: it has shown nothing.
func (g *gate) asked(t testing.TB) {
	t.Helper()
	if g.calls.Load() == 0 {
		t.Error("no service that hangs was asked")
	}
}

// hang makes what arrivals and departures ask of services hang from now on.
func (w *world) hang() *gate {
	g := &gate{opened: make(chan struct{})}
	g.release = sync.OnceFunc(func() { close(g.opened) })
	w.Cleanup(g.release)
	w.Presences = hungPresences{w.Presences, g}
	w.GridUsers = hungGridUsers{w.GridUsers, g}
	w.Avatars = hungAvatars{w.Avatars, g}
	w.Services.Friends = hungFriends{w.Services.Friends, g}
	w.Messages = hungMessages{w.Messages, g}
	return g
}

type hungPresences struct {
	grid.Leases
	gate *gate
}

func (h hungPresences) Own(ctx context.Context, f grid.Fence, region, boot uuid.UUID) (grid.Lease, error) {
	if err := h.gate.wait(ctx); err != nil {
		return grid.Lease{}, err
	}
	return h.Leases.Own(ctx, f, region, boot)
}

func (h hungPresences) End(ctx context.Context, f grid.Fence) error {
	if err := h.gate.wait(ctx); err != nil {
		return err
	}
	return h.Leases.End(ctx, f)
}

func (h hungPresences) PresencesOf(ctx context.Context, users []uuid.UUID) ([]grid.Presence, error) {
	if err := h.gate.wait(ctx); err != nil {
		return nil, err
	}
	return h.Leases.PresencesOf(ctx, users)
}

type hungGridUsers struct {
	grid.FencedGridUsers
	gate *gate
}

func (h hungGridUsers) SetPositionAs(ctx context.Context, user uuid.UUID, f grid.Fence, last grid.Place) error {
	if err := h.gate.wait(ctx); err != nil {
		return err
	}
	return h.FencedGridUsers.SetPositionAs(ctx, user, f, last)
}

func (h hungGridUsers) LoggedOutAs(ctx context.Context, user uuid.UUID, f grid.Fence, last grid.Place, at time.Time) error {
	if err := h.gate.wait(ctx); err != nil {
		return err
	}
	return h.FencedGridUsers.LoggedOutAs(ctx, user, f, last, at)
}

type hungAvatars struct {
	grid.FencedAvatars
	gate *gate
}

func (h hungAvatars) SetAvatarAs(ctx context.Context, user uuid.UUID, f grid.Fence, a grid.Avatar) error {
	if err := h.gate.wait(ctx); err != nil {
		return err
	}
	return h.FencedAvatars.SetAvatarAs(ctx, user, f, a)
}

type hungFriends struct {
	grid.Friends
	gate *gate
}

func (h hungFriends) FriendsOf(ctx context.Context, user uuid.UUID) ([]grid.Friend, error) {
	if err := h.gate.wait(ctx); err != nil {
		return nil, err
	}
	return h.Friends.FriendsOf(ctx, user)
}

type hungMessages struct {
	grid.OfflineMessages
	gate *gate
}

func (h hungMessages) StoreMessage(ctx context.Context, m grid.InstantMessage) error {
	if err := h.gate.wait(ctx); err != nil {
		return err
	}
	return h.OfflineMessages.StoreMessage(ctx, m)
}

func (h hungMessages) TakeMessages(ctx context.Context, user uuid.UUID) ([]grid.InstantMessage, error) {
	if err := h.gate.wait(ctx); err != nil {
		return nil, err
	}
	return h.OfflineMessages.TakeMessages(ctx, user)
}
