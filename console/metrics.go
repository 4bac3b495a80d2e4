package console

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// namespace begins the names of all metrics.
const namespace = "terrane"

// stepBuckets are seconds: from what takes no time to the bounds of steps, 5 to 20 s.
var stepBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}

// frameBuckets are seconds, around the 22.2 ms that a frame may take, and the 44 ms that none should.
var frameBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .015, .0222, .0333, .0444, .1, .25, 1}

// Metrics measures processes and regions.
type Metrics struct {
	registry  prometheus.Registerer
	processes *prometheus.HistogramVec // by kind, outcome
	steps     *prometheus.HistogramVec // by kind, step, outcome
}

// NewMetrics registers the metrics of processes.
func NewMetrics(with prometheus.Registerer) *Metrics {
	m := &Metrics{registry: with}
	m.processes = m.histogram("process_seconds", "How long processes took: logins, logouts and so on.", stepBuckets, "kind", "outcome")
	m.steps = m.histogram("step_seconds", "How long the steps of processes took, with all their tries.", stepBuckets,
		"kind", "step", "outcome")
	return m
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(h)
	return h
}

// ObserveStep is for steps.Runner.Observe. An empty step is the whole process.
func (m *Metrics) ObserveStep(kind, step, outcome string, took time.Duration) {
	if step == "" {
		m.processes.WithLabelValues(kind, outcome).Observe(took.Seconds())
		return
	}
	m.steps.WithLabelValues(kind, stepName(step), outcome).Observe(took.Seconds())
}

// stepName is the name of a step without the neighbour that it is about: there may be many.
func stepName(step string) string {
	for prefix := range childSteps {
		if strings.HasPrefix(step, prefix) {
			return strings.TrimSuffix(prefix, " in ")
		}
	}
	return step
}

// Frames registers the histogram of frame times, and answers with what makes, for a region's name, the
// function that its loop calls with the duration of each frame. That function never waits, and costs the
// loop no allocation.
func (m *Metrics) Frames() func(region string) func(took time.Duration) {
	frames := m.histogram("frame_seconds", "How long frames of a region took; there are 45 a second.", frameBuckets, "region")
	return func(region string) func(time.Duration) {
		of := frames.WithLabelValues(region)
		return func(took time.Duration) { of.Observe(took.Seconds()) }
	}
}

// Watch registers gauges that are read at every scrape: of each region its agents, owed departures, frames
// and loop, and of the grid how many sessions are open. A count that fails is left out of the scrape.
func (m *Metrics) Watch(regions func() []RegionView, leases func(context.Context) (int, error)) {
	m.registry.MustRegister(&gauges{regions, leases})
}

// gauges is a prometheus.Collector.
type gauges struct {
	regions func() []RegionView
	leases  func(context.Context) (int, error)
}

// countTimeout is how long a service may take to count, while a scrape waits.
const countTimeout = 2 * time.Second

var (
	leasesDesc   = describe("leases", "Open sessions of the grid.")
	sessionsDesc = describe("sessions", "Sessions of a region, by kind of agent.", "region", "agent")
	owedDesc     = describe("departures_owed", "Departures of a region that are not settled with every service.", "region")
	rateDesc     = describe("frames_per_second", "Frames of a region in the last second; 45 is full speed.", "region")
	dilationDesc = describe("time_dilation", "Seconds that pass in a region for each that passes outside.", "region")
	loopAgeDesc  = describe("loop_age_seconds", "Seconds since a region's loop last ended a frame.", "region")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe tells which gauges there are.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{leasesDesc, sessionsDesc, owedDesc, rateDesc, dilationDesc, loopAgeDesc} {
		to <- d
	}
}

// Collect reads the gauges.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
	defer cancel()
	if n, err := g.leases(ctx); err == nil {
		set(leasesDesc, float64(n))
	}
	for _, r := range g.regions() {
		set(sessionsDesc, float64(r.Roots), r.Name, "root")
		set(sessionsDesc, float64(r.Children), r.Name, "child")
		set(owedDesc, float64(r.Owed), r.Name)
		set(rateDesc, float64(r.FramesPerSecond), r.Name)
		set(dilationDesc, float64(r.TimeDilation), r.Name)
		set(loopAgeDesc, r.LoopAge.Seconds(), r.Name)
	}
}
