package circuit

import (
	"bytes"
	"encoding/binary"

	"terrane/wire/packet"
)

// The messages of the circuit itself. Whole bodies, numbers in front:
//
//	StartPingCheck     01           PingID U8, OldestUnacked U32
//	CompletePingCheck  02           PingID U8
//	PacketAck          FF FF FF FB  count U8, ID U32 each
//
// Numbers are little-endian, other than in the header and in appended acknowledgements.
const (
	startPingCheck    = 0x01
	completePingCheck = 0x02
)

var packetAck = []byte{0xff, 0xff, 0xff, 0xfb}

// handle reads a message of the circuit's own and reports whether it was one. One that ends too
// early is counted and has no effect.
func (c *Circuit) handle(body []byte) bool {
	switch {
	case body[0] == startPingCheck:
		if len(body) < 6 {
			c.counts.Malformed++
			break
		}
		c.pings.ask(body[1])
		c.accepted.settle(binary.LittleEndian.Uint32(body[2:]))
	case body[0] == completePingCheck:
		if len(body) < 2 {
			c.counts.Malformed++
			break
		}
		c.pings.answered(body[1], c.clock.now)
	case bytes.HasPrefix(body, packetAck):
		c.handleAcks(body[len(packetAck):])
	default:
		return false
	}
	return true
}

func (c *Circuit) handleAcks(ids []byte) {
	if len(ids) == 0 || len(ids) < 1+4*int(ids[0]) {
		c.counts.Malformed++
		return
	}
	for i := range int(ids[0]) {
		c.acked(binary.LittleEndian.Uint32(ids[1+4*i:]))
	}
}

// header begins an unreliable packet of the circuit's own in scratch.
func (c *Circuit) header() []byte {
	b := append(c.scratch[:0], 0, 0, 0, 0, 0, 0)
	packet.SetSequence(b, c.takeSequence())
	return b
}

func appendStartPing(b []byte, id uint8, oldestUnacked uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(b, startPingCheck, id), oldestUnacked)
}

func appendCompletePing(b []byte, id uint8) []byte { return append(b, completePingCheck, id) }

func appendPacketAck(b []byte, sequences []uint32) []byte {
	b = append(append(b, packetAck...), byte(len(sequences)))
	for _, s := range sequences {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return b
}
