package circuit

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terrane/wire/packet"
)

// weather is what a network does to datagrams.
type weather struct {
	loss, twice float64 // how likely
	lag         time.Duration
	jitter      time.Duration // on top of lag: reorders
}

// flight is a datagram under way.
type flight struct {
	at       time.Time
	to       *end
	datagram []byte
}

type flights []flight

func (f flights) Len() int           { return len(f) }
func (f flights) Less(i, j int) bool { return f[i].at.Before(f[j].at) }
func (f flights) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)        { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any {
	last := len(*f) - 1
	x := (*f)[last]
	*f = (*f)[:last]
	return x
}

// end is a circuit on the network, and what was handled there.
type end struct {
	*Circuit
	far     *end
	refuse  float64 // how likely a reliable packet is not accepted
	handled map[uint32]int
	said    uint32
	err     error
}

// network is two circuits and what is between them, on one fake clock.
type network struct {
	*rand.Rand
	weather
	now  time.Time
	air  flights
	ends [2]*end
}

func newNetwork(seed uint64, w weather, region, viewer Config) *network {
	n := &network{Rand: rand.New(rand.NewPCG(seed, 1)), weather: w, now: dawn}
	for i, cfg := range []Config{region, viewer} {
		n.ends[i] = &end{Circuit: New(cfg, dawn), handled: map[uint32]int{}}
	}
	n.ends[0].far, n.ends[1].far = n.ends[1], n.ends[0]
	return n
}

// numbered is the body of the i-th message of an end.
func numbered(i uint32) []byte { return binary.BigEndian.AppendUint32([]byte("\xff\xff\x00\x50"), i) }

// say sends the next message of an end reliably.
func (n *network) say(e *end, category Category) error {
	e.said++
	return e.Send(numbered(e.said-1), Delivery{Category: category, Reliable: true, ZeroCoded: true})
}

func (n *network) transmit(to *end, datagram []byte) {
	copies := 1
	if n.Float64() < n.twice {
		copies = 2
	}
	for range copies {
		if n.Float64() >= n.loss {
			lag := n.lag + time.Duration(n.Float64()*float64(n.jitter))
			heap.Push(&n.air, flight{n.now.Add(lag), to, bytes.Clone(datagram)})
		}
	}
}

func (n *network) deliver(f flight) {
	p, err := packet.Parse(f.datagram)
	if err != nil {
		panic(err)
	}
	if f.to.Receive(p, n.now) != Fresh || n.Float64() < f.to.refuse {
		return
	}
	f.to.handled[binary.BigEndian.Uint32(p.Body[4:])]++
	if n.IntN(10) == 0 {
		f.to.AcceptNow(p)
	} else {
		f.to.Accept(p)
	}
}

// run lets d go by. Every Flush is at the time Next asked for.
func (n *network) run(d time.Duration) {
	for end := n.now.Add(d); ; {
		next := n.ends[0].Next()
		if at := n.ends[1].Next(); at.Before(next) {
			next = at
		}
		if len(n.air) > 0 && n.air[0].at.Before(next) {
			next = n.air[0].at
		}
		if next.After(end) {
			n.now = end
			return
		}
		n.now = next
		for len(n.air) > 0 && !n.air[0].at.After(n.now) {
			n.deliver(heap.Pop(&n.air).(flight))
		}
		for _, e := range n.ends {
			if !e.Next().After(n.now) {
				e.err = e.Flush(n.now, func(datagram []byte) { n.transmit(e.far, datagram) })
			}
		}
	}
}

// settled reports whether both ends have nothing left to do but to ping.
func (n *network) settled() bool {
	for _, e := range n.ends {
		if s := e.Stats(); s.Queued+s.Unacked+s.AcksOwed > 0 {
			return false
		}
	}
	return true
}

func TestInvariant9_ReliableMessagesAreHandledExactlyOnceInAnyWeather(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := weather{
			loss:   rapid.Float64Range(0, 0.3).Draw(t, "loss"),
			twice:  rapid.Float64Range(0, 0.3).Draw(t, "twice"),
			lag:    time.Duration(rapid.IntRange(0, 500).Draw(t, "lag")) * time.Millisecond,
			jitter: time.Duration(rapid.IntRange(0, 8000).Draw(t, "jitter")) * time.Millisecond,
		}
		first := rapid.OneOf(rapid.Just[uint32](0), rapid.Just[uint32](1), rapid.Uint32Range(1<<24-300, 1<<24-1))
		n := newNetwork(rapid.Uint64().Draw(t, "seed"), w,
			Config{FirstSequence: first.Draw(t, "region's first")},
			Config{FirstSequence: first.Draw(t, "viewer's first"), AppendAcks: rapid.Bool().Draw(t, "appends")},
		)
		for i, e := range n.ends {
			e.refuse = rapid.Float64Range(0, 0.5).Draw(t, "refuse")
			n.ends[i] = e
		}
		for range rapid.IntRange(1, 40).Draw(t, "moments") {
			for _, e := range n.ends {
				for range n.IntN(20) {
					if err := n.say(e, Category(n.IntN(int(categories)))); err != nil {
						t.Fatal(err)
					}
				}
			}
			n.run(time.Duration(n.IntN(2000)) * time.Millisecond)
		}
		for range 100 {
			if n.run(10 * time.Second); n.settled() {
				break
			}
		}
		for i, e := range n.ends {
			if e.err != nil {
				t.Fatalf("end %d: %v", i, e.err)
			}
			for message := range e.far.said {
				if times := e.handled[message]; times != 1 {
					t.Fatalf("end %d handled message %d of %d %d times", i, message, e.far.said, times)
				}
			}
			if len(e.handled) != int(e.far.said) {
				t.Fatalf("end %d handled %d messages of %d", i, len(e.handled), e.far.said)
			}
		}
		if !n.settled() {
			t.Fatalf("never at rest: %+v, %+v", n.ends[0].Stats(), n.ends[1].Stats())
		}
	})
}

