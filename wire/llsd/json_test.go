package llsd

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// mayEnter is a QUERYACCESS request of OpenSimulator 0.9.2.2.
const mayEnter = `{"viaTeleport":true,"position":"<128, 128, 0>","my_version":"SIMULATION/0.3",` +
	`"simulation_service_supported_min":0.300000011920929,"simulation_service_supported_max":0.800000011920929,` +
	`"context":{"InboundVersion":0.800000011920929,"OutboundVersion":0.800000011920929,"WearablesCount":-1},"features":[]}`

func TestQueryAccessIsRead(t *testing.T) {
	v, err := ParseJSON([]byte(mayEnter))
	if err != nil {
		t.Fatal(err)
	}
	m := AsMap(v)
	if !m.Bool("viaTeleport") || m.Vec3("position").X != 128 || float32(m.Real("simulation_service_supported_min")) != 0.3 ||
		m.Map("context").Int("WearablesCount") != -1 || m["features"] == nil || len(m.Array("features")) != 0 {
		t.Errorf("read %v", m)
	}
}

func TestQueryAccessIsAnsweredInFull(t *testing.T) {
	answer := Map{"success": false, "reason": "", "version": "SIMULATION/0", "negotiated_inbound_version": float32(0.8), "features": Array{}}
	const want = `{"features":[],"negotiated_inbound_version":0.800000011920929,"reason":"","success":false,"version":"SIMULATION/0"}`
	if got := string(AppendJSON(nil, answer)); got != want {
		t.Errorf("answer is %s", got)
	}
}

func TestSparseJSONLeavesDefaultsOut(t *testing.T) {
	v := Map{
		"a": nil, "b": false, "c": 0, "d": 0.0, "e": "", "f": uuid.Nil, "g": Map{},
		"h": Array{nil, false, 0, 0.0, "", Map{"i": 0}}, "j": Map{"k": 0}, "l": []byte{}, "m": 1,
	}
	const want = `{"h":[null,false,0,0.0,"",{}],"j":{},"l":[],"m":1}`
	if got := string(AppendSparseJSON(nil, v)); got != want {
		t.Errorf("written %s", got)
	}
	if got := string(AppendSparseJSON(nil, Map{"success": false})); got != "{}" {
		t.Errorf("a refusal is %s", got)
	}
}

func TestEveryTypeHasItsJSON(t *testing.T) {
	for _, test := range []struct {
		v    any
		text string
		back any
	}{
		{nil, "null", nil},
		{true, "true", true},
		{false, "false", false},
		{int32(-1), "-1", int32(-1)},
		{256.0, "256.0", 256.0},
		{0.0, "0.0", 0.0},
		{-1.5e-9, "-1.5e-09", -1.5e-9},
		{1e30, "1e+30", 1e30},
		{math.Inf(1), `"Infinity"`, "Infinity"},
		{math.Inf(-1), `"-Infinity"`, "-Infinity"},
		{math.NaN(), `"NaN"`, "NaN"},
		{"a\"b\\c/\n\t\x00\x7f", `"a\"b\\c/\n\u0009\u0000\u007f"`, "a\"b\\c/\n\t\x00\x7f"},
		{"grün \U0001F600", `"gr\u00fcn \ud83d\ude00"`, "grün \U0001F600"},
		{"\xff", `"\ufffd"`, "\uFFFD"},
		{uuid.Nil, `"00000000-0000-0000-0000-000000000000"`, "00000000-0000-0000-0000-000000000000"},
		{time.Date(2026, 11, 20, 22, 55, 22, 0, time.UTC), `"2026-11-20T22:55:22Z"`, "2026-11-20T22:55:22Z"},
		{URI("http://a/"), `"http://a/"`, "http://a/"},
		{[]byte{1, 2, 250}, "[1,2,250]", Array{int32(1), int32(2), int32(250)}},
		{U32(7), "[0,0,0,7]", Array{int32(0), int32(0), int32(0), int32(7)}},
		{Array{}, "[]", Array{}},
		{Map{"b": Array{int32(1), "x"}, "a": Map{}}, `{"a":{},"b":[1,"x"]}`, Map{"b": Array{int32(1), "x"}, "a": Map{}}},
	} {
		got := AppendJSON(nil, test.v)
		if string(got) != test.text {
			t.Errorf("%v is written %s", test.v, got)
		}
		if !json.Valid(got) {
			t.Errorf("%s is no JSON to others", got)
		}
		if back, err := ParseJSON(got); err != nil || !reflect.DeepEqual(back, test.back) {
			t.Errorf("%s is read as %#v, %v", got, back, err)
		}
	}
}

