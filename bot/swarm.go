package bot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Behaviour is what the bots of a swarm do once they are in the world.
type Behaviour string

// The behaviours.
const (
	Idle    Behaviour = "idle"    // stand, and say with one AgentUpdate a second that they do
	Walk    Behaviour = "walk"    // AgentUpdate ten times a second, a new heading every 2 s
	Chat    Behaviour = "chat"    // say a line every 5 s
	Churn   Behaviour = "churn"   // log out and in again every 20 s
	Relogin Behaviour = "relogin" // log out and, without waiting for the reply, in again, Rounds times
)

// Behaviours are all of them.
func Behaviours() []Behaviour { return []Behaviour{Idle, Walk, Chat, Churn, Relogin} }

// The rhythms of the behaviours.
const (
	walkPace   = 100 * time.Millisecond
	walkTurn   = 2 * time.Second
	chatPause  = 5 * time.Second
	churnStay  = 20 * time.Second
	walkRate   = 1000 * 1000 // bits per second of all categories
	walkRadius = 40          // metres from where a bot began, within which it stays
)

// Swarm is a load of many bots, the users "First Last0", "First Last1" and so on, who all have the same
// password. It works against every grid that viewers can log in to.
type Swarm struct {
	Login       string // URI
	Bots        int
	Ramp        float64       // logins per second at the beginning; 0: all at once
	For         time.Duration // how long the bots stay after all have tried to log in; not for Relogin
	Behaviour   Behaviour     // Idle when empty
	First, Last string        // "First" and "Bot_" when empty
	Password    string

	// Start is where they log in, as in Options; "last" when empty.
	Start string

	// Loss is the share of datagrams that a Relay loses each way.
	Loss float64

	// Rounds is how often each bot logs out and in again by Relogin.
	Rounds int

	// Leave is the time in which all log out at the end, evenly; 1 s when 0.
	Leave time.Duration

	// NoChildren leaves neighbours alone, so that one region is measured and not its surroundings.
	NoChildren bool

	// Seed decides where bots walk and what is lost.
	Seed uint64

	// HTTP and Dial are as in Options, of all bots; Dial goes before Loss.
	HTTP *http.Client
	Dial func(ctx context.Context, sim netip.AddrPort) (net.Conn, error)
}

func (s *Swarm) fill() error {
	setDefault(&s.Behaviour, Idle)
	setDefault(&s.First, "First")
	setDefault(&s.Last, "Bot_")
	setDefault(&s.Leave, time.Second)
	known := false
	for _, b := range Behaviours() {
		known = known || b == s.Behaviour
	}
	switch {
	case !known:
		return fmt.Errorf("no behaviour %q", s.Behaviour)
	case s.Login == "":
		return errors.New("no login URI")
	case s.Bots < 1:
		return errors.New("a swarm has at least one bot")
	case s.Loss < 0 || s.Loss > 1 || s.Ramp < 0:
		return errors.New("loss is a share from 0 to 1, ramp not negative")
	case s.Behaviour == Relogin && s.Rounds < 1:
		return errors.New("relogin needs a number of rounds")
	}
	return nil
}

// Name is the name of the n-th user, counted from 0.
func (s Swarm) Name(n int) (first, last string) {
	setDefault(&s.First, "First")
	setDefault(&s.Last, "Bot_")
	return s.First, s.Last + strconv.Itoa(n)
}

// Run logs the bots in, lets them live, logs them all out within Leave, and sums up. While it runs it
// calls progress once a second, on its own goroutine; nil is not called. When ctx ends the bots leave at
// once, and what was measured until then is summed up. The error is one of the Swarm's fields; what
// happens to the bots stands in the Summary.
func (s Swarm) Run(ctx context.Context, progress func(Live)) (Summary, error) {
	if err := s.fill(); err != nil {
		return Summary{}, fmt.Errorf("bot: swarm: %w", err)
	}
	r := newRun(s)
	defer r.close()
	var lives sync.WaitGroup
	for n := range s.Bots {
		m := newMember(r, n)
		r.members = append(r.members, m)
		lives.Go(m.live)
	}
	over := make(chan struct{})
	go func() {
		lives.Wait()
		close(over)
	}()
	if progress == nil {
		progress = func(Live) {}
	}
	r.watch(ctx, over, progress)
	return r.summary(), nil
}

// watch takes a swarm through its phases, until all bots have left.
func (r *run) watch(ctx context.Context, over <-chan struct{}, progress func(Live)) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	entered, ended := r.entered(), ctx.Done()
	var stay <-chan time.Time
	for {
		select {
		case <-second.C:
			progress(r.live())
		case <-entered:
			entered = nil
			r.beginMeasuring()
			if r.swarm.Behaviour != Relogin {
				timer := time.NewTimer(r.swarm.For)
				defer timer.Stop()
				stay = timer.C
			}
		case <-stay:
			stay = nil
			r.stop()
		case <-ended:
			ended = nil
			r.stop()
		case <-over:
			return
		}
	}
}
