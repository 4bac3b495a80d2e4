package llsd

import (
	"errors"
	"reflect"
	"testing"
)

func TestTheFormIsKnownFromHeaderBodyOrContentType(t *testing.T) {
	want := Map{"a": Array{int32(1)}}
	binary := string(AppendBinary(nil, want))
	for _, test := range []struct{ contentType, body string }{
		{"application/llsd+xml", string(AppendXML(nil, want))},
		{"application/xml", string(AppendXML([]byte(XMLHeader), want))},
		{"", "\xef\xbb\xbf\n" + string(AppendXML(nil, want))},
		{"application/json", string(AppendXML([]byte("<? LLSD/XML ?>\n"), want))},
		{"application/llsd+binary", binary},
		{"application/octet-stream", BinaryHeader + binary},
		{"application/octet-stream", binary},
		{"application/llsd+xml", "<? llsd/binary ?>" + binary},
		{"Application/LLSD+Notation; charset=utf-8", "{'a':[i1]}"},
		{"text/plain", NotationHeader + "{'a':[i1]}"},
		{"application/json", `{"a":[1]}`},
		{"application/llsd+json", `{"a":[1]}`},
		{"", ` {"a":[1]}`},
	} {
		if got, err := Parse(test.contentType, []byte(test.body)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q as %q is read as %v, %v", test.body, test.contentType, got, err)
		}
	}
}

func TestABodyThatIsNotWhatItsContentTypeSaysIsRefused(t *testing.T) {
	for _, test := range []struct{ contentType, body string }{
		{"application/llsd+xml", ""},
		{"application/llsd+xml", `{"a":1}`},
		{"application/llsd+binary", `{"a":1}`},
		{"application/llsd+notation", `{"a":1.5}`},
		{"application/json", "{'a':i1}"},
		{"text/html", "<html/>"},
		{"", ""},
	} {
		if got, err := Parse(test.contentType, []byte(test.body)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q as %q is read as %v, %v", test.body, test.contentType, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, contentType := range []string{"", "application/llsd+xml", "application/llsd+binary", "application/llsd+notation", "application/json"} {
		f.Add(contentType, AppendXML(nil, sample()))
		f.Add(contentType, AppendBinary([]byte(BinaryHeader), sample()))
		f.Add(contentType, AppendNotation([]byte(NotationHeader), sample()))
		f.Add(contentType, AppendJSON(nil, sample()))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		v, err := Parse(contentType, body)
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrLimit) {
			t.Fatalf("an error of no kind: %v, %v", v, err)
		}
	})
}
