package session

import (
	"slices"
	"testing"

	"terrane/grid"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// dialogOf is met by an instant message of a kind.
func dialogOf(dialog uint8) func(*message.ImprovedInstantMessage) bool {
	return func(m *message.ImprovedInstantMessage) bool { return m.MessageBlock.Dialog == dialog }
}

// friendship is what a user's list says of another, or nil.
func (w *world) friendship(of, with uuid.UUID) *grid.Friend {
	w.Helper()
	for _, f := range must(w.Services.Friends.FriendsOf(w.Context(), of))(w) {
		if f.Friend == with {
			return &f
		}
	}
	return nil
}

// two are two users who stand in different regions.
func two(t *testing.T) (w *world, ann, bea *viewer) {
	t.Helper()
	w = newWorld(t, quick(), "Harbour")
	ann, bea = w.login(w.user("Ann Lee"), w.order[0], at(20, 20)), w.login(w.user("Bea Low"), w.order[1], at(230, 230))
	arriveAll(ann, bea)
	w.eventually("both are known to be there", func() bool { return w.inRegion(ann.Agent) && w.inRegion(bea.Agent) })
	return w, ann, bea
}

func TestAFriendshipIsOfferedAndAccepted(t *testing.T) {
	t.Parallel()
	w, ann, bea := two(t)
	ann.dialog(bea.Agent, grid.DialogFriendshipOffered, uuid.New(), "be my friend")
	offer := await(bea, dialogOf(grid.DialogFriendshipOffered))
	if offer.AgentData.AgentID != ann.Agent || text(offer.MessageBlock.FromAgentName) != "Ann Lee" {
		t.Errorf("%+v", offer)
	}
	yes := &message.AcceptFriendship{}
	yes.TransactionBlock.TransactionID = offer.MessageBlock.ID
	bea.say(yes)
	accepted := await(ann, dialogOf(grid.DialogFriendshipAccepted))
	if accepted.AgentData.AgentID != bea.Agent || text(accepted.MessageBlock.FromAgentName) != "Bea Low" {
		t.Errorf("%+v", accepted)
	}
	for v, other := range map[*viewer]*viewer{ann: bea, bea: ann} {
		online := await[message.OnlineNotification](v)
		if online.AgentBlock[0].AgentID != other.Agent {
			t.Errorf("%s was told that %v is online", v.First, online.AgentBlock)
		}
		f := w.friendship(v.Agent, other.Agent)
		if f == nil || f.Mine != grid.RightSeeOnline || f.Theirs != grid.RightSeeOnline {
			t.Errorf("%s has %+v", v.First, f)
		}
	}
}

func TestAFriendshipIsOfferedToWhoIsOfflineAndDeclinedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	ann, bea := w.enter(w.user("Ann Lee"), w.order[0]), w.user("Bea Low")
	ann.dialog(bea.ID, grid.DialogFriendshipOffered, uuid.New(), "be my friend")
	w.eventually("the offer is stored", func() bool {
		f := w.friendship(bea.ID, ann.Agent)
		return f != nil && f.Pending()
	})
	late := w.enter(bea, w.order[0])
	var offer *message.ImprovedInstantMessage
	w.eventually("the offer is delivered", func() bool { // it may be on its way to the store
		late.say(&message.RetrieveInstantMessages{})
		late.delivered()
		if all := came(late, dialogOf(grid.DialogFriendshipOffered)); len(all) > 0 {
			offer = all[0]
		}
		return offer != nil
	})
	no := &message.DeclineFriendship{}
	no.TransactionBlock.TransactionID = offer.MessageBlock.ID
	late.say(no)
	if m := await(ann, dialogOf(grid.DialogFriendshipDeclined)); m.AgentData.AgentID != bea.ID {
		t.Errorf("%+v", m)
	}
	if f := w.friendship(bea.ID, ann.Agent); f != nil {
		t.Errorf("the offer is still there: %+v", f)
	}
	if len(came[message.OnlineNotification](ann)) != 0 {
		t.Error("who declined is shown online")
	}
}

func TestNobodyBecomesAFriendWithoutAnOffer(t *testing.T) {
	t.Parallel()
	w, ann, bea := two(t)
	yes := &message.AcceptFriendship{}
	yes.TransactionBlock.TransactionID = ann.Agent
	bea.say(yes)
	w.eventually("it is refused", func() bool { return w.order[1].refused("no such offer") == 1 })
	if w.friendship(ann.Agent, bea.Agent) != nil || w.friendship(bea.Agent, ann.Agent) != nil {
		t.Error("they are friends")
	}
	if n := len(came[message.ImprovedInstantMessage](ann)); n != 0 {
		t.Error("she was told so")
	}
}

