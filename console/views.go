package console

import (
	"time"

	"terrane/agent"

	"github.com/google/uuid"
)

// RegionView is one region of the configuration, and how it does when a server runs.
type RegionView struct {
	ID      uuid.UUID `json:"id"`
	Name    string    `json:"name"`
	X       uint32    `json:"x"`    // column on the grid, in squares of 256 m
	Y       uint32    `json:"y"`    // row
	Size    int       `json:"size"` // length of its sides in metres
	UDPPort uint16    `json:"udp_port"`
	Default bool      `json:"default"` // newcomers arrive here

	// What follows is zero when no server runs.

	Running         bool          `json:"running"`
	Boot            uuid.UUID     `json:"boot,omitzero"` // of the process
	Roots           int           `json:"roots"`         // agents whose avatar is here
	Children        int           `json:"children"`      // agents that only look
	MaxAgents       int           `json:"max_agents"`
	FramesPerSecond float32       `json:"frames_per_second"`
	FrameTime       time.Duration `json:"frame_time"`    // mean of the last second
	TimeDilation    float32       `json:"time_dilation"` // 1, or less when the region lags
	LoopAge         time.Duration `json:"loop_age"`      // since its loop last ended a frame
	Owed            int           `json:"owed"`          // departures that are not settled
}

// The phases of a session, in their order.
const (
	PhasePending   = "pending"
	PhaseChild     = "child"
	PhaseRoot      = "root"
	PhaseLingering = "lingering"
)

// SessionView is one viewer's circuit to one region of this process, from its announcement until nothing
// of it is left.
type SessionView struct {
	User    uuid.UUID `json:"user"`
	Name    string    `json:"name"`
	Session uuid.UUID `json:"session"`
	Region  uuid.UUID `json:"region"`
	Phase   string    `json:"phase"` // one of the Phase constants
	// Root: the avatar is here, or was until it left. A session that has not opened its circuit is
	// neither root nor child yet.
	Root   bool   `json:"root"`
	Child  bool   `json:"child"` // it was announced as a view into a neighbour
	Epoch  uint64 `json:"epoch"`
	Owned  bool   `json:"owned"`            // the grid has confirmed that the region owns the session
	Ending string `json:"ending,omitempty"` // why it is on its way out; empty while it lives

	Address string        `json:"address,omitempty"` // of the viewer; empty before the circuit
	Viewer  string        `json:"viewer,omitempty"`  // as the viewer calls itself
	Age     time.Duration `json:"age"`               // since the announcement
	Silence time.Duration `json:"silence"`           // since the last datagram

	Capabilities []string `json:"capabilities,omitempty"` // names that the viewer was given
	Events       int      `json:"events"`                 // waiting in the event queue
	Neighbours   []string `json:"neighbours,omitempty"`   // regions with a child agent of this one

	PacketsIn  uint64        `json:"packets_in"`
	PacketsOut uint64        `json:"packets_out"`
	Resent     uint64        `json:"resent"`
	Lost       uint64        `json:"lost"`    // reliable packets given up
	Dropped    uint64        `json:"dropped"` // unreliable ones that met a full queue
	Unacked    int           `json:"unacked"`
	Queued     int           `json:"queued"` // messages waiting for their first sending
	Ping       time.Duration `json:"ping"`   // round trip; 0: not known yet
}

// live reports whether the session has not been asked to end.
func (s SessionView) live() bool { return s.Ending == "" && s.Phase != PhaseLingering }

// JournalRow is what a region's journal holds of one session.
type JournalRow struct {
	Region  uuid.UUID `json:"region"`
	Session uuid.UUID `json:"session"`
	Epoch   uint64    `json:"epoch"`
	Open    bool      `json:"open"` // the session has not left yet, as far as the journal knows
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at"`             // it left, or of an open row: it was last written
	Owed    []string  `json:"owed,omitempty"` // steps of the logout that are still to be done
}

// NewJournalRow is the row of a value that stands in a journal.
func NewJournalRow(d agent.Departure, open bool) JournalRow {
	row := JournalRow{Region: d.Region, Session: d.Session, Epoch: d.Epoch, Open: open, At: d.At}
	if !open {
		row.Reason, row.Owed = string(d.Reason), d.Owed()
	}
	return row
}
