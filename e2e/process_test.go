package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// run runs a command to its end, which must be a good one.
func run(t *testing.T, within time.Duration, cmd *exec.Cmd) {
	t.Helper()
	p := start(t, cmd)
	if err := p.end(within); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, p.printed.text())
	}
}

// process is a program under test. It is ended when the test ends, by its id, and waited for.
type process struct {
	cmd     *exec.Cmd
	printed *transcript
	done    chan struct{} // closed when it has ended; err is set then
	err     error
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, printed: newTranscript(), done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.printed, p.printed
	cmd.WaitDelay = 5 * time.Second // for what a killed process's own children still print
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.kill)
	return p
}

// end waits until the process has ended, and is its error, or one that says that it took too long.
func (p *process) end(within time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(within):
		p.kill()
		return fmt.Errorf("not ended within %v", within)
	}
}

// signal sends a signal to a process that has to be there.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%v: %v\n%s", p.cmd.Args, err, p.printed.text())
	}
}

// kill ends the process if it has not ended yet.
func (p *process) kill() {
	// One that has just ended by itself is as good.
	_ = p.cmd.Process.Kill()
	<-p.done
}

// line waits for a line that the process prints. It fails the test when the process ends first, or takes
// too long.
func (p *process) line(t *testing.T, within time.Duration, fits func(string) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ended := false
	for next := 0; ; {
		lines, more := p.printed.lines(next)
		for _, line := range lines {
			if fits(line) {
				return
			}
		}
		next += len(lines)
		if ended {
			t.Fatalf("%v ended: %v\n%s", p.cmd.Args, p.err, p.printed.text())
		}
		select {
		case <-more:
		case <-p.done:
			ended = true // after what it printed last
		case <-ctx.Done():
			t.Fatalf("%v did not print what was expected within %v, but:\n%s", p.cmd.Args, within, p.printed.text())
		}
	}
}
