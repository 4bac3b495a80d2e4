package session

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"terrane/agent"
	"terrane/agent/steps"
	"terrane/geom"
	"terrane/region/avatar"
	"terrane/region/scene"
	"terrane/viewer/circuit"
	"terrane/wire/llsd"
	"terrane/wire/message"
	"terrane/wire/packet"

	"github.com/google/uuid"
)

// logouts are the reports of a session's logouts, in any region.
func (w *world) logouts(session uuid.UUID) (all []*steps.Report) {
	for _, r := range w.ring.All() {
		if r.Kind == "logout" && r.Session == session {
			all = append(all, r)
		}
	}
	return all
}

func TestALogoutReachesEverybodyWhoMustKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	p := w.order[0]
	ann, bea, cid := w.user("Ann Lee"), w.user("Bea Low"), w.user("Cid Mee")
	w.befriend(ann, cid)
	friend := w.enter(cid, w.order[1], at(200, 128))
	other := w.enter(bea, p, at(60, 60))
	v := w.enter(ann, p, at(200, 128))
	child := w.childOf(v, w.order[1])
	child.arriveAsChild()
	id := other.sees(v)
	w.eventually("the friend is told that she has come", func() bool { return len(came[message.OnlineNotification](friend)) > 0 })
	v.mark()
	reply := v.quit()
	if reply.AgentData.AgentID != v.Agent || reply.AgentData.SessionID != v.Session {
		t.Errorf("LogoutReply for %+v", reply.AgentData)
	}
	if len(reply.InventoryData) != 1 || reply.InventoryData[0].ItemID != uuid.Nil {
		t.Errorf("LogoutReply lists %v", reply.InventoryData)
	}
	if f := v.flagsOf(reply); !f.Has(packet.Reliable) {
		t.Errorf("LogoutReply travels with flags %x", f)
	}
	await(other, kills(id))
	gone := await[message.OfflineNotification](friend)
	if len(gone.AgentBlock) != 1 || gone.AgentBlock[0].AgentID != v.Agent {
		t.Errorf("the friend was told of %v", gone.AgentBlock)
	}
	await[message.DisableSimulator](child)
	w.offline(v.Agent)
	p.gone(v.Session)
	w.order[1].gone(v.Session)
	p.settled(v.Agent)
	for _, m := range came[message.KillObject](v) {
		t.Errorf("the leaver was sent %+v: viewers take what is killed off the outfit", m)
	}
	last := must(w.GridUsers.GridUser(t.Context(), v.Agent))(t).Last
	if last.Region != p.entry.ID || last.Position.Sub(geom.Vec3{X: 200, Y: 128, Z: last.Position.Z}).Len2() > 1 {
		t.Errorf("last place %+v", last)
	}
	for _, r := range w.logouts(v.Session) {
		if r.Outcome != steps.Done {
			t.Errorf("%s: %+v", r.Region, r)
		}
	}
	if len(came[message.OfflineNotification](other)) != 0 {
		t.Error("a stranger was told")
	}
}

func TestE5_Invariant25_ASecondLogoutRequestIsAnsweredAgainAndDoesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	v.quit()
	w.offline(v.Agent)
	logout := must(w.GridUsers.GridUser(t.Context(), v.Agent))(t).Logout
	for range 3 {
		v.mark()
		if again := v.quit(); again.AgentData.SessionID != v.Session {
			t.Errorf("answered with %+v", again)
		}
		v.delivered()
	}
	if again := must(w.GridUsers.GridUser(t.Context(), v.Agent))(t).Logout; !again.Equal(logout) {
		t.Errorf("logged out at %v and again at %v", logout, again)
	}
	w.order[0].server.Hurry()
	v.quit()
	w.order[0].gone(v.Session)
	if all := w.logouts(v.Session); len(all) != 1 {
		t.Errorf("%d logouts ran", len(all))
	}
}

func TestE6_TheReplyIsRepeatedUntilItIsAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	v.listen(false)
	v.mark()
	v.once(0x00F00000, v.body(&message.LogoutRequest{}))
	var replies []packet.Packet
	collect := func() int {
		replies = replies[:0]
		for _, h := range v.heard[v.since:] {
			if h.ID() == message.LogoutReplyID {
				replies = append(replies, v.packets[h.packet])
			}
		}
		return len(replies)
	}
	v.until("the reply has come four times", func() bool { return collect() >= 4 })
	for i, p := range replies {
		if p.Sequence != replies[0].Sequence || p.Flags.Has(packet.Resent) != (i > 0) {
			t.Errorf("copy %d has sequence %d and flags %x, the first had %d", i, p.Sequence, p.Flags, replies[0].Sequence)
		}
	}
	// Two packets with the acknowledgement, for the first may overtake a repetition under way.
	ack := &message.PacketAck{Packets: []message.PacketAckPackets{{ID: replies[0].Sequence}}}
	v.raw(v.packetOf(0, 0x00F00001, must(ack.Append(nil))(t)))
	v.raw(v.packetOf(packet.Reliable, 0x00F00002, v.body(&message.CloseCircuit{})))
	v.until("what follows the acknowledgement is acknowledged", func() bool { return v.acknowledged(0x00F00002) })
	v.mu.Lock()
	before := collect()
	v.mu.Unlock()
	// The next repetition would have come within three seconds; a ping comes every five.
	v.mark()
	await[message.StartPingCheck](v)
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := collect(); n != 0 {
		t.Errorf("after %d copies and the acknowledgement, the reply came %d times more", before, n)
	}
}

