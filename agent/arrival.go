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
	p := h.process("arrival", row)
	p.Detail = ""
	login := a.Circuit.Flags&grid.TeleportViaLogin != 0
	return p.Regardless(ctx,
		steps.Step{Name: "take ownership", Owner: "presence", Tries: 3, Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error { return h.own(ctx, a) }},
		steps.Step{Name: "open the journal's row", Owner: "journal", Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error {
				row.Epoch = a.Fence().Epoch
				return h.Journal.Open(ctx, *row)
			}},
		steps.Step{Name: "remember the place", Owner: "grid user", Tries: 2, Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error {
				return h.Services.GridUsers.SetPositionAs(ctx, a.ID(), a.Fence(), at)
			}},
		steps.Step{Name: "tell friends", Owner: "friends", Timeout: 10 * time.Second,
			If: func() bool { return login },
			Do: func(ctx context.Context) error {
				online, err := h.Friendships.Tell(ctx, a.ID(), true, a.Fence().Epoch)
				if len(online) > 0 {
					a.Link.Friends(true, online)
				}
				return err
			}},
	)
}
