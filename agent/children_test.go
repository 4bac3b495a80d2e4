package agent

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// block is 25 regions around one that is real: of the others it knows which children they have.
type block struct {
	*wires
	mu       sync.Mutex // guards children and asked
	children map[uuid.UUID]bool
	dead     map[uuid.UUID]bool
	asked    map[uuid.UUID]int // how often it was told to close
	told     map[uuid.UUID]grid.AgentPosition
}

func (b *block) CreateAgent(ctx context.Context, to grid.Region, c grid.AgentCircuit) (string, error) {
	if !c.Child {
		return b.wires.CreateAgent(ctx, to, c)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.children[to.ID] = true
	return "seed://" + to.Name, nil
}

func (b *block) CloseAgent(ctx context.Context, to grid.Region, _, _ uuid.UUID) error {
	b.mu.Lock()
	b.asked[to.ID]++
	dead := b.dead[to.ID]
	delete(b.children, to.ID)
	b.mu.Unlock()
	if dead {
		<-ctx.Done()
		return grid.ErrUnavailable
	}
	return nil
}

func (b *block) UpdateAgent(ctx context.Context, to grid.Region, p grid.AgentPosition) error {
	b.mu.Lock()
	b.told[to.ID] = p
	dead := b.dead[to.ID]
	b.mu.Unlock()
	if dead {
		<-ctx.Done()
		return grid.ErrUnavailable
	}
	return nil
}

func (b *block) has() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var names []string
	for id := range b.children {
		r, err := b.w.services.Regions.RegionByID(b.w.Context(), id)
		if err != nil {
			b.w.Fatal(err)
		}
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}

// inBlock is in the middle of 5 times 5 regions, which are named for their place in it.
func inBlock(t *testing.T, test func(*world, *block, *guest)) {
	t.Helper()
	inWorld(t, nil, func(w *world) {
		w.site("2,2", 1002, 1002)
		for x := range uint32(5) {
			for y := range uint32(5) {
				if x != 2 || y != 2 {
					w.register(&site{w: w, at: grid.Region{
						ID: uuid.New(), Name: fmt.Sprintf("%d,%d", x, y), X: (1000 + x) * 256, Y: (1000 + y) * 256,
						SizeX: 256, SizeY: 256,
					}}, false)
				}
			}
		}
		b := &block{
			wires: &wires{w}, children: map[uuid.UUID]bool{}, dead: map[uuid.UUID]bool{}, asked: map[uuid.UUID]int{},
			told: map[uuid.UUID]grid.AgentPosition{},
		}
		w.services.Simulation = b
		test(w, b, w.enter(w.user("Ann"), "uri:2,2&128&128&30"))
	})
}

var ring = []string{"1,1", "1,2", "1,3", "2,1", "2,3", "3,1", "3,2", "3,3"}

func TestInvariant22_ChildrenAreTheRegionsInView(t *testing.T) {
	inBlock(t, func(w *world, b *block, g *guest) {
		for _, row := range []struct {
			x, y, far float32
			want      []string
		}{
			{128, 128, 20, nil},  // 96 m at least
			{128, 128, 64, nil},  // 128 m: to the border and not beyond
			{128, 128, 65, ring}, // 129 m
			{128, 128, 4096, ring},
			{200, 128, 20, []string{"3,2"}},
			{20, 20, 20, []string{"1,1", "1,2", "2,1"}},
			{250, 250, 512, []string{"1,1", "1,2", "1,3", "2,1", "2,3", "3,1", "3,2", "3,3"}},
			{250, 10, 32, []string{"2,1", "3,1", "3,2"}},
			{128, 128, 0, nil},
		} {
			began := time.Now()
			place := geom.Vec3{X: row.x, Y: row.y, Z: 30}
			g.site.LookAround(w.Context(), g.agent, place, row.far)
			if got := b.has(); !slices.Equal(got, row.want) {
				t.Errorf("at %v, %v seeing %v m: %q, not %q", row.x, row.y, row.far, got, row.want)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if again := g.site.LookAround(w.Context(), g.agent, place, row.far); again != nil {
				t.Errorf("looking again did %+v", again)
			}
		}
	})
}

func TestInvariant22_NoChildIsLeftOfASession(t *testing.T) {
	inBlock(t, func(w *world, b *block, g *guest) {
		g.site.LookAround(w.Context(), g.agent, geom.Vec3{X: 128, Y: 128}, 256)
		if got := g.viewer.heard("EnableSimulator"); len(got) != len(ring) {
			t.Errorf("the viewer was told %q", got)
		}
		g.quit()
		if got := b.has(); len(got) > 0 {
			t.Errorf("%q still have children", got)
		}
		for id, n := range b.asked {
			if n != 1 {
				t.Errorf("%v was told %d times", id, n)
			}
		}
	})
}

// A logout that meets the opening of a child half way closes it too.
func TestInvariant22_AChildOpenedDuringTheLogoutIsClosed(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			inBlock(t, func(w *world, b *block, g *guest) {
				reached, goOn := make(chan struct{}, len(ring)), make(chan struct{})
				pause := func() { reached <- struct{}{}; <-goOn }
				for _, name := range ring {
					if when == "after" {
						g.site.faults.behind("children", "open child agent in "+name, pause)
					} else {
						g.site.faults.at("children", "open child agent in "+name, func() error { pause(); return nil })
					}
				}
				host := g.site.Host
				err := g.agent.Lane.Go(func(ctx context.Context) { host.LookAround(ctx, g.agent, geom.Vec3{X: 128, Y: 128}, 256) })
				if err != nil {
					t.Fatal(err)
				}
				for range ring {
					<-reached
				}
				g.agent.End(Quit, "")
				synctest.Wait()
				close(goOn)
				<-g.left
				if len(b.asked) != len(ring) {
					t.Errorf("%d were told to close", len(b.asked))
				}
				if got := b.has(); len(got) > 0 {
					t.Errorf("%q still have children", got)
				}
			})
		})
	}
}

