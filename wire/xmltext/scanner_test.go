package xmltext

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var roomy = Limits{Depth: 20, Elements: 1000}

// outline walks a document and writes it down as name(children, "text").
func outline(s *Scanner) (string, error) {
	var b strings.Builder
	name, err := s.Child()
	if err != nil {
		return "", err
	}
	err = outlineElement(s, string(name), &b)
	return b.String(), err
}

func outlineElement(s *Scanner, name string, b *strings.Builder) error {
	b.WriteString(name + "(")
	for i := 0; ; i++ {
		child, text, err := s.ChildOrText()
		if err != nil {
			return err
		}
		if child == nil {
			if i == 0 {
				b.WriteString(string(text))
			}
			b.WriteString(")")
			return nil
		}
		if i > 0 {
			b.WriteString(" ")
		}
		if err := outlineElement(s, string(child), b); err != nil {
			return err
		}
	}
}

func TestElementsAndTheirTextAreRead(t *testing.T) {
	for _, test := range []struct{ document, want string }{
		{`<a/>`, "a()"},
		{`<a />`, "a()"},
		{`<a></a >`, "a()"},
		{"<_a.b-c:d1\n/>", "_a.b-c:d1()"},
		{`<a><b>1</b> <c x="/>"/></a>`, "a(b(1) c())"},
		{"\xef\xbb\xbf<?xml version =\"1.0\"?>\n<!-- <b> --> <a>text</a>", "a(text)"},
		{`<? LLSD/XML ?><a>text</a>`, "a(text)"},
		{`<a>one<!-- two -->three<?four?></a>`, "a(onethree)"},
		{`<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;&#x1F600;</a>`, "a(<>&'\"AB\U0001F600)"},
		{`<a>1 <![CDATA[<b>&amp;]]> 2</a>`, "a(1 <b>&amp; 2)"},
		{`<a><![CDATA[]]></a>`, "a()"},
		{"<a>1\r\n2\r3\n4</a>", "a(1\n2\n3\n4)"},
		{"<a>\xffx\xc3</a>", "a(\uFFFDx\uFFFD)"},
		{"<a>grün</a> trailing < nonsense", "a(grün)"},
		{`<ü:a b='>'>x</ü:a>`, "ü:a(x)"},
	} {
		got, err := outline(NewScanner([]byte(test.document), roomy))
		if err != nil || got != test.want {
			t.Errorf("%s was read as %s, %v; want %s", test.document, got, err, test.want)
		}
	}
}

func TestWhatIsNotWellFormedIsRefused(t *testing.T) {
	for _, document := range []string{
		"", " ", "text", "text<a/>", "<", "<a", "<a>", "<a/", "<a><b></a>", "</a>", "<a></b>", "<>", "< a/>", "<1/>", "<a'/>", "<a=\"1\"/>", "<a\x00/>", "<ab></a>", "<a></ab>", "<a></a b>", "<a></ a>", "<a></a",
		"<a b=\">", "<a <b/></a>", "<!-- ", "<!--><a/>", "<?xml", "<a><![CDATA[x</a>", "<![CDATA[x]]><a/>",
		"<a>&nbsp;</a>", "<a>&</a>", "<a>&;</a>", "<a>&#0;</a>", "<a>&#x;</a>", "<a>&#-1;</a>", "<a>&#xD800;</a>",
		"<a>&#x110000;</a>", "<a>&#99999999999999;</a>", "<a>&lt</a>", "<a>\x00</a>", "<a>\x1b</a>", "<a>\uFEFF&#xFFFE;</a>",
		"<!DOCTYPE a><a/>", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, "<a><!ELEMENT a></a>",
	} {
		got, err := outline(NewScanner([]byte(document), roomy))
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%q was read as %q, %v", document, got, err)
		}
	}
}

func TestEveryBeginningOfADocumentIsRefused(t *testing.T) {
	const document = `<?xml version="1.0"?><!-- c --><a b="1"><c/>t&amp;<![CDATA[x]]><d>&#65;</d></a>`
	if _, err := outline(NewScanner([]byte(document), roomy)); err != nil {
		t.Fatal(err)
	}
	for n := range document {
		if got, err := outline(NewScanner([]byte(document[:n]), roomy)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q was read as %q, %v", document[:n], got, err)
		}
	}
}

func TestDepthAndElementsAreBounded(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("<a>", n) + strings.Repeat("</a>", n)) }
	wide := func(n int) []byte { return []byte("<a>" + strings.Repeat("<b/>", n-1) + "</a>") }
	limits := Limits{Depth: 5, Elements: 10}
	for _, test := range []struct {
		document []byte
		over     bool
	}{{nested(5), false}, {nested(6), true}, {wide(10), false}, {wide(11), true}} {
		if _, err := outline(NewScanner(test.document, limits)); errors.Is(err, ErrLimit) != test.over {
			t.Errorf("%s: %v", test.document, err)
		}
		s := NewScanner(test.document, limits)
		if _, err := s.Child(); err != nil {
			t.Fatal(err)
		}
		if err := s.Skip(); errors.Is(err, ErrLimit) != test.over {
			t.Errorf("%s skipped: %v", test.document, err)
		}
	}
}

func TestTextLeavesOutTheTextOfChildren(t *testing.T) {
	s := NewScanner([]byte("<a>1<b>2<c/>&amp;</b>3&lt;</a>"), roomy)
	if _, err := s.Child(); err != nil {
		t.Fatal(err)
	}
	if text, err := s.Text(); err != nil || string(text) != "13<" {
		t.Errorf("text is %q, %v", text, err)
	}
}

func TestSkipLeavesExactlyOneElement(t *testing.T) {
	s := NewScanner([]byte("<a><b><b/>x<c>y</c></b><d/><e>z</e></a>"), roomy)
	var names []string
	if _, err := s.Child(); err != nil {
		t.Fatal(err)
	}
	for {
		name, err := s.Child()
		if err != nil {
			t.Fatal(err)
		}
		if name == nil {
			break
		}
		names = append(names, string(name))
		if err := s.Skip(); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(names, []string{"b", "d", "e"}) {
		t.Errorf("children are %v", names)
	}
}

func TestAttributesAreFoundByName(t *testing.T) {
	s := NewScanner([]byte(`<a one="1" two = '2"' empty="" bad/>`), roomy)
	if _, err := s.Child(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"one": "1", "two": `2"`, "empty": "", "bad": "", "on": "", "none": ""} {
		if got := string(s.Attr(name)); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, document := range []string{
		`<?xml version="1.0"?><a b="1"><c/>t&amp;<![CDATA[x]]><d>&#65;</d><!-- c --></a>`,
		`<llsd><map><key>ack</key><undef/><key>done</key><boolean>0</boolean></map></llsd>`,
		`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`,
	} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		limits := Limits{Depth: 8, Elements: 64}
		got, err := outline(NewScanner(document, limits))
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrLimit) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if len(got) > len(document)*3 {
			t.Fatalf("%d bytes became %d", len(document), len(got))
		}
		s := NewScanner(document, limits)
		if _, err := s.Child(); err != nil {
			t.Fatal(err)
		}
		s.Attr("encoding")
		text, err := s.Text()
		if err != nil || !utf8.Valid(text) {
			t.Fatalf("text is %q, %v", text, err)
		}
	})
}
