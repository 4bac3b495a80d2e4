package circuit

import "time"

// Stats is what a circuit has done, counted from its start, and what it holds at the moment.
type Stats struct {
	PacketsIn, PacketsOut uint64
	BytesIn               uint64 // with the zero-coding undone
	BytesOut              uint64 // as sent
	Duplicates            uint64 // received again after they were accepted
	Malformed             uint64 // messages of the circuit's own that ended too early
	Resent                uint64
	Dropped               uint64 // unreliable messages that met a full queue
	Lost                  uint64 // reliable packets given up after Config.Tries

	AcksOwed int           // acknowledgements to be sent
	Unacked  int           // reliable packets the peer has not acknowledged
	Queued   int           // messages waiting for their first sending
	Ping     time.Duration // smoothed round trip; 0 before the first is known
}

// Stats returns the numbers of now.
func (c *Circuit) Stats() Stats {
	s := c.counts
	s.AcksOwed, s.Unacked, s.Ping = c.owed.len(), c.inFlight.len(), c.pings.smoothed
	for i := range c.queues {
		s.Queued += c.queues[i].packets
	}
	return s
}
