package scene

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Feed is where one presence hears what happens in the region: the loop appends, one reader takes. The
// loop never waits for the reader.
type Feed struct {
	awake chan struct{} // of one: a lost wake-up is a wake-up already there

	mu      sync.Mutex               // held to append and to swap, never across a call
	picture *atomic.Pointer[Picture] // guarded by mu, as are those below; nil before the arrival
	// frames are at most MaxFrames. Beyond, all are dropped and the reader starts afresh from the whole.
	frames [][]*State
	stale  bool
	urgent bool // somebody has left since the reader last took
	// events are at most MaxEvents. Beyond, the oldest chat is dropped.
	events  []Event
	dropped uint64

	// What follows is the reader's alone.
	takenFrames [][]*State
	takenEvents []Event
	changes     []Change
	index       map[uint32]int // of an object in changes, by local id
	since       uint64         // frames up to here are in the whole that was taken last
}

// Change is an object of which something changed, some frames together.
type Change struct {
	State *State // the newest
	Kind  Kind   // all that changed: State.Kind is that of the newest alone
}

// Batch is what happened since the reader last took. It is valid until it takes again; the States, the
// Events and the Picture in it remain.
type Batch struct {
	// Whole, when not nil, replaces all that the reader knew: its first batch, and every time it was too
	// slow. What is not in it is not in the region.
	Whole *Picture
	// Changes come after Whole, each object once, in the order in which they first changed. What came
	// and went between two batches is left out.
	Changes []Change
	Events  []Event // in the order in which they happened
}

// NewFeed makes a feed for one presence.
func NewFeed() *Feed {
	return &Feed{awake: make(chan struct{}, 1), index: map[uint32]int{}}
}

// C has a value when there may be something to take.
func (f *Feed) C() <-chan struct{} { return f.awake }

// Show takes what changed in one frame. It is called on the region's loop: it only appends. A feed whose
// reader is MaxFrames behind is marked stale instead, and its reader starts afresh from the whole.
func (f *Feed) Show(changed []*State) {
	f.mu.Lock()
	f.urgent = f.urgent || len(changed) > 0 && changed[0].Kind&Gone != 0 // they come first
	switch {
	case f.stale: // the whole will have it
	case len(f.frames) < MaxFrames:
		f.frames = append(f.frames, changed)
	default:
		clear(f.frames)
		f.frames, f.stale = f.frames[:0], true
	}
	f.mu.Unlock()
	f.wake()
}

// Urgent reports whether there is something to take that should not wait: somebody has left.
func (f *Feed) Urgent() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.urgent
}

// Tell appends an event. When MaxEvents wait already, the oldest chat is dropped and counted; when none
// of them is chat, e itself if it is chat, or else the oldest event.
func (f *Feed) Tell(e Event) {
	f.mu.Lock()
	if len(f.events) >= MaxEvents {
		f.dropped++
		i := slices.IndexFunc(f.events, isChat)
		if i < 0 && isChat(e) {
			f.mu.Unlock()
			return
		}
		f.events = slices.Delete(f.events, max(i, 0), max(i, 0)+1)
	}
	f.events = append(f.events, e)
	f.mu.Unlock()
	f.wake()
}

// Dropped is how many events were dropped because nobody took them.
func (f *Feed) Dropped() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped
}

// Take is all that happened since the last time, merged by object. Only one goroutine may take.
func (f *Feed) Take() Batch {
	clear(f.takenFrames)
	clear(f.takenEvents)
	f.mu.Lock()
	f.frames, f.takenFrames = f.takenFrames[:0], f.frames
	f.events, f.takenEvents = f.takenEvents[:0], f.events
	f.urgent = false
	var whole *Picture
	if f.stale {
		whole, f.stale = f.picture.Load(), false
	}
	f.mu.Unlock()
	if whole != nil {
		f.since = whole.Frame
	}
	return Batch{Whole: whole, Changes: f.merge(f.takenFrames), Events: f.takenEvents}
}

// attach binds the feed to a region. Its first batch begins with the whole.
func (f *Feed) attach(p *atomic.Pointer[Picture]) {
	f.mu.Lock()
	f.picture, f.stale = p, true
	f.mu.Unlock()
	f.wake()
}

// merge makes one Change of all that the frames have of an object.
func (f *Feed) merge(frames [][]*State) []Change {
	clear(f.index)
	clear(f.changes)
	f.changes = f.changes[:0]
	for _, frame := range frames {
		for _, s := range frame {
			if s.Frame <= f.since {
				break
			}
			f.add(s)
		}
	}
	f.changes = slices.DeleteFunc(f.changes, func(c Change) bool { return c.Kind == 0 })
	return f.changes
}

func (f *Feed) add(s *State) {
	i, known := f.index[s.LocalID]
	if !known {
		f.index[s.LocalID] = len(f.changes)
		f.changes = append(f.changes, Change{State: s, Kind: s.Kind})
		return
	}
	c := &f.changes[i]
	switch {
	case s.Kind&Gone == 0:
		c.Kind |= s.Kind
	case c.Kind&Entered != 0:
		c.Kind = 0 // the reader never knew it
	default:
		c.Kind = Gone
	}
	c.State = s
}

func (f *Feed) wake() {
	select {
	case f.awake <- struct{}{}:
	default:
	}
}

func isChat(e Event) bool {
	_, chat := e.(*ChatHeard)
	return chat
}
