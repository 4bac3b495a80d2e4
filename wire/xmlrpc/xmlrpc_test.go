package xmlrpc

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"terrane/wire/llsd"
	"terrane/wire/xmltext"
)

// loginRequest is what the test client of OpenSimulator 0.9.2.2 sends, with fewer options.
const loginRequest = `<?xml version="1.0" encoding="utf-8"?><methodCall><methodName>login_to_simulator</methodName><params><param>` +
	`<value><struct><member><name>id0</name><value><string>02:FC:00:00:00:01</string></value></member>` +
	`<member><name>platform</name><value><string>lnx</string></value></member><member><name>options</name><value><array><data>` +
	`<value><string>inventory-root</string></value><value><string>inventory-skeleton</string></value>` +
	`<value><string>buddy-list</string></value><value><string>adult_compliant</string></value></data></array></value></member>` +
	`<member><name>agree_to_tos</name><value><string>true</string></value></member>` +
	`<member><name>last_exec_event</name><value><i4>0</i4></value></member>` +
	`<member><name>mac</name><value><string>02:FC:00:00:00:01</string></value></member>` +
	`<member><name>read_critical</name><value><string>true</string></value></member>` +
	`<member><name>platform_version</name><value><string>6.18.44.669</string></value></member>` +
	`<member><name>start</name><value><string>last</string></value></member>` +
	`<member><name>channel</name><value><string>pCampBot</string></value></member>` +
	`<member><name>last</name><value><string>Bot_40</string></value></member>` +
	`<member><name>passwd</name><value><string>$1$5ebe2294ecd0e0f08eab7690d2a6ee69</string></value></member>` +
	`<member><name>first</name><value><string>Load</string></value></member>` +
	`<member><name>version</name><value><string>pCampBot</string></value></member></struct></value></param></params></methodCall>`

// loginAnswer is part of the answer of OpenSimulator 0.9.2.2.
const loginAnswer = `<?xml version="1.0" encoding="utf-8"?><methodResponse><params><param><value><struct>` +
	`<member><name>login</name><value><string>true</string></value></member>` +
	`<member><name>region_y</name><value><i4>256000</i4></value></member>` +
	`<member><name>buddy-list</name><value><array><data /></array></value></member>` +
	`<member><name>look_at</name><value><string>[r0,r1,r0]</string></value></member>` +
	`<member><name>agent_id</name><value><string>33333333-0000-0000-0000-000000000040</string></value></member>` +
	`<member><name>inventory-skeleton</name><value><array><data><value><struct>` +
	`<member><name>name</name><value><string>My Inventory</string></value></member>` +
	`<member><name>folder_id</name><value><string>45e1d8b3-ef6f-4852-b3ef-759c94dd9a3d</string></value></member>` +
	`<member><name>type_default</name><value><i4>8</i4></value></member>` +
	`<member><name>version</name><value><i4>18</i4></value></member>` +
	`<member><name>parent_id</name><value><string>00000000-0000-0000-0000-000000000000</string></value></member></struct></value>` +
	`</data></array></value></member>` +
	`<member><name>home</name><value><string>{'region_handle':[r256000,r256000], 'position':[r128,r128,r0], 'look_at':[r0,r1,r0]}</string></value></member>` +
	`</struct></value></param></params></methodResponse>`

func TestLoginRequestIsRead(t *testing.T) {
	call, err := ParseCall([]byte(loginRequest))
	if err != nil {
		t.Fatal(err)
	}
	m := call.Struct()
	if call.Method != "login_to_simulator" || len(call.Params) != 1 || m.String("first") != "Load" || m.String("last") != "Bot_40" ||
		m.String("passwd") != "$1$5ebe2294ecd0e0f08eab7690d2a6ee69" || m["last_exec_event"] != int32(0) || !m.Bool("agree_to_tos") ||
		strings.Join(m.Array("options").Strings(), " ") != "inventory-root inventory-skeleton buddy-list adult_compliant" {
		t.Errorf("read %v", call)
	}
}

