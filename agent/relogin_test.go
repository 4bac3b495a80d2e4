package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/agent/steps"
	"terrane/grid"

	"github.com/google/uuid"
)

// Whatever the logout is at, a login at that moment succeeds at the first attempt, and finds the place and
// the looks of that logout.
func TestE2_Invariant28_ALoginDuringTheLogoutFindsWhatItLeft(t *testing.T) {
	for _, step := range without(logoutSteps, noteJournal) {
		for _, when := range []string{"before", "after"} {
			t.Run(strings.ReplaceAll(when+" "+step, " ", "_"), func(t *testing.T) {
				inHousehold(t, func(h *household) {
					place := h.ann.stand(200, 40, 50)
					reached, goOn := make(chan struct{}), make(chan struct{})
					pause := func() { close(reached); <-goOn }
					if when == "before" {
						h.welcome.faults.at("logout", step, func() error { pause(); return nil })
					} else {
						h.welcome.faults.behind("logout", step, pause)
					}
					h.ann.agent.End(Quit, "")
					<-reached
					h.welcome.faults.mend()
					go func() { time.Sleep(time.Second); close(goOn) }()
					again := h.enter(h.annUser, "last")
					h.findsAgain(again, place)
					h.after(time.Minute)
					h.isOnline(h.annUser, again.agent.Session())
					if owed := h.welcome.Owed(); len(owed) > 0 {
						t.Errorf("it still owes %+v", owed)
					}
					again.quit()
					h.isOffline(h.annUser, place)
				})
			})
		}
	}
}

// findsAgain fails the test unless a session began where an older one ended, and as it looked.
func (h *household) findsAgain(g *guest, place grid.Place) {
	h.Helper()
	if g.in.Start != "last" || g.site.at.ID != place.Region || g.in.Place.Position.Distance(place.Position) > 0.5 {
		h.Errorf("she came to %s at %v, not to %v", g.in.Start, g.in.Place, place)
	}
	if looks := g.agent.Circuit.Avatar; looks["Serial"] != "7" {
		h.Errorf("she does not look as she did: %q", looks["Serial"])
	}
}

// The services may be down while she is out: the journal has what they do not.
func TestE2_Invariant28_ALoginFindsWhatOnlyTheJournalHolds(t *testing.T) {
	for _, how := range []string{"in time", "after the logout", "after a crash"} {
		t.Run(strings.ReplaceAll(how, " ", "_"), func(t *testing.T) {
			inHousehold(t, func(h *household) {
				h.after(DefaultTerms.Renew)
				place := h.ann.stand(200, 40, 50)
				h.welcome.faults.at("logout", saveLooks, h.fails)
				h.welcome.faults.at("logout", leaveGridUser, h.fails)
				switch how {
				case "in time":
					h.ann.agent.End(Quit, "")
				case "after the logout":
					h.ann.quit()
				case "after a crash":
					h.ann.stand(200, 40, 50)
					h.welcome.Renew(h.Context())
					h.welcome.kill()
					h.welcome.restart()
					h.welcome.faults.at("logout", saveLooks, h.fails)
					h.welcome.faults.at("logout", leaveGridUser, h.fails)
				}
				again := h.enter(h.annUser, "last")
				h.findsAgain(again, place)
				h.welcome.faults.mend()
				h.after(2 * time.Minute)
				if rows := h.avatar(h.annUser); rows["Serial"] != "7" {
					t.Errorf("the looks were not saved after all: %q", rows["Serial"])
				}
				h.isOnline(h.annUser, again.agent.Session())
				if owed := h.welcome.Owed(); len(owed) > 0 {
					t.Errorf("it still owes %+v", owed)
				}
			})
		})
	}
}

// What an old departure still owes is not believed any more after a newer session.
func TestWhatAnOlderDepartureHoldsDoesNotComeBack(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.welcome.faults.at("logout", saveLooks, h.fails)
		h.welcome.faults.at("logout", leaveGridUser, h.fails)
		h.ann.quit()
		h.after(3 * time.Minute) // it is tried only once a minute by now
		h.welcome.faults.lately()
		for h.welcome.faults.lately() == 0 {
			h.after(time.Second)
		}
		h.welcome.faults.mend() // just after a try
		h.welcome.linger = 0
		second := h.enter(h.annUser, "last")
		second.dress(9)
		place := second.stand(20, 30, 50)
		h.after(time.Second)
		second.quit()
		third := h.enter(h.annUser, "last")
		if third.in.Place.Position.Distance(place.Position) > 0.5 {
			t.Errorf("she came back to %v, not to %v", third.in.Place, place)
		}
		if looks := third.agent.Circuit.Avatar; looks["Serial"] != "9" {
			t.Errorf("the older looks came back: %q", looks["Serial"])
		}
	})
}

