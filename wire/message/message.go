// Package message has the messages of the viewer protocol: what a viewer and a region say to each
// other inside the packets of a circuit.
//
// Each message is a struct with the name, the blocks and the fields of the protocol's template. A
// block that occurs once is a struct; one that occurs a fixed number of times is an array, and one
// that occurs any number of times a slice, of a type named after message and block:
//
//	reply := &message.LogoutReply{InventoryData: []message.LogoutReplyInventoryData{{ItemID: item}}}
//	reply.AgentData.AgentID = agent
//	packet, err := reply.Append(nil)
//
// Numbers are little-endian, except ports. Text is bytes that end in a NUL: [Text], [TextMax] and
// [String] convert. A rotation has three of its four parts on the wire; it is read and written as the
// unit rotation whose W is not negative.
//
// The structs and the tables are generated from the files in def, whose form gen describes. Header,
// zero-coding and acknowledgements of a packet belong to wire/packet.
package message

//go:generate go run ./gen

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
)

// Message is one message of the protocol; every struct that has an ID constant implements it by
// pointer.
type Message interface {
	// ID is the number of the message; it does not depend on the content.
	ID() ID

	// Append appends the message number and the body to b and returns the longer slice. It fails with
	// a [*TooLongError] when a list or the bytes of a field are too long for their length on the wire,
	// and then returns b as it was. Nothing is ever cut off.
	Append(b []byte) ([]byte, error)

	// Parse replaces the content by that of body, which begins after the message number. Blocks
	// missing at the end, as older peers send them, are zero or empty; bytes left over are ignored. A
	// body that ends inside a block fails with a [*MalformedError], and the content is then of no use.
	//
	// Fields of type []byte are slices of body: whoever keeps the message longer than body, copies
	// them. Parse uses the block slices of the former content again: whoever keeps one of them, parses
	// into another struct.
	Parse(body []byte) error
}

var (
	// ErrNoNumber says that a packet ends within its message number, or before it.
	ErrNoNumber = errors.New("message: no message number")

	// ErrUnknown says that no message has the number; errors that wrap it name the number.
	ErrUnknown = errors.New("message: unknown number")
)

// MalformedError says that a body ends inside a block.
type MalformedError struct {
	Message ID
	Block   string // the block, by its name in the template
	Field   string // the first field that is not whole; empty when not even the announced blocks fit
}

// Error names message, block and field.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("message: body ends inside %s", place(e.Message, e.Block, e.Field))
}

// TooLongError says that something has no room in the wire's length of one or two bytes.
type TooLongError struct {
	Message  ID
	Block    string
	Field    string // empty when there are too many blocks
	Len, Max int    // bytes of the field, or number of blocks
}

// Error names message, block and field, and both lengths.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("message: %s has length %d, at most %d can be sent", place(e.Message, e.Block, e.Field), e.Len, e.Max)
}

func place(id ID, block, field string) string {
	if field == "" {
		return fmt.Sprintf("%s.%s", id, block)
	}
	return fmt.Sprintf("%s.%s.%s", id, block, field)
}

// Parse reads a message number and the body after it into a new message. Its errors are
// [ErrNoNumber], [ErrUnknown] and those of [Message].
func Parse(b []byte) (Message, error) {
	id, body, err := ParseID(b)
	if err != nil {
		return nil, err
	}
	m := New(id)
	if m == nil {
		return nil, fmt.Errorf("%w %s", ErrUnknown, id)
	}
	if err := m.Parse(body); err != nil {
		return nil, err
	}
	return m, nil
}

// Frequency is the class of a message number, which decides its length: one byte for High, two for
// Medium, four for Low and Fixed.
type Frequency uint8

// The classes.
const (
	High Frequency = iota + 1
	Medium
	Low
	Fixed
)

// String is the class by its name in the template.
func (f Frequency) String() string {
	switch f {
	case High:
		return "High"
	case Medium:
		return "Medium"
	case Low:
		return "Low"
	case Fixed:
		return "Fixed"
	}
	return fmt.Sprintf("Frequency(%d)", uint8(f))
}

// Sender is who says a message; the values are bits.
type Sender uint8

// The senders. Server is a server of a grid that speaks to another server, never to a viewer.
const (
	Viewer Sender = 1 << iota
	Region
	Server

	Either = Viewer | Region
)

// Deprecation is what the template says about the use of a message over UDP.
type Deprecation uint8

// The grades. UDPDeprecated messages have a better way than UDP, the event queue or a capability, and
// are still read; UDPBlacklisted messages are refused by viewers when they come over UDP.
const (
	Current Deprecation = iota
	Deprecated
	UDPDeprecated
	UDPBlacklisted
)

// Info is what the template says about a message.
type Info struct {
	ID        ID
	Name      string
	Frequency Frequency
	Number    uint16 // within the frequency; of Fixed the last byte, as FB for PacketAck

	// Trusted messages are taken from servers only: one from a viewer is refused.
	Trusted bool

	// ZeroCoded messages are worth zero-coding. A packet says by itself whether it is coded.
	ZeroCoded bool

	Deprecation Deprecation

	// Sender is who says the message in practice, viewers and OpenSimulator taken together.
	Sender Sender
}

// Info returns what is known about the message; false when no message has the number.
func (id ID) Info() (Info, bool) {
	i := sort.Search(len(infos), func(i int) bool { return infos[i].ID >= id })
	if i == len(infos) || infos[i].ID != id {
		return Info{}, false
	}
	return infos[i], true
}

// All yields every message, in the order of ID.
func All() iter.Seq[Info] { return slices.Values(infos[:]) }
