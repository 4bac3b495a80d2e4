package session

import (
	"math"
	"time"

	"terrane/region/scene"
	"terrane/wire/message"
	"terrane/wire/prim"

	"github.com/google/uuid"
)

// showEvery is the least time between two looks at what changed: fifteen times a second is more than
// viewers need to move avatars smoothly. Only who leaves is not waited with.
const showEvery = 66 * time.Millisecond

// view is what this viewer has been shown of the region.
type view struct {
	replied bool // the viewer has answered RegionHandshake
	seeded  bool // it has asked for its capabilities
	ready   bool // it wants to see the region: see begin
	stirred bool // something may have changed
	last    time.Time
	known   map[uint32]uuid.UUID // avatars shown, by local id
	terse   message.ImprovedTerseObjectUpdate
	full    message.ObjectUpdate
	size    int    // bytes of full so far, about
	data    []byte // of the terse updates being built
}

func (v *view) stir() { v.stirred = true }

// hurry makes the next look come at once.
func (v *view) hurry() { v.last = time.Time{} }

// next is when the view is worth looking at again; zero: when something stirs.
func (v *view) next() time.Time {
	if !v.stirred {
		return time.Time{}
	}
	return v.last.Add(showEvery)
}

// sees reports whether the viewer is shown what happens. A child agent sees nothing before its viewer
// has asked.
func (s *Session) sees() bool { return s.phase == Root || s.phase == Child && s.view.ready }

// show tells the viewer what changed since the last time.
func (s *Session) show(now time.Time) {
	v := &s.view
	if !s.sees() || !v.stirred || now.Sub(v.last) < showEvery {
		return
	}
	v.stirred, v.last = false, now
	batch := s.feed.Take()
	if batch.Whole != nil {
		s.showWhole(batch.Whole)
	}
	s.showChanges(batch.Changes)
	for _, e := range batch.Events {
		s.tell(e)
	}
}

