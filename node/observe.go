package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"terrane/agent/steps"
	"terrane/console"
	"terrane/grid"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// observe makes the runner of all processes: it logs, keeps and counts them, and sends spans to where the
// configuration says.
func (w *World) observe(ctx context.Context, o Options) error {
	w.metrics = console.NewMetrics(w.registry)
	w.runner = &steps.Runner{
		Log: w.log, Ring: w.reports, Final: final, Observe: w.metrics.ObserveStep, Before: o.Before, After: o.After,
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

// mountMonitors adds what operators' monitors ask for.
func (w *World) mountMonitors(mux *http.ServeMux) {
	w.metrics.Watch(w.regionViews, w.services.Presences.LeaseCount)
	mux.Handle("GET /metrics", console.MetricsHandler(w.registry))
	mux.Handle("GET /healthz", console.Health{Stopping: w.stopping, Regions: w.loopAges})
}
