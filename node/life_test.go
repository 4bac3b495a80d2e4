package node

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"terrane/bot"
	"terrane/console"
	"terrane/geom"
)

// crowd makes n accounts "Crowd 0" to "Crowd n-1" in a world.
func crowd(t *testing.T, w *World, n int) {
	t.Helper()
	for i := range n {
		_, err := console.CreateUser(t.Context(), w.services, console.NewUser{First: "Crowd", Last: fmt.Sprint(i), Password: "secret"})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// hearing is a bot and what it heard, in order.
type hearing struct {
	*bot.Bot
	mu     sync.Mutex // guards heard
	heard  []bot.Event
	change chan struct{} // of one: something was heard
}

func enter(t *testing.T, w *World, i int, start string) *hearing {
	t.Helper()
	h := &hearing{change: make(chan struct{}, 1)}
	b, err := bot.Login(t.Context(), bot.Options{
		LoginURI: w.LoginURI(), First: "Crowd", Last: fmt.Sprint(i), Password: "secret", Start: start, Event: h.hear,
		HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
	if err != nil {
		t.Fatalf("login %d: %v", i, err)
	}
	h.Bot = b
	t.Cleanup(b.Close)
	return h
}

func (h *hearing) hear(e bot.Event) {
	h.mu.Lock()
	h.heard = append(h.heard, e)
	h.mu.Unlock()
	select {
	case h.change <- struct{}{}:
	default:
	}
}

// await waits until something was heard that is what is wanted.
func (h *hearing) await(t *testing.T, what string, is func(bot.Event) bool) bot.Event {
	t.Helper()
	late := time.After(15 * time.Second)
	for seen := 0; ; {
		h.mu.Lock()
		news := h.heard[seen:]
		seen = len(h.heard)
		h.mu.Unlock()
		for _, e := range news {
			if is(e) {
				return e
			}
		}
		select {
		case <-h.change:
		case <-late:
			h.mu.Lock()
			defer h.mu.Unlock()
			t.Fatalf("%s was not heard; heard %d events, the last %+v", what, len(h.heard), h.heard[max(0, len(h.heard)-5):])
		}
	}
}

func sees(name string) func(bot.Event) bool {
	return func(e bot.Event) bool {
		s, ok := e.(bot.AvatarSeen)
		return ok && s.Avatar.First+" "+s.Avatar.Last == name
	}
}

// Two users in one region see each other come, hear each other, and see each other go; the neighbour is
// looked into by both, and tells them when they leave that it is gone.
func TestTwoUsersMeet(t *testing.T) {
	w := start(t, t.TempDir())
	crowd(t, w, 2)
	ann, ben := enter(t, w, 0, "uri:Welcome&128&128&25"), enter(t, w, 1, "uri:Welcome&130&128&25")
	ann.await(t, "Ben's avatar", sees("Crowd 1"))
	ben.await(t, "Ann's avatar", sees("Crowd 0"))
	ann.await(t, "Harbour's handshake", func(e bot.Event) bool {
		h, ok := e.(bot.Handshake)
		return ok && h.IsChild && h.Name == "Harbour"
	})
	if err := ben.Say("good day"); err != nil {
		t.Fatal(err)
	}
	ann.await(t, "Ben's words", func(e bot.Event) bool {
		c, ok := e.(bot.ChatHeard)
		return ok && c.Text == "good day" && c.From == "Crowd 1"
	})
	began := time.Now()
	if _, err := ben.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	ann.await(t, "Ben's leaving", func(e bot.Event) bool {
		k, ok := e.(bot.Killed)
		return ok && k.Name == "Crowd 1"
	})
	t.Logf("Ben was gone %v after his LogoutRequest", time.Since(began).Round(time.Millisecond))
}

// A user who looks from one region into the next sees who is there.
func TestNeighboursAreSeenAcrossTheBorder(t *testing.T) {
	w := start(t, t.TempDir())
	crowd(t, w, 2)
	ann := enter(t, w, 0, "uri:Welcome&250&128&25")
	enter(t, w, 1, "uri:Harbour&6&128&25")
	ann.await(t, "the avatar beyond the border", sees("Crowd 1"))
}

// TestE10_Invariant28_WhoLogsOutIsInAgainAtTheFirstAttempt logs one user out and in again, again and again,
// each time without a pause: every login succeeds, and finds him where he was.
func TestE10_Invariant28_WhoLogsOutIsInAgainAtTheFirstAttempt(t *testing.T) {
	w := start(t, t.TempDir())
	crowd(t, w, 1)
	b := enter(t, w, 0, "uri:Welcome&90&100&25")
	place := geom.Vec3{}
	for round := range 100 {
		if err := b.RequestLogout(t.Context()); err != nil { // the reply is not waited for
			t.Fatal(err)
		}
		next := enter(t, w, 0, "last")
		landed := next.await(t, "AgentMovementComplete", func(e bot.Event) bool {
			_, ok := e.(bot.Arrived)
			return ok
		}).(bot.Arrived)
		if round > 0 && landed.Position.Distance(place) > 1 {
			t.Fatalf("round %d: left at %v, landed at %v", round, place, landed.Position)
		}
		place = landed.Position
		b.Close()
		b = next
	}
}

// TestE17_Invariant34_AShutdownTakesAHundredUsersOut: all are told why, all are saved or journalled, and it
// takes no longer than it may.
func TestE17_Invariant34_AShutdownTakesAHundredUsersOut(t *testing.T) {
	if testing.Short() {
		t.Skip("logs a hundred users in")
	}
	data := t.TempDir()
	w, err := Start(t.Context(), freePorts(data))
	if err != nil {
		t.Fatal(err)
	}
	const users = 100
	crowd(t, w, users)
	bots := make([]*hearing, users)
	for i := range bots {
		bots[i] = enter(t, w, i, "uri:Welcome&128&128&25")
	}
	began := time.Now()
	stop(t, w)
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("took %v", took)
	}
	for i, b := range bots {
		b.await(t, fmt.Sprintf("the kick of %d", i), func(e bot.Event) bool {
			_, ok := e.(bot.Kicked)
			return ok
		})
		b.Close()
	}
	again := start(t, data)
	for _, r := range again.regions {
		if owed := r.host.Owed(); len(owed) != 0 {
			t.Errorf("%s still owes %d departures", r.config.Name, len(owed))
		}
	}
	if n, err := again.services.Presences.LeaseCount(t.Context()); n != 0 || err != nil {
		t.Errorf("%d leases are left, %v", n, err)
	}
	for i := range users {
		a, err := again.services.Accounts.AccountByName(t.Context(), "Crowd", fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		if u, err := again.services.GridUsers.GridUser(t.Context(), a.ID); err != nil || u.Online {
			t.Errorf("user %d: %+v %v", i, u, err)
		}
	}
}

// TestInvariant40_ManyLeaveInTheSameSecond: each is answered, and none is left anywhere.
func TestInvariant27_Invariant40_ManyLeaveInTheSameSecond(t *testing.T) {
	data := t.TempDir()
	o := freePorts(data)
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, w)
	for _, r := range w.regions {
		r.server.Hurry() // circuits linger no longer than it takes to be acknowledged
	}
	const users = 32
	crowd(t, w, users)
	settle(t, w)
	before := runtime.NumGoroutine()
	for range 2 {
		bots := make([]*hearing, users)
		for i := range bots {
			bots[i] = enter(t, w, i, "uri:Welcome&128&128&25")
		}
		var all sync.WaitGroup
		for i, b := range bots {
			all.Go(func() {
				if took, err := b.Logout(context.Background()); err != nil {
					t.Errorf("user %d: no LogoutReply after %v: %v", i, took, err)
				}
			})
		}
		all.Wait()
		settle(t, w)
	}
	if n := w.caps.Len(); n != 0 {
		t.Errorf("%d capabilities are left", n)
	}
	if after := runtime.NumGoroutine(); after > before+8 { // idle connections of the bots' HTTP
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// settle waits until no session is left in any region.
func settle(t *testing.T, w *World) {
	t.Helper()
	late, look := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer look.Stop()
	for {
		left, agents := 0, 0
		for _, r := range w.regions {
			sessions, addresses := r.server.Len()
			left += sessions + addresses
			agents += len(r.host.Agents())
		}
		if left+agents == 0 {
			return
		}
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("%d sessions and addresses, %d agents are left", left, agents)
		}
	}
}

// A region that is full of those who have just left is not full.
func TestARegionIsFullOfThoseWhoAreThereAlone(t *testing.T) {
	w := start(t, t.TempDir())
	crowd(t, w, 3)
	for _, r := range w.regions {
		r.config.MaxAgents = 1
	}
	if _, err := enter(t, w, 0, "uri:Welcome&128&128&25").Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := enter(t, w, 1, "uri:Welcome&128&128&25").Session(); at.StartLocation != "url" {
		t.Errorf("led to %q although Welcome is empty", at.StartLocation)
	}
	if at := enter(t, w, 2, "uri:Welcome&128&128&25").Session(); at.StartLocation != "safe" {
		t.Errorf("led to %q although Welcome is full", at.StartLocation)
	}
}
