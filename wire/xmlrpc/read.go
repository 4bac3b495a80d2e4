package xmlrpc

import (
	"fmt"
	"math"
	"strings"
	"time"

	"terrane/wire/llsd"
	"terrane/wire/xmltext"
)

// The limits of the readers.
const (
	// MaxSize is how many bytes a call or answer may have. A login answer with the folders of a
	// very large inventory is the largest known, some 400 bytes a folder. Whoever expects less,
	// as of a login request, says so to the HTTP server.
	MaxSize = 32 << 20
	// MaxDepth is how many arrays and structs may stand in one another.
	MaxDepth = 32
	// MaxElements is how many XML elements there may be; a folder in a login answer has 22.
	MaxElements = 1 << 20
)

// Call is a request: a method and its parameters.
type Call struct {
	Method string // never empty in a Call that was read
	Params llsd.Array
}

// Struct returns the first parameter when it is a map, and otherwise nil, of which every member is
// absent.
func (c Call) Struct() llsd.Map { return c.Params.Map(0) }

// Fault is the answer to a call that was not carried out. OpenSimulator sends it with status 200.
type Fault struct {
	Code    int // -32601: no such method; -32603: the method failed
	Message string
}

// Error says what the peer said.
func (f *Fault) Error() string { return fmt.Sprintf("xmlrpc: fault %d: %s", f.Code, f.Message) }

// ParseCall reads a call.
func ParseCall(b []byte) (Call, error) {
	s, err := open(b, "methodCall")
	if err != nil {
		return Call{}, err
	}
	r := reader{s}
	call, err := r.call()
	if err != nil {
		return Call{}, fmt.Errorf("xmlrpc %w", err)
	}
	return call, nil
}

// ParseResponse reads the answer to a call. It is a *Fault, as an error, when the peer answered with
// one.
func ParseResponse(b []byte) (any, error) {
	s, err := open(b, "methodResponse")
	if err != nil {
		return nil, err
	}
	r := reader{s}
	v, fault, err := r.response()
	switch {
	case err != nil:
		return nil, fmt.Errorf("xmlrpc %w", err)
	case fault != nil:
		return nil, fault
	}
	return v, nil
}

// open enters the root element of b, which must have the name given.
func open(b []byte, name string) (*xmltext.Scanner, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("xmlrpc: %d bytes: %w", len(b), llsd.ErrLimit)
	}
	// Each array or struct adds three elements to the depth, params around the outermost value
	// three, and the innermost value and its type two.
	s := xmltext.NewScanner(b, xmltext.Limits{Depth: 3*MaxDepth + 5, Elements: MaxElements})
	root, err := s.Child()
	if err == nil && string(root) != name {
		err = s.Fail("the root element is not " + name)
	}
	if err != nil {
		return nil, fmt.Errorf("xmlrpc %w", err)
	}
	return s, nil
}

// reader reads elements that its Scanner has entered, and leaves them.
type reader struct{ *xmltext.Scanner }

func (r reader) call() (Call, error) {
	var call Call
	for {
		name, err := r.Child()
		if err != nil {
			return Call{}, err
		}
		switch string(name) {
		case "":
			if call.Method == "" {
				return Call{}, r.Fail("a call without a method")
			}
			return call, nil
		case "methodName":
			var text []byte
			text, err = r.Text()
			call.Method = strings.TrimSpace(string(text))
		case "params":
			call.Params, err = r.params()
		default:
			err = r.Fail("an element that is no part of a call")
		}
		if err != nil {
			return Call{}, err
		}
	}
}

func (r reader) response() (v any, fault *Fault, err error) {
	name, err := r.Child()
	if err != nil {
		return nil, nil, err
	}
	switch string(name) {
	case "params":
		var params llsd.Array
		params, err = r.params()
		v = params.At(0)
	case "fault":
		v, err = r.only()
		m := llsd.AsMap(v)
		fault = &Fault{Code: m.Int("faultCode"), Message: m.String("faultString")}
	default:
		err = r.Fail("neither params nor a fault")
	}
	if err == nil {
		err = r.end()
	}
	return v, fault, err
}

