package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"terrane/agent/steps"
	"terrane/console"
	"terrane/grid"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// observe makes the runner of all processes: it logs, keeps and counts them, and sends spans to where the
// configuration says.
func (w *World) observe(ctx context.Context, o Options) error {
	m := console.NewMetrics(w.registry)
	w.runner = &steps.Runner{
		Log: w.log, Ring: w.reports, Final: final, Observe: m.ObserveStep, Before: o.Before, After: o.After,
	}
	endpoint := w.config.Trace.OTLPEndpoint
	if endpoint == "" {
		return nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return fmt.Errorf("trace.otlp_endpoint: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter),
		trace.WithResource(resource.NewSchemaless(semconv.ServiceName("terrane"))))
	w.runner.Tracer = provider.Tracer("terrane")
	w.tracing = provider.Shutdown
	return nil
}

// final errors are those that another try would only repeat.
func final(err error) bool {
	return errors.Is(err, grid.ErrNotFound) || errors.Is(err, grid.ErrDenied) || errors.Is(err, grid.ErrSuperseded) ||
		errors.Is(err, grid.ErrConflict)
}

// frameMetrics makes the histogram of frame times, by region.
func frameMetrics(r prometheus.Registerer) func(region string) func(time.Duration) {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "terrane", Name: "frame_seconds", Help: "Time that frames took, by region.",
		Buckets: []float64{.0001, .0005, .001, .002, .005, .01, .02, .044, .1, .5},
	}, []string{"region"})
	r.MustRegister(h)
	return func(region string) func(time.Duration) {
		o := h.WithLabelValues(region)
		return func(took time.Duration) { o.Observe(took.Seconds()) }
	}
}

// mountMonitors adds what operators' monitors ask for.
func (w *World) mountMonitors(mux *http.ServeMux) {
	w.registry.MustRegister(
		gauge("sessions", "Sessions of all regions, roots and children.", func() float64 { return float64(w.sessions()) }),
		gauge("departures_owed", "Departures that stand in the journals and are tried again.", func() float64 {
			owed := 0
			for _, r := range w.regions {
				owed += len(r.host.Owed())
			}
			return float64(owed)
		}),
		gauge("leases", "Open sessions of the grid.", func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			n, err := w.services.Presences.LeaseCount(ctx)
			if err != nil {
				return -1
			}
			return float64(n)
		}),
	)
	mux.Handle("GET /metrics", console.MetricsHandler(w.registry))
	mux.Handle("GET /healthz", console.Health{Stopping: w.stopping, Regions: w.loopAges})
}

func gauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "terrane", Name: name, Help: help}, value)
}

func (w *World) sessions() int {
	n := 0
	for _, r := range w.regions {
		s, _ := r.server.Len()
		n += s
	}
	return n
}
