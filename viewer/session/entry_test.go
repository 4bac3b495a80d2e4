package session

import (
	"slices"
	"testing"
	"time"

	"terrane/grid"
	"terrane/wire/message"
	"terrane/wire/packet"
	"terrane/wire/patch"
	"terrane/wire/prim"

	"github.com/google/uuid"
)

func TestInvariant15_UseCircuitCodeIsAcknowledgedInAPacketOfItsOwnBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	for name, child := range map[string]bool{"root": false, "child": true} {
		v := w.login(w.user("Ann "+name), w.order[0], func(c *grid.AgentCircuit) {
			c.Child = child
			c.Root = w.order[1].entry.ID
		})
		v.say(v.useCircuitCode())
		if child {
			await[message.RegionHandshake](v)
		} else {
			v.delivered()
			v.say(v.completeMovement())
			await[message.AgentMovementComplete](v)
			await[message.RegionHandshake](v)
		}
		v.mu.Lock()
		if first := v.packets[0]; !slices.Equal(acksOf(first), []uint32{1}) || first.Acks.Len() != 0 {
			t.Errorf("%s: the first packet is %x", name, first.Body)
		}
		for _, p := range v.packets {
			if p.Acks.Len() != 0 {
				t.Errorf("%s: acknowledgements behind %x", name, p.Body)
			}
		}
		v.mu.Unlock()
	}
}

func TestInvariant15_ArrivalWaitsForNoService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	hung := w.hang()
	v := w.enter(w.user("Ann Lee"), w.order[0])
	handshake, complete := -1, -1
	v.mu.Lock()
	for i, h := range v.heard {
		switch h.Message.(type) {
		case *message.RegionHandshake:
			handshake = i
		case *message.AgentMovementComplete:
			complete = i
		case *message.ObjectUpdate, *message.LayerData, *message.ParcelOverlay, *message.AvatarAppearance:
			if handshake < 0 || complete < 0 {
				t.Errorf("%s came before the handshake and AgentMovementComplete", h.ID())
			}
		}
	}
	v.mu.Unlock()
	if handshake < 0 || complete < handshake {
		t.Errorf("RegionHandshake is message %d, AgentMovementComplete %d", handshake, complete)
	}
	hung.asked(t)
}

func TestArrivalShowsAllThatAViewerNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	await[message.AvatarAnimation](v)
	await[message.AvatarAppearance](v)
	await[message.HealthMessage](v)
	data := await[message.AgentDataUpdate](v)
	if text(data.AgentData.FirstName) != "Ann" || text(data.AgentData.LastName) != "Lee" || data.AgentData.AgentID != v.Agent {
		t.Errorf("AgentDataUpdate %+v", data)
	}
	v.until("the whole parcel overlay", func() bool { return len(since[message.ParcelOverlay](v)) == 4 })
	for _, m := range came[message.ParcelOverlay](v) {
		if len(m.ParcelData.Data) != 1024 {
			t.Errorf("overlay %d has %d bytes", m.ParcelData.SequenceID, len(m.ParcelData.Data))
		}
	}
	if n := len(came[message.AgentWearablesUpdate](v)); n != 0 {
		t.Errorf("%d AgentWearablesUpdates came unasked: an unasked one does not count for viewers", n)
	}
}

func TestTheHandshakeSaysWhichRegionItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.enter(w.user("Ann Lee"), p)
	m := await[message.RegionHandshake](v)
	i := m.RegionInfo
	if i.RegionFlags != DefaultRegionFlags || i.SimAccess != grid.AccessMature || text(i.SimName) != "Welcome" {
		t.Errorf("flags %x, access %d, name %q", i.RegionFlags, i.SimAccess, i.SimName)
	}
	if i.WaterHeight != 20 || i.CacheID != p.server.Estate.CacheID || i.IsEstateManager || i.SimOwner != p.server.Estate.Owner {
		t.Errorf("region info %+v", i)
	}
	if i.TerrainDetail0 == uuid.Nil || i.TerrainBase0 != uuid.Nil || i.TerrainHeightRange11 == 0 {
		t.Errorf("paint %+v", i)
	}
	if m.RegionInfo2.RegionID != p.entry.ID || m.RegionInfo3.CPUClassID != 9 || m.RegionInfo3.CPURatio != 1 {
		t.Errorf("region %v, processor %+v", m.RegionInfo2.RegionID, m.RegionInfo3)
	}
	if len(m.RegionInfo4) != 1 || uint32(m.RegionInfo4[0].RegionFlagsExtended) != i.RegionFlags {
		t.Fatalf("extended flags %+v", m.RegionInfo4)
	}
	if protocols := m.RegionInfo4[0].RegionProtocols; protocols&1 != 0 || protocols>>63 != 1 {
		t.Errorf("protocols %x: the viewer is to bake, more than six", protocols)
	}
	if h := v.flagsOf(m); !h.Has(packet.Reliable | packet.ZeroCoded) {
		t.Errorf("the handshake travels with flags %x", h)
	}
}

