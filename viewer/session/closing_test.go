package session

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"time"

	"terrane/agent"
	"terrane/grid"
	"terrane/region/scene"
	"terrane/viewer/circuit"
	"terrane/wire/message"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestE1_Invariant26_TheReplyWaitsForNoService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p, at(60, 60))
	id := other.sees(v)
	hung := w.hang()
	v.say(&message.LogoutRequest{})
	v.delivered()
	await[message.LogoutReply](v)
	await(other, kills(id))
	w.eventually("the logout waits for a service", func() bool { return hung.calls.Load() > 0 })
	if p.host.Find(v.Session) == nil {
		t.Error("the session is forgotten although the services do not know")
	}
	hung.release()
	p.gone(v.Session)
	w.offline(v.Agent)
	p.settled(v.Agent)
}

func TestInvariant26_ServicesThatHungSinceTheArrivalDelayNoReply(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	hung := w.hang()
	v := w.enter(w.user("Ann Lee"), w.order[0])
	w.eventually("the arrival waits for a service", func() bool { return hung.calls.Load() > 0 })
	began := time.Now()
	v.say(&message.LogoutRequest{})
	await[message.LogoutReply](v)
	if took := time.Since(began); took > 2500*time.Millisecond {
		t.Errorf("the reply took %v", took)
	}
	v.delivered()
	hung.release()
	w.order[0].gone(v.Session)
	w.offline(v.Agent)
}

func TestInvariant31_OnesHungLogoutDelaysNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	hung := w.hangAt(func(_ string, user uuid.UUID) bool { return user == v.Agent })
	v.quit()
	w.eventually("the logout waits for the service", func() bool { return hung.calls.Load() > 0 })
	for i := range 3 {
		other := w.enter(w.user(fmt.Sprintf("Bea Low%d", i)), p)
		other.quit()
		w.offline(other.Agent)
		p.gone(other.Session)
	}
	if !w.online(v.Agent) {
		t.Error("the service that hangs has answered")
	}
}

func TestE26_Invariant38_WhatComesForSomebodyWhoIsLeavingIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p, at(60, 60))
	link := p.host.FindRoot(v.Agent).Link
	v.quit()
	other.im(v.Agent, "are you still there?")
	await(other, func(m *message.ImprovedInstantMessage) bool {
		return m.MessageBlock.Dialog == grid.DialogBusyAutoResponse
	})
	// Somebody found him there a moment before he left.
	link.Message(grid.InstantMessage{From: other.Agent, FromName: "Bea Low", To: v.Agent, Text: "one more", At: time.Now()})
	texts := map[string]bool{}
	w.eventually("both messages are kept", func() bool {
		for _, m := range must(w.Messages.TakeMessages(t.Context(), v.Agent))(t) {
			texts[m.Text] = true
		}
		return texts["are you still there?"] && texts["one more"]
	})
	if n := len(came[message.ImprovedInstantMessage](v)); n != 0 {
		t.Errorf("%d messages were shown to who has left", n)
	}
	p.server.Hurry()
	v.quit()
	p.gone(v.Session)
	link.Message(grid.InstantMessage{From: other.Agent, To: v.Agent, Text: "after all", At: time.Now()})
	w.eventually("what comes after the end is kept too", func() bool {
		kept := must(w.Messages.TakeMessages(t.Context(), v.Agent))(t)
		return len(kept) == 1 && kept[0].Text == "after all"
	})
}

func TestInvariant38_OfflineMessagesThatComeTooLateToBeShownAreKeptAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	if err := w.Messages.StoreMessage(t.Context(), grid.InstantMessage{From: uuid.New(), To: v.Agent, Text: "old", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	hung := w.hangAt(func(call string, _ uuid.UUID) bool { return call == "TakeMessages" })
	v.say(&message.RetrieveInstantMessages{})
	w.eventually("the messages are taken", func() bool { return hung.calls.Load() > 0 })
	v.quit()
	hung.release()
	p.gone(v.Session)
	kept := must(w.Messages.TakeMessages(t.Context(), v.Agent))(t)
	if len(kept) != 1 || kept[0].Text != "old" {
		t.Errorf("kept: %+v", kept)
	}
}

func TestInvariant38_AMessageThatIsUnderWayWhenTheCircuitEndsIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	s, _ := w.bare(w.user("Ann Lee"), Lingering)
	link{s}.Message(grid.InstantMessage{From: uuid.New(), To: s.id(), Text: "just in time", At: time.Now()})
	s.vanish()
	w.eventually("it is kept", func() bool {
		kept := must(w.Messages.TakeMessages(t.Context(), s.id()))(t)
		return len(kept) == 1 && kept[0].Text == "just in time"
	})
}

