package circuit

import (
	"math/bits"
	"time"
)

// pingsKnown is how many of our last pings can still be answered: enough for any round trip within
// Silence. It divides 256, the range of a PingID.
const pingsKnown = 16

// pings measures the round trip and answers the peer's own measuring.
type pings struct {
	due  time.Duration
	id   uint8 // of the next ping
	sent [pingsKnown]time.Duration
	open [pingsKnown]bool // sent and not answered

	smoothed time.Duration
	known    bool // smoothed has a value

	// settled is what the next ping says of our oldest unacknowledged packet. It is what was true
	// at the ping before: an official viewer forgets all below it at once, and would handle a
	// resend again that the network had held back a moment longer than the ping.
	settled uint32

	ask256 [4]uint64 // a bit for each PingID to be answered
}

// ask notes a ping of the peer, to be answered with the next Flush. However many come, there is at
// most one answer to each of the 256 ids.
func (p *pings) ask(id uint8) { p.ask256[id/64] |= 1 << (id % 64) }

// asked reports whether an answer is owed.
func (p *pings) asked() bool { return p.ask256 != [4]uint64{} }

// answered takes the answer to one of our pings.
func (p *pings) answered(id uint8, now time.Duration) {
	slot := id % pingsKnown
	if age := p.id - id; age == 0 || age > pingsKnown || !p.open[slot] {
		return
	}
	p.open[slot] = false
	took := now - p.sent[slot]
	if p.known {
		took = (4*p.smoothed + took) / 5
	}
	p.smoothed, p.known = took, true
}

// flushPings answers the peer's pings, and sends ours when it is time.
func (c *Circuit) flushPings(now time.Duration, emit func([]byte)) {
	for word := range c.pings.ask256 {
		for c.pings.ask256[word] != 0 {
			bit := bits.TrailingZeros64(c.pings.ask256[word])
			c.pings.ask256[word] &^= 1 << bit
			c.scratch = appendCompletePing(c.header(), uint8(64*word+bit))
			c.emit(c.scratch, emit)
		}
	}
	if now < c.pings.due {
		return
	}
	slot := c.pings.id % pingsKnown
	c.pings.sent[slot], c.pings.open[slot] = now, true
	c.scratch = appendStartPing(c.header(), c.pings.id, c.pings.settled)
	c.emit(c.scratch, emit)
	c.pings.id++
	c.pings.due = now + PingInterval
	c.pings.settled = c.inFlight.oldest(c.sequence)
}

// resendAfter is how long an acknowledgement is waited for.
func (p *pings) resendAfter() time.Duration {
	if !p.known {
		return FirstResend
	}
	return min(max(5*p.smoothed, MinResend), MaxResend)
}
