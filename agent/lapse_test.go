package agent

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"terrane/grid"
)

// A region falls silent and does not come back: the grid ends its sessions, and those who should know it
// are told.
func TestE18_Invariant33_TheGridEndsWhatASilentRegionLeft(t *testing.T) {
	inHousehold(t, func(h *household) {
		cat := h.user("Cat")
		h.befriend(h.annUser, cat, grid.RightSeeOnMap)
		blind := h.enter(cat, "uri:Harbour&30&30&30")
		ctx, cancel := context.WithCancel(h.Context())
		defer cancel()
		go h.lapses.Run(ctx, 5*time.Second)
		place := at(h.welcome, 100, 90, 30)
		h.welcome.kill()
		began := time.Now()
		h.after(50 * time.Second)
		h.isOnline(h.annUser, h.ann.agent.Session())
		h.after(45 * time.Second)
		h.isOffline(h.annUser, place)
		h.isOnline(h.bobUser, h.bob.agent.Session())
		if got := h.bob.viewer.heard("offline", "online"); !slices.Equal(got, []string{"offline " + h.annUser.ID.String()}) {
			t.Errorf("her friend was told %q after %v", got, time.Since(began))
		}
		if got := blind.viewer.heard("offline"); len(got) > 0 {
			t.Errorf("a friend who may not see her was told %q", got)
		}
		h.welcome.restart() // and finds that all is said
		h.after(3 * time.Second)
		h.welcome.isEmpty()
		h.isOffline(h.annUser, place)
		if got := h.bob.viewer.heard("offline", "online"); len(got) != 1 {
			t.Errorf("her friend was told again: %q", got)
		}
	})
}

// What fails is tried again at the next look, until the session has been signed out.
func TestE18_ALapsedSessionStaysOnTheListUntilItIsSignedOut(t *testing.T) {
	for _, step := range []string{leaveGridUser, leavePresence} {
		t.Run(step, func(t *testing.T) {
			inHousehold(t, func(h *household) {
				h.welcome.kill()
				h.after(2 * time.Minute)
				h.faults.at("lapse", step, h.fails)
				for range 3 {
					if n := h.lapses.EndLapsed(h.Context()); n != 1 {
						t.Fatalf("%d lapsed", n)
					}
				}
				h.faults.mend()
				h.lapses.EndLapsed(h.Context())
				if n := h.lapses.EndLapsed(h.Context()); n != 0 {
					t.Errorf("%d are still on the list", n)
				}
				h.isOffline(h.annUser, at(h.welcome, 100, 90, 30))
				if got := h.bob.viewer.heard("offline"); len(got) != 1 {
					t.Errorf("her friend was told %q", got)
				}
			})
		})
	}
}

// Two friends in one dead region do not keep each other online.
func TestE18_FriendsInTheSameDeadRegionBothEnd(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		ann, bob := w.user("Ann"), w.user("Bob")
		w.befriend(ann, bob, grid.RightSeeOnline)
		s := w.enter(ann, "last").site
		w.enter(bob, "last")
		s.kill()
		w.after(2 * time.Minute)
		w.lapses.EndLapsed(w.Context())
		for _, u := range []grid.Account{ann, bob} {
			if w.gridUser(u).Online {
				t.Errorf("%s is still online", u.First)
			}
		}
		if n, err := w.services.Presences.LeaseCount(w.Context()); n != 0 || err != nil {
			t.Errorf("%d sessions are open: %v", n, err)
		}
	})
}

// A login that never came into a region is ended by its lease too.
func TestE3_Invariant35_ALoginThatNobodyFollowsIsEndedByItsLease(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		ann := w.user("Ann")
		g := w.login(ann, "last")
		g.site.kill()
		w.after(grid.DefaultLeaseTerms.Pending)
		w.lapses.EndLapsed(w.Context())
		w.isOffline(ann, grid.Place{})
	})
}

// A newer session that began meanwhile is not touched.
func TestE11_Invariant29_ALapseThatComesLateChangesNothing(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.welcome.kill()
		h.after(2 * time.Minute)
		lapsed, err := h.services.Presences.Lapsed(h.Context(), 10)
		if err != nil || len(lapsed) != 1 {
			t.Fatalf("%v, %v", lapsed, err)
		}
		again := h.enter(h.annUser, "uri:Harbour&60&60&30")
		h.bob.viewer.forget()
		h.lapses.end(h.Context(), lapsed[0])
		synctest.Wait()
		h.isOnline(h.annUser, again.agent.Session())
		if got := h.bob.viewer.heard("offline"); len(got) > 0 {
			t.Errorf("her friend was told %q", got)
		}
	})
}

// One lapsed session whose services hang keeps the others from ending no longer than its own bound.
func TestLapsedSessionsEndSideBySide(t *testing.T) {
	inWorld(t, []string{"Welcome", "Swamp"}, func(w *world) {
		friend := w.user("Friend")
		swamp := w.enter(friend, "uri:Swamp&50&50&30").site
		var users []grid.Account
		var s *site
		for i := range 8 {
			u := w.user("User" + string(rune('A'+i)))
			w.befriend(u, friend, grid.RightSeeOnline)
			users = append(users, u)
			s = w.enter(u, "uri:Welcome&50&50&30").site
		}
		s.kill()
		w.after(2 * time.Minute)
		swamp.silent.Store(true)
		done := make(chan int)
		go func() { done <- w.lapses.EndLapsed(w.Context()) }()
		synctest.Wait()
		for _, u := range users {
			if w.gridUser(u).Online {
				t.Errorf("%s waits", u.First)
			}
		}
		if n := <-done; n != len(users) {
			t.Errorf("%d lapsed", n)
		}
	})
}

func TestLapsesThatCannotBeReadEndNobody(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.services.Presences = noLapses{}
		if n := w.lapses.EndLapsed(w.Context()); n != 0 {
			t.Errorf("%d lapsed", n)
		}
	})
}

type noLapses struct{ grid.Leases }

func (noLapses) Lapsed(context.Context, int) ([]grid.Lease, error) { return nil, errBroken }
