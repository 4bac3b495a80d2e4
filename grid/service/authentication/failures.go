package authentication

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

const (
	// freeForAccount and freeForAddress are how many failures cost no waiting. Behind one address there may be a
	// whole school.
	freeForAccount = 5
	freeForAddress = 20
	// firstWait follows the last free failure, and each further one doubles it up to longestWait.
	firstWait   = 10 * time.Second
	longestWait = 5 * time.Minute
	// forgiveness is the time in which one failure is forgotten. It is longestWait, so that who keeps
	// guessing stays at one guess in that time.
	forgiveness = longestWait
	// maxSubjects bounds the memory; who failed longest ago is forgotten first.
	maxSubjects = 4096
)

// subject is whose failures are counted together: an account, or an address.
type subject struct {
	account uuid.UUID
	network netip.Prefix // zero for an account
}

func ofAccount(id uuid.UUID) subject { return subject{account: id} }

// ofAddress counts an IPv6 address with all of its /64: that is what one customer is given.
func ofAddress(a netip.Addr) subject {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	network, err := a.Prefix(bits)
	if err != nil {
		return subject{} // cannot be: bits fit the address
	}
	return subject{network: network}
}

func (s subject) free() int {
	if s.network.IsValid() {
		return freeForAddress
	}
	return freeForAccount
}

// subjects are those that an attempt is counted for.
func subjects(a grid.Attempt) []subject {
	all := []subject{ofAccount(a.Account)}
	if a.Address.IsValid() {
		all = append(all, ofAddress(a.Address))
	}
	return all
}

// failures counts failed attempts.
type failures struct {
	mu    sync.Mutex // guards what follows
	known map[subject]*list.Element
	order *list.List // of *tally, who failed last comes first
}

type tally struct {
	subject
	count int
	last  time.Time // of the latest failure
	until time.Time // nothing is looked at before
}

func newFailures() *failures {
	return &failures{known: map[subject]*list.Element{}, order: list.New()}
}

// wait is how long the subjects have to wait until an attempt is looked at.
func (f *failures) wait(now time.Time, subjects ...subject) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var longest time.Duration
	for _, s := range subjects {
		if e, known := f.known[s]; known {
			longest = max(longest, e.Value.(*tally).until.Sub(now))
		}
	}
	return longest
}

// add counts a failure.
func (f *failures) add(now time.Time, subjects ...subject) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range subjects {
		e, known := f.known[s]
		if !known {
			e = f.order.PushFront(&tally{subject: s, last: now})
			f.known[s] = e
		}
		e.Value.(*tally).add(now)
		f.order.MoveToFront(e)
	}
	for f.order.Len() > maxSubjects {
		oldest := f.order.Remove(f.order.Back()).(*tally)
		delete(f.known, oldest.subject)
	}
}

func (t *tally) add(now time.Time) {
	forgiven := int(max(0, now.Sub(t.last)) / forgiveness)
	t.count = max(0, t.count-forgiven) + 1
	t.last = now
	if over := t.count - t.free(); over >= 0 {
		t.until = now.Add(min(longestWait, firstWait<<min(over, 10)))
	}
}

// forget takes back all that was counted for a subject.
func (f *failures) forget(s subject) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e, known := f.known[s]; known {
		f.order.Remove(e)
		delete(f.known, s)
	}
}
