package gridtest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Leases holds a presence service to its contract, leases and epochs included. make gives each test an
// empty one that goes by the clock now and by grid.DefaultLeaseTerms.
func Leases(t *testing.T, make func(t *testing.T, now func() time.Time) grid.Leases) {
	t.Run("Presences", func(t *testing.T) {
		Presences(t, func(t *testing.T) grid.Presences { return make(t, time.Now) })
	})
	fresh := func(t *testing.T) (grid.Leases, *clock) {
		c := newClock()
		return make(t, c.Now), c
	}
	t.Run("Begin", func(t *testing.T) { leaseBegin(t, fresh) })
	t.Run("Own", func(t *testing.T) { leaseOwn(t, fresh) })
	t.Run("Renew", func(t *testing.T) { leaseRenew(t, fresh) })
	t.Run("End", func(t *testing.T) { leaseEnd(t, fresh) })
	t.Run("Lapsed", func(t *testing.T) { leaseLapsed(t, fresh) })
	t.Run("a random life agrees with a model", func(t *testing.T) {
		s, c := fresh(t)
		modelLeases(t, s, c)
	})
}

type freshLeases func(t *testing.T) (grid.Leases, *clock)

func leaseBegin(t *testing.T, fresh freshLeases) {
	t.Run("a session begins pending and without an owner", func(t *testing.T) {
		s, c := fresh(t)
		user, session, secure := uuid.New(), uuid.New(), uuid.New()
		l, err := s.Begin(t.Context(), user, session, secure)
		succeed(t, err)
		if l.Epoch == 0 {
			t.Error("the first epoch is 0, which says that there was none")
		}
		wantLease(t, s, grid.Lease{
			Presence: grid.Presence{User: user, Session: session}, Secure: secure, Epoch: l.Epoch,
			Began: c.Now(), Expires: c.Now().Add(grid.DefaultLeaseTerms.Pending),
		})
		wantEpoch(t, s, user, l.Epoch)
	})
	t.Run("a user without sessions has no epoch and no lease", func(t *testing.T) {
		s, _ := fresh(t)
		wantEpoch(t, s, uuid.New(), 0)
		_, err := s.LeaseOf(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
		_, err = s.Lease(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("each begin has a higher epoch and ends any other session", func(t *testing.T) {
		s, _ := fresh(t)
		user := uuid.New()
		old := begin(t, s, user)
		owned := own(t, s, old)
		next := begin(t, s, user)
		if next.Epoch <= owned.Epoch {
			t.Errorf("epoch %d follows %d", next.Epoch, owned.Epoch)
		}
		_, err := s.Lease(t.Context(), old.Session)
		refuse(t, err, grid.ErrNotFound)
		wantLease(t, s, next)
	})
	t.Run("the epoch rises though no session is open", func(t *testing.T) {
		s, _ := fresh(t)
		user := uuid.New()
		first := own(t, s, begin(t, s, user))
		succeed(t, s.End(t.Context(), first.Fence()))
		wantEpoch(t, s, user, first.Epoch)
		second := begin(t, s, user)
		if second.Epoch <= first.Epoch {
			t.Errorf("epoch %d follows %d", second.Epoch, first.Epoch)
		}
		succeed(t, s.SignOut(t.Context(), second.Session))
		if third := begin(t, s, user); third.Epoch <= second.Epoch {
			t.Errorf("epoch %d follows %d", third.Epoch, second.Epoch)
		}
	})
	t.Run("signing in is a begin too", func(t *testing.T) {
		s, _ := fresh(t)
		user := uuid.New()
		old := begin(t, s, user)
		session := signIn(t, s, user)
		l, err := s.LeaseOf(t.Context(), user)
		succeed(t, err)
		if l.Session != session || l.Epoch <= old.Epoch {
			t.Errorf("the lease after signing in is %+v", l)
		}
	})
	t.Run("epochs belong to their user", func(t *testing.T) {
		s, _ := fresh(t)
		ann, zoe := uuid.New(), uuid.New()
		first := begin(t, s, zoe)
		for range 3 {
			begin(t, s, ann)
		}
		wantEpoch(t, s, zoe, first.Epoch)
		wantLease(t, s, first)
	})
	t.Run("of many begins of a user at once each has its own epoch and one stays open", func(t *testing.T) {
		s, _ := fresh(t)
		user := uuid.New()
		var wait sync.WaitGroup
		var leases [50]grid.Lease
		for i := range leases {
			wait.Go(func() {
				var err error
				if leases[i], err = s.Begin(t.Context(), user, uuid.New(), uuid.New()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		last := slices.MaxFunc(leases[:], func(a, b grid.Lease) int { return int(a.Epoch) - int(b.Epoch) })
		epochs := map[uint64]bool{}
		for _, l := range leases {
			epochs[l.Epoch] = true
			if l.Session != last.Session {
				_, err := s.Lease(t.Context(), l.Session)
				refuse(t, err, grid.ErrNotFound)
			}
		}
		if len(epochs) != len(leases) {
			t.Errorf("%d begins got %d epochs", len(leases), len(epochs))
		}
		wantLease(t, s, last)
		wantEpoch(t, s, user, last.Epoch)
		wantLeaseCount(t, s, 1)
	})
}

func leaseOwn(t *testing.T, fresh freshLeases) {
	t.Run("the owner is a region's process, with the next epoch and a lease of its own", func(t *testing.T) {
		s, c := fresh(t)
		pending := begin(t, s, uuid.New())
		c.move(time.Minute)
		region, boot := uuid.New(), uuid.New()
		l, err := s.Own(t.Context(), pending.Fence(), region, boot)
		succeed(t, err)
		want := pending
		want.Region, want.Boot, want.Epoch, want.Expires = region, boot, l.Epoch, c.Now().Add(grid.DefaultLeaseTerms.Owned)
		if l.Epoch <= pending.Epoch {
			t.Errorf("epoch %d follows %d", l.Epoch, pending.Epoch)
		}
		if !sameLease(l, want) {
			t.Errorf("own answered %+v, want %+v", l, want)
		}
		wantLease(t, s, want)
		wantPresence(t, s, want.Presence)
		wantEpoch(t, s, want.User, want.Epoch)
	})
	t.Run("a session that is not open is not found", func(t *testing.T) {
		s, _ := fresh(t)
		l := begin(t, s, uuid.New())
		_, err := s.Own(t.Context(), grid.Fence{Session: uuid.New(), Epoch: l.Epoch}, uuid.New(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
		succeed(t, s.End(t.Context(), l.Fence()))
		_, err = s.Own(t.Context(), l.Fence(), uuid.New(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("a fence that is not the present one is superseded", func(t *testing.T) {
		s, _ := fresh(t)
		pending := begin(t, s, uuid.New())
		owned := own(t, s, pending)
		for _, f := range []grid.Fence{
			pending.Fence(),
			{Session: owned.Session, Epoch: owned.Epoch + 1},
			{Session: owned.Session},
		} {
			_, err := s.Own(t.Context(), f, uuid.New(), uuid.New())
			refuse(t, err, grid.ErrSuperseded)
		}
		wantLease(t, s, owned)
	})
	t.Run("asking again answers the same", func(t *testing.T) {
		s, c := fresh(t)
		pending := begin(t, s, uuid.New())
		region, boot := uuid.New(), uuid.New()
		first, err := s.Own(t.Context(), pending.Fence(), region, boot)
		succeed(t, err)
		c.move(time.Second)
		again, err := s.Own(t.Context(), pending.Fence(), region, boot)
		succeed(t, err)
		if !sameLease(again, first) {
			t.Errorf("the second answer is %+v, the first %+v", again, first)
		}
		wantLease(t, s, first)
	})
	t.Run("another region or process that asks with the same fence is superseded", func(t *testing.T) {
		s, _ := fresh(t)
		pending := begin(t, s, uuid.New())
		owned := own(t, s, pending)
		_, err := s.Own(t.Context(), pending.Fence(), owned.Region, uuid.New())
		refuse(t, err, grid.ErrSuperseded)
		_, err = s.Own(t.Context(), pending.Fence(), uuid.New(), owned.Boot)
		refuse(t, err, grid.ErrSuperseded)
		wantLease(t, s, owned)
	})
	t.Run("asking again after the next owner has it is superseded", func(t *testing.T) {
		s, _ := fresh(t)
		pending := begin(t, s, uuid.New())
		first := own(t, s, pending)
		second := own(t, s, first)
		_, err := s.Own(t.Context(), pending.Fence(), first.Region, first.Boot)
		refuse(t, err, grid.ErrSuperseded)
		wantLease(t, s, second)
	})
	t.Run("of many regions that want a session at once one gets it", func(t *testing.T) {
		s, _ := fresh(t)
		pending := begin(t, s, uuid.New())
		var wait sync.WaitGroup
		var answers [30]error
		for i := range answers {
			wait.Go(func() { _, answers[i] = s.Own(t.Context(), pending.Fence(), uuid.New(), uuid.New()) })
		}
		wait.Wait()
		wantOneSuccess(t, answers[:], grid.ErrSuperseded)
	})
}

func leaseRenew(t *testing.T, fresh freshLeases) {
	t.Run("what a region owns is extended and the rest is lost", func(t *testing.T) {
		s, c := fresh(t)
		region, boot := uuid.New(), uuid.New()
		var kept []grid.Lease
		for range 3 {
			l, err := s.Own(t.Context(), begin(t, s, uuid.New()).Fence(), region, boot)
			succeed(t, err)
			kept = append(kept, l)
		}
		moved, err := s.Own(t.Context(), begin(t, s, uuid.New()).Fence(), region, boot)
		succeed(t, err)
		elsewhere := own(t, s, moved)
		ended, err := s.Own(t.Context(), begin(t, s, uuid.New()).Fence(), region, boot)
		succeed(t, err)
		succeed(t, s.End(t.Context(), ended.Fence()))
		pending := begin(t, s, uuid.New())
		earlier, err := s.Own(t.Context(), begin(t, s, uuid.New()).Fence(), region, uuid.New())
		succeed(t, err)
		unknown := grid.Fence{Session: uuid.New(), Epoch: 1}

		c.move(time.Minute)
		lost, err := s.Renew(t.Context(), region, boot, []grid.Fence{
			kept[0].Fence(), moved.Fence(), kept[1].Fence(), ended.Fence(), pending.Fence(), earlier.Fence(), unknown, kept[2].Fence(),
		})
		succeed(t, err)
		want := []uuid.UUID{moved.Session, ended.Session, pending.Session, earlier.Session, unknown.Session}
		if len(lost) != len(want) || fmt.Sprint(asSet(lost)) != fmt.Sprint(asSet(want)) {
			t.Errorf("lost are %v, want %v", lost, want)
		}
		for _, l := range kept {
			l.Expires = c.Now().Add(grid.DefaultLeaseTerms.Owned)
			wantLease(t, s, l)
		}
		for _, l := range []grid.Lease{elsewhere, pending, earlier} {
			wantLease(t, s, l)
		}
	})
	t.Run("holding nothing loses nothing", func(t *testing.T) {
		s, _ := fresh(t)
		lost, err := s.Renew(t.Context(), uuid.New(), uuid.New(), nil)
		succeed(t, err)
		if len(lost) != 0 {
			t.Errorf("lost are %v", lost)
		}
	})
	t.Run("a lease that is renewed in time never lapses", func(t *testing.T) {
		s, c := fresh(t)
		l := own(t, s, begin(t, s, uuid.New()))
		for range 10 {
			c.move(30 * time.Second)
			lost, err := s.Renew(t.Context(), l.Region, l.Boot, []grid.Fence{l.Fence()})
			succeed(t, err)
			if len(lost) != 0 {
				t.Fatal("it was lost")
			}
			wantLapsed(t, s)
		}
	})
	t.Run("hundreds of sessions are renewed at once", func(t *testing.T) {
		s, c := fresh(t)
		region, boot := uuid.New(), uuid.New()
		var held [600]grid.Fence
		var wait sync.WaitGroup
		for first := range 20 {
			wait.Go(func() {
				for i := first; i < len(held); i += 20 {
					l, err := s.Own(t.Context(), begin(t, s, uuid.New()).Fence(), region, boot)
					succeed(t, err)
					held[i] = l.Fence()
				}
			})
		}
		wait.Wait()
		c.move(time.Minute)
		lost, err := s.Renew(t.Context(), region, boot, held[:])
		succeed(t, err)
		if len(lost) != 0 {
			t.Errorf("%d were lost", len(lost))
		}
		c.move(time.Minute)
		wantLapsed(t, s)
		c.move(time.Minute)
		lapsed, err := s.Lapsed(t.Context(), 2000)
		succeed(t, err)
		if len(lapsed) != len(held) {
			t.Errorf("%d of %d lapsed", len(lapsed), len(held))
		}
	})
}

func leaseEnd(t *testing.T, fresh freshLeases) {
	t.Run("ending closes the session", func(t *testing.T) {
		s, _ := fresh(t)
		l := own(t, s, begin(t, s, uuid.New()))
		bystander := begin(t, s, uuid.New())
		succeed(t, s.End(t.Context(), l.Fence()))
		_, err := s.Lease(t.Context(), l.Session)
		refuse(t, err, grid.ErrNotFound)
		_, err = s.LeaseOf(t.Context(), l.User)
		refuse(t, err, grid.ErrNotFound)
		_, err = s.Presence(t.Context(), l.Session)
		refuse(t, err, grid.ErrNotFound)
		wantOnline(t, s, []uuid.UUID{l.User, bystander.User}, bystander.User)
		wantLeaseCount(t, s, 1)
	})
	t.Run("a lower epoch is superseded and closes nothing", func(t *testing.T) {
		s, _ := fresh(t)
		pending := begin(t, s, uuid.New())
		owned := own(t, s, pending)
		refuse(t, s.End(t.Context(), pending.Fence()), grid.ErrSuperseded)
		wantLease(t, s, owned)
	})
	t.Run("a higher epoch closes", func(t *testing.T) {
		s, _ := fresh(t)
		l := begin(t, s, uuid.New())
		succeed(t, s.End(t.Context(), grid.Fence{Session: l.Session, Epoch: 1<<64 - 1}))
		wantLeaseCount(t, s, 0)
	})
	t.Run("ending a session that is not open succeeds", func(t *testing.T) {
		s, _ := fresh(t)
		l := begin(t, s, uuid.New())
		succeed(t, s.End(t.Context(), grid.Fence{Session: uuid.New(), Epoch: 1}))
		succeed(t, s.End(t.Context(), l.Fence()))
		succeed(t, s.End(t.Context(), l.Fence()))
	})
	t.Run("an old session's end leaves the user's new one alone", func(t *testing.T) {
		s, _ := fresh(t)
		user := uuid.New()
		old := own(t, s, begin(t, s, user))
		next := begin(t, s, user)
		succeed(t, s.End(t.Context(), old.Fence()))
		wantLease(t, s, next)
	})
	t.Run("of an end and the next owner at once the later one is told", func(t *testing.T) {
		s, _ := fresh(t)
		for range 20 {
			l := own(t, s, begin(t, s, uuid.New()))
			var wait sync.WaitGroup
			var ended, owned error
			wait.Go(func() { ended = s.End(t.Context(), l.Fence()) })
			wait.Go(func() { _, owned = s.Own(t.Context(), l.Fence(), uuid.New(), uuid.New()) })
			wait.Wait()
			endFirst := ended == nil && errors.Is(owned, grid.ErrNotFound)
			ownFirst := owned == nil && errors.Is(ended, grid.ErrSuperseded)
			if !endFirst && !ownFirst {
				t.Errorf("end answered %v, own %v", ended, owned)
			}
		}
	})
}

func leaseLapsed(t *testing.T, fresh freshLeases) {
	t.Run("a lease lapses when its time is over and not before", func(t *testing.T) {
		s, c := fresh(t)
		l := begin(t, s, uuid.New())
		c.move(grid.DefaultLeaseTerms.Pending - time.Second)
		wantLapsed(t, s)
		c.move(time.Second)
		wantLapsed(t, s, l)

		l = own(t, s, l)
		wantLapsed(t, s)
		c.move(grid.DefaultLeaseTerms.Owned - time.Second)
		wantLapsed(t, s)
		c.move(time.Second)
		wantLapsed(t, s, l)
	})
	t.Run("what has lapsed stays open and listed until it is ended", func(t *testing.T) {
		s, c := fresh(t)
		l := own(t, s, begin(t, s, uuid.New()))
		c.move(time.Hour)
		for range 2 {
			wantLapsed(t, s, l)
			wantLease(t, s, l)
			wantOnline(t, s, []uuid.UUID{l.User}, l.User)
			wantLeaseCount(t, s, 1)
		}
		succeed(t, s.End(t.Context(), l.Fence()))
		wantLapsed(t, s)
	})
	t.Run("the oldest come first and no more than asked for", func(t *testing.T) {
		s, c := fresh(t)
		var all []grid.Lease
		for range 5 {
			all = append(all, begin(t, s, uuid.New()))
			c.move(time.Second)
		}
		c.move(time.Hour)
		wantLapsed(t, s, all...)
		for limit := range 7 {
			got, err := s.Lapsed(t.Context(), limit)
			succeed(t, err)
			if want := all[:min(limit, len(all))]; !slices.EqualFunc(got, want, sameLease) {
				t.Errorf("the first %d are %+v, want %+v", limit, got, want)
			}
		}
	})
}

func begin(t tester, s grid.Leases, user uuid.UUID) grid.Lease {
	t.Helper()
	l, err := s.Begin(t.Context(), user, uuid.New(), uuid.New())
	succeed(t, err)
	return l
}

// own makes a new region the owner of a lease.
func own(t tester, s grid.Leases, l grid.Lease) grid.Lease {
	t.Helper()
	l, err := s.Own(t.Context(), l.Fence(), uuid.New(), uuid.New())
	succeed(t, err)
	return l
}

func wantLease(t tester, s grid.Leases, want grid.Lease) {
	t.Helper()
	bySession, err := s.Lease(t.Context(), want.Session)
	succeed(t, err)
	byUser, err := s.LeaseOf(t.Context(), want.User)
	succeed(t, err)
	for _, got := range []grid.Lease{bySession, byUser} {
		if !sameLease(got, want) {
			t.Errorf("lease is %+v, want %+v", got, want)
		}
	}
}

func sameLease(a, b grid.Lease) bool {
	return a.Presence == b.Presence && a.Secure == b.Secure && a.Epoch == b.Epoch && a.Boot == b.Boot &&
		a.Began.Equal(b.Began) && a.Expires.Equal(b.Expires)
}

func wantEpoch(t tester, s grid.Leases, user uuid.UUID, want uint64) {
	t.Helper()
	got, err := s.Epoch(t.Context(), user)
	succeed(t, err)
	if got != want {
		t.Errorf("epoch is %d, want %d", got, want)
	}
}

func wantLeaseCount(t tester, s grid.Leases, want int) {
	t.Helper()
	got, err := s.LeaseCount(t.Context())
	succeed(t, err)
	if got != want {
		t.Errorf("%d sessions are open, want %d", got, want)
	}
}

func wantLapsed(t tester, s grid.Leases, want ...grid.Lease) {
	t.Helper()
	got, err := s.Lapsed(t.Context(), len(want)+1)
	succeed(t, err)
	if !slices.EqualFunc(got, want, sameLease) {
		t.Errorf("lapsed are %+v, want %+v", got, want)
	}
}
