package session

import (
	"encoding/binary"

	"terrane/wire/message"
)

// files are what the viewer has been offered to fetch by Xfer, such as its mute list. It belongs to the
// session's goroutine.
type files struct {
	offered map[string][]byte
	sending map[uint64]*transfer
}

const (
	// filesBound is how many files are kept for one viewer; a new one takes the place of any other.
	filesBound = 16
	// xferPart is how many bytes of a file go into one packet, as in OpenSimulator.
	xferPart = 1000
	// lastPart marks the last packet of a file.
	lastPart = 0x80000000
)

type transfer struct {
	left []byte
	next uint32
}

// offer keeps a file until the viewer fetches it, and answers with the name to fetch it by.
func (f *files) offer(name string, content []byte) string {
	if f.offered == nil {
		f.offered, f.sending = make(map[string][]byte), make(map[uint64]*transfer)
	}
	for old := range f.offered {
		if len(f.offered) < filesBound {
			break
		}
		delete(f.offered, old)
	}
	f.offered[name] = content
	return name
}

// requestXfer begins to send a file. The first packet begins with the file's length.
func (s *Session) requestXfer(m *message.RequestXfer) {
	f := &s.life.files
	name := message.String(m.XferID.Filename)
	content, ok := f.offered[name]
	if !ok || len(f.sending) >= filesBound {
		abort := &message.AbortXfer{}
		abort.XferID.ID, abort.XferID.Result = m.XferID.ID, -1
		s.send(abort, reliable)
		return
	}
	delete(f.offered, name)
	length := binary.LittleEndian.AppendUint32(nil, uint32(len(content)))
	f.sending[m.XferID.ID] = &transfer{left: append(length, content...)}
	s.sendPart(m.XferID.ID)
}

// confirmXfer: the viewer has one part and gets the next.
func (s *Session) confirmXfer(m *message.ConfirmXferPacket) {
	t := s.life.files.sending[m.XferID.ID]
	if t == nil || m.XferID.Packet&^lastPart != t.next-1 {
		return
	}
	if len(t.left) == 0 {
		delete(s.life.files.sending, m.XferID.ID)
		return
	}
	s.sendPart(m.XferID.ID)
}

func (s *Session) abortXfer(m *message.AbortXfer) { delete(s.life.files.sending, m.XferID.ID) }

func (s *Session) sendPart(id uint64) {
	t := s.life.files.sending[id]
	n := min(len(t.left), xferPart)
	m := &message.SendXferPacket{}
	m.XferID.ID, m.XferID.Packet = id, t.next
	m.DataPacket.Data = t.left[:n]
	t.left = t.left[n:]
	t.next++
	if len(t.left) == 0 {
		m.XferID.Packet |= lastPart
	}
	s.send(m, reliable)
}