func TestE6_AReplyThatWasLostIsSentAgainSoonerThanACircuitWould(t *testing.T) {
	t.Parallel()
	s, sent := bare(t, Root)
	s.answerLogout()
	first := sent()
	copies := 0
	now := time.Now()
	for d := time.Duration(0); d < time.Second; d += 10 * time.Millisecond {
		_ = s.circuit.Flush(now.Add(d), func(datagram []byte) { // a circuit is not over in a second
			if p := must(packet.Parse(datagram))(t); p.Sequence == first[0].Sequence {
				copies++
			}
		})
	}
	if copies < 3 {
		t.Errorf("%d copies within a second", copies)
	}
}

func TestE9_Invariant25_ALogoutRequestOnAChildCircuitEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	other := w.enter(w.user("Bea Low"), w.order[0], at(60, 60))
	root := w.enter(w.user("Ann Lee"), w.order[0], at(200, 128))
	child := w.childOf(root, w.order[1])
	child.arriveAsChild()
	id := other.sees(root)
	child.say(&message.LogoutRequest{})
	await[message.LogoutReply](child)
	await[message.LogoutReply](root)
	await[message.DisableSimulator](child)
	await(other, kills(id))
	w.offline(root.Agent)
	w.order[0].gone(root.Session)
	w.order[1].gone(root.Session)
	if r := w.order[0].logout(root.Session); r.Detail != string(agent.Quit) {
		t.Errorf("the session ended as %q", r.Detail)
	}
	if r := w.order[1].logout(root.Session); r.Detail != string(agent.Closed) {
		t.Errorf("the child ended as %q", r.Detail)
	}
}

func TestE13_Invariant25_AViewerThatWasKickedIsAnsweredItsLogoutRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p, at(60, 60))
	id := other.sees(v)
	p.host.FindRoot(v.Agent).End(agent.Kicked, "Out with you.")
	kick := await[message.KickUser](v)
	if text(kick.UserInfo.Reason) != "Out with you." || kick.UserInfo.AgentID != v.Agent || kick.UserInfo.SessionID != v.Session {
		t.Errorf("%+v", kick.UserInfo)
	}
	await(other, kills(id))
	w.offline(v.Agent)
	v.quit()
	v.delivered()
	p.server.Hurry()
	v.quit()
	p.gone(v.Session)
	if all := w.logouts(v.Session); len(all) != 1 || all[0].Detail != string(agent.Kicked) {
		t.Errorf("%d logouts ran: %+v", len(all), all)
	}
}

func TestE29_OfTwoReasonsToEndTheFirstCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	a := p.host.FindRoot(v.Agent)
	v.say(&message.LogoutRequest{})
	await[message.LogoutReply](v)
	a.End(agent.Kicked, "too late")
	a.End(agent.Superseded, "")
	p.gone(v.Session)
	w.offline(v.Agent)
	if all := w.logouts(v.Session); len(all) != 1 || all[0].Detail != string(agent.Quit) {
		t.Errorf("%d logouts ran: %+v", len(all), all)
	}
	if n := len(came[message.KickUser](v)); n != 0 {
		t.Error("who asked to leave was thrown out")
	}
}

func TestE12_AViewerThatFallsSilentIsTakenOutWithoutAReply(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p, at(60, 60))
	id := other.sees(v)
	v.mark()
	v.fallSilent(circuit.Silence)
	await(other, kills(id))
	w.offline(v.Agent)
	p.gone(v.Session)
	if r := p.logout(v.Session); r.Detail != string(agent.Silent) || r.Outcome != steps.Done {
		t.Errorf("%+v", r)
	}
	for _, name := range v.names() {
		if name == "LogoutReply" || name == "KickUser" {
			t.Errorf("who says nothing was told %s", name)
		}
	}
	if !p.has(other.Session) {
		t.Error("the other is gone too")
	}
}

// fallSilent lets a viewer say nothing for a while, which passes for its circuit alone.
func (v *viewer) fallSilent(d time.Duration) {
	v.Helper()
	v.delivered()
	v.listen(false)
	v.onSession(func(s *Session) {
		for len(s.inbox) > 0 { // what was under way
			s.hear(<-s.inbox)
		}
		_ = silentFor(s, time.Now(), d) // the session finds out by itself
	})
}

