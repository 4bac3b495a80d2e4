package agent

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/geom"
	"terrane/grid"
)

// A process that is killed at any step, and started again, finishes what it had begun: from its journal,
// long before the lease runs out.
func TestE18_Invariant33_AKillAtAnyStepOfALogoutIsMadeGood(t *testing.T) {
	for _, step := range without(logoutSteps, noteJournal) {
		for _, when := range []string{"before", "after"} {
			t.Run(strings.ReplaceAll(when+" "+step, " ", "_"), func(t *testing.T) {
				inHousehold(t, func(h *household) {
					h.after(DefaultTerms.Renew) // a checkpoint, with her looks
					early := h.ann.stands()
					late := h.ann.stand(200, 40, 50)
					h.welcome.faults.dieAt(h.world, when, "logout", step)
					h.ann.agent.End(Quit, "")
					synctest.Wait()
					if step == lingerOn {
						h.after(DefaultTerms.Linger)
					}
					if !h.welcome.faults.dead() {
						t.Fatal("it did not die")
					}
					want := late
					if i := slices.Index(logoutSteps, step); i < 3 || i == 3 && when == "before" {
						want = early // at most 30 s of walking
					}
					h.welcome.kill()
					h.welcome.restart()
					h.after(3 * time.Second)
					h.isOffline(h.annUser, want)
					h.welcome.isEmpty()
					if rows := h.avatar(h.annUser); rows["Serial"] != "7" {
						t.Errorf("her looks were not saved: %q", rows["Serial"])
					}
					if got := h.bob.viewer.heard("offline", "online"); !slices.Equal(got, []string{"offline " + h.annUser.ID.String()}) {
						t.Errorf("her friend was told %q", got)
					}
					h.after(time.Minute) // circuits linger
					if roots, children := h.harbour.count(); roots != 1 || children != 0 {
						t.Errorf("the neighbour has %d avatars and %d children", roots, children)
					}
					again := h.enter(h.annUser, "last")
					if again.site != h.welcome || again.in.Start != "last" || again.in.Place.Position.Distance(want.Position) > 1 {
						t.Errorf("she came back to %v", again.in.Place)
					}
					h.isOnline(h.annUser, again.agent.Session())
				})
			})
		}
	}
}

// Before the journal has a row, the grid notices by the lease that runs out.
func TestE18_AKillAtAnyStepOfAnArrivalIsMadeGood(t *testing.T) {
	arrival := []string{"take ownership", "open the journal's row", "remember the place", tellFriends}
	for i, step := range arrival {
		for _, when := range []string{"before", "after"} {
			t.Run(strings.ReplaceAll(when+" "+step, " ", "_"), func(t *testing.T) {
				inHousehold(t, func(h *household) {
					before := h.ann.stands()
					h.ann.quit()
					h.bob.viewer.forget()
					h.welcome.faults.dieAt(h.world, when, "arrival", step)
					g := h.enter(h.annUser, "uri:Welcome&200&40&50")
					if !h.welcome.faults.dead() {
						t.Fatal("it did not die")
					}
					h.welcome.kill()
					h.welcome.restart()
					want := grid.Place{Region: h.welcome.at.ID, Position: geom.Vec3{X: 200, Y: 40, Z: 50}}
					if row := i > 1 || i == 1 && when == "after"; row {
						h.after(3 * time.Second)
					} else {
						want = before
						h.after(grid.DefaultLeaseTerms.Pending)
						h.lapses.EndLapsed(h.Context())
						synctest.Wait()
					}
					h.isOffline(h.annUser, want)
					h.welcome.isEmpty()
					told := h.bob.viewer.heard("offline", "online")
					if len(told) == 0 || told[len(told)-1] != "offline "+h.annUser.ID.String() {
						t.Errorf("her friend was told %q", told)
					}
					if again := h.enter(h.annUser, "last"); again.agent.Session() == g.agent.Session() {
						t.Error("the old session came back")
					}
				})
			})
		}
	}
}

// Live sessions stand in the journal, from where they are now.
func TestE18_AKillTakesEverybodyOutWhereHeWasLastNoted(t *testing.T) {
	inHousehold(t, func(h *household) {
		cat := h.enter(h.user("Cat"), "uri:Welcome&50&50&30")
		h.ann.stand(60, 70, 40)
		h.after(DefaultTerms.Renew)
		ann := h.ann.stands()
		h.ann.stand(200, 200, 60) // since the last checkpoint
		place := cat.stands()
		open, departed := h.welcome.rows()
		if len(open) != 2 || len(departed) != 0 {
			t.Fatalf("open rows %v, departures %v", open, departed)
		}
		h.welcome.kill()
		h.welcome.restart()
		h.after(3 * time.Second)
		h.isOffline(h.annUser, ann)
		h.isOffline(cat.in.Account, place)
		h.welcome.isEmpty()
		if rows := h.avatar(h.annUser); rows["Serial"] != "7" {
			t.Errorf("looks of the checkpoint were not saved: %q", rows["Serial"])
		}
	})
}

// A second kill while the first is being made good changes nothing.
func TestE18_AKillOfTheRecoveryIsMadeGood(t *testing.T) {
	for _, step := range []string{saveLooks, closeChildren, leaveGridUser, leavePresence, tellFriends, strikeRow} {
		t.Run(strings.ReplaceAll(step, " ", "_"), func(t *testing.T) {
			inHousehold(t, func(h *household) {
				h.after(DefaultTerms.Renew)
				place := h.ann.stands()
				h.welcome.kill()
				h.welcome.restart()
				h.welcome.faults.dieAt(h.world, "after", "logout", step)
				h.after(time.Second)
				if !h.welcome.faults.dead() {
					t.Fatal("it did not die again")
				}
				h.welcome.kill()
				h.welcome.restart()
				h.after(3 * time.Second)
				h.isOffline(h.annUser, place)
				h.welcome.isEmpty()
			})
		})
	}
}

// The user did not wait for the dead region: he is in another one when it comes back.
func TestE11_E18_Invariant29_ARegionThatComesBackLateChangesNothing(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.after(DefaultTerms.Renew)
		h.welcome.kill()
		began := time.Now()
		again := h.enter(h.annUser, "uri:Harbour&30&30&40")
		if took := time.Since(began); again.site != h.harbour || took > DefaultTerms.LoginWait {
			t.Fatalf("she came to %s after %v", again.site.at.Name, took)
		}
		place := again.stands()
		again.dress(9)
		late := h.enter(h.user("Cat"), "uri:Harbour&60&60&40") // a friend who knows nothing of the old session
		h.befriend(h.annUser, late.in.Account, grid.RightSeeOnline)
		h.bob.viewer.forget()
		h.welcome.restart()
		h.after(10 * time.Second)
		h.welcome.isEmpty()
		h.isOnline(h.annUser, again.agent.Session())
		for _, friend := range []*guest{h.bob, late} {
			if got := friend.viewer.heard("offline"); len(got) > 0 {
				t.Errorf("%s was told %q", friend.agent.Name(), got)
			}
		}
		again.quit()
		h.isOffline(h.annUser, place)
		if rows := h.avatar(h.annUser); rows["Serial"] != "9" {
			t.Errorf("the older looks won: %q", rows["Serial"])
		}
	})
}
