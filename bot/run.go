package bot

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terrane/viewer/circuit"

	"github.com/google/uuid"
)

// run is a swarm under way: what its members have in common, and what is measured.
type run struct {
	swarm   Swarm
	http    *http.Client
	dial    func(context.Context, netip.AddrPort) (net.Conn, error)
	relay   *Relay // nil without Loss
	begun   time.Time
	members []*member // complete before watch

	ctx      context.Context // of logins; ends with the swarm's stop
	cancel   context.CancelFunc
	stopping chan struct{} // closed when the bots are to leave
	once     sync.Once
	arrivals sync.WaitGroup // members who have not tried to log in yet

	logins, circuits, movements, chats, logouts, vanishings durations
	unseen, unheard, noReply, relogins, firstTry            atomic.Uint64
	settled                                                 atomic.Bool // all have tried to log in: echoes count

	rates    rates    // of Run's goroutine
	lastLive struct { // also
		at      time.Time
		in, out uint64 // packets
	}

	mu       sync.Mutex
	gone     map[uuid.UUID]time.Time // when an agent asked to be logged out last
	ended    circuit.Stats           // of all bots that have ended
	errors   map[string]uint64       // by kind
	examples map[string]string       // the first error of each kind
}

func newRun(s Swarm) *run {
	r := &run{
		swarm: s, http: s.HTTP, dial: s.Dial, begun: time.Now(),
		stopping: make(chan struct{}), gone: make(map[uuid.UUID]time.Time), errors: make(map[string]uint64), examples: make(map[string]string),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.arrivals.Add(s.Bots)
	if r.http == nil {
		// Every bot has a request for events open in every region that it sees.
		r.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4 * s.Bots}}
	}
	if r.dial == nil && s.Loss > 0 {
		r.relay = NewRelay(s.Seed)
		r.relay.SetLoss(s.Loss)
		r.dial = r.relay.Dial
	}
	return r
}

func (r *run) close() {
	r.cancel()
	if r.relay != nil {
		r.relay.Close()
	}
	if r.swarm.HTTP == nil {
		r.http.CloseIdleConnections()
	}
}

// entered is closed when every member has tried to log in.
func (r *run) entered() <-chan struct{} {
	entered := make(chan struct{})
	go func() {
		r.arrivals.Wait()
		close(entered)
	}()
	return entered
}

// stop makes the bots leave, and ends logins that are under way.
func (r *run) stop() {
	r.once.Do(func() {
		r.endMeasuring()
		close(r.stopping)
		r.cancel()
	})
}

func (r *run) isStopping() bool { return isClosed(r.stopping) }

// failed counts a login that did not succeed. One that was cut short by the swarm's stop is none.
func (r *run) failed(err error) {
	if errors.Is(err, context.Canceled) && r.isStopping() {
		return
	}
	r.count(err)
}

func (r *run) count(err error) {
	kind := errorKind(err)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.errors[kind]++; r.errors[kind] == 1 {
		r.examples[kind] = err.Error()
	}
}

// relogged counts a round of Relogin.
func (r *run) relogged(atOnce bool) {
	r.relogins.Add(1)
	if atOnce {
		r.firstTry.Add(1)
	}
}

// departs notes that an agent is about to ask to be logged out.
func (r *run) departs(agent uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone[agent] = time.Now()
}

// sawGone measures how long an agent was to be seen after it had asked to be logged out.
func (r *run) sawGone(agent uuid.UUID) {
	r.mu.Lock()
	at, ok := r.gone[agent]
	r.mu.Unlock()
	if ok {
		r.vanishings.add(time.Since(at))
	}
}

// left counts a bot that has ended.
func (r *run) left(b *Bot, took time.Duration, err error) {
	switch {
	case err == nil:
		r.logouts.add(took)
	case errors.Is(err, ErrNoReply):
		r.noReply.Add(1)
	default:
		r.count(err)
	}
	s := b.Stats()
	r.mu.Lock()
	defer r.mu.Unlock()
	addStats(&r.ended, &s)
}