func (r reader) params() (llsd.Array, error) {
	return r.each("param", r.only)
}

// each reads the children of the open element, which must all have the name given.
func (r reader) each(name string, read func() (any, error)) (llsd.Array, error) {
	a := llsd.Array{}
	for {
		child, err := r.Child()
		if child == nil || err != nil {
			return a, err
		}
		if string(child) != name {
			return nil, r.Fail("an element that is no " + name)
		}
		v, err := read()
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
}

// only reads the open element, in which one value is all there is.
func (r reader) only() (any, error) {
	child, err := r.Child()
	if err != nil {
		return nil, err
	}
	if string(child) != "value" {
		return nil, r.Fail("no value where one must be")
	}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	return v, r.end()
}

// end leaves the open element, which must have no further child.
func (r reader) end() error {
	child, err := r.Child()
	if err == nil && child != nil {
		err = r.Fail("an element too many")
	}
	return err
}

func (r reader) value() (any, error) {
	kind, text, err := r.ChildOrText()
	if err != nil {
		return nil, err
	}
	if kind == nil {
		return string(text), nil
	}
	v, err := r.typed(kind)
	if err != nil {
		return nil, err
	}
	return v, r.end()
}

func (r reader) typed(kind []byte) (any, error) {
	switch string(kind) {
	case "struct":
		return r.members()
	case "array":
		return r.array()
	case "nil", "ex:nil":
		return nil, r.Skip()
	}
	text, err := r.Text()
	if err != nil {
		return nil, err
	}
	switch string(kind) {
	case "string":
		return string(text), nil
	case "i4", "int", "i1", "i2", "i8", "ex:i1", "ex:i2", "ex:i8":
		return integer(string(text)), nil
	case "boolean":
		word := strings.TrimSpace(string(text))
		return word == "1" || strings.EqualFold(word, "true"), nil
	case "double":
		return llsd.AsReal(string(text)), nil
	case "dateTime.iso8601":
		return date(string(text)), nil
	case "base64":
		data, err := xmltext.Base64(text)
		if err != nil {
			return nil, r.Fail("base64 that does not decode")
		}
		return data, nil
	}
	return nil, r.Fail("a type that is not known")
}

// integer returns a number too large for an integer of llsd as a real.
func integer(text string) any {
	n := llsd.AsInt(text)
	if n < math.MinInt32 || n > math.MaxInt32 {
		return float64(n)
	}
	return int32(n)
}

const dateLayout = "20060102T15:04:05"

// date reads a date as XML-RPC writes it, with or without a zone, or as llsd does.
func date(text string) time.Time {
	text = strings.TrimSpace(text)
	for _, layout := range []string{dateLayout, dateLayout + "Z07:00", dateLayout + "Z0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			text = t.Format(time.RFC3339)
		}
	}
	return llsd.AsTime(text)
}

func (r reader) array() (any, error) {
	child, err := r.Child()
	if err != nil {
		return nil, err
	}
	switch string(child) {
	case "":
		return llsd.Array{}, nil
	case "data":
		a, err := r.each("value", r.value)
		if err != nil {
			return nil, err
		}
		return a, r.end()
	}
	return nil, r.Fail("an array without data")
}

func (r reader) members() (any, error) {
	m := llsd.Map{}
	for {
		child, err := r.Child()
		if child == nil || err != nil {
			return m, err
		}
		if string(child) != "member" {
			return nil, r.Fail("an element that is no member")
		}
		if err := r.member(m); err != nil {
			return nil, err
		}
	}
}

// member reads a name and its value, in whichever order they come, into m.
func (r reader) member(m llsd.Map) error {
	var (
		key              string
		v                any
		hasKey, hasValue bool
	)
	for {
		child, err := r.Child()
		switch {
		case err != nil:
			return err
		case child == nil && hasKey && hasValue:
			m[key] = v
			return nil
		case string(child) == "name" && !hasKey:
			var text []byte
			text, err = r.Text()
			key, hasKey = string(text), true
		case string(child) == "value" && !hasValue:
			v, err = r.value()
			hasValue = true
		default:
			err = r.Fail("a member that is not one name and one value")
		}
		if err != nil {
			return err
		}
	}
}
