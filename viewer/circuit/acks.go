package circuit

import (
	"slices"
	"time"

	"terrane/wire/packet"
)

// owed is what is to be acknowledged to the peer.
type owed struct {
	sequences []uint32 // no more than MaxOwed, in the order they came
	due       time.Duration
	urgent    bool
}

func (o *owed) len() int { return len(o.sequences) }

// add notes a sequence number that came at now.
func (o *owed) add(sequence uint32, now time.Duration) {
	if len(o.sequences) == 0 {
		o.due = now + AckDelay
	}
	if len(o.sequences) < MaxOwed {
		o.sequences = append(o.sequences, sequence)
	}
	if len(o.sequences) >= AcksPerPacket {
		o.due = now
	}
}

// pay forgets the first n.
func (o *owed) pay(n int) {
	o.sequences = slices.Delete(o.sequences, 0, n)
	if len(o.sequences) == 0 {
		o.urgent = false
	}
}

// flushAcks sends acknowledgements in packets of their own: when they have waited long enough, and
// always ahead of Control. A viewer has been seen to lose a RegionHandshake that came before the
// ack of UseCircuitCode, or carried it (node-metaverse 0.8).
func (c *Circuit) flushAcks(now time.Duration, emit func([]byte)) {
	ahead := !c.cfg.AppendAcks && c.mayLaunch(Control)
	if !ahead && !c.owed.urgent && now < c.owed.due {
		return
	}
	for c.owed.len() > 0 {
		n := min(c.owed.len(), AcksPerPacket)
		c.scratch = appendPacketAck(c.header(), c.owed.sequences[:n])
		c.owed.pay(n)
		c.emit(c.scratch, emit)
	}
}

// withAcks returns a copy of datagram with as many acknowledgements behind it as stay within the
// MTU, or datagram itself when there is none to send or no room.
func (c *Circuit) withAcks(datagram []byte) []byte {
	room := (packet.MTU - len(datagram) - 1) / 4
	n := min(c.owed.len(), AcksPerPacket, room)
	if n <= 0 {
		return datagram
	}
	c.scratch = append(c.scratch[:0], datagram...)
	c.scratch = packet.AppendAcks(c.scratch, c.owed.sequences[:n])
	c.owed.pay(n)
	return c.scratch
}
