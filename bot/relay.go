package bot

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"terrane/wire/packet"
)

// Relay is a bad network on the loopback interface: UDP between viewers and regions goes through it, and
// is lost, delayed, doubled and overtaken, each way as its Faults say. A region sees each viewer come
// from an address of its own, as through a router.
//
// A viewer learns where its region is from the login's answer, so it has to be told to go another way:
// a bot by Options.Dial, others by an answer that names the address that Front gives.
//
//	viewer ──► front ──faults up──► way ──► region
//	       ◄─────────faults down────    ◄──
//
// Each front and each way has a goroutine that reads its socket, and one more sends what was held.
type Relay struct {
	seed    uint64
	weather atomic.Pointer[weather]
	line    *line
	counts  relayCounts

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	fronts map[netip.AddrPort]*front // by the region they are for
	ways   uint64                    // how many there have been
	closed bool
}

// weather is what a relay does at the moment.
type weather struct {
	up, down Faults
	cut      bool
}

// RelayStats is what a relay has done to datagrams, both ways together.
type RelayStats struct {
	Taken   uint64 // came in
	Sent    uint64 // went out, copies included
	Lost    uint64 // by Loss
	Doubled uint64
	Cut     uint64 // lost because the relay was cut
	Full    uint64 // lost because too many were held
}

type relayCounts struct {
	taken, sent, lost, doubled, cut, full atomic.Uint64
}

// ErrRelayClosed says that a relay is closed.
var ErrRelayClosed = errors.New("bot: the relay is closed")

// NewRelay returns a relay without faults. What it does with a viewer's datagrams follows from the seed,
// and from how many viewers came before.
func NewRelay(seed uint64) *Relay {
	r := &Relay{seed: seed, line: newLine(), fronts: make(map[netip.AddrPort]*front)}
	r.weather.Store(&weather{})
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.running.Go(func() { r.line.run(r.ctx) })
	return r
}

// SetFaults says what happens from now on to datagrams up to regions, and down to viewers.
func (r *Relay) SetFaults(up, down Faults) {
	r.change(func(w *weather) { w.up, w.down = up, down })
}

// SetLoss loses that share of datagrams each way from now on, and leaves the other faults as they are.
func (r *Relay) SetLoss(share float64) {
	r.change(func(w *weather) { w.up.Loss, w.down.Loss = share, share })
}

// Cut lets nothing through from now on, not even what is held.
func (r *Relay) Cut() { r.change(func(w *weather) { w.cut = true }) }

// Heal ends what Cut began.
func (r *Relay) Heal() { r.change(func(w *weather) { w.cut = false }) }

func (r *Relay) change(change func(*weather)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := *r.weather.Load()
	change(&w)
	r.weather.Store(&w)
}

// Stats are the numbers of now.
func (r *Relay) Stats() RelayStats {
	c := &r.counts
	return RelayStats{
		Taken: c.taken.Load(), Sent: c.sent.Load(), Lost: c.lost.Load(), Doubled: c.doubled.Load(),
		Cut: c.cut.Load(), Full: c.full.Load(),
	}
}

// Front is the address at which viewers reach a region through the relay, the same at each call.
func (r *Relay) Front(sim netip.AddrPort) (netip.AddrPort, error) {
	f, err := r.front(sim)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return f.at, nil
}

func (r *Relay) front(sim netip.AddrPort) (*front, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrRelayClosed
	}
	if f := r.fronts[sim]; f != nil {
		return f, nil
	}
	conn, err := listenLoopback()
	if err != nil {
		return nil, err
	}
	f := &front{
		relay: r, sim: sim, conn: conn, at: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
		ways: make(map[netip.AddrPort]*way),
	}
	r.fronts[sim] = f
	r.running.Go(f.serve)
	return f, nil
}

// Dial is an Options.Dial that leads through the relay.
func (r *Relay) Dial(ctx context.Context, sim netip.AddrPort) (net.Conn, error) {
	f, err := r.front(sim)
	if err != nil {
		return nil, err
	}
	conn, err := dialUDP(ctx, netip.Addr{}, f.at)
	if err != nil {
		return nil, err
	}
	return &throughRelay{conn, f}, nil
}

// Close ends the relay: nothing goes through it any more, and nothing of it runs.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	fronts := r.fronts
	r.fronts = nil
	r.mu.Unlock()
	r.cancel()
	for _, f := range fronts {
		f.close()
	}
	r.running.Wait()
}

// random is the source of what happens on the n-th way, up or down.
func (r *Relay) random(n uint64, down uint64) *rand.Rand {
	return rand.New(rand.NewPCG(r.seed, 2*n+down))
}

