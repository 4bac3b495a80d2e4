package circuit

import (
	"time"

	"terrane/wire/packet"
)

// Flush hands out what is due, one datagram at a time, in the order it is to be sent:
// acknowledgements, answers to pings and a ping, Control, resends, and then what the throttles let
// through, the categories taking turns. A datagram is the circuit's again when emit returns; emit
// must not call the circuit.
//
// The error is nil as long as the circuit lives, then ErrSilent or ErrTooSlow.
func (c *Circuit) Flush(now time.Time, emit func(datagram []byte)) error {
	served := c.clock.tick(now)
	c.flushAcks(served, emit)
	c.flushPings(served, emit)
	for c.mayLaunch(Control) {
		c.launch(Control, served, emit)
	}
	if c.queues[Control].head != nil {
		c.broken = ErrTooSlow
	}
	c.flushResends(served, emit)
	c.flushThrottled(served, emit)
	c.flushed = served
	switch {
	case c.broken != nil:
		return c.broken
	case served >= c.silence.until(&c.cfg):
		return ErrSilent
	}
	return nil
}

// flushThrottled sends the queues in turn, a packet each, until none may send more. The turn is kept
// from call to call, so that nobody is starved where acknowledgements are what all wait for.
func (c *Circuit) flushThrottled(now time.Duration, emit func([]byte)) {
	for idle := Category(0); idle < Control; c.turn = (c.turn + 1) % Control {
		bucket := &c.throttle.queues[c.turn]
		if !c.mayLaunch(c.turn) || !bucket.may(now) {
			idle++
			continue
		}
		idle = 0
		bucket.pay(c.launch(c.turn, now, emit))
	}
}

// mayLaunch reports whether a category has something to send and what is in flight allows it.
func (c *Circuit) mayLaunch(category Category) bool {
	head := c.queues[category].head
	switch {
	case head == nil:
		return false
	case category == Control:
		return !head.how.Reliable || c.inFlight.len() < MaxInFlight
	}
	return c.inFlight.len() <= MaxUnacked
}

// launch sends the first of a queue for the first time and returns how many bytes that took.
func (c *Circuit) launch(category Category, now time.Duration, emit func([]byte)) int {
	o := c.queues[category].pop()
	o.sequence = c.takeSequence()
	packet.SetSequence(o.datagram, o.sequence)
	size := c.emit(o.datagram, emit)
	if o.how.Reliable {
		o.first = now
		c.sentAt(o, now)
		c.inFlight.add(o)
	} else {
		c.spare.put(o)
	}
	return size
}

func (c *Circuit) takeSequence() uint32 {
	sequence := c.sequence
	c.sequence = (sequence + 1) & sequenceMask
	return sequence
}

// emit hands one datagram out and returns how many bytes it had in the end.
func (c *Circuit) emit(datagram []byte, emit func([]byte)) int {
	if c.cfg.AppendAcks {
		datagram = c.withAcks(datagram)
	}
	c.counts.PacketsOut++
	c.counts.BytesOut += uint64(len(datagram))
	emit(datagram)
	return len(datagram)
}
