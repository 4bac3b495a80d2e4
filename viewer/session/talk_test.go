package session

import (
	"strings"
	"testing"

	"terrane/grid"
	"terrane/region/avatar"
	"terrane/region/scene"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// says is met by chat with a text.
func says(what string) func(*message.ChatFromSimulator) bool {
	return func(m *message.ChatFromSimulator) bool { return text(m.ChatData.Message) == what }
}

func TestChatIsHeardAsFarAsItIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	speaker := w.login(w.user("Ann Lee"), p, at(100, 100))
	hearers := map[string]*viewer{ // by the farthest that they hear
		"whisper": w.login(w.user("Bea Low"), p, at(107, 100)),
		"say":     w.login(w.user("Cid Mee"), p, at(100, 115)),
		"shout":   w.login(w.user("Dan Noe"), p, at(190, 100)),
		"nothing": w.login(w.user("Eve Orr"), p, at(250, 250)),
	}
	all := []*viewer{speaker}
	for _, v := range hearers {
		all = append(all, v)
	}
	arriveAll(all...)
	speaker.chat(scene.Whisper, 0, "whisper")
	speaker.chat(scene.Say, 0, "say")
	speaker.chat(scene.Say, 7, "a word to scripts")
	speaker.chat(scene.Shout, 0, "shout")
	for what, v := range hearers {
		last := "shout"
		if what == "nothing" {
			last = "here"
			speaker.delivered()
			v.chat(scene.Say, 0, last)
		}
		await(v, says(last))
		var heard []string
		for _, m := range came[message.ChatFromSimulator](v) {
			heard = append(heard, text(m.ChatData.Message))
		}
		want := map[string]string{"whisper": "whisper say shout", "say": "say shout", "shout": "shout", "nothing": "here"}[what]
		if got := strings.Join(heard, " "); got != want {
			t.Errorf("within %s: heard %q, not %q", what, got, want)
		}
	}
	c := await(hearers["shout"], says("shout")).ChatData
	if text(c.FromName) != "Ann Lee" || c.SourceID != speaker.Agent || c.OwnerID != speaker.Agent || c.SourceType != 1 ||
		c.ChatType != 2 || c.Audible != 1 || c.Position.X < 99 || c.Position.X > 101 {
		t.Errorf("%+v", c)
	}
	await(speaker, says("whisper"))
}

func TestTypingIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v, other := w.enter(w.user("Ann Lee"), w.order[0]), w.enter(w.user("Bea Low"), w.order[0])
	v.chat(scene.StartTyping, 0, "")
	c := await(other, func(m *message.ChatFromSimulator) bool { return m.ChatData.ChatType == uint8(scene.StartTyping) })
	if text(c.ChatData.Message) != "" || c.ChatData.SourceID != v.Agent {
		t.Errorf("%+v", c.ChatData)
	}
	await(other, plays(v.Agent, avatar.AnimType, true))
	other.mark()
	v.chat(scene.StopTyping, 0, "")
	await(other, func(m *message.ChatFromSimulator) bool { return m.ChatData.ChatType == uint8(scene.StopTyping) })
	await(other, plays(v.Agent, avatar.AnimType, false))
}

// plays is met by an AvatarAnimation of an agent that has, or has not, an animation in it.
func plays(agent, animation uuid.UUID, yes bool) func(*message.AvatarAnimation) bool {
	return func(m *message.AvatarAnimation) bool {
		if m.Sender.ID != agent {
			return false
		}
		for _, a := range m.AnimationList {
			if a.AnimID == animation {
				return yes
			}
		}
		return !yes
	}
}

func TestChatThatIsNoTextIsCleaned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	m := chatOf("")
	m.ChatData.Message = []byte("good\xFF\xFEnight\x00and more")
	v.say(m)
	await(v, says("good\uFFFDnight"))
	m.ChatData.Message = []byte(strings.Repeat("x", 4000))
	v.say(m)
	await(v, says(strings.Repeat("x", scene.MaxChat)))
	m.ChatData.Type = 99
	v.say(m)
	v.say(chatOf("after it"))
	await(v, says("after it"))
	if n := w.order[0].refused("region"); n != 1 {
		t.Errorf("%d refusals of an unknown way to speak", n)
	}
}

func TestAnInstantMessageReachesItsRecipientWhereverHeIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	v := w.enter(w.user("Ann Lee"), w.order[0], at(30, 30))
	here, there := w.enter(w.user("Bea Low"), w.order[0], at(60, 60)), w.enter(w.user("Cid Mee"), w.order[1], at(200, 200))
	w.eventually("both are online", func() bool { return w.inRegion(here.Agent) && w.inRegion(there.Agent) })
	for _, to := range []*viewer{here, there} {
		id := uuid.New()
		v.dialog(to.Agent, grid.DialogMessage, id, "hello")
		m := await(to, func(m *message.ImprovedInstantMessage) bool { return text(m.MessageBlock.Message) == "hello" })
		b := m.MessageBlock
		if m.AgentData.AgentID != v.Agent || text(b.FromAgentName) != "Ann Lee" || b.ToAgentID != to.Agent || b.ID != id {
			t.Errorf("%+v", m)
		}
		if b.Dialog != grid.DialogMessage || b.Offline != 0 || b.FromGroup || len(b.BinaryBucket) != 1 || b.Timestamp == 0 {
			t.Errorf("%+v", b)
		}
		if b.RegionID != w.order[0].entry.ID {
			t.Errorf("region %v", b.RegionID)
		}
		v.dialog(to.Agent, grid.DialogTypingStart, id, "typing")
		await(to, func(m *message.ImprovedInstantMessage) bool { return m.MessageBlock.Dialog == grid.DialogTypingStart })
	}
}