func TestInvariant38_NothingThatAViewerSaysAfterItsLogoutRequestHasEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	p := w.order[0]
	other := w.enter(w.user("Bea Low"), p)
	for i := range 10 {
		v := w.enter(w.user(fmt.Sprintf("Ann Lee%d", i)), p)
		v.mu.Lock() // so that all of it is on its way before any of it is answered
		for _, m := range []message.Message{&message.LogoutRequest{}, chatOf("too late"), &message.AgentDataUpdateRequest{}} {
			if err := v.circuit.Send(v.body(m), circuit.Delivery{Category: circuit.Control, Reliable: true}); err != nil {
				t.Error(err)
			}
		}
		v.since = len(v.heard)
		v.flush()
		v.mu.Unlock()
		await[message.LogoutReply](v)
		v.delivered()
		if n := len(came[message.AgentDataUpdate](v)); n != 0 {
			t.Error("a request was answered after the logout")
		}
	}
	other.shout("now")
	await(other, func(m *message.ChatFromSimulator) bool { return text(m.ChatData.Message) == "now" })
	for _, m := range came[message.ChatFromSimulator](other) {
		if text(m.ChatData.Message) == "too late" {
			t.Error("chat was heard after its speaker's logout")
		}
	}
}

// chatOf is something said aloud.
func chatOf(text string) *message.ChatFromViewer {
	m := &message.ChatFromViewer{}
	m.ChatData.Message, m.ChatData.Type = message.Text(text), uint8(scene.Say)
	return m
}

func TestInvariant27_AfterManySessionsNothingIsLeft(t *testing.T) {
	before := goleak.IgnoreCurrent()
	terms := quick()
	terms.Linger = time.Millisecond
	w := newWorld(t, terms, "Harbour")
	p := w.order[0]
	const users, rounds = 20, 10
	names := make([]grid.Account, users)
	for i := range names {
		names[i] = w.user(fmt.Sprintf("Ann Lee%d", i))
	}
	for range rounds {
		var all, roots []*viewer
		for i, name := range names {
			v := w.login(name, p, at(230, 128))
			switch {
			case i%5 == 4: // never opens its circuit
			case i%5 == 3:
				v.open()
			default:
				roots = append(roots, v)
			}
			all = append(all, v)
		}
		arriveAll(roots...)
		for _, v := range roots {
			v.askSeed("EventQueueGet", "SimulatorFeatures")
		}
		for i, v := range all {
			if i%5 == 4 {
				v.once(1, v.body(&message.LogoutRequest{}))
			} else {
				v.quit()
			}
		}
		for _, v := range all {
			for _, p := range w.order {
				p.gone(v.Session)
			}
			w.offline(v.Agent)
			v.conn.Close()
		}
	}
	for _, p := range w.order {
		sessions, addresses := p.server.Len()
		codes := len(p.server.byCode)
		if sessions+addresses+codes+len(p.host.Agents())+len(p.host.Owed()) != 0 {
			t.Errorf("%s: %d sessions, %d addresses, %d codes, %d agents, %d departures", p.entry.Name,
				sessions, addresses, codes, len(p.host.Agents()), len(p.host.Owed()))
		}
		p.visit(func(tx *scene.Tx) {
			if roots, children := tx.Count(); roots+children != 0 {
				t.Errorf("%s: %d roots, %d children", p.entry.Name, roots, children)
			}
		})
		if open, departed, err := p.journal.Rows(t.Context()); err != nil || len(open)+len(departed) != 0 {
			t.Errorf("%s: the journal has %v %v %v", p.entry.Name, open, departed, err)
		}
	}
	if n := w.caps.Len(); n != 0 {
		t.Errorf("%d capabilities are left", n)
	}
	if n := must(w.Presences.LeaseCount(t.Context()))(t); n != 0 {
		t.Errorf("%d leases are left", n)
	}
	w.web.CloseClientConnections()
	w.stop()
	// What the databases of this test run ends with the test.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("terrane/store.(*DB).write"))
}

