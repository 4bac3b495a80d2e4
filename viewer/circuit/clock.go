package circuit

import "time"

// clock turns the time a caller tells into served time, counted from the start of the circuit: the
// time in which the circuit was being looked after. A caller comes at least every PingInterval,
// for Next never asks for less. If it does not, this process stalled: a collector's pause, a slow
// disk, a suspended machine. Of that no more than MaxGap counts, so that no peer is taken for dead
// and no packet for lost because of what this process has slept through.
//
//	told    |----|----|·················|----|
//	served  |----|----|-----|----|
type clock struct {
	start  time.Time
	last   time.Time     // the last call
	missed time.Duration // told and not served
	now    time.Duration // served until the last call
}

// tick is told that it is now, and returns the served time. A clock that is set back stands still.
func (c *clock) tick(now time.Time) time.Duration {
	gap := now.Sub(c.last)
	served := min(max(gap, 0), MaxGap)
	c.last = now
	c.missed += gap - served
	c.now += served
	return c.now
}

// wall turns a served time that is not past into one a caller understands.
func (c *clock) wall(served time.Duration) time.Time { return c.start.Add(served + c.missed) }
