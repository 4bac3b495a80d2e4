package agent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// crowd lets so many users into a region. Each has the next as a friend.
func (w *world) crowd(n int) (users []grid.Account, guests []*guest) {
	w.Helper()
	for i := range n {
		users = append(users, w.user(fmt.Sprint("User", i)))
		if i > 0 {
			w.befriend(users[i-1], users[i], grid.RightSeeOnline)
		}
	}
	for i, u := range users {
		g := w.appear(u, float32(20+i%200), float32(20+i%100))
		g.arrive()
		guests = append(guests, g)
	}
	synctest.Wait()
	return users, guests
}

// appear does what of a login the services and the first region remember, and spares the rest.
func (w *world) appear(u grid.Account, x, y float32) *guest {
	w.Helper()
	regions, err := w.services.Regions.DefaultRegions(w.Context())
	if err != nil || len(regions) != 1 {
		w.Fatalf("the default regions are %v, %v", regions, err)
	}
	s := w.sites[regions[0].ID]
	l, err := w.services.Presences.Begin(w.Context(), u.ID, uuid.New(), uuid.New())
	if err != nil {
		w.Fatal(err)
	}
	if err := w.services.GridUsers.LoggedInAs(w.Context(), u.ID, l.Fence()); err != nil {
		w.Fatal(err)
	}
	if _, err := s.announce(grid.AgentCircuit{
		Agent: u.ID, Session: l.Session, Secure: l.Secure, Epoch: l.Epoch, Code: circuitCode(), First: u.First, Last: u.Last,
		Position: geom.Vec3{X: x, Y: y, Z: 30}, LookAt: north, Flags: grid.TeleportViaLogin,
	}); err != nil {
		w.Fatal(err)
	}
	return s.guest(l.Session)
}

// The services take their time, each call another. Nobody's logout takes longer for the others'.
func TestE1_Invariant40_ManyLeaveInTheSameSecond(t *testing.T) {
	const many = 200
	inWorld(t, []string{"Welcome"}, func(w *world) {
		users, guests := w.crowd(many)
		s := guests[0].site
		chance := rand.New(rand.NewPCG(1, 2))
		for _, step := range []string{writeJournal, saveLooks, leaveGridUser, leavePresence, tellFriends, strikeRow} {
			slow := make(chan time.Duration, 2*many)
			for range cap(slow) {
				slow <- time.Duration(chance.IntN(800)) * time.Millisecond
			}
			s.faults.at("logout", step, func() error { time.Sleep(<-slow); return nil })
		}
		places := make([]grid.Place, many)
		for i, g := range guests {
			places[i] = g.stands()
			g.dress(uint32(100 + i))
		}
		for _, g := range guests {
			g.agent.End(Quit, "")
		}
		synctest.Wait()
		if roots, _ := s.count(); roots != 0 {
			t.Errorf("%d avatars still stand there", roots)
		}
		for _, g := range guests {
			if said := g.viewer.heard("LogoutReply"); len(said) != 1 {
				t.Fatalf("%s was told %q", g.agent.Name(), said)
			}
		}
		w.after(5 * time.Second)
		for i, u := range users {
			w.isOffline(u, places[i])
			if got := w.avatar(u)["Serial"]; got != fmt.Sprint(100+i) {
				t.Errorf("the looks of %s are %q", u.First, got)
			}
		}
		w.after(15 * time.Second)
		s.isEmpty()
		for _, g := range guests {
			select {
			case <-g.left:
			default:
				t.Errorf("%s is still leaving", g.agent.Name())
			}
		}
	})
}

// A region that shuts down takes everybody out, though a service hangs: the journal has the rest, and the
// next start finishes it.
func TestE17_Invariant34_AShutdownTakesEverybodyOut(t *testing.T) {
	const many = 100
	for name, hung := range map[string][]string{"all is well": nil, "the services hang": {saveLooks, leaveGridUser, leavePresence, tellFriends}} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			inWorld(t, []string{"Welcome"}, func(w *world) {
				for _, s := range w.sites {
					s.linger = 0 // in a hurry
				}
				users, guests := w.crowd(many)
				s := guests[0].site
				places := make([]grid.Place, many)
				for i, g := range guests {
					places[i] = g.stands()
					g.dress(7)
				}
				for _, step := range hung {
					s.faults.at("logout", step, w.hangs)
				}
				began := time.Now()
				ctx, cancel := context.WithTimeout(w.Context(), 25*time.Second)
				defer cancel()
				if err := s.EndAll(ctx, "Good night."); err != nil {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
				synctest.Wait()
				for _, g := range guests {
					if said := g.viewer.heard("KickUser"); len(said) != 1 || said[0] != "KickUser: Good night." {
						t.Fatalf("%s was told %q", g.agent.Name(), said)
					}
				}
				if _, departed := s.rows(); hung != nil && len(departed) != many || hung == nil && len(departed) != 0 {
					t.Errorf("%d departures are in the journal", len(departed))
				}
				s.kill()
				s.restart()
				w.after(10 * time.Second)
				for i, u := range users {
					w.isOffline(u, places[i])
				}
				s.isEmpty()
			})
		})
	}
}
