package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrClosed says that the file is closed or being closed.
	ErrClosed = errors.New("store is closed")
	// ErrBusy says that another process held the file for too long.
	ErrBusy = errors.New("store is locked by another process")
)

// Error is a failure of the database itself, not one that a closure decided on.
type Error struct {
	File string // of the database
	Err  error
}

// Error names the file and what happened.
func (e *Error) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap is what happened.
func (e *Error) Unwrap() error { return e.Err }

// Is makes a lock that was not given up in time an ErrBusy.
func (e *Error) Is(target error) bool {
	if target != ErrBusy {
		return false
	}
	c := code(e.Err) & 0xff
	return c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_LOCKED
}

// PanicError is a closure's panic. The closure alone is rolled back.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // where
}

// Error has the stack in it: whoever logs the error logs the place.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in a transaction: %v\n%s", e.Value, e.Stack)
}

// Taken reports whether err is the database's refusal of a row whose key is another's. The
// transaction goes on; the statement alone has failed.
func Taken(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_CONSTRAINT_UNIQUE || c == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// code is SQLite's extended result code, or 0 when err is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// explain adds the file's name to what the database says, and leaves a closure's own errors alone.
func (db *DB) explain(err error) error {
	var known *Error
	if code(err) == 0 || errors.As(err, &known) {
		return err
	}
	return &Error{File: db.path, Err: err}
}
