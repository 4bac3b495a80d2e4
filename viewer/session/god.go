package session

import (
	"context"

	"terrane/agent"
	"terrane/grid"
	"terrane/wire/message"
)

// requestGod: an account of a god's level may switch its powers on and off.
func (s *Session) requestGod(m *message.RequestGodlikePowers) {
	level := 0
	if m.RequestBlock.Godlike {
		if s.agent.Circuit.Level < grid.LevelGod {
			s.alert("Your account has no god powers.")
			return
		}
		level = min(s.agent.Circuit.Level, 255)
	}
	s.life.god = level
	reply := &message.GrantGodlikePowers{}
	reply.AgentData.AgentID, reply.AgentData.SessionID = s.id(), s.agent.Session()
	reply.GrantData.GodLevel = uint8(level)
	reply.GrantData.Token = m.RequestBlock.Token
	s.send(reply, reliable)
}

// everybody, as the target of a kick, is all agents of the region.
const everybody = "44e87126-e794-4ded-05b3-7c42da3d5cdb"

// godKick throws users out.
func (s *Session) godKick(m *message.GodKickUser) {
	if s.agent.Circuit.Level < grid.LevelGod {
		s.server.Metrics.refused("not a god")
		s.alert("Your account may not kick users.")
		return
	}
	why := message.String(m.UserInfo.Reason)
	if why == "" {
		why = "You have been thrown out by an administrator."
	}
	target := m.UserInfo.AgentID
	if target.String() == everybody {
		for _, a := range s.server.Host.Agents() {
			if a.Root() && a.ID() != s.id() {
				a.End(agent.Kicked, why)
			}
		}
		return
	}
	if a := s.server.Host.FindRoot(target); a != nil {
		a.End(agent.Kicked, why)
		return
	}
	s.ask(func(ctx context.Context) func() {
		lease, err := s.server.Services.Presences.LeaseOf(ctx, target)
		if err == nil {
			var owner grid.Region
			if owner, err = s.server.Services.Regions.RegionByID(ctx, lease.Region); err == nil {
				err = s.server.Services.SessionEnder.EndSession(ctx, owner, target, lease.Session, why)
			}
		}
		if err != nil {
			return func() { s.alert("This user is not online.") }
		}
		return nil
	})
}

// estateOwnerMessage: of all that estate owners may say, gods may alert everybody in the region.
func (s *Session) estateOwnerMessage(m *message.EstateOwnerMessage) {
	method := message.String(m.MethodData.Method)
	if method != "simulatormessage" && method != "instantmessage" || len(m.ParamList) == 0 {
		s.server.Metrics.unhandled("EstateOwnerMessage " + known(method))
		return
	}
	if s.agent.Circuit.Level < grid.LevelGod {
		s.server.Metrics.refused("not a god")
		s.alert("Your account may not send messages to the region.")
		return
	}
	text := message.String(m.ParamList[len(m.ParamList)-1].Parameter)
	s.server.Alert(s.agent.Name() + ": " + text)
}

// known keeps what a viewer says out of the names of metrics, unless it is one of the few that it may say.
func known(method string) string {
	switch method {
	case "getinfo", "setregioninfo", "texturecommit", "kickestate", "teleporthomeuser", "restart", "estateaccessdelta":
		return method
	}
	return "other"
}

// Alert shows a text to everybody in the region.
func (s *Server) Alert(text string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, n := range s.bySession {
		if n.agent.Root() {
			n.do(func() { n.sendAlert(text, true) })
		}
	}
}