func TestLoginAnswerIsRead(t *testing.T) {
	v, err := ParseResponse([]byte(loginAnswer))
	if err != nil {
		t.Fatal(err)
	}
	m := llsd.AsMap(v)
	folder := m.Array("inventory-skeleton").Map(0)
	home, err := llsd.ParseNotation([]byte(m.String("home")))
	if m["login"] != "true" || m["region_y"] != int32(256000) || m.UUID("agent_id") != uuid.MustParse("33333333-0000-0000-0000-000000000040") ||
		len(m.Array("buddy-list")) != 0 || folder.String("name") != "My Inventory" || folder["type_default"] != int32(8) ||
		err != nil || llsd.AsMap(home).Array("position").Real(0) != 128 {
		t.Errorf("read %v, home %v, %v", m, home, err)
	}
}

func TestOneAnswerIsWrittenInBothForms(t *testing.T) {
	root := uuid.MustParse("45e1d8b3-ef6f-4852-b3ef-759c94dd9a3d")
	answer := llsd.Map{
		"login": "true", "agent_id": root, "sim_port": 9000, "ok": true, "openid_url": llsd.URI("http://a/?b&c"),
		"inventory-root": llsd.Array{llsd.Map{"folder_id": root}},
	}
	const want = header + `<methodResponse><params><param><value><struct>` +
		`<member><name>agent_id</name><value><string>45e1d8b3-ef6f-4852-b3ef-759c94dd9a3d</string></value></member>` +
		`<member><name>inventory-root</name><value><array><data><value><struct><member><name>folder_id</name>` +
		`<value><string>45e1d8b3-ef6f-4852-b3ef-759c94dd9a3d</string></value></member></struct></value></data></array></value></member>` +
		`<member><name>login</name><value><string>true</string></value></member>` +
		`<member><name>ok</name><value><boolean>1</boolean></value></member>` +
		`<member><name>openid_url</name><value><string>http://a/?b&amp;c</string></value></member>` +
		`<member><name>sim_port</name><value><i4>9000</i4></value></member>` +
		`</struct></value></param></params></methodResponse>`
	rpc := AppendResponse(nil, answer)
	if string(rpc) != want {
		t.Errorf("answer is %s", rpc)
	}
	fromRPC, err := ParseResponse(rpc)
	if err != nil {
		t.Fatal(err)
	}
	fromLLSD, err := llsd.ParseXML(llsd.AppendXML(nil, answer))
	if err != nil {
		t.Fatal(err)
	}
	a, b := llsd.AsMap(fromRPC), llsd.AsMap(fromLLSD)
	for _, key := range answer.Keys() {
		if a.String(key) != b.String(key) || a.Int(key) != b.Int(key) || a.UUID(key) != b.UUID(key) || a.Bool(key) != b.Bool(key) && key == "ok" {
			t.Errorf("%s is %v and %v", key, a[key], b[key])
		}
	}
}

func TestEveryTypeHasItsForm(t *testing.T) {
	id := uuid.MustParse("d7f4aeca-88f1-42a1-b385-b9db18abb255")
	for _, test := range []struct {
		v    any
		xml  string
		back any
	}{
		{nil, "", ""},
		{true, "<boolean>1</boolean>", true},
		{false, "<boolean>0</boolean>", false},
		{int32(-1), "<i4>-1</i4>", int32(-1)},
		{7, "<i4>7</i4>", int32(7)},
		{-12.25, "<double>-12.25</double>", -12.25},
		{"", "<string></string>", ""},
		{" a <b> & 'c' ", "<string> a &lt;b&gt; &amp; 'c' </string>", " a <b> & 'c' "},
		{id, "<string>d7f4aeca-88f1-42a1-b385-b9db18abb255</string>", id.String()},
		{uuid.Nil, "<string>00000000-0000-0000-0000-000000000000</string>", uuid.Nil.String()},
		{llsd.URI("http://a/"), "<string>http://a/</string>", "http://a/"},
		{time.Date(1998, 7, 17, 14, 8, 55, 0, time.UTC), "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>", time.Date(1998, 7, 17, 14, 8, 55, 0, time.UTC)},
		{time.Time{}, "<dateTime.iso8601>19700101T00:00:00</dateTime.iso8601>", time.Unix(0, 0).UTC()},
		{[]byte("quick"), "<base64>cXVpY2s=</base64>", []byte("quick")},
		{llsd.Array{}, "<array><data></data></array>", llsd.Array{}},
		{llsd.Map{}, "<struct></struct>", llsd.Map{}},
		{llsd.Array{1, llsd.Array{"a"}}, "<array><data><value><i4>1</i4></value><value><array><data><value><string>a</string></value></data></array></value></data></array>", llsd.Array{int32(1), llsd.Array{"a"}}},
		{llsd.Map{"b<": 1, "a": 2}, "<struct><member><name>a</name><value><i4>2</i4></value></member><member><name>b&lt;</name><value><i4>1</i4></value></member></struct>", llsd.Map{"b<": int32(1), "a": int32(2)}},
	} {
		document := header + "<methodResponse><params><param><value>" + test.xml + "</value></param></params></methodResponse>"
		if got := string(AppendResponse(nil, test.v)); got != document {
			t.Errorf("%v is written %s", test.v, got)
		}
		if got, err := ParseResponse([]byte(document)); err != nil || !reflect.DeepEqual(got, test.back) {
			t.Errorf("%s is read as %#v, %v", test.xml, got, err)
		}
	}
}

