package llsd

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// pollRequest is the event queue request of node-metaverse 0.8.16.
const pollRequest = `<llsd><map><key>ack</key><undef/><key>done</key><boolean>0</boolean></map></llsd>`

// pollAnswer is an event queue answer of OpenSimulator 0.9.2.2.
const pollAnswer = `<llsd><map><key>events</key><array><map><key>message</key><string>EnableSimulator</string>` +
	`<key>body</key><map><key>SimulatorInfo</key><array><map><key>Handle</key><binary>AAPpAAAD6AA=</binary>` +
	`<key>IP</key><binary>fwAAAQ==</binary><key>Port</key><integer>9001</integer><key>RegionSizeX</key>` +
	`<binary>AAABAA==</binary><key>RegionSizeY</key><binary>AAABAA==</binary></map></array></map></map></array>` +
	`<key>id</key><integer>4645170</integer></map></llsd>`

// statistics is the example of the LLSD description, shortened.
const statistics = `<?xml version="1.0" encoding="UTF-8"?>
<llsd>
<map>
  <key>region_id</key>
    <uuid>67153d5b-3659-afb4-8510-adda2c034649</uuid>
  <key>scale</key>
    <string>one minute</string>
  <key>simulator statistics</key>
  <map>
    <key>time dilation</key><real>0.9878624</real>
    <key>sim fps</key><real>44.38898</real>
    <key>agent updates per second</key><real>nan</real>
    <key>total task count</key><real>4</real>
    <key>pending downloads</key><real>0</real>
  </map>
</map>
</llsd>
`

func TestEventQueueBodiesAreWrittenAsViewersExpect(t *testing.T) {
	if got := string(AppendXML(nil, Map{"ack": nil, "done": false})); got != pollRequest {
		t.Errorf("request is %s", got)
	}
	info := Map{
		"Handle": U64(0x0003e900_0003e800), "IP": IP4([4]byte{127, 0, 0, 1}), "Port": 9001,
		"RegionSizeX": U32(256), "RegionSizeY": U32(256),
	}
	event := Map{"message": "EnableSimulator", "body": Map{"SimulatorInfo": Array{info}}}
	got := AppendXML(nil, Map{"events": Array{event}, "id": 4645170})
	want, err := ParseXML([]byte(pollAnswer))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParseXML(got); err != nil || !reflect.DeepEqual(back, want) {
		t.Errorf("answer is %s, %v", got, err)
	}
	// node-metaverse 0.8.16 looks for this text in the body.
	if !strings.Contains(string(got), "<llsd>") {
		t.Errorf("no <llsd> in %s", got)
	}
}

func TestEventQueueAnswerIsRead(t *testing.T) {
	v, err := ParseXML([]byte(pollAnswer))
	if err != nil {
		t.Fatal(err)
	}
	m := AsMap(v)
	event := m.Array("events").Map(0)
	info := event.Map("body").Array("SimulatorInfo").Map(0)
	if m.Int("id") != 4645170 || event.String("message") != "EnableSimulator" || info.Uint64("Handle") != 0x0003e900_0003e800 ||
		string(info.Bytes("IP")) != "\x7f\x00\x00\x01" || info.Int("Port") != 9001 || info.Uint32("RegionSizeX") != 256 {
		t.Errorf("read %v", m)
	}
}

func TestXMLExampleIsRead(t *testing.T) {
	v, err := ParseXML([]byte(statistics))
	if err != nil {
		t.Fatal(err)
	}
	m := AsMap(v)
	stats := m.Map("simulator statistics")
	if m.UUID("region_id") != uuid.MustParse("67153d5b-3659-afb4-8510-adda2c034649") || m.String("scale") != "one minute" ||
		stats.Real("time dilation") != 0.9878624 || !math.IsNaN(stats.Real("agent updates per second")) || stats.Int("total task count") != 4 {
		t.Errorf("read %v", m)
	}
}

