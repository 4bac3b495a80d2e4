package llsd

import (
	"fmt"
	"strings"
)

// cursor is a place in a document that is not XML, and what has been read up to there.
type cursor struct {
	form  string // for errors
	src   []byte
	pos   int
	depth int
	count int
}

func (c *cursor) fail(what string) error {
	return fmt.Errorf("llsd %s: byte %d: %s: %w", c.form, c.pos, what, ErrMalformed)
}

func (c *cursor) endsEarly() error { return c.fail("the document ends early") }

// element counts a value or key.
func (c *cursor) element() error {
	if c.count++; c.count > MaxElements {
		return fmt.Errorf("llsd %s: more than %d elements: %w", c.form, MaxElements, ErrLimit)
	}
	return nil
}

// enter counts an array or map that the ones around it contain; leave takes it back.
func (c *cursor) enter() error {
	if c.depth++; c.depth > MaxDepth {
		return fmt.Errorf("llsd %s: deeper than %d: %w", c.form, MaxDepth, ErrLimit)
	}
	return nil
}

func (c *cursor) leave() { c.depth-- }

// left is how many bytes have not been read.
func (c *cursor) left() int { return len(c.src) - c.pos }

// peek is the next byte, or 0 at the end.
func (c *cursor) peek() byte {
	if c.left() == 0 {
		return 0
	}
	return c.src[c.pos]
}

// next reads a byte; it is 0 at the end.
func (c *cursor) next() byte {
	b := c.peek()
	if c.left() > 0 {
		c.pos++
	}
	return b
}

// take reads n bytes. They are part of the document.
func (c *cursor) take(n uint64) ([]byte, error) {
	if n > uint64(c.left()) {
		return nil, c.endsEarly()
	}
	b := c.src[c.pos : c.pos+int(n)]
	c.pos += int(n)
	return b, nil
}

// run reads as many bytes as belong to a set.
func (c *cursor) run(belongs func(byte) bool) string {
	from := c.pos
	for c.left() > 0 && belongs(c.src[c.pos]) {
		c.pos++
	}
	return string(c.src[from:c.pos])
}

func (c *cursor) skipBlanks() {
	for c.left() > 0 && isBlank(c.src[c.pos]) {
		c.pos++
	}
}

// accept reads b if it comes next.
func (c *cursor) accept(b byte) bool {
	if c.left() == 0 || c.src[c.pos] != b {
		return false
	}
	c.pos++
	return true
}

// members reads what stands between commas, up to the mark that ends it: the inside of an array or
// map whose opening mark has been read.
func (c *cursor) members(end byte, read func() error) error {
	if err := c.enter(); err != nil {
		return err
	}
	defer c.leave()
	if c.skipBlanks(); c.accept(end) {
		return nil
	}
	for {
		if err := read(); err != nil {
			return err
		}
		if c.skipBlanks(); c.accept(end) {
			return nil
		}
		if !c.accept(',') {
			return c.fail("a comma or the end is missing")
		}
	}
}

// finish refuses anything but blanks after the value v.
func (c *cursor) finish(v any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if c.skipBlanks(); c.left() > 0 {
		return nil, c.fail("something follows the value")
	}
	return v, nil
}

// skipHeader reads a header line, "<? LLSD/Binary ?>" in any case, if the document begins with one.
func (c *cursor) skipHeader(form string) {
	if mark, size := header(c.src); mark == form {
		c.pos = size
	}
}

// header returns the form, in lower case, that the header line at the beginning of b names, and how
// long the line is. The form is "" when there is none.
func header(b []byte) (form string, size int) {
	const longest = 64
	inner, found := strings.CutPrefix(string(b[:min(len(b), longest)]), "<?")
	inner, rest, closed := strings.Cut(inner, "?>")
	form, isHeader := strings.CutPrefix(strings.ToLower(strings.TrimSpace(inner)), "llsd/")
	if !found || !closed || !isHeader {
		return "", 0
	}
	size = len("<?") + len(inner) + len("?>")
	if strings.HasPrefix(rest, "\r\n") {
		return form, size + 2
	}
	if strings.HasPrefix(rest, "\n") {
		return form, size + 1
	}
	return form, size
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// validText returns b as a string in which what is not UTF-8 is replaced.
func validText(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
