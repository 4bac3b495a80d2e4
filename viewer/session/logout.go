package session

import (
	"context"
	"time"

	"terrane/agent"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// closedGrace is how long a root circuit that the viewer has closed without a word may still be heard
// of before it is taken for gone.
const closedGrace = 5 * time.Second

// logoutRequest ends the session, whichever of its circuits it is said on; while the circuit lingers,
// it is answered again and nothing else. The logout itself stands in agent/logout.go.
func (s *Session) logoutRequest([]byte) verdict {
	switch {
	case s.phase == Lingering:
		s.answerLogout()
	case s.agent.Circuit.Child:
		s.answerLogout()
		s.forwardLogout()
	default:
		s.agent.End(agent.Quit, "")
	}
	return acceptedNow
}

// forwardLogout asks the region with the root agent to end the session: it closes this child too.
func (s *Session) forwardLogout() {
	c := s.agent.Circuit
	s.ask(func(ctx context.Context) func() {
		owner, err := s.server.Services.Regions.RegionByID(ctx, c.Root)
		if err == nil {
			err = s.server.Services.SessionEnder.EndSession(ctx, owner, c.Agent, c.Session, "")
		}
		if err != nil && ctx.Err() == nil { // otherwise this child was closed: it has been forwarded
			s.server.Log.Warn("logout not forwarded", "agent", c.Name(), "error", err)
		}
		return nil
	})
}

// answerLogout sends LogoutReply. "Nothing of yours has changed" is one zero item id, as OpenSimulator
// says it.
func (s *Session) answerLogout() {
	m := &message.LogoutReply{InventoryData: []message.LogoutReplyInventoryData{{ItemID: uuid.Nil}}}
	m.AgentData.AgentID, m.AgentData.SessionID = s.agent.ID(), s.agent.Session()
	s.send(m, lastWord)
}

// closeCircuit is how libopenmetaverse drops a circuit. A viewer that closes its root circuit without
// having logged out is not heard of again.
func (s *Session) closeCircuit(*message.CloseCircuit) {
	switch {
	case s.phase == Lingering:
	case s.agent.Circuit.Child:
		s.agent.End(agent.Silent, "")
	default:
		s.circuit.Suspect(closedGrace, time.Now())
	}
}
