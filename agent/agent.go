// Package agent has the processes of an agent: how it comes, what happens while it stays, and how it
// leaves. Each process is one file with one list of steps; read logout.go first.
//
// A process is given a Link to the viewer and never the viewer's session, contracts of services and
// never how they are reached, and visits the region's scene like everybody else.
package agent

import (
	"sync"

	"terrane/grid"

	"github.com/google/uuid"
)

// Reason is why a session ended.
type Reason string

// The reasons. Which steps of the logout run for which of them stands in logout.go.
const (
	Quit       Reason = "quit"        // the viewer asked
	Silent     Reason = "silent"      // nothing was heard of the viewer for too long
	Kicked     Reason = "kicked"      // somebody who may, threw the user out
	TooSlow    Reason = "too slow"    // the viewer did not take what was sent
	Superseded Reason = "superseded"  // a newer session of the same user owns the agent now
	Moved      Reason = "moved"       // another region has taken the agent over
	Closed     Reason = "closed"      // a child agent whose root has no more use for it
	RegionDown Reason = "region down" // the region is being shut down
)

// Link is the viewer, as far as a process may speak to it. None of its methods waits: what cannot be
// delivered is dropped with the circuit. A Link may be used by many goroutines, and after its circuit
// has gone, when it does nothing.
type Link interface {
	// AnswerLogout acknowledges a LogoutRequest and sends LogoutReply, ahead of every throttle.
	AnswerLogout()
	// Kick tells the viewer that it is being thrown out, and why (KickUser).
	Kick(why string)
	// Disable tells the viewer that this region is gone from its view (DisableSimulator).
	Disable()
	// Enable tells the viewer of a neighbour that waits for it (EnableSimulator and
	// EstablishAgentCommunication, by the event queue).
	Enable(child grid.Region, seed string)
	// Friends tells that friends have come or gone (OnlineNotification, OfflineNotification).
	Friends(online bool, who []uuid.UUID)
	// Message delivers an instant message.
	Message(m grid.InstantMessage)
	// RightsChanged tells which rights a friend grants now (ChangeUserRights).
	RightsChanged(friend uuid.UUID, rights int)
	// FriendGone tells that a friendship has ended (TerminateFriendship).
	FriendGone(friend uuid.UUID)
	// Gone is closed when the circuit and the capabilities have ended and nothing of them is left.
	Gone() <-chan struct{}
	// Release lets the circuit linger for its last acknowledgements and then end.
	Release()
}

// Agent is one session in one region, root or child, as its processes know it.
type Agent struct {
	Circuit grid.AgentCircuit
	Link    Link
	Lane    *Lane // its processes, one at a time

	ending chan struct{} // closed at the first End
	once   sync.Once
	safe   chan struct{} // closed when its departure is journalled: a relogin may begin
	opened sync.Once

	mu       sync.Mutex
	fence    grid.Fence
	root     bool   // it is, or was until it left, the root agent here
	owned    bool   // the grid has confirmed that this region owns the session
	reason   Reason // of the first End
	text     string // for the user, with the reason
	children map[uuid.UUID]grid.Region
	saved    grid.Avatar // rows that the avatar service has: loaded, or saved since
	dirty    bool        // looks have changed since they were loaded
	place    grid.Place  // where its avatar was last known to be; zero before it arrived
	unsaved  grid.Avatar // rows that the avatar service did not have then; nil: none

	// telling guards notices, and is held while the viewer is told, which never waits: of two notices about
	// one friend the viewer hears the newer last.
	telling sync.Mutex
	notices map[uuid.UUID]notice
}

// New is an agent for a circuit that was announced.
func New(c grid.AgentCircuit, link Link) *Agent {
	return &Agent{
		Circuit:  c,
		Link:     link,
		Lane:     NewLane(),
		ending:   make(chan struct{}),
		safe:     make(chan struct{}),
		fence:    grid.Fence{Session: c.Session, Epoch: c.Epoch},
		children: make(map[uuid.UUID]grid.Region),
		notices:  make(map[uuid.UUID]notice),
		saved:    c.Avatar,
	}
}

// ID is the agent's id, which is the account's.
func (a *Agent) ID() uuid.UUID { return a.Circuit.Agent }

// Session is the session's id.
func (a *Agent) Session() uuid.UUID { return a.Circuit.Session }

// Name is the agent's full name.
func (a *Agent) Name() string { return a.Circuit.Name() }

// End asks the session to end. The first reason wins; text is shown to the user where the reason has
// a message. It never waits.
func (a *Agent) End(why Reason, text string) {
	a.once.Do(func() {
		a.mu.Lock()
		a.reason, a.text = why, text
		a.mu.Unlock()
		close(a.ending)
	})
}

// Ending is closed when somebody has asked the session to end; Why then tells the reason.
func (a *Agent) Ending() <-chan struct{} { return a.ending }

// Why is the reason and text of the first End, and empty before it.
func (a *Agent) Why() (Reason, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reason, a.text
}

// ends reports whether somebody has asked the session to end.
func (a *Agent) ends() bool {
	why, _ := a.Why()
	return why != ""
}

// Fence is the ownership under which the agent's records are written now.
func (a *Agent) Fence() grid.Fence {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.fence
}

// Root reports whether the agent is, or was until it left, the root agent here.
func (a *Agent) Root() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.root
}

// Owned reports whether the grid has confirmed that this region owns the session.
func (a *Agent) Owned() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.owned
}

// BecomeRoot marks the agent as the root agent of this region.
func (a *Agent) BecomeRoot() {
	a.mu.Lock()
	a.root = true
	a.mu.Unlock()
}

// Children are the neighbours that have a child agent of this session.
func (a *Agent) Children() []grid.Region {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]grid.Region, 0, len(a.children))
	for _, r := range a.children {
		out = append(out, r)
	}
	return out
}

// openFence lets relogins begin: nothing of this session can be lost any more.
func (a *Agent) openFence() { a.opened.Do(func() { close(a.safe) }) }

func (a *Agent) owns(l grid.Lease) {
	a.mu.Lock()
	a.fence, a.owned = l.Fence(), true
	a.mu.Unlock()
}
