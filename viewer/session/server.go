// Package session is a viewer and its region, face to face: it opens circuits, routes what a viewer says
// to the handlers, and shows the viewer what happens in the region.
//
// A session is one goroutine that owns its circuit and ends for one reason; after it comes the logout,
// and nothing else (see Session.live). routes.go lists everything that a viewer may say.
package session

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"terrane/agent"
	"terrane/grid"
	"terrane/region/scene"
	"terrane/viewer/caps"
	"terrane/wire/message"
	"terrane/wire/packet"

	"github.com/google/uuid"
)

// Terms are the times that sessions go by.
type Terms struct {
	Silence       time.Duration // without a packet, until a viewer is taken for gone
	PausedSilence time.Duration // likewise, after AgentPause
	Pending       time.Duration // from the announcement to UseCircuitCode
	Linger        time.Duration // of a circuit after its session
	MaxRate       int           // bytes per second to one viewer
}

// DefaultTerms are OpenSimulator's, where it has them.
var DefaultTerms = Terms{
	Silence: 60 * time.Second, PausedSilence: 300 * time.Second,
	Pending: 120 * time.Second, Linger: 15 * time.Second, MaxRate: 640000,
}

// Config is what a Server needs. All fields but Metrics are required.
type Config struct {
	Region   func() grid.Region // as it is registered now
	Estate   Estate
	Scene    *scene.Region
	Host     *agent.Host
	Services *agent.Services
	Caps     *caps.Registry
	// Base is this server's HTTP address as a viewer reaches it, "http://host:port", given the address at
	// which the viewer came.
	Base func(reached netip.Addr) string
	// Handlers are the capabilities of a session besides the event queue.
	Handlers func(*Session) map[string]caps.Handler
	Conn     *net.UDPConn
	Terms    Terms
	Log      *slog.Logger
	Metrics  *Metrics
}

// Server is one region's end of all its circuits.
type Server struct {
	Config
	unheard *throttledLog // what strangers do, once a minute

	mu        sync.RWMutex
	byCode    map[uint32]*Session
	byAddress map[netip.AddrPort]*Session
	bySession map[uuid.UUID]*Session
	closed    bool
	sessions  sync.WaitGroup
	ctx       context.Context // of all sessions; it ends after the last logout
	cancel    context.CancelFunc
	hurry     atomic.Bool // the region goes down: circuits linger no longer than they must
}

// NewServer is a server whose sessions run until Close.
func NewServer(c Config) *Server {
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	s := &Server{
		Config:    c,
		unheard:   newThrottledLog(c.Log),
		byCode:    make(map[uint32]*Session),
		byAddress: make(map[netip.AddrPort]*Session),
		bySession: make(map[uuid.UUID]*Session),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// readBatch is how many datagrams are read in one call to the system.
const readBatch = 32

// Run reads the region's socket until it is closed.
func (s *Server) Run() error {
	read := newBatchReader(s.Conn)
	for {
		err := read.next(func(from netip.AddrPort, datagram []byte) {
			s.Metrics.packetIn(len(datagram))
			s.dispatch(from, datagram)
		})
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			// What a stranger's host answers to our packets, among others: no reason to stop reading.
			s.Metrics.refused("read")
			s.unheard.warn("datagram not read", "error", err)
		}
	}
}

// dispatch hands a datagram to its session. A datagram of a stranger is looked at only if it opens a
// circuit, or gives a session up that never opened one; to everything else there is no answer.
func (s *Server) dispatch(from netip.AddrPort, datagram []byte) {
	s.mu.RLock()
	known := s.byAddress[from]
	s.mu.RUnlock()
	if number, ok := lowNumber(datagram); ok && (number == useCircuitCode || known == nil && number == logoutRequest) {
		known = s.admit(from, datagram, known)
	}
	if known == nil {
		s.Metrics.refused("stranger")
		return
	}
	known.deliver(from, datagram)
}

const (
	useCircuitCode = 3
	logoutRequest  = 252
)

// lowNumber is the number of a Low message that is not zero-coded, without reading any more of it.
func lowNumber(datagram []byte) (uint16, bool) {
	if len(datagram) < packet.HeaderSize+4 || datagram[0]&byte(packet.ZeroCoded) != 0 || datagram[5] != 0 {
		return 0, false
	}
	if datagram[6] != 0xFF || datagram[7] != 0xFF {
		return 0, false
	}
	return binary.BigEndian.Uint16(datagram[8:]), true
}

// admit finds the session that a UseCircuitCode or an early LogoutRequest is for. What matches nothing
// is answered with nothing: the sender may be anybody.
func (s *Server) admit(from netip.AddrPort, datagram []byte, known *Session) *Session {
	p, err := packet.Parse(datagram)
	if err != nil {
		s.Metrics.refused("malformed")
		return known
	}
	m, err := message.Parse(p.Body)
	if err != nil {
		s.Metrics.refused("malformed")
		return known
	}
	switch m := m.(type) {
	case *message.UseCircuitCode:
		return s.open(from, m, known)
	case *message.LogoutRequest:
		s.giveUp(m)
	}
	return known
}

// open binds an address to the session that the code belongs to. A session that is live keeps its
// address unless that has been silent: the mapping of a router may have changed.
func (s *Server) open(from netip.AddrPort, m *message.UseCircuitCode, known *Session) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.byCode[m.CircuitCode.Code]
	c := m.CircuitCode
	if to == nil || to.agent.ID() != c.ID || to.agent.Session() != c.SessionID {
		s.Metrics.refused("circuit code")
		s.unheard.warn("circuit refused: no such code", "address", from, "agent", c.ID)
		return known
	}
	if to == known {
		return known
	}
	if old := to.address(); old.IsValid() {
		if to.heardAgo() < rebindAfter {
			s.Metrics.refused("circuit taken")
			return known
		}
		delete(s.byAddress, old)
	}
	if known != nil {
		known.forget() // its viewer is gone: the address opens a new circuit
	}
	to.bind(from)
	s.byAddress[from] = to
	return to
}