func TestE16_Invariant31_ADeadNeighbourIsAskedThreeTimesAndTheOthersOnce(t *testing.T) {
	inBlock(t, func(w *world, b *block, g *guest) {
		g.site.LookAround(w.Context(), g.agent, geom.Vec3{X: 128, Y: 128}, 256)
		dead := g.agent.Children()[0]
		b.dead[dead.ID] = true
		began := time.Now()
		g.agent.End(Quit, "")
		synctest.Wait()
		if got := b.has(); len(got) > 0 {
			t.Errorf("%q were not closed at once", got)
		}
		<-g.left
		line := g.report.Step(closeChildren)
		if line.Tries != 3 || line.Outcome != steps.Failed || line.Took > DefaultTerms.Save+time.Second {
			t.Errorf("the report says %+v", line)
		}
		for id, n := range b.asked {
			if id != dead.ID && n != 1 || id == dead.ID && n != 3 {
				t.Errorf("%v was asked %d times", id, n)
			}
		}
		if l := g.report.Step(leavePresence); l.After+l.Took > 6*time.Second || l.Outcome != steps.Done {
			t.Errorf("the services heard of it after %v: %+v", time.Since(began), l)
		}
		if owed := g.site.Owed(); len(owed) != 1 || len(owed[0].Children) != 1 || owed[0].Children[0].ID != dead.ID {
			t.Fatalf("it owes %+v", owed)
		}
		b.mu.Lock()
		b.dead = nil
		b.mu.Unlock()
		w.after(time.Minute)
		g.site.isEmpty()
	})
}

// A neighbour that never comes back is not asked for ever.
func TestANeighbourThatIsNoMoreIsForgotten(t *testing.T) {
	inBlock(t, func(w *world, b *block, g *guest) {
		g.site.LookAround(w.Context(), g.agent, geom.Vec3{X: 128, Y: 128}, 256)
		b.dead[g.agent.Children()[0].ID] = true
		g.quit()
		if len(g.site.Owed()) != 1 {
			t.Fatal("it owes nothing")
		}
		w.after(childrenFor + 2*time.Minute)
		g.site.isEmpty()
	})
}

