package llsd

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"terrane/geom"
)

// legacy is the example of the LLSD description.
const legacy = `[
  {'destination':l"http://secondlife.com"}, 
  {'version':i1}, 
  {
    'agent_id':u3c115e51-04f4-523c-9fa6-98aff1034730, 
    'session_id':u2c585cec-038c-40b0-b42e-a25ebab4d132, 
    'circuit_code':i1075, 
    'first_name':'Phoenix', 
    'last_name':'Linden',
    'position':[r70.9247,r254.378,r38.7304], 
    'look_at':[r-0.043753,r-0.999042,r0], 
    'granters':[ua2e76fcd-9360-4f6d-a924-000000000003],
    'attachment_data':
    [
      {
        'attachment_point':i2,
        'item_id':ud6852c11-a74e-309a-0462-50533f1ef9b3,
        'asset_id':uc69b29b1-8944-58ae-a7c5-2ca7b23e22fb
      }
    ]
  }
]
`

func TestHomeOfALoginAnswerIsRead(t *testing.T) {
	for _, home := range []string{
		`{'region_handle':[r256000,r256000], 'position':[r128,r128,r30], 'look_at':[r0,r1,r0]}`,
		`{'region_handle':[r256000, r256000], 'position':[r128, r128, r30], 'look_at':[r0, r1, r0]}`,
	} {
		v, err := ParseNotation([]byte(home))
		if err != nil {
			t.Fatal(err)
		}
		m := AsMap(v)
		if h := m.Array("region_handle"); len(h) != 2 || h.Int(0) != 256000 || h.Int(1) != 256000 ||
			m.Vec3("position") != (geom.Vec3{X: 128, Y: 128, Z: 30}) || m.Vec3("look_at") != (geom.Vec3{Y: 1}) {
			t.Errorf("read %v", m)
		}
	}
}

func TestHomeOfALoginAnswerIsWritten(t *testing.T) {
	home := Map{
		"region_handle": Array{256000.0, 256000.0}, "position": Vec3(geom.Vec3{X: 128, Y: 128, Z: 30.5}),
		"look_at": Vec3(geom.Vec3{X: 0.5, Y: -1}),
	}
	const want = `{'look_at':[r0.5, r-1, r0], 'position':[r128, r128, r30.5], 'region_handle':[r256000, r256000]}`
	if got := string(AppendNotation(nil, home)); got != want {
		t.Errorf("home is %s", got)
	}
}

func TestNotationExampleIsRead(t *testing.T) {
	v, err := ParseNotation([]byte(legacy))
	if err != nil {
		t.Fatal(err)
	}
	want := Array{
		Map{"destination": URI("http://secondlife.com")},
		Map{"version": int32(1)},
		Map{
			"agent_id":     uuid.MustParse("3c115e51-04f4-523c-9fa6-98aff1034730"),
			"session_id":   uuid.MustParse("2c585cec-038c-40b0-b42e-a25ebab4d132"),
			"circuit_code": int32(1075), "first_name": "Phoenix", "last_name": "Linden",
			"position": Array{70.9247, 254.378, 38.7304}, "look_at": Array{-0.043753, -0.999042, 0.0},
			"granters": Array{uuid.MustParse("a2e76fcd-9360-4f6d-a924-000000000003")},
			"attachment_data": Array{Map{
				"attachment_point": int32(2),
				"item_id":          uuid.MustParse("d6852c11-a74e-309a-0462-50533f1ef9b3"),
				"asset_id":         uuid.MustParse("c69b29b1-8944-58ae-a7c5-2ca7b23e22fb"),
			}},
		},
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("read %v", v)
	}
}

