package session

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"terrane/grid"
	"terrane/region/scene"
	"terrane/viewer/circuit"
	"terrane/wire/packet"

	"github.com/google/uuid"
)

// bare is a session in a phase that nobody serves: the test's goroutine is its own. Its agent is in the
// region where the phase says so, and what it sends goes nowhere. sent is what it would send.
func bare(t testing.TB, phase Phase, change ...func(*grid.AgentCircuit)) (s *Session, sent func() []packet.Packet) {
	t.Helper()
	w := newWorld(t, quick())
	return w.bare(w.user("Ann Lee"), phase, change...)
}

func (w *world) bare(a grid.Account, phase Phase, change ...func(*grid.AgentCircuit)) (s *Session, sent func() []packet.Packet) {
	w.Helper()
	p := w.order[0]
	c := grid.AgentCircuit{
		Agent: a.ID, Session: uuid.New(), Secure: uuid.New(), Code: 77, CapsPath: uuid.New(),
		First: a.First, Last: a.Last, Level: a.Level, Far: 128, Flags: grid.TeleportViaLogin,
	}
	c.Position.X, c.Position.Y = 128, 128
	lease := must(w.Presences.Begin(w.Context(), c.Agent, c.Session, c.Secure))(w)
	c.Epoch = lease.Epoch
	for _, f := range change {
		f(&c)
	}
	s = newSession(p.server, c)
	p.host.Join(s.agent)
	ctx, cancel := context.WithCancel(context.Background())
	s.ctx = ctx
	w.Cleanup(func() { // before the world is closed
		cancel()
		s.working.Wait()
		s.caps.Close()
	})
	s.bind(netip.MustParseAddrPort("127.0.0.1:9"))
	s.circuit = circuit.New(circuit.Config{FirstSequence: 1}, time.Now())
	s.life.begin(time.Now())
	s.life.looks(c.Avatar)
	s.phase = phase
	if phase == Root || phase == Child && c.Child {
		if err := p.scene.Do(ctx, func(tx *scene.Tx) error {
			_, err := tx.Arrive(s.arrival(phase == Root))
			return err
		}); err != nil {
			w.Fatal(err)
		}
	}
	if phase == Root {
		s.agent.BecomeRoot()
	}
	return s, func() (all []packet.Packet) {
		// A circuit that is over still sends what it has.
		_ = s.circuit.Flush(time.Now(), func(d []byte) {
			all = append(all, must(packet.Parse(append([]byte(nil), d...)))(w))
		})
		return all
	}
}

// drain runs what others want done on a bare session's goroutine, and waits for its questions.
func (s *Session) drain() {
	s.working.Wait()
	for {
		select {
		case f := <-s.actions:
			f()
		default:
			return
		}
	}
}
