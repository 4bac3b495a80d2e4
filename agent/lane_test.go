package agent

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestALaneRunsOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLane()
		var order []int
		running := 0
		for i := range laneBound {
			err := l.Go(func(context.Context) {
				running++
				if running > 1 {
					t.Error("two run at once")
				}
				time.Sleep(time.Duration(laneBound-i) * time.Millisecond)
				order = append(order, i)
				running--
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(order) != laneBound || !slices.IsSorted(order) {
			t.Errorf("they ran as %v", order)
		}
	})
}

func TestALaneIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLane()
		goOn := make(chan struct{})
		if err := l.Go(func(context.Context) { <-goOn }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // it has begun, and waits no more
		ran := 0
		for range laneBound {
			if err := l.Go(func(context.Context) { ran++ }); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Go(func(context.Context) { t.Error("it was refused") }); !errors.Is(err, ErrLaneFull) {
			t.Errorf("one too many: %v", err)
		}
		close(goOn)
		synctest.Wait()
		if ran != laneBound {
			t.Errorf("%d ran", ran)
		}
		if err := l.Go(func(context.Context) { ran++ }); err != nil {
			t.Errorf("there is room again: %v", err)
		}
		synctest.Wait()
	})
}

func TestADrainedLaneTakesNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLane()
		if err := l.Drain(t.Context()); err != nil {
			t.Errorf("an empty lane: %v", err)
		}
		if err := l.Go(func(context.Context) {}); !errors.Is(err, ErrLaneClosed) {
			t.Errorf("after draining: %v", err)
		}
		if err := l.Drain(t.Context()); err != nil {
			t.Errorf("drained again: %v", err)
		}
	})
}

func TestDrainingWaitsForWhatRunsAndForgetsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLane()
		began := time.Now()
		var ended time.Time
		err := l.Go(func(ctx context.Context) {
			time.Sleep(2 * time.Second)
			if ctx.Err() != nil {
				t.Error("its context ended before its time")
			}
			ended = time.Now()
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := l.Go(func(context.Context) { t.Error("it had not begun") }); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := l.Drain(ctx); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 2*time.Second || ended.IsZero() {
			t.Errorf("it waited %v", took)
		}
	})
}

func TestDrainingCancelsWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLane()
		canceled := false
		if err := l.Go(func(ctx context.Context) { <-ctx.Done(); canceled = true }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := l.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it answered %v", err)
		}
		synctest.Wait()
		if !canceled {
			t.Error("the context of what runs did not end")
		}
	})
}
