// Package bot is a viewer without a window: it logs in, walks, talks, sees others and logs out as the
// official viewer does, in the same order and with the same patience. The end-to-end tests are played
// by it, and [Swarm] makes a load of many; [Relay] is the bad network between it and a region.
//
//	login ─► seed capability ─► UseCircuitCode ─► event queue ─► CompleteAgentMovement ─► in world
//	                                                                                        │
//	          gone ◄─ event queue done ◄─ LogoutReply ◄─ LogoutRequest ◄────────────────────┘
//
// Who does what, in how many goroutines:
//
//	Bot ── root link      one circuit: reads its socket, owns its state, sends AgentUpdate
//	    ├─ event queue    asks again and again
//	    └─ child link     one for each neighbour that the region names,
//	        └─ event queue                                             and its event queue
//
// The root link is the bot's life: when it ends, for whatever reason, all else is ended and waited
// for, and then Done is closed.
package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"terrane/viewer/circuit"
	"terrane/wire/message"
	"terrane/wire/packet"
)

// Why a bot did not come into the world, or did not stay.
var (
	// ErrNoSeed means that the seed capability answered none of four requests.
	ErrNoSeed = errors.New("bot: the seed capability does not answer")

	// ErrNoCircuit means that UseCircuitCode was not acknowledged.
	ErrNoCircuit = errors.New("bot: UseCircuitCode is not acknowledged")

	// ErrNoArrival means that AgentMovementComplete did not come.
	ErrNoArrival = errors.New("bot: no AgentMovementComplete")

	// ErrNoReply means that LogoutReply did not come. The bot has gone all the same.
	ErrNoReply = errors.New("bot: no LogoutReply")

	// ErrDied is how a bot ends by Die, by Close or by the end of a context.
	ErrDied = errors.New("bot: died")

	// ErrDisabled means that the region told the viewer to forget it.
	ErrDisabled = errors.New("bot: DisableSimulator from the root region")

	// ErrUnasked means that the region sent LogoutReply to a bot that had asked for nothing.
	ErrUnasked = errors.New("bot: LogoutReply without a LogoutRequest")

	// ErrGone means that something was asked of a bot that has ended, or has asked to be logged out.
	ErrGone = errors.New("bot: gone")

	// ErrBusy means that too much waits to be sent already; nothing was added.
	ErrBusy = errors.New("bot: too much waits to be sent")
)

// KickedError says that the region threw the bot out.
type KickedError struct {
	Reason string // as a viewer shows it
}

// Error gives the reason.
func (e *KickedError) Error() string { return fmt.Sprintf("bot: kicked: %q", e.Reason) }

// Timings is how long the steps of a login took; those not reached are 0.
type Timings struct {
	Login   time.Duration // from sending the login request to having its answer
	Seed    time.Duration // of the seed capability
	Circuit time.Duration // from UseCircuitCode, first sent, to AgentMovementComplete
}

// Bot is one viewer with one session. Its methods may be called by any goroutine, but Logout, Die and
// Close not from Options.Event.
type Bot struct {
	opts    Options
	http    *http.Client
	session Session
	timings Timings
	root    *link

	ctx     context.Context // ends all that the bot runs
	cancel  context.CancelFunc
	running sync.WaitGroup // everything but the root link
	done    chan struct{}  // closed when nothing runs any more

	mu       sync.Mutex
	over     bool // nothing new is run
	caps     map[string]string
	children map[netip.AddrPort]*link
	why      error // valid when done is closed

	serial uint32 // of the last AgentPause or AgentResume; under mu
}

