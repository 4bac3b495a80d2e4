package circuit

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terrane/wire/packet"
)

// full is a message that fills the MTU, numbered by category.
func full(category Category) string {
	return string([]byte{0x80 + byte(category)}) + strings.Repeat("x", packet.MTU-packet.HeaderSize-1)
}

func TestDefaultThrottles(t *testing.T) {
	want := [ThrottleCategories]float64{6625, 9125, 1750, 1750, 18500, 18500, 10500}
	if got := newRig(t, Config{}).Rates(); got != want {
		t.Fatalf("got %v", got)
	}
}

func TestThrottlesAreWithinWhatTheRegionAllows(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	const kilobyte = 8000 // bits
	for _, v := range []struct {
		name string
		max  int
		bits [ThrottleCategories]float32
		want [ThrottleCategories]float64
	}{
		{"as asked", 0, [7]float32{8 * kilobyte, 9 * kilobyte, 1 * kilobyte, 2 * kilobyte, 30 * kilobyte, 40 * kilobyte, 5 * kilobyte}, [7]float64{8000, 9000, 1000, 2000, 30000, 40000, 5000}},
		{"too little", 0, [7]float32{}, [7]float64{1000, 1000, 50, 50, 1000, 1000, 1000}},
		{"nonsense", 0, [7]float32{nan, -inf, nan, -1, nan, nan, nan}, [7]float64{1000, 1000, 50, 50, 1000, 1000, 1000}},
		{"too much of one", 10_000, [7]float32{0, 0, 0, 0, inf, 0, 0}, [7]float64{1000, 1000, 50, 50, 5900, 1000, 1000}},
		{"too much of two", 10_000, [7]float32{0, 0, 0, 0, 11 * kilobyte, 6 * kilobyte, 0}, [7]float64{1000, 1000, 50, 50, 1000 + 4900.*2/3, 1000 + 4900./3, 1000}},
		{"a limit too low to live with", 1, [7]float32{inf, 0, 0, 0, 0, 0, 0}, [7]float64{1000 + 1150, 1000, 50, 50, 1000, 1000, 1000}},
	} {
		r := newRig(t, Config{MaxRate: v.max})
		r.SetThrottle(0, v.bits)
		for i, got := range r.Rates() {
			if math.Abs(got-v.want[i]) > 0.01 {
				t.Errorf("%s: got %v, want %v", v.name, r.Rates(), v.want)
				break
			}
		}
	}
}

func TestSumOfThrottlesNeverExceedsTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(minMaxRate, 1_000_000).Draw(t, "limit")
		c := New(Config{MaxRate: limit}, dawn)
		var bits [ThrottleCategories]float32
		for i := range bits {
			bits[i] = rapid.Float32().Draw(t, "bits")
		}
		c.SetThrottle(1, bits)
		sum := 0.0
		for i, rate := range c.Rates() {
			if sum += rate; !(rate >= lanes[i].least) {
				t.Fatalf("%v", c.Rates())
			}
		}
		if sum > float64(limit)+0.01 {
			t.Fatalf("%v is %v in all", c.Rates(), sum)
		}
	})
}

func TestAnOlderThrottleIsIgnored(t *testing.T) {
	r := newRig(t, Config{})
	set := func(generation uint32, kilobytes float32) float64 {
		r.SetThrottle(generation, [7]float32{4: kilobytes * 8000})
		return r.Rates()[4]
	}
	for _, v := range []struct {
		generation uint32
		kilobytes  float32
		want       float64
	}{{5, 20, 20000}, {5, 30, 30000}, {4, 40, 30000}, {1<<32 - 1, 40, 30000}, {6, 40, 40000}} {
		if got := set(v.generation, v.kilobytes); got != v.want {
			t.Errorf("generation %d: rate %v, want %v", v.generation, got, v.want)
		}
	}
}

func TestAThrottledCategoryKeepsItsRate(t *testing.T) {
	for _, rate := range []float32{1000, 18500, 200_000} {
		r := newRig(t, Config{})
		r.SetThrottle(0, [7]float32{4: rate * 8})
		bytes := 0
		for range 300 {
			for r.Queued(Task) < 20_000 {
				r.say(full(Task), unreliable)
			}
			for _, s := range with(r.pass(100*time.Millisecond), "\x80") {
				bytes += packet.HeaderSize + len(s.Body)
			}
		}
		most := 30*float64(rate) + float64(rate)*Burst.Seconds() + packet.MTU
		if got := float64(bytes); got > most || got < 30*float64(rate)*0.98-packet.MTU {
			t.Errorf("%v bytes in 30 s at %v", got, rate)
		}
	}
}