func TestWhatJSONHasNoTypeForIsConvertedBack(t *testing.T) {
	v, err := ParseJSON(AppendJSON(nil, sample()))
	if err != nil {
		t.Fatal(err)
	}
	m, want := AsMap(v), sample()
	if m.UUID("id") != want["id"] || !m.Time("date").Equal(want.Time("date")) || m.URI("uri") != want["uri"] ||
		string(m.Bytes("binary")) != string(want.Bytes("binary")) {
		t.Errorf("read %v", m)
	}
	if f := AsReal("-Infinity"); !math.IsInf(f, -1) {
		t.Errorf("infinity is %v", f)
	}
}

func TestJSONOfOtherWritersIsRead(t *testing.T) {
	for _, test := range []struct {
		text string
		want any
	}{
		{"\xef\xbb\xbf 1 ", int32(1)},
		{"2147483647", int32(math.MaxInt32)},
		{"2147483648", 2147483648.0},
		{"1099511627776000", 1099511627776000.0},
		{"1E5", 100000.0},
		{`"\/\b\f\r\t\u00FC"`, "/\b\f\r\tü"},
		{`"grün"`, "grün"},
		{`"\ud83dx\ude00"`, "\uFFFDx\uFFFD"},
		{`"\ud83d\u0041"`, "\uFFFDA"},
		{"\"\xff\"", "\uFFFD"},
		{" { \"a\" : [ 1 , 2 ] , \"a\" : 3 } ", Map{"a": int32(3)}},
	} {
		if got, err := ParseJSON([]byte(test.text)); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s is read as %#v, %v", test.text, got, err)
		}
	}
}

func TestWhatIsNoJSONIsRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "x", "tru", "True", "-", "1-2", "1 2", "[", "[1", "[1 2]", "[,]", "[1,]", "[1}", "{", `{"a"`, `{"a":`, `{"a":1`, `{"a" 1}`, `{a:1}`,
		`{"a":1,}`, `{1:1}`, `"abc`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\ud83d\u1`, "'a'", "]", "\x00",
	} {
		if v, err := ParseJSON([]byte(text)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q was read as %v, %v", text, v, err)
		}
	}
}

// asJSONReads returns what becomes of a value when it is written as JSON and read.
func asJSONReads(v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsInf(v, 1) {
			return "Infinity"
		} else if math.IsInf(v, -1) {
			return "-Infinity"
		}
	case uuid.UUID, time.Time, URI:
		return AsString(v)
	case []byte:
		a := Array{}
		for _, b := range v {
			a = append(a, int32(b))
		}
		return a
	case Array:
		a := Array{}
		for _, part := range v {
			a = append(a, asJSONReads(part))
		}
		return a
	case Map:
		m := Map{}
		for key, part := range v {
			m[key] = asJSONReads(part)
		}
		return m
	}
	return v
}

func TestJSONComesBack(t *testing.T) {
	any := values(rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		v := any.Draw(t, "value")
		document := AppendJSON(nil, v)
		if back, err := ParseJSON(document); err != nil || !reflect.DeepEqual(back, asJSONReads(v)) {
			t.Fatalf("%s came back as %#v, %v", document, back, err)
		}
		if !json.Valid(document) || !json.Valid(AppendSparseJSON(nil, v)) {
			t.Fatalf("%s is no JSON to others", document)
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(mayEnter))
	f.Add(AppendJSON(nil, sample()))
	f.Add([]byte(`"\ud83d\ude00\ud83d"`))
	f.Fuzz(func(t *testing.T, document []byte) {
		comesBack(t, document, ParseJSON, AppendJSON)
		var others any
		if json.Unmarshal(document, &others) == nil {
			if v, err := ParseJSON(document); err != nil && !errors.Is(err, ErrLimit) {
				t.Fatalf("%q is JSON to others, but %v, %v", document, v, err)
			}
		}
	})
}
