package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

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
			status, answer := post(t, newRig(t).admin, c.path, c.body)
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

// FuzzCalls: whatever a call's body is, the answer is a refusal in one sentence or a result, and never a
// fault of the server.
func FuzzCalls(f *testing.F) {
	f.Add("/users", `{"first":"Ann","last":"Lee","password":"secret","id":"`+uuid.NewString()+`","level":200}`)
	f.Add("/users/password", `{"first":"Ann","last":"Lee","password":"secret"}`)
	f.Add("/users/kick", `{"first":"Ann","last":"Lee","reason":"Enough."}`)
	f.Add("/users/enable", `{"first":"Ann","last":"Lee","level":1}`)
	f.Add("/alert", `{"region":"Welcome","text":"Storm."}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		if _, known := calls["POST "+path]; !known {
			t.Skip()
		}
		status, answer := post(t, newRig(t).admin, path, body)
		if status >= 500 || status != http.StatusOK && !strings.HasPrefix(answer, `{"error":"`) {
			t.Errorf("answered %d %s", status, answer)
		}
	})
}
