package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

const (
	// tellAtOnce is how many friends' regions are told side by side, tellTimeout how long each has: it leaves
	// time for others after those that do not answer.
	tellAtOnce  = 16
	tellTimeout = 1500 * time.Millisecond
)

// Friendships finds who is to know that a user has come or gone, and tells their regions.
type Friendships struct{ Services *Services }

// circle is who of a user's friends is online.
type circle struct {
	tell map[uuid.UUID][]uuid.UUID // those who may see him, by the region where they are
	see  []uuid.UUID               // those whom he may see
}

// around finds a user's friends who are online.
func (f *Friendships) around(ctx context.Context, user uuid.UUID) (circle, error) {
	friends, err := f.Services.Friends.FriendsOf(ctx, user)
	if err != nil {
		return circle{}, err
	}
	rights := make(map[uuid.UUID]grid.Friend)
	var ask []uuid.UUID
	for _, fr := range friends {
		if !fr.Pending() && (fr.Mine|fr.Theirs)&grid.RightSeeOnline != 0 {
			rights[fr.Friend] = fr
			ask = append(ask, fr.Friend)
		}
	}
	if len(ask) == 0 {
		return circle{}, nil
	}
	present, err := f.Services.Presences.PresencesOf(ctx, ask)
	if err != nil {
		return circle{}, err
	}
	c := circle{tell: make(map[uuid.UUID][]uuid.UUID)}
	for _, p := range present {
		if rights[p.User].Theirs&grid.RightSeeOnline != 0 {
			c.see = append(c.see, p.User)
		}
		if rights[p.User].Mine&grid.RightSeeOnline != 0 && p.Region != uuid.Nil {
			c.tell[p.Region] = append(c.tell[p.Region], p.User)
		}
	}
	return c, nil
}

// tellGone tells those friends of a user who are online and may see him that the session with this
// epoch has ended. When he has come back and stands in a region again, what is late would be wrong:
// a friend who came after him has no newer notice to tell it by.
func (f *Friendships) tellGone(ctx context.Context, user uuid.UUID, epoch uint64) error {
	c, err := f.around(ctx, user)
	if err != nil || len(c.tell) == 0 {
		return err
	}
	now, err := f.Services.Presences.LeaseOf(ctx, user)
	if err != nil && !errors.Is(err, grid.ErrNotFound) {
		return err
	}
	if err == nil && now.Epoch > epoch && now.Region != uuid.Nil {
		return nil
	}
	return f.tell(ctx, c, grid.StatusNotice{From: user, Epoch: epoch})
}

// tell gives a notice to everybody in the circle who is to have it. Regions are told side by side: one
// that does not answer keeps nobody elsewhere from being told.
func (f *Friendships) tell(ctx context.Context, c circle, n grid.StatusNotice) error {
	var (
		all  sync.WaitGroup
		mu   sync.Mutex // guards errs
		errs []error
	)
	slots := make(chan struct{}, tellAtOnce)
	for region, friends := range c.tell {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := f.tellRegion(ctx, region, friends, n); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (f *Friendships) tellRegion(ctx context.Context, region uuid.UUID, friends []uuid.UUID, n grid.StatusNotice) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	r, err := f.Services.Regions.RegionByID(ctx, region)
	if err != nil {
		return unlessGone(err)
	}
	var errs []error
	for _, n.To = range friends {
		errs = append(errs, unlessGone(f.Services.RegionFriends.Status(ctx, r, n)))
	}
	return errors.Join(errs...)
}

// unlessGone: who is no longer there need not be told.
func unlessGone(err error) error {
	if errors.Is(err, grid.ErrNotFound) {
		return nil
	}
	return err
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
	a.telling.Lock()
	defer a.telling.Unlock()
	last := a.notices[n.From]
	if last.outdated(n) {
		return nil
	}
	a.notices[n.From] = notice{max(last.epoch, n.Epoch), n.Online}
	a.Link.Friends(n.Online, []uuid.UUID{n.From})
	return nil
}

// greet shows an agent that has come which friends are online, but for those of whom it has heard since:
// that is newer.
func (a *Agent) greet(online []uuid.UUID) {
	a.telling.Lock()
	defer a.telling.Unlock()
	var news []uuid.UUID
	for _, friend := range online {
		if _, heard := a.notices[friend]; !heard {
			news = append(news, friend)
		}
	}
	if len(news) > 0 {
		a.Link.Friends(true, news)
	}
}