func TestEveryTypeHasItsXML(t *testing.T) {
	id := uuid.MustParse("d7f4aeca-88f1-42a1-b385-b9db18abb255")
	for _, test := range []struct {
		v   any
		xml string
	}{
		{nil, "<undef/>"},
		{true, "<boolean>1</boolean>"},
		{false, "<boolean>0</boolean>"},
		{int32(-289343), "<integer>-289343</integer>"},
		{-0.28334, "<real>-0.28334</real>"},
		{256.0, "<real>256</real>"},
		{2.6e22, "<real>2.6e+22</real>"},
		{math.Inf(1), "<real>inf</real>"},
		{math.Inf(-1), "<real>-inf</real>"},
		{id, "<uuid>d7f4aeca-88f1-42a1-b385-b9db18abb255</uuid>"},
		{uuid.Nil, "<uuid/>"},
		{"", "<string></string>"},
		{"grün <&>", "<string>grün &lt;&amp;&gt;</string>"},
		{time.Date(2006, 2, 1, 14, 29, 53, 430000000, time.UTC), "<date>2006-02-01T14:29:53.43Z</date>"},
		{time.Time{}, "<date></date>"},
		{URI("http://sim956/?a&b"), "<uri>http://sim956/?a&amp;b</uri>"},
		{[]byte("quick"), "<binary>cXVpY2s=</binary>"},
		{Array{}, "<array></array>"},
		{Array{int32(1), "a"}, "<array><integer>1</integer><string>a</string></array>"},
		{Map{"b": nil, "a": Map{}}, "<map><key>a</key><map></map><key>b</key><undef/></map>"},
	} {
		document := "<llsd>" + test.xml + "</llsd>"
		if got := string(AppendXML(nil, test.v)); got != document {
			t.Errorf("%v is written %s", test.v, got)
		}
		if got, err := ParseXML([]byte(document)); err != nil || !reflect.DeepEqual(got, test.v) {
			t.Errorf("%s is read as %v, %v", test.xml, got, err)
		}
	}
}

func TestXMLOfOtherWritersIsRead(t *testing.T) {
	id := uuid.MustParse("d7f4aeca-88f1-42a1-b385-b9db18abb255")
	for _, test := range []struct {
		xml  string
		want any
	}{
		{"<llsd />", nil},
		{"<llsd><undef /></llsd> \x00 whatever", nil},
		{"<?xml version=\"1.0\" ?><llsd><string />\n</llsd>", ""},
		{"<? LLSD/XML ?>\n<llsd><array><integer /><real /><boolean /><uuid /><date /><uri /><binary /><map /></array></llsd>", Array{
			int32(0), 0.0, false, uuid.Nil, time.Time{}, URI(""), []byte{}, Map{},
		}},
		{"<llsd><array><boolean>true</boolean><boolean> 1 </boolean><boolean>0.0</boolean></array></llsd>", Array{true, true, false}},
		{"<llsd><array><real>NaN</real></array></llsd>", Array{math.NaN()}},
		{"<llsd><array><real>Infinity</real><real>-INF</real><real>1E-07</real></array></llsd>", Array{math.Inf(1), math.Inf(-1), 1e-7}},
		{"<llsd><uuid> D7F4AECA-88F1-42A1-B385-B9DB18ABB255 </uuid></llsd>", id},
		{"<llsd><binary encoding=\"base64\">cXVp\n\t Y2s</binary></llsd>", []byte("quick")},
		{"<llsd><binary encoding='base16'>0fa1 B2</binary></llsd>", []byte{0x0f, 0xa1, 0xb2}},
		{"<llsd><date>2026-11-20T22:55:22.5+01:00</date></llsd>", time.Date(2026, 11, 20, 21, 55, 22, 5e8, time.UTC)},
		{"<llsd><array> x <integer>1</integer><!-- y --><string>a<![CDATA[<b>]]></string></array></llsd>", Array{int32(1), "a<b>"}},
		{"<llsd><array><vector><real>1</real></vector><integer>1</integer></array></llsd>", Array{nil, int32(1)}},
		{"<llsd><map><key>a</key><string>1</string><key>a</key><string>2</string></map></llsd>", Map{"a": "2"}},
		{"<llsd><string>\xff</string></llsd>", "\uFFFD"},
	} {
		got, err := ParseXML([]byte(test.xml))
		if err != nil || !reflect.DeepEqual(got, test.want) && AsString(AsArray(got).At(0)) != "nan" {
			t.Errorf("%s is read as %#v, %v", test.xml, got, err)
		}
	}
}

