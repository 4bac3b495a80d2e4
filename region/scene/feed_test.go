package scene

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// attached is a feed of a region without avatars, its first whole taken.
func attached() (*Feed, *atomic.Pointer[Picture]) {
	var p atomic.Pointer[Picture]
	p.Store(&Picture{})
	f := NewFeed()
	f.attach(&p)
	f.Take()
	return f, &p
}

func state(frame uint64, id uint32, kind Kind) *State {
	return &State{Frame: frame, LocalID: id, Kind: kind}
}

func TestTheFirstBatchBeginsWithTheWhole(t *testing.T) {
	var p atomic.Pointer[Picture]
	p.Store(&Picture{Frame: 3})
	f := NewFeed()
	if b := f.Take(); b.Whole != nil || len(b.Changes) != 0 {
		t.Errorf("before the arrival: %+v", b)
	}
	f.attach(&p)
	select {
	case <-f.C():
	default:
		t.Error("the reader was not woken")
	}
	if b := f.Take(); b.Whole == nil || b.Whole.Frame != 3 {
		t.Errorf("first: %+v", b)
	}
	if b := f.Take(); b.Whole != nil {
		t.Errorf("second: %+v", b)
	}
}

func TestChangesAreMergedByObject(t *testing.T) {
	f, _ := attached()
	last := state(3, 1, Animation)
	f.Show([]*State{state(1, 1, Entered), state(1, 2, Terse)})
	f.Show([]*State{state(2, 2, Appearance), state(2, 3, Entered)})
	f.Show([]*State{last, state(3, 2, Gone), state(3, 3, Gone), state(3, 4, Terse)})
	b := f.Take()
	if len(b.Changes) != 3 {
		t.Fatalf("%d changes", len(b.Changes))
	}
	if c := b.Changes[0]; c.State != last || c.Kind != Entered|Animation {
		t.Errorf("first object: %+v", c)
	}
	if c := b.Changes[1]; c.State.LocalID != 2 || c.Kind != Gone {
		t.Errorf("second object: %+v", c)
	}
	if c := b.Changes[2]; c.State.LocalID != 4 || c.Kind != Terse {
		t.Errorf("fourth object: %+v: the third came and went", c)
	}
	if b := f.Take(); len(b.Changes) != 0 {
		t.Errorf("taken twice: %+v", b)
	}
}

func TestASlowReaderStartsAfreshFromTheWhole(t *testing.T) {
	f, p := attached()
	for n := range uint64(MaxFrames + 50) {
		s := state(n+1, 1, Terse)
		p.Store(&Picture{Frame: n + 1, States: []*State{s}})
		f.Show([]*State{s})
	}
	b := f.Take()
	if b.Whole == nil || b.Whole.Frame != MaxFrames+50 || len(b.Changes) != 0 {
		t.Fatalf("%+v", b)
	}
	s := state(MaxFrames+51, 1, Terse)
	f.Show([]*State{state(MaxFrames+50, 1, Terse)}) // the whole has it already
	f.Show([]*State{s})
	if b := f.Take(); b.Whole != nil || len(b.Changes) != 1 || b.Changes[0].State != s {
		t.Errorf("afterwards %+v", b)
	}
}

func TestAReaderInTimeIsNeverStale(t *testing.T) {
	f, _ := attached()
	for n := range uint64(MaxFrames) {
		f.Show([]*State{state(n+1, 1, Terse)})
	}
	if b := f.Take(); b.Whole != nil || len(b.Changes) != 1 || b.Changes[0].State.Frame != MaxFrames {
		t.Errorf("%+v", b)
	}
}

func TestEventsComeInOrder(t *testing.T) {
	f, _ := attached()
	f.Tell(&ChatHeard{Text: "a"})
	f.Tell(&Alert{Text: "b"})
	f.Tell(&Kicked{Reason: "c"})
	b := f.Take()
	if got := fmt.Sprintf("%T %T %T", b.Events[0], b.Events[1], b.Events[2]); got != "*scene.ChatHeard *scene.Alert *scene.Kicked" {
		t.Error(got)
	}
	if b := f.Take(); len(b.Events) != 0 {
		t.Errorf("taken twice: %v", b.Events)
	}
}