func TestE4_ASessionThatWasNeverRootEndsAtTheServicesToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.login(w.user("Ann Lee"), w.order[0])
	v.open()
	v.fallSilent(circuit.Silence)
	w.order[0].gone(v.Session)
	w.offline(v.Agent)
	w.order[0].settled(v.Agent)
}

func TestInvariant12_APausedViewerMayBeSilentForLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	pause := &message.AgentPause{}
	pause.AgentData.SerialNum = 1
	v.say(pause)
	v.fallSilent(circuit.Silence + time.Second)
	v.onSession(func(*Session) {}) // it has looked at its circuit
	if why, _ := v.session().agent.Why(); why != "" {
		t.Fatalf("the viewer that had paused was taken out: %s", why)
	}
	v.listen(true)
	resume := &message.AgentResume{}
	resume.AgentData.SerialNum = 2
	v.say(resume)
	v.fallSilent(circuit.Silence)
	p.gone(v.Session)
	if r := p.logout(v.Session); r.Detail != string(agent.Silent) {
		t.Errorf("it ended as %q", r.Detail)
	}
}

func TestE12_AnEventQueueThatIsCutOffMakesAViewerSuspect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	suspected := make(chan struct{})
	set := v.session().caps
	suspect := set.Dropped
	set.Dropped = func() {
		suspect()
		close(suspected)
	}
	queue := v.askSeed("EventQueueGet").String("EventQueueGet")
	v.poll(queue, nil, false) // what there is already
	ctx, hangUp := context.WithCancel(t.Context())
	held := make(chan error)
	go func() {
		r := must(http.NewRequestWithContext(ctx, "POST", queue, strings.NewReader("<llsd><map><key>ack</key><integer>1</integer></map></llsd>")))(t)
		_, err := w.web.Client().Do(r)
		held <- err
	}()
	w.eventually("the poll is held", func() bool { return set.Queue.Idle(time.Now()) == 0 && set.Queue.Len() == 0 })
	hangUp()
	if err := <-held; err == nil {
		t.Error("the poll was answered")
	}
	select {
	case <-suspected:
	case <-time.After(patience):
		t.Fatal("nobody suspects anything")
	}
	v.mark()
	v.say(&message.EconomyDataRequest{})
	await[message.EconomyData](v) // one hint alone ends no session
}

// silentFor lets time pass for a circuit in which nothing is heard, and says whether it is over then.
func silentFor(s *Session, from time.Time, d time.Duration) error {
	for at := time.Second; at < d; at += time.Second {
		if err := s.circuit.Flush(from.Add(at), func([]byte) {}); err != nil {
			return err
		}
	}
	return s.circuit.Flush(from.Add(d), func([]byte) {})
}

func TestE12_ASuspectIsGoneAfterFifteenSecondsOfSilence(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, Root)
	s.suspect()
	now := time.Now()
	if err := silentFor(s, now, suspectGrace-time.Second); err != nil {
		t.Errorf("gone too soon: %v", err)
	}
	if err := silentFor(s, now.Add(suspectGrace-time.Second), 2*time.Second); err != circuit.ErrSilent {
		t.Errorf("still there: %v", err)
	}
	heard, _ := bare(t, Root)
	heard.suspect()
	ping := must(packet.Parse([]byte{0, 0, 0, 0, 9, 0, 2, 0}))(t)
	heard.circuit.Receive(ping, time.Now())
	if err := silentFor(heard, time.Now(), suspectGrace+time.Second); err != nil {
		t.Errorf("who is heard is a suspect no more: %v", err)
	}
}

func TestCloseCircuitOnTheRootIsSilenceAndOnAChildItsEnd(t *testing.T) {
	t.Parallel()
	root, _ := bare(t, Root)
	body := must((&message.CloseCircuit{}).Append(nil))(t)
	root.route(body, time.Now())
	if why, _ := root.agent.Why(); why != "" {
		t.Errorf("the root ended at once: %s", why)
	}
	if err := silentFor(root, time.Now(), closedGrace+time.Second); err != circuit.ErrSilent {
		t.Errorf("after %v of silence: %v", closedGrace, err)
	}

	w := newWorld(t, quick(), "Harbour")
	v := w.enter(w.user("Ann Lee"), w.order[0], at(200, 128))
	child := w.childOf(v, w.order[1])
	child.arriveAsChild()
	child.say(&message.CloseCircuit{})
	w.order[1].gone(v.Session)
	if !w.order[0].has(v.Session) || !w.online(v.Agent) {
		t.Error("the root went with its child")
	}
	if n := len(came[message.LogoutReply](child)); n != 0 {
		t.Error("CloseCircuit is no logout")
	}
}

