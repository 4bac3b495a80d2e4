package agent

import (
	"context"
	"errors"
	"sync"
)

// laneBound is how many processes of one agent may wait. A viewer that asks for more at once is told
// no; a person does not get there.
const laneBound = 64

// ErrLaneFull says that too many of the agent's processes wait already, ErrLaneClosed that it is leaving.
var (
	ErrLaneFull   = errors.New("too many things at once")
	ErrLaneClosed = errors.New("the session is ending")
)

// Lane runs the processes of one agent one at a time, first in first out, so that a quick hand's
// attach-detach-attach is three processes in a row. It has a goroutine only while there is work.
type Lane struct {
	mu      sync.Mutex
	waiting []func(context.Context) // at most laneBound; more is ErrLaneFull
	running bool
	closed  bool
	idle    chan struct{} // closed when nothing runs; replaced when something does
	ctx     context.Context
	cancel  context.CancelFunc
}

// NewLane is a lane with nothing on it.
func NewLane() *Lane {
	ctx, cancel := context.WithCancel(context.Background())
	idle := make(chan struct{})
	close(idle)
	return &Lane{idle: idle, ctx: ctx, cancel: cancel}
}

// Go runs a process after those that were given before. It does not wait.
func (l *Lane) Go(process func(context.Context)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return ErrLaneClosed
	case len(l.waiting) >= laneBound:
		return ErrLaneFull
	}
	l.waiting = append(l.waiting, process)
	if !l.running {
		l.running = true
		l.idle = make(chan struct{})
		go l.run()
	}
	return nil
}

func (l *Lane) run() {
	for {
		l.mu.Lock()
		if len(l.waiting) == 0 {
			l.running = false
			close(l.idle)
			l.mu.Unlock()
			return
		}
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.mu.Unlock()
		next(l.ctx)
	}
}

// Drain takes no more, forgets what has not begun, and waits for what runs. When ctx ends first, the
// running process's own context ends, and Drain answers with the error of ctx.
func (l *Lane) Drain(ctx context.Context) error {
	l.mu.Lock()
	l.closed, l.waiting = true, nil
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
		l.cancel()
		return nil
	case <-ctx.Done():
		l.cancel()
		return context.Cause(ctx)
	}
}
