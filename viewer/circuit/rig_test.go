package circuit

import (
	"bytes"
	"testing"
	"time"

	"terrane/wire/packet"
)

var dawn = time.Date(2026, 1, 1, 6, 0, 0, 0, time.UTC)

// rig turns the clock of one circuit by hand.
type rig struct {
	testing.TB
	*Circuit
	now   time.Time
	err   error // of the last Flush
	calls int   // of Flush
}

// sent is a packet and when it was handed out, counted from the start of the circuit.
type sent struct {
	packet.Packet
	at time.Duration
}

func newRig(t testing.TB, cfg Config) *rig {
	return &rig{TB: t, Circuit: New(cfg, dawn), now: dawn}
}

// flush calls Flush once and returns what it handed out.
func (r *rig) flush() []sent {
	r.Helper()
	var all []sent
	r.calls++
	r.err = r.Flush(r.now, func(datagram []byte) {
		p, err := packet.Parse(bytes.Clone(datagram))
		if err != nil {
			r.Fatalf("%x was sent: %v", datagram, err)
		}
		all = append(all, sent{p, r.now.Sub(dawn)})
	})
	return all
}

// pass lets d go by as a good owner does: it calls Flush when Next says so, and at no other time.
func (r *rig) pass(d time.Duration) []sent {
	r.Helper()
	var all []sent
	end, stuck := r.now.Add(d), 0
	for next := r.Next(); !next.After(end); next = r.Next() {
		if stuck++; next.After(r.now) {
			r.now, stuck = next, 0
		}
		if stuck > 2 {
			r.Fatalf("Next asks for Flush at %v again and again", r.now.Sub(dawn))
		}
		all = append(all, r.flush()...)
	}
	r.now = end
	return all
}

// hear gives the circuit a packet now.
func (r *rig) hear(flags packet.Flags, sequence uint32, body string, acks ...uint32) (Verdict, packet.Packet) {
	r.Helper()
	datagram, err := packet.Append(nil, packet.Packet{Flags: flags, Sequence: sequence, Body: []byte(body)})
	if err != nil {
		r.Fatal(err)
	}
	if len(acks) > 0 {
		datagram = packet.AppendAcks(datagram, acks)
	}
	p, err := packet.Parse(datagram)
	if err != nil {
		r.Fatal(err)
	}
	return r.Receive(p, r.now), p
}

// say sends, and fails the test when that is refused.
func (r *rig) say(body string, how Delivery) {
	r.Helper()
	if err := r.Send([]byte(body), how); err != nil {
		r.Fatal(err)
	}
}

// with is those of all whose body begins so.
func with(all []sent, prefix string) []sent {
	var some []sent
	for _, s := range all {
		if bytes.HasPrefix(s.Body, []byte(prefix)) {
			some = append(some, s)
		}
	}
	return some
}

// acknowledged is the sequence numbers in the PacketAcks of all.
func acknowledged(all []sent) []uint32 {
	var ids []uint32
	for _, s := range with(all, string(packetAck)) {
		body := s.Body[len(packetAck):]
		for i := range int(body[0]) {
			id := body[1+4*i:]
			ids = append(ids, uint32(id[0])|uint32(id[1])<<8|uint32(id[2])<<16|uint32(id[3])<<24)
		}
	}
	return ids
}

// Messages of the tests, which begin as no message of the circuit does.
const (
	chat   = "\xff\xff\x00\x50chat"
	logout = "\xff\xff\x00\xfclogout"
	reply  = "\xff\xff\x00\xfdreply"
)

var (
	unreliable      = Delivery{}
	reliable        = Delivery{Reliable: true}
	control         = Delivery{Category: Control}
	reliableControl = Delivery{Category: Control, Reliable: true}
)