func TestE28_TheHeldPollIsAnsweredAtLogoutAndTheLastOneAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	urls := v.askSeed("EventQueueGet", "SimulatorFeatures")
	queue := urls.String("EventQueueGet")
	_, first := v.poll(queue, nil, false)
	ack := first.Int("id")
	type answer struct {
		status int
		body   llsd.Map
	}
	held := make(chan answer, 1)
	go func() {
		status, body := v.poll(queue, ack, false)
		held <- answer{status, body}
	}()
	w.eventually("the poll is held", func() bool { return v.session().caps.Queue.Idle(time.Now()) == 0 })
	v.quit()
	if got := <-held; got.status != http.StatusOK || !got.body.Has("events") {
		t.Errorf("the held poll was answered with %d %v", got.status, got.body)
	}
	w.offline(v.Agent)
	if status, body := v.poll(queue, ack, true); status != http.StatusOK || !body.Has("id") {
		t.Errorf("the last poll was answered with %d %v", status, body)
	}
	p.server.Hurry()
	v.quit()
	p.gone(v.Session)
	for name, url := range urls {
		if status, _ := v.post(llsd.AsString(url), llsd.Map{"done": true}); status != http.StatusNotFound {
			t.Errorf("%s after the end: %d", name, status)
		}
	}
}

func TestE27_ACapabilityUnderWayEndsWithTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	began, ended := make(chan struct{}), make(chan error, 1)
	url := v.session().Caps().Once("upload", func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		ended <- r.Context().Err()
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.post(url, "a texture")
	}()
	<-began
	v.quit()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("it is still running")
	}
	<-done
	p.gone(v.Session)
}

func TestInvariant36_WhoLeavesSittingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p, at(60, 60))
	id := other.sees(v)
	sit := standing()
	sit.AgentData.ControlFlags = uint32(avatar.SitOnGround)
	v.say(sit)
	await(other, func(m *message.AvatarAnimation) bool {
		return m.Sender.ID == v.Agent && slices.ContainsFunc(m.AnimationList, func(a message.AvatarAnimationAnimationList) bool {
			return a.AnimID == avatar.AnimSitGround
		})
	})
	v.quit()
	await(other, kills(id))
	p.visit(func(tx *scene.Tx) {
		if roots, children := tx.Count(); roots != 1 || children != 0 {
			t.Errorf("%d roots and %d children are left", roots, children)
		}
	})
	if n := len(p.scene.Picture().States); n != 1 {
		t.Errorf("%d avatars are shown", n)
	}
}

func TestInvariant25_EveryWayOutEndsOnceAndAtTheServices(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*viewer){
		"twice":                   func(v *viewer) { v.say(&message.LogoutRequest{}, &message.LogoutRequest{}) },
		"thrice, the same packet": thrice,
		"after a kick": func(v *viewer) {
			v.session().agent.End(agent.Kicked, "out")
			v.say(&message.LogoutRequest{})
		},
		"with CloseCircuit behind": func(v *viewer) { v.say(&message.LogoutRequest{}, &message.CloseCircuit{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, slow())
			p := w.order[0]
			v := w.enter(w.user("Ann Lee"), p)
			leave(v)
			await[message.LogoutReply](v)
			w.offline(v.Agent)
			p.settled(v.Agent)
			p.server.Hurry()
			v.quit()
			p.gone(v.Session)
			if all := w.logouts(v.Session); len(all) != 1 {
				t.Errorf("%d logouts ran", len(all))
			}
		})
	}
}

func thrice(v *viewer) {
	body := v.body(&message.LogoutRequest{})
	for range 3 {
		v.once(0x00F00000, body)
	}
}

func TestInvariant22_ChildrenAreTheRegionsInViewAndNoneIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Middle", "East")
	west, middle, east := w.order[0], w.order[1], w.order[2]
	v := w.enter(w.user("Ann Lee"), middle)
	w.eventually("both neighbours have a child", func() bool {
		return west.server.Find(v.Session) != nil && east.server.Find(v.Session) != nil
	})
	near := standing()
	near.AgentData.Far = 32
	v.say(near)
	there := &message.TeleportLocationRequest{}
	there.Info.RegionHandle, there.Info.Position = middle.entry.Handle(), geom.Vec3{X: 250, Y: 128, Z: 30}
	v.say(there)
	await[message.TeleportLocal](v)
	west.gone(v.Session)
	if east.server.Find(v.Session) == nil {
		t.Error("the neighbour in view is closed")
	}
	there.Info.Position.X = 5
	v.say(there)
	w.eventually("the western neighbour is there again, and the eastern is not", func() bool {
		return west.server.Find(v.Session) != nil && east.server.Find(v.Session) == nil
	})
	v.quit()
	for _, p := range w.order {
		p.gone(v.Session)
	}
}
