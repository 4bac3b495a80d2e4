package terrane_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rule is one demand on the whole house; find says where it is not met.
type rule struct {
	name string
	find func(*house) []string
}

var rules = []rule{
	{"every package has a place", unplaced},
	{"a room imports what it may", strays},
	{"no room reaches what it must never", reaches},
	{"pure rooms ask no clock", clockCalls},
	{"files stay short", longFiles},
	{"texts name no machine", machinePaths},
}

// house is the checkout as the rules see it.
type house struct {
	packages []*pkg // by path
	texts    []text // every readable file, Go files among them
}

// pkg is one folder with Go files.
type pkg struct {
	path  string // from the root; "." is the root
	files []goFile
}

type goFile struct {
	name    string // from the root
	test    bool
	imports []imported
	clocks  []string // "file:line: time.Now" of each use of a clock; only read in timeless rooms
}

type imported struct {
	path string // of this module: without its name; foreign: as written
	own  bool
	at   string // "file:line"
}

type text struct {
	name string
	body []byte
}

// skipped are folders that hold nothing of ours, wherever they stand.
var skipped = []string{".git", "node_modules", "testdata", "terrane-data"}

var texty = regexp.MustCompile(`(^|/)(Makefile|run|LICENSE|\.git\w+|\.npmrc)$|\.(go|md|mod|sh|js|mjs|json|toml|ya?ml|sql|txt|tmpl)$`)

// readHouse reads the checkout.
func readHouse(checkout fs.FS) (*house, error) {
	h := &house{}
	byPath := map[string]*pkg{}
	err := fs.WalkDir(checkout, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skipped, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !texty.MatchString(name) {
			return nil
		}
		body, err := fs.ReadFile(checkout, name)
		if err != nil {
			return err
		}
		h.texts = append(h.texts, text{name, body})
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := readGo(name, body)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if byPath[dir] == nil {
			byPath[dir] = &pkg{path: dir}
		}
		byPath[dir].files = append(byPath[dir].files, file)
		return nil
	})
	for _, p := range slices.Sorted(maps.Keys(byPath)) {
		h.packages = append(h.packages, byPath[p])
	}
	return h, err
}

func readGo(name string, body []byte) (goFile, error) {
	mode := parser.ImportsOnly
	pure := matchAny(timeless, path.Dir(name))
	if pure {
		mode = parser.SkipObjectResolution
	}
	fset := token.NewFileSet()
	at := func(pos token.Pos) string { return fmt.Sprintf("%s:%d", name, fset.Position(pos).Line) }
	f, err := parser.ParseFile(fset, name, body, mode)
	if err != nil {
		return goFile{}, err
	}
	out := goFile{name: name, test: strings.HasSuffix(name, "_test.go")}
	watched := map[string][]string{} // clock names by what the file calls their package
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return goFile{}, fmt.Errorf("%s: %w", at(spec.Pos()), err)
		}
		if names, ok := clocks[p]; ok && pure {
			local := path.Base(p)
			if spec.Name != nil {
				local = spec.Name.Name
			}
			if local == "." {
				out.clocks = append(out.clocks, at(spec.Pos())+`: import . "`+p+`"`)
			}
			watched[local] = names
		}
		own := p == module || strings.HasPrefix(p, module+"/")
		if own {
			p = path.Clean(strings.TrimPrefix(strings.TrimPrefix(p, module), "/"))
		}
		out.imports = append(out.imports, imported{p, own, at(spec.Pos())})
	}
	if pure {
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(watched[x.Name], sel.Sel.Name) {
					out.clocks = append(out.clocks, at(sel.Pos())+": "+x.Name+"."+sel.Sel.Name)
				}
			}
			return true
		})
	}
	return out, nil
}

// match reports whether a pattern covers a path: "*" is any one name, a last "**" the folder before it
// and all below.
func match(pattern, p string) bool {
	if roof, ok := strings.CutSuffix(pattern, "/**"); ok {
		return p == roof || strings.HasPrefix(p, roof+"/")
	}
	ok, err := path.Match(pattern, p)
	return err == nil && ok
}

func matchAny(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, p) })
}

