package agent

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"
)

// The steps of a logout by the names that the report gives them.
const (
	answerViewer = "answer the viewer"
	finishLane   = "let running processes finish"
	leaveScene   = "take the agent out of the scene"
	writeJournal = "write the departure to the journal"
	noteJournal  = "note what is still owed"
	strikeRow    = "strike it from the journal"
	lingerOn     = "linger, then nothing is left"
)

// logoutSteps are all the steps of a logout.
var logoutSteps = []string{
	answerViewer, finishLane, leaveScene, writeJournal, saveLooks, closeChildren, leaveGridUser, leavePresence,
	tellFriends, noteJournal, strikeRow, lingerOn,
}

// household is Ann in Welcome, with a child agent in Harbour and looks that are not saved yet, and Bob, her
// friend, in Harbour.
type household struct {
	*world
	welcome, harbour *site
	annUser, bobUser grid.Account
	ann, bob         *guest
}

func inHousehold(t *testing.T, test func(*household)) {
	t.Helper()
	inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
		h := &household{world: w, annUser: w.user("Ann"), bobUser: w.user("Bob")}
		w.befriend(h.annUser, h.bobUser, grid.RightSeeOnline)
		h.bob = w.enter(h.bobUser, "uri:Harbour&128&128&30")
		h.harbour = h.bob.site
		h.ann = w.enter(h.annUser, "uri:Welcome&100&90&30")
		h.welcome = h.ann.site
		h.lookAround(h.ann)
		h.ann.dress(7)
		h.bob.viewer.forget()
		test(h)
	})
}

func (w *world) lookAround(g *guest) {
	w.Helper()
	place := g.stands()
	host := g.site.Host
	if err := g.agent.Lane.Go(func(ctx context.Context) { host.LookAround(ctx, g.agent, place.Position, 128) }); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// forget empties the list of what the viewer was told.
func (v *viewer) forget() {
	v.mu.Lock()
	v.said = nil
	v.mu.Unlock()
}

func done(r *steps.Report) []string {
	var out []string
	for _, l := range r.Copy().Steps {
		if l.Outcome != steps.Skipped {
			out = append(out, l.Name)
		}
	}
	slices.Sort(out)
	return out
}

func without(names []string, which ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(which, n) })
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return names
}

func TestE9_E13_EachReasonHasItsStepsOfTheLogout(t *testing.T) {
	all := without(logoutSteps, noteJournal)
	unheard := without(all, answerViewer)
	for _, row := range []struct {
		why    Reason
		told   []string
		want   []string
		online bool // the services still have her online: another session goes on
	}{
		{Quit, []string{"LogoutReply"}, all, false},
		{Kicked, []string{"KickUser: enough"}, all, false},
		{RegionDown, []string{"KickUser: enough"}, all, false},
		{Silent, nil, unheard, false},
		{TooSlow, nil, unheard, false},
		{Superseded, nil, without(unheard, leaveGridUser, leavePresence, tellFriends), true},
		{Moved, nil, without(unheard, saveLooks, leaveGridUser, leavePresence, tellFriends), true},
	} {
		t.Run(string(row.why), func(t *testing.T) {
			inHousehold(t, func(h *household) {
				place := h.ann.stands()
				h.ann.agent.End(row.why, "enough")
				<-h.ann.left
				synctest.Wait()
				if got := done(h.ann.report); !slices.Equal(got, sorted(row.want)) {
					t.Errorf("these steps were run: %q\nnot these: %q", got, sorted(row.want))
				}
				if h.ann.report.Outcome != steps.Done {
					t.Errorf("the logout ended as %s", h.ann.report.Outcome)
				}
				if got := h.ann.viewer.heard("LogoutReply", "KickUser", "DisableSimulator"); !slices.Equal(got, row.told) {
					t.Errorf("the viewer was told %q, not %q", got, row.told)
				}
				h.welcome.isEmpty()
				h.after(time.Minute) // the circuit of the child lingers
				if roots, children := h.harbour.count(); roots != 1 || children != 0 {
					t.Errorf("the neighbour has %d avatars and %d children", roots, children)
				}
				if row.online {
					h.isOnline(h.annUser, h.ann.agent.Session())
					return
				}
				h.isOffline(h.annUser, place)
				if got := h.bob.viewer.heard("offline", "online"); !slices.Equal(got, []string{"offline " + h.annUser.ID.String()}) {
					t.Errorf("her friend was told %q", got)
				}
				if rows := h.avatar(h.annUser); rows["Serial"] != "7" {
					t.Errorf("her looks were not saved: %q", rows["Serial"])
				}
			})
		})
	}
}

func (w *world) avatar(user grid.Account) grid.Avatar {
	w.Helper()
	rows, err := w.services.Avatars.Avatar(w.Context(), user.ID)
	if err != nil {
		w.Fatal(err)
	}
	return rows
}

