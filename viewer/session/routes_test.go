package session

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"terrane/grid"
	"terrane/region/avatar"
	"terrane/viewer/circuit"
	"terrane/wire/message"
	"terrane/wire/packet"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// phases are all that a session can be in.
var phases = []Phase{Pending, Child, Root, Lingering}

// sign puts the session's agent and session id at the beginning of a message's content.
func (s *Session) sign(body []byte) []byte {
	_, rest, err := message.ParseID(body)
	if err == nil && len(rest) >= 32 {
		a, n := s.agent.ID(), s.agent.Session()
		copy(rest, a[:])
		copy(rest[16:], n[:])
	}
	return body
}

// number is a message number as it travels.
func number(id message.ID) []byte {
	body, err := message.New(id).Append(nil)
	if err != nil {
		panic(err)
	}
	for _, n := range []int{1, 2, 4} {
		if got, _, err := message.ParseID(body[:n]); err == nil && got == id {
			return body[:n]
		}
	}
	panic(id)
}

// quiet reports what a session is about to do, which is nothing.
func (s *Session) quiet(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, before circuit.Stats,
) {
	t.Helper()
	if now := s.circuit.Stats(); now.Queued != before.Queued || now.PacketsOut != before.PacketsOut {
		t.Errorf("%s: %d messages wait to be sent, %d did before", what, now.Queued, before.Queued)
	}
	if len(s.actions) != 0 || len(s.asks) != 0 {
		t.Errorf("%s: %d actions, %d questions", what, len(s.actions), len(s.asks))
	}
	if why, _ := s.agent.Why(); why != "" {
		t.Errorf("%s: the session ended as %s", what, why)
	}
}

func TestEveryMessageMayComeAtAnyTimeWithAnyContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	random := rand.NewChaCha8([32]byte{1})
	r := rand.New(random)
	for i, phase := range phases {
		s, sent := w.bare(w.user("Ann Lee"+string(rune('0'+i))), phase)
		now := time.Now()
		for info := range message.All() {
			whole := s.sign(must(message.New(info.ID).Append(nil))(t))
			bodies := [][]byte{number(info.ID), whole, whole[:len(whole)/2], whole[:len(whole)-1]}
			for _, length := range []int{1, 31, 32, 33, 40, 64, 200, 1200, 5000} {
				body := make([]byte, length)
				random.Read(body)
				if r.IntN(2) == 0 { // short lists and texts, so that more of it is read
					for i := range body {
						body[i] %= 4
					}
				}
				bodies = append(bodies, s.sign(append(number(info.ID), body...)))
			}
			for _, body := range bodies {
				now = now.Add(time.Second) // never too often
				s.route(body, now)
				s.drain()
				sent()
			}
			s.circuit = circuit.New(circuit.Config{}, now)
		}
	}
	w.order[0].gone(uuid.New()) // the region is alive
	w.enter(w.user("Bea Low"), w.order[0]).quit()
}

func TestWhatIsUnknownTrustedOrInTheWrongPhaseIsCountedAndHasNoEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	for i, phase := range phases {
		s, _ := w.bare(w.user("Ann Lee"+string(rune('0'+i))), phase)
		for info := range message.All() {
			r, routed := routes[info.ID]
			reason := "wrong phase"
			switch {
			case routed && r.in&phase != 0:
				continue
			case !routed && info.Trusted:
				reason = "trusted message"
			case !routed:
				reason = ""
			}
			before, counted := s.circuit.Stats(), 0
			if reason != "" {
				counted = p.refused(reason)
			}
			body := s.sign(must(message.New(info.ID).Append(nil))(t))
			if v := s.route(body, time.Now()); v != accepted {
				t.Errorf("%s in phase %d: verdict %d: a viewer would say it again for ever", info.Name, phase, v)
			}
			s.quiet(t, info.Name, before)
			switch {
			case reason != "" && p.refused(reason) != counted+1:
				t.Errorf("%s in phase %d: not counted as %s", info.Name, phase, reason)
			case reason == "" && count(p.server.Metrics.ignored, info.Name) == 0:
				t.Errorf("%s in phase %d: not counted", info.Name, phase)
			}
		}
		for _, body := range [][]byte{{0xFE}, {0xFF, 0xFE}, {0xFF, 0xFF, 0x7F, 0x7F}, {0xFF, 0xFF, 0xFF, 0x01}} {
			before, counted := s.circuit.Stats(), p.refused("unknown message")
			s.route(append(body, make([]byte, 100)...), time.Now())
			s.quiet(t, "an unknown message", before)
			if p.refused("unknown message") != counted+1 {
				t.Errorf("%x is not counted as unknown", body)
			}
		}
		before := s.circuit.Stats()
		s.route([]byte{0xFF, 0xFF}, time.Now())
		s.quiet(t, "half a number", before)
	}
	if n := strings.Count(w.log.String(), "only servers say it"); n != 1 {
		t.Errorf("the log has %d lines about trusted messages, not one a minute", n)
	}
}