func TestInvariant40_ManyMayLeaveInTheSameMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	var all []*viewer
	for i := range 32 {
		all = append(all, w.login(w.user(fmt.Sprintf("Ann Lee%d", i)), p, at(float32(20+i*6), 128)))
	}
	arriveAll(all...)
	for _, v := range all {
		v.say(&message.LogoutRequest{})
	}
	for _, v := range all {
		await[message.LogoutReply](v)
	}
	for _, v := range all {
		p.gone(v.Session)
		w.offline(v.Agent)
		p.settled(v.Agent)
		if n := len(w.logouts(v.Session)); n != 1 {
			t.Errorf("%d logouts of %s", n, v.First)
		}
	}
}

func TestE17_Invariant34_ARegionThatGoesDownTakesEverybodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	p := w.order[0]
	var all []*viewer
	for i := range 8 {
		all = append(all, w.enter(w.user(fmt.Sprintf("Ann Lee%d", i)), p))
	}
	pending := w.login(w.user("Bea Low"), p)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p.server.Refuse()
	p.server.Hurry()
	if err := p.host.EndAll(ctx, "The region goes down."); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if k := await[message.KickUser](v); text(k.UserInfo.Reason) != "The region goes down." {
			t.Errorf("told %q", k.UserInfo.Reason)
		}
		w.offline(v.Agent)
	}
	w.offline(pending.Agent)
	if _, err := p.server.Announce(all[0].AgentCircuit); err == nil {
		t.Error("a region that goes down takes another in")
	}
	if sessions, addresses := p.server.Len(); sessions+addresses != 0 {
		t.Errorf("%d sessions, %d addresses", sessions, addresses)
	}
}

func TestInvariant11_ALogoutRequestIsAnsweredThroughFullQueues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.login(w.user("Ann Lee"), p)
	v.open()
	v.say(v.completeMovement())
	await[message.AgentMovementComplete](v)
	slow := &message.AgentThrottle{}
	slow.Throttle.GenCounter = 1
	for range circuit.ThrottleCategories {
		slow.Throttle.Throttles = binary.LittleEndian.AppendUint32(slow.Throttle.Throttles, math.Float32bits(8)) // a byte a second
	}
	v.say(slow, &message.RegionHandshakeReply{})
	v.delivered()
	v.onSession(func(s *Session) {
		for range 1500 {
			s.send(chatHeard(), unreliable)
		}
		if s.circuit.Stats().Queued < 1000 {
			t.Error("the queues are not full")
		}
	})
	v.say(&message.LogoutRequest{})
	await[message.LogoutReply](v)
}

// chatHeard is a message that goes by the Task throttle.
func chatHeard() message.Message {
	m := &message.ChatFromSimulator{}
	m.ChatData.FromName, m.ChatData.Message = message.Text("nobody"), message.Text("something of no importance")
	return m
}

func TestASessionThatIsTooFarBehindEnds(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, Root)
	for range doBound {
		if !s.do(func() {}) {
			t.Fatal("refused too soon")
		}
	}
	if s.try(func() {}) {
		t.Error("more than the bound was taken")
	}
	if why, _ := s.agent.Why(); why != "" {
		t.Errorf("what may be lost ended the session: %s", why)
	}
	if s.do(func() {}) {
		t.Error("more than the bound was taken")
	}
	if why, _ := s.agent.Why(); why != agent.TooSlow {
		t.Errorf("ended as %q", why)
	}
}

func TestAFullInboxDropsAndCounts(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, Root)
	for range inboxBound + 5 {
		s.deliver(s.address(), []byte{0, 0, 0, 0, 1, 0, 1, 2, 3})
	}
	if n := count(s.server.Metrics.refusals, "inbox full"); n != 5 {
		t.Errorf("%d datagrams were dropped", n)
	}
}
