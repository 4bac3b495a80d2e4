// Package circuit is reliable UDP between a viewer and a region, as pure state: sequence numbers,
// acknowledgements, resends, throttles, pings, and when a peer is to be taken for dead.
//
// It does no I/O, asks no clock, starts no goroutine and holds no lock: its owner is one goroutine
// that reads a socket, tells the time and sends what Flush hands out. Both ends use it, the region
// and the headless viewer; they differ in Config alone.
//
// What goes out:
//
//	Send          Flush                             ack
//	----> queue ----------> in flight, if reliable -----> forgotten
//	        |    throttles     |   ^    |
//	        |                  +---+    +---> lost, when Config.Tries are used up
//	        +---> dropped     resend
//	              (unreliable, queue full)
//
// What comes in:
//
//	Receive                    Accept                       Flush
//	------> Fresh, reliable ----------> remembered, ack owed ----> PacketAck
//	   |            \                                         within AckDelay, or at once
//	   |             +--> not accepted: no ack, so the peer sends it again
//	   +--> Duplicate: ack owed again
//	   +--> Handled: PacketAck, StartPingCheck, CompletePingCheck
//
// There is no order: a packet that is sent again arrives after younger ones. Only
// acknowledgements are certain to go out before the Control messages that may answer what they
// acknowledge, because some viewers are lost otherwise.
package circuit

import (
	"errors"
	"time"

	"terrane/wire/packet"
)

// Why a circuit is over. Flush says so at every call; it still sends, so that a farewell can be said.
var (
	// ErrSilent means that the peer has said nothing for too long. It is no longer true once the
	// peer is heard again.
	ErrSilent = errors.New("circuit: peer is silent")

	// ErrTooSlow means that a queue was full when a reliable message was to be sent, or that the
	// peer acknowledges nothing. It stays true.
	ErrTooSlow = errors.New("circuit: peer is too slow")
)

// sequenceMask is what a sequence number is counted modulo, less one. Viewers wrap at 2^24.
const sequenceMask = 1<<24 - 1

// before reports whether sequence number a is older than b, modulo 2^24.
func before(a, b uint32) bool { return (a-b)&sequenceMask > sequenceMask/2 }

// Config is what the two ends do differently. The zero value is a region's end, but for
// FirstSequence, which is 1 in OpenSimulator and official viewers.
type Config struct {
	// FirstSequence is the number of the first packet sent; 0 is legal.
	FirstSequence uint32

	// AppendAcks puts acknowledgements behind packets that go out anyway, as viewers do. A region
	// must not: a viewer that waits for the ack of UseCircuitCode loses what carries it.
	AppendAcks bool

	// Tries is how often a reliable packet is sent at most before it is given up, 0 for as long
	// as the circuit lives. Official viewers send four times.
	Tries int

	// Silence and PausedSilence are how long the peer may say nothing; 0 for the constants.
	Silence, PausedSilence time.Duration

	// MaxRate is the greatest sum of the peer's throttles in bytes per second, at least 6250; 0
	// for the constant.
	MaxRate int
}

// Circuit is one end of a circuit. Make one with New. It belongs to one goroutine.
type Circuit struct {
	cfg      Config
	clock    clock
	silence  silence
	pings    pings
	accepted memory
	owed     owed

	sequence uint32 // of the next packet
	queues   [categories]queue
	turn     Category // whose turn it is among the throttled
	throttle throttle
	inFlight inFlight
	spare    pool
	scratch  []byte // a packet that is not kept
	flushed  time.Duration

	broken error // ErrTooSlow, once it is
	counts Stats
}

// New returns a circuit that begins now.
func New(cfg Config, now time.Time) *Circuit {
	if cfg.Silence == 0 {
		cfg.Silence = Silence
	}
	if cfg.PausedSilence == 0 {
		cfg.PausedSilence = PausedSilence
	}
	if cfg.MaxRate == 0 {
		cfg.MaxRate = MaxRate
	}
	cfg.FirstSequence &= sequenceMask
	return &Circuit{
		cfg:      cfg,
		clock:    clock{start: now, last: now},
		pings:    pings{due: PingInterval, settled: cfg.FirstSequence},
		throttle: newThrottle(max(cfg.MaxRate, minMaxRate)),
		sequence: cfg.FirstSequence,
		flushed:  -pace,
	}
}

// Verdict says what is to be done with a packet that was received.
type Verdict uint8

// The verdicts.
const (
	// Fresh is for the session: handle it, and Accept it before the next call of Receive. A
	// reliable packet that is not accepted comes again.
	Fresh Verdict = iota

	// Duplicate was accepted before. It is acknowledged again, and must not be handled again.
	Duplicate

	// Handled was a message of the circuit's own.
	Handled
)

// Receive takes what the peer sent, as packet.Parse read it: the peer is heard, and what it
// acknowledges is not sent again. Nothing of p is kept.
func (c *Circuit) Receive(p packet.Packet, now time.Time) Verdict {
	c.silence.hear(c.clock.tick(now))
	c.counts.PacketsIn++
	c.counts.BytesIn += uint64(packet.HeaderSize + len(p.Body) + len(p.Acks))
	for sequence := range p.Acks.All() {
		c.acked(sequence)
	}
	reliable := p.Flags.Has(packet.Reliable)
	switch {
	case c.handle(p.Body):
		if reliable {
			c.owed.add(p.Sequence, c.clock.now)
		}
		return Handled
	case reliable && c.accepted.has(p.Sequence):
		c.counts.Duplicates++
		c.owed.add(p.Sequence, c.clock.now)
		return Duplicate
	}
	return Fresh
}

// Accept says that a Fresh packet is taken care of: if it is reliable it is acknowledged within
// AckDelay, and known when it comes again.
func (c *Circuit) Accept(p packet.Packet) {
	if !p.Flags.Has(packet.Reliable) {
		return
	}
	c.accepted.add(p.Sequence)
	c.owed.add(p.Sequence, c.clock.now)
}

// AcceptNow is Accept for what the peer waits for, as UseCircuitCode and LogoutRequest: the next
// Flush acknowledges it, and Next asks for that at once.
func (c *Circuit) AcceptNow(p packet.Packet) {
	c.Accept(p)
	c.owed.urgent = c.owed.len() > 0
}

// Next is when Flush is next worth calling. Every other method may make it sooner: ask again after
// each. It is never more than PingInterval away.
func (c *Circuit) Next() time.Time {
	return c.clock.wall(max(c.next(), c.clock.now))
}

func (c *Circuit) next() time.Duration {
	now := c.clock.now
	if c.owed.urgent || c.pings.asked() || c.mayLaunch(Control) {
		return now
	}
	next := c.pings.due
	if dead := c.silence.until(&c.cfg); dead > now { // afterwards Flush has said so
		next = min(next, dead)
	}
	if c.owed.len() > 0 {
		next = min(next, c.owed.due)
	}
	if c.inFlight.len() > 0 {
		next = min(next, c.inFlight.due)
	}
	for category := range Control {
		if c.mayLaunch(category) {
			next = min(next, max(c.throttle.queues[category].free(), c.flushed+pace))
		}
	}
	return next
}
