package session

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"terrane/agent"
	"terrane/grid"
	"terrane/region/scene"
	"terrane/viewer/caps"
	"terrane/viewer/circuit"
	"terrane/wire/message"
	"terrane/wire/packet"

	"github.com/google/uuid"
)

const (
	// inboxBound is how many datagrams of one viewer may wait. What comes to a full inbox is dropped: it
	// is not acknowledged, so what was reliable comes again.
	inboxBound = 256
	// doBound is how many things others may want done on the session's goroutine. A session that is so
	// far behind ends as too slow.
	doBound = 512
	// inboxSlice is how many datagrams are handled before the rest of the session has its turn.
	inboxSlice = 32
	// asksBound is how many questions of one viewer to services are under way at once. More are dropped
	// and counted; viewers ask again.
	asksBound = 32
	// askTimeout is how long a service may take to answer a viewer's question.
	askTimeout = 10 * time.Second
)

// Session is one viewer's circuit to this region, root or child. Its goroutine owns everything here
// that is not said to be for others.
type Session struct {
	server *Server
	agent  *agent.Agent
	caps   *caps.Set
	feed   *scene.Feed  // what the region has to show; for everybody
	input  *scene.Input // the latest AgentUpdate; for everybody

	inbox   chan datagram // bounded by inboxBound
	actions chan func()   // bounded by doBound
	asks    chan struct{} // bounded by asksBound
	working sync.WaitGroup
	gone    chan struct{} // closed when nothing is left
	dropped chan struct{} // closed when the address belongs to another session
	dropOne sync.Once
	heard   atomic.Int64 // unix nanoseconds of the last datagram
	began   time.Time
	stats   atomic.Pointer[circuit.Stats] // of the last beat

	mu   sync.Mutex // guards from
	from netip.AddrPort

	ctx      context.Context // ends with the session; of its questions to services
	circuit  *circuit.Circuit
	phase    Phase
	allowed  budget
	scratch  []byte // for the message being sent
	out      *batchWriter
	view     view
	released bool // the logout has nothing more to say to the viewer
	update   message.AgentUpdate
	life     life
}

// datagram is one datagram of this session's viewer; it owns its bytes.
type datagram struct {
	from netip.AddrPort
	data []byte
}

func newSession(s *Server, c grid.AgentCircuit) *Session {
	n := &Session{
		server: s, feed: scene.NewFeed(), input: new(scene.Input),
		inbox: make(chan datagram, inboxBound), actions: make(chan func(), doBound),
		asks: make(chan struct{}, asksBound),
		gone: make(chan struct{}), dropped: make(chan struct{}),
		phase: Pending, began: time.Now(), out: newBatchWriter(s.Conn, s.Metrics),
	}
	n.agent = agent.New(c, link{n})
	n.caps = s.Caps.New(s.Base(c.ReachedAt), c.CapsPath, s.Handlers(n))
	n.caps.Dropped = func() { n.do(n.suspect) }
	n.life.far = c.Far
	return n
}

// Agent is whose session it is.
func (s *Session) Agent() *agent.Agent { return s.agent }

// Caps are the session's capabilities.
func (s *Session) Caps() *caps.Set { return s.caps }

// live is the whole life of a session: it serves until there is a reason to end, and then exactly one
// thing follows, the logout, during which the circuit says its last words.
func (s *Session) live(ctx context.Context) {
	why := s.serve(ctx)
	s.server.Metrics.ended(why, s.agent.Root())
	s.caps.Queue.Finish()
	left := make(chan struct{})
	go func() {
		defer close(left)
		s.server.Host.Leave(context.WithoutCancel(ctx), s.agent)
	}()
	s.linger(ctx, left)
	s.vanish()
	<-left
}

// serve is the session until it ends, whoever ends it: the first reason counts.
func (s *Session) serve(ctx context.Context) agent.Reason {
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithCancel(ctx)
	defer cancel()
	pending := time.NewTimer(s.server.Terms.Pending)
	defer pending.Stop()
	wake := time.NewTimer(time.Hour)
	defer wake.Stop()
	asked := s.caps.Asked()
	for !s.over() {
		wake.Reset(s.wait(time.Now()))
		select {
		case <-s.agent.Ending():
		case d := <-s.inbox:
			s.hear(d)
		case f := <-s.actions:
			f()
		case <-s.feed.C():
			s.view.stir()
			if s.feed.Urgent() {
				s.view.hurry()
			}
		case <-asked:
			asked = nil
			s.view.seeded = true
			s.begin()
		case <-pending.C:
			if s.phase == Pending {
				s.agent.End(agent.Silent, "")
			}
		case <-wake.C:
		case <-ctx.Done():
			s.agent.End(agent.RegionDown, "")
		}
		s.keep(time.Now())
	}
	why, _ := s.agent.Why()
	return why
}