// place is the room that a package stands in; an exact path comes before a pattern.
func place(p string) (room, bool) {
	for _, by := range []func(room) bool{
		func(r room) bool { return r.path == p },
		func(r room) bool { return match(r.path, p) },
	} {
		if i := slices.IndexFunc(rooms, by); i >= 0 {
			return rooms[i], true
		}
	}
	return room{}, false
}

func unplaced(h *house) (found []string) {
	for _, p := range h.packages {
		if _, ok := place(p.path); !ok {
			found = append(found, fmt.Sprintf("%s has no place among the rooms of layers_test.go", p.path))
		}
	}
	return found
}

func strays(h *house) (found []string) {
	for _, p := range h.packages {
		r, ok := place(p.path)
		if !ok {
			continue // said by unplaced
		}
		for _, f := range p.files {
			for _, i := range f.imports {
				switch {
				case !i.own || matchAny(r.may, i.path):
				case f.test && (i.path == p.path || i.path == "geom" || matchAny(r.tests, i.path)):
				default:
					found = append(found, fmt.Sprintf("%s: %s may not import %s", i.at, p.path, i.path))
				}
			}
		}
	}
	return found
}

func reaches(h *house) (found []string) {
	for _, b := range bans {
		for _, p := range h.packages {
			if !match(b.from, p.path) || p.path == b.spare {
				continue
			}
			found = append(found, h.reach(p, b)...)
			if b.tests {
				found = append(found, testReach(p, b)...)
			}
		}
	}
	return found
}

// reach walks from p through the imports of this module, nearest first, and reports each banned path
// once, with the way that leads to it.
func (h *house) reach(p *pkg, b ban) (found []string) {
	type way struct {
		to    *pkg
		names []string
	}
	queue, seen := []way{{p, []string{p.path}}}, map[string]bool{p.path: true}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, f := range at.to.files {
			for _, i := range f.imports {
				if f.test || seen[i.path] {
					continue
				}
				seen[i.path] = true
				names := append(slices.Clone(at.names), i.path)
				if matchAny(b.to, i.path) {
					found = append(found, fmt.Sprintf("%s: %s must never reach %s (%s): %s",
						i.at, p.path, i.path, strings.Join(names, " > "), b.because))
				}
				if next := h.find(i); next != nil {
					queue = append(queue, way{next, names})
				}
			}
		}
	}
	return found
}

func testReach(p *pkg, b ban) (found []string) {
	for _, f := range p.files {
		for _, i := range f.imports {
			if f.test && matchAny(b.to, i.path) {
				found = append(found, fmt.Sprintf("%s: tests of %s must not import %s: %s", i.at, p.path, i.path, b.because))
			}
		}
	}
	return found
}

// find is the package behind an import of this module, or nil.
func (h *house) find(i imported) *pkg {
	if !i.own {
		return nil
	}
	for _, p := range h.packages {
		if p.path == i.path {
			return p
		}
	}
	return nil
}

func clockCalls(h *house) (found []string) {
	for _, p := range h.packages {
		for _, f := range p.files {
			for _, use := range f.clocks {
				found = append(found, use+": time is an argument here")
			}
		}
	}
	return found
}

// generated is the mark that the go command knows generated files by.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func longFiles(h *house) (found []string) {
	for _, t := range h.texts {
		if !strings.HasSuffix(t.name, ".go") || strings.HasSuffix(t.name, "_test.go") {
			continue
		}
		if strings.HasSuffix(t.name, "_gen.go") && generated.Match(t.body) {
			continue
		}
		if n := bytes.Count(t.body, []byte("\n")); n > maxLines {
			found = append(found, fmt.Sprintf("%s has %d lines, more than %d: split it by subject", t.name, n, maxLines))
		}
	}
	return found
}

// machinePath finds what means something on one machine only: its folders of work, of users, of root.
var machinePath = regexp.MustCompile(`(^|[^\w.])(/(work|root)/|/(home|Users)/\w|[A-Z]:\\Users\\)`)

func machinePaths(h *house) (found []string) {
	for _, t := range h.texts {
		lines := bufio.NewScanner(bytes.NewReader(t.body))
		lines.Buffer(nil, len(t.body)+1)
		for n := 1; lines.Scan(); n++ {
			if machinePath.Match(lines.Bytes()) {
				found = append(found, fmt.Sprintf("%s:%d names a path of one machine", t.name, n))
			}
		}
	}
	return found
}
