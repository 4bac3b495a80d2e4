package bot

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"terrane/geom"
)

// member is one user of a swarm. live runs on a goroutine of its own, to which everything belongs that
// does not say otherwise.
type member struct {
	run     *run
	number  int
	random  *rand.Rand
	leaving sync.WaitGroup // for replies to logouts

	turns  uint64        // orders to turn that should have been seen
	echoes atomic.Uint64 // orders that were

	mu     sync.Mutex
	bot    *Bot      // while in world; anybody may look
	line   string    // the last that was said; empty when it was heard
	saidAt time.Time // when
}

func newMember(r *run, n int) *member {
	return &member{run: r, number: n, random: rand.New(rand.NewPCG(r.swarm.Seed, uint64(n)))}
}

func (m *member) options() Options {
	s := &m.run.swarm
	first, last := s.Name(m.number)
	o := Options{
		LoginURI: s.Login, First: first, Last: last, Password: s.Password, Start: s.Start,
		HTTP: m.run.http, Dial: m.run.dial, NoChildren: s.NoChildren,
		Event: m.hear, Hears: KindKilled | KindEchoed,
	}
	switch s.Behaviour {
	case Walk:
		o.Every, o.Throttle = walkPace, split(walkRate)
	case Chat:
		o.Hears |= KindChatHeard
	}
	return o
}

// live is a member's part in the swarm.
func (m *member) live() {
	defer m.leaving.Wait()
	b := m.begin()
	m.run.arrivals.Done()
	switch m.run.swarm.Behaviour {
	case Churn:
		m.churn(b)
	case Relogin:
		m.relogin(b)
	default:
		if b != nil {
			m.behave(b)
			m.leave(b)
		}
	}
}

// begin logs in when it is this member's turn; nil when that fails, or when the swarm stops before.
func (m *member) begin() *Bot {
	if ramp := m.run.swarm.Ramp; ramp > 0 && !m.pause(time.Duration(float64(m.number)/ramp*float64(time.Second)), nil) {
		return nil
	}
	b, _ := m.enter() // it is counted
	return b
}

// enter logs in once.
func (m *member) enter() (*Bot, error) {
	b, err := Login(m.run.ctx, m.options())
	if err != nil {
		m.run.failed(err)
		return nil, err
	}
	t := b.Timings()
	m.run.logins.add(t.Login)
	m.run.circuits.add(t.Circuit)
	m.show(b)
	return b, nil
}

// show makes b the bot that others see.
func (m *member) show(b *Bot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bot = b
}

// current is the member's bot while it is in world, or nil. Anybody may call it.
func (m *member) current() *Bot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bot
}

// pause lets d pass and reports whether neither the swarm's stop nor the bot's end came first.
func (m *member) pause(d time.Duration, b *Bot) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	var ended <-chan struct{}
	if b != nil {
		ended = b.Done()
	}
	select {
	case <-timer.C:
		return true
	case <-m.run.stopping:
	case <-ended:
	}
	return false
}

// behave does what the swarm does until it stops or the bot ends.
func (m *member) behave(b *Bot) {
	switch m.run.swarm.Behaviour {
	case Walk:
		m.walk(b)
	case Chat:
		m.chat(b)
	default:
		select {
		case <-m.run.stopping:
		case <-b.Done():
		}
	}
}

// leave logs out when it is this member's turn, so that all do within the swarm's time.
func (m *member) leave(b *Bot) {
	s := &m.run.swarm
	turn := time.NewTimer(s.Leave * time.Duration(m.number) / time.Duration(s.Bots))
	defer turn.Stop()
	select {
	case <-turn.C:
	case <-b.Done():
	}
	m.logout(b)
}

// logout logs a bot out and counts what became of it.
func (m *member) logout(b *Bot) {
	m.show(nil)
	m.run.departs(b.Session().Agent)
	m.awaitReply(b)
}

// awaitReply logs a bot out, or waits for the reply if it has asked already: no longer than a viewer does,
// whatever becomes of the swarm.
func (m *member) awaitReply(b *Bot) {
	took, err := b.Logout(context.Background())
	m.run.left(b, took, err)
}

