package circuit

import (
	"testing"
	"time"

	"terrane/wire/packet"
)

// FuzzReceive holds that no sequence of datagrams makes a circuit panic, spin, send what cannot be
// read, or answer with more than the peer sent. The input is datagrams, each with its length and a
// delay in front.
func FuzzReceive(f *testing.F) {
	script := func(datagrams ...string) []byte {
		var b []byte
		for i, d := range datagrams {
			b = append(append(b, byte(len(d)), byte(10*i)), d...)
		}
		return b
	}
	f.Add(script(
		"\x40\x00\x00\x00\x01\x00\xff\xff\x00\x03circuit code",
		"\x60\x00\x00\x00\x01\x00\xff\xff\x00\x03circuit code",
		"\x00\x00\x00\x00\x02\x00\x01\x07\x01\x00\x00\x00",
		"\x00\x00\x00\x00\x03\x00\x02\x00",
		"\x00\x00\x00\x00\x04\x00\xff\xff\xff\xfb\x02\x01\x00\x00\x00\x02\x00\x00\x00",
		"\x10\x00\x00\x00\x05\x00\x04\x00\x00\x00\x03\x01",
	))
	f.Add(script("\x40\xff\xff\xff\xff\x00\x01\x07\xff\xff\xff\xff", "\x00\x00\x00\x00\x04\x00\xff\xff\xff\xfb\xff"))
	f.Fuzz(func(t *testing.T, script []byte) {
		now := dawn
		c := New(Config{FirstSequence: 1<<24 - 2}, now)
		in := 0
		for i := range 3 {
			_ = c.Send(numbered(uint32(i)), Delivery{Category: Control, Reliable: true}) // fits
		}
		for len(script) >= 2 {
			size := min(int(script[0]), len(script)-2)
			now = now.Add(time.Duration(script[1]) * time.Millisecond)
			p, err := packet.Parse(script[2 : 2+size])
			script = script[2+size:]
			if err != nil {
				continue
			}
			in++
			if c.Receive(p, now) == Fresh && p.Sequence%3 != 0 {
				c.Accept(p)
			}
		}
		out := 0
		count := func(datagram []byte) {
			out++
			if _, err := packet.Parse(datagram); err != nil {
				t.Fatalf("%x was sent: %v", datagram, err)
			}
		}
		for range 2 {
			if err := c.Flush(now, count); err != nil && now.Sub(dawn) < Silence {
				t.Fatal(err)
			}
			if s := c.Stats(); s.AcksOwed != 0 && !c.Next().After(now) {
				t.Fatalf("%d acks are owed and overdue", s.AcksOwed)
			}
		}
		if !c.Next().After(now) {
			t.Fatal("Flush is asked for again at once")
		}
		if out > in+5 { // three messages, their resends or a ping
			t.Fatalf("%d packets were answered with %d", in, out)
		}
	})
}