// over reports whether serve has a reason to end. What the viewer says from then on is heard while the
// circuit lingers, and has no effect any more.
func (s *Session) over() bool {
	if s.phase == Lingering {
		return false
	}
	select {
	case <-s.agent.Ending():
		return true
	default:
		return false
	}
}

// linger keeps the circuit alive while the logout runs, and a while longer: the viewer's last
// acknowledgements and repeated requests are answered, nothing else.
func (s *Session) linger(ctx context.Context, left <-chan struct{}) {
	s.phase = Lingering
	if why, _ := s.agent.Why(); why == agent.Silent || why == agent.TooSlow {
		s.circuit = nil // there is nobody to talk to
	}
	wake := time.NewTimer(time.Hour)
	defer wake.Stop()
	var until <-chan time.Time
	for {
		wake.Reset(s.wait(time.Now()))
		select {
		case d := <-s.inbox:
			s.hear(d)
		case f := <-s.actions:
			f()
		case <-wake.C:
		case <-until:
			return
		case <-s.dropped:
			return
		case <-left:
			return
		case <-ctx.Done():
			return
		}
		if s.circuit != nil {
			s.flush(time.Now())
		}
		if !s.released {
			continue
		}
		if s.circuit == nil || s.server.hurry.Load() && settled(s.circuit) {
			return
		}
		if until == nil {
			t := time.NewTimer(s.lingers())
			defer t.Stop()
			until = t.C
		}
	}
}

// hurried is how long a circuit lingers at most when its region goes down: three resends.
const hurried = 2 * time.Second

func (s *Session) lingers() time.Duration {
	if s.server.hurry.Load() {
		return min(s.server.Terms.Linger, hurried)
	}
	return s.server.Terms.Linger
}

// vanish takes away what is left: no map, queue, URL or goroutine knows the session afterwards.
func (s *Session) vanish() {
	s.server.mu.Lock()
	s.server.remove(s)
	s.server.mu.Unlock()
	s.caps.Close()
	s.working.Wait()
	s.circuit = nil
	close(s.gone)
	for {
		select {
		case f := <-s.actions: // messages are kept for the next session; the rest has no effect any more
			f()
		default:
			return
		}
	}
}

// deliver puts a datagram into the inbox. It is called by the reader of the socket and never waits.
func (s *Session) deliver(from netip.AddrPort, data []byte) {
	s.heard.Store(time.Now().UnixNano())
	select {
	case s.inbox <- datagram{from, append([]byte(nil), data...)}:
	default:
		s.server.Metrics.refused("inbox full")
	}
}

// do has f run on the session's goroutine. It never waits, and reports false when f will not be run: the
// session is gone, or so far behind that it ends.
func (s *Session) do(f func()) bool {
	if s.try(f) {
		return true
	}
	s.agent.End(agent.TooSlow, "")
	return false
}

// try is do for what may be lost: a session that is far behind only does without it.
func (s *Session) try(f func()) bool {
	select {
	case <-s.gone:
		return false
	default:
	}
	select {
	case s.actions <- f:
		return true
	default:
		return false
	}
}

// ask puts a question to the services, off the session's goroutine. What it answers with, if anything, is
// run on the session's goroutine.
func (s *Session) ask(question func(ctx context.Context) (answer func())) {
	select {
	case s.asks <- struct{}{}:
	default:
		s.server.Metrics.refused("asks")
		return
	}
	s.working.Go(func() {
		defer func() { <-s.asks }()
		ctx, cancel := context.WithTimeout(s.ctx, askTimeout)
		defer cancel()
		if answer := question(ctx); answer != nil {
			s.do(answer)
		}
	})
}

// hear handles a datagram, and as many of those that wait as one turn allows. What came after the
// session's end is not for serve.
func (s *Session) hear(d datagram) {
	now := time.Now()
	s.receive(d, now)
	for n := 1; n < inboxSlice && !s.over(); n++ {
		select {
		case d = <-s.inbox:
			s.receive(d, now)
		default:
			return
		}
	}
}

