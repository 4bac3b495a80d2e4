package bot

import (
	"errors"
	"math"
	"net/netip"
	"os"
	"sync"
	"time"

	"terrane/geom"
	"terrane/viewer/circuit"
	"terrane/wire/message"
	"terrane/wire/packet"
	"terrane/wire/prim"

	"github.com/google/uuid"
)

// socket is what a fake region listens at: a UDP socket or a port of the ether.
type socket interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	SetReadDeadline(time.Time) error
	Close() error
}

// quirks is what a fake region does wrong.
type quirks struct {
	deaf         bool // never acknowledges UseCircuitCode
	noArrival    bool // never sends AgentMovementComplete
	noReply      bool // never answers LogoutRequest
	wrongHandle  bool // AgentMovementComplete names another region
	wrongSession bool // and one with the wrong session id comes first
}

// fakeRegion is a region just good enough to be a bot's: everybody sees and hears everybody.
type fakeRegion struct {
	socket socket
	at     netip.AddrPort
	handle uint64
	name   string
	done   chan struct{}

	mu       sync.Mutex
	quirks   quirks
	pending  map[uint32]Session // by circuit code
	visitors map[netip.AddrPort]*visitor
	local    uint32 // the last local id
	heard    []heard
}

// heard is a message that a viewer has said.
type heard struct {
	from uuid.UUID
	m    message.Message
	at   time.Time
}

// visitor is a viewer's circuit.
type visitor struct {
	circuit *circuit.Circuit
	session Session
	local   uint32 // 0 while the agent is no root
	update  message.AgentUpdate
	gone    bool
}

func newFakeRegion(s socket, at netip.AddrPort, name string, x, y uint32) *fakeRegion {
	r := &fakeRegion{
		socket: s, at: at, handle: uint64(x)<<32 | uint64(y), name: name, done: make(chan struct{}),
		pending: make(map[uint32]Session), visitors: make(map[netip.AddrPort]*visitor),
	}
	go r.serve()
	return r
}

func (r *fakeRegion) close() {
	r.socket.Close()
	<-r.done
}

func (r *fakeRegion) serve() {
	defer close(r.done)
	buf := make([]byte, packet.MaxSize)
	for {
		r.socket.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		n, from, err := r.socket.ReadFromUDPAddrPort(buf)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		r.mu.Lock()
		if err == nil {
			if p, err := packet.Parse(buf[:n]); err == nil {
				r.receive(from, p)
			}
		}
		r.flush()
		r.mu.Unlock()
	}
}

// flush sends what is due to everybody. mu is held.
func (r *fakeRegion) flush() {
	now := time.Now()
	for to, v := range r.visitors {
		if err := v.circuit.Flush(now, func(d []byte) { r.socket.WriteToUDPAddrPort(d, to) }); err != nil {
			r.remove(v)
			delete(r.visitors, to)
		}
	}
}

func (r *fakeRegion) receive(from netip.AddrPort, p packet.Packet) {
	id, body, err := message.ParseID(p.Body)
	if err != nil {
		return
	}
	v := r.visitors[from]
	if v == nil {
		m := message.New(id)
		if m == nil || m.Parse(body) != nil {
			return
		}
		r.heard = append(r.heard, heard{m: m, at: time.Now()})
		if m, ok := m.(*message.UseCircuitCode); ok && !r.quirks.deaf {
			s, ok := r.pending[m.CircuitCode.Code]
			if !ok || s.ID != m.CircuitCode.SessionID || s.Agent != m.CircuitCode.ID {
				return
			}
			v = &visitor{circuit: circuit.New(circuit.Config{FirstSequence: 1}, time.Now()), session: s}
			v.circuit.Receive(p, time.Now())
			v.circuit.AcceptNow(p)
			r.visitors[from] = v
			if s.Sim != r.at {
				r.say(v, r.handshake())
			}
		}
		return
	}
	if v.circuit.Receive(p, time.Now()) != circuit.Fresh {
		return
	}
	v.circuit.Accept(p)
	m := message.New(id)
	if m == nil || m.Parse(append([]byte(nil), body...)) != nil {
		return
	}
	r.heard = append(r.heard, heard{v.session.Agent, m, time.Now()})
	r.answer(v, m)
}

func (r *fakeRegion) answer(v *visitor, m message.Message) {
	switch m := m.(type) {
	case *message.CompleteAgentMovement:
		r.arrive(v)
	case *message.AgentUpdate:
		turned := angle(m.AgentData.BodyRotation.Heading()-v.update.AgentData.BodyRotation.Heading()) > 0.001
		if turned || m.AgentData.ControlFlags != v.update.AgentData.ControlFlags {
			v.update = *m
			r.moved(v)
		}
	case *message.ChatFromViewer:
		chat := &message.ChatFromSimulator{}
		chat.ChatData.FromName = message.Text(v.session.First + " " + v.session.Last)
		chat.ChatData.SourceID, chat.ChatData.SourceType, chat.ChatData.ChatType = v.session.Agent, 1, m.ChatData.Type
		chat.ChatData.Message = m.ChatData.Message
		r.sayAll(chat, nil)
	case *message.ImprovedInstantMessage:
		for _, to := range r.visitors {
			if to.session.Agent == m.MessageBlock.ToAgentID {
				m.AgentData.AgentID = v.session.Agent
				r.say(to, m)
			}
		}
	case *message.AgentPause:
		v.circuit.Pause(m.AgentData.SerialNum)
	case *message.AgentResume:
		v.circuit.Resume(m.AgentData.SerialNum)
	case *message.LogoutRequest:
		if r.quirks.noReply {
			return
		}
		reply := &message.LogoutReply{InventoryData: make([]message.LogoutReplyInventoryData, 1)}
		reply.AgentData.AgentID, reply.AgentData.SessionID = v.session.Agent, v.session.ID
		r.say(v, reply)
		r.remove(v)
	}
}

