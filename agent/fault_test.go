package agent

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/agent/steps"
	"terrane/region/scene"
)

func TestE15_Invariant32_ALogoutEndsWhateverOneStepDoes(t *testing.T) {
	for _, step := range without(logoutSteps, noteJournal) {
		for how, fault := range map[string]func(*world) func() error{
			"fails":  func(w *world) func() error { return w.fails },
			"hangs":  func(w *world) func() error { return w.hangs },
			"panics": func(w *world) func() error { return w.panics },
		} {
			t.Run(strings.ReplaceAll(step+" "+how, " ", "_"), func(t *testing.T) {
				inHousehold(t, func(h *household) { h.survives(step, how, fault(h.world)) })
			})
		}
	}
}

// survives logs Ann out while one step goes wrong, and then mends it.
func (h *household) survives(step, how string, fault func() error) {
	place := h.ann.stands()
	began := time.Now()
	h.welcome.faults.at("logout", step, fault)
	h.ann.agent.End(Quit, "")
	<-h.ann.left
	synctest.Wait()
	if took := time.Since(began); took > 50*time.Second {
		h.Errorf("it took %v", took)
	}
	line := h.ann.report.Step(step)
	if line == nil || line.Outcome != steps.Failed || !strings.Contains(line.Error, map[string]string{"fails": "broken", "hangs": "hung", "panics": "panic"}[how]) {
		h.Errorf("the report says %+v of the step", line)
	}
	if h.ann.report.Outcome != steps.Failed {
		h.Errorf("the report's outcome is %s", h.ann.report.Outcome)
	}
	if err := h.welcome.EndSession(h.Context(), h.ann.agent.Session(), ""); err != nil {
		h.Errorf("a new session would wait: %v", err)
	}
	_, departed := h.welcome.rows()
	owed := slices.Contains(journalled, step)
	if owed && (len(departed) != 1 || departed[0].owes(step) != true || len(departed[0].Owed()) != 1) {
		h.Errorf("the journal holds %+v, not what the step owes", departed)
	}
	h.welcome.faults.mend()
	h.after(2 * time.Minute)
	h.welcome.isEmpty()
	h.isOffline(h.annUser, place)
	if roots, children := h.harbour.count(); roots != 1 || children != 0 {
		h.Errorf("the neighbour has %d avatars and %d children", roots, children)
	}
	if rows := h.avatar(h.annUser); rows["Serial"] != "7" && step != leaveScene { // whose looks nobody has
		h.Errorf("her looks were not saved: %q", rows["Serial"])
	}
	if got := h.bob.viewer.heard("offline", "online"); !slices.Equal(got, []string{"offline " + h.annUser.ID.String()}) {
		h.Errorf("her friend was told %q", got)
	}
}

// Whatever fails for as long as it likes is tried again, ever more rarely, and done when it can be.
func TestWhatIsOwedIsTriedAgainEverMoreRarely(t *testing.T) {
	inHousehold(t, func(h *household) {
		var tries []time.Duration
		began := time.Now()
		h.welcome.faults.at("logout", leaveGridUser, func() error {
			tries = append(tries, time.Since(began))
			return errBroken
		})
		place := h.ann.stands()
		h.ann.quit()
		h.after(10 * time.Minute)
		h.welcome.faults.mend()
		h.after(2 * time.Minute)
		h.isOffline(h.annUser, place)
		if at := h.gridUser(h.annUser).Logout; at.Unix() != began.Unix() {
			t.Errorf("she is said to have left at %v, not at %v", at, began)
		}
		h.welcome.isEmpty()
		var before time.Duration
		for i := 2; i < len(tries); i++ {
			gap := tries[i] - tries[i-1]
			if gap < before-retryLook || gap > DefaultTerms.RetryMost+retryLook {
				t.Errorf("tried at %v", tries)
				break
			}
			before = gap
		}
		if len(tries) < 14 || len(tries) > 18 {
			t.Errorf("tried %d times: %v", len(tries), tries)
		}
	})
}

