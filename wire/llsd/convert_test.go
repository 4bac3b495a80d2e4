package llsd

import (
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"terrane/geom"
)

func TestScalarsConvertAsLLSDDefines(t *testing.T) {
	id := uuid.MustParse("97f4aeca-88a1-42a1-b385-b97b18abb255")
	day := time.Date(2026, 11, 20, 22, 55, 22, 0, time.UTC)
	for _, test := range []struct {
		v    any
		text string
		b    bool
		n    int
		f    float64
	}{
		{nil, "", false, 0, 0},
		{true, "true", true, 1, 1},
		{false, "", false, 0, 0},
		{int32(-7), "-7", true, -7, -7},
		{int32(0), "0", false, 0, 0},
		{2.9, "2.9", true, 2, 2.9},
		{-2.9, "-2.9", true, -2, -2.9},
		{1e300, "1e+300", true, math.MaxInt64, 1e300},
		{math.Inf(-1), "-inf", true, math.MinInt64, math.Inf(-1)},
		{"", "", false, 0, 0},
		{"0", "0", false, 0, 0},
		{"False", "False", false, 0, 0},
		{"TRUE", "TRUE", true, 0, 0},
		{" 42 ", " 42 ", true, 42, 42},
		{"1.23", "1.23", true, 1, 1.23},
		{"1.5e3", "1.5e3", true, 1500, 1500},
		{"1099511627776256", "1099511627776256", true, 1099511627776256, 1099511627776256},
		{"7 apples", "7 apples", true, 0, 0},
		{id, id.String(), true, 0, 0},
		{uuid.Nil, uuid.Nil.String(), false, 0, 0},
		{day, "2026-11-20T22:55:22Z", false, 1795215322, 1795215322},
		{URI("http://a/"), "http://a/", false, 0, 0},
		{U32(0xfffffffe), "", false, -2, 0},
		{U64(1 << 40), "", false, 1 << 40, 0},
		{[]byte{1, 2, 3}, "", false, 0, 0},
		{Array{1}, "", true, 0, 0},
		{Map{"a": 1}, "", true, 0, 0},
		{Map{}, "", false, 0, 0},
	} {
		m := Map{"x": test.v}
		if got := m.String("x"); got != test.text {
			t.Errorf("%T %v as text is %q", test.v, test.v, got)
		}
		if got := m.Bool("x"); got != test.b {
			t.Errorf("%T %v as boolean is %v", test.v, test.v, got)
		}
		if got := m.Int("x"); got != test.n {
			t.Errorf("%T %v as integer is %v", test.v, test.v, got)
		}
		if got := m.Real("x"); got != test.f {
			t.Errorf("%T %v as real is %v", test.v, test.v, got)
		}
	}
	if AsBool(math.NaN()) || AsInt(math.NaN()) != 0 || AsString(math.NaN()) != "nan" {
		t.Error("NaN counts as a number")
	}
}

func TestUnsignedNumbersAreReadFromEveryFormTheyAreWrittenIn(t *testing.T) {
	for _, v := range []any{U32(0xfffffffe), int32(-2), "4294967294", 4294967294.0, Array{int32(255), int32(255), int32(255), int32(254)}} {
		if got := AsUint32(v); got != 0xfffffffe {
			t.Errorf("%T %v is %#x", v, v, got)
		}
		if got := AsUint64(v); got != 0xfffffffe {
			t.Errorf("%T %v is %#x in 64 bits", v, v, got)
		}
	}
	const handle = 0xfffe_0000_0003_e800
	for _, v := range []any{U64(handle), "18446181123756386304"} {
		if got := AsUint64(v); got != handle {
			t.Errorf("%T %v is %#x", v, v, got)
		}
	}
	for _, v := range []any{"-3", -3.0, nil, "x"} {
		if got := AsUint64(v); got != 0 {
			t.Errorf("%T %v is %#x", v, v, got)
		}
	}
	if got := AsUint32("99999999999"); got != math.MaxUint32 {
		t.Errorf("beyond is %#x", got)
	}
}

