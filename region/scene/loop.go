package scene

import (
	"context"
	"runtime/debug"
	"time"
)

// Run is the region's loop. It handles visits when they arrive and moves the world on the frame, until
// ctx ends; then visits that wait get ErrClosed and Run returns nil. A region runs once: ErrRunning
// says that it did, or that it is being moved by hand.
func (r *Region) Run(ctx context.Context) error {
	if !r.owned.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer r.close()
	tick := time.NewTicker(time.Second / time.Duration(r.cfg.Rate))
	defer tick.Stop()
	last := time.Now()
	frame := func() {
		now := time.Now()
		r.frame(now.Sub(last))
		last = now
	}
	for {
		// What is due goes before visits, or a flood of visits would stop the world.
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			frame()
			continue
		default:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			frame()
		case v := <-r.inbox:
			began := time.Now()
			r.receive(v)
			r.stats.visited(time.Since(began))
		}
	}
}

// Step handles the visits that wait and then moves the world on by one frame of length dt, on the
// caller's goroutine. It is for tests, and panics when Run has been called.
func (r *Region) Step(dt time.Duration) {
	r.own()
	defer r.owned.Store(false)
	for {
		select {
		case v := <-r.inbox:
			r.receive(v)
			continue
		default:
		}
		break
	}
	r.frame(dt)
}

func (r *Region) own() {
	if !r.owned.CompareAndSwap(false, true) {
		panic("scene: a region that runs, or is being moved, was moved by hand")
	}
}

func (r *Region) close() {
	close(r.closed)
	for {
		select {
		case v := <-r.inbox:
			if v.take() && v.answer != nil {
				v.answer <- ErrClosed
			}
		default:
			return
		}
	}
}

// frame moves the world on after a time has passed.
func (r *Region) frame(elapsed time.Duration) {
	dt := min(elapsed, MaxStep)
	began := time.Now()
	moving := r.advance(dt)
	took := time.Since(began)
	r.stats.framed(sample{
		elapsed: elapsed, simulated: dt, took: took, physics: moving,
		frame: r.world.frame, roots: len(r.world.roots), all: len(r.world.order),
	})
	if r.cfg.OnFrame != nil {
		r.cfg.OnFrame(took)
	}
}

// advance is one frame, in this order:
//
//	inputs      what viewers hold down, from their slots
//	timers      what lasts a certain time runs out
//	physics     bodies move as their avatars want
//	animations  how an avatar moved chooses what it shows, and whether it jumps
//	publish     what changed goes to every feed
//
// It returns the time that physics took. A panic ends the frame, not the loop.
func (r *Region) advance(dt time.Duration) (physics time.Duration) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		// What panics in one frame will in the next: only each doubling of the count is told.
		if n := r.stats.panics.Add(1); n&(n-1) == 0 {
			r.cfg.Log.Error("frame panicked", "region", r.cfg.Name, "panic", value, "panics", n, "stack", string(debug.Stack()))
		}
	}()
	w := &r.world
	w.frame++
	w.inputs()
	w.timers(dt)
	began := time.Now()
	w.physics(dt)
	physics = time.Since(began)
	w.animations(dt)
	w.publish()
	return physics
}
