package session

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"terrane/grid"
	"terrane/wire/message"
	"terrane/wire/packet"

	"github.com/google/uuid"
)

// datagram is a message as a viewer that has no circuit would send it.
func (v *viewer) packetOf(flags packet.Flags, sequence uint32, body []byte) []byte {
	v.Helper()
	return must(packet.Append(nil, packet.Packet{Flags: flags, Sequence: sequence, Body: body}))(v)
}

// silence fails the test when anything has come to a viewer.
func (v *viewer) silence(who string) {
	v.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.packets {
		v.Errorf("%s was answered with %x", who, p.Body)
	}
}

func TestInvariant14_AWrongCodeSessionOrAgentGetsNothingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	right := w.login(w.user("Ann Lee"), p)
	var wrong []*viewer
	for name, change := range map[string]func(*viewer){
		"another code":              func(v *viewer) { v.Code++ },
		"code 0":                    func(v *viewer) { v.Code = 0 },
		"another session":           func(v *viewer) { v.Session = uuid.New() },
		"another agent":             func(v *viewer) { v.Agent = uuid.New() },
		"session and agent swapped": func(v *viewer) { v.Session, v.Agent = v.Agent, v.Session },
	} {
		v := newViewer(w, p, right.AgentCircuit, "")
		v.First = name
		change(v)
		for sequence := range uint32(3) {
			v.once(sequence, v.body(v.useCircuitCode()))
			v.once(sequence+10, v.body(v.completeMovement()))
		}
		wrong = append(wrong, v)
	}
	right.open() // the region reads in order: it has seen all that was wrong
	for _, v := range wrong {
		v.silence(v.First)
	}
	if n := p.refused("circuit code"); n != 15 {
		t.Errorf("%d wrong codes were counted, not 15", n)
	}
	if n := strings.Count(w.log.String(), "circuit refused"); n != 1 {
		t.Errorf("the log has %d lines about it, not one a minute", n)
	}
	if sessions, addresses := p.server.Len(); sessions != 1 || addresses != 1 {
		t.Errorf("%d sessions, %d addresses", sessions, addresses)
	}
}

func TestAStrangerGetsNoDatagramWhateverHeSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	right := w.enter(w.user("Ann Lee"), p)
	stranger := newViewer(w, p, right.AgentCircuit, "")
	use := stranger.body(stranger.useCircuitCode())
	ping := &message.StartPingCheck{}
	for name, datagram := range map[string][]byte{
		"nothing at all":                      {},
		"one byte":                            {0x40},
		"a header":                            {0x40, 0, 0, 0, 1, 0},
		"UseCircuitCode of a live circuit":    stranger.packetOf(packet.Reliable, 1, use),
		"UseCircuitCode cut short":            stranger.packetOf(packet.Reliable, 2, use[:20]),
		"UseCircuitCode, zero-coded":          stranger.packetOf(packet.Reliable|packet.ZeroCoded, 3, append(bytes.Clone(use), make([]byte, 99)...)),
		"a ping":                              stranger.packetOf(0, 4, must(ping.Append(nil))(t)),
		"CompleteAgentMovement":               stranger.packetOf(packet.Reliable, 5, stranger.body(stranger.completeMovement())),
		"LogoutRequest of a live session":     stranger.packetOf(packet.Reliable, 6, stranger.body(&message.LogoutRequest{})),
		"AgentUpdate":                         stranger.packetOf(0, 7, stranger.body(standing())),
		"acknowledgements beyond the packet":  {0x50, 0, 0, 0, 1, 0, 0xFF, 0xFF, 0, 3, 0xFF},
		"an extra header beyond the packet":   {0x40, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0, 3},
		"zeros without an end":                append([]byte{0xC0, 0, 0, 0, 1, 0, 0xFF, 0xFF}, bytes.Repeat([]byte{0, 0xFF}, 600)...),
		"the largest datagram":                bytes.Repeat([]byte{0xFF}, 65507),
		"UseCircuitCode with a longer header": append([]byte{0x40, 0, 0, 0, 1, 4, 1, 2, 3, 4}, use...),
	} {
		stranger.raw(datagram)
		_ = name
	}
	right.mark()
	right.say(&message.EconomyDataRequest{})
	await[message.EconomyData](right)
	stranger.silence("a stranger")
	if !p.has(right.Session) {
		t.Error("a stranger ended somebody's session")
	}
	if n := p.refused("stranger"); n < 10 {
		t.Errorf("%d datagrams of strangers were counted", n)
	}
}

func TestUseCircuitCodeAgainIsAcknowledgedAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	v.mark()
	use := v.body(v.useCircuitCode())
	v.once(1, use)          // the very same packet
	v.once(0x00ABCDEF, use) // the same words again
	v.until("both are acknowledged", func() bool {
		again := 0
		for _, q := range v.packets {
			for _, a := range acksOf(q) {
				if a == 1 || a == 0x00ABCDEF {
					again++
				}
			}
		}
		return again >= 3
	})
	v.say(&message.EconomyDataRequest{})
	await[message.EconomyData](v)
	for _, name := range v.names() {
		if name == "RegionHandshake" || name == "AgentMovementComplete" || name == "ObjectUpdate" {
			t.Errorf("%s came again", name)
		}
	}
	if sessions, addresses := p.server.Len(); sessions != 1 || addresses != 1 {
		t.Errorf("%d sessions, %d addresses", sessions, addresses)
	}
}

