package llsd

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// sample has every type in it, and texts that need care.
func sample() Map {
	return Map{
		"undef": nil, "yes": true, "no": false, "integer": int32(-5), "real": 0.1, "text": "a'b\"c\\d\ngrün \U0001F600",
		"id": uuid.MustParse("d7f4aeca-88f1-42a1-b385-b9db18abb255"), "date": time.Date(2026, 11, 20, 22, 55, 22, 5e8, time.UTC),
		"uri": URI("http://a/?b=\"c\"&d"), "binary": []byte{0, 1, 254, 255}, "array": Array{int32(1), Array{}, Map{"": "e"}},
	}
}

// comesBack checks that what a reader makes of a document is written so that it reads the same.
func comesBack(t *testing.T, document []byte, parse func([]byte) (any, error), write func([]byte, any) []byte) {
	v, err := parse(document)
	if err != nil {
		if v != nil {
			t.Fatalf("%v beside %v", v, err)
		}
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrLimit) {
			t.Fatalf("an error of no kind: %v", err)
		}
		return
	}
	once := write(nil, v)
	again, err := parse(once)
	if err != nil {
		t.Fatalf("%q was read, but not %q: %v", document, once, err)
	}
	if twice := write(nil, again); !bytes.Equal(once, twice) {
		t.Fatalf("%q became %q", once, twice)
	}
}

// form is one of the four, with what limits are tested by.
type form struct {
	parse func([]byte) (any, error)
	write func([]byte, any) []byte
	open  string // begins an array
	close string
	part  string // an element of an array
	comma string
}

var forms = map[string]form{
	"xml":      {ParseXML, AppendXML, "<array>", "</array>", "<undef/>", ""},
	"binary":   {ParseBinary, AppendBinary, "[\x00\x00\x00\x01", "]", "!", ""},
	"notation": {ParseNotation, AppendNotation, "[", "]", "!", ","},
	"json":     {ParseJSON, AppendJSON, "[", "]", "0", ","},
}

// document puts a value into the llsd element that XML needs.
func (f form) document(value string) []byte {
	if f.comma == "" && f.part != "!" {
		return []byte("<llsd>" + value + "</llsd>")
	}
	return []byte(value)
}

func TestEveryBeginningIsRefused(t *testing.T) {
	for name, f := range forms {
		whole := f.write(nil, sample())
		if _, err := f.parse(whole); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for n := range whole {
			if v, err := f.parse(whole[:n]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: %q was read as %v, %v", name, whole[:n], v, err)
			}
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	for name, f := range forms {
		nested := func(n int) []byte {
			return f.document(strings.Repeat(f.open, n) + f.part + strings.Repeat(f.close, n))
		}
		if _, err := f.parse(nested(MaxDepth)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, n := range []int{MaxDepth + 1, 1_000_000} {
			if v, err := f.parse(nested(n)); !errors.Is(err, ErrLimit) {
				t.Errorf("%s of depth %d was read as %v, %v", name, n, v, err)
			}
		}
		// The bomb need not end.
		if v, err := f.parse(f.document(strings.Repeat(f.open, 1_000_000))); !errors.Is(err, ErrLimit) {
			t.Errorf("%s without end was read as %v, %v", name, v, err)
		}
	}
}

func TestElementsAreBounded(t *testing.T) {
	for name, f := range forms {
		parts := strings.Repeat(f.part+f.comma, MaxElements) + f.part
		open := f.open
		if name == "binary" {
			open = "[\x00\x10\x00\x01"
		}
		if _, err := f.parse(f.document(open + parts + f.close)); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSizeIsBounded(t *testing.T) {
	huge := make([]byte, MaxSize+1)
	for name, f := range forms {
		if v, err := f.parse(huge); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	if v, rest, err := ReadBinary(huge); !errors.Is(err, ErrLimit) {
		t.Errorf("binary: %v, %d bytes, %v", v, len(rest), err)
	}
}
