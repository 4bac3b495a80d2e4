package circuit

// memory knows which reliable sequence numbers were accepted. It keeps at least the MinRemembered
// last of them, and older ones for as long as the peer may send them again by what it says of its
// oldest unacknowledged packet, up to MaxRemembered.
//
// That number is no more than a leave to forget. To take all below it for accepted would lose
// messages: node-metaverse names what was last sent longest ago, which need not be the oldest, and
// both it and libopenmetaverse say 0 when nothing waits.
type memory struct {
	known  map[uint32]struct{}
	order  []uint32 // as accepted; those before oldest are forgotten
	oldest int

	settled uint32 // the peer sends nothing before this again
}

func (m *memory) has(sequence uint32) bool {
	_, ok := m.known[sequence]
	return ok
}

func (m *memory) add(sequence uint32) {
	if m.has(sequence) {
		return
	}
	if m.known == nil {
		m.known = make(map[uint32]struct{})
	}
	m.known[sequence] = struct{}{}
	m.order = append(m.order, sequence)
	for len(m.known) > MaxRemembered || len(m.known) > MinRemembered && before(m.order[m.oldest], m.settled) {
		delete(m.known, m.order[m.oldest])
		m.oldest++
	}
	if m.oldest > len(m.order)/2 {
		m.order = m.order[:copy(m.order, m.order[m.oldest:])]
		m.oldest = 0
	}
}

// settle takes the oldest sequence number that the peer still may send again.
func (m *memory) settle(oldest uint32) { m.settled = oldest }