func TestMovementCompleteSaysWhereTheAvatarIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0], at(100, 60))
	m := await[message.AgentMovementComplete](v)
	if m.AgentData.AgentID != v.Agent || m.AgentData.SessionID != v.Session || m.Data.RegionHandle != w.order[0].entry.Handle() {
		t.Errorf("%+v", m)
	}
	if m.Data.Position.X != 100 || m.Data.Position.Y != 60 || m.Data.Position.Z < 21 || m.Data.LookAt != v.LookAt {
		t.Errorf("position %v, look at %v", m.Data.Position, m.Data.LookAt)
	}
	if text(m.SimData.ChannelVersion) != Version || m.Data.Timestamp == 0 {
		t.Errorf("%+v", m)
	}
	v.mark()
	v.say(v.completeMovement())
	again := await[message.AgentMovementComplete](v)
	if again.Data.Position.X != 100 || again.Data.Position.Y != 60 {
		t.Errorf("asked again: %+v", again.Data)
	}
	if n := len(came(v, about(v.Agent))); n != 0 {
		t.Errorf("the avatar arrived again, %d times", n)
	}
}

func TestInvariant17_OnesOwnAvatarIsShownFirstAndWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	await[message.AvatarAnimation](v)
	await[message.AvatarAppearance](v)
	update := await(v, about(v.Agent))
	o := update.ObjectData[0]
	if update.RegionData.RegionHandle != w.order[0].entry.Handle() || update.RegionData.TimeDilation == 0 {
		t.Errorf("%+v", update.RegionData)
	}
	if o.PCode != 47 || o.Material != 4 || o.ParentID != 0 || o.OwnerID != uuid.Nil || len(o.ObjectData) != 76 || o.ID == 0 {
		t.Errorf("%+v", o)
	}
	names := text(o.NameValue)
	if first, _ := prim.NameValue(names, "FirstName"); first != "Ann" {
		t.Errorf("names %q", names)
	}
	if last, _ := prim.NameValue(names, "LastName"); last != "Lee" {
		t.Errorf("names %q", names)
	}
	if o.Scale.Z < 1 {
		t.Errorf("scale %v", o.Scale)
	}
	var order []message.ID
	v.mu.Lock()
	for _, h := range v.heard {
		switch m := h.Message.(type) {
		case *message.ObjectUpdate, *message.AvatarAppearance:
			order = append(order, h.ID())
		case *message.AvatarAnimation:
			order = append(order, h.ID())
			if m.Sender.ID != v.Agent || len(m.AnimationList) == 0 || len(m.AnimationSourceList) != len(m.AnimationList) {
				t.Errorf("animations %+v", m)
			}
		}
	}
	v.mu.Unlock()
	want := []message.ID{message.ObjectUpdateID, message.AvatarAppearanceID, message.AvatarAnimationID}
	if !slices.Equal(order[:3], want) {
		t.Errorf("order %v", order)
	}
}

