package console

import (
	"bytes"
	"io"
	"net/http"
)

// Local is a transport that needs no network: it runs the handler in the goroutine of the call.
func Local(h http.Handler) http.RoundTripper { return local{h} }

type local struct{ handler http.Handler }

// RoundTrip runs the handler and answers with what it wrote.
func (l local) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	defer served.Body.Close()
	w := &written{header: make(http.Header)}
	l.handler.ServeHTTP(w, served)
	w.WriteHeader(http.StatusOK) // of a handler that wrote nothing
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// written is a response that is kept in memory.
type written struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the response's header.
func (w *written) Header() http.Header { return w.header }

// WriteHeader sets the status; the first one counts.
func (w *written) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write adds to the body.
func (w *written) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
