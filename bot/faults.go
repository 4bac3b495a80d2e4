package bot

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Faults is what a Relay does to the datagrams that go one way. The zero value does nothing to them.
type Faults struct {
	Loss      float64 // the share, 0 to 1, that does not arrive
	Duplicate float64 // the share, of those that arrive, that arrives twice
	Reorder   float64 // the share that is held back for Back longer than the others

	Delay  time.Duration // how long every datagram is held
	Jitter time.Duration // and up to how much longer
	Back   time.Duration // 20 ms when 0
}

// defaultBack lets what was sent within a few frames overtake a datagram that is held back.
const defaultBack = 20 * time.Millisecond

// fate decides about one datagram: how often it arrives, and how long each copy is held.
func (f *Faults) fate(random *rand.Rand) (held [2]time.Duration, copies int) {
	// Every datagram takes as many numbers, so that one decision does not change the others.
	lost, doubled, back := random.Float64() < f.Loss, random.Float64() < f.Duplicate, random.Float64() < f.Reorder
	for i := range held {
		held[i] = f.Delay + time.Duration(random.Float64()*float64(f.Jitter))
	}
	if back {
		wait := f.Back
		if wait == 0 {
			wait = defaultBack
		}
		held[0] += wait
	}
	switch {
	case lost:
		return held, 0
	case doubled:
		return held, 2
	}
	return held, 1
}

// maxHeld is how many datagrams a Relay holds at once; what comes beyond that is lost, as in a router.
const maxHeld = 1 << 14

// line holds datagrams until their time has come. Its goroutine runs run.
type line struct {
	wake chan struct{} // room for one

	mu   sync.Mutex
	held heldHeap // no more than maxHeld
	next uint64   // number of the next datagram
}

// held is one datagram on its way.
type held struct {
	due    time.Time
	number uint64 // of two that are due together the older goes first
	data   []byte
	send   func([]byte)
}

func newLine() *line { return &line{wake: make(chan struct{}, 1)} }

// hold takes a copy of data, which send is given when it is due. It returns false when the line is full.
func (l *line) hold(due time.Time, data []byte, send func([]byte)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) >= maxHeld {
		return false
	}
	heap.Push(&l.held, held{due, l.next, append([]byte(nil), data...), send})
	if l.held[0].number == l.next {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	l.next++
	return true
}

// run sends what is due until ctx ends.
func (l *line) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		for d, ok := l.take(time.Now()); ok; d, ok = l.take(time.Now()) {
			d.send(d.data)
		}
		timer.Reset(l.wait(time.Now()))
		select {
		case <-timer.C:
		case <-l.wake:
		case <-ctx.Done():
			return
		}
	}
}

// take removes the first datagram if it is due.
func (l *line) take(now time.Time) (held, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 || l.held[0].due.After(now) {
		return held{}, false
	}
	return heap.Pop(&l.held).(held), true
}

// wait is how long the first one is to be held yet.
func (l *line) wait(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 {
		return time.Hour
	}
	return l.held[0].due.Sub(now)
}

type heldHeap []held

func (h heldHeap) Len() int      { return len(h) }
func (h heldHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h heldHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].number < h[j].number
	}
	return h[i].due.Before(h[j].due)
}

func (h *heldHeap) Push(x any) { *h = append(*h, x.(held)) }

func (h *heldHeap) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	(*h)[last] = held{}
	*h = (*h)[:last]
	return d
}
