// Package gridtest holds the suites that every implementation of a contract in package grid passes:
// one function for each contract, and one more for what goes beyond a stock OpenSimulator.
//
// A suite is given a function that makes a service, empty and used by nobody else; what has to be
// released is released with t.Cleanup. Where a contract speaks of time the function is also given the
// clock that the service is to go by, which the suite moves.
package gridtest

import (
	"sync"
	"time"
)

// clock is a time that stands still until it is moved.
type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

// newClock starts at a whole second, because that is what the services' tables can hold.
func newClock() *clock {
	return &clock{now: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)}
}

// Now is what the service under test calls.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// move lets time pass.
func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