func TestWhenEventsPileUpTheOldestChatIsDroppedAndCounted(t *testing.T) {
	f, _ := attached()
	f.Tell(&Alert{Text: "first"})
	for n := range MaxEvents + 9 {
		f.Tell(&ChatHeard{Text: fmt.Sprint(n)})
	}
	f.Tell(&Kicked{})
	b := f.Take()
	if len(b.Events) != MaxEvents || f.Dropped() != 11 {
		t.Fatalf("%d events, %d dropped", len(b.Events), f.Dropped())
	}
	if a, ok := b.Events[0].(*Alert); !ok || a.Text != "first" {
		t.Errorf("first: %+v", b.Events[0])
	}
	if c := b.Events[1].(*ChatHeard); c.Text != "11" {
		t.Errorf("oldest chat: %+v", c)
	}
	if _, ok := b.Events[MaxEvents-1].(*Kicked); !ok {
		t.Errorf("last: %+v", b.Events[MaxEvents-1])
	}
}

func TestChatDoesNotDisplaceWhatIsNotChat(t *testing.T) {
	f, _ := attached()
	for n := range MaxEvents {
		f.Tell(&Alert{Text: fmt.Sprint(n)})
	}
	f.Tell(&ChatHeard{})
	f.Tell(&Kicked{})
	b := f.Take()
	if len(b.Events) != MaxEvents || b.Events[0].(*Alert).Text != "1" || f.Dropped() != 2 {
		t.Errorf("%d events from %+v, %d dropped", len(b.Events), b.Events[0], f.Dropped())
	}
	if _, ok := b.Events[MaxEvents-1].(*Kicked); !ok {
		t.Errorf("last: %+v", b.Events[MaxEvents-1])
	}
}

// TestHoweverAReaderReadsItKnowsTheWhole compares what a reader makes of its batches with the picture.
func TestHoweverAReaderReadsItKnowsTheWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t)
		reader := s.look(0, 0)
		known := map[uint32]*State{}
		read := func() {
			b := reader.feed.Take()
			if b.Whole != nil {
				clear(known)
				for _, st := range b.Whole.States {
					known[st.LocalID] = st
				}
			}
			for _, c := range b.Changes {
				old := known[c.State.LocalID]
				switch {
				case c.Kind == Gone && old == nil, c.Kind&Entered != 0 && old != nil, c.Kind&(Entered|Gone) == 0 && old == nil:
					rt.Fatalf("kind %b of an object known as %v", c.Kind, old)
				case c.Kind == Gone:
					delete(known, c.State.LocalID)
				default:
					known[c.State.LocalID] = c.State
				}
			}
		}
		var here []uuid.UUID
		for range rapid.IntRange(1, 40).Draw(rt, "length") {
			switch rapid.IntRange(0, 4).Draw(rt, "act") {
			case 0:
				a := s.enter(100, 100)
				a.hold(walking)
				here = append(here, a.session)
			case 1:
				if len(here) > 0 {
					s.visit(func(tx *Tx) error { tx.Leave(here[0]); return nil })
					here = here[1:]
				}
			case 2:
				read()
			default:
				for range rapid.SampledFrom([]int{1, 2, 200}).Draw(rt, "frames") {
					s.Step(frame)
				}
			}
		}
		s.Step(frame)
		read()
		whole := s.Picture()
		if len(known) != len(whole.States) {
			rt.Fatalf("knows %d of %d", len(known), len(whole.States))
		}
		for _, st := range whole.States {
			if known[st.LocalID] != st {
				rt.Fatalf("knows %+v, is %+v", known[st.LocalID], st)
			}
		}
	})
}

func TestWhoLeavesIsUrgentUntilTaken(t *testing.T) {
	s := newStage(t)
	a, b := s.enter(100, 100), s.enter(102, 100)
	s.pass(frame)
	a.feed.Take()
	if a.feed.Urgent() {
		t.Error("urgent although nobody has left")
	}
	s.visit(func(tx *Tx) error { tx.Leave(b.session); return nil })
	s.pass(frame)
	if !a.feed.Urgent() {
		t.Error("not urgent although somebody has left")
	}
	if a.feed.Take(); a.feed.Urgent() {
		t.Error("still urgent after it was taken")
	}
}
