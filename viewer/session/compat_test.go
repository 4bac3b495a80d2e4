package session

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terrane/viewer/caps"
	"terrane/wire/message"
)

var update = flag.Bool("update", false, "write docs/compat.md anew")

const compatFile = "../../docs/compat.md"

func TestCompatDocumentIsFresh(t *testing.T) {
	want := compat(t)
	if *update {
		if err := os.MkdirAll(filepath.Dir(compatFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(compatFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(compatFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("docs/compat.md is stale: go test ./viewer/session -run TestCompatDocumentIsFresh -update")
	}
}

// Every edge case and invariant of the protocol reference has a test that says so in its name, or stands
// in the document as not there yet, with the reason.
func TestEveryEdgeCaseHasATestOrAReason(t *testing.T) {
	tested := testNames(t)
	for n := 1; n <= 32; n++ {
		check(t, tested, fmt.Sprintf("E%d", n), notYetCases[n])
	}
	for n := 1; n <= 41; n++ {
		check(t, tested, fmt.Sprintf("Invariant%d", n), notYetInvariants[n])
	}
}

func check(t *testing.T, tested map[string]bool, name, notYet string) {
	t.Helper()
	switch {
	case !tested[name] && notYet == "":
		t.Errorf("%s has neither a test Test%s… nor a reason why not yet", name, name)
	case tested[name] && notYet != "" && !strings.HasPrefix(notYet, "partly"):
		t.Errorf("%s has a test, and a reason why it has none", name)
	}
}

// testNames are the numbers in the names of the project's tests: TestE5…, TestInvariant27….
func testNames(t *testing.T) map[string]bool {
	numbered := regexp.MustCompile(`func Test[A-Za-z0-9_]*?((?:E|Invariant)\d+(?:_(?:E|Invariant)?\d+)*)_?[A-Z(]`)
	found := make(map[string]bool)
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range numbered.FindAllSubmatch(text, -1) {
			for _, name := range strings.Split(string(m[1]), "_") {
				found[name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func compat(t *testing.T) []byte {
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# What terrane speaks")
	p("")
	p("Generated from the code by `go test ./viewer/session -run TestCompatDocumentIsFresh -update`.")
	p("")
	sent := sentMessages(t)
	var handled, taken, waiting, unsent, inner []string
	for info := range message.All() {
		r, ok := routes[info.ID]
		switch {
		case ok && reflect.ValueOf(r.handler).Pointer() == reflect.ValueOf(ignore).Pointer():
			taken = append(taken, info.Name)
		case ok, circuitMessages[info.Name]:
			handled = append(handled, info.Name)
		case info.Sender&message.Viewer != 0 && !info.Trusted:
			waiting = append(waiting, info.Name)
		case slices.Contains(sent, info.Name):
		case info.Sender&message.Region != 0:
			unsent = append(unsent, info.Name)
		default:
			inner = append(inner, info.Name)
		}
	}
	list := func(title, what string, names []string) {
		p("## %s (%d)", title, len(names))
		p("")
		p("%s", what)
		p("")
		slices.Sort(names)
		p("%s", wrap(strings.Join(names, ", ")))
		p("")
	}
	list("Messages from viewers that are handled", "Each in its phase of the session, and so often at most, as the routing table says.", handled)
	list("Messages from viewers that are taken and need no answer", "They are acknowledged; nothing more is due, or not yet.", taken)
	list("Messages to viewers that are sent", "By UDP. Through the event queue: EnableSimulator, EstablishAgentCommunication, ParcelProperties.", sent)
	list("Messages from viewers that nothing answers yet", "They are acknowledged and counted (`terrane_unhandled_messages_total`).", waiting)
	list("Messages to viewers that are not sent yet", "What they tell of is not there yet, or goes through the event queue.", unsent)
	list("Messages between the servers of a grid", "They are parsed and written, and refused from viewers: grids of the family speak HTTP instead.", inner)
	list("Capabilities", "Granted to whoever asks for them.", caps.Names())
	list("Capabilities that viewers ask for and that are not there yet", "They are absent from the seed's answer, and viewers do without.", notYetCapabilities())
	p("## Edge cases of logout without a test of their own yet")
	p("")
	notYet(p, "E", notYetCases)
	p("## Invariants without a test of their own yet")
	p("")
	notYet(p, "", notYetInvariants)
	return bytes.TrimRight(b.Bytes(), "\n")
}

func notYet(p func(string, ...any), prefix string, why map[int]string) {
	p("| | why |")
	p("| --- | --- |")
	var numbers []int
	for n := range why {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		p("| %s%d | %s |", prefix, n, why[n])
	}
	p("")
}

// notYetCapabilities are those that viewers ask for and that are not granted.
func notYetCapabilities() []string {
	granted := caps.Names()
	var names []string
	for _, name := range strings.Fields(askedFor) {
		if !slices.Contains(granted, name) {
			names = append(names, name)
		}
	}
	return names
}

// circuitMessages are handled by the circuit itself.
var circuitMessages = map[string]bool{"PacketAck": true, "StartPingCheck": true, "CompletePingCheck": true}

// sentMessages are the messages that this package makes, read from its own source.
func sentMessages(t *testing.T) []string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{"PacketAck": true, "StartPingCheck": true, "CompletePingCheck": true, "ImprovedTerseObjectUpdate": true, "ObjectUpdate": true}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if sel, ok := lit.Type.(*ast.SelectorExpr); ok && fmt.Sprint(sel.X) == "message" {
				made[sel.Sel.Name] = true
			}
			return true
		})
	}
	var names []string
	for info := range message.All() {
		if made[info.Name] {
			names = append(names, info.Name)
		}
	}
	return names
}

// wrap breaks a text into lines of a hundred letters.
func wrap(text string) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Fields(text) {
		if i > 0 && length+len(word) > 100 {
			b.WriteByte('\n')
			length = 0
		} else if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		length += len(word) + 1
	}
	return b.String()
}
