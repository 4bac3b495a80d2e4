package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func get(t *testing.T, h http.Handler, method string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://terrane/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Local(h).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestHealthIsGoodWhileLoopsRunAndNobodyStops(t *testing.T) {
	stopping := make(chan struct{})
	ages := map[string]time.Duration{"Welcome": 20 * time.Millisecond, "Harbour": 1500 * time.Millisecond}
	h := Health{Stopping: stopping, Regions: func() map[string]time.Duration { return ages }}
	expect := func(status int, body string) {
		t.Helper()
		if resp, got := get(t, h, http.MethodGet); resp.StatusCode != status || got != body {
			t.Errorf("answered %d %s", resp.StatusCode, got)
		}
	}
	expect(200, `{"state":"ready","regions":[{"name":"Harbour","loop_age_seconds":1.5,"healthy":true},{"name":"Welcome","loop_age_seconds":0.02,"healthy":true}]}`)
	ages["Harbour"] = 6 * time.Second
	expect(503, `{"state":"ill","regions":[{"name":"Harbour","loop_age_seconds":6,"healthy":false},{"name":"Welcome","loop_age_seconds":0.02,"healthy":true}]}`)
	clear(ages)
	close(stopping)
	expect(503, `{"state":"stopping","regions":[]}`)
	if resp, _ := get(t, h, http.MethodPost); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") == "" {
		t.Errorf("POST answered %d", resp.StatusCode)
	}
}

func TestMetricsMeasureProcessesStepsAndRegions(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m := NewMetrics(registry)
	m.ObserveStep("logout", "", "done", 15*time.Second)
	m.ObserveStep("logout", "tell friends", "failed", 2*time.Millisecond)
	m.ObserveStep("children", "open child agent in Harbour", "done", time.Millisecond)
	m.ObserveStep("children", "open child agent in Bay", "done", time.Millisecond)
	frame := m.Frames()("Welcome")
	frame(20 * time.Millisecond)
	leases := func(context.Context) (int, error) { return 12, nil }
	m.Watch(func() []RegionView {
		return []RegionView{{Name: "Welcome", Roots: 5, Children: 3, Owed: 2, FramesPerSecond: 45, TimeDilation: 1, LoopAge: 10 * time.Millisecond}}
	}, func(ctx context.Context) (int, error) { return leases(ctx) })

	resp, body := get(t, MetricsHandler(registry), http.MethodGet)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("answered %d %s", resp.StatusCode, body)
	}
	for _, line := range []string{
		`terrane_process_seconds_count{kind="logout",outcome="done"} 1`,
		`terrane_step_seconds_bucket{kind="logout",outcome="failed",step="tell friends",le="0.0025"} 1`,
		`terrane_step_seconds_bucket{kind="logout",outcome="failed",step="tell friends",le="0.001"} 0`,
		`terrane_step_seconds_count{kind="children",outcome="done",step="open child agent"} 2`,
		`terrane_frame_seconds_bucket{region="Welcome",le="0.0222"} 1`,
		`terrane_leases 12`,
		`terrane_sessions{agent="root",region="Welcome"} 5`,
		`terrane_sessions{agent="child",region="Welcome"} 3`,
		`terrane_departures_owed{region="Welcome"} 2`,
		`terrane_frames_per_second{region="Welcome"} 45`,
		`terrane_time_dilation{region="Welcome"} 1`,
		`terrane_loop_age_seconds{region="Welcome"} 0.01`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}

	leases = func(context.Context) (int, error) { return 0, errors.New("down") }
	if resp, body := get(t, MetricsHandler(registry), http.MethodGet); resp.StatusCode != http.StatusOK ||
		strings.Contains(body, "terrane_leases ") || !strings.Contains(body, "terrane_departures_owed") {
		t.Errorf("without a count of leases: %d %s", resp.StatusCode, body)
	}
}

func TestAFrameIsObservedWithoutAllocating(t *testing.T) {
	frame := NewMetrics(prometheus.NewRegistry()).Frames()("Welcome")
	if n := testing.AllocsPerRun(100, func() { frame(time.Millisecond) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
