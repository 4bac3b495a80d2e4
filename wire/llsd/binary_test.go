package llsd

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryTypeHasItsBinary(t *testing.T) {
	for _, test := range []struct {
		v   any
		hex string
	}{
		{nil, "21"},
		{true, "31"},
		{false, "30"},
		{int32(0), "69 00000000"},
		{int32(1234843), "69 0012d79b"},
		{int32(-1), "69 ffffffff"},
		{-12233.3, "72 c0c7e4a666666666"},
		{1.0, "72 3ff0000000000000"},
		{uuid.MustParse("97f4aeca-88a1-42a1-b385-b97b18abb255"), "75 97f4aeca88a142a1b385b97b18abb255"},
		{"", "73 00000000"},
		{"abc123", "73 00000006 616263313233"},
		// The date alone is little-endian: 2006-02-01 14:29:53.5 is 1138804193.5.
		{time.Date(2006, 2, 1, 14, 29, 53, 5e8, time.UTC), "64 00006078 31f8d041"},
		{time.Unix(0, 0).UTC(), "64 0000000000000000"},
		{URI("http://a/"), "6c 00000009 687474703a2f2f612f"},
		{[]byte{}, "62 00000000"},
		{[]byte{1, 255}, "62 00000002 01ff"},
		{Array{}, "5b 00000000 5d"},
		{Array{int32(5), "x"}, "5b 00000002 69 00000005 73 00000001 78 5d"},
		{Map{}, "7b 00000000 7d"},
		{Map{"b": true, "a": nil}, "7b 00000002 6b 00000001 61 21 6b 00000001 62 31 7d"},
	} {
		b := unhex(t, test.hex)
		if got := AppendBinary(nil, test.v); !bytes.Equal(got, b) {
			t.Errorf("%v is written %x, want %x", test.v, got, b)
		}
		if got, err := ParseBinary(b); err != nil || !reflect.DeepEqual(got, test.v) {
			t.Errorf("%x is read as %v, %v", b, got, err)
		}
	}
}

func TestBinaryOfOtherWritersIsRead(t *testing.T) {
	for _, test := range []struct {
		document string
		want     any
	}{
		{"<? LLSD/Binary ?>\n!", nil},
		{"<? llsd/binary ?>i\x00\x00\x00\x07", int32(7)},
		{"<?llsd/binary?>\r\n1", true},
		{"1\n", true},
		{`'it\'s'`, "it's"},
		{`"\x41\n"`, "A\n"},
		{"{\x00\x00\x00\x02'a'1\"b\"0}", Map{"a": true, "b": false}},
		{"s\x00\x00\x00\x01\xff", "\uFFFD"},
		{"d\x00\x00\x00\x00\x00\x00\xf8\x7f", time.Time{}},
		{"d\xff\xff\xff\xff\xff\xff\xef\x7f", time.Time{}},
	} {
		if got, err := ParseBinary([]byte(test.document)); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q is read as %v, %v", test.document, got, err)
		}
	}
}

func TestWhatIsNoBinaryIsRefused(t *testing.T) {
	for _, document := range []string{
		"", "x", "11", "<? LLSD/Binary ?>", "<? LLSD/XML ?>1", "[\x00\x00\x00\x021]", "[\x00\x00\x00\x0111]", "[\xff\xff\xff\xff",
		"{\x00\x00\x00\x01s\x00\x00\x00\x01a1}", "{\x00\x00\x00\x01k\x00\x00\x00\x01a}", "{\xff\xff\xff\xff", "s\xff\xff\xff\xffabc",
		"b\x7f\xff\xff\xff", "'abc", `'\x4`, `'\xgg'`, "k\x00\x00\x00\x01a",
	} {
		if v, err := ParseBinary([]byte(document)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q was read as %v, %v", document, v, err)
		}
	}
}

func TestWhatFollowsABinaryValueIsHandedBack(t *testing.T) {
	for _, head := range []string{"", BinaryHeader} {
		mesh := AppendBinary([]byte(head), Map{"high_lod": Map{"offset": 0, "size": 4}})
		v, rest, err := ReadBinary(append(mesh, "lod!"...))
		if err != nil || string(rest) != "lod!" || AsMap(v).Map("high_lod").Int("size") != 4 {
			t.Errorf("read %v, %q, %v", v, rest, err)
		}
	}
	if v, rest, err := ReadBinary([]byte("[")); err == nil {
		t.Errorf("read %v, %q", v, rest)
	}
}

func TestBinarySharesNoMemoryWithTheDocument(t *testing.T) {
	document := AppendBinary(nil, Array{[]byte("bytes"), "text"})
	v, err := ParseBinary(document)
	if err != nil {
		t.Fatal(err)
	}
	clear(document)
	if a := AsArray(v); string(AsBytes(a[0])) != "bytes" || a[1] != "text" {
		t.Errorf("the value changed to %q", a)
	}
}

func TestACountDoesNotReserveMemory(t *testing.T) {
	document := append([]byte("[\x00\x0f\x42\x40"), make([]byte, 1_000_000)...)
	allocated := testing.AllocsPerRun(5, func() {
		if _, err := ParseBinary(document); !errors.Is(err, ErrMalformed) {
			t.Error(err)
		}
	})
	if allocated > 20 {
		t.Errorf("%v allocations for an array that has nothing in it", allocated)
	}
}

func TestBinaryComesBack(t *testing.T) {
	any := values(rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		v := any.Draw(t, "value")
		document := AppendBinary([]byte(BinaryHeader), v)
		if back, err := ParseBinary(document); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%q came back as %#v, %v", document, back, err)
		}
	})
	nan, err := ParseBinary(AppendBinary(nil, math.NaN()))
	if f, ok := nan.(float64); !ok || !math.IsNaN(f) || err != nil {
		t.Errorf("NaN came back as %v, %v", nan, err)
	}
}

func FuzzParseBinary(f *testing.F) {
	f.Add(AppendBinary(nil, sample()))
	f.Add(AppendBinary([]byte(BinaryHeader), Array{sample()}))
	f.Add([]byte("{\x00\x00\x00\x02'a'1\"b\"0}"))
	f.Fuzz(func(t *testing.T, document []byte) { comesBack(t, document, ParseBinary, AppendBinary) })
}