func TestAQuietSessionLivesThroughBadWeather(t *testing.T) {
	n := newNetwork(1, weather{loss: 0.3, lag: 100 * time.Millisecond}, Config{}, Config{})
	for range 360 {
		n.run(10 * time.Second)
		for i, e := range n.ends {
			if e.err != nil {
				t.Fatalf("end %d after %v: %v", i, n.now.Sub(dawn), e.err)
			}
		}
	}
	if got := n.ends[0].Stats().Ping; got != 200*time.Millisecond {
		t.Errorf("ping %v", got)
	}
}

func TestBothEndsNoticeWhenTheCableIsPulled(t *testing.T) {
	n := newNetwork(1, weather{lag: 20 * time.Millisecond}, Config{}, Config{Silence: 100 * time.Second})
	n.run(time.Minute)
	n.loss = 1
	n.run(50 * time.Second)
	if n.ends[0].err != nil || n.ends[1].err != nil {
		t.Fatalf("too early: %v, %v", n.ends[0].err, n.ends[1].err)
	}
	n.run(12 * time.Second)
	if n.ends[0].err != ErrSilent || n.ends[1].err != nil {
		t.Fatalf("after a minute: %v, %v", n.ends[0].err, n.ends[1].err)
	}
	n.run(45 * time.Second)
	if n.ends[1].err != ErrSilent {
		t.Fatalf("after 100 s: %v", n.ends[1].err)
	}
}

func TestALogoutIsAckedAndAnsweredOnAThinLine(t *testing.T) {
	n := newNetwork(1, weather{lag: 50 * time.Millisecond}, Config{}, Config{})
	region, viewer := n.ends[0], n.ends[1]
	region.SetThrottle(0, [ThrottleCategories]float32{})
	for range MaxQueuePackets {
		if err := n.say(region, Task); err != nil {
			t.Fatal(err)
		}
	}
	n.run(3 * time.Second)
	if err := n.say(viewer, Control); err != nil {
		t.Fatal(err)
	}
	n.run(50 * time.Millisecond) // it is there
	region.said = 1_000_000
	if err := n.say(region, Control); err != nil {
		t.Fatal(err)
	}
	n.run(50*time.Millisecond + AckDelay)
	if viewer.Stats().Unacked != 0 || viewer.handled[1_000_000] != 1 {
		t.Fatalf("%d unacked, answered %d times", viewer.Stats().Unacked, viewer.handled[1_000_000])
	}
}
