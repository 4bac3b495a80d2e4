package circuit

import "time"

// outgoing is one message on its way: in a queue, then, if reliable, in flight, and in the end spare.
type outgoing struct {
	datagram []byte // encoded; gets its sequence number when it first goes out
	how      Delivery
	sequence uint32
	sent     int           // how often
	first    time.Duration // when it was sent first
	due      time.Duration // when it is sent again
	next     *outgoing     // in its queue, or among the spare
}

// queue holds the messages of one category, oldest first.
type queue struct {
	head, tail     *outgoing
	packets, bytes int
}

// room reports whether one more of size bytes stays within MaxQueuePackets and MaxQueueBytes.
func (q *queue) room(size int) bool {
	return q.packets < MaxQueuePackets && q.bytes+size <= MaxQueueBytes
}

func (q *queue) push(o *outgoing) {
	if q.head == nil {
		q.head = o
	} else {
		q.tail.next = o
	}
	q.tail = o
	q.packets++
	q.bytes += len(o.datagram)
}

func (q *queue) pop() *outgoing {
	o := q.head
	q.head, o.next = o.next, nil
	q.packets--
	q.bytes -= len(o.datagram)
	return o
}

// pool keeps what was sent for reuse, no more than maxSpare of them.
type pool struct {
	head  *outgoing
	count int
}

func (p *pool) get() *outgoing {
	o := p.head
	if o == nil {
		return new(outgoing)
	}
	p.head, o.next = o.next, nil
	p.count--
	return o
}

func (p *pool) put(o *outgoing) {
	if p.count == maxSpare {
		return
	}
	*o = outgoing{datagram: o.datagram[:0], next: p.head}
	if cap(o.datagram) > spareSize {
		o.datagram = nil
	}
	p.head = o
	p.count++
}