func TestInvariant16_TheGroundComesAfterTheReplyToTheHandshakeAndIsWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.login(w.user("Ann Lee"), p)
	v.open()
	v.say(v.completeMovement(), fast())
	await[message.AvatarAnimation](v)
	if n := len(came[message.LayerData](v)); n != 0 {
		t.Errorf("%d LayerData before the reply", n)
	}
	v.say(&message.RegionHandshakeReply{})
	patches := make(map[[2]int]patch.Patch)
	shown := 0
	v.until("256 patches of ground", func() bool {
		clear(patches)
		shown = 0
		for _, m := range since[message.LayerData](v) {
			layer, some, err := patch.Decode(m.LayerData.Data)
			if err != nil || layer != patch.Land || m.LayerID.Type != uint8(patch.Land) {
				t.Errorf("layer %c: %v", layer, err)
			}
			for _, one := range some {
				patches[[2]int{one.X, one.Y}] = one
				shown++
			}
		}
		return len(patches) == 256
	})
	ground := p.server.Estate.Land.Ground
	for at, one := range patches {
		for i, h := range one.Heights {
			x, y := at[0]*patch.Size+i%patch.Size, at[1]*patch.Size+i/patch.Size
			if d := h - ground.At(x, y); d > 0.1 || d < -0.1 {
				t.Fatalf("height at %d,%d is %v, not %v", x, y, h, ground.At(x, y))
			}
		}
	}
	v.mark()
	v.say(&message.RegionHandshakeReply{})
	v.delivered()
	v.say(&message.EconomyDataRequest{})
	await[message.EconomyData](v)
	if shown != len(patches) {
		t.Errorf("%d patches came for %d places", shown, len(patches))
	}
	if n := len(came[message.LayerData](v)); n != 0 {
		t.Errorf("a second reply brings %d LayerData", n)
	}
}

func TestInvariant18_AChildSeesNothingBeforeItsViewerAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	there := w.enter(w.user("Bea Low"), w.order[1], at(10, 128))
	root := w.enter(w.user("Ann Lee"), w.order[0], at(200, 128))
	child := w.childOf(root, w.order[1])
	child.open()
	await[message.RegionHandshake](child)
	nothing := func(when string) {
		t.Helper()
		there.shout("who is there?")
		child.mark()
		child.say(&message.EconomyDataRequest{})
		await[message.EconomyData](child)
		for _, name := range child.names() {
			switch name {
			case "EconomyData", "CoarseLocationUpdate":
			default:
				t.Errorf("%s: %s", when, name)
			}
		}
	}
	nothing("before anything was asked for")
	child.say(&message.RegionHandshakeReply{})
	child.delivered()
	nothing("before the capabilities were asked for")
	child.askSeed("EventQueueGet")
	await[message.LayerData](child)
	await[message.ParcelOverlay](child)
	child.sees(there)
	if n := len(came[message.AgentMovementComplete](child)); n != 0 {
		t.Error("a child was told that it is root")
	}
}

func TestInvariant18_AChildThatAsksForItsCapabilitiesFirstSeesAfterItsReply(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	there := w.enter(w.user("Bea Low"), w.order[1], at(10, 128))
	child := w.childOf(w.enter(w.user("Ann Lee"), w.order[0], at(200, 128)), w.order[1])
	child.askSeed("EventQueueGet")
	child.open()
	await[message.RegionHandshake](child)
	child.mark()
	child.say(&message.EconomyDataRequest{})
	await[message.EconomyData](child)
	if n := len(came[message.LayerData](child)); n != 0 {
		t.Errorf("%d LayerData before the reply", n)
	}
	child.say(&message.RegionHandshakeReply{})
	await[message.LayerData](child)
	child.sees(there)
}

func TestAChildThatHasNotAskedYetCostsNoTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	w.enter(w.user("Bea Low"), w.order[1], at(10, 128))
	child := w.childOf(w.enter(w.user("Ann Lee"), w.order[0], at(200, 128)), w.order[1])
	child.open()
	await[message.RegionHandshake](child)
	w.eventually("the session has something to show, and waits all the same", func() (rests bool) {
		child.onSession(func(s *Session) { rests = s.view.stirred && s.wait(time.Now()) > time.Millisecond })
		return rests
	})
}

func TestWearablesAreToldOnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	v.say(&message.AgentWearablesRequest{})
	m := await[message.AgentWearablesUpdate](v)
	if m.AgentData.AgentID != v.Agent || m.AgentData.SessionID != v.Session {
		t.Errorf("%+v", m.AgentData)
	}
	for kind := range uint8(4) {
		if !slices.ContainsFunc(m.WearableData, func(d message.AgentWearablesUpdateWearableData) bool {
			return d.WearableType == kind && d.ItemID != uuid.Nil && d.AssetID != uuid.Nil
		}) {
			t.Errorf("no body part of type %d in %+v", kind, m.WearableData)
		}
	}
}
