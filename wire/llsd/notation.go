package llsd

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"terrane/wire/xmltext"
)

// NotationHeader may stand before what AppendNotation writes.
const NotationHeader = "<? llsd/notation ?>\n"

// AppendNotation appends v as notation, without a header: the form of home and look_at in a login
// answer. A blank follows each comma, as node-metaverse 0.8 needs it to tell the numbers of a region
// handle apart.
func AppendNotation(b []byte, v any) []byte {
	var keys sortedKeys
	return appendNotation(b, v, &keys)
}

func appendNotation(b []byte, v any, keys *sortedKeys) []byte {
	switch v := Canonical(v).(type) {
	case nil:
		return append(b, '!')
	case bool:
		return strconv.AppendBool(b, v)
	case int32:
		return strconv.AppendInt(append(b, 'i'), int64(v), 10)
	case float64:
		return appendReal(append(b, 'r'), v)
	case string:
		return appendQuoted(b, '\'', v)
	case URI:
		return appendQuoted(append(b, 'l'), '"', string(v))
	case uuid.UUID:
		return appendUUID(append(b, 'u'), v)
	case time.Time:
		b = appendDate(append(b, `d"`...), v)
		return append(b, '"')
	case []byte:
		b = base64.StdEncoding.AppendEncode(append(b, `b64"`...), v)
		return append(b, '"')
	case Array:
		b = append(b, '[')
		for i, part := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendNotation(b, part, keys)
		}
		return append(b, ']')
	case Map:
		b = append(b, '{')
		names := keys.push(v)
		for i, name := range names {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(appendQuoted(b, '\'', name), ':')
			b = appendNotation(b, v[name], keys)
		}
		keys.pop(names)
		return append(b, '}')
	}
	panic("llsd: a canonical value without a notation")
}

// appendQuoted writes text in quotes. Controls are escaped; what is beyond ASCII is left as it is.
func appendQuoted(b []byte, quote byte, text string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, quote)
	for i := range len(text) {
		switch c := text[i]; {
		case c == quote || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, quote)
}

// ParseNotation reads a value in notation, with or without the header. What it returns shares no
// memory with b.
func ParseNotation(b []byte) (any, error) {
	if err := checkSize(b); err != nil {
		return nil, err
	}
	r := &notationReader{cursor{form: "notation", src: b}}
	r.skipHeader("notation")
	return r.finish(r.value())
}

type notationReader struct{ cursor }

func (r *notationReader) value() (any, error) {
	if err := r.element(); err != nil {
		return nil, err
	}
	r.skipBlanks()
	switch mark := r.peek(); mark {
	case '\'', '"', 's':
		return r.text()
	case 't', 'T', 'f', 'F':
		return r.word()
	}
	switch mark := r.next(); mark {
	case '!':
		return nil, nil
	case '0':
		return false, nil
	case '1':
		return true, nil
	case 'i':
		return r.integer()
	case 'r':
		return r.real()
	case 'u':
		return r.uuid()
	case 'l':
		text, err := r.delimited()
		return URI(text), err
	case 'd':
		text, err := r.delimited()
		return parseDate(text), err
	case 'b':
		return r.binary()
	case '[':
		return r.array()
	case '{':
		return r.mapping()
	case 0:
		return nil, r.endsEarly()
	}
	return nil, r.fail("a mark that is not known")
}

func (r *notationReader) integer() (any, error) {
	digits := r.run(func(b byte) bool { return isDigit(b) || b == '-' || b == '+' })
	if strings.Trim(digits, "+-") == "" {
		return nil, r.fail("an integer without digits")
	}
	return integer(digits), nil
}

func (r *notationReader) real() (any, error) {
	f, ok := parseReal(r.run(func(b byte) bool {
		return isDigit(b) || isLetter(b) || b == '-' || b == '+' || b == '.'
	}))
	if !ok {
		return nil, r.fail("a real that is no number")
	}
	return f, nil
}

func (r *notationReader) uuid() (any, error) {
	b, err := r.take(36)
	if err != nil {
		return nil, err
	}
	id, err := uuid.ParseBytes(b)
	if err != nil {
		return nil, r.fail("an id that is none")
	}
	return id, nil
}

