// Package e2e plays what users live through with a viewer library that others wrote,
// @caspertech/node-metaverse, against the real server. The stories are the scripts in stories/; of one that
// fails all that the library and the server printed is shown.
//
// "make e2e" plays them all, and this plays one:
//
//	TERRANE_E2E=1 go test -count=1 -v -run TestStories/of_users/friends ./e2e
package e2e

import (
	"errors"
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

// prepare has the viewer library installed if it is not there. Where the stories cannot be played and are
// not demanded, it skips the test.
func prepare(t *testing.T) {
	_, noNode := exec.LookPath("node")
	_, noLibrary := os.Stat(library)
	demanded := os.Getenv("TERRANE_E2E") != "" || os.Getenv("CI") == "true"
	switch {
	case demanded && noNode != nil:
		t.Fatalf("the end-to-end stories need Node.js 20.19 or newer, with npm: %v", noNode)
	case demanded && noLibrary != nil:
		run(t, 5*time.Minute, exec.Command("npm", "ci"))
	case noNode != nil:
		skip(t, "Node.js is not installed")
	case noLibrary != nil:
		skip(t, "the viewer library is not installed")
	}
}

// skip skips the test so that it is seen. Of a test that is skipped "go test ./..." shows nothing, but of
// these words it makes "[no tests to run]".
func skip(t *testing.T, why string) {
	if !testing.Verbose() {
		fmt.Print("\ntesting: warning: no tests to run\n")
	}
	t.Skipf("the end-to-end stories are not played, %s; \"make e2e\" plays them", why)
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