func TestE10_ALoginEndsTheOldSessionWhereItLives(t *testing.T) {
	inHousehold(t, func(h *household) {
		place := h.ann.stands()
		began := time.Now()
		again := h.enter(h.annUser, "last")
		if took := time.Since(began); took > 0 {
			t.Errorf("the login waited %v", took)
		}
		h.findsAgain(again, place)
		if got := h.ann.viewer.heard("KickUser"); !slices.Equal(got, []string{"KickUser: You have logged in from another place."}) {
			t.Errorf("the old viewer was told %q", got)
		}
		h.after(time.Minute)
		h.isOnline(h.annUser, again.agent.Session())
		if roots, _ := h.welcome.count(); roots != 1 {
			t.Errorf("%d avatars", roots)
		}
	})
}

// The region of the old session does not answer at all, or says that it cannot.
func TestE10_ALoginDoesNotWaitForARegionThatIsNotThere(t *testing.T) {
	for name, away := range map[string]func(*household){
		"silent":        func(h *household) { h.welcome.kill() },
		"not reachable": func(h *household) { delete(h.sites, h.welcome.at.ID) },
		"deregistered": func(h *household) {
			h.welcome.kill()
			if err := h.services.Regions.DeregisterRegion(h.Context(), h.welcome.at.ID); err != nil {
				h.Fatal(err)
			}
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			inHousehold(t, func(h *household) {
				away(h)
				began := time.Now()
				again := h.enter(h.annUser, "uri:Harbour&60&60&30")
				if took := time.Since(began); took > DefaultTerms.EndWait {
					t.Errorf("the login waited %v", took)
				}
				h.isOnline(h.annUser, again.agent.Session())
			})
		})
	}
}

// A session that was announced but never came does not hold up the next.
func TestE10_ALoginAfterOneThatNeverArrivedTakesItsPlace(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		ann := w.user("Ann")
		first := w.login(ann, "last")
		second := w.enter(ann, "last")
		<-first.left
		if why, _ := first.agent.Why(); why != Superseded {
			t.Errorf("the first ended as %q", why)
		}
		w.isOnline(ann, second.agent.Session())
		if _, err := second.site.announce(first.agent.Circuit); !errors.Is(err, grid.ErrSuperseded) {
			t.Errorf("the older session was let in again: %v", err)
		}
	})
}

