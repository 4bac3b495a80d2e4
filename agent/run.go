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
		row := d.Departure
		out = append(out, &leaving{Departure: &row, standing: d.standing, host: h})
	}
	return out
}

// Renew renews the leases of all sessions that this region owns, in one call, and writes their open rows.
// A session that is not the region's any more ends as superseded; one whose ownership could not be had
// yet is asked for again.
func (h *Host) Renew(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, h.Terms.Renew)
	defer cancel()
	var held []grid.Fence
	for _, a := range h.Agents() {
		switch {
		case !a.Root():
		case a.Owned():
			held = append(held, a.Fence())
		default:
			h.ownAgain(a)
		}
	}
	if len(held) > 0 {
		h.renew(ctx, held)
	}
	if err := h.checkpoint(ctx); err != nil {
		h.Log.Warn("journal not refreshed", "error", err)
	}
}

func (h *Host) renew(ctx context.Context, held []grid.Fence) {
	lost, err := h.Services.Presences.Renew(ctx, h.Region().ID, h.Boot, held)
	if err != nil {
		h.Log.Warn("leases not renewed", "sessions", len(held), "error", err)
	}
	for _, session := range lost {
		if a := h.Find(session); a != nil && stillHeld(held, a.Fence()) {
			a.End(Superseded, "")
		}
	}
}

// ownAgain asks once more for the ownership of a session. It goes by the agent's lane: a logout, which
// waits for the lane, must know the epoch that comes of it.
func (h *Host) ownAgain(a *Agent) {
	err := a.Lane.Go(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, h.Terms.Renew)
		defer cancel()
		if a.Owned() {
			return
		}
		if err := h.own(ctx, a); err != nil && !errors.Is(err, grid.ErrSuperseded) {
			h.Log.Warn("session not owned yet", "agent", a.Name(), "session", a.Session(), "error", err)
		}
	})
	if err != nil && !errors.Is(err, ErrLaneClosed) {
		h.Log.Warn("session not owned yet", "agent", a.Name(), "session", a.Session(), "error", err)
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
	here := make(map[uuid.UUID]scene.Presence)
	err := h.Scene.Do(ctx, func(tx *scene.Tx) error {
		for p := range tx.Presences() {
			if p.Root {
				here[p.Session] = p
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var open []Departure
	for _, a := range h.Agents() {
		p, ok := here[a.Session()]
		if !ok || !a.Root() || a.ends() {
			continue // a departure says more
		}
		row := a.departure(h, Silent)
		row.Place, row.Looks = h.remember(a, p.Position, p.LookAt, p.Appearance)
		open = append(open, *row)
	}
	if len(open) == 0 {
		return nil
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
		h.owed[d.Session] = &debt{Departure: d, standing: standing{ends: true, saved: true}}
	}
	for _, d := range departed {
		h.owed[d.Session] = &debt{Departure: d, standing: standing{ends: true, saved: true}}
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