func TestIDsAreReadFromText(t *testing.T) {
	id := uuid.MustParse("97f4aeca-88a1-42a1-b385-b97b18abb255")
	for _, v := range []any{id, id.String(), "  97F4AECA-88A1-42A1-B385-B97B18ABB255\n", "97f4aeca88a142a1b385b97b18abb255"} {
		if got := AsUUID(v); got != id {
			t.Errorf("%v is %v", v, got)
		}
	}
	for _, v := range []any{nil, "", "x", "{97f4aeca-88a1-42a1-b385-b97b18abb255}", "97f4aeca-88a1-42a1-b385-b97b18abb25g", 7} {
		if got := AsUUID(v); got != uuid.Nil {
			t.Errorf("%v is %v", v, got)
		}
	}
}

func TestDatesAreReadFromTextAndNumbers(t *testing.T) {
	day := time.Date(2026, 11, 20, 22, 55, 22, 0, time.UTC)
	for _, v := range []any{
		day, int32(1795215322), 1795215322.0, "2026-11-20T22:55:22Z", "2026-11-20T22:55:22", " 2026-11-20T23:55:22.00+01:00 ",
	} {
		if got := AsTime(v); !got.Equal(day) {
			t.Errorf("%T %v is %v", v, v, got)
		}
	}
	if got := AsTime("2026-11-20"); !got.Equal(day.Truncate(24 * time.Hour)) {
		t.Errorf("a day is %v", got)
	}
	for _, v := range []any{nil, "", "yesterday", math.NaN(), 1e18, -1e18, true} {
		if got := AsTime(v); !got.IsZero() {
			t.Errorf("%v is %v", v, got)
		}
	}
}

func TestBytesAreReadFromAnArrayOfNumbers(t *testing.T) {
	if got := string(AsBytes(Array{int32(1), int32(2), int32(250)})); got != "\x01\x02\xfa" {
		t.Errorf("bytes are %q", got)
	}
	for _, v := range []any{nil, "AQ==", Array{int32(256)}, Array{int32(-1)}, Array{"1"}, Array{1.0}} {
		if got := AsBytes(v); got != nil {
			t.Errorf("%v is %v", v, got)
		}
	}
}

func TestVectorsAreReadFromArraysAndText(t *testing.T) {
	want := geom.Vec3{X: 1, Y: 2.5, Z: -3}
	for _, v := range []any{Vec3(want), Array{1, 2.5, "-3"}, "<1, 2.5, -3>"} {
		if got := AsVec3(v); got != want {
			t.Errorf("%v is %v", v, got)
		}
	}
	for _, v := range []any{nil, Array{1, 2}, Array{1, 2, math.NaN()}, Array{1, 2, 1e300}, "<1, 2>", 7} {
		if got := AsVec3(v); got != (geom.Vec3{}) {
			t.Errorf("%v is %v", v, got)
		}
	}
}

func TestWhatIsAbsentOrOfAnotherTypeIsTheZeroValue(t *testing.T) {
	for _, m := range []Map{nil, {}, {"x": make(Array, 0)}} {
		if m.Has("y") || m.String("x") != "" || m.Bool("x") || m.Int("x") != 0 || m.Uint32("x") != 0 || m.Uint64("x") != 0 ||
			m.Real("x") != 0 || m.UUID("x") != uuid.Nil || !m.Time("x").IsZero() || m.URI("x") != "" || len(m.Bytes("x")) != 0 ||
			m.Vec3("x") != (geom.Vec3{}) || len(m.Array("x")) != 0 || m.Map("x") != nil || m.Map("x").Map("y").String("z") != "" {
			t.Errorf("%v has something", m)
		}
	}
	a := Array{Map{"k": "v"}, "text", Array{7}, nil}
	if a.Map(0).String("k") != "v" || a.String(1) != "text" || a.Array(2).Int(0) != 7 || a.Real(1) != 0 {
		t.Errorf("%v is not what it holds", a)
	}
	if a.At(-1) != nil || a.At(4) != nil || a.Map(1) != nil || Array(nil).Int(0) != 0 {
		t.Errorf("%v has something beyond", a)
	}
	if maps := a.Maps(); len(maps) != 1 || maps[0].String("k") != "v" {
		t.Errorf("maps are %v", maps)
	}
	if texts := (Array{"a", 1, nil}).Strings(); len(texts) != 3 || texts[0] != "a" || texts[1] != "1" || texts[2] != "" {
		t.Errorf("texts are %q", texts)
	}
	if ids := (Array{"x", uuid.Max}).UUIDs(); len(ids) != 2 || ids[0] != uuid.Nil || ids[1] != uuid.Max {
		t.Errorf("ids are %v", ids)
	}
}