// receive handles one datagram. What is not accepted is not acknowledged and so comes again.
func (s *Session) receive(d datagram, now time.Time) {
	p, err := packet.Parse(d.data)
	if err != nil {
		s.server.Metrics.refused("malformed")
		return
	}
	if s.circuit == nil {
		if s.phase != Pending {
			return
		}
		s.circuit = circuit.New(circuit.Config{
			FirstSequence: 1, Silence: s.server.Terms.Silence, PausedSilence: s.server.Terms.PausedSilence,
			MaxRate: s.server.Terms.MaxRate,
		}, now)
	}
	if s.circuit.Receive(p, now) != circuit.Fresh {
		return
	}
	switch s.route(p.Body, now) {
	case accepted:
		s.circuit.Accept(p)
	case acceptedNow:
		s.circuit.AcceptNow(p)
	}
}

// keep does what is due by the clock.
func (s *Session) keep(now time.Time) {
	if s.circuit == nil {
		return
	}
	s.show(now)
	s.beat(now)
	s.flush(now)
}

// wait is how long the session has nothing to do unless something comes.
func (s *Session) wait(now time.Time) time.Duration {
	if s.circuit == nil {
		return time.Hour
	}
	next := s.circuit.Next()
	if s.phase != Lingering {
		next = earliest(next, s.life.next)
	}
	if s.sees() {
		next = earliest(next, s.view.next())
	}
	return max(next.Sub(now), 0)
}

func earliest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}

// flush sends what is due. A circuit that is over ends the session.
func (s *Session) flush(now time.Time) {
	to := s.address()
	s.out.begin(to)
	err := s.circuit.Flush(now, s.out.add)
	s.out.send()
	switch {
	case err == nil || s.phase == Lingering:
	case err == circuit.ErrSilent:
		s.agent.End(agent.Silent, "")
	default:
		s.agent.End(agent.TooSlow, "")
	}
}

// How messages travel.
var (
	control    = circuit.Delivery{Category: circuit.Control, Reliable: true}
	reliable   = circuit.Delivery{Reliable: true}
	unreliable = circuit.Delivery{}
	land       = circuit.Delivery{Category: circuit.Land, Reliable: true}
	// lastWord repeats LogoutReply sooner than the circuit would: the viewer waits 5 or 6 s for it.
	lastWord = circuit.Delivery{
		Category: circuit.Control, Reliable: true,
		Resend: []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond, time.Second, 1250 * time.Millisecond, 1500 * time.Millisecond, 2 * time.Second},
	}
)

// send queues a message for the viewer.
func (s *Session) send(m message.Message, how circuit.Delivery) {
	if s.circuit == nil {
		return
	}
	body, err := m.Append(s.scratch[:0])
	if err != nil {
		// Whoever built it must bound what it holds.
		s.server.Log.Error("message not sent", "message", m.ID(), "agent", s.agent.Name(), "error", err)
		return
	}
	s.scratch = body
	info, _ := m.ID().Info()
	how.ZeroCoded = info.ZeroCoded
	if err := s.circuit.Send(body, how); err != nil && s.phase != Lingering {
		s.agent.End(agent.TooSlow, "")
	}
}

// push queues an event for the viewer's event queue.
func (s *Session) push(e event) {
	if err := s.caps.Queue.Push(e.name, e.body); err != nil {
		s.agent.End(agent.TooSlow, "")
	}
}

func (s *Session) bind(from netip.AddrPort) {
	s.mu.Lock()
	s.from = from
	s.mu.Unlock()
}

func (s *Session) address() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}

// heardAgo is how long ago the last datagram came.
func (s *Session) heardAgo() time.Duration { return time.Since(time.Unix(0, s.heard.Load())) }

// forget ends the circuit: the viewer has opened a new one from the same address.
func (s *Session) forget() {
	s.agent.End(agent.Silent, "")
	s.dropOne.Do(func() { close(s.dropped) })
}

// suspectGrace is how long a viewer whose event queue was cut off may be silent before it is taken for
// gone. One hint alone ends no session: the viewer may only have changed its line.
const suspectGrace = 15 * time.Second

func (s *Session) suspect() {
	if s.circuit != nil && s.phase&inside != 0 {
		s.circuit.Suspect(suspectGrace, time.Now())
	}
}

// settled reports whether the viewer has all that was sent.
func settled(c *circuit.Circuit) bool {
	st := c.Stats()
	return st.Unacked == 0 && st.Queued == 0
}

// id is the agent's id, which messages carry.
func (s *Session) id() uuid.UUID { return s.agent.ID() }
