package terrane_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestEachHouseRuleCanFail puts one fault at a time into a small sound house.
func TestEachHouseRuleCanFail(t *testing.T) {
	long := strings.Repeat("\n", maxLines)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // part of the one finding; empty: there is none
	}{
		{"sound house", nil, ""},
		{
			"package without a place",
			map[string]string{"util/util.go": "package util"},
			"util has no place",
		},
		{
			"package below a room is not in it",
			map[string]string{"grid/service/a/b/b.go": "package b"},
			"grid/service/a/b has no place",
		},
		{
			"package that only holds tests needs a place too",
			map[string]string{"util/util_test.go": "package util"},
			"util has no place",
		},
		{
			"upward import",
			map[string]string{"grid/up.go": `package grid; import _ "terrane/node"`},
			"grid/up.go:1: grid may not import node",
		},
		{
			"import behind a build constraint",
			map[string]string{"grid/up_plan9.go": "//go:build never\n\npackage grid\n\nimport _ \"terrane/node\""},
			"grid/up_plan9.go:5: grid may not import node",
		},
		{
			"service imports its sibling",
			map[string]string{
				"grid/service/b/b.go": `package b; import _ "terrane/grid/service/a"`,
			},
			"grid/service/b may not import grid/service/a",
		},
		{
			"root package may not be imported",
			map[string]string{"grid/root.go": `package grid; import _ "terrane"`},
			"grid may not import .",
		},
		{
			"suite in production code",
			map[string]string{"grid/service/a/s.go": `package a; import _ "terrane/grid/gridtest"`},
			"grid/service/a may not import grid/gridtest",
		},
		{
			"suite in a test is what it is for",
			map[string]string{"grid/service/a/a_test.go": `package a_test; import (_ "terrane/grid/gridtest"; _ "terrane/grid/service/a")`},
			"",
		},
		{
			"test imports what it has no business with",
			map[string]string{"region/scene/x_test.go": `package scene_test; import _ "terrane/store"`},
			"region/scene may not import store",
		},
		{
			"region reaches the net itself",
			map[string]string{"region/parcel/x.go": `package parcel; import _ "net"`},
			"region/parcel must never reach net (region/parcel > net)",
		},
		{
			"region reaches a database through a value",
			map[string]string{
				"geom/x.go":          `package geom; import _ "database/sql/driver"`,
				"region/parcel/x.go": `package parcel; import _ "terrane/geom"`,
			},
			"region/parcel must never reach database/sql/driver (region/parcel > geom > database/sql/driver): the region's loop never waits",
		},
		{
			"region parses an address",
			map[string]string{"region/parcel/x.go": `package parcel; import (_ "net/netip"; _ "net/url")`},
			"",
		},
		{
			"wire opens files",
			map[string]string{"wire/llsd/x.go": `package llsd; import _ "os"`},
			"wire/llsd must never reach os",
		},
		{
			"wire reads test data",
			map[string]string{"wire/llsd/x_test.go": `package llsd; import _ "os"`},
			"",
		},
		{
			"generator writes files",
			map[string]string{"wire/message/gen/main.go": `package main; import _ "os"`},
			"",
		},
		{
			"circuit in a test with a socket",
			map[string]string{"viewer/circuit/x_test.go": `package circuit; import _ "net"`},
			"tests of viewer/circuit must not import net",
		},
		{
			"circuit reaches batched UDP",
			map[string]string{"viewer/circuit/x.go": `package circuit; import _ "golang.org/x/net/ipv4"`},
			"viewer/circuit must never reach golang.org/x/net/ipv4",
		},
		{
			"contract over HTTP",
			map[string]string{"grid/x.go": `package grid; import _ "net/http"`},
			"grid must never reach net/http (grid > net/http): a contract does not say how it is reached",
		},
		{
			"clock asked",
			map[string]string{"wire/packet/x.go": "package packet\nimport \"time\"\nvar x = time.Now()"},
			"wire/packet/x.go:3: time.Now",
		},
		{
			"clock passed on",
			map[string]string{"viewer/circuit/x.go": "package circuit\nimport \"time\"\nvar now = time.Now"},
			"viewer/circuit/x.go:3: time.Now",
		},
		{
			"clock by another name",
			map[string]string{"viewer/circuit/x.go": "package circuit\nimport t \"time\"\nfunc f() { t.Sleep(1) }"},
			"viewer/circuit/x.go:3: t.Sleep",
		},
		{
			"clock without a name",
			map[string]string{"wire/packet/x.go": "package packet\nimport . \"time\"\nvar x = Now()"},
			`wire/packet/x.go:2: import . "time"`,
		},
		{
			"timer in a context",
			map[string]string{"wire/packet/x.go": "package packet\nimport \"context\"\nvar f = context.WithTimeout"},
			"wire/packet/x.go:3: context.WithTimeout",
		},
		{
			"test that sleeps",
			map[string]string{"wire/packet/x_test.go": "package packet\nimport \"time\"\nfunc f() { time.Sleep(1) }"},
			"wire/packet/x_test.go:3: time.Sleep",
		},
		{
			"time as a value",
			map[string]string{"wire/packet/x.go": "package packet\nimport \"time\"\nvar x = time.Unix(0, 0).Add(time.Second)"},
			"",
		},
		{
			"clock where there is one",
			map[string]string{"node/x.go": "package node\nimport \"time\"\nvar x = time.Now()"},
			"",
		},
		{
			"long file",
			map[string]string{"geom/long.go": "package geom\n" + long},
			"geom/long.go has 501 lines",
		},
		{
			"file that is just short enough",
			map[string]string{"geom/long.go": "package geom" + long},
			"",
		},
		{
			"long test",
			map[string]string{"geom/long_test.go": "package geom\n" + long},
			"",
		},
		{
			"long generated file",
			map[string]string{"geom/long_gen.go": "// Code generated by gen; DO NOT EDIT.\n\npackage geom\n" + long},
			"",
		},
		{
			"long file that only pretends to be generated",
			map[string]string{"geom/long_gen.go": "package geom\n" + long},
			"geom/long_gen.go has 501 lines",
		},
		{
			"document that names a machine's folder",
			map[string]string{"docs/a.md": "one\nsee `/wo" + "rk/notes.md`\n"},
			"docs/a.md:2 names a path of one machine",
		},
		{
			"comment that names a user's folder",
			map[string]string{"geom/a.go": "package geom // as in /ho" + "me/ann/terrane"},
			"geom/a.go:1 names a path of one machine",
		},
		{
			"path of an address",
			map[string]string{"docs/a.md": "http://example.org/wo" + "rk/notes.md"},
			"",
		},
		{
			"what is not ours",
			map[string]string{
				"e2e/node_modules/x/x.go": `package x; import _ "terrane/node"`,
				"geom/testdata/x.go":      `package x; import _ "terrane/node"`,
			},
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkout := fstest.MapFS{
				"geom/geom.go":           {Data: []byte("package geom")},
				"grid/grid.go":           {Data: []byte(`package grid; import _ "terrane/geom"`)},
				"grid/service/a/a.go":    {Data: []byte(`package a; import _ "terrane/grid"`)},
				"wire/packet/p.go":       {Data: []byte("package packet")},
				"viewer/circuit/c.go":    {Data: []byte(`package circuit; import _ "terrane/wire/packet"`)},
				"region/scene/s.go":      {Data: []byte(`package scene; import _ "terrane/geom"`)},
				"node/node.go":           {Data: []byte(`package node; import (_ "terrane/grid/service/a"; _ "net/http"; _ "os")`)},
				"docs/page.md":           {Data: []byte("A page.\n")},
				"e2e/node_modules/a.md":  {Data: []byte("Not ours.\n")},
				"wire/packet/p_test.go":  {Data: []byte(`package packet; import _ "testing"`)},
				"region/terrain/t.go":    {Data: []byte(`package terrain; import _ "math"`)},
				"grid/gridtest/suite.go": {Data: []byte(`package gridtest; import (_ "terrane/grid"; _ "testing")`)},
			}
			for name, body := range c.files {
				checkout[name] = &fstest.MapFile{Data: []byte(body)}
			}
			h, err := readHouse(checkout)
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, rule := range rules {
				found = append(found, rule.find(h)...)
			}
			all := strings.Join(found, "\n")
			switch {
			case c.want == "" && all != "":
				t.Errorf("found\n%s\nin a sound house", all)
			case !strings.Contains(all, c.want):
				t.Errorf("found\n%s\nwant %q", all, c.want)
			}
		})
	}
}

