package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"
)

// post makes a call that no Client would make.
func post(t *testing.T, h http.Handler, path, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://terrane"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Local(h).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestBadCallsAreRefusedInOneSentence(t *testing.T) {
	admin := newRig(t).admin
	for _, c := range []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"unknown call", "/nothing", "{}", 404, "no such call"},
		{"not JSON", "/users", "first=Ann", 400, "cannot be read"},
		{"nothing", "/users", "", 400, "cannot be read"},
		{"unknown field", "/users", `{"frist":"Ann"}`, 400, "frist"},
		{"wrong kind", "/users", `{"first":1}`, 400, "cannot be read"},
		{"bad id", "/users", `{"id":"x"}`, 400, "cannot be read"},
		{"two values", "/users", `{} {}`, 400, "more in it"},
		{"too large", "/users", `{"first":"` + strings.Repeat("x", 17<<10) + `"}`, 413, "larger than 16384 bytes"},
		{"too large after the value", "/users", `{}` + strings.Repeat(" ", 17<<10), 413, "larger than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, answer := post(t, admin, c.path, c.body)
			if status != c.status || !strings.Contains(answer, c.says) || !strings.HasPrefix(answer, `{"error":"`) {
				t.Errorf("answered %d %s", status, answer)
			}
		})
	}
}

func TestNothingBehindTheSocketIsSaidPlainly(t *testing.T) {
	c := NewClient(Socket(filepath.Join(t.TempDir(), "none")))
	_, err := c.Users(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "the server does not answer: ") || strings.Contains(err.Error(), "http://") {
		t.Errorf("error %v", err)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Users(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestAnAnswerThatIsNoneOfOursIsAnError(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"no JSON":     func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") },
		"bare status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"nothing":     func(http.ResponseWriter, *http.Request) {},
	} {
		if _, err := NewClient(Local(h)).Users(t.Context()); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestLocalCarriesStatusHeaderAndBody(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Method", r.Method)
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, r.URL.RawQuery+" "+string(body))
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://terrane/x?a=b", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Local(h).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusTeapot || resp.Header.Get("X-Method") != "PUT" || string(body) != "a=b body" {
		t.Errorf("%d %v %q %v", resp.StatusCode, resp.Header, body, err)
	}
}

// FuzzCalls: whatever a call's body is, it is refused in one sentence, or is a call that comes to the same
// when it is made again.
func FuzzCalls(f *testing.F) {
	for _, call := range []any{
		NewUser{First: "Ann", Last: "Lee", Password: "secret", Email: "ann@example.org", ID: uuid.New(), Level: 200, Home: uuid.New()},
		userCall{First: "Ann", Last: "Lee", Password: "secret", Level: 1, Reason: "Enough."},
		alertCall{Region: "Welcome", Text: "Storm."},
	} {
		body, err := json.Marshal(call)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if u := readAgain[NewUser](t, body); u != nil {
			refusedInOneSentence(t, u.Check())
		}
		if c := readAgain[userCall](t, body); c != nil {
			refusedInOneSentence(t, checkPassword(c.Password))
			refusedInOneSentence(t, checkText("reason", c.Reason))
		}
		if c := readAgain[alertCall](t, body); c != nil {
			refusedInOneSentence(t, checkText("text", c.Text))
		}
	})
}

// readAgain is a call as it was read, or nil when it was refused.
func readAgain[T comparable](t *testing.T, body []byte) *T {
	t.Helper()
	parse := func(body []byte) (*T, error) {
		r := &http.Request{Body: io.NopCloser(bytes.NewReader(body))}
		call := new(T)
		return call, read(r, call)
	}
	call, err := parse(body)
	if err != nil {
		refusedInOneSentence(t, err)
		return nil
	}
	body, err = json.Marshal(call)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parse(body); err != nil || *again != *call {
		t.Errorf("%s is read as %+v, %v", body, again, err)
	}
	return call
}

func refusedInOneSentence(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusBadRequest || strings.ContainsFunc(e.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("refused with %q", err)
	}
}
