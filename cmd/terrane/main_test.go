package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"terrane": main})
}

// TestCommandLine plays the scripts of testdata, each in a folder of its own.
func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":    serveScript,
			"stop":     stopScript,
			"login":    loginScript,
			"sentence": sentenceScript,
		},
		Setup: func(e *testscript.Env) error {
			e.Values[server{}] = &server{}
			return nil
		},
	})
}

// server is the server that a script has started, under itself in the script's values.
type server struct {
	cmd *exec.Cmd
	out *strings.Builder // what it printed from when it was ready until it ended
	end chan struct{}    // closed when out is whole
}

// patience is how long a server may take to come or go, on a machine that does much else.
const patience = 60 * time.Second

// serveScript is "serve [flags]": it starts a server on the folder terrane-data and free ports, and goes on
// when viewers can log in. What the server has printed until then stands in the file ready, its log in the file log.
func serveScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! serve")
	}
	s := ts.Value(server{}).(*server)
	s.cmd = exec.Command("terrane", append([]string{"serve", "--listen", "127.0.0.1:0", "--udp-port", "0"}, args...)...)
	s.cmd.Dir = ts.MkAbs(".")
	log, err := os.Create(ts.MkAbs("log"))
	ts.Check(err)
	defer log.Close()
	s.cmd.Stderr = log
	stdout, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() {
		// It may have ended already, which is as good.
		_ = s.cmd.Process.Kill()
		<-s.end
	})
	s.out, s.end = &strings.Builder{}, make(chan struct{})
	ready := make(chan string, 1)
	go s.read(bufio.NewScanner(stdout), ready)
	select {
	case text := <-ready:
		ts.Check(os.WriteFile(ts.MkAbs("ready"), []byte(text), 0o600))
		if !strings.Contains(text, "ready") {
			ts.Fatalf("the server ended: %s", text)
		}
	case <-time.After(patience):
		ts.Fatalf("the server is not ready after %v", patience)
	}
}

// read tells what the server prints until it is ready, or ends, and keeps what comes after.
func (s *server) read(lines *bufio.Scanner, ready chan<- string) {
	defer close(s.end)
	var before strings.Builder
	for lines.Scan() {
		before.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "ready") {
			break
		}
	}
	ready <- before.String()
	for lines.Scan() {
		s.out.WriteString(lines.Text() + "\n")
	}
}

// stopScript is "[!] stop": it asks the server to stop and waits until it has; with "kill" it gives it no
// chance to.
func stopScript(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(server{}).(*server)
	if s.cmd == nil {
		ts.Fatalf("no server was started")
	}
	signal := syscall.SIGTERM
	if len(args) == 1 && args[0] == "kill" {
		signal = syscall.SIGKILL
	}
	ts.Check(s.cmd.Process.Signal(signal))
	select {
	case <-s.end:
	case <-time.After(patience):
		ts.Fatalf("the server has not ended after %v", patience)
	}
	if err := s.cmd.Wait(); (err != nil) != neg {
		ts.Fatalf("the server ended with %v", err)
	}
	ts.Check(os.WriteFile(ts.MkAbs("stopped"), []byte(s.out.String()), 0o600))
}

// loginScript is "login": it sets LOGIN to the address at which the server said that viewers log in.
func loginScript(ts *testscript.TestScript, _ bool, _ []string) {
	_, at, ok := strings.Cut(ts.ReadFile("ready"), "Viewers log in at ")
	if !ok {
		ts.Fatalf("the server said no address")
	}
	ts.Setenv("LOGIN", strings.TrimSpace(at))
}

// sentenceScript is "sentence": what the last command said to stderr is one line, from terrane, and is no
// stack and no usage.
func sentenceScript(ts *testscript.TestScript, _ bool, _ []string) {
	said := ts.ReadFile("stderr")
	if !strings.HasPrefix(said, "terrane: ") || strings.Count(said, "\n") != 1 || !strings.HasSuffix(said, "\n") {
		ts.Fatalf("not one sentence:\n%s", said)
	}
	for _, word := range []string{"goroutine", "panic", "Usage:"} {
		if strings.Contains(said, word) {
			ts.Fatalf("%q in %s", word, said)
		}
	}
}
