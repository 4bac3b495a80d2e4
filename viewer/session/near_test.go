package session

import (
	"context"
	"strings"

	"terrane/agent"
	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// A world reaches its own regions by the contracts with which regions reach each other anywhere.

func (w *world) at(to grid.Region) (*place, error) {
	if p := w.regions[to.ID]; p != nil {
		return p, nil
	}
	return nil, grid.ErrUnavailable
}

func (w *world) QueryAccess(context.Context, grid.Region, uuid.UUID, geom.Vec3) error { return nil }

func (w *world) CreateAgent(_ context.Context, to grid.Region, a grid.AgentCircuit) (string, error) {
	p, err := w.at(to)
	if err != nil {
		return "", err
	}
	return p.server.Announce(a)
}

func (w *world) UpdateAgent(_ context.Context, to grid.Region, a grid.AgentPosition) error {
	p, err := w.at(to)
	if err != nil {
		return err
	}
	return p.server.Update(a)
}

func (w *world) CloseAgent(_ context.Context, to grid.Region, agentID, session uuid.UUID) error {
	p, err := w.at(to)
	if err != nil {
		return err
	}
	p.server.CloseChild(agentID, session)
	return nil
}

func (w *world) EndSession(ctx context.Context, owner grid.Region, _, session uuid.UUID, why string) error {
	p, err := w.at(owner)
	if err != nil {
		return err
	}
	return p.host.EndSession(ctx, session, why)
}

func (w *world) Status(_ context.Context, to grid.Region, n grid.StatusNotice) error {
	p, err := w.at(to)
	if err != nil {
		return err
	}
	return p.host.Status(n)
}

// tell speaks to a user in a region.
func (w *world) tell(to grid.Region, user uuid.UUID, say func(agent.Link)) error {
	p, err := w.at(to)
	if err != nil {
		return err
	}
	a := p.host.FindRoot(user)
	if a == nil {
		return grid.ErrNotFound
	}
	say(a.Link)
	return nil
}

func (w *world) FriendshipOffered(_ context.Context, to grid.Region, m grid.InstantMessage) error {
	return w.tell(to, m.To, func(v agent.Link) { v.Message(m) })
}

func (w *world) FriendshipApproved(context.Context, grid.Region, uuid.UUID, string, uuid.UUID) error {
	return grid.ErrNotFound
}

func (w *world) FriendshipDenied(context.Context, grid.Region, uuid.UUID, string, uuid.UUID) error {
	return grid.ErrNotFound
}

func (w *world) FriendshipTerminated(_ context.Context, to grid.Region, from, user uuid.UUID) error {
	return w.tell(to, user, func(v agent.Link) { v.FriendGone(from) })
}

func (w *world) RightsGranted(_ context.Context, to grid.Region, from, user uuid.UUID, before, now int) error {
	return w.tell(to, user, func(v agent.Link) {
		v.RightsChanged(from, now)
		if (before^now)&grid.RightSeeOnline != 0 {
			v.Friends(now&grid.RightSeeOnline != 0, []uuid.UUID{from})
		}
	})
}

func (w *world) DeliverMessage(_ context.Context, to grid.Region, m grid.InstantMessage) error {
	return w.tell(to, m.To, func(v agent.Link) { v.Message(m) })
}

func (w *world) AwaitDeparture(ctx context.Context, at grid.Region, user uuid.UUID) error {
	p, err := w.at(at)
	if err != nil {
		return err
	}
	return p.host.AwaitDeparture(ctx, user)
}

func (w *world) HeldFor(ctx context.Context, at grid.Region, user uuid.UUID) (grid.Held, error) {
	p, err := w.at(at)
	if err != nil {
		return grid.Held{}, err
	}
	return p.host.HeldFor(ctx, user)
}

// A world is its own registry of regions too: they never change.

func (w *world) RegisterRegion(context.Context, grid.Region) error { return nil }

func (w *world) DeregisterRegion(context.Context, uuid.UUID) error { return nil }

func (w *world) SetRegionFlags(context.Context, uuid.UUID, int) error { return nil }

func (w *world) RegionByID(_ context.Context, id uuid.UUID) (grid.Region, error) {
	return w.find(func(r grid.Region) bool { return r.ID == id })
}

func (w *world) RegionByName(_ context.Context, name string) (grid.Region, error) {
	return w.find(func(r grid.Region) bool { return strings.EqualFold(r.Name, name) })
}

func (w *world) RegionAt(_ context.Context, x, y uint32) (grid.Region, error) {
	return w.find(func(r grid.Region) bool { return r.X <= x && x < r.X+r.SizeX && r.Y <= y && y < r.Y+r.SizeY })
}

func (w *world) SearchRegions(_ context.Context, part string, limit int) ([]grid.Region, error) {
	all := w.all(func(r grid.Region) bool { return strings.Contains(strings.ToLower(r.Name), strings.ToLower(part)) })
	return all[:min(limit, len(all))], nil
}

func (w *world) RegionsIn(_ context.Context, minX, minY, maxX, maxY uint32) ([]grid.Region, error) {
	return w.all(func(r grid.Region) bool {
		return r.X <= maxX && minX < r.X+r.SizeX && r.Y <= maxY && minY < r.Y+r.SizeY
	}), nil
}

func (w *world) Neighbours(context.Context, uuid.UUID) ([]grid.Region, error) { return w.everywhere() }

func (w *world) DefaultRegions(context.Context) ([]grid.Region, error) { return w.everywhere() }

func (w *world) FallbackRegions(context.Context, uint32, uint32) ([]grid.Region, error) {
	return w.everywhere()
}

func (w *world) OnlineRegions(context.Context, uint32, uint32, int) ([]grid.Region, error) {
	return w.everywhere()
}

func (w *world) everywhere() ([]grid.Region, error) {
	return w.all(func(grid.Region) bool { return true }), nil
}

func (w *world) all(such func(grid.Region) bool) (found []grid.Region) {
	for _, p := range w.order {
		if such(p.entry) {
			found = append(found, p.entry)
		}
	}
	return found
}

func (w *world) find(such func(grid.Region) bool) (grid.Region, error) {
	if found := w.all(such); len(found) > 0 {
		return found[0], nil
	}
	return grid.Region{}, grid.ErrNotFound
}
