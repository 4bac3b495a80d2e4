package xmltext

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrMalformed is wrapped by every error about a document that is not the XML this package reads:
// cut short, wrongly nested, with a DOCTYPE, an unknown entity or a character XML does not allow.
var ErrMalformed = errors.New("malformed")

// ErrLimit is wrapped by every error about a document that is deeper or has more elements than its
// reader allows.
var ErrLimit = errors.New("over the limit")

// Limits bounds what a Scanner reads. A zero field allows nothing.
type Limits struct {
	Depth    int // elements open at once, the root included
	Elements int // elements in all, those skipped included
}

// Scanner walks the elements of one document, in order. At any time one element is open, the last
// that Child, or ChildOrText, entered; before the root is entered it is the document itself.
//
// What a Scanner returns must not be changed. Names and attributes are parts of the document; text may
// be in the Scanner's own buffer, and is valid until the next call. After an error a Scanner is of no
// use.
type Scanner struct {
	src    []byte
	pos    int
	limits Limits
	count  int      // elements seen
	open   [][]byte // the names of the open elements, outermost first
	attrs  []byte   // the attributes of the element last entered, as written
	closed bool     // the element last entered was written <name/>: its end is the next token
	text   []byte   // where text is put together that is not one piece of src
}

// NewScanner returns a Scanner before the root of src. It keeps src and does not change it. A byte
// order mark is passed over.
func NewScanner(src []byte, limits Limits) *Scanner {
	s := &Scanner{src: src, limits: limits}
	if bytes.HasPrefix(src, []byte("\xef\xbb\xbf")) {
		s.pos = 3
	}
	return s
}

// Child enters the next child of the open element and returns its name, passing over text. When
// there is none it leaves the open element and returns nil.
func (s *Scanner) Child() (name []byte, err error) {
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case t.kind == start:
			return t.bytes, nil
		case t.kind == end:
			return nil, nil
		}
	}
}

// ChildOrText enters the first child of the open element and returns its name, or, when there is
// none, leaves the open element and returns its text.
func (s *Scanner) ChildOrText() (name, text []byte, err error) {
	run := textRun{s: s}
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return nil, nil, err
		case t.kind == start:
			return t.bytes, nil, nil
		case t.kind == end:
			return nil, run.whole(), nil
		}
		if err := run.add(t); err != nil {
			return nil, nil, err
		}
	}
}

// Text leaves the open element and returns its text, entities resolved and line ends as \n.
// The text of its children is no part of it. What is not UTF-8 is replaced by U+FFFD.
func (s *Scanner) Text() ([]byte, error) {
	run := textRun{s: s}
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case t.kind == start:
			err = s.Skip()
		case t.kind == end:
			return run.whole(), nil
		default:
			err = run.add(t)
		}
		if err != nil {
			return nil, err
		}
	}
}

