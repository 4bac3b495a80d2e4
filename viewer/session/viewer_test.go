package session

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"terrane/geom"
	"terrane/grid"
	"terrane/region/scene"
	"terrane/viewer/caps"
	"terrane/viewer/circuit"
	"terrane/wire/llsd"
	"terrane/wire/message"
	"terrane/wire/packet"

	"github.com/google/uuid"
)

// viewer is one circuit of a viewer, as raw as can be: what it says and when it acknowledges is the test's
// to choose.
type viewer struct {
	*world
	grid.AgentCircuit
	place *place
	seed  string
	conn  *net.UDPConn

	mu       sync.Mutex // guards what follows
	circuit  *circuit.Circuit
	deaf     bool // it reads, but its circuit does not: nothing is acknowledged, nothing goes out by itself
	datagram int  // how many came
	packets  []packet.Packet
	heard    []heard
	since    int // what was heard before is not waited for
	news     chan struct{}
}

// heard is a message and the packet that brought it.
type heard struct {
	message.Message
	packet int // index in packets
}

func newViewer(w *world, to *place, c grid.AgentCircuit, seed string) *viewer {
	v := &viewer{world: w, AgentCircuit: c, place: to, seed: seed, news: make(chan struct{})}
	v.dialFrom(nil)
	return v
}

// dialFrom gives the viewer a socket at an address, nil for any, and a new circuit over it.
func (v *viewer) dialFrom(at *net.UDPAddr) {
	v.Helper()
	conn := must(net.DialUDP("udp4", at, net.UDPAddrFromAddrPort(v.place.sim())))(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.circuit = circuit.New(circuit.Config{FirstSequence: 1, AppendAcks: true}, time.Now())
	v.conn = conn
	read := make(chan struct{})
	go func() {
		defer close(read)
		v.read(conn)
	}()
	v.Cleanup(func() {
		conn.Close()
		<-read
	})
}

// from is the viewer's address, as the region sees it.
func (v *viewer) from() netip.AddrPort { return v.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (v *viewer) read(conn *net.UDPConn) {
	buffer := make([]byte, 1<<16)
	for {
		conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		n, err := conn.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		v.mu.Lock()
		if conn == v.conn {
			if err == nil {
				v.take(bytes.Clone(buffer[:n]))
			}
			v.flush()
		}
		v.mu.Unlock()
	}
}

// take hears one datagram; mu is held.
func (v *viewer) take(datagram []byte) {
	v.datagram++
	p, err := packet.Parse(datagram)
	if err != nil {
		v.Errorf("the region sent %x: %v", datagram, err)
		return
	}
	v.packets = append(v.packets, p)
	if !v.deaf {
		if v.circuit.Receive(p, time.Now()) != circuit.Fresh {
			v.tellNews()
			return
		}
		v.circuit.Accept(p)
	}
	m, err := message.Parse(p.Body)
	if err != nil {
		v.Errorf("the region sent %x: %v", p.Body, err)
		return
	}
	v.heard = append(v.heard, heard{m, len(v.packets) - 1})
	v.tellNews()
}

func (v *viewer) tellNews() {
	close(v.news)
	v.news = make(chan struct{})
}

// flush sends what is due; mu is held.
func (v *viewer) flush() {
	if v.deaf {
		return
	}
	// A test's circuit is never silent so long that an error would mean anything.
	_ = v.circuit.Flush(time.Now(), func(datagram []byte) { v.raw(datagram) })
}

// raw sends a datagram as it is.
func (v *viewer) raw(datagram []byte) {
	if _, err := v.conn.Write(datagram); err != nil && !errors.Is(err, net.ErrClosed) {
		v.Logf("not sent: %v", err) // the region's socket is closed
	}
}

// body is a message as it travels; where it names an agent and a session, they are the viewer's.
func (v *viewer) body(m message.Message) []byte {
	v.Helper()
	body, err := m.Append(nil)
	if err != nil {
		v.Fatal(err)
	}
	if routes[m.ID()].named {
		v.sign(body, v.Agent, v.Session)
	}
	return body
}

// sign puts an agent and a session at the beginning of a message that names them.
func (v *viewer) sign(body []byte, agent, session uuid.UUID) {
	_, rest, err := message.ParseID(body)
	if err != nil || len(rest) < 32 {
		v.Fatalf("no room for names in %x", body)
	}
	copy(rest, agent[:])
	copy(rest[16:], session[:])
}

// say sends messages reliably.
func (v *viewer) say(all ...message.Message) {
	v.Helper()
	for _, m := range all {
		v.sayBody(v.body(m))
	}
}

func (v *viewer) sayBody(body []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.circuit.Send(body, circuit.Delivery{Category: circuit.Control, Reliable: true}); err != nil {
		v.Fatal(err)
	}
	v.flush()
}

// once sends a message one time, reliably under a sequence number of the test's own.
func (v *viewer) once(sequence uint32, body []byte) {
	v.Helper()
	v.raw(must(packet.Append(nil, packet.Packet{Flags: packet.Reliable, Sequence: sequence, Body: body}))(v))
}

// delivered waits until the region has acknowledged all that was said: it has handled it then.
func (v *viewer) delivered() {
	v.Helper()
	v.until("all that was said is acknowledged", func() bool {
		s := v.circuit.Stats()
		return s.Unacked+s.Queued == 0
	})
}

// acknowledged reports whether the region has acknowledged a sequence number; mu is held.
func (v *viewer) acknowledged(sequence uint32) bool {
	for _, p := range v.packets {
		if slices.Contains(acksOf(p), sequence) {
			return true
		}
	}
	return false
}

// acksOf are the sequence numbers that a packet acknowledges, wherever they stand in it.
func acksOf(p packet.Packet) []uint32 {
	all := slices.Collect(p.Acks.All())
	if m, err := message.Parse(p.Body); err == nil {
		if m, ok := m.(*message.PacketAck); ok {
			for _, a := range m.Packets {
				all = append(all, a.ID)
			}
		}
	}
	return all
}

// until waits for something to be so after what came; so is called with mu held.
func (v *viewer) until(what string, so func() bool) {
	v.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		v.mu.Lock()
		ok, news := so(), v.news
		v.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-late.C:
			v.Fatalf("%s: never: %s; heard %v", v.First, what, v.names())
		}
	}
}