func TestValuesOfOtherWritersAreRead(t *testing.T) {
	july := time.Date(1998, 7, 17, 14, 8, 55, 0, time.UTC)
	for _, test := range []struct {
		xml  string
		want any
	}{
		{"<value/>", ""},
		{"<value> untyped &amp; <!-- c -->so </value>", " untyped & so "},
		{"<value>\n\t<int>42</int>\n</value>", int32(42)},
		{"<value><int> +7 </int></value>", int32(7)},
		{"<value><i4></i4></value>", int32(0)},
		{"<value><i8>1099511627776256</i8></value>", 1099511627776256.0},
		{"<value><boolean>true</boolean></value>", true},
		{"<value><double>1E3</double></value>", 1000.0},
		{"<value><double>x</double></value>", 0.0},
		{"<value><string/></value>", ""},
		{"<value><string><![CDATA[<a>]]></string></value>", "<a>"},
		{"<value><nil/></value>", nil},
		{"<value><base64>cXVp\r\nY2s</base64></value>", []byte("quick")},
		{"<value><dateTime.iso8601>19980717T14:08:55Z</dateTime.iso8601></value>", july},
		{"<value><dateTime.iso8601>19980717T15:08:55+0100</dateTime.iso8601></value>", july},
		{"<value><dateTime.iso8601>19980717T15:08:55+01:00</dateTime.iso8601></value>", july},
		{"<value><dateTime.iso8601>1998-07-17T14:08:55</dateTime.iso8601></value>", july},
		{"<value><dateTime.iso8601>99991231T23:59:59-01:00</dateTime.iso8601></value>", time.Time{}},
		{"<value><dateTime.iso8601>x</dateTime.iso8601></value>", time.Time{}},
		{"<value><array/></value>", llsd.Array{}},
		{"<value><array><data/></array></value>", llsd.Array{}},
		{"<value><struct/></value>", llsd.Map{}},
		{"<value><struct> <member> <value>1</value> <name>a</name> </member> </struct></value>", llsd.Map{"a": "1"}},
		{"<value><struct><member><name>a</name><value>1</value></member><member><name>a</name><value>2</value></member></struct></value>", llsd.Map{"a": "2"}},
		{"<value>\xff</value>", "\uFFFD"},
	} {
		document := "<methodResponse>\n<params>\n<param>\n" + test.xml + "\n</param>\n</params>\n</methodResponse>\n"
		if got, err := ParseResponse([]byte(document)); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s is read as %#v, %v", test.xml, got, err)
		}
	}
}

func TestCallsComeBackWithAllTheirParameters(t *testing.T) {
	for _, want := range []Call{
		{Method: "get_grid_info", Params: llsd.Array{}},
		{Method: "a<b>", Params: llsd.Array{llsd.Map{"a": "b"}, int32(1), "c"}},
	} {
		if got, err := ParseCall(AppendCall(nil, want.Method, want.Params...)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v came back as %v, %v", want, got, err)
		}
	}
	call, err := ParseCall([]byte("<methodCall><methodName>\n x </methodName></methodCall>"))
	if err != nil || call.Method != "x" || len(call.Params) != 0 || call.Struct() != nil || call.Struct().String("a") != "" {
		t.Errorf("a call without parameters is %v, %v", call, err)
	}
}

