package session

import (
	"log/slog"
	"sync"
	"time"

	"terrane/agent"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what the circuits of all regions do.
type Metrics struct {
	packets  *prometheus.CounterVec // by direction
	bytes    *prometheus.CounterVec // by direction
	refusals *prometheus.CounterVec // by reason
	ignored  *prometheus.CounterVec // by message
	ends     *prometheus.CounterVec // by reason and kind of agent
	resent   prometheus.Counter

	in, out, bytesIn, bytesOut prometheus.Counter
}

// NewMetrics registers the metrics with r; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "terrane", Name: name, Help: help}, labels)
		if r != nil {
			r.MustRegister(c)
		}
		return c
	}
	m := &Metrics{
		packets:  counter("packets_total", "UDP packets, by direction.", "direction"),
		bytes:    counter("packet_bytes_total", "Bytes of UDP packets, by direction.", "direction"),
		refusals: counter("refused_total", "What was refused from outside, by reason.", "reason"),
		ignored:  counter("unhandled_messages_total", "Messages that nothing answers yet, by name.", "message"),
		ends:     counter("sessions_ended_total", "Sessions that ended, by reason and kind of agent.", "reason", "agent"),
		resent:   prometheus.NewCounter(prometheus.CounterOpts{Namespace: "terrane", Name: "packets_resent_total", Help: "Packets sent again."}),
	}
	if r != nil {
		r.MustRegister(m.resent)
	}
	m.in, m.out = m.packets.WithLabelValues("in"), m.packets.WithLabelValues("out")
	m.bytesIn, m.bytesOut = m.bytes.WithLabelValues("in"), m.bytes.WithLabelValues("out")
	return m
}

func (m *Metrics) packetIn(n int) {
	m.in.Inc()
	m.bytesIn.Add(float64(n))
}

func (m *Metrics) packetOut(n int) {
	m.out.Inc()
	m.bytesOut.Add(float64(n))
}

func (m *Metrics) refused(reason string)   { m.refusals.WithLabelValues(reason).Inc() }
func (m *Metrics) unhandled(name string)   { m.ignored.WithLabelValues(name).Inc() }
func (m *Metrics) resends(packets float64) { m.resent.Add(packets) }

func (m *Metrics) ended(why agent.Reason, root bool) {
	kind := "child"
	if root {
		kind = "root"
	}
	m.ends.WithLabelValues(string(why), kind).Inc()
}

// throttledLog says each thing once a minute, with how often it was not said.
type throttledLog struct {
	log *slog.Logger

	mu    sync.Mutex
	since time.Time
	said  map[string]int // by message: how often since
}

const logEvery = time.Minute

func newThrottledLog(log *slog.Logger) *throttledLog {
	return &throttledLog{log: log, said: make(map[string]int)}
}

func (t *throttledLog) warn(text string, args ...any) {
	t.mu.Lock()
	now := time.Now()
	var before map[string]int
	if now.Sub(t.since) > logEvery {
		before, t.said, t.since = t.said, make(map[string]int), now
	}
	t.said[text]++
	first := t.said[text] == 1
	t.mu.Unlock()
	for what, times := range before {
		if times > 1 {
			t.log.Warn(what, "more", times-1, "in", logEvery)
		}
	}
	if first {
		t.log.Warn(text, args...)
	}
}
