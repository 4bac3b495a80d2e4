package bot

import (
	"encoding/binary"
	"slices"
	"testing"
	"testing/synctest"

	"terrane/wire/llsd"
	"terrane/wire/message"
)

// neighbour tells a bot of the grid's second region.
func (g *fakeGrid) neighbour(b *Bot) {
	ip := g.second.at.Addr().As4()
	g.push(b, llsd.Map{"message": "EnableSimulator", "body": llsd.Map{"SimulatorInfo": llsd.Array{llsd.Map{
		"Handle": binary.BigEndian.AppendUint64(nil, g.second.handle), "IP": ip[:], "Port": int32(g.second.at.Port()),
	}}}})
	g.push(b, llsd.Map{"message": "EstablishAgentCommunication", "body": llsd.Map{
		"agent-id": b.Session().Agent, "sim-ip-and-port": g.second.at.String(),
		"seed-capability": g.base + "/seed/" + b.Session().ID.String() + "/1",
	}})
}

func TestNeighbourGetsAChildCircuitAndIsAskedForItsEvents(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		g.neighbour(b)
		await(t, &rec, func(h Handshake) bool { return h.IsChild && h.Name == "Harbour" })
		synctest.Wait()
		if got := b.Neighbours(); !slices.Equal(got, []uint64{g.second.handle}) {
			t.Errorf("neighbours %v", got)
		}
		if len(said[*message.RegionHandshakeReply](g.second)) != 1 || len(said[*message.AgentThrottle](g.second)) != 1 {
			t.Errorf("it has said %v", g.second.log())
		}
		if n := len(said[*message.CompleteAgentMovement](g.second)) + len(said[*message.AgentUpdate](g.second)); n != 0 {
			t.Error("a child agent moves")
		}
		if n := len(g.asked()); n != 4 {
			t.Errorf("%d polls, want three of the root and one of the child", n)
		}
		if _, err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.ports) != 2 {
			t.Errorf("%d sockets are open, besides the regions'", len(e.ports)-2)
		}
	})
}

func TestNeighbourNamedTwiceHasOneCircuit(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		g.neighbour(b)
		g.neighbour(b)
		synctest.Wait()
		if n := len(said[*message.UseCircuitCode](g.second)); n != 1 {
			t.Errorf("%d UseCircuitCodes", n)
		}
	})
}

func TestDisabledNeighbourIsForgotten(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		g.neighbour(b)
		synctest.Wait()
		g.second.tell(b.Session().Agent, &message.DisableSimulator{})
		await(t, &rec, func(d Disabled) bool { return d.IsChild && d.Region == g.second.handle })
		synctest.Wait()
		if got := b.Neighbours(); len(got) != 0 {
			t.Errorf("neighbours %v", got)
		}
		if b.Err() != nil {
			t.Error(b.Err())
		}
	})
}

func TestNeighboursAreLeftAloneIfSoWanted(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		o := g.options("Ann", nil)
		o.NoChildren = true
		g.neighbour(g.login(t, o))
		synctest.Wait()
		if n := len(g.second.log()); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}

// An address that is no binary, as a viewer wants it, is none.
func TestNeighbourWithoutAnAddressIsNone(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		g.push(b, llsd.Map{"message": "EnableSimulator", "body": llsd.Map{"SimulatorInfo": llsd.Array{llsd.Map{
			"Handle": int32(7), "IP": "10.0.0.9", "Port": int32(9001),
		}}}})
		g.push(b, llsd.Map{"message": "EstablishAgentCommunication", "body": llsd.Map{"sim-ip-and-port": "nowhere"}})
		synctest.Wait()
		if n := len(g.second.log()); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}
