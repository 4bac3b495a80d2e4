package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

const (
	startTime    = 20 * time.Second // how long a server may take to be ready
	shutdownTime = 25 * time.Second // how long it may take to log everybody out and end
	storyTime    = 2 * time.Minute  // how long a story may take
)

// config makes leases and lingering short, so that what has to wait for them is quickly seen.
const config = `
[session]
lease = "3s"
renew = "1s"
linger = "3s"

[[region]]
id = "5b8d4c4e-6f0a-4e54-9d3f-0c5a1b7e2d61"
name = "Welcome"
x = 1000
y = 1000

[[region]]
id = "c2f4a8a0-93d7-4a0f-8a5e-7d1e6b3c9f42"
name = "Harbour"
x = 1001
y = 1000
`

// world is a data folder, and the server that runs on it.
type world struct {
	binary, data string
	server       *process
	grid         string // the login URI
}

// user is somebody with an account.
type user struct {
	First    string `json:"first"`
	Last     string `json:"last"`
	Password string `json:"password"`
	Start    string `json:"start"` // where he is to arrive at first
}

// newWorld makes a world and starts its server. What the server prints is shown when the test has failed.
func newWorld(t *testing.T, binary string) *world {
	w := &world{binary: binary, data: t.TempDir()}
	if err := os.WriteFile(filepath.Join(w.data, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start(t)
	return w
}

// anAddress is the login URI in the line that the server prints when it is ready.
var anAddress = regexp.MustCompile(`http://127\.0\.0\.1:[1-9][0-9]*/`)

// start starts the server and waits until it is ready.
func (w *world) start(t *testing.T) {
	t.Helper()
	w.server = start(t, exec.Command(w.binary, "serve", "--data", w.data, "--listen", "127.0.0.1:0", "--udp-port", "0"))
	server := w.server
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server printed:\n%s", server.printed.text())
		}
	})
	w.server.line(t, startTime, func(line string) bool {
		w.grid = anAddress.FindString(line)
		return w.grid != ""
	})
}

// shutDown asks the server to stop, and waits until it has.
func (w *world) shutDown(t *testing.T) {
	t.Helper()
	w.server.signal(t, syscall.SIGTERM)
	if err := w.server.end(shutdownTime); err != nil {
		t.Errorf("the server was asked to stop: %v", err)
	}
}

// users makes accounts while the server runs, of a family that has a spot of the region for itself: who
// walks there, to the east, walks into nobody.
func (w *world) users(t *testing.T, family string, spot int, firsts ...string) []user {
	t.Helper()
	made := make([]user, len(firsts))
	for i, first := range firsts {
		u := user{
			First: first, Last: family, Password: "secret of " + first,
			Start: fmt.Sprintf("uri:Welcome&%d&%d&30", 100+14*(spot%4), 110+12*(spot/4)+4*i),
		}
		run(t, startTime, exec.Command(w.binary, "user", "create", u.First, u.Last, "--password", u.Password, "--data", w.data))
		made[i] = u
	}
	return made
}

// told is what a story is given.
type told struct {
	Grid   string          `json:"grid"`
	Users  []user          `json:"users"`
	Places json.RawMessage `json:"places,omitempty"` // where the users were, as a story before has said it
}

// play begins a story of users of this world.
func (w *world) play(t *testing.T, script string, with told) *story {
	t.Helper()
	with.Grid = w.grid
	argument, err := json.Marshal(with)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join("stories", script+".mjs"), string(argument))
	// The story ends when this end of the pipe is closed, with this process at the latest.
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	return &story{start(t, cmd)}
}

// story is one being played.
type story struct{ *process }

// says waits until the story lets know of an event, and gives one of its facts.
func (s *story) says(t *testing.T, event, fact string) json.RawMessage {
	t.Helper()
	var line map[string]json.RawMessage
	s.line(t, storyTime, func(text string) bool {
		line = nil
		// The library prints what it likes, too.
		return json.Unmarshal([]byte(text), &line) == nil && string(line["event"]) == fmt.Sprintf("%q", event)
	})
	return line[fact]
}

// endsWell waits for the end of the story.
func (s *story) endsWell(t *testing.T) {
	t.Helper()
	if err := s.end(storyTime); err != nil {
		t.Errorf("%v:\n%s", err, s.printed.text())
	}
}
