package bot

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"sync"
	"time"
)

// ether is a network in memory, on which time may be virtual. Datagrams arrive at once, or never.
type ether struct {
	mu    sync.Mutex
	ports map[netip.AddrPort]*port
	last  uint16
	lose  func(from, to netip.AddrPort, datagram []byte) bool // nil: none is lost
}

// port is a socket of the ether: one end of a connection, or a listener.
type port struct {
	ether  *ether
	at     netip.AddrPort
	peer   netip.AddrPort // zero for a listener
	in     chan parcel    // a datagram that finds it full is lost
	closed chan struct{}
	once   sync.Once

	mu       sync.Mutex
	deadline time.Time
	moved    chan struct{} // closed when the deadline changes
}

type parcel struct {
	from netip.AddrPort
	data []byte
}

func newEther() *ether { return &ether{ports: make(map[netip.AddrPort]*port)} }

func (e *ether) open(at, peer netip.AddrPort) *port {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !at.IsValid() {
		e.last++
		at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), e.last)
	}
	p := &port{ether: e, at: at, peer: peer, in: make(chan parcel, 4096), closed: make(chan struct{}), moved: make(chan struct{})}
	e.ports[at] = p
	return p
}

// Dial is an Options.Dial.
func (e *ether) Dial(_ context.Context, sim netip.AddrPort) (net.Conn, error) {
	return e.open(netip.AddrPort{}, sim), nil
}

func (e *ether) send(from, to netip.AddrPort, data []byte) {
	e.mu.Lock()
	p, lose := e.ports[to], e.lose
	e.mu.Unlock()
	if p == nil || lose != nil && lose(from, to, data) || p.peer.IsValid() && p.peer != from {
		return
	}
	select {
	case p.in <- parcel{from, append([]byte(nil), data...)}:
	default:
	}
}

func (p *port) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		p.mu.Lock()
		deadline, moved := p.deadline, p.moved
		p.mu.Unlock()
		var timeout <-chan time.Time
		if !deadline.IsZero() {
			timer := time.NewTimer(time.Until(deadline))
			defer timer.Stop()
			if !deadline.After(time.Now()) {
				return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
			}
			timeout = timer.C
		}
		select {
		case parcel := <-p.in:
			return copy(b, parcel.data), parcel.from, nil
		case <-timeout:
			return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
		case <-moved:
		case <-p.closed:
			return 0, netip.AddrPort{}, net.ErrClosed
		}
	}
}

func (p *port) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	p.ether.send(p.at, to, b)
	return len(b), nil
}

func (p *port) Read(b []byte) (int, error) {
	n, _, err := p.ReadFromUDPAddrPort(b)
	return n, err
}

func (p *port) Write(b []byte) (int, error) { return p.WriteToUDPAddrPort(b, p.peer) }

func (p *port) SetReadDeadline(at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = at
	close(p.moved)
	p.moved = make(chan struct{})
	return nil
}

func (p *port) SetDeadline(at time.Time) error   { return p.SetReadDeadline(at) }
func (p *port) SetWriteDeadline(time.Time) error { return nil }
func (p *port) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(p.at) }
func (p *port) RemoteAddr() net.Addr             { return net.UDPAddrFromAddrPort(p.peer) }

func (p *port) Close() error {
	p.once.Do(func() {
		close(p.closed)
		p.ether.mu.Lock()
		defer p.ether.mu.Unlock()
		delete(p.ether.ports, p.at)
	})
	return nil
}

// direct answers HTTP requests without a network: by the handler, on the goroutine that asks.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, r)
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	return rec.Result(), nil
}