// Skip leaves the open element, passing over all that is in it.
func (s *Scanner) Skip() error {
	for depth := len(s.open); len(s.open) >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// Attr returns the value of an attribute of the element last entered, as it is written: entities
// are not resolved. An attribute that is not there is empty.
func (s *Scanner) Attr(name string) []byte {
	rest := s.attrs
	for {
		key, after, found := bytes.Cut(rest, []byte("="))
		after = bytes.TrimLeft(after, blanks)
		if !found || len(after) == 0 {
			return nil
		}
		value, next, found := bytes.Cut(after[1:], after[:1])
		if !found {
			return nil
		}
		if string(bytes.Trim(key, blanks)) == name {
			return value
		}
		rest = next
	}
}

// Offset is how many bytes of the document have been read.
func (s *Scanner) Offset() int { return s.pos }

// Fail returns an error that wraps ErrMalformed and names the place reached, for a document that is
// XML but not what its reader wants.
func (s *Scanner) Fail(what string) error {
	return fmt.Errorf("xml: byte %d: %s: %w", s.pos, what, ErrMalformed)
}

// kind says what a token is.
type kind uint8

const (
	start   kind = iota // an element begins; bytes is its name
	end                 // the open element ends
	escaped             // text in which entities may stand
	literal             // text of a CDATA section
)

type token struct {
	kind  kind
	bytes []byte
}

const blanks = " \t\r\n"

// next reads one token; comments and processing instructions are none. Between the root and the end
// of the document there is nothing to read, so the end of the document is always an error here.
func (s *Scanner) next() (token, error) {
	if s.closed {
		s.closed = false
		return s.leave()
	}
	for {
		rest := s.src[s.pos:]
		switch {
		case len(rest) == 0:
			return token{}, s.Fail("the document ends early")
		case rest[0] != '<':
			return s.run(rest)
		case len(rest) == 1:
			return token{}, s.Fail("the document ends early")
		case rest[1] == '/':
			return s.endTag(rest)
		case rest[1] == '?':
			if _, err := s.between("<?", "?>"); err != nil {
				return token{}, err
			}
		case rest[1] != '!':
			return s.startTag(rest)
		case bytes.HasPrefix(rest, []byte("<!--")):
			if _, err := s.between("<!--", "-->"); err != nil {
				return token{}, err
			}
		case bytes.HasPrefix(rest, []byte("<![CDATA[")) && len(s.open) > 0:
			text, err := s.between("<![CDATA[", "]]>")
			return token{literal, text}, err
		default:
			// A DOCTYPE could name entities that grow without bound or reach outside.
			return token{}, s.Fail("a declaration")
		}
	}
}

// run reads text up to the next tag.
func (s *Scanner) run(rest []byte) (token, error) {
	n := bytes.IndexByte(rest, '<')
	if n < 0 {
		n = len(rest)
	}
	if len(s.open) == 0 && len(bytes.Trim(rest[:n], blanks)) > 0 {
		return token{}, s.Fail("text outside the root element")
	}
	s.pos += n
	return token{escaped, rest[:n]}, nil
}

func (s *Scanner) startTag(rest []byte) (token, error) {
	n := tagEnd(rest)
	if n < 0 {
		return token{}, s.Fail("a tag that does not end")
	}
	inner := rest[1:n]
	if s.closed = inner[len(inner)-1] == '/'; s.closed {
		inner = inner[:len(inner)-1]
	}
	name := inner[:nameLen(inner)]
	if len(name) == 0 {
		return token{}, s.Fail("a tag without a name")
	}
	if s.count++; s.count > s.limits.Elements {
		return token{}, fmt.Errorf("xml: more than %d elements: %w", s.limits.Elements, ErrLimit)
	}
	if len(s.open) >= s.limits.Depth {
		return token{}, fmt.Errorf("xml: deeper than %d elements: %w", s.limits.Depth, ErrLimit)
	}
	s.open = append(s.open, name)
	s.attrs = inner[len(name):]
	s.pos += n + 1
	return token{start, name}, nil
}

func (s *Scanner) endTag(rest []byte) (token, error) {
	if len(s.open) == 0 {
		return token{}, s.Fail("an end tag that closes nothing")
	}
	rest, found := bytes.CutPrefix(rest[len("</"):], s.open[len(s.open)-1])
	rest = bytes.TrimLeft(rest, blanks)
	if !found || len(rest) == 0 || rest[0] != '>' {
		return token{}, s.Fail("an end tag that does not close the open element")
	}
	s.pos = len(s.src) - len(rest) + 1
	return s.leave()
}

func (s *Scanner) leave() (token, error) {
	s.open = s.open[:len(s.open)-1]
	s.attrs = nil
	return token{kind: end}, nil
}

// between reads what stands between opener, which is next, and closer.
func (s *Scanner) between(opener, closer string) ([]byte, error) {
	rest := s.src[s.pos+len(opener):]
	n := bytes.Index(rest, []byte(closer))
	if n < 0 {
		return nil, s.Fail("the document ends early")
	}
	s.pos += len(opener) + n + len(closer)
	return rest[:n], nil
}

// tagEnd returns where the '>' of the tag is with which b begins: one in quotes is not it. It is -1
// when the tag does not end or holds nothing.
func tagEnd(b []byte) int {
	quote := byte(0)
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return -1
		case c == '>':
			if i == 1 {
				return -1
			}
			return i
		}
	}
	return -1
}

// nameLen returns how long the name is that b begins with; a blank or the end of b must follow. It is
// as strict as it must be to tell a name from other marks.
func nameLen(b []byte) int {
	for i, c := range b {
		lower := c | 0x20
		switch {
		case 'a' <= lower && lower <= 'z' || c == '_' || c >= 0x80:
		case i > 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			return i
		case i > 0 && ('0' <= c && c <= '9' || c == '.' || c == '-' || c == ':'):
		default:
			return 0
		}
	}
	return len(b)
}