func TestAFaultIsAnError(t *testing.T) {
	want := &Fault{Code: -32601, Message: "no <such> method"}
	v, err := ParseResponse(AppendFault(nil, want))
	var fault *Fault
	if !errors.As(err, &fault) || *fault != *want || v != nil {
		t.Errorf("read %v, %v", v, err)
	}
	if got := want.Error(); got != "xmlrpc: fault -32601: no <such> method" {
		t.Errorf("the error says %q", got)
	}
}

func TestWhatIsNoXMLRPCIsRefused(t *testing.T) {
	inside := func(value string) string {
		return "<methodResponse><params><param>" + value + "</param></params></methodResponse>"
	}
	for _, document := range []string{
		"", "<html/>", "<methodResponse/>", "<methodResponse><value/></methodResponse>", "<methodResponse><fault/></methodResponse>",
		"<methodResponse><fault><value/><value/></fault></methodResponse>",
		"<methodResponse><params><value/></params></methodResponse>",
		"<!DOCTYPE methodResponse><methodResponse><params/></methodResponse>",
		inside(""), inside("<string/>"), inside("<value/><value/>"), inside("<value><string/><string/></value>"), inside("<value><text/></value>"),
		inside("<value><base64>a</base64></value>"), inside("<value><string>&x;</string></value>"), inside("<value>\x00</value>"),
		inside("<value><array><value/></array></value>"), inside("<value><array><data><string/></data></array></value>"),
		inside("<value><array><data/><data/></array></value>"), inside("<value><struct><value/></struct></value>"),
		inside("<value><struct><member/></struct></value>"), inside("<value><struct><member><name>a</name></member></struct></value>"),
		inside("<value><struct><member><value/></member></struct></value>"),
		inside("<value><struct><member><name>a</name><value/><value/></member></struct></value>"),
		inside("<value><struct><member><name>a</name><name>b</name><value/></member></struct></value>"),
	} {
		if v, err := ParseResponse([]byte(document)); !errors.Is(err, llsd.ErrMalformed) {
			t.Errorf("%q was read as %v, %v", document, v, err)
		}
	}
	for _, document := range []string{
		"", "<methodResponse/>", "<methodCall/>", "<methodCall><params/></methodCall>", "<methodCall><methodName/></methodCall>",
		"<methodCall><methodName>a</methodName><value/></methodCall>",
	} {
		if call, err := ParseCall([]byte(document)); !errors.Is(err, llsd.ErrMalformed) {
			t.Errorf("%q was read as %v, %v", document, call, err)
		}
	}
}

func TestEveryBeginningIsRefused(t *testing.T) {
	for n := range loginRequest {
		if call, err := ParseCall([]byte(loginRequest[:n])); !errors.Is(err, llsd.ErrMalformed) {
			t.Errorf("%q was read as %v, %v", loginRequest[:n], call, err)
		}
	}
	for n := range loginAnswer {
		if v, err := ParseResponse([]byte(loginAnswer[:n])); !errors.Is(err, llsd.ErrMalformed) {
			t.Errorf("%q was read as %v, %v", loginAnswer[:n], v, err)
		}
	}
}

func TestDepthElementsAndSizeAreBounded(t *testing.T) {
	arrays := func(n int) string {
		return strings.Repeat("<value><array><data>", n) + "<value><i4>1</i4></value>" + strings.Repeat("</data></array></value>", n)
	}
	structs := func(n int) string {
		return strings.Repeat("<value><struct><member><name>a</name>", n) + "<value><i4>1</i4></value>" + strings.Repeat("</member></struct></value>", n)
	}
	many := "<value><array><data>" + strings.Repeat("<value/>", MaxElements) + "</data></array></value>"
	for _, test := range []struct {
		value string
		over  bool
	}{
		{arrays(MaxDepth), false},
		{structs(MaxDepth), false},
		{arrays(MaxDepth + 1), true},
		{structs(MaxDepth + 1), true},
		{arrays(100_000), true},
		{many, true},
		{"<value>" + strings.Repeat(" ", MaxSize) + "</value>", true},
	} {
		document := []byte("<methodResponse><params><param>" + test.value + "</param></params></methodResponse>")
		if _, err := ParseResponse(document); errors.Is(err, llsd.ErrLimit) != test.over {
			t.Errorf("%.80s, %d bytes: %v", document, len(document), err)
		}
	}
}

