// Package grid is what a region asks of the grid: one interface per service, and the values they
// exchange. Nothing here says how a service is reached: it may be in this process or behind
// OpenSimulator's HTTP forms, and a region cannot tell.
//
// The comments of an interface are its law: what is idempotent, what is not found, what is refused.
// gridtest holds one suite per contract that every implementation passes. Each contract's core is
// what a stock OpenSimulator grid can do; what only this project's own services can do (leases,
// epochs, fences) stands in a second interface beside it.
//
// All calls may be made by many goroutines at once, obey their context, and answer with the errors
// below or with what wraps them.
package grid

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// The errors that cross a wire. Whoever gets one knows from it what to do next.
var (
	// ErrNotFound says that what was asked for does not exist.
	ErrNotFound = errors.New("not found")
	// ErrDenied says that the caller has no right to this; asking again does not help.
	ErrDenied = errors.New("denied")
	// ErrUnavailable says that the service could not answer now. It alone is worth trying again.
	ErrUnavailable = errors.New("unavailable")
	// ErrSuperseded says that a newer session or owner has taken over: drop your copy.
	ErrSuperseded = errors.New("superseded")
	// ErrConflict says that the content changed meanwhile: keep yours, elsewhere.
	ErrConflict = errors.New("conflict")
)

// Fence names the ownership under which a record of a session is written. The epoch belongs to the
// agent: it rises at every login and every change of owner, and a service refuses with
// ErrSuperseded what carries a lower one than it has seen for that agent. The zero Fence is what a
// stock OpenSimulator sends: it is never refused and raises nothing.
type Fence struct {
	Session uuid.UUID
	Epoch   uint64
}

// Unix is t as the services' tables hold it: whole seconds since 1970, and 0 for no time.
func Unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// FromUnix undoes Unix.
func FromUnix(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
