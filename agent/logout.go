package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"terrane/agent/steps"
	"terrane/region/scene"

	"github.com/google/uuid"
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

// childrenFor is how long after a logout its child agents are still to be closed. A neighbour that could
// not be asked for so long has lost their circuits by itself, or is no more.
const childrenFor = 10 * time.Minute

// standing is how far a departure has come, besides the steps that the journal knows.
type standing struct {
	ends   bool // the session itself ends here, not only a view into this region
	here   bool // its presence may still be in the scene
	saved  bool // it stands in the journal as it is
	struck bool // nothing of it stands in the journal any more
}

// over reports whether there is nothing left to do.
func (s standing) over() bool { return !s.here && (s.struck || !s.ends) }

// leaving is a departure under way. agent is nil when what was owed is tried again: then there is no
// viewer any more.
type leaving struct {
	host  *Host
	agent *Agent
	text  string // for the user who is thrown out

	// mu guards what the steps write: two of them run side by side, and one that was left behind may
	// end late. Who leaves, and why, does not change.
	mu sync.Mutex
	*Departure
	standing
}

// state is the departure as it stands now: what a step works on and a journal holds.
func (d *leaving) state() (Departure, standing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	row := *d.Departure
	row.Done = slices.Clip(row.Done) // appended to by more than one
	return row, d.standing
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
	d.here, d.ends = true, !a.Circuit.Child || d.Root
	return d.run(ctx)
}

func (d *leaving) run(ctx context.Context) *steps.Report {
	p, save := d.host.process("logout", d.Departure), d.host.Terms.Save
	defer d.host.departed(d)
	return p.Regardless(ctx,
		steps.Step{Name: "answer the viewer", Owner: "viewer", Do: d.answer, If: d.heard},
		steps.Step{Name: "let running processes finish", Owner: "lane", Do: d.drain, If: d.alive, Timeout: 3 * time.Second},
		steps.Step{Name: "take the agent out of the scene", Owner: "region", Do: d.remove, If: d.present, Timeout: 5 * time.Second},
		steps.Step{Name: "write the departure to the journal", Owner: "journal", Do: d.write, If: d.unwritten, Timeout: save},
		steps.Together(
			steps.Step{Name: saveLooks, Owner: "avatar", Do: d.saveLooks, If: d.still(saveLooks), Timeout: save},
			steps.Step{Name: closeChildren, Owner: "neighbours", Do: d.closeChildren, If: d.still(closeChildren), Timeout: save / 3, Tries: 3},
		),
		steps.Step{Name: leaveGridUser, Owner: "grid user", Do: d.leaveGridUser, If: d.still(leaveGridUser), Timeout: save},
		steps.Step{Name: leavePresence, Owner: "presence", Do: d.leavePresence, If: d.still(leavePresence), Timeout: save},
		steps.Step{Name: tellFriends, Owner: "friends", Do: d.tellFriends, If: d.still(tellFriends), Timeout: save},
		steps.Step{Name: "note what is still owed", Owner: "journal", Do: d.write, If: d.advanced, Timeout: save},
		steps.Step{Name: "strike it from the journal", Owner: "journal", Do: d.settle, If: d.settled, Timeout: save},
		steps.Step{Name: "linger, then nothing is left", Owner: "viewer", Do: d.linger, If: d.alive, Timeout: d.host.Terms.Linger + 5*time.Second},
	)
}

func (d *leaving) alive() bool { return d.agent != nil }

// heard: a viewer that asked is answered, one that is thrown out is told why.
func (d *leaving) heard() bool {
	return d.alive() && (d.Reason == Quit || d.Reason == Kicked || d.Reason == RegionDown || d.Reason == Closed)
}

// answer: who only looks into this region is not thrown out of the grid when the region shuts him out.
func (d *leaving) answer(context.Context) error {
	switch {
	case d.Reason == Quit:
		d.agent.Link.AnswerLogout()
	case d.Reason == Closed || !d.ends:
		d.agent.Link.Disable()
	default:
		d.agent.Link.Kick(d.text)
	}
	return nil
}

// drain waits for what runs. It may have changed the session's epoch and its child agents.
func (d *leaving) drain(ctx context.Context) error {
	err := d.agent.Lane.Drain(ctx)
	now := d.agent.departure(d.host, d.Reason)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Epoch, d.Children = now.Epoch, now.Children
	d.Place, d.Looks = now.Place, now.Looks
	return err
}

