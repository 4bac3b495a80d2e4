package session

import (
	"context"

	"terrane/grid"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// namesPerReply keeps a UUIDNameReply within a packet, however long the names.
const namesPerReply = 8

// nameRequest looks up names. Whoever is not known is called "(unknown) user": a viewer, and
// node-metaverse most of all, waits for every name it asked for.
func (s *Session) nameRequest(m *message.UUIDNameRequest) {
	ids := make([]uuid.UUID, 0, len(m.UUIDNameBlock))
	for _, b := range m.UUIDNameBlock {
		ids = append(ids, b.ID)
	}
	s.ask(func(ctx context.Context) func() {
		found, err := s.server.Services.Accounts.Accounts(ctx, ids)
		if err != nil {
			s.server.Log.Warn("names not read", "error", err)
			return nil
		}
		return func() { s.sendNames(ids, found) }
	})
}

func (s *Session) sendNames(ids []uuid.UUID, found []grid.Account) {
	names := make(map[uuid.UUID]grid.Account, len(found))
	for _, a := range found {
		names[a.ID] = a
	}
	m := &message.UUIDNameReply{}
	for i, id := range ids {
		a, ok := names[id]
		if !ok {
			a = grid.Account{First: "(unknown)", Last: "user"}
		}
		m.UUIDNameBlock = append(m.UUIDNameBlock, message.UUIDNameReplyUUIDNameBlock{
			ID: id, FirstName: message.TextMax(a.First, message.MaxVariable1), LastName: message.TextMax(a.Last, message.MaxVariable1),
		})
		if len(m.UUIDNameBlock) == namesPerReply || i == len(ids)-1 {
			s.send(m, reliable)
			m = &message.UUIDNameReply{}
		}
	}
}

// pickerLimit is how many users a search shows.
const pickerLimit = 50

// avatarPicker searches users by name.
func (s *Session) avatarPicker(m *message.AvatarPickerRequest) {
	query, text := m.AgentData.QueryID, message.String(m.Data.Name)
	s.ask(func(ctx context.Context) func() {
		found, err := s.server.Services.Accounts.SearchAccounts(ctx, text, pickerLimit)
		if err != nil {
			found = nil
		}
		return func() {
			reply := &message.AvatarPickerReply{}
			reply.AgentData.AgentID, reply.AgentData.QueryID = s.id(), query
			for _, a := range found {
				reply.Data = append(reply.Data, message.AvatarPickerReplyData{
					AvatarID: a.ID, FirstName: message.TextMax(a.First, message.MaxVariable1), LastName: message.TextMax(a.Last, message.MaxVariable1),
				})
				if len(reply.Data) == namesPerReply {
					s.send(reply, reliable)
					reply.Data = nil
				}
			}
			if len(reply.Data) == 0 && len(found) == 0 {
				reply.Data = []message.AvatarPickerReplyData{{FirstName: []byte{0}, LastName: []byte{0}}}
			}
			if len(reply.Data) > 0 {
				s.send(reply, reliable)
			}
		}
	})
}

// avatarProperties shows what the account says of a user.
func (s *Session) avatarProperties(m *message.AvatarPropertiesRequest) {
	about := m.AgentData.AvatarID
	s.ask(func(ctx context.Context) func() {
		a, err := s.server.Services.Accounts.Account(ctx, about)
		if err != nil {
			return nil
		}
		return func() {
			reply := &message.AvatarPropertiesReply{}
			reply.AgentData.AgentID, reply.AgentData.AvatarID = s.id(), about
			p := &reply.PropertiesData
			p.AboutText, p.FLAboutText, p.ProfileURL = []byte{0}, []byte{0}, []byte{0}
			p.BornOn = message.Text(a.Created.Format("1/2/2006"))
			p.CharterMember = []byte{0}
			p.Flags = profilePublish
			if about == s.id() {
				p.Flags |= profileOnline
			}
			s.send(reply, reliable)
		}
	})
}

// Flags of a profile: it may be shown to others, and its user is online, which is told of oneself alone:
// who else may know it is told by the friends' notices.
const (
	profilePublish = 1
	profileOnline  = 0x10
)

// agentDataRequest tells the viewer its own name and active group.
func (s *Session) agentDataRequest(*message.AgentDataUpdateRequest) { s.sendAgentData() }

func (s *Session) sendAgentData() {
	m := &message.AgentDataUpdate{}
	m.AgentData.AgentID = s.id()
	m.AgentData.FirstName = message.TextMax(s.agent.Circuit.First, message.MaxVariable1)
	m.AgentData.LastName = message.TextMax(s.agent.Circuit.Last, message.MaxVariable1)
	m.AgentData.GroupTitle = message.TextMax(s.agent.Circuit.Title, message.MaxVariable1)
	m.AgentData.GroupName = []byte{0}
	s.send(m, reliable)
}

// userInfoRequest shows the user his own mail settings.
func (s *Session) userInfoRequest(*message.UserInfoRequest) {
	s.ask(func(ctx context.Context) func() {
		a, err := s.server.Services.Accounts.Account(ctx, s.id())
		if err != nil {
			return nil
		}
		return func() {
			m := &message.UserInfoReply{}
			m.AgentData.AgentID = s.id()
			m.UserData.DirectoryVisibility = message.Text("default")
			m.UserData.EMail = message.TextMax(a.Email, message.MaxVariable2)
			s.send(m, reliable)
		}
	})
}
