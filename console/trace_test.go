package console

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"terrane/agent/steps"

	"github.com/google/uuid"
)

var began = time.Date(2024, 5, 6, 7, 8, 9, 123_456_789, time.UTC)

const (
	us = time.Microsecond
	ms = time.Millisecond
)

func done(name, owner string, after, took time.Duration) *steps.Line {
	return &steps.Line{Name: name, Owner: owner, After: after, Took: took, Tries: 1, Outcome: steps.Done}
}

func failed(name, owner string, after, took time.Duration, tries int, why string) *steps.Line {
	return &steps.Line{Name: name, Owner: owner, After: after, Took: took, Tries: tries, Outcome: steps.Failed, Error: name + ": " + why}
}

func skipped(name, owner string, after time.Duration) *steps.Line {
	return &steps.Line{Name: name, Owner: owner, After: after, Outcome: steps.Skipped}
}

func report(kind, region, detail string, at, took time.Duration, lines ...*steps.Line) *steps.Report {
	r := &steps.Report{
		Kind: kind, Agent: annID, Name: "Ann Lee", Session: sessionID, Region: region, Detail: detail,
		Began: began.Add(at), Took: took, Outcome: steps.Done, Steps: lines,
	}
	for _, l := range lines {
		if l.Outcome == steps.Failed {
			r.Outcome = steps.Failed
		}
	}
	return r
}

// visit is one user's whole visit, with some things going wrong: first a login that is undone, then one
// that succeeds, arrival, a child agent, and a logout during which the avatar service is down.
func visit() []*steps.Report {
	refused := report("login", "", "last", 0, 22*ms,
		skipped("end the old session", "regions", 0),
		done("begin the session", "presence", 12*us, 1234*us),
		done("read the inventory", "inventory", 1300*us, 4*ms),
		done("read the friends", "friends", 1301*us, 1*ms),
		done("find where to", "grid user", 1302*us, 2*ms),
		done("read the looks", "avatar", 5400*us, 800*us),
		failed("announce the agent", "region", 6300*us, 15*ms, 1, "Welcome: full; try <Harbour> #2"),
		done("undo: announce the agent", "region", 21400*us, 3*us),
		done("undo: begin the session", "presence", 21500*us, 412*us),
	)
	refused.Error = "announce the agent: Welcome: full; try <Harbour> #2"
	return []*steps.Report{
		refused,
		report("login", "", "uri:Welcome&128&128&22", 5*time.Second, 31*ms,
			done("end the old session", "regions", 0, 7*ms),
			done("begin the session", "presence", 7*ms, 1200*us),
			done("read the inventory", "inventory", 8200*us, 6*ms),
			done("read the friends", "friends", 8201*us, 1*ms),
			done("find where to", "grid user", 8202*us, 2*ms),
			done("read the looks", "avatar", 14300*us, 800*us),
			done("announce the agent", "region", 15200*us, 11*ms),
			done("grid user: logged in", "grid user", 26300*us, 4*ms),
		),
		report("arrival", "Welcome", "", 6*time.Second, 18*ms,
			done("take ownership", "presence", 0, 5*ms),
			done("open the journal's row", "journal", 5*ms, 6*ms),
			done("remember the place", "grid user", 11*ms, 4*ms),
			done("tell friends", "friends", 15*ms, 3*ms),
		),
		report("children", "Welcome", "", 7*time.Second, 9*ms,
			done("open child agent in Harbour", "neighbours", 0, 9*ms),
		),
		report("logout", "Welcome", "quit", time.Minute, 15021*ms,
			done("answer the viewer", "viewer", 0, 15*us),
			done("let running processes finish", "lane", 20*us, 4*us),
			done("take the agent out of the scene", "region", 30*us, 9*ms),
			done("write the departure to the journal", "journal", 9100*us, 5*ms),
			failed("save the looks", "avatar", 14*ms, 5*time.Second, 1, "took longer than 5s: unavailable"),
			&steps.Line{Name: "close child agents", Owner: "neighbours", After: 14001 * us, Took: 53 * ms, Tries: 2, Outcome: steps.Done},
			done("grid user: logged out", "grid user", 5014*ms, 4*ms),
			done("presence: logged out", "presence", 5018*ms, 1*ms),
			done("tell friends", "friends", 5019*ms, 2*ms),
			skipped("strike it from the journal", "journal", 5021*ms),
			done("linger, then nothing is left", "viewer", 5021*ms, 10*time.Second),
		),
	}
}