func TestAFriendshipEndsForBoth(t *testing.T) {
	t.Parallel()
	w, ann, bea := two(t)
	w.befriend(grid.Account{ID: ann.Agent}, grid.Account{ID: bea.Agent})
	end := &message.TerminateFriendship{}
	end.ExBlock.OtherID = bea.Agent
	ann.say(end)
	if m := await[message.TerminateFriendship](bea); m.ExBlock.OtherID != ann.Agent || m.AgentData.AgentID != bea.Agent {
		t.Errorf("she was told %+v", m)
	}
	if m := await[message.TerminateFriendship](ann); m.ExBlock.OtherID != bea.Agent {
		t.Errorf("he was told %+v", m)
	}
	if w.friendship(ann.Agent, bea.Agent) != nil || w.friendship(bea.Agent, ann.Agent) != nil {
		t.Error("they are still friends")
	}
}

func TestRightsAreGrantedAndTold(t *testing.T) {
	t.Parallel()
	w, ann, bea := two(t)
	w.befriend(grid.Account{ID: ann.Agent}, grid.Account{ID: bea.Agent})
	rights := func(r int32) *message.GrantUserRights {
		return &message.GrantUserRights{Rights: []message.GrantUserRightsRights{
			{AgentRelated: bea.Agent, RelatedRights: r}, {AgentRelated: uuid.New(), RelatedRights: 7},
		}}
	}
	ann.say(rights(grid.RightModifyObjects | 0x100))
	for _, v := range []*viewer{ann, bea} {
		m := await[message.ChangeUserRights](v)
		if m.AgentData.AgentID != ann.Agent || m.Rights[0].AgentRelated != bea.Agent || m.Rights[0].RelatedRights != grid.RightModifyObjects {
			t.Errorf("%s was told %+v", v.First, m)
		}
	}
	if f := w.friendship(ann.Agent, bea.Agent); f.Mine != grid.RightModifyObjects {
		t.Errorf("%+v", f)
	}
	if m := await[message.OfflineNotification](bea); m.AgentBlock[0].AgentID != ann.Agent {
		t.Errorf("who may not see her any more was told %+v", m)
	}
	bea.mark()
	ann.say(rights(grid.RightSeeOnline))
	if m := await[message.OnlineNotification](bea); m.AgentBlock[0].AgentID != ann.Agent {
		t.Errorf("who may see her again was told %+v", m)
	}
	if friends := must(w.Services.Friends.FriendsOf(t.Context(), ann.Agent))(t); len(friends) != 1 {
		t.Errorf("rights made friends: %+v", friends)
	}
}

func TestInvariant30_FriendsSeeEachComingAndGoingOnceAndOthersNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	ann, bea, cid := w.user("Ann Lee"), w.user("Bea Low"), w.user("Cid Mee")
	w.befriend(ann, bea)
	w.befriend(ann, cid)
	if err := w.Services.Friends.StoreFriend(t.Context(), ann.ID, cid.ID, 0); err != nil { // whom she hides from
		t.Fatal(err)
	}
	friend, other := w.enter(bea, w.order[1], at(230, 230)), w.enter(cid, w.order[1], at(230, 230))
	w.eventually("both are known to be there", func() bool { return w.inRegion(bea.ID) && w.inRegion(cid.ID) })
	const rounds = 3
	for range rounds {
		v := w.enter(ann, w.order[0], at(20, 20))
		online := await[message.OnlineNotification](v)
		var who []uuid.UUID
		for _, m := range came[message.OnlineNotification](v) {
			for _, b := range m.AgentBlock {
				who = append(who, b.AgentID)
			}
		}
		if !slices.Contains(who, bea.ID) || !slices.Contains(who, cid.ID) {
			t.Errorf("she was told of %v, at first of %v", who, online.AgentBlock)
		}
		w.eventually("her friend is told that she has come", func() bool { return friend.last() == message.OnlineNotificationID })
		v.quit()
		w.eventually("her friend is told that she has gone", func() bool { return friend.last() == message.OfflineNotificationID })
		w.order[0].gone(v.Session)
	}
	if on, off := len(came[message.OnlineNotification](friend)), len(came[message.OfflineNotification](friend)); on != rounds || off != rounds {
		t.Errorf("told %d times that she came and %d times that she went", on, off)
	}
	if n := len(came[message.OnlineNotification](other)) + len(came[message.OfflineNotification](other)); n != 0 {
		t.Errorf("who may not know was told %d times", n)
	}
}

// last is what the viewer was told last of a friend, OnlineNotification or OfflineNotification.
func (v *viewer) last() (id message.ID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.heard {
		if i := h.ID(); i == message.OnlineNotificationID || i == message.OfflineNotificationID {
			id = i
		}
	}
	return id
}
