package bot

import (
	"context"
	"time"

	"terrane/wire/message"
)

// RequestLogout sends a LogoutRequest and returns when it has been handed to the socket. From then on
// the bot does nothing more, and ends when LogoutReply comes, or does not come in time. Asked again it
// sends another one.
func (b *Bot) RequestLogout(ctx context.Context) error {
	if b.root == nil {
		return ErrGone
	}
	letter, err := write(logoutRequest(&b.session), reliably)
	if err != nil {
		return err
	}
	letter.logout = true
	if err := b.root.post(letter); err != nil {
		return err
	}
	select {
	case <-b.root.asked:
		return nil
	case <-b.done:
		if isClosed(b.root.asked) {
			return nil // and was answered meanwhile
		}
		return ErrGone
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Logout logs out, if that was not requested before, and returns how long LogoutReply took to come after
// the first LogoutRequest. Afterwards the bot has ended. The error is ErrNoReply when no reply came, and
// Err when the bot ended by something else first; when ctx ends sooner the bot dies.
func (b *Bot) Logout(ctx context.Context) (time.Duration, error) {
	if b.root == nil {
		return 0, ErrGone
	}
	if !isClosed(b.root.asked) {
		if err := b.RequestLogout(ctx); err != nil {
			b.Close()
			return 0, firstOf(b.why, err)
		}
	}
	select {
	case <-b.done:
		return b.root.replyTook, b.why
	case <-ctx.Done():
		b.Close()
		return 0, ctx.Err()
	}
}

// firstOf is why a bot ended, or otherwise what went wrong.
func firstOf(why, wrong error) error {
	if why != nil && why != ErrDied {
		return why
	}
	return wrong
}

// Die ends the bot as a crash ends a viewer: it says no word more, and its sockets are closed. It
// returns when nothing of it runs.
func (b *Bot) Die() {
	b.cancel()
	if b.root == nil {
		b.neverLived()
	}
	<-b.done
	if b.opts.HTTP == nil {
		b.http.CloseIdleConnections()
	}
}

// neverLived ends a bot that has opened no circuit: nothing of it runs.
func (b *Bot) neverLived() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.over {
		b.over, b.why = true, ErrDied
		close(b.done)
	}
}

// Close frees what the bot holds. One that has not been logged out dies.
func (b *Bot) Close() { b.Die() }

// Pause tells the region that the viewer will be silent for a while, as it is while a dialog of the
// system is open, and is silent: what comes is not even read before Resume.
func (b *Bot) Pause() error {
	m := &message.AgentPause{}
	m.AgentData.AgentID, m.AgentData.SessionID, m.AgentData.SerialNum = b.session.Agent, b.session.ID, b.nextSerial()
	return b.freeze(m, true)
}

// Resume ends what Pause began.
func (b *Bot) Resume() error {
	m := &message.AgentResume{}
	m.AgentData.AgentID, m.AgentData.SessionID, m.AgentData.SerialNum = b.session.Agent, b.session.ID, b.nextSerial()
	return b.freeze(m, false)
}

func (b *Bot) freeze(m message.Message, frozen bool) error {
	if b.root == nil {
		return ErrGone
	}
	letter, err := write(m, reliably)
	if err != nil {
		return err
	}
	if err := b.root.desk.freeze(letter, frozen); err != nil {
		return err
	}
	b.root.rouse()
	return nil
}

// freeze leaves a letter and, with it, the word that it is the last for a while or the first again.
func (d *desk) freeze(l letter, frozen bool) error {
	if err := d.put(l); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.frozen = frozen
	return nil
}

func (b *Bot) nextSerial() uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serial++
	return b.serial
}