func (r *fakeRegion) handshake() *message.RegionHandshake {
	m := &message.RegionHandshake{RegionInfo4: make([]message.RegionHandshakeRegionInfo4, 1)}
	m.RegionInfo.SimName = message.Text(r.name)
	m.RegionInfo.WaterHeight = 20
	return m
}

func (r *fakeRegion) arrive(v *visitor) {
	r.say(v, r.handshake())
	m := &message.AgentMovementComplete{}
	m.AgentData.AgentID, m.AgentData.SessionID = v.session.Agent, v.session.ID
	m.Data.RegionHandle, m.Data.Position = r.handle, geom.Vec3{X: 128, Y: 128, Z: 25}
	if r.quirks.noArrival {
		return
	}
	if r.quirks.wrongHandle {
		m.Data.RegionHandle++
	}
	if r.quirks.wrongSession {
		other := *m
		other.AgentData.SessionID = uuid.New()
		other.Data.Position = geom.Vec3{}
		r.say(v, &other)
	}
	r.say(v, m)
	r.local++
	v.local = r.local
	v.update.AgentData.BodyRotation = geom.Quat{W: 1}
	for _, other := range r.visitors {
		if other != v && other.local != 0 {
			r.say(v, r.describe(other))
		}
	}
	r.sayAll(r.describe(v), nil)
}

func (v *visitor) motion() prim.Motion {
	m := prim.Motion{Position: geom.Vec3{X: 128, Y: 128, Z: 25}, Rotation: v.update.AgentData.BodyRotation}
	if v.update.AgentData.ControlFlags&ControlForward != 0 {
		sin, cos := math.Sincos(float64(m.Rotation.Heading()))
		m.Velocity = geom.Vec3{X: float32(3 * cos), Y: float32(3 * sin)}
	}
	return m
}

func (r *fakeRegion) describe(v *visitor) *message.ObjectUpdate {
	m := &message.ObjectUpdate{ObjectData: make([]message.ObjectUpdateObjectData, 1)}
	m.RegionData.RegionHandle = r.handle
	d := &m.ObjectData[0]
	d.ID, d.FullID, d.PCode = v.local, v.session.Agent, uint8(prim.Avatar)
	d.ObjectData = prim.AppendAvatarData(nil, geom.Vec4{}, v.motion())
	d.NameValue = message.Text(prim.AvatarNames(v.session.First, v.session.Last, ""))
	return m
}

// moved shows everybody how a visitor moves now.
func (r *fakeRegion) moved(v *visitor) {
	t := prim.Terse{LocalID: v.local, Avatar: true, Motion: v.motion()}
	m := &message.ImprovedTerseObjectUpdate{ObjectData: make([]message.ImprovedTerseObjectUpdateObjectData, 1)}
	m.ObjectData[0].Data = prim.AppendTerse(nil, &t)
	r.sayAll(m, nil)
}

// remove takes a visitor's avatar away.
func (r *fakeRegion) remove(v *visitor) {
	if v.local == 0 || v.gone {
		return
	}
	v.gone = true
	r.sayAll(&message.KillObject{ObjectData: []message.KillObjectObjectData{{ID: v.local}}}, v)
	v.local = 0
}

func (r *fakeRegion) say(v *visitor, m message.Message) {
	body, err := m.Append(nil)
	if err != nil {
		panic(err)
	}
	info, _ := m.ID().Info()
	v.circuit.Send(body, circuit.Delivery{Category: circuit.Control, Reliable: true, ZeroCoded: info.ZeroCoded})
}

func (r *fakeRegion) sayAll(m message.Message, but *visitor) {
	for _, v := range r.visitors {
		if v != but && !v.gone {
			r.say(v, m)
		}
	}
}

// tell says something to one agent.
func (r *fakeRegion) tell(agent uuid.UUID, m message.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.visitors {
		if v.session.Agent == agent {
			r.say(v, m)
		}
	}
	r.flush()
}

// with changes the region's quirks.
func (r *fakeRegion) with(q quirks) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quirks = q
}

// log is what was heard so far.
func (r *fakeRegion) log() []heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]heard(nil), r.heard...)
}

// said are the messages of one type among what was heard.
func said[M message.Message](r *fakeRegion) []M {
	var all []M
	for _, h := range r.log() {
		if m, ok := h.m.(M); ok {
			all = append(all, m)
		}
	}
	return all
}
