package session

import (
	"terrane/grid"
	"terrane/viewer/caps"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// link is the session as the agent's processes know it; see agent.Link.
type link struct{ s *Session }

func (l link) AnswerLogout() { l.s.do(l.s.answerLogout) }

func (l link) Kick(why string) {
	l.s.do(func() {
		m := &message.KickUser{}
		m.UserInfo.AgentID, m.UserInfo.SessionID = l.s.agent.ID(), l.s.agent.Session()
		m.UserInfo.Reason = message.TextMax(why, message.MaxVariable1)
		l.s.send(m, control)
	})
}

func (l link) Disable() { l.s.do(func() { l.s.send(&message.DisableSimulator{}, control) }) }

func (l link) Enable(child grid.Region, seed string) {
	address, err := caps.ViewerAddress(child, l.s.agent.Circuit.ReachedAt)
	if err != nil {
		l.s.server.Log.Warn("viewer not told of a neighbour", "agent", l.s.agent.Name(), "error", err)
		return
	}
	l.s.do(func() {
		l.s.push(enableSimulator(child, address))
		l.s.push(establishCommunication(l.s.agent.ID(), address, seed))
	})
}

func (l link) Friends(online bool, who []uuid.UUID) { l.s.do(func() { l.s.sendFriends(online, who) }) }

// Message shows a message, or keeps it for the user's next session when this one is on its way out.
func (l link) Message(m grid.InstantMessage) {
	if !l.s.do(func() { l.s.showOrKeep(m) }) {
		l.s.server.keep(m)
	}
}

func (l link) RightsChanged(friend uuid.UUID, rights int) {
	l.s.do(func() { l.s.sendRights(friend, l.s.agent.ID(), rights) })
}

func (l link) FriendGone(friend uuid.UUID) {
	l.s.do(func() {
		m := &message.TerminateFriendship{}
		m.AgentData.AgentID, m.AgentData.SessionID = l.s.agent.ID(), l.s.agent.Session()
		m.ExBlock.OtherID = friend
		l.s.send(m, reliable)
	})
}

func (l link) Gone() <-chan struct{} { return l.s.gone }

func (l link) Release() { l.s.do(func() { l.s.released = true }) }