// Login logs a user in and returns his bot when it is in the world, or at the stage that Options.Stop
// names. The bot does not end with ctx. The error is a *RefusedError when the grid refuses, an
// *AnswerError when a viewer could not use its answer, one of the errors of this package, or one of the
// network.
func Login(ctx context.Context, o Options) (*Bot, error) {
	o.fill()
	b := &Bot{opts: o, http: o.HTTP, done: make(chan struct{}), children: make(map[netip.AddrPort]*link)}
	if b.http == nil {
		b.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	if err := b.enter(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// enter takes the steps of a login in turn.
func (b *Bot) enter(ctx context.Context) error {
	begun := time.Now()
	session, err := requestLogin(ctx, b.http, &b.opts)
	if err != nil {
		return err
	}
	b.session, b.timings.Login = session, time.Since(begun)
	if b.opts.Stop == AfterLogin {
		return nil
	}
	begun = time.Now()
	urls, err := b.requestSeed(ctx, session.Seed)
	if err != nil {
		b.takeBack(ctx)
		return err
	}
	b.caps, b.timings.Seed = urls, time.Since(begun)
	if b.opts.Stop == AfterSeed {
		return nil
	}
	if err := b.openRoot(ctx); err != nil {
		return err
	}
	b.run(func() { b.poll(b.ctx, b.root, urls[eventQueueGet]) })
	if b.opts.Stop == AfterCircuit {
		return nil
	}
	return b.arrive(ctx)
}

// openRoot opens the circuit to the region of the login's answer.
func (b *Bot) openRoot(ctx context.Context) error {
	root, err := newLink(ctx, b, region{b.session.Sim, b.session.Handle()}, true)
	if err != nil {
		return err
	}
	b.root = root
	go b.live()
	return b.await(ctx, root.opened, b.opts.Timeouts.Circuit, ErrNoCircuit)
}

// takeBack asks for the end of a session that has no circuit, as the official viewer does when the seed
// capability fails. Nobody answers, and it may be lost.
func (b *Bot) takeBack(ctx context.Context) {
	conn, err := b.opts.Dial(ctx, b.session.Sim)
	if err != nil {
		return
	}
	defer conn.Close()
	body, err := logoutRequest(&b.session).Append(nil)
	if err != nil {
		return
	}
	if datagram, err := packet.Append(nil, packet.Packet{Flags: packet.Reliable, Sequence: 1, Body: body}); err == nil {
		_, _ = conn.Write(datagram) // may be lost, as was said
	}
}

// arrive becomes the root agent.
func (b *Bot) arrive(ctx context.Context) error {
	m := &message.CompleteAgentMovement{}
	m.AgentData.AgentID, m.AgentData.SessionID = b.session.Agent, b.session.ID
	m.AgentData.CircuitCode = b.session.CircuitCode
	if err := b.root.send(m); err != nil {
		return err
	}
	err := b.await(ctx, b.root.arrived, b.opts.Timeouts.Arrival, ErrNoArrival)
	switch {
	case err == nil:
		b.timings.Circuit = b.root.arrivedAt.Sub(b.root.openedAt)
	case errors.Is(err, ErrNoArrival):
		// The official viewer asks for this, and does not wait for an answer.
		_ = b.RequestLogout(ctx)
	}
	return err
}

// await waits for what the root link will have heard of within limit; late is the error otherwise.
func (b *Bot) await(ctx context.Context, heard <-chan struct{}, limit time.Duration, late error) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-heard:
		return nil
	case <-b.done:
		if b.why == nil {
			return late
		}
		return b.why
	case <-timer.C:
		return late
	case <-ctx.Done():
		return ctx.Err()
	}
}

// live is the goroutine of the root link, and the bot's life.
func (b *Bot) live() {
	why := b.root.serve()
	b.cancel()
	b.mu.Lock()
	b.over = true
	b.mu.Unlock()
	b.running.Wait()
	b.why = why
	close(b.done)
}

// run starts a goroutine of the bot, unless the bot is over.
func (b *Bot) run(f func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.over {
		b.running.Go(f)
	}
	return !b.over
}

// Session is what the grid answered to the login.
func (b *Bot) Session() Session { return b.session }

// Timings is how long the login took.
func (b *Bot) Timings() Timings { return b.timings }

// Done is closed when the bot has ended and nothing of it runs any more.
func (b *Bot) Done() <-chan struct{} { return b.done }

// Err is why the bot ended, once Done is closed: nil after a Logout that was answered. Before that it
// is nil.
func (b *Bot) Err() error {
	select {
	case <-b.done:
		return b.why
	default:
		return nil
	}
}

// Stats are the numbers of the root circuit, also after the bot has ended. They are zero without one.
func (b *Bot) Stats() circuit.Stats {
	if b.root == nil {
		return circuit.Stats{}
	}
	return b.root.desk.numbers()
}

// Send sends a message by the root circuit, reliably and zero-coded if its template says so.
func (b *Bot) Send(m message.Message) error {
	if b.root == nil {
		return ErrGone
	}
	return b.root.send(m)
}

// SendBody sends a message number and a body that nobody has checked by the root circuit.
func (b *Bot) SendBody(body []byte, how circuit.Delivery) error {
	if b.root == nil {
		return ErrGone
	}
	return b.root.post(letter{body: body, how: how})
}
