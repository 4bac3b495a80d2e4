package session

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
)

// datagramSize is the longest datagram that is read; viewers send no more than 1500 bytes. What is
// longer arrives cut, and is refused as malformed.
const datagramSize = 4096

// batchReader reads many datagrams with one call to the system.
type batchReader struct {
	conn     *ipv4.PacketConn
	messages []ipv4.Message
}

func newBatchReader(conn *net.UDPConn) *batchReader {
	r := &batchReader{conn: ipv4.NewPacketConn(conn), messages: make([]ipv4.Message, readBatch)}
	for i := range r.messages {
		r.messages[i].Buffers = [][]byte{make([]byte, datagramSize)}
	}
	return r
}

// next waits for datagrams and gives each to take, which must not keep it.
func (r *batchReader) next(take func(from netip.AddrPort, datagram []byte)) error {
	n, err := r.conn.ReadBatch(r.messages, 0)
	if err != nil {
		return err
	}
	for _, m := range r.messages[:n] {
		from, ok := m.Addr.(*net.UDPAddr)
		if !ok {
			continue
		}
		a := from.AddrPort()
		take(netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), m.Buffers[0][:m.N])
	}
	return nil
}

// batchWriter sends what one session has to say with few calls to the system.
type batchWriter struct {
	conn     *ipv4.PacketConn
	to       net.UDPAddr
	messages []ipv4.Message // buffers are used again
	n        int
	metrics  *Metrics
}

// writeBatch is how many datagrams are sent in one call.
const writeBatch = 32

func newBatchWriter(conn *net.UDPConn, m *Metrics) *batchWriter {
	return &batchWriter{conn: ipv4.NewPacketConn(conn), metrics: m}
}

// begin says where the next datagrams go.
func (w *batchWriter) begin(to netip.AddrPort) {
	w.to.IP = append(w.to.IP[:0], to.Addr().AsSlice()...)
	w.to.Port = int(to.Port())
}

// add takes a copy of a datagram.
func (w *batchWriter) add(datagram []byte) {
	if w.n == len(w.messages) {
		w.messages = append(w.messages, ipv4.Message{Buffers: [][]byte{nil}, Addr: &w.to})
	}
	m := &w.messages[w.n]
	m.Buffers[0] = append(m.Buffers[0][:0], datagram...)
	w.n++
	if w.n == writeBatch {
		w.send()
	}
}

// send sends what was added. What the system does not take is lost, as on any network; what is
// reliable comes again.
func (w *batchWriter) send() {
	rest := w.messages[:w.n]
	for len(rest) > 0 {
		n, err := w.conn.WriteBatch(rest, 0)
		if err != nil {
			w.metrics.refused("write")
			n = 1
		}
		for _, m := range rest[:n] {
			w.metrics.packetOut(len(m.Buffers[0]))
		}
		rest = rest[n:]
	}
	w.n = 0
}