func addStats(to, s *circuit.Stats) {
	to.PacketsIn += s.PacketsIn
	to.PacketsOut += s.PacketsOut
	to.BytesIn += s.BytesIn
	to.BytesOut += s.BytesOut
	to.Duplicates += s.Duplicates
	to.Resent += s.Resent
	to.Lost += s.Lost
}

// packets are the numbers of all bots, and how many are in world.
func (r *run) packets() (all circuit.Stats, in int) {
	r.mu.Lock()
	all = r.ended
	r.mu.Unlock()
	for _, m := range r.members {
		if b := m.current(); b != nil {
			in++
			s := b.Stats()
			addStats(&all, &s)
		}
	}
	return all, in
}

// errorKind is what errors are counted by.
func errorKind(err error) string {
	var refused *RefusedError
	var kicked *KickedError
	var answer *AnswerError
	switch {
	case errors.As(err, &refused):
		return refusedKind + refused.Reason
	case errors.As(err, &kicked):
		return "kicked"
	case errors.As(err, &answer):
		return "login answer: " + answer.Field
	case errors.Is(err, ErrNoSeed):
		return "no seed"
	case errors.Is(err, ErrNoCircuit):
		return "no circuit"
	case errors.Is(err, ErrNoArrival):
		return "no arrival"
	case errors.Is(err, ErrDisabled):
		return "disabled"
	case errors.Is(err, circuit.ErrSilent):
		return "region silent"
	case errors.Is(err, circuit.ErrTooSlow):
		return "region too slow"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, new(net.Error)):
		return "network"
	}
	return "other"
}

// refusedKind begins the kinds of refused logins.
const refusedKind = "login refused: "

// live is how the swarm does at the moment. Only Run's goroutine calls it.
func (r *run) live() Live {
	now := time.Now()
	all, in := r.packets()
	l := Live{
		Elapsed: now.Sub(r.begun), InWorld: in, Bots: r.swarm.Bots,
		Login: r.logins.spread(), Echo: r.movements.spread(), Logout: r.logouts.spread(),
	}
	if r.swarm.Behaviour == Chat {
		l.Echo = r.chats.spread()
	}
	if took := now.Sub(r.lastLive.at).Seconds(); took > 0 && !r.lastLive.at.IsZero() {
		// A bot that leaves is not counted for a moment.
		l.PacketsIn = max(0, float64(all.PacketsIn)-float64(r.lastLive.in)) / took
		l.Out = max(0, float64(all.PacketsOut)-float64(r.lastLive.out)) / took
	}
	r.lastLive.at, r.lastLive.in, r.lastLive.out = now, all.PacketsIn, all.PacketsOut
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.errors {
		l.Errors += n
	}
	return l
}

// summary is what was measured. All members have left.
func (r *run) summary() Summary {
	s := Summary{
		Behaviour: r.swarm.Behaviour, Bots: r.swarm.Bots, Took: time.Since(r.begun),
		Login: r.logins.spread(), Circuit: r.circuits.spread(), Movement: r.movements.spread(), Chat: r.chats.spread(),
		Logout: r.logouts.spread(), Gone: r.vanishings.spread(), Updates: r.rates.spread(),
		Relogins: r.relogins.Load(), FirstTry: r.firstTry.Load(),
		Missing: Missing{Movements: r.unseen.Load(), Chats: r.unheard.Load(), Logouts: r.noReply.Load()},
		Errors:  r.errors, Examples: r.examples,
	}
	for kind, n := range r.errors {
		if strings.HasPrefix(kind, refusedKind) {
			s.Refused += n
		}
	}
	all, _ := r.packets()
	s.Traffic = Traffic{
		PacketsIn: all.PacketsIn, PacketsOut: all.PacketsOut, BytesIn: all.BytesIn, BytesOut: all.BytesOut,
		Resent: all.Resent, Duplicates: all.Duplicates, GivenUp: all.Lost,
	}
	return s
}