func TestAMalformedMessageIsAcknowledgedCountedAndHasNoEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	s, _ := w.bare(w.user("Ann Lee"), Root)
	tried := 0
	for id, r := range routes {
		nothing := reflect.ValueOf(r.handler).Pointer() == reflect.ValueOf(ignore).Pointer()
		cut := s.sign(must(message.New(id).Append(nil))(t))
		for len(cut) > len(number(id)) && message.New(id).Parse(cut[len(number(id)):]) == nil {
			cut = cut[:len(cut)-1]
		}
		content := len(cut) - len(number(id))
		if r.in&Root == 0 || nothing || content == 0 || r.named && content < 32 {
			continue // it is not read, or cut it is nothing, or nameless
		}
		tried++
		before, counted := s.circuit.Stats(), p.refused("malformed")
		if v := s.route(cut, time.Now()); v == refused {
			t.Errorf("%s is not acknowledged: a viewer would say it again for ever", id)
		}
		s.quiet(t, id.String(), before)
		if p.refused("malformed") != counted+1 {
			t.Errorf("%s: not counted", id)
		}
	}
	if tried < 30 {
		t.Errorf("only %d messages were tried", tried)
	}
}

func TestWhatIsSaidTooOftenIsNotAcknowledgedAndComesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	s, _ := w.bare(w.user("Ann Lee"), Root)
	now := time.Now()
	body := s.sign(must((&message.AgentDataUpdateRequest{}).Append(nil))(t))
	taken := 0
	for range 1000 {
		if s.route(body, now) == accepted {
			taken++
		}
	}
	if taken != minBurst {
		t.Errorf("%d of a thousand were taken at once", taken)
	}
	if n := w.order[0].refused("too often"); n != 1000-taken {
		t.Errorf("%d were counted", n)
	}
	if s.route(body, now.Add(time.Second)) != accepted {
		t.Error("a second later it is still too often")
	}
	if s.route(s.sign(must((&message.RequestRegionInfo{}).Append(nil))(t)), now) != accepted {
		t.Error("one message said too often silences another")
	}
	taken = 0
	update := s.sign(must(standing().Append(nil))(t))
	for i := range 1000 { // a hundred a second
		if s.route(update, now.Add(time.Duration(i)*10*time.Millisecond)) == accepted {
			taken++
		}
	}
	if taken != 1000 {
		t.Errorf("of a hundred AgentUpdates a second %d in a thousand are taken", taken)
	}
}

func TestE25_Invariant39_AWrongAgentOrSessionChangesNothingAndIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	for i, phase := range phases {
		s, _ := w.bare(w.user("Ann Lee"+string(rune('0'+i))), phase)
		appearance := s.life.appearance
		rapid.Check(t, func(t *rapid.T) {
			var named []message.ID
			for info := range message.All() {
				if routes[info.ID].named {
					named = append(named, info.ID)
				}
			}
			id := rapid.SampledFrom(named).Draw(t, "message")
			body, err := message.New(id).Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			body = s.sign(append(body, rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "more")...))
			at := len(number(id)) + rapid.IntRange(0, 31).Draw(t, "byte")
			body[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			before, counted, far := s.circuit.Stats(), p.refused("wrong agent or session"), s.life.far
			if v := s.route(body, time.Now()); v != refused {
				t.Errorf("%s: verdict %d", id, v)
			}
			s.quiet(t, id.String(), before)
			if p.refused("wrong agent or session") != counted+1 {
				t.Errorf("%s: not counted", id)
			}
			if s.phase != phase || s.life.appearance != appearance || s.life.far != far || s.view.replied {
				t.Errorf("%s changed the session", id)
			}
		})
	}
}