// inRegion reports whether the grid knows in which region a user is.
func (w *world) inRegion(user uuid.UUID) bool {
	lease, err := w.Presences.LeaseOf(w.Context(), user)
	return err == nil && lease.Region != uuid.Nil
}

func TestAnInstantMessageIsKeptForWhoIsOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	bea, cid := w.user("Bea Low"), w.user("Cid Mott")
	v := w.enter(w.user("Ann Lee"), w.order[0])
	v.dialog(cid.ID, grid.DialogTypingStart, uuid.New(), "typing") // is not worth keeping
	v.im(bea.ID, "when you come back")
	m := await[message.ImprovedInstantMessage](v)
	if m.MessageBlock.Dialog != grid.DialogBusyAutoResponse || m.AgentData.AgentID != bea.ID || m.MessageBlock.ToAgentID != v.Agent {
		t.Errorf("%+v", m)
	}
	late := w.enter(bea, w.order[0])
	for range 2 { // the second time there is nothing
		late.say(&message.RetrieveInstantMessages{})
	}
	kept := await[message.ImprovedInstantMessage](late)
	b := kept.MessageBlock
	if text(b.Message) != "when you come back" || b.Offline != 1 || text(b.FromAgentName) != "Ann Lee" || kept.AgentData.AgentID != v.Agent {
		t.Errorf("%+v", kept)
	}
	late.say(&message.EconomyDataRequest{})
	await[message.EconomyData](late)
	if n := len(came[message.ImprovedInstantMessage](late)); n != 1 {
		t.Errorf("%d messages came", n)
	}
	if typed, err := w.Messages.TakeMessages(w.Context(), cid.ID); err != nil || len(typed) != 0 {
		t.Errorf("%d signs of typing were kept, %v", len(typed), err)
	}
}

func TestInstantMessagesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v, other := w.enter(w.user("Ann Lee"), w.order[0]), w.enter(w.user("Bea Low"), w.order[0])
	group := &message.ImprovedInstantMessage{}
	group.MessageBlock.ToAgentID, group.MessageBlock.FromGroup = other.Agent, true
	long := &message.ImprovedInstantMessage{}
	long.MessageBlock.ToAgentID, long.MessageBlock.Message = other.Agent, []byte(strings.Repeat("x", maxMessage+1))
	bucket := &message.ImprovedInstantMessage{}
	bucket.MessageBlock.ToAgentID, bucket.MessageBlock.BinaryBucket = other.Agent, make([]byte, maxBucket+1)
	nobody := &message.ImprovedInstantMessage{}
	v.say(group, long, bucket, nobody)
	v.im(other.Agent, "a good one")
	m := await[message.ImprovedInstantMessage](other)
	if text(m.MessageBlock.Message) != "a good one" {
		t.Errorf("%+v", m)
	}
	if n := w.order[0].refused("instant message"); n != 4 {
		t.Errorf("%d were refused, not 4", n)
	}
	kick := uint8(250)
	v.dialog(other.Agent, kick, uuid.New(), "get out") // says who is let do so: the grid alone
	v.im(other.Agent, "another good one")
	await(other, func(m *message.ImprovedInstantMessage) bool {
		return text(m.MessageBlock.Message) == "another good one"
	})
	if !w.order[0].has(other.Session) {
		t.Error("an instant message threw somebody out")
	}
}

func TestViewerEffectsAreShownToOthersUnderTheirMakersName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v, other := w.enter(w.user("Ann Lee"), w.order[0]), w.enter(w.user("Bea Low"), w.order[0])
	m := &message.ViewerEffect{Effect: []message.ViewerEffectEffect{{
		ID: uuid.New(), AgentID: other.Agent, Type: 14, Duration: 1, TypeData: []byte{1, 2, 3},
	}}}
	v.say(m)
	got := await[message.ViewerEffect](other)
	e := got.Effect[0]
	if e.AgentID != v.Agent || e.ID != m.Effect[0].ID || e.Type != 14 || string(e.TypeData) != "\x01\x02\x03" {
		t.Errorf("%+v", e)
	}
	if got.AgentData.SessionID == v.Session {
		t.Error("a viewer was told another's session id")
	}
	v.say(&message.EconomyDataRequest{})
	await[message.EconomyData](v)
	if n := len(came[message.ViewerEffect](v)); n != 0 {
		t.Error("it came back")
	}
}