// showWhole shows everything afresh, and takes away what is not there any more.
func (s *Session) showWhole(p *scene.Picture) {
	there := make(map[uint32]bool, len(p.States))
	changes := make([]scene.Change, 0, len(p.States))
	for _, st := range p.States {
		if st == nil {
			continue
		}
		there[st.LocalID] = true
		changes = append(changes, scene.Change{State: st, Kind: scene.Entered})
	}
	var gone []uint32
	for id := range s.view.known {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	s.kill(gone)
	s.showChanges(changes)
}

func (s *Session) showChanges(changes []scene.Change) {
	v := &s.view
	if v.known == nil {
		v.known = make(map[uint32]uuid.UUID)
	}
	var gone []uint32
	for i := range changes {
		if c := &changes[i]; c.Kind&scene.Gone != 0 {
			gone = append(gone, c.State.LocalID)
		}
	}
	// First: who comes back at once has another local id, and a viewer that looks for the dead one by the
	// user's id (node-metaverse) would take away the new one.
	s.kill(gone)
	for i := range changes {
		c := &changes[i]
		switch {
		case c.Kind&scene.Gone != 0:
		case c.Kind&(scene.Entered|scene.Full) != 0:
			s.addFull(c.State)
		case c.Kind&scene.Terse != 0:
			s.addTerse(c.State)
		}
		if c.State.Agent == s.id() {
			s.life.position = c.State.Position
		}
	}
	s.sendFull()
	s.sendTerse()
	for i := range changes {
		s.showLooks(&changes[i])
	}
}

// showLooks tells how an avatar looks and what it plays, after its update: viewers keep neither for
// one they do not know. One's own looks are told on arrival alone.
func (s *Session) showLooks(c *scene.Change) {
	if c.Kind&scene.Gone != 0 {
		return
	}
	entered := c.Kind&scene.Entered != 0
	if entered || c.Kind&scene.Appearance != 0 && c.State.Agent != s.id() {
		s.sendAppearance(c.State)
	}
	if entered || c.Kind&scene.Animation != 0 {
		s.sendAnimation(c.State)
	}
}

// fullSize is about how long an ObjectUpdate may get: what is longer goes into the next.
const fullSize = 1000

func (s *Session) addFull(st *scene.State) {
	v := &s.view
	v.known[st.LocalID] = st.Agent
	names := prim.AvatarNames(st.First, st.Last, st.Title)
	length := 160 + len(names) + len(st.Appearance.Texture)
	if v.size > 0 && v.size+length > fullSize {
		s.sendFull()
	}
	v.size += length
	v.full.ObjectData = append(v.full.ObjectData, message.ObjectUpdateObjectData{
		ID: st.LocalID, FullID: st.Agent, PCode: uint8(prim.Avatar), Material: uint8(prim.Flesh),
		State: uint8(st.Activity), Scale: st.Appearance.Size,
		ObjectData:   prim.AppendAvatarData(nil, st.Plane, motion(st)),
		TextureEntry: st.Appearance.Texture, NameValue: message.Text(names),
		PathScaleX: 100, PathScaleY: 100, Text: []byte{0}, MediaURL: []byte{0},
	})
}

func motion(st *scene.State) prim.Motion {
	return prim.Motion{Position: st.Position, Velocity: st.Velocity, Rotation: st.Rotation}
}

func (s *Session) sendFull() {
	v := &s.view
	if len(v.full.ObjectData) == 0 {
		return
	}
	v.full.RegionData.RegionHandle, v.full.RegionData.TimeDilation = s.server.Scene.Config().Handle, s.dilation()
	s.send(&v.full, reliable)
	clear(v.full.ObjectData)
	v.full.ObjectData, v.size = v.full.ObjectData[:0], 0
}

// tersePerPacket keeps an ImprovedTerseObjectUpdate of avatars, 63 bytes each, within a packet.
const tersePerPacket = 17

func (s *Session) addTerse(st *scene.State) {
	v := &s.view
	if _, known := v.known[st.LocalID]; !known {
		s.addFull(st)
		return
	}
	if len(v.terse.ObjectData) == tersePerPacket {
		s.sendTerse()
	}
	if cap(v.data) == 0 {
		v.data = make([]byte, 0, tersePerPacket*64)
	}
	t := prim.Terse{LocalID: st.LocalID, State: uint8(st.Activity), Avatar: true, Plane: st.Plane, Motion: motion(st)}
	from := len(v.data)
	v.data = prim.AppendTerse(v.data, &t)
	v.terse.ObjectData = append(v.terse.ObjectData, message.ImprovedTerseObjectUpdateObjectData{Data: v.data[from:len(v.data):len(v.data)]})
	if st.Velocity.Len2() == 0 {
		v.terse.RegionData.TimeDilation = stopped
	}
}

// stopped marks a terse update in which somebody has come to a stop: viewers let an avatar walk on until
// they hear otherwise, so this one must arrive.
const stopped = 1

func (s *Session) sendTerse() {
	v := &s.view
	if len(v.terse.ObjectData) == 0 {
		return
	}
	how := unreliable
	if v.terse.RegionData.TimeDilation == stopped {
		how = reliable
	}
	v.terse.RegionData.RegionHandle, v.terse.RegionData.TimeDilation = s.server.Scene.Config().Handle, s.dilation()
	s.send(&v.terse, how)
	v.terse.RegionData.TimeDilation = 0
	v.terse.ObjectData, v.data = v.terse.ObjectData[:0], v.data[:0]
}

// dilation is how much of the time that passes passes in the region, as a fraction of 65535.
func (s *Session) dilation() uint16 {
	return uint16(math.Round(float64(min(max(s.server.Scene.Stats().TimeDilation, 0), 1)) * math.MaxUint16))
}

// killPerPacket is how many objects go into one KillObject, as in OpenSimulator.
const killPerPacket = 200

// kill takes avatars away from the viewer.
func (s *Session) kill(ids []uint32) {
	m := &message.KillObject{}
	for _, id := range ids {
		delete(s.view.known, id)
		m.ObjectData = append(m.ObjectData, message.KillObjectObjectData{ID: id})
		if len(m.ObjectData) == killPerPacket {
			s.send(m, reliable)
			m.ObjectData = nil
		}
	}
	if len(m.ObjectData) > 0 {
		s.send(m, reliable)
	}
}

func (s *Session) sendAppearance(st *scene.State) {
	m := &message.AvatarAppearance{}
	m.Sender.ID = st.Agent
	m.ObjectData.TextureEntry = st.Appearance.Texture
	for _, p := range st.Appearance.Params {
		m.VisualParam = append(m.VisualParam, message.AvatarAppearanceVisualParam{ParamValue: p})
	}
	m.AppearanceHover = []message.AvatarAppearanceAppearanceHover{{}}
	m.AppearanceHover[0].HoverHeight.Z = st.Appearance.Hover
	s.send(m, reliable)
}

func (s *Session) sendAnimation(st *scene.State) {
	m := &message.AvatarAnimation{}
	m.Sender.ID = st.Agent
	for _, a := range st.Animations {
		m.AnimationList = append(m.AnimationList, message.AvatarAnimationAnimationList{AnimID: a.ID, AnimSequenceID: a.Sequence})
		m.AnimationSourceList = append(m.AnimationSourceList, message.AvatarAnimationAnimationSourceList{ObjectID: a.Source})
	}
	s.send(m, reliable)
}

// tell shows the viewer an event.
func (s *Session) tell(e scene.Event) {
	switch e := e.(type) {
	case *scene.ChatHeard:
		if s.phase == Root {
			s.heardChat(e)
		}
	case *scene.Alert:
		s.sendAlert(e.Text, e.Modal)
	}
}