func (r *notationReader) word() (any, error) {
	switch strings.ToLower(r.run(isLetter)) {
	case "t", "true":
		return true, nil
	case "f", "false":
		return false, nil
	}
	return nil, r.fail("a word that is not known")
}

// text reads a string, which is also the form of a key: in quotes, or s(size)"raw".
func (r *notationReader) text() (string, error) {
	if !r.accept('s') {
		return r.delimited()
	}
	b, err := r.sized()
	return validText(b), err
}

// delimited reads a text in quotes of either kind.
func (r *notationReader) delimited() (string, error) {
	quote := r.next()
	if quote != '\'' && quote != '"' {
		return "", r.fail("a quote is missing")
	}
	b, err := r.quoted(quote)
	return validText(b), err
}

// sized reads (size)"raw", in which nothing is escaped.
func (r *notationReader) sized() ([]byte, error) {
	if !r.accept('(') {
		return nil, r.fail("a size is missing")
	}
	n, err := strconv.ParseUint(r.run(isDigit), 10, 32)
	if err != nil || !r.accept(')') {
		return nil, r.fail("a size that is none")
	}
	quote := r.next()
	if quote != '\'' && quote != '"' {
		return nil, r.fail("a quote is missing")
	}
	b, err := r.take(n)
	if err == nil && !r.accept(quote) {
		err = r.fail("a size that does not fit")
	}
	return b, err
}

// binary reads what stands behind a b: (size)"raw", 64"base64" or 16"hexadecimal".
func (r *notationReader) binary() (any, error) {
	if r.peek() == '(' {
		b, err := r.sized()
		return append([]byte{}, b...), err
	}
	base := r.run(isDigit)
	text, err := r.delimited()
	if err != nil {
		return nil, err
	}
	var data []byte
	switch base {
	case "64":
		data, err = xmltext.Base64([]byte(text))
	case "16":
		data, err = base16(text)
	default:
		return nil, r.fail("binary in an encoding that is not known")
	}
	if err != nil {
		return nil, r.fail("binary that does not decode")
	}
	return data, nil
}

func (r *notationReader) array() (any, error) {
	a := Array{}
	err := r.members(']', func() error {
		v, err := r.value()
		a = append(a, v)
		return err
	})
	return a, err
}

func (r *notationReader) mapping() (any, error) {
	m := Map{}
	err := r.members('}', func() error {
		key, err := r.key()
		if err != nil {
			return err
		}
		m[key], err = r.value()
		return err
	})
	return m, err
}

// key reads a key and the colon behind it.
func (r *notationReader) key() (string, error) {
	if err := r.element(); err != nil {
		return "", err
	}
	r.skipBlanks()
	key, err := r.text()
	if err != nil {
		return "", err
	}
	if r.skipBlanks(); !r.accept(':') {
		return "", r.fail("a colon is missing")
	}
	return key, nil
}

// quoted reads the rest of a text behind its opening quote, escapes resolved. An escaped character
// that has no meaning stands for itself.
func (c *cursor) quoted(quote byte) ([]byte, error) {
	from := c.pos
	for c.left() > 0 && c.src[c.pos] != quote && c.src[c.pos] != '\\' {
		c.pos++
	}
	if c.accept(quote) {
		return c.src[from : c.pos-1], nil
	}
	text := append([]byte{}, c.src[from:c.pos]...)
	for c.left() > 0 {
		switch b := c.next(); b {
		case quote:
			return text, nil
		case '\\':
			b, err := c.escape()
			if err != nil {
				return nil, err
			}
			text = append(text, b)
		default:
			text = append(text, b)
		}
	}
	return nil, c.endsEarly()
}

func (c *cursor) escape() (byte, error) {
	switch b := c.next(); b {
	case 'a':
		return '\a', nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'v':
		return '\v', nil
	case 'x':
		digits, err := c.take(2)
		if err != nil {
			return 0, err
		}
		var code [1]byte
		if _, err := hex.Decode(code[:], digits); err != nil {
			return 0, c.fail("an escape that is none")
		}
		return code[0], nil
	default:
		return b, nil
	}
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
