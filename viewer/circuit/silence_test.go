package circuit

import (
	"errors"
	"testing"
	"time"
)

// silentAfter passes time until the peer is found silent, at most ten minutes.
func silentAfter(r *rig) time.Duration {
	start := r.now
	r.err = nil
	for r.now.Sub(start) < 10*time.Minute {
		r.pass(100 * time.Millisecond)
		if errors.Is(r.err, ErrSilent) {
			return r.now.Sub(start)
		}
	}
	return 0
}

func TestInvariant12_Silence(t *testing.T) {
	for _, v := range []struct {
		name   string
		before func(*rig)
		want   time.Duration
	}{
		{"never heard", func(*rig) {}, Silence},
		{"heard", func(r *rig) { r.pass(50 * time.Second); r.hear(0, 1, chat) }, Silence},
		{"heard by its acks", func(r *rig) { r.pass(50 * time.Second); r.hear(0, 1, "\xff\xff\xff\xfb\x00") }, Silence},
		{"paused", func(r *rig) { r.Pause(1) }, PausedSilence},
		{"paused and resumed", func(r *rig) { r.Pause(1); r.Resume(2) }, Silence},
		{"resumed before it paused", func(r *rig) { r.Resume(2); r.Pause(1) }, Silence},
		{"paused again", func(r *rig) { r.Pause(1); r.Resume(2); r.Pause(3); r.Resume(2) }, PausedSilence},
		{"paused twice by a resend", func(r *rig) { r.Pause(1); r.Resume(2); r.Pause(1) }, Silence},
		{"serials that wrap", func(r *rig) { r.Resume(1<<32 - 1); r.Pause(0) }, PausedSilence},
		{"suspected", func(r *rig) { r.pass(30 * time.Second); r.Suspect(15*time.Second, r.now) }, 15 * time.Second},
		{"suspected, then more so", func(r *rig) {
			r.Suspect(15*time.Second, r.now)
			r.Suspect(5*time.Second, r.now)
			r.Suspect(15*time.Second, r.now)
		}, 5 * time.Second},
		{"suspected late", func(r *rig) { r.pass(50 * time.Second); r.Suspect(15*time.Second, r.now) }, 10 * time.Second},
		{"suspected, then heard", func(r *rig) { r.Suspect(15*time.Second, r.now); r.hear(0, 1, chat) }, Silence},
		{"suspected in a pause", func(r *rig) { r.Pause(1); r.Suspect(15*time.Second, r.now) }, PausedSilence},
	} {
		r := newRig(t, Config{})
		v.before(r)
		if got := silentAfter(r); got != v.want {
			t.Errorf("%s: silent after %v, want %v", v.name, got, v.want)
		}
	}
}

func TestSilenceIsConfigured(t *testing.T) {
	r := newRig(t, Config{Silence: 100 * time.Second, PausedSilence: 200 * time.Second})
	if got := silentAfter(r); got != 100*time.Second {
		t.Errorf("silent after %v", got)
	}
	r.hear(0, 1, chat)
	r.Pause(1)
	if got := silentAfter(r); got != 200*time.Second {
		t.Errorf("paused, silent after %v", got)
	}
}

func TestASilentCircuitStillSends(t *testing.T) {
	r := newRig(t, Config{})
	r.pass(Silence)
	r.say(reply, control)
	if out := with(r.flush(), reply); len(out) != 1 || !errors.Is(r.err, ErrSilent) {
		t.Fatalf("sent %d, %v", len(out), r.err)
	}
	r.pass(time.Minute) // asks for no more calls than a living one
	if r.hear(0, 1, chat); !errors.Is(r.err, ErrSilent) {
		t.Fatal(r.err)
	}
	if r.flush(); r.err != nil {
		t.Errorf("heard again, yet %v", r.err)
	}
}

func TestE19_Invariant13_AStallOfTheServerKicksNobody(t *testing.T) {
	r := newRig(t, Config{})
	r.pass(40 * time.Second)
	for range 3 {
		r.now = r.now.Add(5 * time.Minute)
		if r.flush(); r.err != nil {
			t.Fatal(r.err)
		}
	}
	if got := r.SilentFor(r.now); got < 40*time.Second || got > 40*time.Second+3*MaxGap {
		t.Errorf("silent for %v", got)
	}
	if got := silentAfter(r); got == 0 || got > 20*time.Second {
		t.Errorf("after the stalls it takes another %v", got)
	}
}

func TestAStallMakesNoBurstOfResends(t *testing.T) {
	r := newRig(t, Config{})
	r.say(chat, reliable)
	r.flush()
	r.now = r.now.Add(5 * time.Minute)
	if out := with(r.pass(10*time.Millisecond), chat); len(out) != 1 {
		t.Errorf("sent %d times", len(out))
	}
	if got := r.Next().Sub(r.now); got < 900*time.Millisecond || got > time.Second {
		t.Errorf("next after %v", got)
	}
}

func TestAClockThatIsSetBackStandsStill(t *testing.T) {
	r := newRig(t, Config{})
	r.pass(30 * time.Second)
	r.now = r.now.Add(-time.Hour)
	if r.flush(); r.err != nil {
		t.Fatal(r.err)
	}
	if got := r.SilentFor(r.now); got != 30*time.Second {
		t.Errorf("silent for %v", got)
	}
	if got := r.Next().Sub(r.now); got < 0 || got > PingInterval {
		t.Errorf("next after %v", got)
	}
	if got := silentAfter(r); got != 30*time.Second {
		t.Errorf("dead after another %v", got)
	}
}
