package caps

import (
	"context"
	"errors"
	"sync"
	"time"

	"terrane/wire/llsd"
)

const (
	// queueBound is how many events wait for a viewer that does not ask. One that is so far behind has
	// lost its way: Push says so, and its session ends as too slow.
	queueBound = 1024
	// Hold is how long a request without events is held. Viewers take the 502 that follows for "no
	// events"; node-metaverse pauses when the answer comes before 30 s.
	Hold = 35 * time.Second
)

// ErrQueueFull says that a viewer has not asked for its events for too long.
var ErrQueueFull = errors.New("event queue is full")

// Answer is what a poll of an event queue ends with.
type Answer int

// The answers.
const (
	Events   Answer = iota // the reply's events, or none when the queue is being closed
	Nothing                // 502: nothing happened while the request was held
	Replaced               // 502: a newer request took this one's place
	NotThere               // 404: the session has ended
	CutOff                 // nobody is there to answer: the connection broke
)

// Reply is one answer with events, kept until the viewer has acknowledged its id.
type Reply struct {
	ID     int
	Events llsd.Array
}

// Queue is the event queue of one session in one region. A reply that was lost on the way is given
// again until a request acknowledges it; order is kept.
type Queue struct {
	mu       sync.Mutex
	waiting  llsd.Array // at most queueBound
	sent     *Reply     // not acknowledged yet
	next     int        // id of the next reply
	held     chan Answer
	closing  bool // the session has ended: nothing more will come
	closed   bool // its circuit is gone too
	lastPoll time.Time
}

// NewQueue is an empty queue.
func NewQueue() *Queue { return &Queue{next: 1} }

// Push adds an event. It never waits; ErrQueueFull means that the session should end.
func (q *Queue) Push(message string, body llsd.Map) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closing {
		return nil
	}
	if len(q.waiting) >= queueBound {
		return ErrQueueFull
	}
	q.waiting = append(q.waiting, llsd.Map{"message": message, "body": body})
	q.wake(Events)
	return nil
}

// wake ends the request that is held, if there is one. mu is held.
func (q *Queue) wake(a Answer) {
	if q.held != nil {
		q.held <- a // room for one, and only the one who takes it from q.held sends
		q.held = nil
	}
}

// Poll is one request: ack is the id of the last reply that the viewer has, 0 when it has none. It is
// held until something happens. done is the viewer's last request.
func (q *Queue) Poll(ctx context.Context, ack int, done bool) (Reply, Answer) {
	q.mu.Lock()
	q.lastPoll = time.Now()
	if q.closed {
		q.mu.Unlock()
		return Reply{}, NotThere
	}
	if q.sent != nil && ack == q.sent.ID {
		q.sent = nil
	}
	if q.sent != nil || len(q.waiting) > 0 || done {
		defer q.mu.Unlock()
		return q.reply(), Events
	}
	q.wake(Replaced)
	held := make(chan Answer, 1)
	q.held = held
	q.mu.Unlock()

	timeout := time.NewTimer(Hold)
	defer timeout.Stop()
	answer := Nothing
	select {
	case answer = <-held:
	case <-timeout.C:
	case <-ctx.Done():
		answer = CutOff
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held == held {
		q.held = nil
	}
	if answer != Events {
		return Reply{}, answer
	}
	return q.reply(), Events
}

// reply is the reply that is not acknowledged yet, or a new one of what waits. mu is held.
func (q *Queue) reply() Reply {
	if q.sent == nil && len(q.waiting) == 0 {
		return Reply{ID: q.next} // nothing that could be lost
	}
	if q.sent == nil {
		q.sent = &Reply{ID: q.next, Events: q.waiting}
		q.next++
		q.waiting = nil
	}
	return *q.sent
}

// Len is how many events wait to be sent.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Finish ends the queue's life: the request that is held is answered with what is left, and nothing is
// added any more.
func (q *Queue) Finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closing = true
	q.wake(Events)
}

// Close ends the queue: every request from now on is NotThere.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closing, q.closed = true, true
	q.waiting, q.sent = nil, nil
	q.wake(NotThere)
}

// Idle is for how long no viewer has asked; a request that is held counts as asking now. Before the
// first request it is 0.
func (q *Queue) Idle(now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held != nil || q.lastPoll.IsZero() {
		return 0
	}
	return now.Sub(q.lastPoll)
}
