package packet

// MTU is what a datagram should not exceed, in bytes, acknowledgements included. It is the official
// viewer's own limit, and passes every usual path without being cut in pieces. One message that
// cannot be divided, as a single large object update, may go beyond it.
const MTU = 1200

// MaxSize is what a datagram must not exceed, in bytes, neither as it travels nor as header and body
// with the zero-coding undone: the official viewer receives and decodes into buffers of this size.
const MaxSize = 0x2000

// MaxAcks is how many acknowledgements one packet can carry behind its body: their count is a byte.
const MaxAcks = 255

// ackSize is how many bytes an appended acknowledgement takes.
const ackSize = 4

// maxRun is how many zeros one pair of bytes can stand for.
const maxRun = 255
