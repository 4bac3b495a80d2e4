package parcel

import "github.com/google/uuid"

// overlaySize is how many squares one ParcelOverlay has.
const overlaySize = 1024

// The bytes of ParcelOverlay: in the low bits whose the square is to the agent, and what there is
// about it.
const (
	public       = 0
	othersOwn    = 1
	groupsOwn    = 2
	agentsOwn    = 3
	forSale      = 4
	inAuction    = 5
	hidesAvatars = 0x10
	keepsSound   = 0x20
	borderWest   = 0x40
	borderSouth  = 0x80
)

// Overlay returns the Data of each ParcelOverlay for an agent, of 1024 bytes each, in the order of
// SequenceID from 0: 4 for a region of 256 m. There is a byte for each square, row by row from the
// south.
func (m *Map) Overlay(v Visitor) [][]byte {
	looks := make(map[int32]byte, len(m.parcels))
	for id, p := range m.parcels {
		looks[id] = p.look(v)
	}
	data := make([]byte, len(m.squares))
	for i, id := range m.squares {
		data[i] = looks[id] | m.borders(i)
	}
	var messages [][]byte
	for ; len(data) > 0; data = data[overlaySize:] {
		messages = append(messages, data[:overlaySize:overlaySize])
	}
	return messages
}

// look is a square's byte without borders.
func (p *Parcel) look(v Visitor) byte {
	var look byte
	switch {
	case p.OwnedBy(v.Agent):
		look = agentsOwn
	case p.GroupOwned && v.in(p.Owner):
		look = groupsOwn
	case p.AuctionID != 0:
		look = inAuction
	case p.mayBuy(v):
		look = forSale
	case p.Owner != uuid.Nil:
		look = othersOwn
	default:
		look = public
	}
	if !p.SeeAvatars {
		look |= hidesAvatars
	}
	if p.Flags.Has(SoundLocal) {
		look |= keepsSound
	}
	return look
}

// mayBuy reports whether p is for sale to v.
func (p *Parcel) mayBuy(v Visitor) bool {
	return p.Flags.Has(ForSale) && (p.Buyer == uuid.Nil || p.Buyer == v.Agent)
}

// borders has the sides of square i on which it meets another parcel or the region's edge.
func (m *Map) borders(i int) (borders byte) {
	if i%m.across == 0 || m.squares[i-1] != m.squares[i] {
		borders |= borderWest
	}
	if i < m.across || m.squares[i-m.across] != m.squares[i] {
		borders |= borderSouth
	}
	return borders
}