func TestEndSessionAnswersWhenNothingCanBeLost(t *testing.T) {
	t.Run("live", func(t *testing.T) {
		inHousehold(t, func(h *household) {
			goOn := make(chan struct{})
			h.welcome.faults.at("logout", writeJournal, func() error { <-goOn; return nil })
			answered := make(chan error, 1)
			go func() {
				answered <- h.welcome.EndSession(h.Context(), h.ann.agent.Session(), "enough")
			}()
			synctest.Wait()
			if len(answered) > 0 {
				t.Error("it answered before the departure was in the journal")
			}
			close(goOn)
			if err := <-answered; err != nil {
				t.Error(err)
			}
			if _, departed := h.welcome.rows(); len(departed) != 1 {
				t.Errorf("the journal has %v", departed)
			}
			if why, text := h.ann.agent.Why(); why != Kicked || text != "enough" {
				t.Errorf("it ended as %s, %q", why, text)
			}
		})
	})
	t.Run("asked for by himself", func(t *testing.T) {
		inHousehold(t, func(h *household) {
			if err := h.welcome.EndSession(h.Context(), h.ann.agent.Session(), ""); err != nil {
				t.Error(err)
			}
			if got := h.ann.viewer.heard("LogoutReply", "KickUser"); !slices.Equal(got, []string{"LogoutReply"}) {
				t.Errorf("the viewer was told %q", got)
			}
		})
	})
	t.Run("gone", func(t *testing.T) {
		inHousehold(t, func(h *household) {
			if err := h.welcome.EndSession(h.Context(), uuid.New(), "enough"); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("too slow", func(t *testing.T) {
		inHousehold(t, func(h *household) {
			h.welcome.faults.at("logout", writeJournal, h.hangs)
			ctx, cancel := context.WithTimeout(h.Context(), time.Second)
			defer cancel()
			if err := h.welcome.EndSession(ctx, h.ann.agent.Session(), "enough"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it answered %v", err)
			}
		})
	})
}

func TestAwaitDepartureWaitsForDeparturesAlone(t *testing.T) {
	inHousehold(t, func(h *household) {
		if err := h.welcome.AwaitDeparture(h.Context(), h.annUser.ID); err != nil {
			t.Errorf("a live session: %v", err)
		}
		goOn := make(chan struct{})
		h.welcome.faults.at("logout", writeJournal, func() error { <-goOn; return nil })
		h.ann.agent.End(Quit, "")
		synctest.Wait()
		if err := h.welcome.AwaitDeparture(h.Context(), h.bobUser.ID); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		ctx, cancel := context.WithTimeout(h.Context(), time.Second)
		defer cancel()
		if err := h.welcome.AwaitDeparture(ctx, h.annUser.ID); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a departure that is not journalled: %v", err)
		}
		close(goOn)
		if err := h.welcome.AwaitDeparture(h.Context(), h.annUser.ID); err != nil {
			t.Errorf("one that is: %v", err)
		}
	})
}

func TestHeldForIsWhatTheServicesDoNotHaveYet(t *testing.T) {
	inHousehold(t, func(h *household) {
		if _, err := h.welcome.HeldFor(h.Context(), h.annUser.ID); !errors.Is(err, grid.ErrNotFound) {
			t.Errorf("of a live session: %v", err)
		}
		place := h.ann.stands()
		h.welcome.faults.at("logout", leaveGridUser, h.fails)
		h.ann.quit()
		held, err := h.welcome.HeldFor(h.Context(), h.annUser.ID)
		if err != nil || held.Last.Position != place.Position || held.Avatar != nil || held.Fence.Session != h.ann.agent.Session() {
			t.Errorf("the place alone is held, not %+v, %v", held, err)
		}
		h.welcome.faults.mend()
		h.after(time.Minute)
		if _, err := h.welcome.HeldFor(h.Context(), h.annUser.ID); !errors.Is(err, grid.ErrNotFound) {
			t.Errorf("of a settled session: %v", err)
		}
	})
}

// The steps of the old session come late, one after the other, while the new one lives.
func TestE11_Invariant29_LateWritesOfTheOldSessionChangeNothing(t *testing.T) {
	for _, step := range []string{saveLooks, leaveGridUser, leavePresence, tellFriends} {
		t.Run(strings.ReplaceAll(step, " ", "_"), func(t *testing.T) {
			inHousehold(t, func(h *household) {
				h.welcome.faults.at("logout", step, h.fails)
				h.ann.quit()
				again := h.enter(h.annUser, "uri:Harbour&60&60&30")
				again.dress(9)
				rows := grid.Avatar(again.dress(9).ToRows())
				if r := h.harbour.SaveLooks(h.Context(), again.agent, rows); r.Outcome != steps.Done {
					t.Fatal(r)
				}
				h.bob.viewer.forget()
				h.welcome.faults.mend()
				h.after(2 * time.Minute)
				h.welcome.isEmpty()
				h.isOnline(h.annUser, again.agent.Session())
				if u := h.gridUser(h.annUser); u.Last.Region != h.harbour.at.ID {
					t.Errorf("the old place won: %v", u.Last)
				}
				if rows := h.avatar(h.annUser); rows["Serial"] != "9" {
					t.Errorf("the old looks won: %q", rows["Serial"])
				}
				if got := h.bob.viewer.heard("offline"); len(got) > 0 {
					t.Errorf("her friend was told %q", got)
				}
			})
		})
	}
}

// The region learns at its next renewal that another has taken the session over: it ends it, and writes
// nothing.
func TestE11_Invariant29_ASessionThatIsLostEndsAndWritesNothing(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.welcome.silent.Store(true) // the old region is cut off
		again := h.enter(h.annUser, "uri:Harbour&60&60&30")
		h.welcome.silent.Store(false)
		place := again.stands()
		h.bob.viewer.forget()
		h.after(DefaultTerms.Renew)
		if why, _ := h.ann.agent.Why(); why != Superseded {
			t.Fatalf("the old session ended as %q", why)
		}
		<-h.ann.left
		h.after(time.Minute)
		h.welcome.isEmpty()
		h.isOnline(h.annUser, again.agent.Session())
		if u := h.gridUser(h.annUser); u.Last.Region != place.Region {
			t.Errorf("the old place won: %v", u.Last)
		}
		if got := h.bob.viewer.heard(); len(got) > 0 {
			t.Errorf("her friend was told %q", got)
		}
	})
}

// The lease of who stays is renewed, and so he stays.
func TestWhoStaysIsRenewed(t *testing.T) {
	inHousehold(t, func(h *household) {
		for range 10 {
			h.after(time.Minute)
			if n := h.lapses.EndLapsed(h.Context()); n > 0 {
				t.Fatalf("%d leases ran out", n)
			}
		}
		h.isOnline(h.annUser, h.ann.agent.Session())
		h.isOnline(h.bobUser, h.bob.agent.Session())
	})
}

// Ownership that could not be had on arrival is asked for again, and then kept.
func TestOwnershipIsAskedForUntilItIsHad(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		ann := w.user("Ann")
		g := w.login(ann, "uri:Welcome&100&90&30")
		g.site.faults.at("arrival", "take ownership", w.fails)
		g.arrive()
		w.after(time.Second)
		if g.agent.Owned() {
			t.Fatal("owned all the same")
		}
		if open, _ := g.site.rows(); len(open) != 1 {
			t.Errorf("it has no open row: %v", open)
		}
		w.after(DefaultTerms.Renew)
		if !g.agent.Owned() {
			t.Error("not asked again")
		}
		w.after(DefaultTerms.Renew)
		if open, _ := g.site.rows(); len(open) != 1 || open[0].Epoch != g.agent.Fence().Epoch {
			t.Errorf("the open row has the old epoch: %v", open)
		}
		place := g.stands()
		g.quit()
		w.isOffline(ann, place)
		g.site.isEmpty()
	})
}

