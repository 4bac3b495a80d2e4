package bot

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// maxRecorded is how many events a Recorder keeps; of more it forgets the older half.
const maxRecorded = 1 << 16

// Recorder keeps events until somebody asks whether they came. The zero value is ready; its Take is an
// Options.Event.
type Recorder struct {
	mu     sync.Mutex
	events []Event
	more   chan struct{} // closed when one is added; nil while nobody waits
}

// Take records an event.
func (r *Recorder) Take(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == maxRecorded {
		r.events = slices.Delete(r.events, 0, maxRecorded/2)
	}
	r.events = append(r.events, e)
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

// All is what was recorded, in the order it came.
func (r *Recorder) All() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Forget forgets what was recorded.
func (r *Recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = nil
}

// snapshot is what was recorded, and a channel that is closed when there is more.
func (r *Recorder) snapshot() ([]Event, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.more == nil {
		r.more = make(chan struct{})
	}
	return slices.Clone(r.events), r.more
}

// Await returns the first recorded event of type E that match says yes to, be it there already or still
// to come. A nil match takes any. The error is that of ctx.
func Await[E Event](ctx context.Context, r *Recorder, match func(E) bool) (E, error) {
	for {
		events, more := r.snapshot()
		for _, e := range events {
			if e, ok := e.(E); ok && (match == nil || match(e)) {
				return e, nil
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			var none E
			return none, fmt.Errorf("bot: no %T among %d events: %w", none, len(events), ctx.Err())
		}
	}
}

// Recorded are the recorded events of type E.
func Recorded[E Event](r *Recorder) []E {
	var all []E
	for _, e := range r.All() {
		if e, ok := e.(E); ok {
			all = append(all, e)
		}
	}
	return all
}
