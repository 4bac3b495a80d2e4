package main

import (
	"bytes"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestGeneratedFilesAreFresh(t *testing.T) {
	want, err := generate(os.DirFS("../def"))
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range want {
		got, err := os.ReadFile("../" + name)
		if err != nil || !bytes.Equal(got, source) {
			t.Errorf("%s is stale (%v): run go generate ./wire/message", name, err)
		}
	}
	there, err := fs.Glob(os.DirFS(".."), "*_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there {
		if _, ok := want[name]; !ok {
			t.Errorf("%s has no definitions: run go generate ./wire/message", name)
		}
	}
}

func TestDefinitionsAreRead(t *testing.T) {
	got, err := parse("some", strings.NewReader(strings.Join([]string{
		"# About",
		"# this.",
		"",
		"# It says",
		"# hello.",
		"Hello low 0x10 trusted zerocoded from either udp-deprecated",
		"\tA: X, Y u8; T var1;",
		"\t\tZ fixed4",
		"\tB[]: I ip",
		"\tC[3]: P port",
		"",
		"# not about Bye",
		"",
		"Bye fixed 0xfe untrusted plain from viewer",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := &subject{
		name:  "some",
		about: []string{"About", "this."},
		messages: []message{
			{
				name: "Hello", doc: []string{"It says", "hello."}, frequency: "low", number: 16,
				trusted: true, zeroCoded: true, sender: "either", grade: "udp-deprecated",
				blocks: []block{
					{name: "A", fields: []field{{"X", "u8"}, {"Y", "u8"}, {"T", "var1"}, {"Z", "fixed4"}}},
					{name: "B", list: true, fields: []field{{"I", "ip"}}},
					{name: "C", times: 3, fields: []field{{"P", "port"}}},
				},
			},
			{name: "Bye", frequency: "fixed", number: 0xfe, sender: "viewer"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read as\n%+v, not\n%+v", got, want)
	}
	if n := want.messages[0].blocks[0].least(); n != 7 {
		t.Errorf("the least A has %d bytes, not 7", n)
	}
}

func TestBadDefinitionsAreRefusedWithTheirLine(t *testing.T) {
	const good = "Hello low 16 trusted zerocoded from either\n"
	for _, c := range []struct{ text, want string }{
		{"Hello low 16 trusted zerocoded either", "some.def:1"},
		{"Hello rare 16 trusted zerocoded from either", `"rare" is none of`},
		{"Hello low 16 trusty zerocoded from either", `"trusty" is none of`},
		{"Hello low 16 trusted coded from either", `"coded" is none of`},
		{"Hello low 16 trusted plain from me", `"me" is none of`},
		{"Hello low 16 trusted plain from either old", `"old" is none of`},
		{"hello low 16 trusted plain from either", "cannot name a message"},
		{"Hello low x trusted plain from either", "message number"},
		{"Hello low 0 trusted plain from either", "no number of frequency"},
		{"Hello high 256 trusted plain from either", "no number of frequency"},
		{"Hello low 0xfffb trusted plain from either", "no number of frequency"},
		{"# \xff", "cannot stand in a comment"},
		{"# \x00", "cannot stand in a comment"},
		{"\tA: X u8", "before any message"},
		{"\t\tX u8", "nothing to continue"},
		{good + "\tA X u8", "some.def:2"},
		{good + "\tID: X u8", "does not begin with a block name"},
		{good + "\tA[1]: X u8", "cannot occur 1 times"},
		{good + "\tA[256]: X u8", "cannot occur 256 times"},
		{good + "\tA:", "without fields"},
		{good + "\tA: X u8\n\tA: X u8", "second block A"},
		{good + "\tA: X u9", "does not end in a type"},
		{good + "\tA: X fixed0", "does not end in a type"},
		{good + "\tA: X u8;", "does not end in a type"},
		{good + "\tA: X, X u8", "cannot name a field"},
		{good + "\tA: X, y u8", "cannot name a field"},
	} {
		if _, err := parse("some", strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gives %v, not %q", c.text, err, c.want)
		}
	}
}

func TestNamesAndNumbersAreUnique(t *testing.T) {
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"A low 1 trusted plain from viewer", "B low 1 trusted plain from viewer"}, "both Low 1"},
		{[]string{"A low 1 trusted plain from viewer", "A low 2 trusted plain from viewer"}, "A is defined twice"},
		{[]string{"A low 1 trusted plain from viewer\n\tB[]: X u8", "AB low 2 trusted plain from viewer"}, "AB is defined twice"},
		{[]string{"A low 1 trusted plain from viewer", "AID low 2 trusted plain from viewer"}, "AID is defined twice"},
	} {
		files := fstest.MapFS{}
		for i, text := range c.files {
			files[string(rune('a'+i))+".def"] = &fstest.MapFile{Data: []byte("# About\n\n" + text + "\n")}
		}
		if _, err := generate(files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gives %v, not %q", c.files, err, c.want)
		}
	}
}

func TestSubjectsDoNotHideTheTables(t *testing.T) {
	files := fstest.MapFS{"infos.def": {Data: []byte("# About\n\nA low 1 trusted plain from viewer\n")}}
	if _, err := generate(files); err == nil || !strings.Contains(err.Error(), "infos_gen.go") {
		t.Errorf("the error is %v", err)
	}
}

func TestEveryMessageIsWithItsSubject(t *testing.T) {
	subjects, err := read(os.DirFS("../def"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		if len(s.about) == 0 || len(s.messages) == 0 {
			t.Errorf("%s.def has %d messages and says of them %q", s.name, len(s.messages), s.about)
		}
		seen := slices.ContainsFunc(s.messages, func(m message) bool { return m.sender != "server" })
		if s.name == "server" && seen {
			t.Error("server.def has a message that viewers see")
		}
	}
}

func FuzzDefinitions(f *testing.F) {
	files, err := fs.Glob(os.DirFS("../def"), "*.def")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile("../def/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// What is accepted can be written: the structs are Go.
		if _, err := parse("some", bytes.NewReader(b)); err != nil {
			return
		}
		if _, err := generate(fstest.MapFS{"some.def": {Data: b}}); err != nil && !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "are both") {
			t.Fatal(err)
		}
	})
}
