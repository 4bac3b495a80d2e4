package circuit

import (
	"errors"
	"slices"
	"testing"
	"time"

	"terrane/wire/packet"
)

// times is when the packets of all were sent.
func times(all []sent) []time.Duration {
	var at []time.Duration
	for _, s := range all {
		at = append(at, s.at)
	}
	return at
}

func TestInvariant10_ResendsKeepTheirNumberAndAreMarked(t *testing.T) {
	r := newRig(t, Config{FirstSequence: 41})
	r.say(chat, Delivery{Reliable: true, ZeroCoded: true})
	out := with(r.pass(4*time.Second), chat)
	if got := times(out); !slices.Equal(got, []time.Duration{0, 1e9, 2e9, 3e9, 4e9}) {
		t.Fatalf("sent at %v", got)
	}
	for i, s := range out {
		if s.Sequence != 41 || !s.Flags.Has(packet.Reliable) || s.Flags.Has(packet.Resent) != (i > 0) {
			t.Errorf("%d: sequence %d, flags %#x", i, s.Sequence, s.Flags)
		}
	}
	r.hear(0, 1, "\xff\xff\xff\xfb\x01\x29\x00\x00\x00")
	if out := with(r.pass(time.Minute-time.Second), chat); out != nil {
		t.Errorf("sent %v after the ack", out)
	}
}

func TestResendsFollowThePing(t *testing.T) {
	for _, v := range []struct{ ping, want time.Duration }{
		{time.Millisecond, MinResend},
		{100 * time.Millisecond, 500 * time.Millisecond},
		{2 * time.Second, MaxResend},
	} {
		r := newRig(t, Config{})
		r.pass(PingInterval)
		r.now = r.now.Add(v.ping)
		r.hear(0, 1, "\x02\x00")
		r.say(chat, reliable)
		out := with(r.pass(2*v.want+pace), chat)
		if len(out) != 3 || out[1].at-out[0].at != v.want || out[2].at-out[1].at != v.want {
			t.Errorf("ping %v: sent at %v", v.ping, times(out))
		}
	}
}

func TestInvariant10_ARegionSendsAgainUntilTheCircuitEnds(t *testing.T) {
	r := newRig(t, Config{})
	r.say(chat, reliable)
	if out := with(r.pass(Silence), chat); len(out) != 61 {
		t.Fatalf("sent %d times in a minute", len(out))
	}
}

func TestAViewerGivesUp(t *testing.T) {
	r := newRig(t, Config{Tries: 4})
	r.say(chat, reliable)
	if out := with(r.pass(Silence), chat); len(out) != 4 {
		t.Fatalf("sent %d times", len(out))
	}
	if s := r.Stats(); s.Lost != 1 || s.Unacked != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestLogoutReplyHasItsOwnTimes(t *testing.T) {
	schedule := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
	r := newRig(t, Config{})
	r.now = r.now.Add(300 * time.Millisecond)
	r.say(reply, Delivery{Category: Control, Reliable: true, Resend: schedule})
	want := []time.Duration{300e6, 800e6, 1300e6, 2300e6, 3300e6, 4300e6}
	if got := times(with(r.pass(4*time.Second), reply)); !slices.Equal(got, want) {
		t.Fatalf("sent at %v, want %v", got, want)
	}
	r.hear(0, 1, logout, 0)
	if out := with(r.pass(20*time.Second), reply); out != nil {
		t.Fatalf("sent at %v after the ack", times(out))
	}
}

func TestAScheduleMissedIsNotMadeUpForAtOnce(t *testing.T) {
	r := newRig(t, Config{})
	r.say(reply, Delivery{Category: Control, Reliable: true, Resend: []time.Duration{0, 1, 2, 3}})
	r.flush()
	r.now = r.now.Add(900 * time.Millisecond)
	if got := times(with(r.pass(MinResend), reply)); len(got) != 2 {
		t.Fatalf("sent at %v", got)
	}
}

func TestInvariant9_NumbersWrapAt24Bits(t *testing.T) {
	r := newRig(t, Config{FirstSequence: 1<<24 - 2})
	for range 4 {
		r.say(chat, reliable)
	}
	var got []uint32
	for _, s := range r.flush() {
		got = append(got, s.Sequence)
	}
	if want := []uint32{1<<24 - 2, 1<<24 - 1, 0, 1}; !slices.Equal(got, want) {
		t.Fatalf("sequences %v", got)
	}
	r.hear(0, 1, chat, 0, 1<<24-2)
	if oldest := r.inFlight.oldest(2); oldest != 1<<24-1 || r.Stats().Unacked != 2 {
		t.Fatalf("%d unacked, the oldest %d", r.Stats().Unacked, oldest)
	}
	r.hear(0, 2, chat, 1, 1<<24-1)
	if r.Stats().Unacked != 0 {
		t.Fatal("acks across the wrap were not understood")
	}
}

func TestWhoDoesNotKeepUpGetsResendsAndControlAlone(t *testing.T) {
	r := newRig(t, Config{})
	for range 2 * MaxUnacked {
		r.say(chat, reliable)
	}
	r.say("\xffunreliable", Delivery{Category: Wind})
	r.pass(20 * time.Second)
	if s := r.Stats(); s.Unacked != MaxUnacked+1 || s.Resent == 0 {
		t.Fatalf("%+v", s)
	}
	r.say(reply, reliableControl)
	if out := with(r.flush(), reply); len(out) != 1 {
		t.Fatal("Control did not go out")
	}
	r.hear(0, 1, chat, 0, 1, 2, 3)
	if out := r.pass(time.Second); len(with(out, chat)) == 0 {
		t.Fatal("nothing goes on after acks")
	}
}

func TestAPeerThatAcksNothingIsTooSlow(t *testing.T) {
	r := newRig(t, Config{})
	for range MaxInFlight {
		r.say(reply, reliableControl)
	}
	if r.flush(); r.err != nil {
		t.Fatal(r.err)
	}
	r.say(reply, reliableControl)
	if r.flush(); !errors.Is(r.err, ErrTooSlow) || r.Stats().Unacked != MaxInFlight {
		t.Fatalf("%v with %d unacked", r.err, r.Stats().Unacked)
	}
	r.pass(time.Second) // does not spin
}
