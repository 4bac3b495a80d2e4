package llsd

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"terrane/wire/xmltext"
)

// values draws any value a reader returns, of limited depth. Texts are drawn from text, dates have
// whole microseconds, and no real is NaN, for NaN is not equal to itself.
func values(text *rapid.Generator[string]) *rapid.Generator[any] { return valuesOfDepth(text, 4) }

func valuesOfDepth(text *rapid.Generator[string], depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Int32().AsAny(),
		rapid.Float64().AsAny(),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1e21, 1e-7}).AsAny(),
		text.AsAny(),
		rapid.Map(text, func(s string) URI { return URI(s) }).AsAny(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) uuid.UUID { return uuid.UUID(b) }).AsAny(),
		rapid.Map(rapid.Int64Range(0, 4e15), func(us int64) time.Time { return time.UnixMicro(us).UTC() }).AsAny(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) []byte { return append([]byte{}, b...) }).AsAny(),
	}
	if depth > 0 {
		part := valuesOfDepth(text, depth-1)
		kinds = append(kinds,
			rapid.Map(rapid.SliceOfN(part, 0, 5), func(s []any) Array { return append(Array{}, s...) }).AsAny(),
			rapid.Map(rapid.MapOfN(text, part, 0, 5), func(m map[string]any) Map { return Map(m) }).AsAny())
	}
	return rapid.OneOf(kinds...)
}

// carried draws texts that XML can carry.
func carried() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		document := "<a>" + string(xmltext.Append(nil, rapid.String().Draw(t, "text"))) + "</a>"
		s := xmltext.NewScanner([]byte(document), xmltext.Limits{Depth: 1, Elements: 1})
		if _, err := s.Child(); err != nil {
			t.Fatal(err)
		}
		text, err := s.Text()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	})
}

func TestCanonicalValuesAreTheOnesReadersReturn(t *testing.T) {
	id := uuid.MustParse("97f4aeca-88a1-42a1-b385-b97b18abb255")
	for _, test := range []struct{ given, want any }{
		{nil, nil},
		{7, int32(7)},
		{int8(-7), int32(-7)},
		{int16(-7), int32(-7)},
		{int64(7), int32(7)},
		{uint8(200), int32(200)},
		{uint16(65535), int32(65535)},
		{uint32(0xffffffff), int32(-1)},
		{math.MaxInt32 + 1, int32(math.MaxInt32)},
		{int64(math.MinInt64), int32(math.MinInt32)},
		{float32(0.5), 0.5},
		{[]any{1, "a"}, Array{1, "a"}},
		{[]string{"a", "b"}, Array{"a", "b"}},
		{[]uuid.UUID{id}, Array{id}},
		{[]Map{{"a": 1}}, Array{Map{"a": 1}}},
		{map[string]any{"a": 1}, Map{"a": 1}},
		{map[string]string{"a": "b"}, Map{"a": "b"}},
	} {
		if got := Canonical(test.given); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%T %v became %T %v", test.given, test.given, got, got)
		}
	}
}

func TestWhatIsNoValueIsAMistakeInTheProgram(t *testing.T) {
	for _, v := range []any{uint64(1), struct{}{}, &Map{}, make(chan int), []int{1}} {
		func() {
			defer func() {
				if why, _ := recover().(string); !strings.Contains(why, "no value") {
					t.Errorf("%T: %q", v, why)
				}
			}()
			AppendXML(nil, Array{v})
		}()
	}
}

func TestOutputIsTheSameForTheSameValue(t *testing.T) {
	v := Map{}
	for _, key := range strings.Split("zyxwvutsrqponmlkjihgfedcba", "") {
		v[key] = Map{key: 1, "0": 2, "1": Map{"b": 3, "a": 4}}
	}
	for name, write := range map[string]func([]byte, any) []byte{
		"xml": AppendXML, "binary": AppendBinary, "notation": AppendNotation, "json": AppendJSON, "sparse json": AppendSparseJSON,
	} {
		first := string(write(nil, v))
		for range 10 {
			if again := string(write(nil, v)); again != first {
				t.Fatalf("%s: %s, then %s", name, first, again)
			}
		}
	}
}

func TestWritersAppend(t *testing.T) {
	for name, write := range map[string]func([]byte, any) []byte{
		"xml": AppendXML, "binary": AppendBinary, "notation": AppendNotation, "json": AppendJSON, "sparse json": AppendSparseJSON,
	} {
		v := Map{"a": Array{1, "b"}}
		if got, want := string(write([]byte("before "), v)), "before "+string(write(nil, v)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