// TestEachBanHolds breaks every ban: by an import of its own, and by one of a package that it imports.
func TestEachBanHolds(t *testing.T) {
	first := func(pattern string) string { return strings.TrimSuffix(pattern, "/**") }
	for _, b := range bans {
		from := first(b.from)
		for _, pattern := range b.to {
			to := first(pattern)
			target := to
			for _, r := range rooms {
				if top, _, _ := strings.Cut(r.path, "/"); strings.Split(to, "/")[0] == top {
					target = module + "/" + to
					break
				}
			}
			body := `package x; import _ "` + target + `"`
			between := `package x; import _ "` + module + `/between"`
			for name, files := range map[string]fstest.MapFS{
				"itself":               {from + "/x.go": {Data: []byte(body)}},
				"from a room below":    {from + "/deep/x.go": {Data: []byte(body)}},
				"through another":      {from + "/x.go": {Data: []byte(between)}, "between/x.go": {Data: []byte(body)}},
				"only in its tests":    {from + "/x_test.go": {Data: []byte(body)}},
				"tests of what it has": {from + "/x.go": {Data: []byte(between)}, "between/x_test.go": {Data: []byte(body)}},
			} {
				want := true
				switch name {
				case "from a room below":
					want = strings.HasSuffix(b.from, "/**")
				case "only in its tests":
					want = b.tests
				case "tests of what it has":
					want = false
				}
				h, err := readHouse(files)
				if err != nil {
					t.Fatal(err)
				}
				found := strings.Join(reaches(h), "\n")
				if got := strings.Contains(found, b.because); got != want {
					t.Errorf("%s reaches %s %s: reported %v, want %v\n%s", from, to, name, got, want, found)
				}
			}
		}
	}
}

func TestEachClockIsKnown(t *testing.T) {
	for p, names := range clocks {
		for _, name := range names {
			body := "package x\nimport \"" + p + "\"\nvar x = " + p + "." + name
			h, err := readHouse(fstest.MapFS{"wire/new/x.go": {Data: []byte(body)}})
			if err != nil {
				t.Fatal(err)
			}
			if len(clockCalls(h)) != 1 {
				t.Errorf("%s.%s passes", p, name)
			}
		}
	}
}

func TestFileThatDoesNotParseIsAnError(t *testing.T) {
	if _, err := readHouse(fstest.MapFS{"geom/geom.go": {Data: []byte("package")}}); err == nil {
		t.Error("a broken file was passed over")
	}
}
