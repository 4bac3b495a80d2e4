package message_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"terrane/wire/message"
)

func TestStringEndsAtTheFirstNUL(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"\x00":           "",
		"Test\x00":       "Test",
		"Test":           "Test",
		"Test\x00\x00":   "Test",
		"a\x00b\x00":     "a",
		"gr\u00fcn\x00":  "gr\u00fcn",
		"bad\xff\xfe!":   "bad\ufffd!",
		"cut \xe2\x82":   "cut \ufffd",
		"after\x00\xff":  "after",
		"\xc3\xbc\x00zz": "\u00fc",
	} {
		if got := message.String([]byte(in)); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}

func TestTextEndsInANUL(t *testing.T) {
	if got := message.Text("Test"); string(got) != "Test\x00" {
		t.Errorf("%q", got)
	}
	if got := message.Text(""); string(got) != "\x00" {
		t.Errorf("%q", got)
	}
}

func TestTextMaxCutsBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		s    string
		most int
		want string
	}{
		{"hello", 6, "hello\x00"},
		{"hello", 5, "hell\x00"},
		{"\u20ac\u20ac", 7, "\u20ac\u20ac\x00"},
		{"\u20ac\u20ac", 6, "\u20ac\x00"},
		{"\u20ac\u20ac", 4, "\u20ac\x00"},
		{"\u20ac\u20ac", 3, "\x00"},
		{"hello", 1, "\x00"},
		{"hello", 0, ""},
		{"hello", -1, ""},
		{"", 1, "\x00"},
	} {
		if got := message.TextMax(c.s, c.most); string(got) != c.want {
			t.Errorf("%q in %d bytes is %q, not %q", c.s, c.most, got, c.want)
		}
	}
}

func TestTextMaxKeepsAsMuchAsFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "")
		most := rapid.IntRange(1, 40).Draw(t, "most")
		b := message.TextMax(s, most)
		got := message.String(b)
		if len(b) > most || !utf8.Valid(b) || !strings.HasPrefix(s, got) {
			t.Fatalf("%q in %d bytes is %q", s, most, b)
		}
		if _, next := utf8.DecodeRuneInString(s[len(got):]); next > 0 && len(b)+next <= most {
			t.Fatalf("%q in %d bytes is only %q", s, most, b)
		}
	})
}
