package agent

import (
	"runtime"
	"sync"
)

// faults are what goes wrong with the steps of the processes that share a runner. Nothing does unless a
// test says so.
type faults struct {
	mu       sync.Mutex // guards all
	instead  map[string]func() error
	followed map[string]func()
	death    string          // the step at which the process dies
	grave    <-chan struct{} // where its goroutines stay; nil while it lives
	w        *world
	tries    int // since somebody asked
}

// at has do run before a step; its error takes the place of the step's own run.
func (f *faults) at(kind, step string, do func() error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.instead == nil {
		f.instead = make(map[string]func() error)
	}
	f.instead[kind+": "+step] = do
}

// behind has do run after a step has been run.
func (f *faults) behind(kind, step string, do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.followed == nil {
		f.followed = make(map[string]func())
	}
	f.followed[kind+": "+step] = do
}

// mend lets everything go well from now on.
func (f *faults) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instead, f.followed = nil, nil
}

// dieAt has the process die before or after a step: from then on no step does anything any more.
func (f *faults) dieAt(w *world, when, kind, step string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.w, f.death = w, when+" "+kind+": "+step
}

// die kills the process now.
func (f *faults) die(w *world) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.grave = w.Context().Done()
}

func (f *faults) dead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.grave != nil
}

// reach is called whenever a step is come to. Who is dead goes no further.
func (f *faults) reach(what string) {
	f.mu.Lock()
	if f.death == what {
		f.grave = f.w.Context().Done()
	}
	grave := f.grave
	f.mu.Unlock()
	if grave != nil {
		<-grave
		runtime.Goexit()
	}
}

// lately is how many tries of steps there were since it was last asked.
func (f *faults) lately() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.tries
	f.tries = 0
	return n
}

func (f *faults) before(kind, step string) error {
	f.reach("before " + kind + ": " + step)
	f.mu.Lock()
	do := f.instead[kind+": "+step]
	f.tries++
	f.mu.Unlock()
	if do == nil {
		return nil
	}
	return do()
}

func (f *faults) after(kind, step string) {
	f.reach("after " + kind + ": " + step)
	f.mu.Lock()
	do := f.followed[kind+": "+step]
	f.mu.Unlock()
	if do != nil {
		do()
	}
}

// The ways in which a step goes wrong.
func (w *world) fails() error  { return errBroken }
func (w *world) panics() error { panic("no") }

// hangs ignores its context, until the test ends.
func (w *world) hangs() error {
	<-w.Context().Done()
	runtime.Goexit()
	return nil
}
