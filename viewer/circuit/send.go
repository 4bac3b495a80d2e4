package circuit

import (
	"time"

	"terrane/wire/packet"
)

// Category says by which throttle a message goes.
type Category uint8

// The categories. Control goes out with the next Flush, outside and ahead of all throttles, and is
// sent again outside them too: it is for what keeps a session together, as RegionHandshake,
// AgentMovementComplete, KickUser, LogoutReply.
const (
	Task    Category = iota // object updates, chat, and all that has no other place
	Land                    // LayerData of the ground
	Wind                    // LayerData of the wind
	Cloud                   // LayerData of the clouds
	Texture                 // texture packets
	Asset                   // transfers and xfers
	Control
	categories
)

// Delivery says how a message travels. The zero value is an unreliable message by the Task throttle.
type Delivery struct {
	Category  Category
	Reliable  bool // sent again until it is acknowledged
	ZeroCoded bool // zero-coded where that makes it shorter

	// Resend is the message's own times of being sent again, counted from when it was first sent
	// and never less than MinResend apart; afterwards it is sent again as any other. It is not
	// changed and must not change.
	Resend []time.Duration
}

func (d Delivery) flags() packet.Flags {
	var f packet.Flags
	if d.Reliable {
		f |= packet.Reliable
	}
	if d.ZeroCoded {
		f |= packet.ZeroCoded
	}
	return f
}

// Send queues a message, its number and body; Flush sends it. body is copied. It should stay within
// packet.MTU with the header; one longer that no peer can receive is packet.ErrLong, an empty one
// packet.ErrShort, and nothing else comes of either.
//
// Into a full queue an unreliable message is dropped and counted. A reliable one is ErrTooSlow:
// what the peer believes can no longer be made true, so the circuit is over.
func (c *Circuit) Send(body []byte, how Delivery) error {
	q := &c.queues[how.Category]
	if !q.room(packet.HeaderSize + len(body)) {
		if how.Reliable {
			c.broken = ErrTooSlow
			return ErrTooSlow
		}
		c.counts.Dropped++
		return nil
	}
	o := c.spare.get()
	datagram, err := packet.Append(o.datagram[:0], packet.Packet{Flags: how.flags(), Body: body})
	if err != nil {
		c.spare.put(o)
		return err
	}
	o.datagram, o.how = datagram, how
	q.push(o)
	return nil
}

// Queued is how many bytes of a category wait for their first sending. Whoever ranks what to send
// next does better to keep it than to queue it here.
func (c *Circuit) Queued(category Category) int { return c.queues[category].bytes }