func TestBillionLaughsAreRefused(t *testing.T) {
	bomb := `<!DOCTYPE methodCall [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` +
		`<methodCall><methodName>&b;</methodName></methodCall>`
	if call, err := ParseCall([]byte(bomb)); !errors.Is(err, llsd.ErrMalformed) {
		t.Errorf("read %v, %v", call, err)
	}
}

// values draws values that XML-RPC has a type for, as they are read back.
func values(depth int) *rapid.Generator[any] {
	text := rapid.Map(rapid.String(), func(s string) string {
		return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&#13;", "\r").Replace(string(xmltext.Append(nil, s)))
	})
	kinds := []*rapid.Generator[any]{
		rapid.Bool().AsAny(),
		rapid.Int32().AsAny(),
		rapid.Float64().AsAny(),
		text.AsAny(),
		rapid.Map(rapid.Int64Range(0, 4e9), func(s int64) time.Time { return time.Unix(s, 0).UTC() }).AsAny(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) []byte { return append([]byte{}, b...) }).AsAny(),
	}
	if depth > 0 {
		part := values(depth - 1)
		kinds = append(kinds,
			rapid.Map(rapid.SliceOfN(part, 0, 5), func(s []any) llsd.Array { return append(llsd.Array{}, s...) }).AsAny(),
			rapid.Map(rapid.MapOfN(text, part, 0, 5), func(m map[string]any) llsd.Map { return llsd.Map(m) }).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func TestValuesComeBack(t *testing.T) {
	any := values(4)
	rapid.Check(t, func(t *rapid.T) {
		v := any.Draw(t, "value")
		document := AppendResponse(nil, v)
		if back, err := ParseResponse(document); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%s came back as %#v, %v", document, back, err)
		}
	})
	nan, err := ParseResponse(AppendResponse(nil, math.NaN()))
	if f, ok := nan.(float64); !ok || !math.IsNaN(f) || err != nil {
		t.Errorf("NaN came back as %v, %v", nan, err)
	}
}

func FuzzParseCall(f *testing.F) {
	f.Add([]byte(loginRequest))
	f.Add(AppendCall(nil, "m", llsd.Map{"a": llsd.Array{1, 2.5, true, []byte{1}, time.Unix(0, 0), nil}}, "b"))
	f.Fuzz(func(t *testing.T, document []byte) {
		call, err := ParseCall(document)
		if err != nil {
			if !errors.Is(err, llsd.ErrMalformed) && !errors.Is(err, llsd.ErrLimit) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		once := AppendCall(nil, call.Method, call.Params...)
		again, err := ParseCall(once)
		if err != nil {
			t.Fatalf("%q was read, but not %q: %v", document, once, err)
		}
		if twice := AppendCall(nil, again.Method, again.Params...); !bytes.Equal(once, twice) {
			t.Fatalf("%q became %q", once, twice)
		}
	})
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte(loginAnswer))
	f.Add(AppendFault(nil, &Fault{Code: 1, Message: "x"}))
	f.Fuzz(func(t *testing.T, document []byte) {
		v, err := ParseResponse(document)
		var fault *Fault
		switch {
		case errors.As(err, &fault):
			document = AppendFault(nil, fault)
		case err == nil:
			document = AppendResponse(nil, v)
		case errors.Is(err, llsd.ErrMalformed) || errors.Is(err, llsd.ErrLimit):
			return
		default:
			t.Fatalf("an error of no kind: %v", err)
		}
		if _, err := ParseResponse(document); err != nil && !errors.As(err, &fault) {
			t.Fatalf("%q is not read: %v", document, err)
		}
	})
}
