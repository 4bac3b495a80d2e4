package scene

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terrane/geom"
	"terrane/region/avatar"
)

// life is one session: it arrives, walks, speaks, reads its feed, leaves, and comes again.
func life(t *testing.T, r *Region, times int) {
	for range times {
		a := (&stage{r, t}).actor()
		if err := r.Do(t.Context(), func(tx *Tx) error {
			_, err := tx.Arrive(a.arrival(geom.Vec3{X: 128, Y: 128}))
			return err
		}); err != nil {
			t.Error(err)
			return
		}
		for n := range 20 {
			a.input.Put(AgentInput{Controls: avatar.AtPos, Body: geom.AboutZ(float32(n))})
			r.Offer(func(tx *Tx) { _ = tx.Say(a.session, Say, PublicChannel, "hello") }) // who has left is not heard
			select {
			case <-a.feed.C():
			case <-time.After(50 * time.Millisecond):
			}
			<-time.After(time.Duration(n) * time.Millisecond)
			b := a.feed.Take()
			for _, c := range b.Changes {
				if c.State.Frame == 0 || c.Kind == 0 {
					t.Errorf("told %+v", c)
				}
			}
			_, _ = r.Picture(), r.Stats()
		}
		if err := r.Do(t.Context(), func(tx *Tx) error {
			if _, there := tx.Leave(a.session); !there {
				return ErrNoPresence
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
}

func TestManyLivesAtOnceLeaveTheRegionEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := running(t, Config{Inbox: 8})
		var lives sync.WaitGroup
		for range 12 {
			lives.Go(func() { life(t, r, 10) })
		}
		lives.Wait()
		<-time.After(time.Second)
		end()
		w := &r.world
		if len(w.sessions)+len(w.roots)+len(w.order)+len(w.figures)+len(w.gone)+r.cfg.Engine.Bodies() != 0 {
			t.Errorf("left behind: sessions %d, roots %d, order %d, figures %d, gone %d, bodies %d",
				len(w.sessions), len(w.roots), len(w.order), len(w.figures), len(w.gone), r.cfg.Engine.Bodies())
		}
		if n := len(r.Picture().States); n != 0 {
			t.Errorf("%d in the picture", n)
		}
		if st := r.Stats(); st.Panics != 0 || st.Roots != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestVisitorsAndTheEndOfTheLoopRaceWithoutAnyoneWaitingForEver(t *testing.T) {
	for range 50 {
		r := New(Config{Inbox: 4})
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		var ran, answered atomic.Int32
		all.Go(func() {
			if err := r.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		for range 8 {
			all.Go(func() {
				for range 20 {
					switch err := r.Do(t.Context(), func(*Tx) error { ran.Add(1); return nil }); {
					case err == nil:
						answered.Add(1)
					case !errors.Is(err, ErrClosed):
						t.Error(err)
					}
				}
			})
		}
		cancel()
		all.Wait()
		if ran.Load() != answered.Load() {
			t.Errorf("%d visits ran, %d were told so", ran.Load(), answered.Load())
		}
	}
}

func TestARegionMayBeOfferedToFromItsOwnVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := running(t, Config{})
		done := make(chan struct{})
		if err := r.Do(t.Context(), func(*Tx) error {
			r.Offer(func(*Tx) { close(done) })
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		<-done
	})
}