func TestAChildThatCannotBeOpenedIsTriedAgainAtTheNextLook(t *testing.T) {
	inBlock(t, func(w *world, b *block, g *guest) {
		const step = "open child agent in 3,2"
		g.site.faults.at("children", step, w.fails)
		r := g.site.LookAround(w.Context(), g.agent, geom.Vec3{X: 250, Y: 128}, 32)
		if line := r.Step(step); line.Tries != 2 || line.Outcome != steps.Failed {
			t.Errorf("the report says %+v", line)
		}
		g.site.faults.mend()
		g.site.LookAround(w.Context(), g.agent, geom.Vec3{X: 250, Y: 128}, 32)
		if got := b.has(); !slices.Equal(got, []string{"3,2"}) {
			t.Errorf("children: %q", got)
		}
	})
}

// Each neighbour hears of a move in its own metres, and a dead one keeps nobody else waiting.
func TestChildrenAreToldWhereTheirAgentIs(t *testing.T) {
	inBlock(t, func(w *world, b *block, g *guest) {
		g.site.LookAround(w.Context(), g.agent, geom.Vec3{X: 128, Y: 128}, 256)
		b.dead[g.agent.Children()[0].ID] = true
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		g.site.TellChildren(ctx, g.agent, grid.AgentPosition{
			Agent: g.agent.ID(), Session: g.agent.Session(), Position: geom.Vec3{X: 10, Y: 20, Z: 30}, Camera: geom.Vec3{X: 11, Y: 21, Z: 31},
		})
		if len(b.told) != len(ring) {
			t.Errorf("%d were told", len(b.told))
		}
		for _, r := range g.agent.Children() {
			dx, dy := float32(int(g.site.at.X)-int(r.X)), float32(int(g.site.at.Y)-int(r.Y))
			if p := b.told[r.ID]; p.Position != (geom.Vec3{X: 10 + dx, Y: 20 + dy, Z: 30}) || p.Camera != (geom.Vec3{X: 11 + dx, Y: 21 + dy, Z: 31}) {
				t.Errorf("%s was told %v", r.Name, p)
			}
		}
	})
}

// The capabilities of an agent in a region have one path however often it is asked for, and nobody else's.
func TestPathsOfCapabilitiesAreOfOneAgentAndRegion(t *testing.T) {
	a, b := New(grid.AgentCircuit{Secure: uuid.New()}, nil), New(grid.AgentCircuit{Secure: uuid.New()}, nil)
	one, two := uuid.New(), uuid.New()
	if first, again := a.capsPath(one), a.capsPath(one); first != again || first == a.capsPath(two) || a.capsPath(one) == b.capsPath(one) {
		t.Error("paths are not what they should be")
	}
}

func TestInViewIsWhatTheSquareOfSightTouches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		here := grid.Region{ID: uuid.New(), X: 5 * 256, Y: 5 * 256, SizeX: 256, SizeY: 256}
		size := uint32(256 * rapid.IntRange(1, 4).Draw(t, "size"))
		there := grid.Region{
			ID: uuid.New(), X: uint32(256 * rapid.IntRange(0, 10).Draw(t, "x")), Y: uint32(256 * rapid.IntRange(0, 10).Draw(t, "y")),
			SizeX: size, SizeY: size, Flags: grid.RegionOnline,
		}
		p := geom.Vec3{X: rapid.Float32Range(0, 256).Draw(t, "px"), Y: rapid.Float32Range(0, 256).Draw(t, "py")}
		far := rapid.Float32Range(0, 1000).Draw(t, "far")
		got := len(inView(here, []grid.Region{here, there}, p, far)) == 1
		reach := min(max(far+64, 96), 255)
		gap := func(p float32, corner, from, size uint32) float32 {
			at := float32(corner) + p
			return max(float32(from)-at, at-float32(from+size), 0)
		}
		dx, dy := gap(p.X, here.X, there.X, there.SizeX), gap(p.Y, here.Y, there.Y, there.SizeY)
		const unsure = 0.01 // metres
		if want := max(dx, dy) < reach; got != want && abs(max(dx, dy)-reach) > unsure {
			t.Errorf("%v m away, seeing %v m: %v", max(dx, dy), reach, got)
		}
		there.Flags = 0
		if len(inView(here, []grid.Region{there}, p, far)) != 0 {
			t.Error("a region that is offline is in view")
		}
	})
}

func abs(f float32) float32 { return max(f, -f) }
