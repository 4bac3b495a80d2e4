package llsd

import (
	"bytes"
	"strings"
)

// Parse reads a body in whichever form it is. What begins with < and is no header is XML, whatever
// the content type says: LibreMetaverse sends the event queue's request as application/xml. A header
// names its form; otherwise the content type does ("application/llsd+binary"; parameters and case do
// not matter); and without either, what begins like a binary map or array is binary and the rest
// JSON.
func Parse(contentType string, body []byte) (any, error) {
	switch formOf(contentType, body) {
	case "xml":
		return ParseXML(body)
	case "binary":
		return ParseBinary(body)
	case "notation":
		return ParseNotation(body)
	}
	return ParseJSON(body)
}

func formOf(contentType string, body []byte) string {
	if form, _ := header(body); form != "" {
		return form
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte(byteOrderMark)), " \t\r\n")
	if bytes.HasPrefix(text, []byte("<")) {
		return "xml"
	}
	contentType, _, _ = strings.Cut(contentType, ";")
	contentType = strings.ToLower(strings.TrimSpace(contentType))
	if form, ok := strings.CutPrefix(contentType, "application/llsd+"); ok {
		return form
	}
	// The count behind the mark of a binary array or map has four bytes, the first of them 0 in
	// any body of less than 16 million members.
	if len(body) > 1 && (body[0] == '{' || body[0] == '[') && body[1] == 0 {
		return "binary"
	}
	return "json"
}