func TestE25_Invariant39_OverTheWireToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p)
	other.mark()
	v.mark()
	kick := &message.GodKickUser{}
	kick.UserInfo.AgentID = other.Agent
	teleport := &message.TeleportLocationRequest{}
	teleport.Info.RegionHandle = p.entry.Handle()
	for i, m := range []message.Message{
		&message.LogoutRequest{}, chatOf("a lie"), &message.CompleteAgentMovement{}, &message.AgentDataUpdateRequest{},
		baked(uuid.New(), uuid.New(), [2]uuid.UUID{}), kick, teleport, &message.RequestRegionInfo{},
	} {
		for j, who := range []grid.AgentCircuit{
			{Agent: other.Agent, Session: other.Session},
			{Agent: v.Agent, Session: other.Session},
			{Agent: other.Agent, Session: v.Session},
			{Agent: v.Agent},
		} {
			body := v.body(m)
			v.sign(body, who.Agent, who.Session)
			v.once(0x00F00000+uint32(10*i+j), body)
		}
	}
	v.say(&message.EconomyDataRequest{}, chatOf("the truth"))
	await[message.EconomyData](v)
	v.delivered()
	await(other, says("the truth"))
	v.mu.Lock()
	for n := range uint32(100) {
		if v.acknowledged(0x00F00000 + n) {
			t.Errorf("number %d was acknowledged", n)
		}
	}
	v.mu.Unlock()
	for _, who := range []*viewer{v, other} {
		for _, name := range who.names() {
			switch name {
			case "AgentMovementComplete", "AgentDataUpdate", "LogoutReply", "KickUser", "TeleportLocal", "RegionInfo":
				t.Errorf("%s was sent %s", who.First, name)
			}
		}
		if !p.has(who.Session) {
			t.Errorf("%s is gone", who.First)
		}
	}
	if n := len(came(other, says("a lie"))); n != 0 {
		t.Error("chat was heard under a wrong name")
	}
}

func TestInvariant41_ASessionMovesThroughItsPhasesInTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	after := map[Phase]Phase{Pending: Pending | Child, Child: Child | Root, Root: Root}
	ids := make([]message.ID, 0, len(routes))
	for info := range message.All() {
		if _, ok := routes[info.ID]; ok {
			ids = append(ids, info.ID)
		}
	}
	ids = append(ids, message.UseCircuitCodeID, message.CompleteAgentMovementID, message.CompleteAgentMovementID)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		child := rapid.Bool().Draw(rt, "child")
		s, sent := w.bare(w.user("Ann Lee"+uuid.NewString()[:8]), Pending, func(c *grid.AgentCircuit) {
			c.Child = child
			c.Root = w.order[0].entry.ID
		})
		defer s.leave()
		trace := []Phase{s.phase}
		for range rapid.IntRange(1, 30).Draw(rt, "how many") {
			id := rapid.SampledFrom(ids).Draw(rt, "message")
			m := message.New(id)
			if m, ok := m.(*message.CompleteAgentMovement); ok {
				m.AgentData.CircuitCode = s.agent.Circuit.Code
			}
			body, err := m.Append(nil)
			if err != nil {
				rt.Fatal(err)
			}
			before := s.phase
			s.route(s.sign(body), time.Now())
			s.drain()
			sent()
			if s.phase&after[before] == 0 {
				rt.Errorf("%s led from phase %d to %d", id, before, s.phase)
			}
			if s.phase == Root && child {
				rt.Error("a child agent became root")
			}
			if s.phase != trace[len(trace)-1] {
				trace = append(trace, s.phase)
			}
		}
		if s.agent.Root() != (s.phase == Root) {
			rt.Errorf("the agent is root: %v, in phase %d", s.agent.Root(), s.phase)
		}
	})
}

