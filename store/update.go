package store

import (
	"cmp"
	"context"
	"database/sql"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	// queueBound is how many closures wait for the writer. It is more than a server has callers, and
	// small enough that the last of them is not long in coming.
	queueBound = 1024
	// batchBound and batchTime end a batch, so that the first of it is not kept waiting for the last.
	// Nobody is waited for: a batch is what has come while the one before it was made durable.
	batchBound = 256
	batchTime  = 20 * time.Millisecond
)

// Update runs fn in a transaction and answers nil when what it wrote is durable. When fn fails or
// panics, nothing of it is written, and Update answers with fn's error or with a *PanicError.
//
// Others may share the transaction: fn sees what they wrote, in the order in which they called, and
// their failures take back only what is theirs. So fn must not wait for anything, nor commit, roll
// back, call Update, or end its goroutine. In rare cases it is run a second time, after the first was
// undone by what went wrong with another: results it hands out are assigned, never added to.
//
// When the queue is full, Update waits for room. A ctx that ends before fn has begun is answered
// with ctx's error, and fn never begins; once begun, fn and its commit are waited for.
func (db *DB) Update(ctx context.Context, fn func(*sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.enter(); err != nil {
		return err
	}
	defer db.users.Done()
	j := &job{fn: fn, done: make(chan error, 1)}
	select {
	case db.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.claim() {
			return ctx.Err()
		}
		return <-j.done
	}
}

// A job is one call of Update. It belongs to who claims it first: the writer, which runs it, or its
// caller, who has given up.
type job struct {
	fn      func(*sql.Tx) error
	claimed atomic.Bool
	done    chan error // of one: answering never waits
}

func (j *job) claim() bool { return j.claimed.CompareAndSwap(false, true) }

func (j *job) answer(err error) { j.done <- err }

// write is the writer: it commits batches until the queue is closed and empty.
func (db *DB) write() {
	defer close(db.ended)
	w := writer{db: db}
	for j := w.wait(); j != nil; j = w.wait() {
		w.batch(j)
	}
}

type writer struct {
	db     *DB
	undone []*job // ran, but another's failure undid it; they go before what is queued
}

// wait is the next job to run, or nil when there will be no more.
func (w *writer) wait() *job {
	if j := w.again(); j != nil {
		return j
	}
	for j := range w.db.queue {
		if j.claim() {
			return j
		}
	}
	return nil
}

// next is the next job that is there already, or nil.
func (w *writer) next() *job {
	if j := w.again(); j != nil {
		return j
	}
	for {
		select {
		case j, open := <-w.db.queue:
			if !open {
				return nil
			}
			if j.claim() {
				return j
			}
		default:
			return nil
		}
	}
}

func (w *writer) again() *job {
	if len(w.undone) == 0 {
		return nil
	}
	j := w.undone[0]
	w.undone = w.undone[1:]
	return j
}

// batch runs j and what waits behind it in one transaction, and answers them.
func (w *writer) batch(j *job) {
	began := time.Now()
	tx, err := w.db.writer.Begin()
	if err != nil {
		j.answer(w.db.explain(err))
		return
	}
	var ran []*job
	for n := 1; j != nil; n++ {
		intact, err := run(tx, j.fn)
		if err != nil {
			j.answer(w.db.explain(err))
		} else {
			ran = append(ran, j)
		}
		if !intact {
			// The database took the whole transaction back, as it does when a write is interrupted.
			_ = tx.Rollback() // there may be nothing left to roll back
			w.undone = append(ran, w.undone...)
			return
		}
		if n == batchBound || time.Since(began) > w.db.batchTime {
			break
		}
		j = w.next()
	}
	err = w.db.explain(tx.Commit())
	for _, j := range ran {
		j.answer(err)
	}
}

// run calls fn inside a savepoint that it takes back when fn fails. intact is whether what others
// wrote in tx is still there.
func run(tx *sql.Tx, fn func(*sql.Tx) error) (intact bool, err error) {
	if _, err := tx.Exec("SAVEPOINT closure"); err != nil {
		return false, err
	}
	failed := call(tx, fn)
	if failed != nil {
		if _, err := tx.Exec("ROLLBACK TO closure"); err != nil {
			return false, failed
		}
	}
	if _, err := tx.Exec("RELEASE closure"); err != nil {
		return false, cmp.Or(failed, err)
	}
	return true, failed
}

func call(tx *sql.Tx, fn func(*sql.Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn(tx)
}
