package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

const (
	viewMargin = 64  // metres added to the draw distance, as OpenSimulator does
	viewLeast  = 96  // metres: OpenSimulator's MinRegionsViewDistance
	viewMost   = 255 // metres: OpenSimulator's MaxRegionsViewDistance

	nearFor = 30 * time.Second // how long the list of neighbours is believed
)

// neighbourhood is the region's neighbours as they were last read.
type neighbourhood struct {
	read    time.Time
	regions []grid.Region
}

// LookAround gives the viewer a child agent in every region in view and takes back those that are out
// of view. It runs on the agent's lane. far is the draw distance in metres.
func (h *Host) LookAround(ctx context.Context, a *Agent, position geom.Vec3, far float32) *steps.Report {
	here := h.Region()
	near, err := h.neighbours(ctx)
	if err != nil {
		h.Log.Warn("neighbours not known", "region", here.Name, "error", err)
		return nil
	}
	open, shut := a.compare(inView(here, near, position, far))
	if len(open) == 0 && len(shut) == 0 {
		return nil
	}
	var list []steps.Step
	for _, r := range open {
		list = append(list, steps.Step{
			Name: "open child agent in " + r.Name, Owner: "neighbours", Tries: 2, Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error { return h.openChild(ctx, a, r, position, far) },
		})
	}
	for _, r := range shut {
		list = append(list, steps.Step{
			Name: "close child agent in " + r.Name, Owner: "neighbours", Tries: 3, Timeout: 5 * time.Second,
			Do: func(ctx context.Context) error { return h.closeChild(ctx, a, r) },
		})
	}
	d := a.departure(h, "")
	return h.process("children", d).Regardless(ctx, steps.Together(list...))
}

// inView are the neighbours that overlap the square around a position as far as the agent sees.
func inView(here grid.Region, near []grid.Region, position geom.Vec3, far float32) []grid.Region {
	far = min(max(far+viewMargin, viewLeast), viewMost)
	x, y := float64(here.X)+float64(position.X), float64(here.Y)+float64(position.Y)
	var out []grid.Region
	for _, r := range near {
		if r.ID == here.ID || r.Flags&grid.RegionOnline == 0 {
			continue
		}
		if x+float64(far) > float64(r.X) && x-float64(far) < float64(r.X+r.SizeX) &&
			y+float64(far) > float64(r.Y) && y-float64(far) < float64(r.Y+r.SizeY) {
			out = append(out, r)
		}
	}
	return out
}

// compare says which children are to be opened and which closed.
func (a *Agent) compare(want []grid.Region) (open, shut []grid.Region) {
	a.mu.Lock()
	defer a.mu.Unlock()
	wanted := make(map[uuid.UUID]bool, len(want))
	for _, r := range want {
		wanted[r.ID] = true
		if _, has := a.children[r.ID]; !has {
			open = append(open, r)
		}
	}
	for id, r := range a.children {
		if !wanted[id] {
			shut = append(shut, r)
		}
	}
	return open, shut
}

func (h *Host) neighbours(ctx context.Context) ([]grid.Region, error) {
	h.mu.Lock()
	near := h.near
	h.mu.Unlock()
	if time.Since(near.read) < nearFor {
		return near.regions, nil
	}
	r := h.Region()
	regions, err := h.Services.Regions.RegionsIn(ctx, below(r.X), below(r.Y), r.X+r.SizeX+viewMost, r.Y+r.SizeY+viewMost)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.near = neighbourhood{time.Now(), regions}
	h.mu.Unlock()
	return regions, nil
}

func below(x uint32) uint32 { return x - min(x, viewMost) }

// openChild announces a child agent to a neighbour and tells the viewer to connect there. It is noted
// before the neighbour is asked: a logout in between closes it too.
func (h *Host) openChild(ctx context.Context, a *Agent, to grid.Region, position geom.Vec3, far float32) error {
	here := h.Region()
	c := a.Circuit
	c.Child, c.Flags, c.Root, c.Far = true, 0, here.ID, far
	c.Epoch = a.Fence().Epoch
	c.CapsPath = a.capsPath(to.ID)
	c.Position = relative(here, to, position)
	a.mu.Lock()
	a.children[to.ID] = to
	a.mu.Unlock()
	seed, err := h.Services.Simulation.CreateAgent(ctx, to, c)
	if err != nil {
		a.mu.Lock()
		delete(a.children, to.ID)
		a.mu.Unlock()
		return fmt.Errorf("%s: %w", to.Name, err)
	}
	a.Link.Enable(to, seed)
	return nil
}

// capsPath is the path of the capabilities that the agent has, or is to have, in a region. Asked again
// for the same region it is the same.
func (a *Agent) capsPath(region uuid.UUID) uuid.UUID {
	return uuid.NewSHA1(a.Circuit.Secure, region[:])
}

// relative is a position of one region counted from the corner of another.
func relative(from, to grid.Region, p geom.Vec3) geom.Vec3 {
	p.X += float32(int64(from.X) - int64(to.X))
	p.Y += float32(int64(from.Y) - int64(to.Y))
	return p
}

func (h *Host) closeChild(ctx context.Context, a *Agent, at grid.Region) error {
	if err := h.Services.Simulation.CloseAgent(ctx, at, a.ID(), a.Session()); err != nil {
		return fmt.Errorf("%s: %w", at.Name, err)
	}
	a.mu.Lock()
	delete(a.children, at.ID)
	a.mu.Unlock()
	return nil
}

// closeAll closes a session's child agents, all at once; a neighbour that is dead keeps none of the
// others waiting. It answers with those that it could not close.
func (h *Host) closeAll(ctx context.Context, agent, session uuid.UUID, at []grid.Region) (open []grid.Region, err error) {
	errs := make([]error, len(at))
	var all sync.WaitGroup
	for i, r := range at {
		all.Go(func() {
			if err := h.Services.Simulation.CloseAgent(ctx, r, agent, session); err != nil {
				errs[i] = fmt.Errorf("%s: %w", r.Name, err)
			}
		})
	}
	all.Wait()
	for i, r := range at {
		if errs[i] != nil {
			open = append(open, r)
		}
	}
	return open, errors.Join(errs...)
}

// TellChildren tells the regions with child agents where the root agent is.
func (h *Host) TellChildren(ctx context.Context, a *Agent, p grid.AgentPosition) {
	here := h.Region()
	var all sync.WaitGroup
	for _, r := range a.Children() {
		all.Go(func() {
			there := p
			there.Position, there.Camera = relative(here, r, p.Position), relative(here, r, p.Camera)
			if err := h.Services.Simulation.UpdateAgent(ctx, r, there); err != nil {
				h.Log.Debug("child agent not updated", "agent", a.Name(), "region", r.Name, "error", err)
			}
		})
	}
	all.Wait()
}

// circuitCode is a random circuit code: 31 bits, never 0.
func circuitCode() uint32 {
	for {
		var b [4]byte
		rand.Read(b[:])
		if code := uint32(b[0]&0x7F)<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]); code != 0 {
			return code
		}
	}
}
