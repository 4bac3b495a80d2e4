package steps

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Process is one run of a list of steps, for one agent.
type Process struct {
	Kind    string // "login", "logout", ...
	Agent   uuid.UUID
	Name    string // of the agent
	Session uuid.UUID
	Region  string // where it runs; empty for the grid
	Detail  string // why, or whereto
	Runner  *Runner
}

// Runner is where the reports of processes go. It is shared by all processes of a server.
type Runner struct {
	Log    *slog.Logger // nil: the default logger
	Tracer trace.Tracer // nil: no spans
	Ring   *Ring        // nil: reports are not kept
	// Final reports whether an error makes further tries pointless. Nil: none does.
	Final func(error) bool
	// Observe is told of every step and process that ended; nil: nobody is.
	Observe func(kind, step, outcome string, took time.Duration)
	// Before and After are called around every try of every step: the place where tests make steps
	// fail, hang and die. An error of Before takes the place of the step's own run.
	Before func(kind, step string) error
	After  func(kind, step string)
}

func (p *Process) begin(ctx context.Context) *Report {
	if p.Runner == nil {
		p.Runner = &Runner{}
	}
	r := &Report{
		Kind: p.Kind, Agent: p.Agent, Name: p.Name, Session: p.Session, Region: p.Region, Detail: p.Detail,
		Began: time.Now(), Outcome: Running, process: p,
	}
	if p.Runner.Ring != nil {
		p.Runner.Ring.Add(r) // it can be watched while it runs
	}
	r.ctx = ctx
	if p.Runner.Tracer != nil {
		r.ctx, r.span = p.Runner.Tracer.Start(ctx, p.Kind, trace.WithAttributes(
			attribute.String("agent", p.Name), attribute.String("session", p.Session.String()),
			attribute.String("region", p.Region), attribute.String("detail", p.Detail)))
	}
	return r
}

// run runs one step with its tries and writes its line.
func (r *Report) run(ctx context.Context, s Step) error {
	if s.together != nil {
		return r.runTogether(ctx, s.together)
	}
	line := r.line(s)
	if s.If != nil && !s.If() {
		return r.close(line, Skipped, nil, 0)
	}
	if run := r.process.Runner; run.Tracer != nil {
		var span trace.Span
		ctx, span = run.Tracer.Start(ctx, s.Name, trace.WithAttributes(attribute.String("owner", s.Owner)))
		defer span.End()
	}
	var err error
	tries := 0
	for tries < max(s.Tries, 1) {
		if tries > 0 && pause(ctx, tries) != nil {
			break
		}
		tries++
		if err = r.try(ctx, s); err == nil {
			return r.close(line, Done, nil, tries)
		}
		if final := r.process.Runner.Final; final != nil && final(err) {
			break
		}
		if errors.Is(err, ErrHung) {
			break // it may still be running, and two at once is not twice in a row
		}
	}
	err = fmt.Errorf("%s: %w", s.Name, err)
	return r.close(line, Failed, err, tries)
}

func (r *Report) try(ctx context.Context, s Step) error {
	bound := s.Timeout
	if bound == 0 {
		bound = DefaultTimeout
	}
	run := r.process.Runner
	return once(ctx, bound, func(ctx context.Context) error {
		if run.Before != nil {
			if err := run.Before(r.Kind, s.Name); err != nil {
				return err
			}
		}
		err := s.Do(ctx)
		if run.After != nil {
			run.After(r.Kind, s.Name)
		}
		return err
	})
}

func (r *Report) runTogether(ctx context.Context, parts []Step) error {
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for i, s := range parts {
		all.Go(func() { errs[i] = r.run(ctx, s) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (r *Report) undo(ctx context.Context, s Step) {
	for _, part := range s.together {
		r.undo(ctx, part)
	}
	if s.Undo == nil || !r.was(s) {
		return
	}
	back := Step{Name: "undo: " + s.Name, Owner: s.Owner, Do: s.Undo, Timeout: s.Timeout, Tries: s.Tries}
	// An undo that fails stands in the report; there is nobody left to hand it to.
	_ = r.run(ctx, back)
}

// was reports whether a step was begun: one that failed half way is undone too.
func (r *Report) was(s Step) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.Steps {
		if line.Name == s.Name {
			return line.Outcome == Done || line.Outcome == Failed
		}
	}
	return false
}

func (r *Report) line(s Step) *Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := &Line{Name: s.Name, Owner: s.Owner, After: time.Since(r.Began), Outcome: Running}
	r.Steps = append(r.Steps, l)
	return l
}

func (r *Report) close(l *Line, o Outcome, err error, tries int) error {
	r.mu.Lock()
	l.Outcome, l.Tries = o, tries
	l.Took = time.Since(r.Began) - l.After
	if err != nil {
		l.Error = err.Error()
	}
	r.mu.Unlock()
	run := r.process.Runner
	if run.Observe != nil && o != Skipped {
		run.Observe(r.Kind, l.Name, string(o), l.Took)
	}
	run.Logger().Debug(r.Kind+": "+l.Name, "agent", r.Name, "session", r.Session, "owner", l.Owner,
		"outcome", string(o), "tries", tries, "took", l.Took, "error", l.Error)
	return err
}

func (r *Report) end(err error) *Report {
	r.mu.Lock()
	r.Took = time.Since(r.Began)
	r.Outcome = Done
	for _, l := range r.Steps {
		if l.Outcome == Failed {
			r.Outcome = Failed
		}
	}
	if err != nil {
		r.Outcome, r.Error = Failed, err.Error()
	}
	outcome := r.Outcome
	r.mu.Unlock()
	if r.span != nil {
		if outcome == Failed {
			r.span.SetStatus(codes.Error, r.Error)
		}
		r.span.End()
	}
	r.ctx, r.span = nil, nil // a kept report holds nothing alive
	r.process.Runner.finish(r)
	return r
}

func (run *Runner) finish(r *Report) {
	if run.Observe != nil {
		run.Observe(r.Kind, "", string(r.Outcome), r.Took)
	}
	level := slog.LevelInfo
	if r.Outcome == Failed {
		level = slog.LevelWarn
	}
	if r.Quiet {
		level = slog.LevelDebug
	}
	run.Logger().Log(context.Background(), level, r.Kind, "agent", r.Name, "session", r.Session, "region", r.Region,
		"detail", r.Detail, "outcome", string(r.Outcome), "took", r.Took, "error", r.Error)
}

// Logger is Log, or the default logger.
func (run *Runner) Logger() *slog.Logger {
	if run.Log == nil {
		return slog.Default()
	}
	return run.Log
}
