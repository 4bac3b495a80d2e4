package circuit

import (
	"slices"
	"sort"
	"time"

	"terrane/wire/packet"
)

// inFlight is what was sent reliably and is not acknowledged.
type inFlight struct {
	packets []*outgoing   // in the order of their sequence numbers, modulo 2^24
	due     time.Duration // none is sent again before this
}

func (f *inFlight) len() int { return len(f.packets) }

func (f *inFlight) add(o *outgoing) {
	if len(f.packets) == 0 {
		f.due = o.due
	}
	f.due = min(f.due, o.due)
	f.packets = append(f.packets, o)
}

// take removes and returns the packet of that sequence number, nil if there is none.
func (f *inFlight) take(sequence uint32) *outgoing {
	if len(f.packets) == 0 {
		return nil
	}
	first := f.packets[0].sequence
	age := func(sequence uint32) uint32 { return (sequence - first) & sequenceMask }
	i := sort.Search(len(f.packets), func(i int) bool { return age(f.packets[i].sequence) >= age(sequence) })
	if i == len(f.packets) || f.packets[i].sequence != sequence {
		return nil
	}
	o := f.packets[i]
	f.packets = slices.Delete(f.packets, i, i+1)
	return o
}

// oldest is the sequence number before which nothing is in flight; next is what is sent next.
func (f *inFlight) oldest(next uint32) uint32 {
	if len(f.packets) == 0 {
		return next
	}
	return f.packets[0].sequence
}

// acked takes an acknowledgement. One of what is not in flight is no fault: acks are repeated.
func (c *Circuit) acked(sequence uint32) {
	if o := c.inFlight.take(sequence); o != nil {
		c.spare.put(o)
	}
}

// sentAt notes that a packet went out now and when it goes out again.
func (c *Circuit) sentAt(o *outgoing, now time.Duration) {
	if o.sent < len(o.how.Resend) {
		o.due = max(o.first+o.how.Resend[o.sent], now+MinResend)
	} else {
		o.due = now + c.pings.resendAfter()
	}
	o.sent++
}

// flushResends sends again what was not acknowledged in time, the oldest first.
func (c *Circuit) flushResends(now time.Duration, emit func([]byte)) {
	if now < c.inFlight.due {
		return
	}
	c.inFlight.due = now + MaxResend
	kept := c.inFlight.packets[:0]
	for _, o := range c.inFlight.packets {
		if now >= o.due && !c.resend(o, now, emit) {
			continue
		}
		c.inFlight.due = min(c.inFlight.due, o.due)
		kept = append(kept, o)
	}
	clear(c.inFlight.packets[len(kept):])
	c.inFlight.packets = kept
}

// resend sends a packet again: Control outside the throttles, all else when the resend throttle
// allows. It returns false for one that is given up instead.
func (c *Circuit) resend(o *outgoing, now time.Duration, emit func([]byte)) bool {
	throttled := o.how.Category != Control
	switch {
	case c.cfg.Tries > 0 && o.sent >= c.cfg.Tries:
		c.counts.Lost++
		c.spare.put(o)
		return false
	case throttled && !c.throttle.resend.may(now):
		o.due = c.throttle.resend.free()
		return true
	}
	packet.MarkResent(o.datagram)
	size := c.emit(o.datagram, emit)
	if throttled {
		c.throttle.resend.pay(size)
	}
	c.counts.Resent++
	c.sentAt(o, now)
	return true
}
