package xmltext

import (
	"encoding/xml"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTextIsWrittenAsXMLAllows(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"plain 'text' \"quoted\"\n\t", "plain 'text' \"quoted\"\n\t"},
		{"a<b>&c", "a&lt;b&gt;&amp;c"},
		{"a\rb", "a&#13;b"},
		{"a\x00b\x1bc\uFFFEd\uFFFF", "abcd"},
		{"\xffx\xed\xa0\x80", "\uFFFDx\uFFFD\uFFFD\uFFFD"},
		{"grün \U0001F600 \uFFFD", "grün \U0001F600 \uFFFD"},
	} {
		if got := string(Append(nil, test.text)); got != test.want {
			t.Errorf("%q is written %q", test.text, got)
		}
	}
}

// carried is what XML can carry of text.
func carried(text string) string {
	return strings.Map(func(r rune) rune {
		if !isChar(r) {
			return -1
		}
		return r
	}, text)
}

func TestWrittenTextIsReadByOthersAndBack(t *testing.T) {
	anything := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		text := anything.Draw(t, "text")
		document := append(Append([]byte("<a>"), text), "</a>"...)
		want := carried(text)

		s := NewScanner(document, roomy)
		if _, err := s.Child(); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Text(); err != nil || string(got) != want {
			t.Fatalf("%q was read as %q, %v", document, got, err)
		}
		var others string
		if err := xml.Unmarshal(document, &others); err != nil || others != want {
			t.Fatalf("encoding/xml read %q as %q, %v", document, others, err)
		}
	})
}

func TestBase64MayHaveBlanksAndNoPadding(t *testing.T) {
	for _, text := range []string{"AQIDBA==", "AQIDBA", " AQID\r\n\tBA=\n= "} {
		if got, err := Base64([]byte(text)); err != nil || string(got) != "\x01\x02\x03\x04" {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"AQIDB", "AQ=ID", "AQ-_", "?"} {
		if got, err := Base64([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	if got, err := Base64(nil); got == nil || len(got) > 0 || err != nil {
		t.Errorf("nothing is %v, %v", got, err)
	}
}
