package e2e

import (
	"strings"
	"sync"
)

// transcript is what a process has printed so far. It is written to by the process and read by the test.
type transcript struct {
	mu      sync.Mutex // guards all below
	printed strings.Builder
	more    chan struct{} // closed, and made anew, when there is more
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

// Write adds what was printed.
func (tr *transcript) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.printed.Write(p)
	close(tr.more)
	tr.more = make(chan struct{})
	return len(p), nil
}

// text is all that was printed.
func (tr *transcript) text() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.printed.String()
}

// lines are the whole lines from the given one on, counted from 0, and a channel that is closed when more
// has been printed.
func (tr *transcript) lines(from int) ([]string, <-chan struct{}) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	all := strings.Split(tr.printed.String(), "\n")
	return all[min(from, len(all)-1) : len(all)-1], tr.more
}
