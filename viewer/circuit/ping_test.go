package circuit

import (
	"encoding/binary"
	"testing"
	"time"
)

func TestPeerIsPingedEveryFiveSeconds(t *testing.T) {
	r := newRig(t, Config{FirstSequence: 1})
	out := with(r.pass(16*time.Second), "\x01")
	if len(out) != 3 {
		t.Fatalf("pinged at %v", times(out))
	}
	for i, s := range out {
		if s.at != time.Duration(i+1)*PingInterval || s.Body[1] != byte(i) {
			t.Errorf("ping %d at %v", s.Body[1], s.at)
		}
	}
}

func TestPingIsAnsweredAtOnceThoughAllQueuesAreFull(t *testing.T) {
	r := newRig(t, Config{})
	for category := range Control {
		for range MaxQueuePackets {
			r.say(chat, Delivery{Category: category})
		}
	}
	r.pass(time.Second)
	r.hear(0, 1, "\x01\x2a\x00\x00\x00\x00")
	r.hear(0, 2, "\x01\x2a\x00\x00\x00\x00")
	r.hear(0, 3, "\x01\xff\x00\x00\x00\x00")
	if !r.Next().Equal(r.now) {
		t.Errorf("Flush is asked for only after %v", r.Next().Sub(r.now))
	}
	out := with(r.flush(), "\x02")
	if len(out) != 2 || out[0].Body[1] != 0x2a || out[1].Body[1] != 0xff {
		t.Fatalf("answered %v", out)
	}
}

func TestOldestUnackedIsWhatItWasAPingAgo(t *testing.T) {
	r := newRig(t, Config{FirstSequence: 1})
	told := func() uint32 {
		out := with(r.pass(PingInterval), "\x01")
		return binary.LittleEndian.Uint32(out[0].Body[2:])
	}
	r.say(chat, reliable)
	if got := told(); got != 1 { // ping is packet 2
		t.Errorf("at first %d", got)
	}
	if got := told(); got != 1 { // ping is packet 3
		t.Errorf("while it is in flight %d", got)
	}
	r.hear(0, 1, chat, 1)
	if got := told(); got != 1 { // ping is packet 4
		t.Errorf("just after the ack %d", got)
	}
	if got := told(); got != 5 {
		t.Errorf("long after the ack %d", got)
	}
}

func TestPingIsSmoothed(t *testing.T) {
	r := newRig(t, Config{})
	answer := func(id string, took time.Duration) time.Duration {
		r.now = r.now.Add(took)
		r.hear(0, 1, "\x02"+id)
		r.pass(PingInterval - took)
		return r.Stats().Ping
	}
	r.pass(PingInterval)
	if got := answer("\x00", 100*time.Millisecond); got != 100*time.Millisecond {
		t.Errorf("first %v", got)
	}
	if got := answer("\x01", 200*time.Millisecond); got != 120*time.Millisecond {
		t.Errorf("second %v", got)
	}
	if got := answer("\x01", time.Second); got != 120*time.Millisecond {
		t.Errorf("an answer given twice counts: %v", got)
	}
	if got := answer("\x63", time.Second); got != 120*time.Millisecond {
		t.Errorf("an answer to what was not asked counts: %v", got)
	}
	if got := answer("\x02", 120*time.Millisecond); got != (4*120+10_120)*time.Millisecond/5 {
		t.Errorf("a late answer: %v", got)
	}
}

func TestAnAnswerToThePingNotYetSentIsNone(t *testing.T) {
	r := newRig(t, Config{})
	r.pass((pingsKnown + 1) * PingInterval) // none of them answered
	r.hear(0, 1, "\x02"+string([]byte{r.pings.id}))
	r.hear(0, 2, "\x02\x00") // too long ago to be known
	if got := r.Stats().Ping; got != 0 {
		t.Errorf("ping %v", got)
	}
}

func TestPingIDsWrap(t *testing.T) {
	r := newRig(t, Config{})
	r.pass(PingInterval)
	for range 300 {
		r.now = r.now.Add(40 * time.Millisecond)
		r.hear(0, 1, "\x02"+string([]byte{r.pings.id - 1}))
		r.pass(PingInterval - 40*time.Millisecond)
	}
	if got := r.Stats().Ping; got != 40*time.Millisecond {
		t.Fatalf("ping %v", got)
	}
}
