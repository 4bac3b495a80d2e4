// Package packet is the UDP packet that travels between a viewer and a region: header, zero-coding,
// appended acknowledgements.
//
//	0       1           5     6         6+n
//	+-------+-----------+-----+---------+----------------------+------------------+-----+
//	| flags | sequence  |  n  | n bytes | message number, body | k sequences of 4 |  k  |
//	+-------+-----------+-----+---------+----------------------+------------------+-----+
//	         big-endian        skipped   zero-coded with 0x80   big-endian, with 0x10 only
//
// What is inside the body is the business of the messages; when a packet is sent, sent again or
// acknowledged is the business of a circuit. Nothing here keeps state. What a stranger sends is
// refused without allocating: a refusal is one of the sentinel errors below.
package packet

import (
	"encoding/binary"
	"errors"
	"iter"
)

// Why a packet is refused, on reading or on writing.
var (
	ErrShort    = errors.New("packet: ends before its message number")
	ErrLong     = errors.New("packet: longer than MaxSize")
	ErrAcks     = errors.New("packet: appended acknowledgements do not fit")
	ErrZeroCode = errors.New("packet: run of zeros without a length")
)

// Flags is the first byte of a packet. Its low four bits have no meaning and are kept as they came.
type Flags uint8

// The flags that have a meaning.
const (
	ZeroCoded Flags = 0x80 // the body travels zero-coded
	Reliable  Flags = 0x40 // the receiver acknowledges the sequence number each time it comes
	Resent    Flags = 0x20 // the same sequence number has been sent before
	HasAcks   Flags = 0x10 // acknowledgements stand behind the body
)

// Has reports whether all flags of x are set in f.
func (f Flags) Has(x Flags) bool { return f&x == x }

// HeaderSize is what stands before the message number, in bytes, when the extra header is empty.
const HeaderSize = 6

// Packet is one packet, its zero-coding undone.
type Packet struct {
	Flags    Flags
	Sequence uint32 // counts modulo 2^24 in viewers; all 32 bits are kept, to be acknowledged as they came
	Body     []byte // message number and body; never empty
	Acks     Acks   // sequence numbers the sender acknowledges; empty without HasAcks
}

// Acks are sequence numbers as they travel behind a body, four bytes big-endian each.
type Acks []byte

// Len is how many there are.
func (a Acks) Len() int { return len(a) / ackSize }

// All yields them in the order they were written.
func (a Acks) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for ; len(a) >= ackSize; a = a[ackSize:] {
			if !yield(binary.BigEndian.Uint32(a)) {
				return
			}
		}
	}
}

// Parse reads one datagram. Body and Acks are parts of datagram, so that nothing is allocated,
// unless the body was zero-coded: then it has memory of its own, no more than MaxSize. The error
// is ErrShort, ErrLong, ErrAcks or ErrZeroCode.
func Parse(datagram []byte) (Packet, error) {
	if len(datagram) > MaxSize {
		return Packet{}, ErrLong
	}
	if len(datagram) <= HeaderSize {
		return Packet{}, ErrShort
	}
	p := Packet{Flags: Flags(datagram[0]), Sequence: binary.BigEndian.Uint32(datagram[1:5])}
	start, end := HeaderSize+int(datagram[5]), len(datagram)
	if start >= end {
		return Packet{}, ErrShort
	}
	if p.Flags.Has(HasAcks) {
		end -= 1 + ackSize*int(datagram[end-1])
		if start >= end {
			return Packet{}, ErrAcks
		}
		p.Acks = Acks(datagram[end : len(datagram)-1 : len(datagram)-1])
	}
	p.Body = datagram[start:end:end]
	if p.Flags.Has(ZeroCoded) {
		body, err := zeroDecode(p.Body)
		if err != nil {
			return Packet{}, err
		}
		p.Body = body
	}
	return p, nil
}

// Append writes p behind b and returns the longer slice. The body is zero-coded if p asks for it
// and it becomes shorter so; otherwise the flag is cleared on the wire. HasAcks follows from Acks.
// The error is ErrShort for an empty body, ErrLong for what no receiver has room for, ErrAcks for
// more acknowledgements than the count can say; b is then as it was.
func Append(b []byte, p Packet) ([]byte, error) {
	switch {
	case len(p.Body) == 0:
		return b, ErrShort
	case len(p.Acks) > MaxAcks*ackSize || len(p.Acks)%ackSize != 0:
		return b, ErrAcks
	case HeaderSize+len(p.Body) > MaxSize:
		return b, ErrLong
	}
	head := len(b)
	b = append(b, byte(p.Flags&^(ZeroCoded|HasAcks)), 0, 0, 0, 0, 0)
	SetSequence(b[head:], p.Sequence)
	coded := false
	if p.Flags.Has(ZeroCoded) {
		b, coded = appendZeroCoded(b, p.Body)
	}
	if coded {
		b[head] |= byte(ZeroCoded)
	} else {
		b = append(b, p.Body...)
	}
	if len(p.Acks) > 0 {
		b[head] |= byte(HasAcks)
		b = append(b, p.Acks...)
		b = append(b, byte(p.Acks.Len()))
	}
	if len(b)-head > MaxSize {
		return b[:head], ErrLong
	}
	return b, nil
}

// SetSequence gives a written packet another sequence number.
func SetSequence(datagram []byte, sequence uint32) {
	binary.BigEndian.PutUint32(datagram[1:5], sequence)
}

// MarkResent says in a written packet that it has been sent before.
func MarkResent(datagram []byte) { datagram[0] |= byte(Resent) }

// AppendAcks puts acknowledgements, at most MaxAcks, behind a written packet that has none yet, and
// returns the longer slice.
func AppendAcks(datagram []byte, sequences []uint32) []byte {
	datagram[0] |= byte(HasAcks)
	for _, s := range sequences {
		datagram = binary.BigEndian.AppendUint32(datagram, s)
	}
	return append(datagram, byte(len(sequences)))
}
