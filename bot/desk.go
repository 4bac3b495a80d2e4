package bot

import (
	"sync"
	"time"

	"terrane/viewer/circuit"
	"terrane/wire/message"
)

// maxLetters is how many messages may wait for a link's goroutine; then there is ErrBusy.
const maxLetters = 256

// letter is a message that another goroutine wants to be sent.
type letter struct {
	body   []byte // number and body
	how    circuit.Delivery
	logout bool // it is a LogoutRequest
}

// write makes a letter of a message. Whether it is zero-coded is the template's choice.
func write(m message.Message, how circuit.Delivery) (letter, error) {
	body, err := m.Append(nil)
	if err != nil {
		return letter{}, err
	}
	info, _ := m.ID().Info() // every message type has one
	how.ZeroCoded = info.ZeroCoded
	return letter{body: body, how: how}, nil
}

// desk is where other goroutines leave what they want of a link, and find its numbers.
type desk struct {
	wake chan struct{} // room for one; what a frozen link waits for

	mu      sync.Mutex
	letters []letter // no more than maxLetters
	body    body
	frozen  bool // the link serves its socket no more
	leaving bool // there is or was a LogoutRequest among the letters: no others are taken
	closed  bool // nobody looks here any more
	stats   circuit.Stats
}

func newDesk(every time.Duration) desk {
	return desk{wake: make(chan struct{}, 1), body: body{every: every}}
}

func (d *desk) put(letters ...letter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, letter := range letters {
		switch {
		case d.closed || d.leaving && !letter.logout:
			return ErrGone
		case len(d.letters) >= maxLetters:
			return ErrBusy
		}
		d.letters = append(d.letters, letter)
		d.leaving = d.leaving || letter.logout
	}
	return nil
}

// take empties the desk.
func (d *desk) take() (letters []letter, frozen bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	letters, d.letters = d.letters, nil
	return letters, d.frozen
}

// stirred reports whether there is something to do before the next packet.
func (d *desk) stirred() bool {
	select {
	case <-d.wake:
		return true
	default:
		return false
	}
}

// ring wakes whoever waits for the desk.
func (d *desk) ring() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *desk) publish(s circuit.Stats) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats = s
}

func (d *desk) numbers() circuit.Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

func (d *desk) close(s circuit.Stats) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed, d.letters, d.stats = true, nil, s
}
