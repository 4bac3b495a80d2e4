package caps

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"terrane/wire/llsd"
)

// ContentType is what LLSD travels as.
const ContentType = "application/llsd+xml"

// Read reads the LLSD body of a request. When it cannot, it has answered, and ok is false: 413 for what
// is too long and 400 for what is no LLSD. An empty body is undef. The content type is not looked
// at: libopenmetaverse sends LLSD under others.
func Read(w http.ResponseWriter, r *http.Request) (v any, ok bool) {
	body, err := io.ReadAll(r.Body)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		http.Error(w, "The request is too long.", http.StatusRequestEntityTooLarge)
		return nil, false
	case err != nil:
		http.Error(w, "The request ended early.", http.StatusBadRequest)
		return nil, false
	case len(body) == 0:
		return nil, true
	}
	if v, err = llsd.Parse(r.Header.Get("Content-Type"), body); err != nil {
		http.Error(w, "The request is not LLSD.", http.StatusBadRequest)
		return nil, false
	}
	return v, true
}

// Write answers with LLSD as XML, with its length, which OpenSimulator's clients need.
func Write(w http.ResponseWriter, v any) {
	body := llsd.AppendXML(nil, v)
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	// A viewer that has gone does not want the answer.
	_, _ = w.Write(body)
}
