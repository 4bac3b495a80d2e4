package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"terrane/grid"
)

const (
	// maxRequest is the largest body of a call, in bytes; a new user is the largest, with a password of
	// 1024 bytes, each of which JSON may write with six.
	maxRequest = 16 << 10
	// maxAnswer is the largest answer that a client reads, in bytes: a thousand reports of processes take
	// 3 MB, a hundred thousand users 30 MB.
	maxAnswer = 256 << 20
)

// Error is an answer that says no.
type Error struct {
	Status int    // of HTTP
	Text   string // one sentence for the operator, with what he can do about it
}

// Error is the sentence.
func (e *Error) Error() string { return e.Text }

func wrong(format string, args ...any) error {
	return &Error{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// answer writes a result. What cannot be written has no reader any more.
func answer(w http.ResponseWriter, status int, result any) {
	body, err := json.Marshal(result)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func refuse(w http.ResponseWriter, err error) {
	answer(w, statusOf(err), map[string]string{"error": err.Error()})
}

func statusOf(err error) int {
	var e *Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		return e.Status
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, grid.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, grid.ErrDenied):
		return http.StatusForbidden
	case errors.Is(err, grid.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, grid.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// read reads a call's body, all of it, with no field that is not known.
func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return unreadable(err)
		}
		return wrong("the call has more in it than one value")
	}
	return nil
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &Error{http.StatusRequestEntityTooLarge, fmt.Sprintf("the call is larger than %d bytes", large.Limit)}
	}
	return wrong("the call cannot be read: %s", plain(err.Error()))
}