// leave ends a bare session, as live would.
func (s *Session) leave() {
	s.agent.End("test", "")
	s.phase = Lingering
	close(s.gone)
	s.server.Host.Leave(s.ctx, s.agent)
}

func TestAnAgentUpdateThatIsNotFiniteIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, Root)
	for name, at := range map[string]int{"body rotation": 32, "camera": 32 + 25, "axis": 32 + 25 + 24, "draw distance": 32 + 25 + 48} {
		for what, bits := range map[string][]byte{"NaN": {0, 0, 0xC0, 0x7F}, "infinite": {0, 0, 0x80, 0x7F}} {
			body := s.sign(must(standing().Append(nil))(t))
			copy(body[1+at:], bits)
			n := count(s.server.Metrics.refusals, "not finite")
			if s.route(body, time.Now()); count(s.server.Metrics.refusals, "not finite") != n+1 {
				t.Errorf("%s that is %s was taken", name, what)
			}
		}
	}
	wide := standing()
	wide.AgentData.Far = 1e9
	s.route(s.sign(must(wide.Append(nil))(t)), time.Now())
	if s.life.far != maxFar {
		t.Errorf("a draw distance of 1e9 m is %v", s.life.far)
	}
}

// route must take whatever comes, in any phase, without a panic.
func FuzzRoute(f *testing.F) {
	w := newWorld(f, quick())
	sessions := make([]*Session, len(phases))
	for i, phase := range phases {
		sessions[i], _ = w.bare(w.user("Ann Lee"+string(rune('0'+i))), phase)
	}
	for id := range routes {
		body, err := message.New(id).Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		for i := range phases {
			f.Add(body, uint8(i))
		}
	}
	full, err := baked(uuid.New(), uuid.New(), [2]uuid.UUID{uuid.New(), uuid.New()}).Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full, uint8(2))
	f.Fuzz(func(t *testing.T, body []byte, phase uint8) {
		s := sessions[int(phase)%len(phases)]
		s.phase = phases[int(phase)%len(phases)]
		s.allowed = budget{}
		s.circuit = circuit.New(circuit.Config{}, time.Now())
		s.route(s.sign(bytes.Clone(body)), time.Now())
		s.drain()
		_ = s.circuit.Flush(time.Now(), func(datagram []byte) { // over or not, what it sends must be readable
			p, err := packet.Parse(datagram)
			if err == nil {
				_, err = message.Parse(p.Body)
			}
			if err != nil {
				t.Errorf("sends %x: %v", datagram, err)
			}
		})
	})
}

func BenchmarkAgentUpdate(b *testing.B) {
	s, _ := bare(b, Root)
	walk := standing()
	walk.AgentData.ControlFlags = uint32(avatar.AtPos | avatar.FastAt)
	body, err := walk.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	s.sign(body)
	now := time.Now()
	b.Run("route", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			now = now.Add(10 * time.Millisecond)
			if s.route(body, now) != accepted {
				b.Fatal("refused")
			}
		}
	})
	raw, err := packet.Append(nil, packet.Packet{Sequence: 5, Body: body})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("receive", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			now = now.Add(10 * time.Millisecond)
			s.receive(datagram{data: raw}, now)
		}
	})
}

func TestWhatAViewerWaitsForIsAcknowledgedWithTheNextPacket(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	s, sent := w.bare(w.user("Ann Lee"), Pending)
	for i, m := range []message.Message{&message.UseCircuitCode{}, &message.CompleteAgentMovement{}, &message.LogoutRequest{}} {
		p := packet.Packet{Flags: packet.Reliable, Sequence: uint32(i + 1), Body: s.sign(must(m.Append(nil))(t))}
		s.receive(datagram{data: must(packet.Append(nil, p))(t)}, time.Now())
		first := sent()
		if len(first) == 0 || !slices.Contains(acksOf(first[0]), p.Sequence) {
			t.Errorf("%s: the next packets are %v", m.ID(), first)
		}
	}
}