// present: a region that was too busy to let the presence go is asked again until it has.
func (d *leaving) present() bool {
	_, is := d.state()
	return is.here
}

// remove takes everything out at once: presence, avatar, seat, controls, physics body. Others get
// KillObject with the next frame. What is left to save comes back as a value.
func (d *leaving) remove(ctx context.Context) error {
	var left scene.Left
	err := d.host.Scene.Do(ctx, func(tx *scene.Tx) error {
		left, _ = tx.Leave(d.Session)
		return nil
	})
	if err != nil && !errors.Is(err, scene.ErrClosed) { // in a closed region nobody is
		return err
	}
	d.mu.Lock()
	d.here = false
	d.mu.Unlock()
	if !left.Root || !d.alive() {
		return nil
	}
	place, looks := d.host.remember(d.agent, left.Position, left.LookAt, left.Appearance)
	d.mu.Lock()
	d.Place, d.Looks = place, looks
	d.mu.Unlock()
	return nil
}

// unwritten: a child agent of another region's session owes nothing to anybody.
func (d *leaving) unwritten() bool {
	_, is := d.state()
	return d.alive() && is.ends
}

func (d *leaving) write(ctx context.Context) error {
	row, _ := d.state()
	if err := d.host.Journal.Depart(ctx, row); err != nil {
		return err
	}
	d.mu.Lock()
	d.saved = len(d.Done) == len(row.Done)
	d.mu.Unlock()
	if d.agent != nil {
		d.agent.openFence()
	}
	return nil
}

// still makes the condition of a journalled step: it belongs to this departure and is not done yet.
func (d *leaving) still(step string) func() bool {
	return func() bool {
		row, is := d.state()
		return is.ends && row.due(step) && row.owes(step)
	}
}

func (d *leaving) saveLooks(ctx context.Context) error {
	row, _ := d.state()
	return d.tick(saveLooks, d.host.Services.Avatars.SetAvatarAs(ctx, row.Agent, row.Fence(), row.Looks))
}

// closeChildren tries again only those that it could not close.
func (d *leaving) closeChildren(ctx context.Context) error {
	row, _ := d.state()
	left, err := d.host.closeAll(ctx, row.Agent, row.Session, row.Children)
	d.mu.Lock()
	d.Children = left
	d.mu.Unlock()
	if time.Since(row.At) > childrenFor {
		err = nil
	}
	return d.tick(closeChildren, err)
}

// leaveGridUser: a session that was never root has no place to remember, and keeps the last one.
func (d *leaving) leaveGridUser(ctx context.Context) (err error) {
	row, _ := d.state()
	last := row.Place
	if last.Region == uuid.Nil {
		if last, err = d.host.lastPlace(ctx, row.Agent); err != nil {
			return err
		}
	}
	return d.tick(leaveGridUser, d.host.Services.GridUsers.LoggedOutAs(ctx, row.Agent, row.Fence(), last, row.At))
}

func (d *leaving) leavePresence(ctx context.Context) error {
	row, _ := d.state()
	return d.tick(leavePresence, d.host.Services.Presences.End(ctx, row.Fence()))
}

func (d *leaving) tellFriends(ctx context.Context) error {
	row, _ := d.state()
	return d.tick(tellFriends, d.host.Friendships.tellGone(ctx, row.Agent, row.Epoch))
}

// tick marks a step done. One that was superseded is done too: whoever took over has written better.
func (d *leaving) tick(step string, err error) error {
	if err = unlessSuperseded(err); err != nil {
		return err
	}
	d.mu.Lock()
	d.Done, d.saved = append(d.Done, step), false
	d.mu.Unlock()
	return nil
}

// advanced: what is owed is not what stands in the journal.
func (d *leaving) advanced() bool {
	row, is := d.state()
	return is.ends && !is.saved && len(row.Owed()) > 0
}

func (d *leaving) settled() bool {
	row, is := d.state()
	return is.ends && len(row.Owed()) == 0
}

func (d *leaving) settle(ctx context.Context) error {
	if err := d.host.Journal.Settle(ctx, d.Session); err != nil {
		return err
	}
	d.mu.Lock()
	d.struck = true
	d.mu.Unlock()
	return nil
}

// linger lets the circuit repeat its last words until the viewer has them, and waits until circuit,
// event queue and capabilities are gone. A login that found no journal to wait for need not wait for
// that.
func (d *leaving) linger(ctx context.Context) error {
	d.agent.openFence()
	d.agent.Link.Release()
	select {
	case <-d.agent.Link.Gone():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