func TestAChildLeavesTheSceneAndNothingElseIsDone(t *testing.T) {
	for why, told := range map[Reason][]string{
		Closed: {"DisableSimulator"}, RegionDown: {"DisableSimulator"}, Kicked: {"DisableSimulator"},
		Quit: {"LogoutReply"}, Silent: nil, TooSlow: nil, Superseded: nil,
	} {
		t.Run(string(why), func(t *testing.T) {
			inHousehold(t, func(h *household) {
				child := h.harbour.guest(h.ann.agent.Session())
				child.agent.End(why, "enough")
				synctest.Wait()
				began := time.Now()
				if err := h.harbour.AwaitDeparture(h.Context(), h.annUser.ID); err != nil || time.Since(began) > 0 {
					t.Errorf("a login would wait %v for a child: %v", time.Since(began), err)
				}
				<-child.left
				want := []string{finishLane, leaveScene, lingerOn}
				if len(told) > 0 {
					want = append(want, answerViewer)
				}
				if got := done(child.report); !slices.Equal(got, sorted(want)) {
					t.Errorf("these steps were run: %q", got)
				}
				if got := child.viewer.heard(); !slices.Equal(got, told) {
					t.Errorf("the viewer was told %q, not %q", got, told)
				}
				h.isOnline(h.annUser, h.ann.agent.Session())
				if got := h.bob.viewer.heard("offline"); len(got) > 0 {
					t.Errorf("a friend was told %q", got)
				}
				if roots, children := h.harbour.count(); roots != 1 || children != 0 {
					t.Errorf("%d avatars and %d children are left", roots, children)
				}
			})
		})
	}
}

func TestE3_E4_Invariant35_ASessionThatWasNeverRootEndsAtTheServicesToo(t *testing.T) {
	for _, why := range []Reason{Quit, Silent, Kicked, RegionDown} {
		t.Run(string(why), func(t *testing.T) {
			inWorld(t, []string{"Welcome"}, func(w *world) {
				ann := w.user("Ann")
				last := w.enter(ann, "uri:Welcome&70&60&30")
				place := last.stands()
				last.quit()
				g := w.login(ann, "uri:Welcome&100&90&30")
				g.agent.End(why, "")
				<-g.left
				want := without(logoutSteps, saveLooks, closeChildren, noteJournal)
				if why == Silent {
					want = without(want, answerViewer)
				}
				if got := done(g.report); !slices.Equal(got, sorted(want)) {
					t.Errorf("these steps were run: %q", got)
				}
				w.isOffline(ann, place) // he never was at the new place
				g.site.isEmpty()
			})
		})
	}
}

func TestE5_E29_TheFirstReasonWinsAndOneLogoutFollows(t *testing.T) {
	inHousehold(t, func(h *household) {
		h.ann.agent.End(Quit, "")
		h.ann.agent.End(Kicked, "banned")
		h.ann.agent.End(Quit, "")
		h.ann.agent.End(Silent, "")
		<-h.ann.left
		if why, text := h.ann.agent.Why(); why != Quit || text != "" {
			t.Errorf("it ended as %s, %q", why, text)
		}
		if got := h.ann.viewer.heard("LogoutReply", "KickUser"); !slices.Equal(got, []string{"LogoutReply"}) {
			t.Errorf("the viewer was told %q", got)
		}
		var logouts int
		for _, r := range h.welcome.Runner.Ring.All() {
			if r.Kind == "logout" {
				logouts++
			}
		}
		if logouts != 1 {
			t.Errorf("there were %d logouts", logouts)
		}
	})
}

// The reply and the disappearance wait for no service; nor does anybody else.
func TestE1_Invariant26_Invariant31_NobodyWaitsForAServiceThatHangs(t *testing.T) {
	for _, step := range []string{saveLooks, closeChildren, leaveGridUser, leavePresence, tellFriends} {
		t.Run(step, func(t *testing.T) {
			inHousehold(t, func(h *household) {
				began := time.Now()
				h.welcome.faults.at("logout", step, h.hangs)
				h.ann.agent.End(Quit, "")
				synctest.Wait()
				if got := h.ann.viewer.heard("LogoutReply"); len(got) != 1 || h.ann.viewer.said[len(h.ann.viewer.said)-1].at != began {
					t.Errorf("the viewer was told %q", got)
				}
				if roots, _ := h.welcome.count(); roots != 0 {
					t.Error("the avatar still stands there")
				}
				if _, departed := h.welcome.rows(); len(departed) != 1 {
					t.Error("the departure is not in the journal")
				}
				h.welcome.faults.mend()
				cat := h.enter(h.user("Cat"), "uri:Welcome&50&50&30")
				cat.site.linger = 0
				before := time.Now()
				cat.agent.End(Quit, "")
				synctest.Wait()
				if _, err := h.services.Presences.LeaseOf(h.Context(), cat.agent.ID()); err == nil || time.Since(before) > 0 {
					t.Error("somebody else's logout waits")
				}
			})
		})
	}
}

