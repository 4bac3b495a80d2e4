package agent

import (
	"context"
	"errors"
	"sync"

	"terrane/grid"

	"github.com/google/uuid"
)

// tellAtOnce is how many friends' regions are told side by side.
const tellAtOnce = 16

// Friendships finds who is to know that a user has come or gone, and tells their regions.
type Friendships struct{ Services *Services }

// Tell tells those friends of a user who are online and may see him that he has come or gone. It
// answers with those who are online and let him see them. One region that does not answer keeps
// nobody else from being told.
func (f *Friendships) Tell(ctx context.Context, user uuid.UUID, online bool, epoch uint64) (visible []uuid.UUID, err error) {
	friends, err := f.Services.Friends.FriendsOf(ctx, user)
	if err != nil {
		return nil, err
	}
	tell, see := make(map[uuid.UUID]bool), make(map[uuid.UUID]bool)
	var ask []uuid.UUID
	for _, fr := range friends {
		if fr.Pending() {
			continue
		}
		tell[fr.Friend] = fr.Mine&grid.RightSeeOnline != 0
		see[fr.Friend] = fr.Theirs&grid.RightSeeOnline != 0
		if tell[fr.Friend] || see[fr.Friend] {
			ask = append(ask, fr.Friend)
		}
	}
	if len(ask) == 0 {
		return nil, nil
	}
	present, err := f.Services.Presences.PresencesOf(ctx, ask)
	if err != nil {
		return nil, err
	}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex // guards errs
		errs []error
	)
	slots := make(chan struct{}, tellAtOnce)
	for _, p := range present {
		if see[p.User] {
			visible = append(visible, p.User)
		}
		if !tell[p.User] || p.Region == uuid.Nil {
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			n := grid.StatusNotice{From: user, To: p.User, Online: online, Epoch: epoch}
			if err := f.status(ctx, p.Region, n); err != nil && !errors.Is(err, grid.ErrNotFound) {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return visible, errors.Join(errs...)
}

func (f *Friendships) status(ctx context.Context, region uuid.UUID, n grid.StatusNotice) error {
	r, err := f.Services.Regions.RegionByID(ctx, region)
	if err != nil {
		return err
	}
	return f.Services.RegionFriends.Status(ctx, r, n)
}

// RegionOf is the region in which a user's root agent is, or ErrNotFound when he is not online.
func (f *Friendships) RegionOf(ctx context.Context, user uuid.UUID) (grid.Region, error) {
	present, err := f.Services.Presences.PresencesOf(ctx, []uuid.UUID{user})
	if err != nil {
		return grid.Region{}, err
	}
	for _, p := range present {
		if p.Region != uuid.Nil {
			return f.Services.Regions.RegionByID(ctx, p.Region)
		}
	}
	return grid.Region{}, grid.ErrNotFound
}

// notice is the latest that an agent was told of a friend.
type notice struct {
	epoch  uint64
	online bool
}

// outdated reports whether a notice says less than one before it: of an older epoch, or again the
// same, or that a session began whose end is known.
func (n notice) outdated(n2 grid.StatusNotice) bool {
	if n2.Epoch == 0 || n.epoch == 0 {
		return false
	}
	if n2.Epoch != n.epoch {
		return n2.Epoch < n.epoch
	}
	return n2.Online || !n.online
}

// Status tells an agent of this region that a friend has come or gone. Notices that come late, and
// again, are dropped.
func (h *Host) Status(n grid.StatusNotice) error {
	a := h.FindRoot(n.To)
	if a == nil {
		return grid.ErrNotFound
	}
	a.mu.Lock()
	last := a.notices[n.From]
	old := last.outdated(n)
	if !old {
		a.notices[n.From] = notice{n.Epoch, n.Online}
	}
	a.mu.Unlock()
	if !old {
		a.Link.Friends(n.Online, []uuid.UUID{n.From})
	}
	return nil
}
