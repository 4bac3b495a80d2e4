package steps

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"
)

// Outcome is how a step or a process ended.
type Outcome string

// The outcomes.
const (
	Running Outcome = "running"
	Done    Outcome = "done"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Line is what became of one step.
type Line struct {
	Name    string        `json:"name"`
	Owner   string        `json:"owner"`
	After   time.Duration `json:"after"` // since the process began
	Took    time.Duration `json:"took"`
	Tries   int           `json:"tries"`
	Outcome Outcome       `json:"outcome"`
	Error   string        `json:"error,omitempty"`
}

// Report is what became of a process. It is safe to read with Copy while the process runs.
type Report struct {
	Kind    string        `json:"kind"`
	Agent   uuid.UUID     `json:"agent"`
	Name    string        `json:"name"`
	Session uuid.UUID     `json:"session"`
	Region  string        `json:"region,omitempty"`
	Detail  string        `json:"detail,omitempty"`
	Began   time.Time     `json:"began"`
	Took    time.Duration `json:"took"`
	Outcome Outcome       `json:"outcome"`
	Error   string        `json:"error,omitempty"`
	Steps   []*Line       `json:"steps"`
	Quiet   bool          `json:"-"` // logged at debug only: what happens all the time

	mu      sync.Mutex // guards what the steps write: parts of Together run side by side
	process *Process
	ctx     context.Context
	span    trace.Span
}

// Copy is the report as it stands now, on its own.
func (r *Report) Copy() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &Report{
		Kind: r.Kind, Agent: r.Agent, Name: r.Name, Session: r.Session, Region: r.Region, Detail: r.Detail,
		Began: r.Began, Took: r.Took, Outcome: r.Outcome, Error: r.Error, Quiet: r.Quiet,
	}
	for _, l := range r.Steps {
		line := *l
		c.Steps = append(c.Steps, &line)
	}
	return c
}

// Step is the line with this name, or nil.
func (r *Report) Step(name string) *Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.Steps {
		if l.Name == name {
			line := *l
			return &line
		}
	}
	return nil
}

// Ring keeps the latest reports. The zero Ring keeps none; use NewRing.
type Ring struct {
	mu   sync.Mutex
	kept []*Report
	next int
}

// NewRing keeps the latest n reports; older ones are forgotten.
func NewRing(n int) *Ring { return &Ring{kept: make([]*Report, 0, n)} }

// Add keeps a report.
func (g *Ring) Add(r *Report) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case cap(g.kept) == 0:
	case len(g.kept) < cap(g.kept):
		g.kept = append(g.kept, r)
	default:
		g.kept[g.next] = r
		g.next = (g.next + 1) % len(g.kept)
	}
}

// All is what is kept, the oldest first.
func (g *Ring) All() []*Report {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*Report, 0, len(g.kept))
	for i := range g.kept {
		out = append(out, g.kept[(g.next+i)%len(g.kept)].Copy())
	}
	return out
}

// MarshalJSON writes what is kept, the oldest first.
func (g *Ring) MarshalJSON() ([]byte, error) { return json.Marshal(g.All()) }
