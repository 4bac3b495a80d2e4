package node

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"terrane/bot"
	"terrane/console"
)

// The test binary is also the server that its tests kill: with serverEnv set it serves that data folder,
// and with dieEnv it kills itself at the step named there, as kill -9 would.
const (
	serverEnv = "TERRANE_TEST_SERVER"
	dieEnv    = "TERRANE_TEST_DIE_AT" // "kind|step|before" or "kind|step|after"
)

func TestMain(m *testing.M) {
	if data := os.Getenv(serverEnv); data != "" {
		os.Exit(serveForTest(data, os.Getenv(dieEnv)))
	}
	os.Exit(m.Run())
}

func serveForTest(data, dieAt string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	die := func(kind, step, when string) {
		if dieAt == kind+"|"+step+"|"+when {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	listen, udp := "127.0.0.1:0", 0
	w, err := Start(ctx, Options{
		Data: data, Listen: &listen, UDPPort: &udp, Out: io.Discard,
		Before: func(kind, step string) error { die(kind, step, "before"); return nil },
		After:  func(kind, step string) { die(kind, step, "after") },
	})
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("ready", w.LoginURI())
	<-ctx.Done()
	limit, cancel := context.WithTimeout(context.Background(), w.ShutdownTime())
	defer cancel()
	if err := w.Stop(limit); err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	return 0
}

// shortTerms let a test see a lease run out.
const shortTerms = `
[session]
lease = "3s"
renew = "1s"
linger = "300ms"
pending = "2s"
`

// newData is a data folder with short terms and the accounts "Test Ann" and "Test Ben".
func newData(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	c := DefaultConfig()
	var text strings.Builder
	if err := WriteConfig(&text, c); err != nil {
		t.Fatal(err)
	}
	// What the written file says of the section is commented out where it is the default.
	config := strings.Replace(text.String(), "[session]", strings.TrimSpace(shortTerms), 1)
	if err := os.WriteFile(filepath.Join(data, configFile), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	h, done, err := Offline(t.Context(), data, "")
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	client := console.NewClient(console.Local(h))
	for _, last := range []string{"Ann", "Ben"} {
		if _, err := client.CreateUser(t.Context(), console.NewUser{First: "Test", Last: last, Password: "secret"}); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// server is a real process that serves a data folder.
type server struct {
	cmd    *exec.Cmd
	uri    string
	client *console.Client
	data   string
	exited chan error
}

func startServer(t *testing.T, data, dieAt string) *server {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverEnv+"="+data, dieEnv+"="+dieAt)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	uri, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	s := &server{cmd: cmd, uri: uri, data: data, client: console.NewClient(console.Socket(ControlSocket(data))), exited: make(chan error, 1)}
	go func() { s.exited <- cmd.Wait() }()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("log of the server that was to die at %q:\n%s", dieAt, text)
		}
	})
	if !ok {
		t.Fatalf("server says %q (%v)", line, err)
	}
	return s
}

// kill is kill -9, and waits for the end.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.awaitExit()
}

func (s *server) awaitExit() {
	err := <-s.exited
	s.exited <- err
}

func (s *server) login(ctx context.Context, last, start string) (*bot.Bot, error) {
	return bot.Login(ctx, bot.Options{
		LoginURI: s.uri, First: "Test", Last: last, Password: "secret", Start: start, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Timeouts: bot.Timeouts{Logout: 3 * time.Second, Arrival: 5 * time.Second, Circuit: 5 * time.Second, Login: 12 * time.Second},
	})
}

// offline waits until no record says that a user is online, and nothing is owed; it fails after limit.
func (s *server) offline(t *testing.T, last string, limit time.Duration) console.Explanation {
	t.Helper()
	deadline, look := time.After(limit), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for {
		e, err := s.client.Explain(t.Context(), "Test", last)
		if err == nil && e.Lease == nil && len(e.Journal) == 0 && (e.GridUser == nil || !e.GridUser.Online) {
			return e
		}
		select {
		case <-look.C:
		case <-deadline:
			text, _ := json.MarshalIndent(e, "", "  ")
			t.Fatalf("not offline after %v (%v):\n%s", limit, err, text)
		}
	}
}
