package session

import (
	"context"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"terrane/grid"
	"terrane/wire/message"
)

// muteListRequest sends the mute list as a file, by Xfer, unless the viewer's copy is the same. An
// empty list needs no file; a viewer that has a copy must hear that it is not true any more.
func (s *Session) muteListRequest(m *message.MuteListRequest) {
	known := m.MuteData.MuteCRC
	s.ask(func(ctx context.Context) func() {
		mutes, err := s.server.Services.Mutes.MutesOf(ctx, s.id())
		if ctx.Err() != nil {
			return nil // the viewer has gone
		}
		if err != nil {
			s.server.Log.Warn("mute list not read", "agent", s.agent.Name(), "error", err)
			return nil
		}
		file := muteFile(mutes)
		return func() {
			switch {
			case len(file) == 0 && known != 0:
				s.sendGeneric("emptymutelist")
			case len(file) == 0 || crc32.ChecksumIEEE(file) == known:
				reply := &message.UseCachedMuteList{}
				reply.AgentData.AgentID = s.id()
				s.send(reply, reliable)
			default:
				reply := &message.MuteListUpdate{}
				reply.MuteData.AgentID = s.id()
				reply.MuteData.Filename = message.Text(s.life.files.offer("mutes"+s.id().String(), file))
				s.send(reply, reliable)
			}
		}
	})
}

// sendGeneric sends a word that has no message of its own. Viewers look it up by its name.
func (s *Session) sendGeneric(method string) {
	m := &message.GenericMessage{}
	m.AgentData.AgentID, m.AgentData.SessionID = s.id(), s.agent.Session()
	m.MethodData.Method = message.Text(method)
	m.ParamList = []message.GenericMessageParamList{{Parameter: []byte{0}}}
	s.send(m, reliable)
}

// muteFile is the mute list as viewers store it.
func muteFile(mutes []grid.Mute) []byte {
	var b strings.Builder
	for _, m := range mutes {
		fmt.Fprintf(&b, "%d %s %s|%d\n", m.Type, m.ID, m.Name, m.Flags)
	}
	return []byte(b.String())
}

func (s *Session) updateMute(m *message.UpdateMuteListEntry) {
	mute := grid.Mute{
		User: s.id(), ID: m.MuteData.MuteID, Name: message.String(m.MuteData.MuteName),
		Type: int(m.MuteData.MuteType), Flags: int(m.MuteData.MuteFlags), Since: time.Now().UTC(),
	}
	s.ask(func(ctx context.Context) func() {
		if err := s.server.Services.Mutes.StoreMute(ctx, mute); err != nil {
			return func() { s.alert("The mute list could not be changed. Please try again.") }
		}
		return nil
	})
}

func (s *Session) removeMute(m *message.RemoveMuteListEntry) {
	id, name := m.MuteData.MuteID, message.String(m.MuteData.MuteName)
	s.ask(func(ctx context.Context) func() {
		if err := s.server.Services.Mutes.DeleteMute(ctx, s.id(), id, name); err != nil {
			return func() { s.alert("The mute list could not be changed. Please try again.") }
		}
		return nil
	})
}
