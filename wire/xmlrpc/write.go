package xmlrpc

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/google/uuid"

	"terrane/wire/llsd"
	"terrane/wire/xmltext"
)

const header = `<?xml version="1.0" encoding="utf-8"?>`

// AppendCall appends a call. OpenSimulator's methods all take one parameter, a map.
func AppendCall(b []byte, method string, params ...any) []byte {
	b = append(b, header+"<methodCall><methodName>"...)
	b = xmltext.Append(b, method)
	b = append(b, "</methodName><params>"...)
	for _, v := range params {
		b = appendParam(b, v)
	}
	return append(b, "</params></methodCall>"...)
}

// AppendResponse appends the answer to a call.
func AppendResponse(b []byte, v any) []byte {
	b = append(b, header+"<methodResponse><params>"...)
	b = appendParam(b, v)
	return append(b, "</params></methodResponse>"...)
}

// AppendFault appends the answer to a call that was not carried out.
func AppendFault(b []byte, f *Fault) []byte {
	b = append(b, header+"<methodResponse><fault>"...)
	b = appendValue(b, llsd.Map{"faultCode": f.Code, "faultString": f.Message})
	return append(b, "</fault></methodResponse>"...)
}

func appendParam(b []byte, v any) []byte {
	b = append(b, "<param>"...)
	b = appendValue(b, v)
	return append(b, "</param>"...)
}

func appendValue(b []byte, v any) []byte {
	b = append(b, "<value>"...)
	b = appendTyped(b, v)
	return append(b, "</value>"...)
}

func appendTyped(b []byte, v any) []byte {
	switch v := llsd.Canonical(v).(type) {
	case nil:
		return b
	case bool:
		if v {
			return append(b, "<boolean>1</boolean>"...)
		}
		return append(b, "<boolean>0</boolean>"...)
	case int32:
		b = append(b, "<i4>"...)
		b = strconv.AppendInt(b, int64(v), 10)
		return append(b, "</i4>"...)
	case float64:
		b = append(b, "<double>"...)
		b = append(b, llsd.AsString(v)...)
		return append(b, "</double>"...)
	case string, llsd.URI, uuid.UUID:
		b = append(b, "<string>"...)
		b = xmltext.Append(b, llsd.AsString(v))
		return append(b, "</string>"...)
	case time.Time:
		if v.IsZero() {
			v = time.Unix(0, 0)
		}
		b = append(b, "<dateTime.iso8601>"...)
		b = v.UTC().AppendFormat(b, dateLayout)
		return append(b, "</dateTime.iso8601>"...)
	case []byte:
		b = append(b, "<base64>"...)
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, "</base64>"...)
	case llsd.Array:
		b = append(b, "<array><data>"...)
		for _, part := range v {
			b = appendValue(b, part)
		}
		return append(b, "</data></array>"...)
	case llsd.Map:
		b = append(b, "<struct>"...)
		for _, name := range v.Keys() {
			b = append(b, "<member><name>"...)
			b = xmltext.Append(b, name)
			b = append(b, "</name>"...)
			b = appendValue(b, v[name])
			b = append(b, "</member>"...)
		}
		return append(b, "</struct>"...)
	}
	panic("xmlrpc: a canonical value without a form")
}
