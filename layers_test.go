// Package terrane_test holds what is demanded of the whole checkout at once: who may import whom, what
// no room may ever reach, and how long a file may grow. The test reads the files itself; asking the go
// command would leave a cached pass standing after an import was added.
package terrane_test

import (
	"os"
	"strings"
	"testing"
)

// module is the path that import paths of this module begin with.
const module = "terrane"

// room is a place in the house. In its path "*" stands for any one name; in the lists "*" stands for any
// one name and a last "**" for the folder itself and all below it.
type room struct {
	path  string   // the package's folder, from the root of the module
	may   []string // what it may import of this module
	tests []string // what its tests may import besides
}

// worlds is what a test needs to set up services: contracts over a database, and the suites.
var worlds = []string{"geom", "store", "grid", "grid/gridtest", "grid/service/*"}

// rooms is the house, from the top down: a room may only be given what stands below it. A package that
// has no place here fails the test. It says the same as docs/architecture.md.
var rooms = []room{
	{".", nil, nil},
	{"e2e", nil, append([]string{"node", "bot", "console"}, worlds...)},
	{
		"cmd/terrane",
		[]string{"node", "console", "bot", "agent/steps", "grid", "geom"},
		worlds,
	},
	{
		"node",
		[]string{"console", "viewer/*", "agent", "agent/steps", "region/*", "grid", "grid/service/*", "store", "wire/*", "geom"},
		append([]string{"bot"}, worlds...),
	},
	{
		"console",
		[]string{"agent", "agent/steps", "grid", "store", "geom"},
		worlds,
	},
	{
		"bot",
		[]string{"viewer/circuit", "wire/*", "geom"},
		append([]string{"node"}, worlds...),
	},
	{
		"viewer/session",
		[]string{"viewer/caps", "viewer/circuit", "agent", "agent/steps", "region/*", "grid", "wire/*", "geom"},
		append([]string{"bot"}, worlds...),
	},
	{
		"viewer/login",
		[]string{"viewer/caps", "agent", "agent/steps", "grid", "wire/llsd", "wire/xmlrpc", "geom"},
		worlds,
	},
	{
		"viewer/caps",
		[]string{"agent", "agent/steps", "region/*", "grid", "wire/*", "geom"},
		append([]string{"bot"}, worlds...),
	},
	{
		"agent",
		[]string{"agent/steps", "store", "region/*", "grid", "geom"},
		worlds,
	},
	{"agent/steps", []string{"store"}, nil},
	{
		"region/scene",
		[]string{"region/avatar", "region/parcel", "region/physics", "region/terrain", "wire/patch", "wire/prim", "wire/texture", "geom"},
		nil,
	},
	{"region/avatar", []string{"wire/texture", "geom"}, nil},
	{"region/parcel", []string{"geom"}, nil},
	{"region/physics", []string{"region/terrain", "geom"}, nil},
	{"region/terrain", []string{"wire/patch", "geom"}, nil},
	{"grid/gridtest", []string{"grid", "geom"}, worlds},
	{"grid/service/*", []string{"grid", "store", "geom"}, worlds},
	{"grid", []string{"geom"}, nil},
	{"store", nil, nil},
	{"viewer/circuit", []string{"wire/packet"}, []string{"wire/*", "geom"}},
	{"wire/message/gen", nil, []string{"wire/*"}},
	{"wire/message", []string{"geom"}, []string{"wire/*"}},
	{"wire/prim", []string{"wire/texture", "geom"}, []string{"wire/*"}},
	{"wire/texture", []string{"geom"}, []string{"wire/*"}},
	{"wire/patch", []string{"geom"}, []string{"wire/*"}},
	{"wire/xmlrpc", []string{"wire/llsd", "wire/xmltext", "geom"}, []string{"wire/*"}},
	{"wire/llsd", []string{"wire/xmltext", "geom"}, []string{"wire/*"}},
	{"wire/packet", nil, []string{"wire/*", "geom"}},
	{"wire/xmltext", nil, []string{"wire/*", "geom"}},
	{"geom", nil, nil},
}

// ban is what some rooms must never reach: through packages of this module however indirectly, and of
// foreign packages by an import of their own or of a package of this module that they reach.
type ban struct {
	from    string   // the rooms, as a pattern
	to      []string // patterns of import paths; those of this module without its name
	tests   bool     // also what the tests of these rooms import themselves
	because string
	spare   string // one room that the ban spares
}

// generator writes files when a maintainer runs go generate; no server contains it.
const generator = "wire/message/gen"

var bans = []ban{
	{
		"region/**",
		[]string{"net", "net/http/**", "database/sql/**", "golang.org/x/net/**", "store"},
		false,
		"the region's loop never waits", "",
	},
	{
		"region/**",
		[]string{"wire/message/**", "grid/**", "viewer/**", "agent/**"},
		false,
		"the scene does not know who looks", "",
	},
	{
		"viewer/circuit",
		[]string{"os/**"},
		false,
		"protocol code is pure state", "",
	},
	{
		"viewer/circuit",
		[]string{"net", "net/http/**", "golang.org/x/net/**"},
		true,
		"a circuit does no I/O; its tests need no sockets", "",
	},
	{
		"wire/**",
		[]string{"os/**"},
		false,
		"protocol code is pure state", generator,
	},
	{
		"wire/**",
		[]string{"net", "net/http/**", "golang.org/x/net/**"},
		true,
		"a byte format does no I/O; its tests need no sockets", "",
	},
	{
		"grid",
		[]string{"net/http/**", "database/sql/**"},
		false,
		"a contract does not say how it is reached", "",
	},
	{
		"agent/**",
		[]string{"viewer/**"},
		false,
		"a process is given a link to the viewer, not the session", "",
	},
	{
		"script/lsl",
		[]string{"region/**"},
		false,
		"a language is not a world", "",
	},
	{
		"script/machine",
		[]string{"region/**"},
		false,
		"a language is not a world", "",
	},
}

// timeless are the rooms to which time is an argument, in their tests too. clocks are the names that
// they must not use, by import path.
var (
	timeless = []string{"viewer/circuit", "wire/**"}
	clocks   = map[string][]string{
		"time":    {"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer"},
		"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
	}
)

// maxLines is how long a file may be before it asks to be split by subject. Tests and generated code are
// spared, and nothing else.
const maxLines = 500

func TestHouseRules(t *testing.T) {
	h, err := readHouse(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, finding := range rule.find(h) {
				t.Error(finding)
			}
		})
	}
}

func TestRoomsAreOnlyGivenWhatStandsBelowThem(t *testing.T) {
	for i, r := range rooms {
		for _, pattern := range r.may {
			below := false
			for j, other := range rooms {
				switch {
				case !match(pattern, other.path):
				case j > i:
					below = true
				default:
					t.Errorf("%s may import %s, which stands above it", r.path, other.path)
				}
			}
			if !below {
				t.Errorf("%s may import %s, which is no room", r.path, pattern)
			}
		}
	}
}

// TestArchitecturePageDrawsEveryRoom keeps the drawing honest: who adds a room draws it.
func TestArchitecturePageDrawsEveryRoom(t *testing.T) {
	h, err := readHouse(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range h.packages {
		r, ok := place(p.path)
		if !ok || p.path == "." {
			continue
		}
		r.path = strings.TrimSuffix(r.path, "/*")
		name := r.path[strings.LastIndex(r.path, "/")+1:] + "/"
		if !strings.Contains(string(page), name) {
			t.Errorf("docs/architecture.md does not draw %s", p.path)
		}
	}
}