func TestIntegersOutsideTheirRangeAreReadAsTheNearestOrAsBits(t *testing.T) {
	for text, want := range map[string]int32{
		"2147483647": math.MaxInt32, "-2147483648": math.MinInt32,
		"2147483648": math.MinInt32, "4294967295": -1,
		"4294967296": math.MaxInt32, "99999999999999999999": math.MaxInt32, "-2147483649": math.MinInt32,
		" 12 ": 12, "+7": 7, "1.9": 1, "-1.9": -1, "1e3": 1000, "nan": 0, "x": 0, "12x": 0, "0x10": 0, "": 0,
	} {
		if got, err := ParseXML([]byte("<llsd><integer>" + text + "</integer></llsd>")); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
}

func TestTextOfTheWrongKindIsTheDefaultOfItsType(t *testing.T) {
	v, err := ParseXML([]byte("<llsd><array><real>x</real><uuid>x</uuid><date>x</date><boolean>x</boolean>" +
		"<date>9999-12-31T23:59:59-01:00</date></array></llsd>"))
	if want := (Array{0.0, uuid.Nil, time.Time{}, false, time.Time{}}); err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("read %v, %v", v, err)
	}
}

func TestWhatIsNoLLSDXMLIsRefused(t *testing.T) {
	for _, document := range []string{
		"", " ", "llsd", "<map></map>", "<LLSD/>", "<html><body>502</body></html>",
		"<llsd><integer>1</integer><integer>2</integer></llsd>",
		"<llsd><map><string>1</string></map></llsd>",
		"<llsd><map><key>a</key></map></llsd>",
		"<llsd><map><key>a</key><key>b</key><string/></map></llsd>",
		"<llsd><binary>a</binary></llsd>",
		"<llsd><binary encoding=\"base16\">abc</binary></llsd>",
		"<llsd><binary encoding=\"base85\">abc</binary></llsd>",
		"<llsd><string>&nbsp;</string></llsd>",
		"<llsd><string>\x00</string></llsd>",
		"<!DOCTYPE llsd><llsd/>",
	} {
		if v, err := ParseXML([]byte(document)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q was read as %v, %v", document, v, err)
		}
	}
}

func TestControlCharactersAreDroppedFromXML(t *testing.T) {
	document := AppendXML(nil, Map{"a\x00b": "c\x1bd\te"})
	if v, err := ParseXML(document); err != nil || !reflect.DeepEqual(v, Map{"ab": "cd\te"}) {
		t.Errorf("%q was read as %v, %v", document, v, err)
	}
}

func TestBillionLaughsAreRefused(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE llsd [<!ENTITY a "ha">`
	for c := 'b'; c <= 'z'; c++ {
		bomb += `<!ENTITY ` + string(c) + ` "` + strings.Repeat("&"+string(c-1)+";", 10) + `">`
	}
	bomb += `]><llsd><string>&z;</string></llsd>`
	if v, err := ParseXML([]byte(bomb)); !errors.Is(err, ErrMalformed) {
		t.Errorf("read %v, %v", v, err)
	}
}

func TestXMLComesBack(t *testing.T) {
	any := values(carried())
	rapid.Check(t, func(t *rapid.T) {
		v := any.Draw(t, "value")
		document := AppendXML([]byte(XMLHeader), v)
		if back, err := ParseXML(document); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%s came back as %#v, %v", document, back, err)
		}
	})
}

func FuzzParseXML(f *testing.F) {
	for _, document := range []string{pollRequest, pollAnswer, statistics} {
		f.Add([]byte(document))
	}
	f.Add(AppendXML([]byte(XMLHeader), sample()))
	f.Fuzz(func(t *testing.T, document []byte) { comesBack(t, document, ParseXML, AppendXML) })
}