// rebindAfter is how long a circuit's address must have been silent before another may take its place.
const rebindAfter = 5 * time.Second

// giveUp ends a session that never opened its circuit: a viewer that cannot reach its capabilities says
// LogoutRequest without one.
func (s *Server) giveUp(m *message.LogoutRequest) {
	s.mu.RLock()
	to := s.bySession[m.AgentData.SessionID]
	s.mu.RUnlock()
	if to != nil && to.agent.ID() == m.AgentData.AgentID && !to.address().IsValid() {
		to.agent.End(agent.Quit, "")
	}
}

// Announce makes a session for an agent whose viewer will open a circuit: its capabilities exist from
// now on. The same session again is the same; a newer session of the agent ends the older.
func (s *Server) Announce(c grid.AgentCircuit) (seed string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", grid.ErrUnavailable
	}
	if old := s.bySession[c.Session]; old != nil {
		if why, _ := old.agent.Why(); why == "" {
			return old.caps.Seed(), nil
		}
		// The same session comes back while its last circuit here lingers: that one has said all.
		s.remove(old)
		old.forget()
	}
	if s.Host.Newer(c) {
		return "", grid.ErrSuperseded
	}
	n := newSession(s, c)
	for _, old := range s.Host.Join(n.agent) {
		old.End(agent.Superseded, "")
	}
	s.byCode[c.Code] = n
	s.bySession[c.Session] = n
	s.sessions.Go(func() { n.live(s.ctx) })
	return n.caps.Seed(), nil
}

// Find is the session with this id, or nil.
func (s *Server) Find(session uuid.UUID) *Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bySession[session]
}

// Update tells the child of a session where its agent is, or is grid.ErrNotFound.
func (s *Server) Update(p grid.AgentPosition) error {
	n := s.Find(p.Session)
	if n == nil || n.agent.ID() != p.Agent || !n.agent.Circuit.Child {
		return grid.ErrNotFound
	}
	n.do(func() { n.moveCamera(p) })
	return nil
}

// CloseChild ends the child agent of a session; a root agent, and what is not there, stays as it is.
func (s *Server) CloseChild(agentID, session uuid.UUID) {
	n := s.Find(session)
	if n != nil && n.agent.ID() == agentID && n.agent.Circuit.Child && !n.agent.Root() {
		n.agent.End(agent.Closed, "")
	}
}

// remove forgets a session; mu is held.
func (s *Server) remove(n *Session) {
	if s.byCode[n.agent.Circuit.Code] == n {
		delete(s.byCode, n.agent.Circuit.Code)
	}
	if s.bySession[n.agent.Session()] == n {
		delete(s.bySession, n.agent.Session())
	}
	if a := n.address(); s.byAddress[a] == n {
		delete(s.byAddress, a)
	}
}

// Hurry makes circuits that are done linger no longer than it takes to be acknowledged.
func (s *Server) Hurry() { s.hurry.Store(true) }

// Refuse takes no new sessions from now on.
func (s *Server) Refuse() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
}

// Close ends what sessions are left, waits for their goroutines, and closes the socket.
func (s *Server) Close() {
	s.Refuse()
	s.cancel()
	s.sessions.Wait()
	// Nobody reads from it any more; an error has nobody to go to.
	_ = s.Conn.Close()
}

// Len is how many sessions there are, and how many addresses are bound to one.
func (s *Server) Len() (sessions, addresses int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.bySession), len(s.byAddress)
}