// mark forgets what was heard so far, for await and none.
func (v *viewer) mark() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.since = len(v.heard)
}

// names are the names of the messages that were heard since the mark.
func (v *viewer) names() (names []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.heard[v.since:] {
		names = append(names, h.ID().String())
	}
	return names
}

// listen makes the viewer deaf, or hear again.
func (v *viewer) listen(hears bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.deaf = !hears
}

// pointer is a message of type M.
type pointer[M any] interface {
	*M
	message.Message
}

// await waits for a message since the mark that meets all conditions.
func await[M any, P pointer[M]](v *viewer, such ...func(P) bool) P {
	v.Helper()
	var found P
	v.until("a "+P(new(M)).ID().String(), func() bool {
		all := since[M, P](v, such...)
		if len(all) > 0 {
			found = all[0]
		}
		return found != nil
	})
	return found
}

// came are the messages of one type since the mark that meet all conditions.
func came[M any, P pointer[M]](v *viewer, such ...func(P) bool) []P {
	v.mu.Lock()
	defer v.mu.Unlock()
	return since(v, such...)
}

// since is came with mu held.
func since[M any, P pointer[M]](v *viewer, such ...func(P) bool) (all []P) {
	for _, h := range v.heard[v.since:] {
		m, ok := h.Message.(P)
		for _, meets := range such {
			ok = ok && meets(m)
		}
		if ok {
			all = append(all, m)
		}
	}
	return all
}

// open opens the circuit and waits for the acknowledgement.
func (v *viewer) open() {
	v.Helper()
	v.say(v.useCircuitCode())
	v.delivered()
}

func (v *viewer) useCircuitCode() *message.UseCircuitCode {
	m := &message.UseCircuitCode{}
	m.CircuitCode.Code, m.CircuitCode.SessionID, m.CircuitCode.ID = v.Code, v.Session, v.Agent
	return m
}

func (v *viewer) completeMovement() *message.CompleteAgentMovement {
	m := &message.CompleteAgentMovement{}
	m.AgentData.CircuitCode = v.Code
	return m
}

// fast is a throttle of 8 Mbit/s.
func fast() *message.AgentThrottle {
	m := &message.AgentThrottle{}
	for range circuit.ThrottleCategories {
		m.Throttle.Throttles = append(m.Throttle.Throttles, 0, 0, 0x80, 0x4A) // 2^22
	}
	return m
}

// arrive opens the circuit, becomes the root agent, and asks to see the region.
func (v *viewer) arrive() {
	v.Helper()
	arriveAll(v)
}

// arriveAll has many arrive side by side.
func arriveAll(all ...*viewer) {
	for _, v := range all {
		v.say(v.useCircuitCode())
	}
	for _, v := range all {
		v.delivered()
		v.say(v.completeMovement())
	}
	for _, v := range all {
		await[message.AgentMovementComplete](v)
		await[message.RegionHandshake](v)
		v.say(fast(), &message.RegionHandshakeReply{})
	}
	for _, v := range all {
		await(v, about(v.Agent))
		v.delivered()
	}
}

// about is met by an ObjectUpdate of an agent's avatar.
func about(agent uuid.UUID) func(*message.ObjectUpdate) bool {
	return func(m *message.ObjectUpdate) bool { return localIDIn(m, agent) != 0 }
}

// localIDIn is an avatar's local id as an ObjectUpdate says it, or 0.
func localIDIn(m *message.ObjectUpdate, agent uuid.UUID) uint32 {
	for _, o := range m.ObjectData {
		if o.FullID == agent {
			return o.ID
		}
	}
	return 0
}

