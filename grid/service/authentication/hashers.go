package authentication

import (
	"context"
	"errors"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// atOnce is how many slow hashes are computed at once: each takes a core and 19 MiB.
	atOnce = 2
	// inLine is how many calls may wait for their turn. Who comes when the line is full is sent away at once,
	// since he would wait for seconds.
	inLine = 256
	// smallHeap is the live memory, in bytes, below which what a hash leaves behind is worth giving back at
	// once. Above it the garbage collector's own pace is good enough, and a collection is dear.
	smallHeap = 128 << 20
)

// errCrowded says that the line is full.
var errCrowded = errors.New("too many passwords are being checked")

// hashers lets few hash at once.
type hashers struct {
	line  chan struct{} // of inLine: who waits or hashes
	turns chan struct{} // of atOnce: who hashes
}

func newHashers() *hashers {
	return &hashers{line: make(chan struct{}, inLine), turns: make(chan struct{}, atOnce)}
}

// do calls fn, which hashes, when it is its turn, or answers with ctx's error or errCrowded.
func (h *hashers) do(ctx context.Context, fn func() error) error {
	select {
	case h.line <- struct{}{}:
		defer func() { <-h.line }()
	default:
		return errCrowded
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := fn()
	if len(h.line) == 1 {
		giveBack()
	}
	return err
}

// giveBack returns the memory of past hashes to the system. Left alone, a few logins would make a small
// server's process many times as large, for minutes.
func giveBack() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Uint64() < smallHeap {
		debug.FreeOSMemory()
	}
}
