package gridtest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// modelLeases makes random calls for a few users and regions, and the same on a model in memory. They
// must agree about every answer and about what is open afterwards. The users are new each time, and
// their sessions are ended, so that all rounds share one service.
func modelLeases(t *testing.T, s grid.Leases, c *clock) {
	rapid.Check(t, func(t *rapid.T) {
		m := &leaseModel{service: s, clock: c, sessions: map[uuid.UUID]*modelLease{}, epochs: map[uuid.UUID]uint64{}}
		for range 2 {
			m.users = append(m.users, uuid.New())
			m.owners = append(m.owners, owner{uuid.New(), uuid.New()})
		}
		m.owners = append(m.owners, owner{m.owners[0].region, uuid.New()})
		t.Repeat(map[string]func(*rapid.T){
			"begin": m.begin,
			"own":   m.own,
			"renew": m.renew,
			"end":   m.end,
			"wait":  func(t *rapid.T) { c.move(time.Duration(rapid.IntRange(1, 100).Draw(t, "seconds")) * time.Second) },
			"":      m.compare,
		})
		for _, l := range m.sessions {
			succeed(t, s.End(t.Context(), l.Fence()))
		}
	})
}

// owner is a region's process.
type owner struct{ region, boot uuid.UUID }

type modelLease struct {
	grid.Lease
	former uint64 // epoch that the owner asked with
}

type leaseModel struct {
	service  grid.Leases
	clock    *clock
	users    []uuid.UUID
	owners   []owner
	sessions map[uuid.UUID]*modelLease // open ones
	epochs   map[uuid.UUID]uint64      // by user
	given    []grid.Fence              // all that were ever given out
}

func (m *leaseModel) begin(t *rapid.T) {
	user := rapid.SampledFrom(m.users).Draw(t, "user")
	want := grid.Lease{Presence: grid.Presence{User: user, Session: uuid.New()}, Secure: uuid.New()}
	got, err := m.service.Begin(t.Context(), user, want.Session, want.Secure)
	succeed(t, err)
	for id, l := range m.sessions {
		if l.User == user {
			delete(m.sessions, id)
		}
	}
	want.Epoch = m.raise(t, user, got.Epoch)
	want.Began, want.Expires = m.clock.Now(), m.clock.Now().Add(grid.DefaultLeaseTerms.Pending)
	m.answered(t, got, want)
	m.sessions[want.Session] = &modelLease{Lease: want}
}

// raise takes a new epoch over from the service: the contract only says that it is higher.
func (m *leaseModel) raise(t *rapid.T, user uuid.UUID, epoch uint64) uint64 {
	if epoch <= m.epochs[user] {
		t.Fatalf("epoch %d follows %d", epoch, m.epochs[user])
	}
	m.epochs[user] = epoch
	return epoch
}

func (m *leaseModel) answered(t *rapid.T, got, want grid.Lease) {
	if !sameLease(got, want) {
		t.Fatalf("answered %+v, want %+v", got, want)
	}
	m.given = append(m.given, got.Fence())
}

func (m *leaseModel) own(t *rapid.T) {
	f, o := m.fence(t), rapid.SampledFrom(m.owners).Draw(t, "owner")
	got, err := m.service.Own(t.Context(), f, o.region, o.boot)
	l, open := m.sessions[f.Session]
	switch {
	case !open:
		refuse(t, err, grid.ErrNotFound)
	case l.Epoch == f.Epoch:
		succeed(t, err)
		l.former, l.Epoch = l.Epoch, m.raise(t, l.User, got.Epoch)
		l.Region, l.Boot, l.Expires = o.region, o.boot, m.clock.Now().Add(grid.DefaultLeaseTerms.Owned)
		m.answered(t, got, l.Lease)
	case l.former == f.Epoch && l.former != 0 && l.Region == o.region && l.Boot == o.boot:
		succeed(t, err)
		m.answered(t, got, l.Lease)
	default:
		refuse(t, err, grid.ErrSuperseded)
	}
}

func (m *leaseModel) renew(t *rapid.T) {
	o := rapid.SampledFrom(m.owners).Draw(t, "owner")
	var held []grid.Fence
	var want []uuid.UUID
	for range rapid.IntRange(0, 4).Draw(t, "held") {
		f := m.fence(t)
		if slices.ContainsFunc(held, func(h grid.Fence) bool { return h.Session == f.Session }) {
			continue
		}
		held = append(held, f)
		l, open := m.sessions[f.Session]
		if open && l.Epoch == f.Epoch && l.Region == o.region && l.Boot == o.boot {
			l.Expires = m.clock.Now().Add(grid.DefaultLeaseTerms.Owned)
		} else {
			want = append(want, f.Session)
		}
	}
	lost, err := m.service.Renew(t.Context(), o.region, o.boot, held)
	succeed(t, err)
	byID := func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }
	slices.SortFunc(lost, byID)
	slices.SortFunc(want, byID)
	if !slices.Equal(lost, want) {
		t.Fatalf("lost %v, want %v", lost, want)
	}
}

func (m *leaseModel) end(t *rapid.T) {
	f := m.fence(t)
	err := m.service.End(t.Context(), f)
	if l, open := m.sessions[f.Session]; open && l.Epoch > f.Epoch {
		refuse(t, err, grid.ErrSuperseded)
		return
	}
	succeed(t, err)
	delete(m.sessions, f.Session)
}

// fence is mostly one that was given out once.
func (m *leaseModel) fence(t *rapid.T) grid.Fence {
	if len(m.given) == 0 {
		return grid.Fence{Session: uuid.New(), Epoch: 1}
	}
	recent := m.given[max(0, len(m.given)-6):]
	return rapid.SampledFrom(recent).Draw(t, "fence")
}

func (m *leaseModel) compare(t *rapid.T) {
	var lapsed []grid.Lease
	open := map[uuid.UUID]grid.Lease{}
	for _, l := range m.sessions {
		open[l.User] = l.Lease
		if !m.clock.Now().Before(l.Expires) {
			lapsed = append(lapsed, l.Lease)
		}
	}
	for _, user := range m.users {
		wantEpoch(t, m.service, user, m.epochs[user])
		got, err := m.service.LeaseOf(t.Context(), user)
		if want, is := open[user]; is && (err != nil || !sameLease(got, want)) {
			t.Fatalf("lease is %+v, %v, want %+v", got, err, want)
		} else if !is {
			refuse(t, err, grid.ErrNotFound)
		}
	}
	wantLeaseCount(t, m.service, len(m.sessions))
	slices.SortFunc(lapsed, func(a, b grid.Lease) int {
		return cmp.Or(a.Expires.Compare(b.Expires), slices.Compare(a.Session[:], b.Session[:]))
	})
	got, err := m.service.Lapsed(t.Context(), 10)
	succeed(t, err)
	if !slices.EqualFunc(got, lapsed, sameLease) {
		t.Fatalf("lapsed are %+v, want %+v", got, lapsed)
	}
}
