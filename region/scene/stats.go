package scene

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stats is how a region is doing. Times and rates are those of the last full second; before one has
// passed they are zero, and TimeDilation is 1.
type Stats struct {
	Frames   uint64 // since the region was made
	Roots    int    // presences with an avatar
	Children int    // presences that only look
	// Refused counts offered visits that found the inbox full, Panics the panics in visits and frames.
	Refused, Panics uint64

	FramesPerSecond float32
	// TimeDilation is how much time passed in the world for each second that passed outside: 1, or less
	// when frames were late by more than MaxStep.
	TimeDilation float32
	FrameTime    time.Duration // mean of a frame
	PhysicsTime  time.Duration // mean of a frame's physics, part of FrameTime
	VisitTime    time.Duration // mean time for visits, for each frame
	SpareTime    time.Duration // mean time in which the loop had nothing to do, for each frame
}

// Stats is how the region is doing now.
func (r *Region) Stats() Stats {
	s := r.stats.snapshot()
	s.Refused, s.Panics = r.stats.refused.Load(), r.stats.panics.Load()
	return s
}

// statistics collects what Stats shows.
type statistics struct {
	refused, panics atomic.Uint64

	mu  sync.Mutex // held to copy, never across a call
	now Stats      // guarded by mu

	sum second // the loop's alone
}

// second sums up frames until a second is full.
type second struct {
	frames                                      int
	elapsed, simulated, took, physics, visiting time.Duration
}

// sample is one frame.
type sample struct {
	elapsed   time.Duration // since the frame before
	simulated time.Duration // by which the world went on
	took      time.Duration
	physics   time.Duration
	frame     uint64
	roots     int
	all       int
}

func (s *statistics) begin() { s.now.TimeDilation = 1 }

func (s *statistics) snapshot() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *statistics) visited(took time.Duration) { s.sum.visiting += took }

func (s *statistics) framed(f sample) {
	sum := &s.sum
	sum.frames++
	sum.elapsed += f.elapsed
	sum.simulated += f.simulated
	sum.took += f.took
	sum.physics += f.physics

	s.mu.Lock()
	s.now.Frames, s.now.Roots, s.now.Children = f.frame, f.roots, f.all-f.roots
	if sum.elapsed >= time.Second {
		s.now.conclude(*sum)
		*sum = second{}
	}
	s.mu.Unlock()
}

func (s *Stats) conclude(sum second) {
	n := time.Duration(sum.frames)
	s.FramesPerSecond = float32(float64(sum.frames) / sum.elapsed.Seconds())
	s.TimeDilation = float32(sum.simulated.Seconds() / sum.elapsed.Seconds())
	s.FrameTime = sum.took / n
	s.PhysicsTime = sum.physics / n
	s.VisitTime = sum.visiting / n
	s.SpareTime = max(0, (sum.elapsed-sum.took-sum.visiting)/n)
}
