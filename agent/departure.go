package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Departure is all that is left to do for a session that has left: one value that a journal can hold.
// Its steps are ticked off in Done; what is not there is owed.
type Departure struct {
	Agent    uuid.UUID     `json:"agent"`
	Session  uuid.UUID     `json:"session"`
	First    string        `json:"first"`
	Last     string        `json:"last"`
	Epoch    uint64        `json:"epoch"`
	Region   uuid.UUID     `json:"region"`
	Reason   Reason        `json:"reason"`
	Root     bool          `json:"root"` // it was the root agent, so its place and looks count
	Place    grid.Place    `json:"place"`
	At       time.Time     `json:"at"`
	Looks    grid.Avatar   `json:"looks,omitempty"` // to be saved; nil: unchanged
	Children []grid.Region `json:"children,omitempty"`
	Done     []string      `json:"done,omitempty"`
}

// Fence is the ownership under which the departure writes.
func (d *Departure) Fence() grid.Fence { return grid.Fence{Session: d.Session, Epoch: d.Epoch} }

// Name is the agent's full name.
func (d *Departure) Name() string { return d.First + " " + d.Last }

// owes reports whether a step is still to be done.
func (d *Departure) owes(step string) bool { return !slices.Contains(d.Done, step) }

// Owed lists the journalled steps that are still to be done.
func (d *Departure) Owed() []string {
	var out []string
	for _, step := range journalled {
		if d.owes(step) && d.due(step) {
			out = append(out, step)
		}
	}
	return out
}

// due says which journalled steps a departure has at all, for its reason: the table in
// docs/architecture.md.
func (d *Departure) due(step string) bool {
	switch step {
	case saveLooks:
		return d.Looks != nil && d.Reason != Moved
	case closeChildren:
		return len(d.Children) > 0
	default: // grid user, presence, friends
		return d.Reason != Superseded && d.Reason != Moved
	}
}

// Journal is what a region must not lose in a crash: an open row for every session whose root agent it
// has, and a departure for every session that has left and is not settled. Every method returns when
// the change is on disk.
type Journal interface {
	// Open writes the open row of a session that has arrived. A row that is there already stays.
	Open(ctx context.Context, d Departure) error
	// Refresh replaces open rows. A session that has none, because it has left meanwhile, gets none.
	Refresh(ctx context.Context, open []Departure) error
	// Depart turns a session's open row into a departure, or writes one.
	Depart(ctx context.Context, d Departure) error
	// Settle strikes a session out.
	Settle(ctx context.Context, session uuid.UUID) error
	// Rows is everything that stands in it: open rows, and departures.
	Rows(ctx context.Context) (open, departed []Departure, err error)
	// RowsOf is what stands in it for one agent.
	RowsOf(ctx context.Context, agent uuid.UUID) (open, departed []Departure, err error)
}

// Marshal and Unmarshal are the form that a journal stores.
func (d *Departure) Marshal() ([]byte, error) { return json.Marshal(d) }

// UnmarshalDeparture reads what Marshal wrote.
func UnmarshalDeparture(b []byte) (Departure, error) {
	var d Departure
	if err := json.Unmarshal(b, &d); err != nil {
		return d, fmt.Errorf("journal row: %w", err)
	}
	return d, nil
}
