package xmltext

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

// Append appends s as the text of an element. Characters XML cannot carry (NUL and other controls,
// U+FFFE, U+FFFF) are dropped, what is not UTF-8 becomes U+FFFD, and a carriage return is written as
// a reference, since readers take a bare one for a line end.
func Append(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '<' && c != '>' && c != '&' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == '\t' || r == '\n' || r >= utf8.RuneSelf && isChar(r) && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		b = append(b, s[from:i]...)
		b = append(b, substitute(r)...)
		i += size
		from = i
	}
	return append(b, s[from:]...)
}

// substitute is what is written for a character that cannot stand in text as it is.
func substitute(r rune) string {
	switch r {
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '&':
		return "&amp;"
	case '\r':
		return "&#13;"
	case utf8.RuneError:
		return "\uFFFD"
	}
	return ""
}

// isChar reports whether XML allows r at all, written out or as a reference.
func isChar(r rune) bool {
	switch {
	case r < ' ':
		return r == '\t' || r == '\n' || r == '\r'
	case r < 0xD800:
		return true
	}
	return r >= 0xE000 && r != 0xFFFE && r != 0xFFFF && r <= utf8.MaxRune
}

// textRun puts the text of one element together. As long as it is one piece that stands in the
// document as it is meant, nothing is copied.
type textRun struct {
	s      *Scanner
	piece  []byte
	copied bool
}

func (t *textRun) add(tok token) error {
	if !t.copied {
		if len(t.piece) == 0 && isPlain(tok.bytes) {
			t.piece = tok.bytes
			return nil
		}
		t.s.text = append(t.s.text[:0], t.piece...)
		t.copied = true
	}
	var err error
	t.s.text, err = t.s.resolve(t.s.text, tok)
	return err
}

func (t *textRun) whole() []byte {
	if t.copied {
		return t.s.text
	}
	return t.piece
}

// isPlain reports whether text means what it says: nothing in it is to be resolved or checked.
func isPlain(text []byte) bool { return plain(text) == len(text) }

// plain is how many bytes of text mean what they say.
func plain(text []byte) int {
	for i, c := range text {
		if c == '&' || c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' {
			return i
		}
	}
	return len(text)
}

// resolve appends the text that tok stands for.
func (s *Scanner) resolve(b []byte, tok token) ([]byte, error) {
	for text := tok.bytes; len(text) > 0; {
		if n := plain(text); n > 0 {
			b = append(b, text[:n]...)
			text = text[n:]
			continue
		}
		switch c := text[0]; {
		case c == '&' && tok.kind == escaped:
			r, size := entity(text)
			if size == 0 {
				return nil, s.Fail("an entity that is not known")
			}
			b = utf8.AppendRune(b, r)
			text = text[size:]
		case c == '\r':
			b = append(b, '\n')
			text = bytes.TrimPrefix(text[1:], []byte("\n"))
		case c < ' ':
			return nil, s.Fail("a control character")
		default: // also an ampersand, in a CDATA section
			r, size := utf8.DecodeRune(text)
			b = utf8.AppendRune(b, r)
			text = text[size:]
		}
	}
	return b, nil
}

// entity reads the reference text begins with. The size is 0 when it is none that may be read.
func entity(text []byte) (r rune, size int) {
	const longest = len("&#x0010FFFF;")
	end := bytes.IndexByte(text[:min(len(text), longest)], ';')
	if end < 0 {
		return 0, 0
	}
	switch name := string(text[1:end]); name {
	case "lt":
		r = '<'
	case "gt":
		r = '>'
	case "amp":
		r = '&'
	case "apos":
		r = '\''
	case "quot":
		r = '"'
	default:
		if r = reference(name); r == 0 {
			return 0, 0
		}
	}
	return r, end + 1
}

// reference reads "#65" or "#x41". It is 0 for what is no character of XML.
func reference(name string) rune {
	if len(name) < 2 || name[0] != '#' {
		return 0
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !isChar(rune(n)) {
		return 0
	}
	return rune(n)
}

// Base64 decodes the text of an element that holds bytes. Blanks anywhere and absent padding are
// allowed; an error is of encoding/base64. The result is the caller's and never nil.
func Base64(text []byte) ([]byte, error) {
	if bytes.ContainsAny(text, blanks) {
		text = bytes.Join(bytes.Fields(text), nil)
	}
	text = bytes.TrimRight(text, "=")
	data := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(data, text)
	if err != nil {
		return nil, err
	}
	return data[:n], nil
}
