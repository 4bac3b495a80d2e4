package caps

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"terrane/wire/llsd"

	"github.com/google/uuid"
)

func newSet(t *testing.T) (*Registry, *Set) {
	t.Helper()
	g := NewRegistry()
	return g, g.New("http://grid:9000", uuid.New(), map[string]Handler{
		"SimulatorFeatures": func(w http.ResponseWriter, _ *http.Request) { Write(w, llsd.Map{"answer": 42}) },
	})
}

func post(g *Registry, url, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest("POST", strings.TrimPrefix(url, "http://grid:9000"), strings.NewReader(body)))
	return w
}

func ask(t *testing.T, g *Registry, s *Set, names ...string) llsd.Map {
	t.Helper()
	w := post(g, s.Seed(), string(llsd.AppendXML(nil, names)))
	v, err := llsd.ParseXML(w.Body.Bytes())
	if w.Code != http.StatusOK || err != nil {
		t.Fatalf("seed: %d %s %v", w.Code, w.Body, err)
	}
	return llsd.AsMap(v)
}

func TestInvariant19_TheSeedGivesTheSameURLsAgainAndNoneAfterTheEnd(t *testing.T) {
	g, s := newSet(t)
	first := ask(t, g, s, "SimulatorFeatures", "EventQueueGet", "NobodyKnowsThis")
	again := ask(t, g, s, "SimulatorFeatures")
	url := first.String("SimulatorFeatures")
	if len(first) != 2 || url == "" || url != again.String("SimulatorFeatures") {
		t.Fatalf("first %v, again %v", first, again)
	}
	if w := post(g, url, ""); w.Code != http.StatusOK {
		t.Errorf("capability: %d", w.Code)
	}
	s.Close()
	for _, u := range []string{url, s.Seed(), first.String("EventQueueGet")} {
		if w := post(g, u, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s after the end: %d", u, w.Code)
		}
	}
	if g.Len() != 0 {
		t.Errorf("%d paths are left", g.Len())
	}
}

func TestInvariant21_AnOldSetsEndLeavesANewSetOfTheSamePathAlone(t *testing.T) {
	g, path := NewRegistry(), uuid.New()
	old := g.New("http://grid:9000", path, nil)
	newer := g.New("http://grid:9000", path, nil)
	old.Close()
	if urls := ask(t, g, newer, "EventQueueGet"); len(urls) != 1 {
		t.Errorf("the new set grants %v", urls)
	}
}

func TestAURLForOneRequestIsGoodForOne(t *testing.T) {
	g, s := newSet(t)
	url := s.Once("upload", func(w http.ResponseWriter, _ *http.Request) { Write(w, nil) })
	if w := post(g, url, ""); w.Code != http.StatusOK {
		t.Errorf("first: %d", w.Code)
	}
	if w := post(g, url, ""); w.Code != http.StatusNotFound {
		t.Errorf("second: %d", w.Code)
	}
}

func TestBadBodiesAreRefusedAndChangeNothing(t *testing.T) {
	g, s := newSet(t)
	for name, body := range map[string]string{
		"no LLSD":      "<html>",
		"a bomb":       "<llsd>" + strings.Repeat("<array>", 5000),
		"an entity":    `<!DOCTYPE x [<!ENTITY a "b">]><llsd><string>&a;</string></llsd>`,
		"far too long": "<llsd><string>" + strings.Repeat("x", maxSeed) + "</string></llsd>",
	} {
		if w := post(g, s.Seed(), body); w.Code/100 != 4 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	select {
	case <-s.Asked():
		t.Error("a request that was refused counts as asked")
	default:
	}
}

func TestRangesBeyondTheEndAreAnsweredWithTheWhole(t *testing.T) {
	for header, want := range map[string]bool{"bytes=0-9": false, "bytes=100-": true, "bytes=99-200": false, "bytes=-5": false, "": false} {
		if got := beyond(header, 100); got != want {
			t.Errorf("beyond(%q) = %v", header, got)
		}
	}
}