func TestAThrottleIsNotWaitedForInTinySteps(t *testing.T) {
	r := newRig(t, Config{})
	r.SetThrottle(0, [7]float32{4: 600_000 * 8}) // a packet each 2 ms
	for range MaxQueueBytes/packet.MTU - 1 {
		r.say(full(Task), unreliable)
	}
	if r.pass(time.Second); r.calls > int(time.Second/pace)+1 || r.calls < 100 {
		t.Errorf("Flush was asked for %d times in a second", r.calls)
	}
}

func TestTheBurstIsShort(t *testing.T) {
	r := newRig(t, Config{})
	r.SetThrottle(0, [7]float32{4: 240_000 * 8}) // two packets in 10 ms
	r.pass(4 * time.Second)
	for range 100 {
		r.say(full(Task), unreliable)
	}
	if out := with(r.flush(), "\x80"); len(out) != 3 {
		t.Errorf("%d packets at once after a long quiet", len(out))
	}
}

func TestEveryCategoryGetsItsShare(t *testing.T) {
	r := newRig(t, Config{})
	r.SetThrottle(0, [7]float32{})
	for category := range Control {
		for range 100 {
			r.say(full(category), Delivery{Category: category})
		}
	}
	count := map[byte]int{}
	for _, s := range r.pass(48 * time.Second) {
		count[s.Body[0]]++
	}
	for category := range Control {
		want := 41 // 1000 B/s for 48 s, and the one that may always go
		if category == Wind || category == Cloud {
			want = 3 // 50 B/s
		}
		if got := count[0x80+byte(category)]; got < want-1 || got > want {
			t.Errorf("category %d: %d packets, want %d", category, got, want)
		}
	}
}

func TestNoCategoryStarvesWhereAcksAreScarce(t *testing.T) {
	r := newRig(t, Config{})
	r.SetThrottle(0, [7]float32{1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9})
	acked := uint32(0)
	count := map[byte]int{}
	for range 600 {
		for category := range Control {
			if r.Queued(category) < 10_000 {
				r.say(full(category), Delivery{Category: category, Reliable: true})
			}
		}
		for _, s := range r.pass(10 * time.Millisecond) {
			if !s.Flags.Has(packet.Resent) {
				count[s.Body[0]]++
			}
		}
		r.hear(0, 1, chat, acked) // one ack each time opens one place
		acked++
	}
	for category := range Control {
		if got := count[0x80+byte(category)]; got < 90 {
			t.Errorf("category %d: %d packets of %v", category, got, count)
		}
	}
}

func TestResendsHaveTheirOwnThrottle(t *testing.T) {
	r := newRig(t, Config{})
	r.SetThrottle(0, [7]float32{0, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9})
	for range MaxUnacked {
		r.say(full(Task), reliable)
	}
	r.say(reply, reliableControl)
	r.pass(900 * time.Millisecond)
	out := r.pass(20100 * time.Millisecond)
	if got := len(with(out, "\x80")); got < 16 || got > 18 {
		t.Errorf("%d resends of 1200 bytes in 20 s at 1000 B/s", got)
	}
	if got := len(with(out, reply)); got != 21 {
		t.Errorf("Control was sent again %d times", got)
	}
}

func TestInvariant11_AtOneKilobyteASecondTheSessionStillWorks(t *testing.T) {
	r := newRig(t, Config{})
	r.SetThrottle(0, [7]float32{})
	for category := range Control {
		for range MaxQueuePackets {
			if r.Queued(category)+packet.MTU < MaxQueueBytes {
				r.say(full(category), Delivery{Category: category, Reliable: true})
			}
		}
	}
	r.pass(40 * time.Second) // until too much is unacked as well
	_, p := r.hear(packet.Reliable, 9, logout)
	r.AcceptNow(p)
	r.hear(0, 10, "\x01\x07\x00\x00\x00\x00")
	r.say(reply, reliableControl)
	if !r.Next().Equal(r.now) {
		t.Errorf("Flush is asked for only after %v", r.Next().Sub(r.now))
	}
	out := r.flush()
	if len(out) < 3 || len(acknowledged(out[:1])) != 1 || len(with(out[1:2], "\x02\x07")) != 1 || len(with(out[2:3], reply)) != 1 {
		t.Fatalf("sent %v", out)
	}
}

func TestAMessageLongerThanItsRateIsSentAndPaidFor(t *testing.T) {
	r := newRig(t, Config{})
	r.SetThrottle(0, [7]float32{})
	r.say(strings.Repeat("x", 994), Delivery{Category: Wind})
	r.say(strings.Repeat("y", 994), Delivery{Category: Wind})
	r.pass(time.Second)
	out := with(r.pass(30*time.Second), "y")
	if len(out) != 1 || out[0].at < 19*time.Second || out[0].at > 20*time.Second+2*pace {
		t.Fatalf("sent at %v", times(out))
	}
}
