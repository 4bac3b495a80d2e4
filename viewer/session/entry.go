package session

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"terrane/agent"
	"terrane/geom"
	"terrane/grid"
	"terrane/region/scene"
	"terrane/viewer/circuit"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// useCircuitCode opens the circuit. Its acknowledgement goes out by itself and first: a viewer that
// waits for it loses whatever carries it. A child agent gets its RegionHandshake at once.
func (s *Session) useCircuitCode(*message.UseCircuitCode) {
	s.phase = Child
	s.life.begin(time.Now())
	if !s.agent.Circuit.Child {
		return
	}
	err := s.server.Scene.Do(s.ctx, func(tx *scene.Tx) error {
		_, err := tx.Arrive(s.arrival(false))
		return err
	})
	if err != nil {
		s.server.Log.Warn("child agent not in the scene", "agent", s.agent.Name(), "error", err)
		s.agent.End(agent.Closed, "")
		return
	}
	s.handshake()
}

func (s *Session) arrival(root bool) scene.Arrival {
	c := s.agent.Circuit
	return scene.Arrival{
		Agent: c.Agent, Session: c.Session, First: c.First, Last: c.Last, Title: c.Title, Level: c.Level, Root: root,
		Landing: scene.Landing{
			Position: c.Position, LookAt: c.LookAt, Flying: c.Flags&grid.TeleportIsFlying != 0,
			Appearance: s.life.looks(c.Avatar),
		},
		Feed: s.feed, Input: s.input,
	}
}

// completeMovement makes the agent the root agent: its avatar stands in the region. The viewer hears so
// before anything slow is begun. Said again, it is answered again.
func (s *Session) completeMovement(m *message.CompleteAgentMovement) {
	c := s.agent.Circuit
	if m.AgentData.CircuitCode != c.Code || c.Child {
		s.server.Metrics.refused("not to be root")
		return
	}
	var at geom.Vec3
	again := s.phase == Root
	err := s.server.Scene.Do(s.ctx, func(tx *scene.Tx) error {
		if p, ok := tx.Presence(s.agent.Session()); ok {
			at = p.Position
			return nil
		}
		p, err := tx.Arrive(s.arrival(true))
		if err != nil {
			return err
		}
		at = p.Position
		return nil
	})
	var other *scene.OtherRootError
	if errors.As(err, &other) {
		s.outlast(other.Session, m)
		return
	}
	if err != nil {
		s.server.Log.Warn("agent not in the scene", "agent", s.agent.Name(), "error", err)
		s.agent.End(agent.Kicked, "The region could not place your avatar. Please log in again.")
		return
	}
	s.phase = Root
	s.agent.BecomeRoot()
	s.handshake()
	s.sendMovementComplete(at)
	if again {
		return
	}
	s.life.position = at
	place := grid.Place{Region: s.server.Region().ID, Position: at, LookAt: c.LookAt}
	s.onLane("arrival", func(ctx context.Context) { s.server.Host.Arrive(ctx, s.agent, place) })
	s.welcome()
}

// outlast ends an older session of the same agent that still has its avatar here, and then arrives.
func (s *Session) outlast(older uuid.UUID, m *message.CompleteAgentMovement) {
	s.ask(func(ctx context.Context) func() {
		if err := s.server.Host.EndSession(ctx, older, "You have logged in from another place."); err != nil {
			s.server.Log.Warn("older session not ended", "agent", s.agent.Name(), "error", err)
			return nil // the viewer asks again
		}
		return func() { s.completeMovement(m) }
	})
}

func (s *Session) sendMovementComplete(at geom.Vec3) {
	m := &message.AgentMovementComplete{}
	m.AgentData.AgentID, m.AgentData.SessionID = s.agent.ID(), s.agent.Session()
	m.Data.Position, m.Data.LookAt = at, s.agent.Circuit.LookAt
	m.Data.RegionHandle = s.server.Region().Handle()
	m.Data.Timestamp = uint32(time.Now().Unix())
	m.SimData.ChannelVersion = message.Text(Version)
	s.send(m, control)
}

// Version is what viewers show as the simulator's.
const Version = "terrane"

// welcome sends what a newcomer needs first; what is large waits for its RegionHandshakeReply.
func (s *Session) welcome() {
	s.view.stir()
	s.sendParcelOverlay()
	s.pushParcelProperties(0, false)
	s.sendHealth()
	s.sendAgentData()
	s.begin()
}

// handshakeReply says that the viewer has read its cache and wants to see the region.
func (s *Session) handshakeReply(*message.RegionHandshakeReply) {
	s.view.replied = true
	s.begin()
}

// begin sends, once, what is large, when the viewer wants it: it has answered RegionHandshake, and that
// of a child has asked for its capabilities too.
func (s *Session) begin() {
	v := &s.view
	if v.ready || !v.replied || s.phase == Child && !v.seeded {
		return
	}
	v.ready = true
	v.stir()
	s.sendTerrain()
	if s.phase == Child {
		s.sendParcelOverlay()
		return
	}
	s.lookAround(time.Now())
}

// onLane runs a process of the agent after those before it.
func (s *Session) onLane(what string, process func(context.Context)) {
	if err := s.agent.Lane.Go(process); err != nil {
		s.server.Log.Debug(what+" not begun", "agent", s.agent.Name(), "error", err)
	}
}

// lookAround sees to the child agents in the regions in view.
func (s *Session) lookAround(now time.Time) {
	position, far := s.life.position, s.life.far
	s.life.looked(now, position, far)
	s.onLane("children", func(ctx context.Context) { s.server.Host.LookAround(ctx, s.agent, position, far) })
}

// throttle takes the viewer's wishes in bits per second.
func (s *Session) throttle(m *message.AgentThrottle) {
	t := m.Throttle
	if len(t.Throttles) != 4*circuit.ThrottleCategories {
		s.server.Metrics.refused("malformed")
		return
	}
	var bits [circuit.ThrottleCategories]float32
	for i := range bits {
		bits[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Throttles[4*i:]))
	}
	s.circuit.SetThrottle(t.GenCounter, bits)
	s.life.throttles = append(s.life.throttles[:0], t.Throttles...)
}

// pause: the viewer will be silent for a while.
func (s *Session) pause(m *message.AgentPause) { s.circuit.Pause(m.AgentData.SerialNum) }

func (s *Session) resume(m *message.AgentResume) { s.circuit.Resume(m.AgentData.SerialNum) }
