// Package e2e plays what users live through with a viewer library that others wrote,
// @caspertech/node-metaverse, against the real server. The stories are the scripts in stories/.
package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// library is there when the packages of package-lock.json are installed.
const library = "node_modules/.package-lock.json"

// TestMain skips the stories where they cannot be played, unless they are demanded.
func TestMain(m *testing.M) {
	flag.Parse()
	if lacking := lacking(); lacking != "" && !demanded() {
		fmt.Printf("skipped: the end-to-end stories, for want of %s; \"make e2e\" plays them\n", lacking)
		// Of a skipped test "go test ./..." shows nothing. Of one that is not run it shows "[no tests to run]".
		if err := flag.Set("test.run", "^$"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// demanded reports whether what is lacking is a failure.
func demanded() bool { return os.Getenv("TERRANE_E2E") != "" || os.Getenv("CI") == "true" }

// lacking is what is not there of what the stories need; empty when all is.
func lacking() string {
	if _, err := exec.LookPath("node"); err != nil {
		return "Node.js"
	}
	if _, err := os.Stat(library); err != nil {
		return "the viewer library"
	}
	return ""
}

// install installs the viewer library if it is not there.
func install(t *testing.T) {
	if _, err := os.Stat(library); err == nil {
		return
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("the end-to-end stories need Node.js 20.19 or newer, with npm: %v", err)
		}
	}
	run(t, 5*time.Minute, exec.Command("npm", "ci"))
}

// build builds the server as its users have it, and gives the path of the binary.
func build(t *testing.T) string {
	binary := filepath.Join(t.TempDir(), "terrane")
	cmd := exec.Command("go", "build", "-o", binary, "terrane/cmd/terrane")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	run(t, 5*time.Minute, cmd)
	return binary
}

// look looks at every folder of the checkout. The go command remembers what a test has looked at, and
// shows a pass from the cache only while all of it is as it was: it knows nothing of what is built and run.
func look(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		switch entry.Name() {
		case ".git", "node_modules", "terrane-data":
			return fs.SkipDir
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// run runs a command to its end, which must be a good one, and gives what it printed.
func run(t *testing.T, within time.Duration, cmd *exec.Cmd) string {
	t.Helper()
	p := start(t, cmd)
	if err := p.end(within); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, p.printed.text())
	}
	return p.printed.text()
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
	for next := 0; ; {
		lines, more := p.printed.lines(next)
		for _, line := range lines {
			if fits(line) {
				return
			}
		}
		next += len(lines)
		select {
		case <-more:
		case <-p.done:
			t.Fatalf("%v ended: %v\n%s", p.cmd.Args, p.err, p.printed.text())
		case <-ctx.Done():
			t.Fatalf("%v did not print what was expected within %v, but:\n%s", p.cmd.Args, within, p.printed.text())
		}
	}
}
