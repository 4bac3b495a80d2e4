package session

import (
	"context"
	"math"
	"time"

	"terrane/geom"
	"terrane/grid"
	"terrane/region/avatar"
	"terrane/wire/message"
)

// life is what a session knows of its agent while it is here.
type life struct {
	next       time.Time // when something is due by the clock
	position   geom.Vec3 // of the avatar, or of a child's agent
	camera     geom.Vec3
	far        float32 // draw distance, metres
	throttles  []byte  // as AgentThrottle carried them
	appearance *avatar.Appearance
	saveLooks  time.Time // when changed looks are saved; zero: they are not changed
	god        int       // level of the god powers that are switched on
	parcel     int32     // local id of the parcel stood on
	files      files

	stats, coarse, clock time.Time // when SimStats and the others are due
	lookedAt, toldAt     geom.Vec3 // positions
	lookedFar            float32
	lookDue, tellDue     time.Time // not before
	coarseFrame          uint64    // of the picture that was sent as CoarseLocationUpdate
	lastResent           uint64
}

// How often the viewer is told what changes slowly: OpenSimulator's.
const (
	statsEvery  = 3 * time.Second
	coarseEvery = time.Second
	clockEvery  = 10 * time.Second
	tellEvery   = 2 * time.Second
	tellAfter   = 10 // metres
)

func (l *life) begin(now time.Time) {
	l.stats, l.coarse, l.clock = now.Add(time.Second), now.Add(coarseEvery), now.Add(time.Second)
	l.next = now.Add(time.Second)
}

// beat does what is due by the clock.
func (s *Session) beat(now time.Time) {
	l := &s.life
	if l.next.IsZero() || now.Before(l.next) {
		return
	}
	l.next = now.Add(time.Second)
	if s.phase == Root {
		s.beatRoot(now)
	}
	s.note()
	resent := s.stats.Load().Resent
	s.server.Metrics.resends(float64(resent - l.lastResent))
	l.lastResent = resent
}

func (s *Session) beatRoot(now time.Time) {
	l := &s.life
	if !now.Before(l.stats) {
		l.stats = now.Add(statsEvery)
		s.sendStats()
	}
	if !now.Before(l.coarse) {
		l.coarse = now.Add(coarseEvery)
		s.sendCoarse()
	}
	if !now.Before(l.clock) {
		l.clock = now.Add(clockEvery)
		s.sendTime(now)
	}
	if !l.saveLooks.IsZero() && !now.Before(l.saveLooks) {
		s.saveLooksNow()
	}
	if s.view.ready && now.After(l.lookDue) && l.travelled() {
		s.lookAround(now)
	}
	if now.After(l.tellDue) && l.position.Distance(l.toldAt) > tellAfter {
		s.tellChildren(now)
	}
	if s.server.Estate.Land.Parcels.At(l.position.X, l.position.Y).LocalID != l.parcel {
		s.pushParcelProperties(0, false)
	}
}

// looked notes from where and how far the agent has looked around.
func (l *life) looked(now time.Time, at geom.Vec3, far float32) {
	l.lookedAt, l.lookedFar, l.lookDue = at, far, now.Add(lookEvery)
}

// tellChildren tells the regions with child agents where the agent is.
func (s *Session) tellChildren(now time.Time) {
	l := &s.life
	l.toldAt, l.tellDue = l.position, now.Add(tellEvery)
	p := grid.AgentPosition{
		Agent: s.id(), Session: s.agent.Session(), Position: l.position, Camera: l.camera, Far: l.far,
		Throttle: append([]byte(nil), l.throttles...),
	}
	s.ask(func(ctx context.Context) func() {
		s.server.Host.TellChildren(ctx, s.agent, p)
		return nil
	})
}

// sendStats tells how the region is doing: the truth, never massaged. The ids are the viewer's
// (LL_SIM_STAT_*).
func (s *Session) sendStats() {
	st, r := s.server.Scene.Stats(), s.server.Region()
	ms := func(d time.Duration) float32 { return float32(d.Seconds() * 1000) }
	m := &message.SimStats{}
	m.Region.RegionX, m.Region.RegionY = r.GridX(), r.GridY()
	m.Region.RegionFlags, m.Region.ObjectCapacity = s.server.Estate.Flags, objectCapacity
	for _, v := range [...]struct {
		id    uint32
		value float32
	}{
		{0, st.TimeDilation},
		{1, st.FramesPerSecond},
		{2, st.FramesPerSecond}, // physics runs with the frame
		{4, ms(st.FrameTime)},
		{5, ms(st.VisitTime)},
		{7, ms(st.PhysicsTime)},
		{13, float32(st.Roots)},
		{14, float32(st.Children)},
		{32, ms(st.SpareTime)},
	} {
		m.Stat = append(m.Stat, message.SimStatsStat{StatID: v.id, StatValue: v.value})
	}
	m.RegionInfo = []message.SimStatsRegionInfo{{RegionFlagsExtended: uint64(s.server.Estate.Flags)}}
	s.send(m, unreliable)
}

// maxCoarse is how many avatars a CoarseLocationUpdate shows, as in OpenSimulator.
const maxCoarse = 60

// sendCoarse shows where everybody is, for the small map. Heights above 1020 m are 255, as viewers
// read it.
func (s *Session) sendCoarse() {
	p := s.server.Scene.Picture()
	if p.Frame == s.life.coarseFrame {
		return
	}
	s.life.coarseFrame = p.Frame
	m := &message.CoarseLocationUpdate{}
	m.Index.You, m.Index.Prey = -1, -1
	cfg := s.server.Scene.Config()
	for _, st := range p.States {
		if st == nil || len(m.Location) == maxCoarse && st.Agent != s.id() {
			continue
		}
		if len(m.Location) == maxCoarse { // oneself is always among them
			m.Location, m.AgentData = m.Location[:maxCoarse-1], m.AgentData[:maxCoarse-1]
		}
		if st.Agent == s.id() {
			m.Index.You = int16(len(m.Location))
		}
		m.Location = append(m.Location, message.CoarseLocationUpdateLocation{
			X: byteOf(st.Position.X * 256 / float32(cfg.SizeX)), Y: byteOf(st.Position.Y * 256 / float32(cfg.SizeY)), Z: byteOf(st.Position.Z / 4),
		})
		m.AgentData = append(m.AgentData, message.CoarseLocationUpdateAgentData{AgentID: st.Agent})
	}
	s.send(m, unreliable)
}

func byteOf(f float32) uint8 { return uint8(min(max(f, 0), 255)) }

// The day of the legacy sky: four hours, as in OpenSimulator.
const (
	secondsPerDay  = 14400
	secondsPerYear = 158400
)

// sendTime sets the sun of viewers with the old sky.
func (s *Session) sendTime(now time.Time) {
	m := &message.SimulatorViewerTimeMessage{}
	t := &m.TimeInfo
	t.UsecSinceStart = uint64(now.UnixMicro())
	t.SecPerDay, t.SecPerYear = secondsPerDay, secondsPerYear
	phase := 2 * math.Pi * float64(now.Unix()%secondsPerDay) / secondsPerDay
	t.SunPhase = float32(phase)
	t.SunDirection = geom.Vec3{X: float32(math.Cos(phase)), Z: float32(math.Sin(phase))}
	s.send(m, unreliable)
}