func text(t *testing.T, write func(*strings.Builder) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTraceAsText(t *testing.T) {
	golden(t, "trace.txt", text(t, func(b *strings.Builder) error { return WriteTraceText(b, visit()) }))
}

func TestTraceAsJSONIsExact(t *testing.T) {
	got := text(t, func(b *strings.Builder) error { return WriteTraceJSON(b, visit()) })
	golden(t, "trace.json", got)
	var back []*steps.Report
	if err := json.Unmarshal([]byte(got), &back); err != nil {
		t.Fatal(err)
	}
	if again := text(t, func(b *strings.Builder) error { return WriteTraceJSON(b, back) }); again != got {
		t.Error("what was read back is not what was written")
	}
	if none := text(t, func(b *strings.Builder) error { return WriteTraceJSON(b, nil) }); none != "[]\n" {
		t.Errorf("of no reports: %q", none)
	}
}

func TestTraceAsMermaid(t *testing.T) {
	golden(t, "trace.mmd", text(t, func(b *strings.Builder) error { return WriteTraceMermaid(b, visit()) }))
}

// TestEveryWayOutIsDrawnWithItsOwnMessages: what the viewer is told depends on why the session ends.
func TestEveryWayOutIsDrawnWithItsOwnMessages(t *testing.T) {
	for detail, want := range map[string]string{
		"quit": "LogoutReply", "kicked": "KickUser", "region down": "KickUser", "closed": "DisableSimulator",
	} {
		r := report("logout", "Welcome", detail, 0, ms, done("answer the viewer", "viewer", 0, us))
		got := text(t, func(b *strings.Builder) error { return WriteTraceMermaid(b, []*steps.Report{r}) })
		if !strings.Contains(got, "Region-->>Viewer: "+want+" (+0s, 1µs)\n") {
			t.Errorf("%s:\n%s", detail, got)
		}
		if asked := strings.Contains(got, "Viewer->>Region: LogoutRequest\n"); asked != (detail == "quit") {
			t.Errorf("%s: LogoutRequest drawn: %v", detail, asked)
		}
	}
}

func TestALapseIsTheGridsAndAnUnknownStepItsOwners(t *testing.T) {
	r := report("lapse", "", "lease ran out", 0, ms,
		done("presence: logged out", "presence", 0, us), done("sweep", "journal", us, us), done("think", "somebody", us, us))
	r.Outcome, r.Steps[2].Outcome, r.Took = steps.Running, steps.Running, 0
	golden(t, "lapse.txt", text(t, func(b *strings.Builder) error { return WriteTraceText(b, []*steps.Report{r}) }))
	golden(t, "lapse.mmd", text(t, func(b *strings.Builder) error { return WriteTraceMermaid(b, []*steps.Report{r}) }))
}

func TestReportsAreOfOneAgentOrTheLast(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		if got, err := r.Trace(t.Context(), "", 0); err != nil || len(got) != 0 {
			t.Errorf("of none: %v, %v", got, err)
		}
		for i := range 10 {
			p := report("login", "", strconv.Itoa(i), 0, ms)
			if i%2 == 1 {
				p.Agent, p.Name = uuid.New(), "Bob Roe"
			}
			r.admin.Reports.Add(p)
		}
		for _, c := range []struct {
			agent string
			last  int
			want  string
		}{
			{"", 0, "0123456789"},
			{"", 3, "789"},
			{"  ann   LEE ", 0, "02468"},
			{"Bob Roe", 2, "79"},
			{annID.String(), 1, "8"},
			{"Nobody", 0, ""},
			{"Ann Lee", 100, "02468"},
		} {
			reports, err := r.Trace(t.Context(), c.agent, c.last)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, p := range reports {
				got += p.Detail
			}
			if got != c.want {
				t.Errorf("last %d of %q: %s, want %s", c.last, c.agent, got, c.want)
			}
		}
		_, err := r.Trace(t.Context(), "", -1)
		says(t, err, http.StatusBadRequest, `"-1" is no number`)
	})
}

// TestEveryStepOfAnAgentHasItsMessages reads the processes themselves: a step that is added there needs a
// line in messages, or is drawn without the protocol's names.
func TestEveryStepOfAnAgentHasItsMessages(t *testing.T) {
	names := stepNames(t, "../agent")
	if len(names) < 20 {
		t.Fatalf("only %d steps were found: %q", len(names), names)
	}
	for _, name := range names {
		r := &steps.Report{Kind: "logout", Detail: "quit"}
		first := arrowsOf(r, name, "nobody")[0]
		if _, known := messages[name]; !known && (first.text == name || first.to == partyRegion) {
			t.Errorf("step %q has no messages", name)
		}
	}
}

// stepNames are the names of all steps.Step literals in a folder; of one that is put together, the
// constant beginning.
func stepNames(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	consts := map[string]string{}
	var found []ast.Expr
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) {
						if lit, ok := n.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
							consts[name.Name], _ = strconv.Unquote(lit.Value)
						}
					}
				}
			case *ast.CompositeLit:
				if name := fieldOfStep(n, "Name"); name != nil {
					found = append(found, name)
				}
			}
			return true
		})
	}
	var names []string
	for _, e := range found {
		if sum, ok := e.(*ast.BinaryExpr); ok {
			e = sum.X
		}
		switch e := e.(type) {
		case *ast.BasicLit:
			name, err := strconv.Unquote(e.Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		case *ast.Ident:
			names = append(names, consts[e.Name])
		}
	}
	return names
}

func fieldOfStep(lit *ast.CompositeLit, field string) ast.Expr {
	typ, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || typ.Sel.Name != "Step" {
		return nil
	}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == field {
				return kv.Value
			}
		}
	}
	return nil
}

// FuzzTraceIsSafeOnATerminalAndInADiagram: what came from outside neither obeys a terminal nor breaks a
// line, whatever it is.
func FuzzTraceIsSafeOnATerminalAndInADiagram(f *testing.F) {
	f.Add("Ann Lee", "uri:Welcome&1&2&3", "full; #1")
	f.Add("\x1b[31mred", "a\nend\nparticipant X", "\u202e\u2028<script>")
	f.Fuzz(func(t *testing.T, name, detail, why string) {
		r := report("login", "Welcome", detail, 0, ms, done("begin the session", "presence", 0, us), failed("announce the agent", "region", us, us, 1, why))
		r.Name, r.Error = name, why
		all := []*steps.Report{r}
		table := text(t, func(b *strings.Builder) error { return WriteTraceText(b, all) })
		if n := strings.Count(table, "\n"); n > 6 {
			t.Errorf("%d lines:\n%s", n, table)
		}
		drawn := text(t, func(b *strings.Builder) error { return WriteTraceMermaid(b, all) })
		if n := strings.Count(drawn, "\n"); n != 12 {
			t.Errorf("%d lines:\n%s", n, drawn)
		}
		for _, r := range table + drawn {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%U is shown", r)
			}
		}
	})
}
