package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"terrane/viewer/circuit"
	"terrane/wire/message"
	"terrane/wire/packet"
)

const (
	// viewerSilence is how long an official viewer waits for a word of a region.
	viewerSilence = 100 * time.Second

	// viewerTries is how often it sends a reliable packet.
	viewerTries = 4

	// maxFaults is how many reads in a row may fail before a socket is no good.
	maxFaults = 100
)

// The official viewer's times of sending again, as they are while pings take less than 200 ms.
var (
	resends     = []time.Duration{1 * time.Second, 2 * time.Second, 3 * time.Second}
	openResends = []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second}
)

var (
	reliably   = circuit.Delivery{Category: circuit.Control, Reliable: true, Resend: resends}
	unreliably = circuit.Delivery{Category: circuit.Control}
)

// link is one circuit and its goroutine, which runs serve. Everything belongs to that goroutine, but for
// what says otherwise.
type link struct {
	bot    *Bot
	handle uint64 // of the region
	root   bool

	ctx     context.Context
	cancel  context.CancelFunc
	conn    net.Conn
	circuit *circuit.Circuit
	armed   time.Time // the read deadline, unless rouse has changed it; zero when it has passed
	buffers

	desk desk // what others want; anybody's
	view view // what is seen; anybody may look

	steered steered
	next    time.Time // of the next AgentUpdate; zero while there is none
	leaving time.Time // LogoutRequest was first sent
	ended   bool      // serve is to return reason
	reason  error     // also before it has ended, of a bot that the region made leave

	// The times belong to whoever has seen the channel beside them closed.
	opened    chan struct{} // the circuit is open
	openedAt  time.Time     // UseCircuitCode was first sent
	arrived   chan struct{} // AgentMovementComplete came
	arrivedAt time.Time
	asked     chan struct{} // LogoutRequest has been handed to the socket

	answered  atomic.Bool   // LogoutReply came
	replyTook time.Duration // after LogoutRequest; anybody's when serve has returned
}

// buffers are used again for each packet.
type buffers struct {
	datagram []byte // as received
	scratch  []byte // a message to be sent
	update   message.AgentUpdate
	terse    message.ImprovedTerseObjectUpdate
}

// newLink opens the way to a region. Whoever calls it sees to it that serve is run, which closes the way.
func newLink(ctx context.Context, b *Bot, to region, root bool) (*link, error) {
	conn, err := b.opts.Dial(ctx, to.sim)
	if err != nil {
		return nil, fmt.Errorf("bot: way to %s: %w", to.sim, err)
	}
	l := &link{
		bot: b, handle: to.handle, root: root, conn: conn,
		buffers: buffers{datagram: make([]byte, packet.MaxSize+1)},
		desk:    newDesk(b.opts.Every),
		view:    view{avatars: make(map[uint32]*seen)},
		opened:  make(chan struct{}), arrived: make(chan struct{}), asked: make(chan struct{}),
	}
	l.ctx, l.cancel = context.WithCancel(b.ctx)
	l.circuit = circuit.New(circuit.Config{
		FirstSequence: 1, AppendAcks: true, Tries: viewerTries, Silence: viewerSilence,
	}, time.Now())
	return l, nil
}

// serve opens the circuit, looks after it until it ends, and says why it did.
func (l *link) serve() error {
	defer l.close()
	stop := context.AfterFunc(l.ctx, l.rouse)
	defer stop()
	l.useCircuitCode()
	for faults := 0; ; {
		now := time.Now()
		asleep := l.takeLetters(now)
		l.updateAgent(now)
		err := l.flush(now)
		switch {
		case l.ended:
			return l.reason
		case l.ctx.Err() != nil:
			return ErrDied
		case err != nil:
			return err
		case asleep:
			<-l.desk.wake
			continue
		}
		l.arm(now)
		if l.desk.stirred() {
			continue
		}
		n, err := l.conn.Read(l.datagram)
		switch {
		case err == nil:
			faults = 0
			l.receive(l.datagram[:n], time.Now())
		case errors.Is(err, os.ErrDeadlineExceeded):
			l.armed = time.Time{}
		case faults == maxFaults:
			return err
		default:
			faults++ // such as a port that nobody listens at, for the moment
		}
	}
}

