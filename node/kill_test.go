package node

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"terrane/agent/steps"
)

// where is where Test Ann stands when the server is killed.
const (
	where  = "uri:Welcome&100&90&30"
	whereX = 100
	whereY = 90
)

// TestE18_Invariant33_AKillAtAnyStepLosesNothing kills a real process before and after each step of a
// login, an arrival and a logout, and starts it again: soon nobody is online, nothing is owed, the place
// is kept, and the next login succeeds at the first attempt.
func TestE18_Invariant33_AKillAtAnyStepLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("kills some sixty processes")
	}
	for _, at := range stepsOfALife(t) {
		for _, when := range []string{"before", "after"} {
			t.Run(strings.ReplaceAll(at.kind+"/"+at.step+"/"+when, " ", "_"), func(t *testing.T) {
				t.Parallel()
				killAt(t, at.kind, at.step, when)
			})
		}
	}
}

type stepAt struct{ kind, step string }

// stepsOfALife lives one session and lists the steps that were run for it.
func stepsOfALife(t *testing.T) []stepAt {
	s := startServer(t, newData(t), "")
	b, err := s.login(t.Context(), "Ann", where)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.offline(t, "Ann", 5*time.Second)
	reports, err := s.client.Trace(t.Context(), "Test Ann", 100)
	if err != nil {
		t.Fatal(err)
	}
	var all []stepAt
	for _, r := range reports {
		for _, l := range r.Steps {
			at := stepAt{r.Kind, l.Name}
			if l.Outcome != steps.Skipped && !slices.Contains(all, at) {
				all = append(all, at)
			}
		}
	}
	for _, must := range []stepAt{{"login", "begin the session"}, {"arrival", "take ownership"}, {"logout", "write the departure to the journal"}} {
		if !slices.Contains(all, must) {
			t.Fatalf("%v is not among the steps %v", must, all)
		}
	}
	return all
}

func killAt(t *testing.T, kind, step, when string) {
	data := newData(t)
	s := startServer(t, data, kind+"|"+step+"|"+when)
	// Whatever the bot meets is what a viewer meets whose server dies.
	if b, err := s.login(t.Context(), "Ann", where); err == nil {
		if kind == "logout" {
			s.arrived(t, "Ann") // what comes sooner than the journal's first row may cost the place
		}
		_, _ = b.Logout(t.Context())
		b.Close()
	}
	select {
	case <-s.exited:
		s.exited <- nil
	case <-time.After(10 * time.Second):
		t.Fatalf("the server did not come to %s %s: %s", when, kind, step)
	}
	again := startServer(t, data, "")
	e := again.offline(t, "Ann", 12*time.Second)
	if kind == "logout" {
		if e.GridUser == nil || e.GridUser.Last.Name != "Welcome" || !near(e.GridUser.Last.Position.X, whereX) || !near(e.GridUser.Last.Position.Y, whereY) {
			t.Errorf("the place was lost: %+v", e.GridUser)
		}
	}
	b, err := again.login(t.Context(), "Ann", "last")
	if err != nil {
		t.Fatalf("first attempt after the kill: %v", err)
	}
	if _, err := b.Logout(t.Context()); err != nil {
		t.Errorf("logout after the kill: %v", err)
	}
	again.offline(t, "Ann", 5*time.Second)
}

func near(a, b float32) bool { return math.Abs(float64(a-b)) < 2 }

// A server that dies with somebody in the world takes him out when it comes back, and he gets in at once.
func TestE18_AKilledWorldTakesItsResidentsOut(t *testing.T) {
	t.Parallel()
	data := newData(t)
	s := startServer(t, data, "")
	b, err := s.login(t.Context(), "Ann", where)
	if err != nil {
		t.Fatal(err)
	}
	s.arrived(t, "Ann")
	s.kill()
	b.Close()
	again := startServer(t, data, "")
	e := again.offline(t, "Ann", 12*time.Second)
	if e.GridUser == nil || !near(e.GridUser.Last.Position.X, whereX) {
		t.Errorf("the place was lost: %+v", e.GridUser)
	}
}

// arrived waits until a session is owned by its region.
func (s *server) arrived(t *testing.T, last string) {
	t.Helper()
	deadline, look := time.After(5*time.Second), time.NewTicker(10*time.Millisecond)
	defer look.Stop()
	for {
		e, err := s.client.Explain(t.Context(), "Test", last)
		if err == nil && len(e.Journal) == 1 && e.Journal[0].Open {
			return
		}
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("%s has not arrived: %+v, %v", last, e, err)
		}
	}
}
