package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"terrane/agent/steps"
	"terrane/grid"
	"terrane/region/scene"
)

// The steps that the journal knows by name: what is owed after a crash.
const (
	saveLooks     = "save the looks"
	closeChildren = "close child agents"
	leaveGridUser = "grid user: logged out"
	leavePresence = "presence: logged out"
	tellFriends   = "tell friends"
)

var journalled = []string{saveLooks, closeChildren, leaveGridUser, leavePresence, tellFriends}

// leaving is a departure under way. agent and scene are nil when it is resumed from the journal:
// then there is no viewer and no avatar any more.
type leaving struct {
	*Departure
	host  *Host
	agent *Agent
	text  string // for the user who is thrown out
	saved bool   // it stands in the journal

	mu sync.Mutex // guards Done: two steps run side by side
}

// Leave is the whole logout. Whatever ended the session, this follows, once:
//
//	viewer ── LogoutRequest ──► region          the session ends, and says why
//	viewer ◄── LogoutReply ──── region          heard; waits for nothing
//	           region ── save ──► avatar        first what is his,
//	           region ──────────► neighbours    beside it the child agents: DisableSimulator
//	           region ──────────► grid user     then he is offline: who finds him so,
//	           region ──────────► presence      finds everything saved
//	           region ──────────► friends       OfflineNotification, to those who may
//
// It does not end before everything is done or stands in the journal, from where it is tried again.
func (h *Host) Leave(ctx context.Context, a *Agent) *steps.Report {
	why, text := a.Why()
	d := &leaving{Departure: a.departure(h, why), host: h, agent: a, text: text}
	return d.run(ctx)
}

func (d *leaving) run(ctx context.Context) *steps.Report {
	p, save := d.host.process("logout", d.Departure), d.host.Terms.Save
	defer d.host.departed(d)
	return p.Regardless(ctx,
		steps.Step{Name: "answer the viewer", Owner: "viewer", Do: d.answer, If: d.heard},
		steps.Step{Name: "let running processes finish", Owner: "lane", Do: d.drain, If: d.alive, Timeout: 3 * time.Second},
		steps.Step{Name: "take the agent out of the scene", Owner: "region", Do: d.remove, If: d.alive, Timeout: 5 * time.Second},
		steps.Step{Name: "write the departure to the journal", Owner: "journal", Do: d.write, If: d.unwritten, Timeout: save},
		steps.Together(
			steps.Step{Name: saveLooks, Owner: "avatar", Do: d.saveLooks, If: d.still(saveLooks), Timeout: save},
			steps.Step{Name: closeChildren, Owner: "neighbours", Do: d.closeChildren, If: d.still(closeChildren), Timeout: save, Tries: 3},
		),
		steps.Step{Name: leaveGridUser, Owner: "grid user", Do: d.leaveGridUser, If: d.still(leaveGridUser), Timeout: save},
		steps.Step{Name: leavePresence, Owner: "presence", Do: d.leavePresence, If: d.still(leavePresence), Timeout: save},
		steps.Step{Name: tellFriends, Owner: "friends", Do: d.tellFriends, If: d.still(tellFriends), Timeout: save},
		steps.Step{Name: "strike it from the journal", Owner: "journal", Do: d.settle, If: d.settled, Timeout: save},
		steps.Step{Name: "linger, then nothing is left", Owner: "viewer", Do: d.linger, If: d.alive, Timeout: d.host.Terms.Linger + 5*time.Second},
	)
}

func (d *leaving) alive() bool { return d.agent != nil }

// heard: a viewer that asked is answered, one that is thrown out is told why.
func (d *leaving) heard() bool {
	return d.alive() && (d.Reason == Quit || d.Reason == Kicked || d.Reason == RegionDown || d.Reason == Closed)
}

func (d *leaving) answer(context.Context) error {
	switch d.Reason {
	case Quit:
		d.agent.Link.AnswerLogout()
	case Closed:
		d.agent.Link.Disable()
	default:
		d.agent.Link.Kick(d.text)
	}
	return nil
}

func (d *leaving) drain(ctx context.Context) error { return d.agent.Lane.Drain(ctx) }

// remove takes everything out at once: presence, avatar, seat, controls, physics body. Others get
// KillObject with the next frame. What is left to save comes back as a value.
func (d *leaving) remove(ctx context.Context) error {
	return d.host.Scene.Do(ctx, func(tx *scene.Tx) error {
		if left, ok := tx.Leave(d.Session); ok && left.Root {
			d.take(left.Position, left.LookAt, left.Appearance)
		}
		return nil
	})
}

// unwritten: a child agent of another region's session owes nothing to anybody.
func (d *leaving) unwritten() bool { return d.alive() && d.belongs() }

// belongs reports whether the session itself ends here, not only a view into this region.
func (d *leaving) belongs() bool { return d.agent == nil || !d.agent.Circuit.Child || d.Root }

func (d *leaving) write(ctx context.Context) error {
	if err := d.host.Journal.Depart(ctx, *d.Departure); err != nil {
		return err
	}
	d.saved = true
	d.agent.openFence()
	return nil
}

// still makes the condition of a journalled step: it belongs to this departure and is not done yet.
func (d *leaving) still(step string) func() bool {
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.belongs() && d.due(step) && d.owes(step)
	}
}

func (d *leaving) saveLooks(ctx context.Context) error {
	return d.tick(saveLooks, d.host.Services.Avatars.SetAvatarAs(ctx, d.Agent, d.Fence(), d.Looks))
}

func (d *leaving) closeChildren(ctx context.Context) error {
	return d.tick(closeChildren, d.host.closeAll(ctx, d.Agent, d.Session, d.Children))
}

// leaveGridUser: a session that was never root has no place to remember; the fenced write keeps the
// last one.
func (d *leaving) leaveGridUser(ctx context.Context) error {
	last := d.Place
	if !d.Root {
		last = d.host.lastPlace(ctx, d.Agent)
	}
	return d.tick(leaveGridUser, d.host.Services.GridUsers.LoggedOutAs(ctx, d.Agent, d.Fence(), last, d.At))
}

func (d *leaving) leavePresence(ctx context.Context) error {
	return d.tick(leavePresence, d.host.Services.Presences.End(ctx, d.Fence()))
}

func (d *leaving) tellFriends(ctx context.Context) error {
	_, err := d.host.Friendships.Tell(ctx, d.Agent, false, d.Epoch)
	return d.tick(tellFriends, err)
}

// tick marks a step done. Superseded is done too: whoever took over has written better.
func (d *leaving) tick(step string, err error) error {
	if err == nil || errors.Is(err, grid.ErrSuperseded) {
		d.mu.Lock()
		d.Done = append(d.Done, step)
		d.mu.Unlock()
	}
	return err
}

func (d *leaving) settled() bool { return (d.saved || d.agent == nil) && len(d.Owed()) == 0 }

func (d *leaving) settle(ctx context.Context) error {
	return d.host.Journal.Settle(ctx, d.Session)
}

// linger lets the circuit repeat its last words until the viewer has them, and waits until circuit,
// event queue and capabilities are gone.
func (d *leaving) linger(ctx context.Context) error {
	d.agent.Link.Release()
	select {
	case <-d.agent.Link.Gone():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
