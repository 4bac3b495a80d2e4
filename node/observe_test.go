package node

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"terrane/agent/steps"

	"github.com/prometheus/client_golang/prometheus"
)

// Spans of processes are sent to the endpoint of the configuration, at the latest when the world stops.
func TestSpansGoToTheConfiguredEndpoint(t *testing.T) {
	got := make(chan string, 16)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case got <- r.Method + " " + r.URL.Path:
		default:
		}
	}))
	defer collector.Close()
	w := &World{config: DefaultConfig()}
	w.config.Trace.OTLPEndpoint = collector.URL + "/v1/traces"
	w.registry = prometheus.NewRegistry()
	if err := w.observe(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	p := &steps.Process{Kind: "logout", Runner: w.runner}
	p.Regardless(t.Context(), steps.Step{Name: "nothing", Do: func(context.Context) error { return nil }})
	if err := w.tracing(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case what := <-got:
		if what != "POST /v1/traces" {
			t.Errorf("the collector got %q", what)
		}
	case <-time.After(10 * time.Second):
		t.Error("no span was sent")
	}
}
