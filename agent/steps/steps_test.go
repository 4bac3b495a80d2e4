package steps

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errBroken = errors.New("broken")

func fail(context.Context) error { return errBroken }
func fine(context.Context) error { return nil }

func TestLeavingGoesOnWhateverFailsHangsOrPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		var last bool
		p := &Process{Kind: "logout", Runner: &Runner{}}
		r := p.Regardless(t.Context(),
			Step{Name: "fails", Do: fail},
			Step{Name: "panics", Do: func(context.Context) error { panic("no") }},
			Step{Name: "hangs", Timeout: time.Second, Do: func(context.Context) error { <-stuck; return nil }},
			Step{Name: "is late", Timeout: time.Second, Do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			Step{Name: "last", Do: func(context.Context) error { last = true; return nil }},
		)
		close(stuck)
		if !last {
			t.Fatal("the last step was not run")
		}
		for name, want := range map[string]string{
			"fails": "broken", "panics": "panic: no", "hangs": "hung", "is late": "took longer than 1s", "last": "",
		} {
			line := r.Step(name)
			if got := line.Error; (want == "") != (got == "") || !strings.Contains(got, want) {
				t.Errorf("%s: error %q, want %q in it", name, got, want)
			}
		}
		if r.Outcome != Failed {
			t.Errorf("outcome %s", r.Outcome)
		}
	})
}

func TestArrivingUndoesWhatWasDoneLastFirst(t *testing.T) {
	var undone []string
	step := func(name string, do func(context.Context) error) Step {
		return Step{Name: name, Do: do, Undo: func(context.Context) error {
			undone = append(undone, name)
			return nil
		}}
	}
	p := &Process{Kind: "login", Runner: &Runner{}}
	_, err := p.OrUndo(t.Context(),
		step("one", fine),
		Step{Name: "skipped", If: func() bool { return false }, Undo: func(context.Context) error {
			t.Error("a step that was not run was undone")
			return nil
		}},
		step("two", fine), step("three", fail), step("four", fine))
	if !errors.Is(err, errBroken) || !strings.HasPrefix(err.Error(), "three: ") {
		t.Errorf("error %v", err)
	}
	if got := strings.Join(undone, " "); got != "three two one" {
		t.Errorf("undone: %s", got)
	}
}

func TestAStepIsTriedAgainWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		began := time.Now()
		p := &Process{Kind: "logout", Runner: &Runner{}}
		r := p.Regardless(t.Context(), Step{Name: "close", Tries: 3, Do: func(context.Context) error {
			at = append(at, time.Since(began))
			if len(at) < 3 {
				return errBroken
			}
			return nil
		}})
		if line := r.Step("close"); line.Outcome != Done || line.Tries != 3 {
			t.Errorf("%+v", line)
		}
		if at[1] != 50*time.Millisecond || at[2] != 150*time.Millisecond {
			t.Errorf("tried at %v", at)
		}
	})
}

func TestWhatIsFinalIsNotTriedAgain(t *testing.T) {
	tries := 0
	p := &Process{Runner: &Runner{Final: func(err error) bool { return errors.Is(err, errBroken) }}}
	p.Regardless(t.Context(), Step{Name: "ask", Tries: 5, Do: func(ctx context.Context) error { tries++; return errBroken }})
	if tries != 1 {
		t.Errorf("tried %d times", tries)
	}
}

func TestPartsRunSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		meet := make(chan struct{})
		p := &Process{Runner: &Runner{}}
		r := p.Regardless(t.Context(), Together(
			Step{Name: "a", Do: func(context.Context) error { <-meet; return nil }},
			Step{Name: "b", Do: func(context.Context) error { meet <- struct{}{}; return nil }},
		))
		if r.Outcome != Done || len(r.Steps) != 2 {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheRingKeepsTheLatest(t *testing.T) {
	g := NewRing(3)
	for _, k := range []string{"a", "b", "c", "d", "e"} {
		g.Add(&Report{Kind: k})
	}
	var kinds string
	for _, r := range g.All() {
		kinds += r.Kind
	}
	if kinds != "cde" {
		t.Errorf("kept %s", kinds)
	}
}

func TestAStepCanBeMadeToFailFromOutside(t *testing.T) {
	ran := false
	p := &Process{Kind: "logout", Runner: &Runner{Before: func(kind, step string) error {
		if kind == "logout" && step == "save" {
			return errBroken
		}
		return nil
	}}}
	r := p.Regardless(t.Context(), Step{Name: "save", Do: func(context.Context) error { ran = true; return nil }})
	if ran || r.Step("save").Outcome != Failed {
		t.Errorf("ran %v, %+v", ran, r.Step("save"))
	}
}

// What hung may still be running: a second try beside it would be two at once.
func TestWhatHungIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		tries := 0
		p := &Process{Runner: &Runner{}}
		r := p.Regardless(t.Context(), Step{Name: "hang", Tries: 3, Timeout: time.Second, Do: func(context.Context) error {
			tries++
			<-stuck
			return nil
		}})
		close(stuck)
		synctest.Wait()
		if line := r.Step("hang"); tries != 1 || line.Tries != 1 || !strings.Contains(line.Error, "hung") {
			t.Errorf("tried %d times: %+v", tries, line)
		}
	})
}

// A runner without a logger of its own logs to the default one.
func TestARunnerAlwaysHasALogger(t *testing.T) {
	mine := slog.New(slog.DiscardHandler)
	if (&Runner{}).Logger() == nil || (&Runner{Log: mine}).Logger() != mine {
		t.Error("the logger is not what it should be")
	}
}
