package session

import (
	"context"
	"errors"
	"time"

	"terrane/grid"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// sendFriends shows that friends have come or gone.
func (s *Session) sendFriends(online bool, who []uuid.UUID) {
	if online {
		m := &message.OnlineNotification{}
		for _, id := range who {
			m.AgentBlock = append(m.AgentBlock, message.OnlineNotificationAgentBlock{AgentID: id})
		}
		s.send(m, reliable)
		return
	}
	m := &message.OfflineNotification{}
	for _, id := range who {
		m.AgentBlock = append(m.AgentBlock, message.OfflineNotificationAgentBlock{AgentID: id})
	}
	s.send(m, reliable)
}

// sendRights shows which rights one user grants another now.
func (s *Session) sendRights(from, to uuid.UUID, rights int) {
	m := &message.ChangeUserRights{}
	m.AgentData.AgentID = from
	m.Rights = []message.ChangeUserRightsRights{{AgentRelated: to, RelatedRights: int32(rights)}}
	s.send(m, reliable)
}

// offerFriendship stores the offer, as the friends service does it: the one who is asked has a row for
// the one who asks, whose other half is missing. The id of the offer is the id of the one who asks, so
// that the answer says whom it is for.
func (s *Session) offerFriendship(im grid.InstantMessage) {
	s.ask(func(ctx context.Context) func() {
		if im.To == im.From {
			return nil
		}
		if _, err := s.friend(ctx, im.To); err == nil {
			return func() { s.alert("You are friends already.") }
		}
		if err := s.server.Services.Friends.StoreFriend(ctx, im.To, im.From, 0); err != nil {
			return func() { s.alert("The friendship could not be offered. Please try again.") }
		}
		im.ID = im.From
		err := s.server.reach(ctx, im)
		if err != nil {
			err = s.server.Services.Messages.StoreMessage(ctx, im)
		}
		if err != nil {
			return func() { s.alert("The friendship could not be offered. Please try again later.") }
		}
		return nil
	})
}

// acceptFriendship makes two users friends, who see each other online, and tells the one who asked.
func (s *Session) acceptFriendship(m *message.AcceptFriendship) {
	other := m.TransactionBlock.TransactionID
	s.answerOffer(other, grid.DialogFriendshipAccepted, func(ctx context.Context) error {
		f := s.server.Services.Friends
		if err := f.StoreFriend(ctx, other, s.id(), grid.RightSeeOnline); err != nil {
			return err
		}
		return f.StoreFriend(ctx, s.id(), other, grid.RightSeeOnline)
	})
}

// declineFriendship takes the offer back.
func (s *Session) declineFriendship(m *message.DeclineFriendship) {
	other := m.TransactionBlock.TransactionID
	s.answerOffer(other, grid.DialogFriendshipDeclined, func(ctx context.Context) error {
		return s.server.Services.Friends.DeleteFriend(ctx, s.id(), other)
	})
}

// answerOffer answers an offer that is there; without one, nothing happens: nobody becomes a friend by
// being told so.
func (s *Session) answerOffer(other uuid.UUID, dialog uint8, store func(context.Context) error) {
	s.ask(func(ctx context.Context) func() {
		offered, err := s.offered(ctx, other)
		if err == nil && !offered {
			s.server.Metrics.refused("no such offer")
			return nil
		}
		if err == nil {
			err = store(ctx)
		}
		if err != nil {
			return func() { s.alert("The answer could not be stored. Please try again.") }
		}
		reply := grid.InstantMessage{
			From: s.id(), FromName: s.agent.Name(), To: other, ID: s.id(), Dialog: dialog, At: time.Now().UTC(),
		}
		err = s.server.reach(ctx, reply)
		online := err == nil
		if missing(err) {
			err = s.server.Services.Messages.StoreMessage(ctx, reply)
		}
		if err != nil && !errors.Is(err, grid.ErrDenied) {
			s.server.Log.Warn("answer to a friendship not delivered", "agent", s.agent.Name(), "to", other, "error", err)
		}
		if dialog != grid.DialogFriendshipAccepted || !online {
			return nil
		}
		s.server.nowOnline(ctx, s.id(), other, s.agent.Fence().Epoch)
		return func() { s.sendFriends(true, []uuid.UUID{other}) }
	})
}

// offered reports whether another user has offered his friendship and waits for an answer.
func (s *Session) offered(ctx context.Context, other uuid.UUID) (bool, error) {
	friends, err := s.server.Services.Friends.FriendsOf(ctx, s.id())
	for _, f := range friends {
		if f.Friend == other && f.Pending() {
			return true, nil
		}
	}
	return false, err
}

// nowOnline tells a new friend's region that his friend is online.
func (s *Server) nowOnline(ctx context.Context, user, friend uuid.UUID, epoch uint64) {
	to, err := s.Host.Friendships.RegionOf(ctx, friend)
	if err == nil {
		err = s.Services.RegionFriends.Status(ctx, to, grid.StatusNotice{From: user, To: friend, Online: true, Epoch: epoch})
	}
	if err != nil && !missing(err) {
		s.Log.Warn("new friend not told", "friend", friend, "error", err)
	}
}

// terminateFriendship ends a friendship for both.
func (s *Session) terminateFriendship(m *message.TerminateFriendship) {
	other := m.ExBlock.OtherID
	s.ask(func(ctx context.Context) func() {
		f := s.server.Services.Friends
		if err := errors.Join(f.DeleteFriend(ctx, s.id(), other), f.DeleteFriend(ctx, other, s.id())); err != nil {
			return func() { s.alert("The friendship could not be ended. Please try again.") }
		}
		if to, err := s.server.Host.Friendships.RegionOf(ctx, other); err == nil {
			// He who is not there any more finds it in his list.
			_ = s.server.Services.RegionFriends.FriendshipTerminated(ctx, to, s.id(), other)
		}
		return func() { link{s}.FriendGone(other) }
	})
}

// grantRights changes what a friend may do.
func (s *Session) grantRights(m *message.GrantUserRights) {
	for _, r := range m.Rights {
		other, rights := r.AgentRelated, int(r.RelatedRights)&(grid.RightSeeOnline|grid.RightSeeOnMap|grid.RightModifyObjects)
		s.ask(func(ctx context.Context) func() { return s.grant(ctx, other, rights) })
	}
}

func (s *Session) grant(ctx context.Context, other uuid.UUID, rights int) func() {
	before, err := s.friend(ctx, other)
	if err != nil {
		return nil
	}
	if err := s.server.Services.Friends.StoreFriend(ctx, s.id(), other, rights); err != nil {
		return func() { s.alert("The rights could not be changed. Please try again.") }
	}
	if to, err := s.server.Host.Friendships.RegionOf(ctx, other); err == nil {
		// He who is not there any more finds it in his list.
		_ = s.server.Services.RegionFriends.RightsGranted(ctx, to, s.id(), other, before.Mine, rights)
	}
	return func() { s.sendRights(s.id(), other, rights) }
}

// friend is the friendship with another user; a pending one is not found.
func (s *Session) friend(ctx context.Context, other uuid.UUID) (grid.Friend, error) {
	friends, err := s.server.Services.Friends.FriendsOf(ctx, s.id())
	if err != nil {
		return grid.Friend{}, err
	}
	for _, f := range friends {
		if f.Friend == other && !f.Pending() {
			return f, nil
		}
	}
	return grid.Friend{}, grid.ErrNotFound
}
