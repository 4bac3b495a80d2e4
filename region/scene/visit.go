package scene

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// visit is a function on its way to the loop.
type visit struct {
	do     func(*Tx) error
	from   any        // the function as it was given, for its name
	answer chan error // holds one; nil when nobody waits
	taken  atomic.Bool
}

// take reports whether the visit is the caller's: the loop's to run, or the waiting visitor's to drop.
func (v *visit) take() bool { return v.taken.CompareAndSwap(false, true) }

// PanicError says that a visit panicked. What it did until then stays done; the loop goes on.
type PanicError struct {
	Visit string // the function that visited
	Value any    // what it panicked with
	Stack []byte
}

// Error names the visit and what it panicked with.
func (e *PanicError) Error() string { return fmt.Sprintf("visit %s panicked: %v", e.Visit, e.Value) }

// Do visits the region: it waits for its turn, runs f on the loop, and returns what f returns. f must
// not call Do, which would wait for itself. When ctx ends before f has begun, f never runs and Do
// returns the context's error; once f has begun, Do waits for its end. A panic in f comes back as a
// *PanicError, and ErrClosed says that the loop has ended without running f.
func (r *Region) Do(ctx context.Context, f func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v := &visit{do: f, from: f, answer: make(chan error, 1)}
	select {
	case r.inbox <- v:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.closed:
		return ErrClosed
	}
	select {
	case err := <-v.answer:
		return err
	case <-ctx.Done():
		if v.take() {
			return ctx.Err()
		}
	case <-r.closed:
		if v.take() {
			return ErrClosed
		}
	}
	return <-v.answer
}

// Offer leaves a visit at the door and never waits. It reports whether the inbox had room for it; what
// was refused is counted. Whether and when f runs nobody is told.
func (r *Region) Offer(f func(*Tx)) bool {
	select {
	case <-r.closed:
		return false
	default:
	}
	v := &visit{do: func(tx *Tx) error { f(tx); return nil }, from: f}
	select {
	case r.inbox <- v:
		return true
	default:
		r.stats.refused.Add(1)
		return false
	}
}

// Visit runs f at once, on the caller's goroutine. It is for tests that move the region by Step, and
// panics when Run has been called.
func (r *Region) Visit(f func(*Tx) error) error {
	r.own()
	defer r.owned.Store(false)
	return r.perform(f, f)
}

// receive runs a visit on the loop, unless its visitor has given up.
func (r *Region) receive(v *visit) {
	if !v.take() {
		return
	}
	err := ErrClosed // what the visitor is told when f ends the loop's goroutine, as a failing test does
	defer func() {
		if v.answer != nil {
			v.answer <- err
		} else if err != nil {
			r.cfg.Log.Error("offered visit failed", "region", r.cfg.Name, "err", err)
		}
	}()
	err = r.perform(v.do, v.from)
}

func (r *Region) perform(f func(*Tx) error, from any) (err error) {
	tx := &Tx{region: r}
	defer func() {
		tx.over.Store(true)
		if value := recover(); value != nil {
			r.stats.panics.Add(1)
			err = &PanicError{Visit: nameOf(from), Value: value, Stack: debug.Stack()}
		}
	}()
	return f(tx)
}

// nameOf is a function's name with its package, as a stack trace shows it.
func nameOf(f any) string { return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name() }
