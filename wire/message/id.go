package message

import (
	"encoding/binary"
	"fmt"
)

// ID is a message number: its bytes on the wire, read as one big-endian number. ChatFromViewer, Low
// 80, travels as FF FF 00 50 and is 0xFFFF0050; AgentUpdate, High 4, travels as 04 and is 4. Values
// that are no message's number are legal and unknown.
type ID uint32

// String is the name of the message, or the number in hexadecimal.
func (id ID) String() string {
	if i, ok := id.Info(); ok {
		return i.Name
	}
	return fmt.Sprintf("%#x", uint32(id))
}

// ParseID reads the message number at the start of a packet's (decoded) payload and returns it with
// the body after it, a slice of b. The number need not be that of a message. It fails with
// [ErrNoNumber] alone.
func ParseID(b []byte) (id ID, body []byte, err error) {
	switch {
	case len(b) >= 1 && b[0] != 0xff:
		return ID(b[0]), b[1:], nil
	case len(b) >= 2 && b[1] != 0xff:
		return ID(binary.BigEndian.Uint16(b)), b[2:], nil
	case len(b) >= 4:
		return ID(binary.BigEndian.Uint32(b)), b[4:], nil
	}
	return 0, nil, ErrNoNumber
}

func appendID(b []byte, id ID) []byte {
	switch {
	case id <= 0xff:
		return append(b, byte(id))
	case id <= 0xffff:
		return binary.BigEndian.AppendUint16(b, uint16(id))
	}
	return binary.BigEndian.AppendUint32(b, uint32(id))
}