// A region too busy to let go of an avatar is asked until it has; the place is the one noted last.
func TestE15_NoGhostIsLeftByABusyScene(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.after(DefaultTerms.Renew) // a checkpoint
		place := h.ann.stands()
		busy := make(chan struct{})
		h.welcome.Scene.Offer(func(*scene.Tx) { <-busy })
		h.ann.agent.End(Quit, "")
		<-h.ann.left
		if line := h.ann.report.Step(leaveScene); line.Outcome != steps.Failed {
			t.Errorf("%+v", line)
		}
		h.isOffline(h.annUser, place)
		close(busy)
		h.after(2 * time.Minute)
		h.welcome.isEmpty()
		if rows := h.avatar(h.annUser); rows["Serial"] != "7" {
			t.Errorf("looks that were checkpointed were not saved: %q", rows["Serial"])
		}
	})
}

// The journal was away when she left, and a service is: when the journal comes back, it has what is owed.
func TestE15_Invariant32_WhatTheJournalMissedItIsToldLater(t *testing.T) {
	inHousehold(t, func(h *household) {
		place := h.ann.stands()
		for _, step := range []string{writeJournal, noteJournal, leaveGridUser} {
			h.welcome.faults.at("logout", step, h.fails)
		}
		h.ann.quit()
		if open, departed := h.welcome.rows(); len(open) != 1 || len(departed) != 0 {
			t.Fatalf("open rows %v, departures %v", open, departed)
		}
		h.welcome.faults.mend()
		h.welcome.faults.at("logout", leaveGridUser, h.fails)
		h.after(time.Minute)
		if open, departed := h.welcome.rows(); len(open) != 0 || len(departed) != 1 || !slices.Equal(departed[0].Owed(), []string{leaveGridUser}) {
			t.Errorf("open rows %+v, departures %+v", open, departed)
		}
		h.welcome.kill()
		h.welcome.restart()
		h.after(time.Second)
		h.isOffline(h.annUser, place)
		h.welcome.isEmpty()
	})
}

// A login does not wait for a journal that is broken longer than for the services.
func TestE2_E15_ABrokenJournalHoldsUpNoLogin(t *testing.T) {
	inHousehold(t, func(h *household) {
		place := h.ann.stands()
		h.welcome.faults.at("logout", writeJournal, h.fails)
		began := time.Now()
		again := h.enter(h.annUser, "last")
		if took := time.Since(began); took > time.Second {
			t.Errorf("the login took %v", took)
		}
		h.findsAgain(again, place)
	})
}

// The last place of who was never root is not known: it is not overwritten, but asked for again.
func TestE4_E31_APlaceThatIsNotKnownReplacesNone(t *testing.T) {
	inHousehold(t, func(h *household) {
		place := h.ann.stands()
		h.ann.quit()
		g := h.login(h.annUser, "last")
		h.blind.Store(true)
		g.quit()
		if line := g.report.Step(leaveGridUser); line.Outcome != steps.Failed {
			t.Errorf("%+v", line)
		}
		h.blind.Store(false)
		h.after(2 * time.Minute)
		h.isOffline(h.annUser, place)
		h.welcome.isEmpty()
	})
}

// A session that the grid ended before it arrived is nobody's to announce.
func TestAnArrivalThatComesTooLateIsToldToNobody(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.ann.quit()
		h.bob.viewer.forget()
		g := h.login(h.annUser, "last")
		if err := h.services.Presences.SignOut(h.Context(), g.agent.Session()); err != nil {
			t.Fatal(err)
		}
		g.arrive()
		<-g.left
		if why, _ := g.agent.Why(); why != Superseded {
			t.Errorf("it ended as %q", why)
		}
		if got := h.bob.viewer.heard("online", "offline"); len(got) > 0 {
			t.Errorf("her friend was told %q", got)
		}
		h.welcome.isEmpty()
	})
}
