package agent

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestE23_Invariant30_FriendsSeeOfflineOnceAndOnlineOnceInOrder(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.ann.agent.End(Quit, "")
		time.Sleep(300 * time.Millisecond)
		h.enter(h.annUser, "last")
		h.after(5 * time.Minute)
		id := h.annUser.ID.String()
		if got := h.bob.viewer.heard("offline", "online"); !slices.Equal(got, []string{"offline " + id, "online " + id}) {
			t.Errorf("her friend was told %q", got)
		}
	})
}

// The old region tells late: the friend has heard of the new session already.
func TestE23_Invariant30_ALateOfflineIsDropped(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.welcome.faults.at("logout", tellFriends, h.fails)
		h.ann.quit()
		h.enter(h.annUser, "last")
		h.welcome.faults.mend()
		h.after(5 * time.Minute)
		id := h.annUser.ID.String()
		if got := h.bob.viewer.heard("offline", "online"); !slices.Equal(got, []string{"online " + id}) {
			t.Errorf("her friend was told %q", got)
		}
		// And who comes in only now has nothing to tell it by.
		cat := h.user("Cat")
		h.befriend(h.annUser, cat, grid.RightSeeOnline)
		late := h.enter(cat, "last")
		if err := h.welcome.Friendships.tellGone(h.Context(), h.annUser.ID, h.ann.agent.Fence().Epoch); err != nil {
			t.Error(err)
		}
		if got := late.viewer.heard("offline", "online"); !slices.Equal(got, []string{"online " + id}) {
			t.Errorf("a friend who came later was told %q", got)
		}
	})
}

func TestInvariant30_OnlyFriendsWhoMaySeeIt(t *testing.T) {
	inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
		ann, friend, blind, stranger, asked := w.user("Ann"), w.user("Friend"), w.user("Blind"), w.user("Stranger"), w.user("Asked")
		w.befriend(ann, friend, grid.RightSeeOnline)
		w.befriend(ann, blind, grid.RightSeeOnMap|grid.RightModifyObjects) // Ann sees Blind, and Blind not her
		if err := w.services.Friends.StoreFriend(w.Context(), ann.ID, asked.ID, grid.RightSeeOnline); err != nil {
			t.Fatal(err) // who has not said yes
		}
		guests := map[string]*guest{}
		for _, u := range []grid.Account{friend, blind, stranger, asked} {
			guests[u.First] = w.enter(u, "uri:Harbour&50&50&30")
		}
		g := w.enter(ann, "uri:Welcome&50&50&30")
		g.quit()
		id := ann.ID.String()
		for name, want := range map[string][]string{"Friend": {"online " + id, "offline " + id}, "Blind": nil, "Stranger": nil, "Asked": nil} {
			if got := guests[name].viewer.heard("online", "offline"); !slices.Equal(got, want) {
				t.Errorf("%s was told %q, not %q", name, got, want)
			}
		}
		seen := g.viewer.heard("online")
		slices.Sort(seen)
		if want := sorted([]string{"online " + friend.ID.String(), "online " + blind.ID.String()}); !slices.Equal(seen, want) {
			t.Errorf("Ann was told %q, not %q", seen, want)
		}
	})
}

// As many friends in a region that does not answer as are told at once, and one elsewhere.
func TestE16_Invariant31_ADeadRegionKeepsNoFriendElsewhereFromBeingTold(t *testing.T) {
	inWorld(t, []string{"Welcome", "Harbour", "Swamp"}, func(w *world) {
		ann := w.user("Ann")
		var drowned *guest
		for i := range tellAtOnce + 4 {
			friend := w.user(string(rune('A' + i)))
			w.befriend(ann, friend, grid.RightSeeOnline)
			drowned = w.enter(friend, "uri:Swamp&50&50&30")
		}
		bob := w.user("Bob")
		w.befriend(ann, bob, grid.RightSeeOnline)
		friend := w.enter(bob, "uri:Harbour&50&50&30")
		g := w.enter(ann, "uri:Welcome&50&50&30")
		friend.viewer.forget()
		drowned.viewer.forget()
		drowned.site.silent.Store(true)
		began := time.Now()
		g.agent.End(Quit, "")
		synctest.Wait()
		if got := friend.viewer.heard("offline"); len(got) != 1 {
			t.Fatalf("her friend was told %q at once", got)
		}
		<-g.left
		if took := time.Since(began); took > DefaultTerms.Linger+DefaultTerms.Save {
			t.Errorf("the logout took %v", took)
		}
		if owed := g.site.Owed(); len(owed) != 1 || !slices.Equal(owed[0].Owed(), []string{tellFriends}) {
			t.Errorf("it owes %+v", owed)
		}
		drowned.site.silent.Store(false)
		w.after(2 * time.Minute)
		for _, f := range []*guest{friend, drowned} {
			if got := f.viewer.heard("offline", "online"); !slices.Equal(got, []string{"offline " + ann.ID.String()}) {
				t.Errorf("%s was told %q", f.agent.Name(), got)
			}
		}
		g.site.isEmpty()
	})
}

