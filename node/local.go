package node

import (
	"context"
	"fmt"
	"net/netip"

	"terrane/agent"
	"terrane/geom"
	"terrane/grid"
	"terrane/viewer/session"

	"github.com/google/uuid"
)

// local reaches the regions of this process by the contracts with which regions reach each other
// anywhere. It does not change once the regions are up.
type local map[uuid.UUID]*region

var (
	_ grid.Simulation     = local(nil)
	_ grid.SessionEnder   = local(nil)
	_ grid.RegionFriends  = local(nil)
	_ grid.RegionMessages = local(nil)
	_ grid.Departures     = local(nil)
)

func (l local) server(to grid.Region) (*session.Server, error) {
	r, err := l.region(to)
	if err != nil {
		return nil, err
	}
	return r.server, nil
}

func (l local) host(to grid.Region) (*agent.Host, error) {
	r, err := l.region(to)
	if err != nil {
		return nil, err
	}
	return r.host, nil
}

func (l local) region(to grid.Region) (*region, error) {
	if r := l[to.ID]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("region %s is not in this process: %w", to.Name, grid.ErrUnavailable)
}

// QueryAccess refuses who does not fit into the region any more.
func (l local) QueryAccess(_ context.Context, to grid.Region, agentID uuid.UUID, _ geom.Vec3) error {
	r, err := l.region(to)
	if err != nil {
		return err
	}
	present := 0
	for _, a := range r.host.Agents() {
		// Who is on his way out, or only looks in, takes nobody's place.
		if why, _ := a.Why(); why == "" && !a.Circuit.Child && a.ID() != agentID {
			present++
		}
	}
	if present >= r.config.MaxAgents {
		return fmt.Errorf("%s is full: %w", to.Name, grid.ErrDenied)
	}
	return nil
}

// CreateAgent announces an agent.
func (l local) CreateAgent(_ context.Context, to grid.Region, a grid.AgentCircuit) (string, error) {
	s, err := l.server(to)
	if err != nil {
		return "", err
	}
	return s.Announce(a)
}

// UpdateAgent tells a child where its agent is.
func (l local) UpdateAgent(_ context.Context, to grid.Region, p grid.AgentPosition) error {
	s, err := l.server(to)
	if err != nil {
		return err
	}
	return s.Update(p)
}

// CloseAgent closes a child.
func (l local) CloseAgent(_ context.Context, to grid.Region, agentID, sessionID uuid.UUID) error {
	s, err := l.server(to)
	if err != nil {
		return err
	}
	s.CloseChild(agentID, sessionID)
	return nil
}

// EndSession ends a session in the region that owns it. An owner of zero is whichever knows the session:
// it has none yet.
func (l local) EndSession(ctx context.Context, owner grid.Region, _, sessionID uuid.UUID, why string) error {
	h, err := l.host(owner)
	if err != nil {
		return err
	}
	return h.EndSession(ctx, sessionID, why)
}

// Status tells that a friend has come or gone.
func (l local) Status(_ context.Context, to grid.Region, n grid.StatusNotice) error {
	h, err := l.host(to)
	if err != nil {
		return err
	}
	return h.Status(n)
}

// tell does something with the link of a user who is in a region.
func (l local) tell(to grid.Region, user uuid.UUID, say func(agent.Link)) error {
	h, err := l.host(to)
	if err != nil {
		return err
	}
	a := h.FindRoot(user)
	if a == nil {
		return grid.ErrNotFound
	}
	say(a.Link)
	return nil
}

// FriendshipOffered delivers an offer.
func (l local) FriendshipOffered(_ context.Context, to grid.Region, m grid.InstantMessage) error {
	return l.tell(to, m.To, func(v agent.Link) { v.Message(m) })
}

// FriendshipApproved delivers a yes.
func (l local) FriendshipApproved(_ context.Context, to grid.Region, from uuid.UUID, name string, user uuid.UUID) error {
	return l.tell(to, user, func(v agent.Link) { v.Message(answered(grid.DialogFriendshipAccepted, from, name, user)) })
}

// FriendshipDenied delivers a no.
func (l local) FriendshipDenied(_ context.Context, to grid.Region, from uuid.UUID, name string, user uuid.UUID) error {
	return l.tell(to, user, func(v agent.Link) { v.Message(answered(grid.DialogFriendshipDeclined, from, name, user)) })
}

func answered(dialog uint8, from uuid.UUID, name string, to uuid.UUID) grid.InstantMessage {
	return grid.InstantMessage{From: from, FromName: name, To: to, ID: from, Dialog: dialog}
}

// FriendshipTerminated tells that a friendship has ended.
func (l local) FriendshipTerminated(_ context.Context, to grid.Region, from, user uuid.UUID) error {
	return l.tell(to, user, func(v agent.Link) { v.FriendGone(from) })
}

// RightsGranted tells what a friend allows now; whether he lets himself be seen shows him as come or gone.
func (l local) RightsGranted(_ context.Context, to grid.Region, from, user uuid.UUID, before, now int) error {
	return l.tell(to, user, func(v agent.Link) {
		v.RightsChanged(from, now)
		if (before^now)&grid.RightSeeOnline != 0 {
			v.Friends(now&grid.RightSeeOnline != 0, []uuid.UUID{from})
		}
	})
}

// DeliverMessage delivers a message.
func (l local) DeliverMessage(_ context.Context, to grid.Region, m grid.InstantMessage) error {
	return l.tell(to, m.To, func(v agent.Link) { v.Message(m) })
}

// AwaitDeparture waits for departures on their way to the region's journal.
func (l local) AwaitDeparture(ctx context.Context, at grid.Region, user uuid.UUID) error {
	h, err := l.host(at)
	if err != nil {
		return err
	}
	return h.AwaitDeparture(ctx, user)
}

// HeldFor is what the region's journal holds.
func (l local) HeldFor(ctx context.Context, at grid.Region, user uuid.UUID) (grid.Held, error) {
	h, err := l.host(at)
	if err != nil {
		return grid.Held{}, err
	}
	return h.HeldFor(ctx, user)
}

// reachedBase is the HTTP address of this server for a viewer that came to an address of it.
func reachedBase(host string, port uint16) func(netip.Addr) string {
	return func(reached netip.Addr) string {
		if host != "" {
			return fmt.Sprintf("http://%s:%d", host, port)
		}
		return "http://" + netip.AddrPortFrom(reached, port).String()
	}
}
