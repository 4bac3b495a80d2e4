package circuit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terrane/wire/packet"
)

func TestInvariant9_DuplicateIsAckedAgainButHandledOnce(t *testing.T) {
	r := newRig(t, Config{})
	verdict, p := r.hear(packet.Reliable, 0, chat)
	if verdict != Fresh {
		t.Fatalf("the first is %v", verdict)
	}
	r.Accept(p)
	for range 3 {
		if got := acknowledged(r.pass(AckDelay)); !slices.Equal(got, []uint32{0}) {
			t.Fatalf("acknowledged %v", got)
		}
		if verdict, _ := r.hear(packet.Reliable|packet.Resent, 0, chat); verdict != Duplicate {
			t.Fatalf("a copy is %v", verdict)
		}
	}
	if n := r.Stats().Duplicates; n != 3 {
		t.Errorf("%d duplicates were counted", n)
	}
}

func TestWhatIsNotAcceptedIsNotAckedAndComesAgain(t *testing.T) {
	r := newRig(t, Config{})
	r.hear(packet.Reliable, 7, chat)
	if got := acknowledged(r.pass(time.Second)); got != nil {
		t.Fatalf("acknowledged %v", got)
	}
	verdict, p := r.hear(packet.Reliable|packet.Resent, 7, chat)
	if verdict != Fresh {
		t.Fatalf("the resend is %v", verdict)
	}
	r.Accept(p)
	if got := acknowledged(r.pass(time.Second)); !slices.Equal(got, []uint32{7}) {
		t.Fatalf("acknowledged %v", got)
	}
}

func TestUnreliableIsNeitherAckedNorRemembered(t *testing.T) {
	r := newRig(t, Config{})
	for range 2 {
		verdict, p := r.hear(0, 7, chat)
		if verdict != Fresh {
			t.Fatalf("verdict %v", verdict)
		}
		r.Accept(p)
		r.AcceptNow(p)
	}
	if got := acknowledged(r.pass(time.Second)); got != nil {
		t.Fatalf("acknowledged %v", got)
	}
}

func TestSequenceNumbersAreAckedAsTheyCame(t *testing.T) {
	r := newRig(t, Config{})
	want := []uint32{0, 1<<24 - 1, 1 << 24, 1<<32 - 1}
	for _, sequence := range want {
		_, p := r.hear(packet.Reliable, sequence, chat)
		r.Accept(p)
	}
	if got := acknowledged(r.pass(AckDelay)); !slices.Equal(got, want) {
		t.Fatalf("acknowledged %v", got)
	}
}

func TestAcksWaitForCompanyButNotForLong(t *testing.T) {
	r := newRig(t, Config{})
	for sequence := range uint32(5) {
		_, p := r.hear(packet.Reliable, sequence, chat)
		r.Accept(p)
		if early := r.pass(AckDelay / 5); sequence < 4 && early != nil {
			t.Fatalf("sent %v after %d packets", early, sequence)
		} else if got := acknowledged(early); sequence == 4 && len(got) != 5 {
			t.Fatalf("acknowledged %v", got)
		}
	}
}

func TestAcksGoWhenThereAreEnoughOfThem(t *testing.T) {
	r := newRig(t, Config{})
	for sequence := range uint32(2*AcksPerPacket + 1) {
		_, p := r.hear(packet.Reliable, sequence, chat)
		r.Accept(p)
	}
	if !r.Next().Equal(r.now) {
		t.Errorf("Flush is asked for only after %v", r.Next().Sub(r.now))
	}
	out := r.flush()
	if got := acknowledged(out); len(out) != 3 || len(got) != 2*AcksPerPacket+1 {
		t.Fatalf("%d packets acknowledged %d", len(out), len(got))
	}
	for _, s := range out {
		if packet.HeaderSize+len(s.Body) > packet.MTU {
			t.Errorf("a PacketAck of %d bytes", packet.HeaderSize+len(s.Body))
		}
	}
}

func TestAcceptNowAcksWithTheNextFlush(t *testing.T) {
	r := newRig(t, Config{FirstSequence: 1})
	_, p := r.hear(packet.Reliable, 3, logout)
	r.AcceptNow(p)
	if !r.Next().Equal(r.now) {
		t.Errorf("Flush is asked for only after %v", r.Next().Sub(r.now))
	}
	if got := acknowledged(r.flush()); !slices.Equal(got, []uint32{3}) {
		t.Fatalf("acknowledged %v", got)
	}
	if r.Next().Equal(r.now) {
		t.Error("Flush is asked for although nothing is due")
	}
}

func TestAcksGoOutBeforeControlAndNeverInIt(t *testing.T) {
	r := newRig(t, Config{FirstSequence: 1})
	_, p := r.hear(packet.Reliable, 0, "\xff\xff\x00\x03circuit code")
	r.Accept(p)
	r.say("\xff\xff\x00\x94handshake", reliableControl)
	out := r.flush()
	if len(out) != 2 || !slices.Equal(acknowledged(out[:1]), []uint32{0}) || len(with(out[1:], "\xff\xff\x00\x94")) != 1 {
		t.Fatalf("sent %v", out)
	}
	if out[1].Flags.Has(packet.HasAcks) {
		t.Error("the handshake carries acks")
	}
	if out[0].Sequence != 1 || out[1].Sequence != 2 {
		t.Errorf("sequences %d, %d", out[0].Sequence, out[1].Sequence)
	}
}

