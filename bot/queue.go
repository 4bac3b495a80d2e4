package bot

import (
	"context"
	"errors"
	"net/http"
	"time"

	"terrane/wire/llsd"
)

// How the official viewer asks for events.
const (
	// soon is how quick an answer without events is a failure, and not a region that had nothing to say.
	soon = 10 * time.Second

	// firstPause and morePause are the wait after the n-th failure in a row: 15+5n seconds.
	firstPause = 15 * time.Second
	morePause  = 5 * time.Second

	// maxFailures in a row make the official viewer give the region up.
	maxFailures = 10

	// heldAtMost is how long a request may be held; regions hold 60 s at most.
	heldAtMost = 90 * time.Second

	// doneWithin is how long the last request of a leaving bot may take.
	doneWithin = 2 * time.Second
)

// poll asks for a region's events until ctx ends, the region says that there is nobody to ask, or it has
// failed too often. After a logout it says that it was done.
func (b *Bot) poll(ctx context.Context, l *link, url string) {
	var ack any // the id of the last reply; undef before the first
	for failures := 0; ; {
		begun := time.Now()
		reply, err := b.askEvents(ctx, url, llsd.Map{"ack": ack, "done": false})
		if err == nil {
			ack = reply["id"]
		}
		switch {
		case ctx.Err() != nil:
			b.pollDone(l, url, ack)
			return
		case len(reply.Array("events")) > 0:
			failures = 0
			b.handleEvents(ctx, l, reply.Array("events"))
			continue
		case isStatus(err, http.StatusNotFound):
			b.tell(QueueLost{Region: l.handle, Err: err})
			return
		case isNothing(err) && time.Since(begun) >= soon:
			failures = 0
			continue
		}
		failures++
		if failures == maxFailures {
			b.tell(QueueLost{Region: l.handle, Err: err})
			return
		}
		if !wait(ctx, firstPause+time.Duration(failures)*morePause) {
			b.pollDone(l, url, ack)
			return
		}
	}
}

func (b *Bot) askEvents(ctx context.Context, url string, v llsd.Map) (llsd.Map, error) {
	ctx, cancel := context.WithTimeout(ctx, heldAtMost)
	defer cancel()
	body, err := post(ctx, b.http, url, llsdXML, llsd.AppendXML(nil, v), maxAnswer)
	if err != nil {
		return nil, err
	}
	answer, err := llsd.ParseXML(body)
	return asMap(answer, err)
}

// pollDone is the last request of a bot that was logged out; one that died asks nothing more.
func (b *Bot) pollDone(l *link, url string, ack any) {
	if !b.root.answered.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), doneWithin)
	defer cancel()
	if _, err := b.askEvents(ctx, url, llsd.Map{"ack": ack, "done": true}); err != nil {
		b.tell(QueueLost{Region: l.handle, Err: err})
	}
}

func (b *Bot) handleEvents(ctx context.Context, l *link, events llsd.Array) {
	for _, e := range events.Maps() {
		name, body := e.String("message"), e.Map("body")
		if b.opts.Hears&KindQueueEvent != 0 {
			b.tell(QueueEvent{Region: l.handle, Name: name, Body: body})
		}
		if b.opts.NoChildren || l != b.root {
			continue
		}
		switch name {
		case "EnableSimulator":
			b.enableSimulator(ctx, body)
		case "EstablishAgentCommunication":
			b.establishCommunication(body)
		}
	}
}

func isStatus(err error, statuses ...int) bool {
	var e *statusError
	if !errors.As(err, &e) {
		return false
	}
	for _, status := range statuses {
		if e.status == status {
			return true
		}
	}
	return false
}

// isNothing reports whether an answer says that nothing has happened: no events, no time left, or one of
// the statuses that regions and what stands before them say it with.
func isNothing(err error) bool {
	return err == nil || errors.Is(err, context.DeadlineExceeded) || isStatus(err, 499,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout)
}