// kills is met by a KillObject of a local id.
func kills(id uint32) func(*message.KillObject) bool {
	return func(m *message.KillObject) bool {
		return slices.ContainsFunc(m.ObjectData, func(o message.KillObjectObjectData) bool { return o.ID == id })
	}
}

// sees waits until the viewer has been shown another's avatar, and is its local id.
func (v *viewer) sees(other *viewer) uint32 {
	v.Helper()
	return localIDIn(await(v, about(other.Agent)), other.Agent)
}

// quit says LogoutRequest and waits for the reply.
func (v *viewer) quit() *message.LogoutReply {
	v.Helper()
	v.say(&message.LogoutRequest{})
	return await[message.LogoutReply](v)
}

// standing is an AgentUpdate of somebody who stands and looks around.
func standing() *message.AgentUpdate {
	m := &message.AgentUpdate{}
	m.AgentData.BodyRotation, m.AgentData.HeadRotation = geom.Identity, geom.Identity
	m.AgentData.Far = 128
	m.AgentData.CameraAtAxis = geom.Vec3{X: 1}
	m.AgentData.CameraLeftAxis = geom.Vec3{Y: 1}
	m.AgentData.CameraUpAxis = geom.Vec3{Z: 1}
	return m
}

// text is what a test expects in a field of text.
func text(b []byte) string { return message.String(b) }

// flagsOf are the flags of the packet that brought a message.
func (v *viewer) flagsOf(m message.Message) packet.Flags {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.heard {
		if h.Message == m {
			return v.packets[h.packet].Flags
		}
	}
	return 0
}

// session is the region's end of the circuit.
func (v *viewer) session() *Session {
	v.Helper()
	s := v.place.server.Find(v.Session)
	if s == nil {
		v.Fatalf("%s has no session in %s", v.First, v.place.entry.Name)
	}
	return s
}

// onSession runs f on the session's goroutine.
func (v *viewer) onSession(f func(*Session)) {
	v.Helper()
	s, done := v.session(), make(chan struct{})
	s.do(func() {
		defer close(done)
		f(s)
	})
	select {
	case <-done:
	case <-s.gone:
		v.Fatalf("the session of %s is gone", v.First)
	}
}

// chat says something aloud.
func (v *viewer) chat(kind scene.ChatType, channel int32, text string) {
	v.Helper()
	m := &message.ChatFromViewer{}
	m.ChatData.Message, m.ChatData.Type, m.ChatData.Channel = message.Text(text), uint8(kind), channel
	v.say(m)
}

func (v *viewer) shout(text string) {
	v.Helper()
	v.chat(scene.Shout, scene.PublicChannel, text)
}

// childOf is the viewer's circuit to a neighbour, once the neighbour expects it.
func (w *world) childOf(root *viewer, in *place) *viewer {
	w.Helper()
	w.eventually("the neighbour expects the viewer", func() bool { return in.server.Find(root.Session) != nil })
	s := in.server.Find(root.Session)
	return newViewer(w, in, s.Agent().Circuit, s.Caps().Seed())
}

// askSeed asks for capabilities.
func (v *viewer) askSeed(names ...string) llsd.Map {
	v.Helper()
	status, body := v.post(v.seed, names)
	if status != http.StatusOK {
		v.Fatalf("seed: %d", status)
	}
	return llsd.AsMap(must(llsd.ParseXML(body))(v))
}

// post sends LLSD and answers with status and body; a status of 0 says that nothing came back.
func (v *viewer) post(url string, content any) (status int, body []byte) {
	v.Helper()
	response, err := v.web.Client().Post(url, caps.ContentType, bytes.NewReader(llsd.AppendXML(nil, content)))
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	return response.StatusCode, must(io.ReadAll(response.Body))(v)
}

// arriveAsChild opens a child circuit and asks to see the region.
func (v *viewer) arriveAsChild() {
	v.Helper()
	v.open()
	await[message.RegionHandshake](v)
	v.say(fast(), &message.RegionHandshakeReply{})
	v.askSeed("EventQueueGet")
	v.delivered()
}

// poll asks an event queue; ack is nil or the id of the last reply.
func (v *viewer) poll(queue string, ack any, done bool) (status int, reply llsd.Map) {
	v.Helper()
	status, body := v.post(queue, llsd.Map{"ack": ack, "done": done})
	if status == http.StatusOK {
		reply = llsd.AsMap(must(llsd.ParseXML(body))(v))
	}
	return status, reply
}

// im sends an instant message.
func (v *viewer) im(to uuid.UUID, text string) {
	v.Helper()
	v.dialog(to, grid.DialogMessage, uuid.New(), text)
}

// dialog sends an instant message of any kind.
func (v *viewer) dialog(to uuid.UUID, dialog uint8, id uuid.UUID, text string) {
	v.Helper()
	m := &message.ImprovedInstantMessage{}
	b := &m.MessageBlock
	b.ToAgentID, b.Dialog, b.ID = to, dialog, id
	b.FromAgentName, b.Message, b.BinaryBucket = message.Text("a name that nobody believes"), message.Text(text), []byte{0}
	v.say(m)
}
