package circuit

import (
	"strings"
	"testing"
	"time"

	"terrane/wire/packet"
)

// BenchmarkReceiveAccept is a viewer that says something reliable and pings now and then, as the
// region hears it: acknowledgements go out as they do in life.
func BenchmarkReceiveAccept(b *testing.B) {
	c, now := New(Config{FirstSequence: 1}, dawn), dawn
	datagram, err := packet.Append(nil, packet.Packet{Flags: packet.Reliable, Body: []byte(chat)})
	if err != nil {
		b.Fatal(err)
	}
	bytes := 0
	emit := func(datagram []byte) { bytes += len(datagram) }
	sequence := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		sequence = (sequence + 1) & sequenceMask
		packet.SetSequence(datagram, sequence)
		p, err := packet.Parse(datagram)
		if err != nil || c.Receive(p, now) != Fresh {
			b.Fatal(err)
		}
		c.Accept(p)
		if sequence%64 == 0 {
			now = now.Add(50 * time.Millisecond)
			c.accepted.settle(sequence)
			if err := c.Flush(now, emit); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkSendFlush is a region that sends reliable updates, and a viewer that acknowledges them.
func BenchmarkSendFlush(b *testing.B) {
	c, now := New(Config{FirstSequence: 1, MaxRate: 1e9}, dawn), dawn
	c.SetThrottle(0, [ThrottleCategories]float32{1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9})
	body := []byte("\xff" + strings.Repeat("update\x00\x00\x00\x00", 60))
	last := make([]uint32, 0, 64)
	emit := func(datagram []byte) {
		if p, err := packet.Parse(datagram); err == nil && p.Flags.Has(packet.Reliable) {
			last = append(last, p.Sequence)
		}
	}
	how := Delivery{Reliable: true}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := c.Send(body, how); err != nil {
			b.Fatal(err)
		}
		if i%16 != 15 {
			continue
		}
		now = now.Add(50 * time.Millisecond)
		c.silence.hear(c.clock.now)
		if err := c.Flush(now, emit); err != nil {
			b.Fatal(err)
		}
		for _, sequence := range last {
			c.acked(sequence)
		}
		last = last[:0]
	}
	if s := c.Stats(); s.Resent > 0 || s.Dropped > 0 {
		b.Fatalf("%+v", s)
	}
}

// BenchmarkIdle is what a circuit with a full flight costs at each look.
func BenchmarkIdle(b *testing.B) {
	r := newRig(b, Config{})
	for range MaxUnacked {
		r.say(chat, reliableControl)
	}
	r.flush()
	emit := func([]byte) {}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Flush(r.now, emit); err != nil || r.Next().IsZero() {
			b.Fatal(err)
		}
	}
}