// walk turns to a new heading every other second, and stays near where it began.
func (m *member) walk(b *Bot) {
	origin, heading := b.Position(), m.random.Float32()*2*math.Pi
	if !m.pause(time.Duration(m.random.Int64N(int64(walkTurn))), b) {
		return
	}
	for {
		heading = nextHeading(m.random, origin, b.Position(), heading)
		m.countTurn()
		if b.Walk(heading) != nil || !m.pause(walkTurn, b) {
			return
		}
	}
}

// countTurn counts an order to turn, and whether the one before it was never seen.
func (m *member) countTurn() {
	if echoes := m.echoes.Load(); echoes < m.turns {
		if m.run.settled.Load() {
			m.run.unseen.Add(m.turns - echoes)
		}
		m.turns = echoes
	}
	m.turns++
}

// least is the smallest turn of a walker, in radians: it is plainly seen.
const leastTurn = 0.5

// nextHeading is any heading, or about the one back when a walker has come far from its origin.
func nextHeading(random *rand.Rand, origin, at geom.Vec3, last float32) float32 {
	away := at.Sub(origin)
	const far = walkRadius - 10 // some steps are walked yet before the next turn
	if away.X*away.X+away.Y*away.Y < far*far {
		next := last + leastTurn + random.Float32()*(2*math.Pi-2*leastTurn)
		return float32(math.Remainder(float64(next), 2*math.Pi))
	}
	back := float32(math.Atan2(float64(-away.Y), float64(-away.X)))
	if angle(back-leastTurn-last) > angle(back+leastTurn-last) {
		return back - leastTurn
	}
	return back + leastTurn
}

// chat says lines that only this member says.
func (m *member) chat(b *Bot) {
	if !m.pause(time.Duration(m.random.Int64N(int64(chatPause))), b) {
		return
	}
	for n := 0; ; n++ {
		line := fmt.Sprintf("%s says line %d", b.Session().Last, n)
		if m.beginLine(line) && m.run.settled.Load() {
			m.run.unheard.Add(1)
		}
		if b.Say(line) != nil || !m.pause(chatPause, b) {
			return
		}
	}
}

// beginLine notes that a line is about to be said, and reports whether the one before was never heard.
func (m *member) beginLine(line string) (unheard bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	unheard = m.line != ""
	m.line, m.saidAt = line, time.Now()
	return unheard
}

// churn logs out and in again until the swarm stops.
func (m *member) churn(b *Bot) {
	for {
		switch {
		case b != nil:
			m.pause(churnStay, b)
			if m.run.isStopping() {
				m.leave(b)
				return
			}
			m.logout(b)
		case !m.pause(time.Second, nil):
			return
		}
		b, _ = m.enter() // it is counted
	}
}

// reloginTries is how often a member tries to get in again before it gives up its remaining rounds.
const reloginTries = 10

// relogin asks to be logged out and logs in again at once, as a user does who is in a hurry.
func (m *member) relogin(b *Bot) {
	for range m.run.swarm.Rounds {
		if b == nil || m.run.isStopping() {
			break
		}
		m.hurryOut(b)
		next, err := m.enter()
		m.run.relogged(err == nil)
		for try := 1; err != nil && try < reloginTries && m.pause(time.Second, nil); try++ {
			next, err = m.enter()
		}
		b = next
	}
	if b != nil {
		m.logout(b)
	}
}

// hurryOut sends LogoutRequest, and leaves the reply to be waited for by the way.
func (m *member) hurryOut(b *Bot) {
	m.show(nil)
	m.run.departs(b.Session().Agent)
	// When it cannot be sent, waiting for the reply says so.
	_ = b.RequestLogout(m.run.ctx)
	m.leaving.Go(func() { m.awaitReply(b) })
}

// hear takes events, on the bot's goroutines.
func (m *member) hear(e Event) {
	switch e := e.(type) {
	case Killed:
		m.run.sawGone(e.Agent)
	case Echoed:
		m.echoes.Add(1)
		if m.run.settled.Load() {
			m.run.movements.add(e.Took)
		}
	case ChatHeard:
		m.heard(e.Text)
	}
}

// heard sees whether a line is the one that the member waits for.
func (m *member) heard(line string) {
	m.mu.Lock()
	own, at := line == m.line, m.saidAt
	if own {
		m.line = ""
	}
	m.mu.Unlock()
	if own && m.run.settled.Load() {
		m.run.chats.add(time.Since(at))
	}
}
