package session

import (
	"terrane/region/scene"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// chat is something said aloud, or the beginning and end of typing.
func (s *Session) chat(m *message.ChatFromViewer) {
	text := message.String(m.ChatData.Message)
	kind, channel := scene.ChatType(m.ChatData.Type), m.ChatData.Channel
	from := s.agent.Session()
	s.offer(func(tx *scene.Tx) { s.said(tx.Say(from, kind, channel, text)) })
}

// said counts what the region would not do for the viewer.
func (s *Session) said(err error) {
	if err != nil {
		s.server.Metrics.refused("region")
	}
}

// offer has the region do something when it has time. A region that has none for it loses it, and offer is
// false.
func (s *Session) offer(visit func(*scene.Tx)) bool {
	if s.server.Scene.Offer(visit) {
		return true
	}
	s.server.Metrics.refused("region busy")
	return false
}

// heardChat shows what was said within hearing.
func (s *Session) heardChat(c *scene.ChatHeard) {
	m := &message.ChatFromSimulator{}
	m.ChatData.FromName = message.TextMax(c.FromName, message.MaxVariable1)
	m.ChatData.SourceID, m.ChatData.OwnerID = c.Source, c.Owner
	m.ChatData.SourceType, m.ChatData.ChatType = uint8(c.SourceType), uint8(c.ChatType)
	m.ChatData.Audible = uint8(c.Audible)
	m.ChatData.Position = c.Position
	m.ChatData.Message = message.Text(c.Text)
	s.send(m, reliable)
}

// viewerEffect is what viewers show each other: where one looks and points. It is passed on as it came,
// but for the session's id, which is nobody else's business.
func (s *Session) viewerEffect(m *message.ViewerEffect) {
	m.AgentData.AgentID, m.AgentData.SessionID = uuid.Nil, uuid.Nil
	for i := range m.Effect {
		m.Effect[i].AgentID = s.agent.ID()
	}
	body, err := m.Append(nil)
	if err != nil {
		return
	}
	s.server.toOthers(s, body)
}

// toOthers sends a message that is written already to all root agents but one.
func (s *Server) toOthers(but *Session, body []byte) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, n := range s.bySession {
		if n != but && n.agent.Root() {
			n.try(func() { n.sendBody(body) })
		}
	}
}

// sendBody sends a message that is written already.
func (s *Session) sendBody(body []byte) {
	if s.circuit == nil || s.phase != Root {
		return
	}
	// It is unreliable: what does not fit is dropped and counted.
	_ = s.circuit.Send(body, unreliable)
}