func TestEveryTypeHasItsNotation(t *testing.T) {
	for _, test := range []struct {
		v    any
		text string
	}{
		{nil, "!"},
		{true, "true"},
		{false, "false"},
		{int32(-123457890), "i-123457890"},
		{2983287453.3, "r2983287453.3"},
		{math.Inf(-1), "r-inf"},
		{1e-9, "r1e-09"},
		{uuid.MustParse("d7f4aeca-88f1-42a1-b385-b9db18abb255"), "ud7f4aeca-88f1-42a1-b385-b9db18abb255"},
		{"", "''"},
		{"have a \"nice\" day", `'have a "nice" day'`},
		{"g'day \\ \n\x00\x7f grün", `'g\'day \\ \n\x00\x7f grün'`},
		{URI(`http://a/"b"`), `l"http://a/\"b\""`},
		{time.Date(2006, 2, 1, 14, 29, 53, 460000000, time.UTC), `d"2006-02-01T14:29:53.46Z"`},
		{time.Time{}, `d""`},
		{[]byte("quick"), `b64"cXVpY2s="`},
		{Array{}, "[]"},
		{Array{"foo", Array{"bar"}}, "['foo', ['bar']]"},
		{Map{}, "{}"},
		{Map{"foo": "bar", "doo": Map{"goo": nil}}, "{'doo':{'goo':!}, 'foo':'bar'}"},
	} {
		if got := string(AppendNotation(nil, test.v)); got != test.text {
			t.Errorf("%v is written %s", test.v, got)
		}
		if got, err := ParseNotation([]byte(test.text)); err != nil || !reflect.DeepEqual(got, test.v) {
			t.Errorf("%s is read as %#v, %v", test.text, got, err)
		}
	}
}

func TestNotationOfOtherWritersIsRead(t *testing.T) {
	for _, test := range []struct {
		text string
		want any
	}{
		{NotationHeader + "i1", int32(1)},
		{" \n1 ", true},
		{"0", false},
		{"[T,t,TRUE,1,F,f,FALSE,0]", Array{true, true, true, true, false, false, false, false}},
		{"i4294967295", int32(-1)},
		{"r+1.5E3", 1500.0},
		{`"\a\b\f\n\r\t\v\q"`, "\a\b\f\n\r\t\vq"},
		{`"Kanji: '\xe5\xb0\x8f\xE5\xbf\x83'"`, "Kanji: '小心'"},
		{`'\xff'`, "\uFFFD"},
		{`s(17)"have a "nice" day"`, `have a "nice" day`},
		{`s(0)''`, ""},
		{`l'http://a/'`, URI("http://a/")},
		{`b(5)"qu"ck"`, []byte(`qu"ck`)},
		{`b16"0fa1 B2"`, []byte{0x0f, 0xa1, 0xb2}},
		{`b64"cXVp Y2s"`, []byte("quick")},
		{`{ "a" : i1 , s(1)"b" : ! }`, Map{"a": int32(1), "b": nil}},
		{`{'a':i1,'a':i2}`, Map{"a": int32(2)}},
	} {
		if got, err := ParseNotation([]byte(test.text)); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s is read as %#v, %v", test.text, got, err)
		}
	}
}

func TestWhatIsNoNotationIsRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "x", "11", "i", "i-", "r", "rx", "u1", "uzzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "tru", "truex", "'abc", `'abc\`, `'\x1`, `'\xzz'`,
		"s", "s(", "s()\"\"", "s(2)\"a\"", "s(1)\"ab\"", "s(9999999999)\"a\"", "s(4000000000)\"a\"", "sabc", "b", "b(1)a", `b85"x"`, `b16"abc"`,
		`b64"a"`, "l", "lx", "d", "[", "[i1", "[i1 i2]", "[,]", "[i1,]", "[i1}", "{", "{'a'", "{'a':", "{'a':i1", "{'a' i1}", "{a:i1}", "{'a':i1,}", "{i1:i1}", "]",
	} {
		if v, err := ParseNotation([]byte(text)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q was read as %v, %v", text, v, err)
		}
	}
}

func TestNotationComesBack(t *testing.T) {
	any := values(rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		v := any.Draw(t, "value")
		document := AppendNotation([]byte(NotationHeader), v)
		if back, err := ParseNotation(document); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%s came back as %#v, %v", document, back, err)
		}
	})
}

func FuzzParseNotation(f *testing.F) {
	f.Add([]byte(legacy))
	f.Add(AppendNotation(nil, sample()))
	f.Add([]byte(`{s(1)"b":b(5)"qu"ck",'c':b16"0f"}`))
	f.Fuzz(func(t *testing.T, document []byte) { comesBack(t, document, ParseNotation, AppendNotation) })
}
