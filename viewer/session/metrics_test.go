package session

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/grid"
	"terrane/wire/message"

	"github.com/google/uuid"
)

func TestNothingFromOutsideReachesTheLogUnescaped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	s, _ := w.bare(w.user("Ann Lee"), Root, func(c *grid.AgentCircuit) {
		c.First = "Ann\nlevel=ERROR msg=\"the sky falls\"\x1b[31m"
	})
	body := s.sign(must((&message.LogoutRequest{}).Append(nil))(t))
	body[len(body)-1] ^= 1
	s.route(body, time.Now())
	s.route(must((&message.KickUser{}).Append(nil))(t), time.Now())
	text := w.log.String()
	if n := strings.Count(text, "\n"); n != 2 {
		t.Errorf("%d lines, not 2:\n%s", n, text)
	}
	if strings.ContainsRune(text, 0x1B) || strings.Contains(text, "\nlevel=ERROR") {
		t.Errorf("unescaped:\n%s", text)
	}
}

func TestWhatViewersSayMakesNoNamesOfMetrics(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, Root)
	for _, method := range []string{"getinfo", "nonsense", "more\nnonsense", uuid.NewString(), "restart"} {
		m := &message.EstateOwnerMessage{}
		m.MethodData.Method = message.Text(method)
		s.estateOwnerMessage(m)
	}
	var names []string
	for _, m := range gather(s.server.Metrics.ignored) {
		names = append(names, m.GetLabel()[0].GetValue())
	}
	if len(names) != 3 {
		t.Errorf("%q", names)
	}
}

func TestEachThingIsLoggedOnceAMinuteWithHowOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := newThrottledLog(slog.New(slog.NewTextHandler(&out, nil)))
		for range 100 {
			l.warn("too often", "who", "a")
			l.warn("something else")
		}
		if n := strings.Count(out.String(), "\n"); n != 2 {
			t.Errorf("%d lines in the first minute:\n%s", n, &out)
		}
		out.Reset()
		time.Sleep(logEvery + time.Second)
		l.warn("too often", "who", "b")
		if text := out.String(); !strings.Contains(text, "more=99") || !strings.Contains(text, "who=b") {
			t.Errorf("after a minute:\n%s", text)
		}
	})
}