// A logout that meets the arrival half way ends under the epoch that the arrival brought.
func TestALogoutDuringTheArrivalEndsItAll(t *testing.T) {
	for _, step := range []string{"take ownership", "open the journal's row", "remember the place", tellFriends} {
		for _, when := range []string{"before", "after"} {
			t.Run(strings.ReplaceAll(when+" "+step, " ", "_"), func(t *testing.T) {
				inWorld(t, []string{"Welcome"}, func(w *world) {
					ann := w.user("Ann")
					g := w.login(ann, "uri:Welcome&100&90&30")
					reached, goOn := make(chan struct{}), make(chan struct{})
					if when == "before" {
						g.site.faults.at("arrival", step, func() error { close(reached); <-goOn; return nil })
					} else {
						g.site.faults.behind("arrival", step, func() { close(reached); <-goOn })
					}
					g.arrive()
					<-reached
					g.site.faults.mend()
					g.agent.End(Quit, "")
					go func() { time.Sleep(time.Second); close(goOn) }()
					<-g.left
					synctest.Wait()
					w.isOffline(ann, at(g.site, 100, 90, 30))
					g.site.isEmpty()
				})
			})
		}
	}
}

func TestInvariant28_AQuickHandMeetsNoRefusal(t *testing.T) {
	inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
		ann := w.user("Ann")
		var last *guest
		for round := range 40 {
			start := "last"
			if round%5 == 0 {
				start = fmt.Sprintf("uri:%s&%d&%d&30", []string{"Welcome", "Harbour"}[round/5%2], 20+round, 200-round)
			}
			g := w.enter(ann, start)
			if last != nil && start == "last" && g.in.Place.Position.Distance(last.agent.place.Position) > 0.5 {
				t.Errorf("round %d: came to %v, not to %v", round, g.in.Place, last.agent.place)
			}
			g.stand(float32(10+5*round), 100, 40)
			if round%3 > 0 {
				g.agent.End([]Reason{Quit, Silent}[round%2], "")
			}
			if round%4 == 1 {
				synctest.Wait()
			}
			last = g
		}
		last.quit()
		w.after(time.Minute)
		for _, s := range w.sites {
			s.isEmpty()
		}
	})
}
