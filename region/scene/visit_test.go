package scene

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// running starts a region's loop; the test ends when it has ended.
func running(t *testing.T, cfg Config) (r *Region, end func()) {
	t.Helper()
	r = New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	end = func() { cancel(); <-done }
	t.Cleanup(end)
	return r, end
}

func nothing(*Tx) error { return nil }

func TestDoReturnsWhatTheVisitReturns(t *testing.T) {
	r, _ := running(t, Config{})
	mine := errors.New("mine")
	ran := false
	if err := r.Do(t.Context(), func(*Tx) error { ran = true; return mine }); err != mine || !ran {
		t.Errorf("ran %v, %v", ran, err)
	}
}

func TestAPanicInAVisitIsReportedByNameAndTheLoopGoesOn(t *testing.T) {
	r, _ := running(t, Config{})
	err := r.Do(t.Context(), func(*Tx) error { panic("oh no") })
	var p *PanicError
	if !errors.As(err, &p) || p.Value != "oh no" || len(p.Stack) == 0 ||
		!strings.Contains(err.Error(), "TestAPanicInAVisitIsReportedByName") {
		t.Fatalf("error %v", err)
	}
	if err := r.Do(t.Context(), nothing); err != nil {
		t.Error(err)
	}
	if n := r.Stats().Panics; n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

func TestAPanicInAnOfferedVisitIsLogged(t *testing.T) {
	var log bytes.Buffer
	s := &stage{New(Config{Name: "Stage", Log: slog.New(slog.NewTextHandler(&log, nil))}), t}
	s.Offer(func(*Tx) { panic("oh no") })
	s.Step(frame)
	if text := log.String(); !strings.Contains(text, "oh no") || !strings.Contains(text, "TestAPanicInAnOfferedVisit") ||
		!strings.Contains(text, "region=Stage") {
		t.Errorf("log: %s", text)
	}
}

func TestATxIsWorthNothingAfterItsVisit(t *testing.T) {
	s := newStage(t)
	var kept *Tx
	s.visit(func(tx *Tx) error { kept = tx; return nil })
	err := s.Visit(func(*Tx) error { kept.Count(); return nil })
	var p *PanicError
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "after its visit had ended") {
		t.Errorf("error %v", err)
	}
}

func TestAVisitThatEndsItsGoroutineIsAnswered(t *testing.T) {
	r := New(Config{})
	go func() { _ = r.Run(context.Background()) }() // ends with the visit
	if err := r.Do(t.Context(), func(*Tx) error { runtime.Goexit(); return nil }); err != ErrClosed {
		t.Errorf("error %v", err)
	}
	if err := r.Do(t.Context(), nothing); err != ErrClosed {
		t.Errorf("afterwards %v", err)
	}
}

func TestDoGivesUpWhenItsContextEndsBeforeItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := running(t, Config{})
		begun, release := make(chan struct{}), make(chan struct{})
		go func() {
			_ = r.Do(t.Context(), func(*Tx) error { close(begun); <-release; return nil }) // always nil
		}()
		<-begun
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran := false
		if err := r.Do(ctx, func(*Tx) error { ran = true; return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		close(release)
		if err := r.Do(t.Context(), nothing); err != nil {
			t.Error(err)
		}
		if ran {
			t.Error("the visit ran after its visitor had gone")
		}
	})
}

func TestDoWaitsForAVisitThatHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := running(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		err := r.Do(ctx, func(*Tx) error {
			cancel()
			return nil
		})
		if err != nil {
			t.Errorf("error %v", err)
		}
	})
}

func TestAFullInboxRefusesOffersAndCountsThem(t *testing.T) {
	s := &stage{New(Config{Inbox: 2}), t}
	ran := 0
	for i, want := range []bool{true, true, false, false} {
		if got := s.Offer(func(*Tx) { ran++ }); got != want {
			t.Errorf("offer %d: %v", i, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Do(ctx, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("Do at a full inbox: %v", err)
	}
	s.Step(frame)
	if ran != 2 || s.Stats().Refused != 2 {
		t.Errorf("%d ran, %d refused", ran, s.Stats().Refused)
	}
	if !s.Offer(func(*Tx) {}) {
		t.Error("refused with room in the inbox")
	}
}

func TestDoAtAFullInboxWaitsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{Inbox: 1})
		r.Offer(func(*Tx) {})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Do(ctx, nothing); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

func TestWhenTheLoopEndsWhoWaitsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{Inbox: 1})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()

		begun, release := make(chan struct{}), make(chan struct{})
		first := make(chan error)
		go func() {
			first <- r.Do(t.Context(), func(*Tx) error { close(begun); <-release; return nil })
		}()
		<-begun
		answers := make(chan error, 3)
		for range 3 { // one in the inbox, two at the door
			go func() { answers <- r.Do(t.Context(), func(*Tx) error { return errors.New("ran") }) }()
		}
		synctest.Wait()
		cancel()
		close(release)
		if err := <-first; err != nil {
			t.Errorf("the visit under way: %v", err)
		}
		for range 3 {
			// The loop may take what waits before it sees its end; nobody waits for ever.
			if err := <-answers; err != ErrClosed && err.Error() != "ran" {
				t.Errorf("one that waited: %v", err)
			}
		}
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := r.Do(t.Context(), nothing); err != ErrClosed {
			t.Errorf("afterwards %v", err)
		}
		if r.Offer(func(*Tx) {}) {
			t.Error("an offer was accepted afterwards")
		}
	})
}

func TestWhatWaitsWhenARegionClosesIsAnsweredWithErrClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{Inbox: 2})
		answers := make(chan error, 3)
		for range 3 {
			go func() { answers <- r.Do(t.Context(), nothing) }()
		}
		synctest.Wait()
		r.close()
		for range 3 {
			if err := <-answers; err != ErrClosed {
				t.Errorf("answer %v", err)
			}
		}
	})
}

func TestARegionIsMovedByOneOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := running(t, Config{})
		synctest.Wait()
		if err := r.Run(t.Context()); err != ErrRunning {
			t.Errorf("Run twice: %v", err)
		}
		for name, f := range map[string]func(){
			"Step":  func() { r.Step(frame) },
			"Visit": func() { _ = r.Visit(nothing) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s did not panic", name)
					}
				}()
				f()
			}()
		}
		end()
		if err := r.Run(t.Context()); err != ErrRunning {
			t.Errorf("Run after the end: %v", err)
		}
	})
}
