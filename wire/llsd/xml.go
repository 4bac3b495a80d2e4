package llsd

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"terrane/wire/xmltext"
)

// XMLHeader may stand before what AppendXML writes. Viewers and OpenSimulator do without.
const XMLHeader = `<?xml version="1.0" encoding="UTF-8"?>`

// AppendXML appends v as <llsd>…</llsd>. Characters XML cannot carry are dropped from texts.
func AppendXML(b []byte, v any) []byte {
	var keys sortedKeys
	b = append(b, "<llsd>"...)
	b = appendXML(b, v, &keys)
	return append(b, "</llsd>"...)
}

func appendXML(b []byte, v any, keys *sortedKeys) []byte {
	switch v := Canonical(v).(type) {
	case nil:
		return append(b, "<undef/>"...)
	case bool:
		if v {
			return append(b, "<boolean>1</boolean>"...)
		}
		return append(b, "<boolean>0</boolean>"...)
	case int32:
		b = append(b, "<integer>"...)
		b = strconv.AppendInt(b, int64(v), 10)
		return append(b, "</integer>"...)
	case float64:
		b = append(b, "<real>"...)
		b = appendReal(b, v)
		return append(b, "</real>"...)
	case string:
		return appendElement(b, "string", v)
	case URI:
		return appendElement(b, "uri", string(v))
	case uuid.UUID:
		if v == uuid.Nil {
			return append(b, "<uuid/>"...)
		}
		b = append(b, "<uuid>"...)
		b = appendUUID(b, v)
		return append(b, "</uuid>"...)
	case time.Time:
		b = append(b, "<date>"...)
		b = appendDate(b, v)
		return append(b, "</date>"...)
	case []byte:
		b = append(b, "<binary>"...)
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, "</binary>"...)
	case Array:
		b = append(b, "<array>"...)
		for _, part := range v {
			b = appendXML(b, part, keys)
		}
		return append(b, "</array>"...)
	case Map:
		b = append(b, "<map>"...)
		names := keys.push(v)
		for _, name := range names {
			b = appendElement(b, "key", name)
			b = appendXML(b, v[name], keys)
		}
		keys.pop(names)
		return append(b, "</map>"...)
	}
	panic("llsd: a canonical value without an XML form")
}

func appendElement(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = xmltext.Append(b, text)
	return append(append(append(b, "</"...), name...), '>')
}

func appendUUID(b []byte, id uuid.UUID) []byte {
	var text [36]byte
	hex.Encode(text[0:], id[0:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return append(b, text[:]...)
}

// ParseXML reads an llsd element, with or without the header. As in viewers, an element of unknown
// name is undef and what follows </llsd> is not looked at; an llsd element that is empty is undef.
// Anything but pairs of key and value in a map is refused, and so is binary that does not decode.
func ParseXML(b []byte) (any, error) {
	if err := checkSize(b); err != nil {
		return nil, err
	}
	// The llsd element stands around everything, and a key or scalar in the deepest map.
	s := xmltext.NewScanner(b, xmltext.Limits{Depth: MaxDepth + 2, Elements: MaxElements})
	v, err := parseXML(s)
	if err != nil {
		return nil, fmt.Errorf("llsd %w", err)
	}
	return v, nil
}

func parseXML(s *xmltext.Scanner) (any, error) {
	root, err := s.Child()
	if err != nil {
		return nil, err
	}
	if string(root) != "llsd" {
		return nil, s.Fail("the root element is not llsd")
	}
	name, err := s.Child()
	if name == nil || err != nil {
		return nil, err
	}
	v, err := xmlValue(s, name)
	if err != nil {
		return nil, err
	}
	if name, err = s.Child(); name != nil {
		return nil, s.Fail("a second value")
	}
	return v, err
}

// xmlValue reads the element of that name, which the scanner has entered, and leaves it.
func xmlValue(s *xmltext.Scanner, name []byte) (any, error) {
	switch string(name) {
	case "map":
		return xmlMap(s)
	case "array":
		return xmlArray(s)
	case "binary":
		return xmlBinary(s)
	case "string", "uri", "integer", "real", "boolean", "uuid", "date":
		text, err := s.Text()
		if err != nil {
			return nil, err
		}
		return xmlScalar(name, text), nil
	}
	return nil, s.Skip()
}

func xmlScalar(name, text []byte) any {
	switch string(name) {
	case "string":
		return string(text)
	case "uri":
		return URI(text)
	case "integer":
		return integer(string(text))
	case "real":
		f, _ := parseReal(string(text))
		return f
	case "boolean":
		word := string(bytes.TrimSpace(text))
		return word == "1" || strings.EqualFold(word, "true")
	case "uuid":
		return parseUUID(string(text))
	default:
		return parseDate(string(text))
	}
}

func xmlMap(s *xmltext.Scanner) (any, error) {
	m := Map{}
	for {
		name, err := s.Child()
		if name == nil || err != nil {
			return m, err
		}
		if string(name) != "key" {
			return nil, s.Fail("a value without a key")
		}
		text, err := s.Text()
		if err != nil {
			return nil, err
		}
		key := string(text)
		if name, err = s.Child(); err != nil {
			return nil, err
		}
		if name == nil || string(name) == "key" {
			return nil, s.Fail("a key without a value")
		}
		if m[key], err = xmlValue(s, name); err != nil {
			return nil, err
		}
	}
}

func xmlArray(s *xmltext.Scanner) (any, error) {
	a := Array{}
	for {
		name, err := s.Child()
		if name == nil || err != nil {
			return a, err
		}
		v, err := xmlValue(s, name)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
}

func xmlBinary(s *xmltext.Scanner) (any, error) {
	encoding := string(s.Attr("encoding"))
	text, err := s.Text()
	if err != nil {
		return nil, err
	}
	var data []byte
	switch encoding {
	case "", "base64":
		data, err = xmltext.Base64(text)
	case "base16":
		data, err = base16(string(text))
	default:
		return nil, s.Fail("binary in an encoding that is not known")
	}
	if err != nil {
		return nil, s.Fail("binary that does not decode")
	}
	return data, nil
}

func base16(text string) ([]byte, error) {
	return hex.DecodeString(strings.Join(strings.Fields(text), ""))
}

func checkSize(b []byte) error {
	if len(b) > MaxSize {
		return fmt.Errorf("llsd: %d bytes: %w", len(b), ErrLimit)
	}
	return nil
}
