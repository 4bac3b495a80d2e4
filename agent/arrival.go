package agent

import (
	"context"
	"time"

	"terrane/agent/steps"
	"terrane/grid"
)

// Arrive is what follows when an agent has become the root agent of this region: its avatar stands
// and its viewer has been told; now the grid learns of it. It runs on the agent's lane.
func (h *Host) Arrive(ctx context.Context, a *Agent, at grid.Place) *steps.Report {
	row := a.departure(h, Silent)
	row.Root, row.Place = true, at
	a.mu.Lock()
	a.place = at
	a.mu.Unlock()
	p := h.process("arrival", row)
	p.Detail = ""
	login := a.Circuit.Flags&grid.TeleportViaLogin != 0
	return p.Regardless(ctx,
		steps.Step{
			Name: "take ownership", Owner: "presence", Tries: 3, Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error { return h.own(ctx, a) },
		},
		steps.Step{
			Name: "open the journal's row", Owner: "journal", Tries: 3, Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error {
				row.Epoch = a.Fence().Epoch
				return h.Journal.Open(ctx, *row)
			},
		},
		steps.Step{
			Name: "remember the place", Owner: "grid user", Tries: 2, Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error {
				defer h.hasten(a.ID())
				return h.Services.GridUsers.SetPositionAs(ctx, a.ID(), a.Fence(), at)
			},
		},
		steps.Step{
			Name: "tell friends", Owner: "friends", Timeout: 10 * time.Second,
			If: func() bool {
				why, _ := a.Why()
				return login && why != Superseded // who took over tells them
			},
			Do: func(ctx context.Context) error {
				c, err := h.Friendships.around(ctx, a.ID())
				if err != nil {
					return err
				}
				a.greet(c.see)
				return h.Friendships.tell(ctx, c, grid.StatusNotice{From: a.ID(), Online: true, Epoch: a.Fence().Epoch})
			},
		},
	)
}
