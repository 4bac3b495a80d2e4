package llsd

import (
	"bytes"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/uuid"
)

// AppendJSON appends v as OpenSimulator's services write JSON: a real always shows that it is one
// (1.0), binary is an array of numbers, ids, dates and URIs are text, and so are "NaN", "Infinity"
// and "-Infinity", for which JSON has nothing. The output is ASCII.
//
// Of these forms a reader makes arrays and texts again; AsBytes, AsUUID and the others convert.
func AppendJSON(b []byte, v any) []byte {
	w := jsonWriter{b: b}
	w.value(v)
	return w.b
}

// AppendSparseJSON is AppendJSON without the members of maps that are what an absent one is taken
// for: undef, false, 0, "", the zero id and an empty map. OpenSimulator writes most bodies so, but
// not the answer to QUERYACCESS.
func AppendSparseJSON(b []byte, v any) []byte {
	w := jsonWriter{b: b, sparse: true}
	w.value(v)
	return w.b
}

type jsonWriter struct {
	b      []byte
	keys   sortedKeys
	sparse bool
}

func (w *jsonWriter) value(v any) {
	switch v := Canonical(v).(type) {
	case nil:
		w.b = append(w.b, "null"...)
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case int32:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	case float64:
		w.real(v)
	case string:
		w.text(v)
	case URI:
		w.text(string(v))
	case uuid.UUID:
		w.b = append(appendUUID(append(w.b, '"'), v), '"')
	case time.Time:
		w.b = append(appendDate(append(w.b, '"'), v), '"')
	case []byte:
		w.b = append(w.b, '[')
		for i, n := range v {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.b = strconv.AppendUint(w.b, uint64(n), 10)
		}
		w.b = append(w.b, ']')
	case Array:
		w.b = append(w.b, '[')
		for i, part := range v {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.value(part)
		}
		w.b = append(w.b, ']')
	case Map:
		w.mapping(v)
	}
}

func (w *jsonWriter) mapping(m Map) {
	w.b = append(w.b, '{')
	names := w.keys.push(m)
	first := true
	for _, name := range names {
		v := m[name]
		if w.sparse && isDefault(v) {
			continue
		}
		if !first {
			w.b = append(w.b, ',')
		}
		first = false
		w.text(name)
		w.b = append(w.b, ':')
		w.value(v)
	}
	w.keys.pop(names)
	w.b = append(w.b, '}')
}

// isDefault reports whether v need not be written.
func isDefault(v any) bool {
	switch v := Canonical(v).(type) {
	case nil:
		return true
	case bool:
		return !v
	case int32:
		return v == 0
	case float64:
		return v == 0
	case string:
		return v == ""
	case uuid.UUID:
		return v == uuid.Nil
	case Map:
		return len(v) == 0
	}
	return false
}

func (w *jsonWriter) real(f float64) {
	switch {
	case f != f:
		w.b = append(w.b, `"NaN"`...)
	case math.IsInf(f, 1):
		w.b = append(w.b, `"Infinity"`...)
	case math.IsInf(f, -1):
		w.b = append(w.b, `"-Infinity"`...)
	default:
		from := len(w.b)
		w.b = appendReal(w.b, f)
		if !bytes.ContainsAny(w.b[from:], ".e") {
			w.b = append(w.b, ".0"...)
		}
	}
}

func (w *jsonWriter) text(s string) {
	w.b = append(w.b, '"')
	for _, r := range s { // what is not UTF-8 comes as U+FFFD
		switch {
		case r == '"' || r == '\\':
			w.b = append(w.b, '\\', byte(r))
		case r == '\n':
			w.b = append(w.b, `\n`...)
		case r >= ' ' && r < 0x7f:
			w.b = append(w.b, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			w.b = appendEscaped(appendEscaped(w.b, high), low)
		default:
			w.b = appendEscaped(w.b, r)
		}
	}
	w.b = append(w.b, '"')
}

func appendEscaped(b []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}

// ParseJSON reads JSON. A number without a fraction is an integer when it is one of LLSD's, and a
// real when it is larger; binary, ids, dates and URIs stay the arrays and texts they were written as.
func ParseJSON(b []byte) (any, error) {
	if err := checkSize(b); err != nil {
		return nil, err
	}
	r := &jsonReader{cursor{form: "json", src: bytes.TrimPrefix(b, []byte(byteOrderMark))}}
	return r.finish(r.value())
}

const byteOrderMark = "\xef\xbb\xbf"

type jsonReader struct{ cursor }

func (r *jsonReader) value() (any, error) {
	if err := r.element(); err != nil {
		return nil, err
	}
	r.skipBlanks()
	switch mark := r.peek(); {
	case mark == '"':
		return r.text()
	case mark == '-' || isDigit(mark):
		return r.number()
	case isLetter(mark):
		return r.word()
	}
	switch r.next() {
	case '[':
		return r.array()
	case '{':
		return r.mapping()
	case 0:
		return nil, r.endsEarly()
	}
	return nil, r.fail("no value begins so")
}

func (r *jsonReader) number() (any, error) {
	text := r.run(func(b byte) bool {
		return isDigit(b) || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E'
	})
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return int32(n), nil
	}
	f, ok := parseReal(text)
	if !ok {
		return nil, r.fail("a number that is none")
	}
	return f, nil
}

func (r *jsonReader) word() (any, error) {
	switch r.run(isLetter) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	return nil, r.fail("a word that is not known")
}

func (r *jsonReader) array() (any, error) {
	a := Array{}
	err := r.members(']', func() error {
		v, err := r.value()
		a = append(a, v)
		return err
	})
	return a, err
}

func (r *jsonReader) mapping() (any, error) {
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
func (r *jsonReader) key() (string, error) {
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

func (r *jsonReader) text() (string, error) {
	if !r.accept('"') {
		return "", r.fail("a quote is missing")
	}
	from := r.pos
	for r.left() > 0 && r.src[r.pos] != '"' && r.src[r.pos] != '\\' {
		r.pos++
	}
	if r.accept('"') {
		return validText(r.src[from : r.pos-1]), nil
	}
	text := append([]byte{}, r.src[from:r.pos]...)
	for r.left() > 0 {
		switch b := r.next(); b {
		case '"':
			return validText(text), nil
		case '\\':
			c, err := r.escape()
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, c)
		default:
			text = append(text, b)
		}
	}
	return "", r.endsEarly()
}

// escape reads what stands behind a backslash. Half a surrogate pair is U+FFFD.
func (r *jsonReader) escape() (rune, error) {
	switch b := r.next(); b {
	case '"', '\\', '/':
		return rune(b), nil
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
	case 'u':
		return r.codePoint()
	}
	return 0, r.fail("an escape that is none")
}

func (r *jsonReader) codePoint() (rune, error) {
	unit, err := r.unit()
	if err != nil || !utf16.IsSurrogate(unit) {
		return unit, err
	}
	pair := r.pos
	if r.accept('\\') && r.accept('u') {
		low, err := r.unit()
		if err != nil {
			return 0, err
		}
		if c := utf16.DecodeRune(unit, low); c != utf8.RuneError {
			return c, nil
		}
	}
	r.pos = pair
	return utf8.RuneError, nil
}

// unit reads four hexadecimal digits.
func (r *jsonReader) unit() (rune, error) {
	digits, err := r.take(4)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(digits), 16, 16)
	if err != nil {
		return 0, r.fail("an escape that is none")
	}
	return rune(n), nil
}
