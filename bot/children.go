package bot

import (
	"context"
	"encoding/binary"
	"net/netip"

	"terrane/wire/llsd"
)

// region is where a region is, on the network and in the grid.
type region struct {
	sim    netip.AddrPort
	handle uint64
}

// links are the circuits of the bot, the root's first.
func (b *Bot) links() []*link {
	if b.root == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*link, 1, 1+len(b.children))
	all[0] = b.root
	for _, l := range b.children {
		all = append(all, l)
	}
	return all
}

// Neighbours are the handles of the regions that the bot has a child agent in, in no order.
func (b *Bot) Neighbours() []uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	handles := make([]uint64, 0, len(b.children))
	for _, l := range b.children {
		if isClosed(l.opened) {
			handles = append(handles, l.handle)
		}
	}
	return handles
}

// enableSimulator opens circuits to neighbours. One that is there already is left alone.
func (b *Bot) enableSimulator(ctx context.Context, body llsd.Map) {
	for _, info := range body.Array("SimulatorInfo").Maps() {
		ip, ok := netip.AddrFromSlice(info.Bytes("IP"))
		handle := info.Bytes("Handle")
		if !ok || len(handle) != 8 {
			continue // a viewer would read 0, and find no region there
		}
		b.openChild(ctx, region{
			netip.AddrPortFrom(ip, uint16(info.Int("Port"))), binary.BigEndian.Uint64(handle),
		})
	}
}

func (b *Bot) openChild(ctx context.Context, to region) {
	if b.child(to.sim) != nil || to.sim == b.session.Sim {
		return
	}
	l, err := newLink(ctx, b, to, false)
	if err != nil {
		return // as if the neighbour did not answer
	}
	b.mu.Lock()
	b.children[to.sim] = l
	b.mu.Unlock()
	living := b.run(func() {
		// Why a neighbour is lost is of no consequence: the region names it again.
		_ = l.serve()
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.children, to.sim)
	})
	if !living {
		l.close()
	}
}

func (b *Bot) child(at netip.AddrPort) *link {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.children[at]
}

// establishCommunication asks a neighbour for its capabilities, and for its events from then on.
func (b *Bot) establishCommunication(body llsd.Map) {
	at, err := netip.ParseAddrPort(body.String("sim-ip-and-port"))
	if err != nil {
		return
	}
	l, seed := b.child(at), body.String("seed-capability")
	if l == nil || seed == "" {
		return
	}
	b.run(func() {
		urls, err := b.requestSeed(l.ctx, seed)
		if err != nil {
			b.tell(QueueLost{Region: l.handle, Err: err})
			return
		}
		b.poll(l.ctx, l, urls[eventQueueGet])
	})
}