// More regions are dead than are told at once: whoever is in another is told soon all the same.
func TestE16_Invariant31_ManyDeadRegionsKeepNoFriendElsewhereFromBeingTold(t *testing.T) {
	inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
		ann, bob := w.user("Ann"), w.user("Bob")
		w.befriend(ann, bob, grid.RightSeeOnline)
		friend := w.enter(bob, "uri:Harbour&50&50&30")
		for i := range 2 * tellAtOnce {
			dead := &site{w: w, at: grid.Region{
				ID: uuid.New(), Name: fmt.Sprint("Dead ", i), X: uint32(2000+i) * 256, Y: 2000 * 256, SizeX: 256, SizeY: 256,
			}}
			w.register(dead, false)
			dead.silent.Store(true)
			lost := w.user(fmt.Sprint("Lost", i))
			w.befriend(ann, lost, grid.RightSeeOnline)
			l, err := w.services.Presences.Begin(w.Context(), lost.ID, uuid.New(), uuid.New())
			if err == nil {
				_, err = w.services.Presences.Own(w.Context(), l.Fence(), dead.at.ID, uuid.New())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		g := w.enter(ann, "uri:Welcome&50&50&30")
		w.after(DefaultTerms.Save)
		friend.viewer.forget()
		g.agent.End(Quit, "")
		w.after(DefaultTerms.Save)
		if got := friend.viewer.heard("offline"); len(got) != 1 {
			t.Errorf("her friend was told %q", got)
		}
		w.after(10 * time.Minute) // until the leases of the lost have run out, or their regions come back
		w.lapses.EndLapsed(w.Context())
		w.after(time.Minute)
		if owed := g.site.Owed(); len(owed) > 0 {
			t.Errorf("it still owes %+v", owed)
		}
	})
}

// Whoever comes is shown who is there, and what he heard meanwhile is not taken back.
func TestANewcomerIsNotToldWhatIsNoLongerTrue(t *testing.T) {
	inHousehold(t, func(h *household) {
		cat := h.user("Cat")
		h.befriend(h.annUser, cat, grid.RightSeeOnline)
		g := h.login(cat, "uri:Harbour&50&50&30")
		reached, goOn := make(chan struct{}), make(chan struct{})
		h.harbour.faults.at("arrival", tellFriends, func() error { close(reached); <-goOn; return nil })
		g.arrive()
		<-reached
		h.ann.quit()
		g.agent.greet([]uuid.UUID{h.annUser.ID, h.bobUser.ID}) // as it was found before she left
		close(goOn)
		synctest.Wait()
		want := []string{"offline " + h.annUser.ID.String(), "online " + h.bobUser.ID.String()}
		if got := g.viewer.heard("offline", "online"); !slices.Equal(got, want) {
			t.Errorf("he was told %q", got)
		}
	})
}

// Notices come in any order, and more than once. What a viewer is told ends with the truth, and never goes
// back to an older session.
func TestInvariant30_NoticesInAnyOrderEndWithTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := &viewer{}
		h := &Host{}
		h.Init()
		a := New(grid.AgentCircuit{Agent: uuid.New(), Session: uuid.New()}, v)
		a.BecomeRoot()
		h.Join(a)
		from := uuid.New()
		sessions := rapid.IntRange(1, 5).Draw(t, "sessions")
		var all []grid.StatusNotice
		for e := range sessions {
			for _, online := range []bool{true, false} {
				if e == sessions-1 && !online {
					continue // the last is still there
				}
				for range rapid.IntRange(1, 3).Draw(t, "times") {
					all = append(all, grid.StatusNotice{From: from, To: a.ID(), Online: online, Epoch: uint64(e + 1)})
				}
			}
		}
		shuffled := rapid.Permutation(all).Draw(t, "order")
		for _, n := range shuffled {
			if err := h.Status(n); err != nil {
				t.Fatal(err)
			}
		}
		got := v.heard()
		if len(got) == 0 || got[len(got)-1] != "online "+from.String() {
			t.Fatalf("of %v the viewer was told %v", shuffled, got)
		}
		if len(got) > 2*sessions-1 {
			t.Fatalf("of %v the viewer was told %v", shuffled, got)
		}
	})
}

// Two regions tell of the same friend at the same moment.
func TestE23_NoticesAtTheSameMomentDoNotOvertakeEachOther(t *testing.T) {
	for range 500 {
		v := &viewer{}
		h := &Host{}
		h.Init()
		a := New(grid.AgentCircuit{Agent: uuid.New(), Session: uuid.New()}, v)
		a.BecomeRoot()
		h.Join(a)
		from := uuid.New()
		done := make(chan error)
		for _, n := range []grid.StatusNotice{{Epoch: 2}, {Epoch: 4, Online: true}} {
			n.From, n.To = from, a.ID()
			go func() { done <- h.Status(n) }()
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := v.heard(); got[len(got)-1] != "online "+from.String() {
			t.Fatalf("the viewer was told %v", got)
		}
	}
}

// A stock OpenSimulator sends no epochs.
func TestNoticesWithoutAnEpochArePassedOn(t *testing.T) {
	v := &viewer{}
	h := &Host{}
	h.Init()
	a := New(grid.AgentCircuit{Agent: uuid.New(), Session: uuid.New()}, v)
	a.BecomeRoot()
	h.Join(a)
	from := uuid.New()
	for _, n := range []grid.StatusNotice{{Epoch: 5, Online: true}, {Online: false}, {Online: true}, {Epoch: 4}, {Epoch: 5}} {
		n.From, n.To = from, a.ID()
		if err := h.Status(n); err != nil {
			t.Fatal(err)
		}
	}
	on, off := "online "+from.String(), "offline "+from.String()
	if got := v.heard(); !slices.Equal(got, []string{on, off, on, off}) {
		t.Errorf("the viewer was told %q", got)
	}
	if err := h.Status(grid.StatusNotice{From: from, To: uuid.New()}); err != grid.ErrNotFound {
		t.Errorf("of somebody who is not here: %v", err)
	}
}