func TestE26_Invariant38_WhoIsLeavingCountsAsOffline(t *testing.T) {
	inHousehold(t, func(h *household) {
		if h.welcome.FindRoot(h.annUser.ID) != h.ann.agent {
			t.Fatal("a live agent is not found")
		}
		h.ann.agent.End(Quit, "")
		if h.welcome.FindRoot(h.annUser.ID) != nil {
			t.Error("one that leaves is found")
		}
		if err := h.welcome.Host.Status(grid.StatusNotice{From: h.bobUser.ID, To: h.annUser.ID, Epoch: 99}); err != grid.ErrNotFound {
			t.Errorf("a notice for one that leaves: %v", err)
		}
	})
}

func TestE22_LooksChangedAMomentAgoAreSaved(t *testing.T) {
	for name, change := range map[string]func(*household){
		"by the logout": func(*household) {},
		"by the logout, though older ones were saved meanwhile": func(h *household) {
			older := grid.Avatar{"Serial": "6"}
			if r := h.welcome.SaveLooks(h.Context(), h.ann.agent, older); r.Outcome != steps.Done {
				h.Error(r)
			}
		},
		"by the logout, though saving them hangs": func(h *household) {
			h.welcome.faults.at("looks", saveLooks, h.hangs)
			rows := grid.Avatar(h.ann.dress(7).ToRows())
			host := h.welcome.Host
			if err := h.ann.agent.Lane.Go(func(ctx context.Context) { host.SaveLooks(ctx, h.ann.agent, rows) }); err != nil {
				h.Error(err)
			}
			synctest.Wait()
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			inHousehold(t, func(h *household) {
				change(h)
				h.ann.quit()
				if rows := h.avatar(h.annUser); rows["Serial"] != "7" || rows["AvatarHeight"] != "1.5" {
					t.Errorf("the avatar service has %v", rows)
				}
			})
		})
	}
	t.Run("once", func(t *testing.T) {
		inHousehold(t, func(h *household) {
			rows := grid.Avatar(h.ann.dress(7).ToRows())
			h.welcome.SaveLooks(h.Context(), h.ann.agent, rows)
			if line := h.ann.quit().Step(saveLooks); line.Outcome != steps.Skipped {
				t.Errorf("looks that were saved are saved again: %+v", line)
			}
		})
	})
}

func TestE31_AStoredPlaceIsFiniteAndInside(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	inWorld(t, []string{"Welcome"}, func(w *world) {
		s := w.enter(w.user("Ann"), "last").site
		for _, row := range []struct{ position, look, want geom.Vec3 }{
			{geom.Vec3{X: 10, Y: 20, Z: 30}, geom.Vec3{X: 1}, geom.Vec3{X: 10, Y: 20, Z: 30}},
			{geom.Vec3{X: -3, Y: 300, Z: -9}, geom.Vec3{}, geom.Vec3{X: 0.5, Y: 255.5}},
			{geom.Vec3{X: 255.9, Y: 0, Z: 1e6}, geom.Vec3{}, geom.Vec3{X: 255.5, Y: 0.5, Z: ceiling}},
			{geom.Vec3{X: nan, Y: 1, Z: 1}, geom.Vec3{X: inf}, geom.Vec3{X: 128, Y: 128}},
			{geom.Vec3{X: 1, Y: 1, Z: inf}, geom.Vec3{Y: nan}, geom.Vec3{X: 128, Y: 128}},
		} {
			p := s.place(row.position, row.look)
			if p.Position != row.want || !p.LookAt.Finite() || p.Region != s.at.ID {
				t.Errorf("%v is stored as %v", row.position, p)
			}
		}
	})
}

// E26's other side: a session that has ended is found by nobody.
func TestInvariant27_NothingIsLeftOfManySessions(t *testing.T) {
	inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
		users := make([]grid.Account, 10)
		for i := range users {
			users[i] = w.user(fmt.Sprint("User", i))
			w.befriend(users[i], users[0], grid.RightSeeOnline)
		}
		ends := []Reason{Quit, Silent, Kicked, TooSlow}
		for round := range 5 {
			for i, u := range users {
				g := w.enter(u, "uri:Welcome&100&90&30")
				w.lookAround(g)
				g.agent.End(ends[(i+round)%len(ends)], "")
			}
			w.after(time.Minute)
			for _, s := range w.sites {
				s.isEmpty()
			}
		}
		if n, err := w.services.Presences.LeaseCount(w.Context()); err != nil || n != 0 {
			t.Errorf("%d sessions are open: %v", n, err)
		}
	})
}
