package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"terrane/grid"
	"terrane/region/scene"

	"github.com/google/uuid"
)

const (
	// retryLook is how often the owed departures are looked at, retryAtOnce how many of them run side
	// by side: a service that comes back is not met by all of them in one moment.
	retryLook   = 250 * time.Millisecond
	retryAtOnce = 4
)

// Run renews the leases of the region's sessions, keeps their rows in the journal fresh, and tries again
// what departures owe. It ends with ctx, after what it had begun.
func (h *Host) Run(ctx context.Context) {
	renew, retry := time.NewTicker(h.Terms.Renew), time.NewTicker(retryLook)
	defer renew.Stop()
	defer retry.Stop()
	var work sync.WaitGroup
	defer work.Wait()
	renewing := make(chan struct{}, 1) // one renewal at a time; a tick that finds one running is skipped
	slots := make(chan struct{}, retryAtOnce)
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			select {
			case renewing <- struct{}{}:
				work.Go(func() { h.Renew(ctx); <-renewing })
			default:
			}
		case now := <-retry.C:
			for _, d := range h.dueAgain(now, cap(slots)-len(slots)) {
				slots <- struct{}{}
				work.Go(func() { d.run(ctx); <-slots })
			}
		}
	}
}

// dueAgain takes up to n owed departures whose time has come.
func (h *Host) dueAgain(now time.Time, n int) []*leaving {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []*leaving
	for _, d := range h.owed {
		if len(out) >= n {
			break
		}
		if d.busy || now.Before(d.next) {
			continue
		}
		d.busy = true
		copied := d.Departure
		out = append(out, &leaving{Departure: &copied, host: h})
	}
	return out
}

// Renew renews the leases of all sessions that this region owns, in one call, and writes their open rows.
// A session that is not the region's any more ends as superseded; one whose ownership could not be had
// yet is asked for again.
func (h *Host) Renew(ctx context.Context) {
	var held []grid.Fence
	for _, a := range h.Agents() {
		if !a.Root() {
			continue
		}
		if a.Owned() {
			held = append(held, a.Fence())
			continue
		}
		if err := h.own(ctx, a); err != nil && !errors.Is(err, grid.ErrSuperseded) {
			h.Log.Warn("session not owned yet", "agent", a.Name(), "session", a.Session(), "error", err)
		}
	}
	if len(held) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, h.Terms.Renew)
	defer cancel()
	lost, err := h.Services.Presences.Renew(ctx, h.Region().ID, h.Boot, held)
	if err != nil {
		h.Log.Warn("leases not renewed", "sessions", len(held), "error", err)
	}
	for _, session := range lost {
		if a := h.Find(session); a != nil && a.Owned() && stillHeld(held, a.Fence()) {
			a.End(Superseded, "")
		}
	}
	if err := h.checkpoint(ctx); err != nil {
		h.Log.Warn("journal not refreshed", "error", err)
	}
}

// stillHeld reports whether a fence that was lost is the one the agent has now, and not one that it
// had when the call was made.
func stillHeld(held []grid.Fence, now grid.Fence) bool {
	for _, f := range held {
		if f == now {
			return true
		}
	}
	return false
}

// own asks the grid for the session; on success this region owns it.
func (h *Host) own(ctx context.Context, a *Agent) error {
	l, err := h.Services.Presences.Own(ctx, a.Fence(), h.Region().ID, h.Boot)
	switch {
	case err == nil:
		a.owns(l)
	case errors.Is(err, grid.ErrSuperseded), errors.Is(err, grid.ErrNotFound):
		a.End(Superseded, "")
		return grid.ErrSuperseded
	}
	return err
}

// checkpoint writes the open rows of all sessions whose root is here.
func (h *Host) checkpoint(ctx context.Context) error {
	rows := make(map[uuid.UUID]*leaving)
	for _, a := range h.Agents() {
		if a.Root() {
			rows[a.Session()] = &leaving{Departure: a.departure(h, Silent), host: h, agent: a}
		}
	}
	err := h.Scene.Do(ctx, func(tx *scene.Tx) error {
		for session, row := range rows {
			if p, ok := tx.Presence(session); ok && p.Root {
				row.take(p.Position, p.LookAt, p.Appearance)
			} else {
				delete(rows, session) // it has left meanwhile, and its departure says more
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	open := make([]Departure, 0, len(rows))
	for _, row := range rows {
		open = append(open, *row.Departure)
	}
	return h.Journal.Refresh(ctx, open)
}

// Recover finishes what the journal holds when a region starts: open rows are sessions that a crash
// has ended, departures are what was still owed. It answers how many there were; they are worked on
// by Run.
func (h *Host) Recover(ctx context.Context) (crashed, owed int, err error) {
	open, departed, err := h.Journal.Rows(ctx)
	if err != nil {
		return 0, 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range open {
		d.Reason, d.At = Silent, time.Now().UTC()
		h.owed[d.Session] = &debt{Departure: d}
	}
	for _, d := range departed {
		h.owed[d.Session] = &debt{Departure: d}
	}
	return len(open), len(departed), nil
}

// EndAll ends every session, because the region goes down, and waits until all have left or ctx ends.
func (h *Host) EndAll(ctx context.Context, text string) error {
	agents := h.Agents()
	for _, a := range agents {
		a.End(RegionDown, text)
	}
	for _, a := range agents {
		if err := await(ctx, a.Link.Gone()); err != nil {
			return err
		}
	}
	return nil
}
