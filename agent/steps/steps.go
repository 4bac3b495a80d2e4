// Package steps runs the long processes of an agent: login, logout, child agents. A process is
// one list of steps; the list is all there is to know about it. Steps are run for you: deadline, tries,
// panics, the span, the log line, the metric and the report come from the list and never from inside
// a step.
package steps

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Step is one line of a process.
type Step struct {
	Name  string // what is done, in the imperative: "close child agents"
	Owner string // who does it: "region", "presence", "viewer"
	// Do does it. It must be safe to do twice, and should end when its context does.
	Do func(context.Context) error
	// Undo takes it back; OrUndo calls it when a later step fails. Nil: nothing to take back.
	Undo func(context.Context) error
	// If says whether the step is due at all; nil means always. It is asked when its turn comes.
	If func() bool
	// Timeout bounds each try; 0 means DefaultTimeout.
	Timeout time.Duration
	// Tries is how often it is tried, 0 means once. Errors that Final knows are not tried again, nor is what
	// hung.
	Tries int

	together []Step
}

// DefaultTimeout bounds a step that names no bound of its own.
const DefaultTimeout = 10 * time.Second

const (
	// firstPause is waited before a second try; it doubles from there.
	firstPause = 50 * time.Millisecond
	// grace is how long a step may take to notice that its time is over, before it is left behind.
	grace = 50 * time.Millisecond
)

// ErrHung is the outcome of a step that neither ended nor noticed its deadline.
var ErrHung = errors.New("hung: did not notice its deadline")

// Together is a step whose parts run side by side. It ends when the last of them does.
func Together(parts ...Step) Step { return Step{together: parts} }

// Regardless runs every step, whatever becomes of those before: it is for leaving. It stops early for
// nothing; a caller that wants it to go on after its own end passes context.WithoutCancel.
func (p *Process) Regardless(ctx context.Context, list ...Step) *Report {
	r := p.begin(ctx)
	for _, s := range list {
		r.run(r.ctx, s)
	}
	return r.end(nil)
}

// OrUndo runs the steps in order until one fails, and then undoes what was done, last first: it is for
// arriving. It answers with the error of the step that failed, with its name.
func (p *Process) OrUndo(ctx context.Context, list ...Step) (*Report, error) {
	r := p.begin(ctx)
	for i, s := range list {
		err := r.run(r.ctx, s)
		if err == nil {
			continue
		}
		undo := context.WithoutCancel(r.ctx)
		for j := i; j >= 0; j-- {
			r.undo(undo, list[j])
		}
		return r.end(err), err
	}
	return r.end(nil), nil
}

// once runs one try under its bound. What does not return in time is left behind: its context is
// over, and nothing it still does is waited for.
func once(ctx context.Context, bound time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("took longer than %v: %w", bound, context.DeadlineExceeded))
	defer cancel()
	done := make(chan error, 1) // one result; whoever comes late leaves it here
	go func() {
		defer func() {
			if e := recover(); e != nil {
				done <- &Panic{Value: e}
			}
		}()
		done <- do(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err := <-done:
		if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return context.Cause(ctx)
		}
		return err
	case <-late.C:
		return fmt.Errorf("%w (%w)", ErrHung, context.Cause(ctx))
	}
}

// Panic is the error of a step that panicked.
type Panic struct{ Value any }

// Error tells what it panicked with.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// pause waits before try n (1 is the second) or until ctx ends.
func pause(ctx context.Context, n int) error {
	t := time.NewTimer(firstPause << min(n-1, 6))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