func TestAppendedAcksAreRead(t *testing.T) {
	r := newRig(t, Config{FirstSequence: 1})
	r.say(chat, reliable)
	r.say(chat, reliable)
	if out := r.pass(10 * time.Millisecond); len(out) != 2 || r.Stats().Unacked != 2 {
		t.Fatalf("sent %v", out)
	}
	r.hear(0, 9, chat, 99, 2, 1)
	if n := r.Stats().Unacked; n != 0 {
		t.Fatalf("%d are unacked", n)
	}
	if out := with(r.pass(30*time.Second), chat); out != nil {
		t.Fatalf("sent again: %v", out)
	}
}

func TestAcksAreAppendedByThoseWhoMay(t *testing.T) {
	r := newRig(t, Config{AppendAcks: true})
	for sequence := range uint32(300) {
		_, p := r.hear(packet.Reliable, sequence, chat)
		r.Accept(p)
	}
	r.owed.due = r.now.Sub(dawn) + AckDelay // as if they had come one by one
	r.say(chat, reliable)
	out := r.flush()
	if len(out) != 1 || out[0].Acks.Len() != AcksPerPacket {
		t.Fatalf("sent %d packets, %d acks appended to the first", len(out), out[0].Acks.Len())
	}
	var got []uint32
	for _, s := range r.pass(time.Second + AckDelay) {
		got = append(got, slices.Collect(s.Acks.All())...)
		got = append(got, acknowledged([]sent{s})...)
	}
	if len(got) != 50 || got[0] != 250 {
		t.Fatalf("then acknowledged %v", got)
	}
}

func TestAppendedAcksStayWithinTheMTU(t *testing.T) {
	r := newRig(t, Config{AppendAcks: true})
	for sequence := range uint32(100) {
		_, p := r.hear(packet.Reliable, sequence, chat)
		r.Accept(p)
	}
	r.say(chat+strings.Repeat("x", packet.MTU-packet.HeaderSize-len(chat)-40), unreliable)
	r.say(chat+strings.Repeat("x", packet.MTU-packet.HeaderSize-len(chat)), unreliable)
	out := r.pass(AckDelay - 1)
	for i, want := range []int{9, 0} {
		if out[i].Acks.Len() != want {
			t.Errorf("packet %d has %d acks, want %d", i, out[i].Acks.Len(), want)
		}
	}
}

func TestOwnMessagesAreHandledAndAcked(t *testing.T) {
	for name, body := range map[string]string{
		"PacketAck":           "\xff\xff\xff\xfb\x01\x05\x00\x00\x00",
		"StartPingCheck":      "\x01\x07\x05\x00\x00\x00",
		"CompletePingCheck":   "\x02\x07",
		"empty PacketAck":     "\xff\xff\xff\xfb\x00",
		"short PacketAck":     "\xff\xff\xff\xfb\x02\x05\x00\x00\x00",
		"PacketAck of none":   "\xff\xff\xff\xfb",
		"short StartPing":     "\x01\x07\x05\x00\x00",
		"short CompletePing":  "\x02",
		"longer than need be": "\x02\x07more",
	} {
		r := newRig(t, Config{})
		if verdict, _ := r.hear(packet.Reliable, 5, body); verdict != Handled {
			t.Errorf("%s: verdict %v", name, verdict)
		}
		if got := acknowledged(r.pass(AckDelay)); !slices.Equal(got, []uint32{5}) {
			t.Errorf("%s: acknowledged %v", name, got)
		}
		if short := strings.HasPrefix(name, "short") || name == "PacketAck of none"; short != (r.Stats().Malformed == 1) {
			t.Errorf("%s: %d malformed", name, r.Stats().Malformed)
		}
	}
	r := newRig(t, Config{})
	for _, body := range []string{chat, "\x03", "\xff\x01", "\xff\xff\xff\xfc", "\xff\xff\xff\xfd"} {
		if verdict, _ := r.hear(0, 5, body); verdict != Fresh {
			t.Errorf("%q: verdict %v", body, verdict)
		}
	}
}

func TestOwnMessagesAreWrittenAsPeersReadThem(t *testing.T) {
	for _, v := range []struct{ got, want string }{
		{string(appendPacketAck(nil, []uint32{5, 9})), "\xff\xff\xff\xfb\x02\x05\x00\x00\x00\x09\x00\x00\x00"},
		{string(appendStartPing(nil, 7, 5)), "\x01\x07\x05\x00\x00\x00"},
		{string(appendCompletePing(nil, 7)), "\x02\x07"},
	} {
		if v.got != v.want {
			t.Errorf("got %x, want %x", v.got, v.want)
		}
	}
}
