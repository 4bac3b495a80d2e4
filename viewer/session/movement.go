package session

import (
	"math"
	"time"

	"terrane/grid"
	"terrane/region/avatar"
	"terrane/region/scene"
	"terrane/wire/message"
)

// agentUpdate is what the viewer sends most: where its user looks and which keys he holds. It goes into
// the slot that the region reads with each frame; nothing waits and nothing is allocated.
func (s *Session) agentUpdate(body []byte) verdict {
	m := &s.update
	if err := m.Parse(body); err != nil {
		s.server.Metrics.refused("malformed")
		return accepted
	}
	d := &m.AgentData
	if d.Far != d.Far || math.IsInf(float64(d.Far), 0) {
		s.server.Metrics.refused("not finite")
		return accepted
	}
	ok := s.input.Put(scene.AgentInput{
		Controls: avatar.Control(d.ControlFlags), Activity: avatar.Activity(d.State), Flags: d.Flags,
		Body: d.BodyRotation, Head: d.HeadRotation,
		Camera: d.CameraCenter, CameraAt: d.CameraAtAxis, CameraLeft: d.CameraLeftAxis, CameraUp: d.CameraUpAxis,
		Far: min(max(d.Far, minFar), maxFar),
	})
	if !ok {
		s.server.Metrics.refused("not finite")
		return accepted
	}
	s.life.far = min(max(d.Far, minFar), maxFar)
	s.life.camera = d.CameraCenter
	return accepted
}

// The draw distances that are believed, in metres: OpenSimulator's.
const (
	minFar = 32
	maxFar = 512
)

func (s *Session) setAlwaysRun(m *message.SetAlwaysRun) {
	session, run := s.agent.Session(), m.AgentData.AlwaysRun
	s.offer(func(tx *scene.Tx) { s.said(tx.SetAlwaysRun(session, run)) })
}

// agentAnimation starts and stops animations of the avatar, all in one visit.
func (s *Session) agentAnimation(m *message.AgentAnimation) {
	session, list := s.agent.Session(), m.AnimationList
	s.offer(func(tx *scene.Tx) {
		for _, a := range list {
			if a.StartAnim {
				s.said(tx.StartAnimation(session, a.AnimID))
			} else {
				s.said(tx.StopAnimation(session, a.AnimID))
			}
		}
	})
}

// moveCamera takes what the region with the root agent says of it.
func (s *Session) moveCamera(p grid.AgentPosition) {
	if !p.Position.Finite() || !p.Camera.Finite() {
		return
	}
	s.life.position, s.life.camera = p.Position, p.Camera
	s.life.far = min(max(p.Far, minFar), maxFar)
	session := s.agent.Session()
	s.offer(func(tx *scene.Tx) { s.said(tx.Watch(session, p.Position, p.Camera, p.Far)) })
}

// travelled reports whether the agent has come so far since it last looked around that other regions
// may be in view: OpenSimulator's thresholds.
func (l *life) travelled() bool {
	return l.position.Distance(l.lookedAt) > 32 || abs(l.far-l.lookedFar) > 32
}

func abs(f float32) float32 { return float32(math.Abs(float64(f))) }

// lookEvery is the least time between two looks around.
const lookEvery = 2 * time.Second