// close ends everything of the link.
func (l *link) close() {
	l.cancel()
	// Nothing can be done about a socket that does not close.
	_ = l.conn.Close()
	l.desk.close(l.circuit.Stats())
}

// end makes serve return once what is due has been sent. The first reason counts.
func (l *link) end(reason error) {
	if !l.ended {
		l.ended, l.reason = true, reason
	}
}

// flush sends what is due, and notices when something has been waited for in vain.
func (l *link) flush(now time.Time) error {
	if !l.leaving.IsZero() && now.Sub(l.leaving) >= l.bot.opts.Timeouts.Logout {
		l.end(cmp.Or(l.reason, ErrNoReply))
	}
	if l.circuit.Next().After(now) {
		return nil
	}
	err := l.circuit.Flush(now, l.emit)
	stats := l.circuit.Stats()
	l.desk.publish(stats)
	if stats.Lost > 0 && !isClosed(l.opened) {
		return ErrNoCircuit
	}
	if !l.leaving.IsZero() && !isClosed(l.asked) {
		close(l.asked)
	}
	return err
}

func (l *link) emit(datagram []byte) {
	// What the system does not take is lost, as on any network; what is reliable goes out again.
	_, _ = l.conn.Write(datagram)
}

// arm sets the time at which a read is to end, if that has passed or is too late.
func (l *link) arm(now time.Time) {
	next := l.circuit.Next()
	if !l.next.IsZero() && l.next.Before(next) {
		next = l.next
	}
	if !l.leaving.IsZero() {
		if at := l.leaving.Add(l.bot.opts.Timeouts.Logout); at.Before(next) {
			next = at
		}
	}
	if l.armed.After(now) && !next.Before(l.armed) {
		return
	}
	l.armed = next
	// A connection without deadlines is none that Dial may return.
	_ = l.conn.SetReadDeadline(next)
}

// rouse makes the goroutine look at its desk. It sets the deadline after something has been put there,
// and the goroutine looks after it has set its own: so nothing is overlooked.
func (l *link) rouse() {
	l.desk.ring()
	_ = l.conn.SetReadDeadline(longAgo) // as in arm
}

var longAgo = time.Unix(1, 0)

// takeLetters sends what others want to be sent. It reports whether the bot plays a frozen viewer, which
// serves its socket no more.
func (l *link) takeLetters(now time.Time) (asleep bool) {
	letters, frozen := l.desk.take()
	for _, letter := range letters {
		if letter.logout && l.leaving.IsZero() {
			l.leaving, l.next = now, time.Time{}
		}
		if err := l.circuit.Send(letter.body, letter.how); err != nil {
			l.end(fmt.Errorf("bot: %w", err))
		}
	}
	return frozen
}

// send sends a message on behalf of any goroutine.
func (l *link) send(m message.Message) error {
	letter, err := write(m, reliably)
	if err != nil {
		return err
	}
	return l.post(letter)
}

func (l *link) post(letters ...letter) error {
	if err := l.desk.put(letters...); err != nil {
		return err
	}
	l.rouse()
	return nil
}

// answer sends a message on behalf of the link's own goroutine.
func (l *link) answer(m message.Message, how circuit.Delivery) {
	letter, err := write(m, how)
	if err == nil {
		err = l.circuit.Send(letter.body, letter.how)
	}
	if err != nil {
		l.end(fmt.Errorf("bot: %w", err))
	}
}

// useCircuitCode asks the region to open the circuit.
func (l *link) useCircuitCode() {
	s := &l.bot.session
	m := &message.UseCircuitCode{}
	m.CircuitCode.Code, m.CircuitCode.SessionID, m.CircuitCode.ID = s.CircuitCode, s.ID, s.Agent
	l.openedAt = time.Now()
	l.answer(m, circuit.Delivery{Category: circuit.Control, Reliable: true, Resend: openResends})
}

// depart asks to be logged out because of what the region has said.
func (l *link) depart(reason error, now time.Time) {
	if !l.leaving.IsZero() || !isClosed(l.arrived) {
		l.end(reason)
		return
	}
	l.reason = reason
	l.leaving, l.next = now, time.Time{}
	l.answer(logoutRequest(&l.bot.session), reliably)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
