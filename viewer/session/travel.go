package session

import (
	"context"

	"terrane/grid"
	"terrane/region/scene"
	"terrane/wire/message"
)

// setStartLocation makes the place where the agent stands its home.
func (s *Session) setStartLocation(m *message.SetStartLocationRequest) {
	home := grid.Place{
		Region: s.server.Region().ID, Position: m.StartLocationData.LocationPos, LookAt: m.StartLocationData.LocationLookAt,
	}
	if !home.Position.Finite() || !home.LookAt.Finite() {
		s.server.Metrics.refused("not finite")
		return
	}
	s.ask(func(ctx context.Context) func() {
		if err := s.server.Services.GridUsers.SetHome(ctx, s.id(), home); err != nil {
			return func() { s.alert("Your home could not be set. Please try again.") }
		}
		return func() { s.alert("Home position set.") }
	})
}

// SetHome is setStartLocation for the capability HomeLocation. It may be called from anywhere.
// Once the session is ending it is grid.ErrUnavailable.
func (s *Session) SetHome(ctx context.Context, home grid.Place) error {
	if why, _ := s.agent.Why(); why != "" {
		return grid.ErrUnavailable
	}
	home.Region = s.server.Region().ID
	return s.server.Services.GridUsers.SetHome(ctx, s.id(), home)
}

// teleportRequest moves the agent within the region; other regions are not reached yet.
func (s *Session) teleportRequest(m *message.TeleportLocationRequest) {
	if m.Info.RegionHandle != s.server.Region().Handle() {
		s.sendTeleportFailed("Teleporting to another region is not possible yet.")
		return
	}
	if !m.Info.Position.Finite() || !m.Info.LookAt.Finite() {
		s.sendTeleportFailed("There is no such place.")
		return
	}
	session, to, look := s.agent.Session(), m.Info.Position, m.Info.LookAt
	s.send(&message.TeleportStart{}, reliable)
	offered := s.offer(func(tx *scene.Tx) {
		if err := tx.Place(session, to, look); err != nil {
			s.said(err)
			return
		}
		p, _ := tx.Presence(session)
		at := p.Position
		s.do(func() {
			reply := &message.TeleportLocal{}
			reply.Info.AgentID = s.id()
			reply.Info.LocationID = 4
			reply.Info.Position, reply.Info.LookAt = at, look
			reply.Info.TeleportFlags = grid.TeleportViaLocation
			s.send(reply, reliable)
		})
	})
	if !offered {
		s.sendTeleportFailed("The region is busy. Please try again.")
	}
}

func (s *Session) teleportLandmark(*message.TeleportLandmarkRequest) {
	s.sendTeleportFailed("Teleporting to landmarks is not possible yet.")
}

func (s *Session) sendTeleportFailed(why string) {
	m := &message.TeleportFailed{}
	m.Info.AgentID = s.id()
	m.Info.Reason = message.TextMax(why, message.MaxVariable1)
	s.send(m, reliable)
}
