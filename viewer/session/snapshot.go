package session

import (
	"net/netip"
	"time"

	"terrane/agent"
	"terrane/viewer/circuit"
)

// Snapshot is a session as others may see it, for those who look after the server.
type Snapshot struct {
	Agent   *agent.Agent
	Address netip.AddrPort // invalid before the circuit is opened
	Began   time.Time
	Silence time.Duration // since the last datagram
	Stats   circuit.Stats // at most a second old
	Granted []string      // names of the capabilities that the viewer has asked for
	Events  int           // waiting in the event queue
}

// Snapshots are all sessions of the region, also those on their way out.
func (s *Server) Snapshots() []Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Snapshot, 0, len(s.bySession))
	for _, n := range s.bySession {
		out = append(out, n.snapshot())
	}
	return out
}

func (s *Session) snapshot() Snapshot {
	v := Snapshot{Agent: s.agent, Address: s.address(), Began: s.began, Granted: s.caps.Granted(), Events: s.caps.Queue.Len()}
	if v.Address.IsValid() {
		v.Silence = s.heardAgo()
	}
	if st := s.stats.Load(); st != nil {
		v.Stats = *st
	}
	return v
}

// note keeps the circuit's numbers for snapshots. It is called on the session's goroutine.
func (s *Session) note() {
	st := s.circuit.Stats()
	s.stats.Store(&st)
}
