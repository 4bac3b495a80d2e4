package bot

import (
	"encoding/binary"
	"sync"
	"time"

	"terrane/geom"
	"terrane/wire/message"
	"terrane/wire/prim"

	"github.com/google/uuid"
)

// Avatar is one avatar as the bot sees it.
type Avatar struct {
	Agent              uuid.UUID
	LocalID            uint32
	Region             uint64 // handle
	First, Last, Title string
	Position           geom.Vec3 // metres from the region's corner, or from what it sits on
	Velocity           geom.Vec3 // metres a second
	Rotation           geom.Quat
	Seat               uint32 // local id of what it sits on; 0 when on nothing

	Since   time.Time // of the first update
	Updated time.Time // of the last
	Updates uint64    // how many came after the first
}

// Name is the full name.
func (a Avatar) Name() string { return a.First + " " + a.Last }

// seen is an avatar with its last terse update, which is read when somebody asks: most never are.
type seen struct {
	Avatar
	terse   [prim.AvatarTerseSize]byte
	isTerse bool // terse is newer than the rest
}

func (s *seen) avatar() Avatar {
	if s.isTerse {
		s.isTerse = false
		if t, err := prim.ParseTerse(s.terse[:]); err == nil {
			s.Position, s.Velocity, s.Rotation = t.Position, t.Velocity, t.Rotation
		}
	}
	return s.Avatar
}

// view is what is seen of one region.
type view struct {
	mu      sync.Mutex
	avatars map[uint32]*seen // by local id
	own     *seen            // the bot's own, once it is seen
	landed  geom.Vec3        // where AgentMovementComplete put it
	region  Handshake        // the last; zero before the first
}

// position is where the bot's own avatar is.
func (v *view) position() geom.Vec3 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.own == nil {
		return v.landed
	}
	return v.own.avatar().Position
}

func (v *view) land(at geom.Vec3) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.landed = at
}

func (v *view) enter(h Handshake) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.region = h
}

// all appends what is seen.
func (v *view) all(to []Avatar) []Avatar {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.avatars {
		to = append(to, s.avatar())
	}
	return to
}

// Position is where the bot's avatar is, in metres from its region's corner; zero before it is in world.
func (b *Bot) Position() geom.Vec3 {
	if b.root == nil {
		return geom.Vec3{}
	}
	return b.root.view.position()
}

// Region is the region the bot is in, as it has presented itself; zero before it has.
func (b *Bot) Region() Handshake {
	if b.root == nil {
		return Handshake{}
	}
	b.root.view.mu.Lock()
	defer b.root.view.mu.Unlock()
	return b.root.view.region
}

// Avatars are all avatars in sight, the bot's own and those in neighbours among them, in no order.
func (b *Bot) Avatars() []Avatar {
	var all []Avatar
	for _, l := range b.links() {
		all = l.view.all(all)
	}
	return all
}

// Avatar is the avatar of an agent, if it is in sight.
func (b *Bot) Avatar(agent uuid.UUID) (Avatar, bool) {
	for _, l := range b.links() {
		if a, ok := l.view.find(agent); ok {
			return a, true
		}
	}
	return Avatar{}, false
}

func (v *view) find(agent uuid.UUID) (Avatar, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.avatars {
		if s.Agent == agent {
			return s.avatar(), true
		}
	}
	return Avatar{}, false
}

// objectUpdate takes whole descriptions; those of avatars are what a bot has eyes for.
func (l *link) objectUpdate(m *message.ObjectUpdate, now time.Time) {
	for i := range m.ObjectData {
		d := &m.ObjectData[i]
		if prim.PCode(d.PCode) != prim.Avatar {
			continue
		}
		_, motion, err := prim.ParseObjectData(d.ObjectData)
		if err != nil {
			continue // as good as not described
		}
		names := message.String(d.NameValue)
		a := Avatar{
			Agent: d.FullID, LocalID: d.ID, Region: l.handle, Seat: d.ParentID,
			Position: motion.Position, Velocity: motion.Velocity, Rotation: motion.Rotation,
			Since: now, Updated: now,
		}
		a.First, _ = prim.NameValue(names, prim.FirstName)
		a.Last, _ = prim.NameValue(names, prim.LastName)
		a.Title, _ = prim.NameValue(names, prim.Title)
		if l.view.describe(a, a.Agent == l.bot.session.Agent) {
			l.bot.tell(AvatarSeen{a})
		}
		if a.Agent == l.bot.session.Agent {
			l.echo(&motion, now)
		}
	}
}

// describe takes a whole description and reports whether the avatar is new.
func (v *view) describe(a Avatar, own bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, known := v.avatars[a.LocalID]
	known = known && s.Agent == a.Agent
	if known {
		a.Since, a.Updates = s.Since, s.Updates+1
		s.Avatar, s.isTerse = a, false
	} else {
		s = &seen{Avatar: a}
		v.avatars[a.LocalID] = s
	}
	if own {
		v.own = s
	}
	return !known
}

// terseUpdate takes movements. Those of others are kept as they came.
func (l *link) terseUpdate(m *message.ImprovedTerseObjectUpdate, now time.Time) {
	var own prim.Motion
	isOwn := false
	l.view.mu.Lock()
	for i := range m.ObjectData {
		data := m.ObjectData[i].Data
		if len(data) != prim.AvatarTerseSize {
			continue
		}
		s := l.view.avatars[binary.LittleEndian.Uint32(data)]
		if s == nil {
			continue
		}
		copy(s.terse[:], data)
		s.isTerse, s.Updated = true, now
		s.Updates++
		if s == l.view.own {
			a := s.avatar()
			own, isOwn = prim.Motion{Velocity: a.Velocity, Rotation: a.Rotation}, true
		}
	}
	l.view.mu.Unlock()
	if isOwn {
		l.echo(&own, now)
	}
}

// echo sees whether the bot's avatar does what it was told last.
func (l *link) echo(m *prim.Motion, now time.Time) {
	s := &l.steered
	if s.at.IsZero() || !s.shows(m) {
		return
	}
	took := now.Sub(s.at)
	s.at = time.Time{}
	l.bot.tell(Echoed{Took: took})
}

// killObject takes away what has gone.
func (l *link) killObject(m *message.KillObject) {
	for i := range m.ObjectData {
		k := Killed{Region: l.handle, LocalID: m.ObjectData[i].ID}
		if a, ok := l.view.forget(k.LocalID); ok {
			k.Agent, k.Name = a.Agent, a.Name()
		}
		if l.bot.hears(KindKilled) {
			l.bot.tell(k)
		}
	}
}

func (v *view) forget(id uint32) (Avatar, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.avatars[id]
	if !ok {
		return Avatar{}, false
	}
	delete(v.avatars, id)
	if v.own == s {
		v.own, v.landed = nil, s.avatar().Position
	}
	return s.Avatar, true
}