// pass lets a datagram meet its fate.
func (r *Relay) pass(data []byte, faults *Faults, random *rand.Rand, send func([]byte)) {
	r.counts.taken.Add(1)
	held, copies := faults.fate(random)
	switch copies {
	case 0:
		r.counts.lost.Add(1)
	case 2:
		r.counts.doubled.Add(1)
	}
	for _, wait := range held[:copies] {
		if wait <= 0 {
			r.send(data, send)
			continue
		}
		if !r.line.hold(time.Now().Add(wait), data, func(data []byte) { r.send(data, send) }) {
			r.counts.full.Add(1)
		}
	}
}

func (r *Relay) send(data []byte, send func([]byte)) {
	if r.weather.Load().cut {
		r.counts.cut.Add(1)
		return
	}
	r.counts.sent.Add(1)
	send(data)
}

// front is where viewers come in that want one region.
type front struct {
	relay *Relay
	sim   netip.AddrPort
	at    netip.AddrPort
	conn  *net.UDPConn

	mu     sync.Mutex
	ways   map[netip.AddrPort]*way // by the viewer's address
	closed bool
}

// way is the way of one viewer to the region and back.
type way struct {
	front  *front
	viewer netip.AddrPort
	conn   *net.UDPConn // connected to the region
	up     *rand.Rand   // of the front's goroutine
	down   *rand.Rand   // of the way's
	used   atomic.Bool  // the viewer has said something since it was last looked at
}

// idle is how long a way is kept that its viewer does not use; viewers say something every second.
const idle = 2 * time.Minute

func (f *front) serve() {
	buf := make([]byte, packet.MaxSize+1)
	for {
		n, viewer, err := f.conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			continue // an answer that found nobody
		}
		if w := f.way(viewer); w != nil {
			w.used.Store(true)
			f.relay.pass(buf[:n], &f.relay.weather.Load().up, w.up, w.toRegion)
		}
	}
}

// way is the viewer's way, which is opened if there is none; nil if there can be none.
func (f *front) way(viewer netip.AddrPort) *way {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.ways[viewer]; w != nil || f.closed {
		return w
	}
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(f.sim))
	if err != nil {
		return nil // as good as lost
	}
	_ = conn.SetReadBuffer(readBuffer) // as in dialUDP
	r := f.relay
	r.mu.Lock()
	n := r.ways
	r.ways++
	r.mu.Unlock()
	w := &way{front: f, viewer: viewer, conn: conn, up: r.random(n, 0), down: r.random(n, 1)}
	f.ways[viewer] = w
	r.running.Go(w.serve)
	return w
}

// serve brings back what the region says, until the way is closed or idle.
func (w *way) serve() {
	defer w.front.forget(w)
	buf := make([]byte, packet.MaxSize+1)
	for looked := time.Now(); ; {
		if err := w.conn.SetReadDeadline(looked.Add(idle)); err != nil {
			return
		}
		n, err := w.conn.Read(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err == nil:
			w.front.relay.pass(buf[:n], &w.front.relay.weather.Load().down, w.down, w.toViewer)
		}
		if now := time.Now(); now.Sub(looked) >= idle {
			if looked = now; !w.used.Swap(false) {
				return
			}
		}
	}
}

// What the system does not take is lost, as on any network.
func (w *way) toRegion(data []byte) { _, _ = w.conn.Write(data) }
func (w *way) toViewer(data []byte) { _, _ = w.front.conn.WriteToUDPAddrPort(data, w.viewer) }

// forget closes a way. The viewer may have opened another one since.
func (f *front) forget(w *way) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = w.conn.Close() // nothing can be done about one that does not close
	if f.ways[w.viewer] == w {
		delete(f.ways, w.viewer)
	}
}

// part closes the way of a viewer that has closed its end.
func (f *front) part(viewer netip.AddrPort) {
	f.mu.Lock()
	w := f.ways[viewer]
	f.mu.Unlock()
	if w != nil {
		f.forget(w)
	}
}

func (f *front) close() {
	f.mu.Lock()
	f.closed = true
	ways := slices.Collect(maps.Values(f.ways))
	f.mu.Unlock()
	_ = f.conn.Close() // as in forget
	for _, w := range ways {
		f.forget(w)
	}
}

// throughRelay is a viewer's end; its way ends with it.
type throughRelay struct {
	net.Conn
	front *front
}

// Close closes the viewer's end and its way through the relay.
func (t *throughRelay) Close() error {
	if at, ok := t.LocalAddr().(*net.UDPAddr); ok {
		t.front.part(at.AddrPort())
	}
	return t.Conn.Close()
}

func listenLoopback() (*net.UDPConn, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err == nil {
		_ = conn.SetReadBuffer(readBuffer) // as in dialUDP
	}
	return conn, err
}