func TestALiveCircuitIsNotTakenOverFromAnotherAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	thief := newViewer(w, p, v.AgentCircuit, "")
	thief.once(7, thief.body(thief.useCircuitCode()))
	v.mark()
	v.say(&message.EconomyDataRequest{})
	await[message.EconomyData](v)
	thief.silence("a thief")
	if n := p.refused("circuit taken"); n != 1 {
		t.Errorf("%d attempts were counted", n)
	}
	if at := v.session().address(); at != v.from() {
		t.Errorf("the circuit is %v's now", at)
	}
}

func TestACircuitFollowsItsViewerToAnotherAddressOnceTheOldOneIsSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	old := v.from()
	v.listen(false) // the router has forgotten the viewer
	v.session().heard.Store(time.Now().Add(-rebindAfter - time.Second).UnixNano())
	moved := newViewer(w, p, v.AgentCircuit, "")
	moved.once(0x00AAAAAA, moved.body(moved.useCircuitCode()))
	moved.until("UseCircuitCode is acknowledged", func() bool { return moved.acknowledged(0x00AAAAAA) })
	if at := v.session().address(); at != moved.from() || at == old {
		t.Errorf("the circuit is at %v, not %v", at, moved.from())
	}
	moved.once(0x00AAAAAB, moved.body(&message.EconomyDataRequest{}))
	await[message.EconomyData](moved)
	v.mu.Lock()
	before := len(v.packets)
	v.mu.Unlock()
	v.raw(v.packetOf(packet.Reliable, 0x00AAAAAC, v.body(&message.LogoutRequest{})))
	moved.mark()
	moved.once(0x00AAAAAD, moved.body(&message.EconomyDataRequest{}))
	await[message.EconomyData](moved)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.packets) != before {
		t.Error("the old address is still answered")
	}
	if _, addresses := p.server.Len(); addresses != 1 {
		t.Errorf("%d addresses", addresses)
	}
}

func TestE3_Invariant35_ASessionWhoseCircuitIsNeverOpenedEnds(t *testing.T) {
	t.Parallel()
	terms := quick()
	terms.Pending = 30 * time.Millisecond
	w := newWorld(t, terms)
	p := w.order[0]
	v := w.login(w.user("Ann Lee"), p)
	p.gone(v.Session)
	w.offline(v.Agent)
	p.settled(v.Agent)
	if status, _ := v.post(v.seed, []string{"EventQueueGet"}); status != 404 {
		t.Errorf("the seed capability is still there: %d", status)
	}
	if w.caps.Len() != 0 {
		t.Errorf("%d capabilities are left", w.caps.Len())
	}
	v.once(1, v.body(v.useCircuitCode()))
	w.eventually("it is refused", func() bool { return p.refused("circuit code") == 1 })
	v.silence("a viewer that comes too late")
}

func TestE3_ALogoutRequestWithoutACircuitEndsAPendingSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.login(w.user("Ann Lee"), p)
	for _, wrong := range []grid.AgentCircuit{
		{Agent: uuid.New(), Session: v.Session}, {Agent: v.Agent, Session: uuid.New()}, {},
	} {
		body := v.body(&message.LogoutRequest{})
		v.sign(body, wrong.Agent, wrong.Session)
		v.once(1, body)
	}
	w.enter(w.user("Bea Low"), p) // the region has read what was wrong
	if why, _ := v.session().agent.Why(); why != "" {
		t.Fatalf("the session ended, %s, for the wrong names", why)
	}
	v.once(2, v.body(&message.LogoutRequest{}))
	p.gone(v.Session)
	w.offline(v.Agent)
	v.silence("a viewer without a circuit")
	if r := p.logout(v.Session); r.Detail != "quit" {
		t.Errorf("the session ended as %q", r.Detail)
	}
}

func TestE32_ANewCircuitFromAnAddressThatLingersOpensAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slow())
	p := w.order[0]
	first := w.enter(w.user("Ann Lee"), p)
	first.quit()
	w.offline(first.Agent)
	second := w.login(w.user("Bea Low"), p)
	second.dialFrom(first.hangUp())
	second.arrive()
	p.gone(first.Session)
	if sessions, addresses := p.server.Len(); sessions != 1 || addresses != 1 {
		t.Errorf("%d sessions, %d addresses", sessions, addresses)
	}
	second.quit()
}

func TestE32_ANewCircuitFromTheAddressOfALiveOneTakesItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	first := w.enter(w.user("Ann Lee"), p)
	second := w.login(w.user("Bea Low"), p)
	second.dialFrom(first.hangUp())
	second.arrive()
	p.gone(first.Session)
	w.offline(first.Agent)
	if at := second.session().address(); at != second.from() {
		t.Errorf("the new circuit is at %v", at)
	}
}

// hangUp closes the viewer's socket and answers with its address, which is free then.
func (v *viewer) hangUp() *net.UDPAddr {
	at := v.conn.LocalAddr().(*net.UDPAddr)
	v.conn.Close()
	return at
}
