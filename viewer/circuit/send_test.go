package circuit

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"terrane/wire/packet"
)

func TestAFullQueueDropsWhatIsUnreliable(t *testing.T) {
	r := newRig(t, Config{})
	for range MaxQueuePackets + 3 {
		r.say(chat, unreliable)
	}
	if s := r.Stats(); s.Dropped != 3 || s.Queued != MaxQueuePackets {
		t.Fatalf("%+v", s)
	}
	if r.flush(); r.err != nil {
		t.Fatal(r.err)
	}
}

func TestAFullQueueEndsTheCircuitOverWhatIsReliable(t *testing.T) {
	r := newRig(t, Config{})
	long := chat + strings.Repeat("x", 4000)
	var err error
	n := 0
	for ; err == nil && n < MaxQueuePackets; n++ {
		err = r.Send([]byte(long), reliable)
	}
	if !errors.Is(err, ErrTooSlow) || r.Queued(Task) > MaxQueueBytes || r.Queued(Task) < MaxQueueBytes-len(long)-6 {
		t.Fatalf("%v after %d messages, %d bytes", err, n, r.Queued(Task))
	}
	r.say(reply, control)
	if out := with(r.flush(), reply); !errors.Is(r.err, ErrTooSlow) || len(out) != 1 {
		t.Fatalf("%v, farewell sent %d times", r.err, len(out))
	}
}

func TestOneQueueDoesNotFillAnother(t *testing.T) {
	r := newRig(t, Config{})
	for range MaxQueuePackets {
		r.say(chat, Delivery{Category: Texture})
	}
	for category := range categories {
		if category != Texture {
			r.say(chat, Delivery{Category: category, Reliable: true})
		}
	}
}

func TestAnOverlongMessageGoesAsItIs(t *testing.T) {
	r := newRig(t, Config{})
	body := bytes.Repeat([]byte{7}, packet.MaxSize-packet.HeaderSize)
	r.say(string(body), reliable)
	if out := r.flush(); len(out) != 1 || !bytes.Equal(out[0].Body, body) {
		t.Fatalf("%d packets", len(out))
	}
	if err := r.Send(append(body, 7), reliable); !errors.Is(err, packet.ErrLong) {
		t.Errorf("one that no peer can receive: %v", err)
	}
	if err := r.Send(nil, reliable); !errors.Is(err, packet.ErrShort) {
		t.Errorf("an empty one: %v", err)
	}
	if r.flush(); r.err != nil {
		t.Errorf("then %v", r.err)
	}
}

func TestZeroCodingIsUsedWhereItShortens(t *testing.T) {
	r := newRig(t, Config{})
	r.say("\xff"+strings.Repeat("\x00", 100), Delivery{ZeroCoded: true})
	r.say("\xff"+strings.Repeat("\x01", 100), Delivery{ZeroCoded: true})
	out := r.flush()
	if !out[0].Flags.Has(packet.ZeroCoded) || out[1].Flags.Has(packet.ZeroCoded) {
		t.Fatalf("flags %#x, %#x", out[0].Flags, out[1].Flags)
	}
	if got := r.Stats().BytesOut; got != 6+3+6+101 {
		t.Errorf("%d bytes out", got)
	}
}

func TestTheBodyIsTheCallersAgainAfterSend(t *testing.T) {
	r := newRig(t, Config{})
	body := []byte(chat)
	if err := r.Send(body, reliable); err != nil {
		t.Fatal(err)
	}
	clear(body)
	for _, s := range with(r.pass(2*time.Second), "") {
		if string(s.Body) != chat {
			t.Fatalf("sent %q", s.Body)
		}
	}
}

func TestMemoryStaysBoundedUnderAFlood(t *testing.T) {
	r := newRig(t, Config{})
	body := []byte(chat)
	for i := range uint32(100_000) {
		_, p := r.hear(packet.Reliable, i, chat)
		r.Accept(p)
		r.hear(packet.Reliable, i, chat)
		r.hear(0, i, "\x01"+string(rune(i%128))+"\x00\x00\x00\x00")
		_ = r.Send(body, Delivery{Category: Category(i) % categories, Reliable: i%2 == 0}) // is refused at some point
	}
	if n := r.owed.len(); n > MaxOwed {
		t.Errorf("%d acks owed", n)
	}
	if n := len(r.accepted.known); n > MaxRemembered || cap(r.accepted.order) > 4*MaxRemembered {
		t.Errorf("%d remembered in %d", n, cap(r.accepted.order))
	}
	if n := r.Stats().Queued; n > int(categories)*MaxQueuePackets {
		t.Errorf("%d queued", n)
	}
	if out := r.flush(); len(out) > MaxInFlight+MaxUnacked+256+MaxOwed/AcksPerPacket+1+2*MaxQueuePackets {
		t.Errorf("%d packets at once", len(out))
	}
	if n := r.inFlight.len(); n > MaxInFlight {
		t.Errorf("%d in flight", n)
	}
	for i := range uint32(MaxInFlight) {
		r.acked(i)
	}
	if r.spare.count > maxSpare {
		t.Errorf("%d buffers kept", r.spare.count)
	}
}
