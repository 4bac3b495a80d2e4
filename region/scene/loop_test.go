package scene

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/geom"
	"terrane/region/avatar"
	"terrane/region/physics"
)

func TestTheLoopMovesTheWorldAtItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frames := 0
		r, end := running(t, Config{Rate: 50, OnFrame: func(time.Duration) { frames++ }})
		a := (&stage{r, t}).actor()
		if err := r.Do(t.Context(), func(tx *Tx) error {
			_, err := tx.Arrive(a.arrival(geom.Vec3{X: 100, Y: 100}))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		a.input.Put(AgentInput{Controls: walking})
		<-time.After(3 * time.Second) // of the bubble's time
		synctest.Wait()
		st := r.Stats()
		end()
		near(t, "frames", float32(frames), 150, 1)
		near(t, "frames a second", st.FramesPerSecond, 50, 0.5)
		near(t, "time dilation", st.TimeDilation, 1, 0.001)
		if st.Frames < 149 || st.Roots != 1 || st.Children != 0 || st.SpareTime > 20*time.Millisecond {
			t.Errorf("%+v", st)
		}
	})
}

func TestAStallSlowsTheWorldAndIsNotHidden(t *testing.T) {
	s := newStage(t)
	if d := s.Stats().TimeDilation; d != 1 {
		t.Errorf("before the first second %v", d)
	}
	a := s.enter(100, 100)
	a.hold(walking)
	s.pass(500 * time.Millisecond)
	before := a.now().Position.X
	s.Step(time.Second) // one frame, a second late
	near(t, "way in the late frame", a.now().Position.X-before, WalkSpeed*0.1, 0.01)
	st := s.Stats()
	near(t, "time dilation", st.TimeDilation, 0.6/1.5, 0.02)
	if st.Frames != 23 {
		t.Errorf("%d frames", st.Frames)
	}
	s.pass(1100 * time.Millisecond)
	near(t, "time dilation afterwards", s.Stats().TimeDilation, 1, 0.001)
	near(t, "frames a second afterwards", s.Stats().FramesPerSecond, DefaultRate, 0.1)
}

// faulty is land that cannot be read while it is broken.
type faulty struct{ broken bool }

func (f *faulty) Height(_, _ float32) float32 {
	if f.broken {
		panic("no land")
	}
	return 21
}

func TestAPanicInAFrameDoesNotEndTheLoop(t *testing.T) {
	var log bytes.Buffer
	land := &faulty{}
	s := &stage{New(Config{Ground: land, Log: slog.New(slog.NewTextHandler(&log, nil))}), t}
	a := s.enter(100, 100)
	a.hold(walking)
	s.pass(100 * time.Millisecond)
	land.broken = true
	for range 10 {
		s.Step(frame)
	}
	if n, told := s.Stats().Panics, strings.Count(log.String(), "no land"); n != 10 || told != 4 {
		t.Errorf("%d panics, %d told; of ten the first, second, fourth and eighth are", n, told)
	}
	land.broken = false
	before := a.now().Position.X
	s.pass(time.Second)
	near(t, "way afterwards", a.now().Position.X-before, WalkSpeed, 0.2)
}

func TestAFrameHasItsOrder(t *testing.T) {
	// What is put in before a frame is visible at its end: input, then movement, then animation, then
	// publication.
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	a.hold(walking)
	s.Step(frame)
	got := a.feed.Take().Changes
	if len(got) != 1 || got[0].Kind != Terse|Animation {
		t.Fatalf("told %+v", got)
	}
	if st := got[0].State; st.Velocity.X < 1 || st.Position.X <= 100 || st.Animations[0].ID != avatar.AnimWalk ||
		st.Info != avatar.InfoWalking || st.Frame != 2 {
		t.Errorf("shown %+v", st)
	}
}

func TestVisitsAreNotKeptWaitingForTheFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := running(t, Config{Rate: 1})
		before := time.Now()
		for range 100 {
			if err := r.Do(t.Context(), nothing); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(before); d != 0 {
			t.Errorf("waited %v", d)
		}
	})
}

func TestAFloodOfVisitsDoesNotStopTheWorld(t *testing.T) {
	frames := make(chan struct{}, 1)
	r, _ := running(t, Config{OnFrame: func(time.Duration) {
		select {
		case frames <- struct{}{}:
		default:
		}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		for ctx.Err() == nil {
			r.Offer(func(*Tx) {})
		}
	}()
	for range 5 {
		<-frames
	}
	cancel()
	<-flooded
}

func TestTheRegionUsesTheEngineItIsGiven(t *testing.T) {
	engine := physics.NewLand(physics.LandConfig{Ground: physics.Flat(50), SizeX: 64, SizeY: 64, PassThrough: true})
	s := &stage{New(Config{Engine: engine, Ground: physics.Flat(50), SizeX: 64, SizeY: 64}), t}
	a := s.enter(100, 10)
	if p := a.now().Position; p.X != 63.5 || p.Z != 51.05 || engine.Bodies() != 1 {
		t.Errorf("at %v, %d bodies", p, engine.Bodies())
	}
}
