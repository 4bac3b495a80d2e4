package agent

import (
	"context"
	"errors"
	"slices"

	"terrane/grid"

	"github.com/google/uuid"
)

// EndSession ends a session that lives in this region, or is on its way out of it, and answers when its
// departure is journalled. Without a text it is as if the user had asked.
func (h *Host) EndSession(ctx context.Context, session uuid.UUID, text string) error {
	a := h.Find(session)
	if a == nil {
		return nil
	}
	if text == "" {
		a.End(Quit, "")
	} else {
		a.End(Kicked, text)
	}
	return await(ctx, a.safe)
}

// AwaitDeparture returns when no departure of this user is on its way to the journal any more.
func (h *Host) AwaitDeparture(ctx context.Context, user uuid.UUID) error {
	for _, a := range h.Agents() {
		if why, _ := a.Why(); a.ID() != user || why == "" {
			continue
		}
		if err := await(ctx, a.safe); err != nil {
			return err
		}
	}
	return nil
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// HeldFor is what this region's journal still holds of a user and the services do not have yet: the
// newest of his departures that are owed.
func (h *Host) HeldFor(ctx context.Context, user uuid.UUID) (grid.Held, error) {
	open, departed, err := h.Journal.RowsOf(ctx, user)
	if err != nil {
		return grid.Held{}, errors.Join(grid.ErrUnavailable, err)
	}
	departed = append(departed, h.crashed(open)...)
	var newest *Departure
	for i, d := range departed {
		if newest == nil || d.Epoch > newest.Epoch {
			newest = &departed[i]
		}
	}
	if newest == nil {
		return grid.Held{}, grid.ErrNotFound
	}
	held := grid.Held{Fence: newest.Fence()}
	if newest.Root && newest.due(leaveGridUser) && newest.owes(leaveGridUser) {
		held.Last = newest.Place
	}
	if newest.due(saveLooks) && newest.owes(saveLooks) {
		held.Avatar = newest.Looks
	}
	return held, nil
}

// crashed are those of the open rows whose sessions a crash has ended. The others are live.
func (h *Host) crashed(open []Departure) []Departure {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(open, func(d Departure) bool { return h.owed[d.Session] == nil })
}
