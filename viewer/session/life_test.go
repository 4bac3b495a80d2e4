package session

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"

	"terrane/geom"
	"terrane/grid"
	"terrane/region/avatar"
	"terrane/region/scene"
	"terrane/wire/llsd"
	"terrane/wire/message"
	"terrane/wire/packet"
	"terrane/wire/prim"

	"github.com/google/uuid"
)

func TestNamesAreAnsweredAlsoWhereNobodyHasThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	want := map[uuid.UUID]string{v.Agent: "Ann Lee", uuid.New(): "(unknown) user", uuid.Nil: "(unknown) user"}
	for i := range 30 {
		a := w.user(fmt.Sprintf("Bea%d Low", i))
		want[a.ID] = a.Name()
	}
	m := &message.UUIDNameRequest{}
	for id := range want {
		m.UUIDNameBlock = append(m.UUIDNameBlock, message.UUIDNameRequestUUIDNameBlock{ID: id})
	}
	v.say(m, &message.UUIDNameRequest{})
	got := make(map[uuid.UUID]string)
	v.until("all names", func() bool {
		for _, r := range since[message.UUIDNameReply](v) {
			for _, b := range r.UUIDNameBlock {
				got[b.ID] = text(b.FirstName) + " " + text(b.LastName)
			}
		}
		return len(got) >= len(want)
	})
	for id, name := range want {
		if got[id] != name {
			t.Errorf("%v is %q, not %q", id, got[id], name)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.packets {
		if len(p.Body) > 1200 {
			t.Errorf("a packet of %d bytes", len(p.Body))
		}
	}
}

func TestUsersAreFoundByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	bea := w.user("Bea Lowland")
	v := w.enter(w.user("Ann Lee"), w.order[0])
	ask := func(name string) []message.AvatarPickerReplyData {
		v.mark()
		m := &message.AvatarPickerRequest{}
		m.AgentData.QueryID, m.Data.Name = uuid.New(), message.Text(name)
		v.say(m)
		r := await[message.AvatarPickerReply](v)
		if r.AgentData.AgentID != v.Agent || r.AgentData.QueryID != m.AgentData.QueryID {
			t.Errorf("%+v", r.AgentData)
		}
		return r.Data
	}
	if found := ask("lowl"); len(found) != 1 || found[0].AvatarID != bea.ID || text(found[0].LastName) != "Lowland" {
		t.Errorf("%+v", found)
	}
	if found := ask("nobody at all"); len(found) != 1 || found[0].AvatarID != uuid.Nil {
		t.Errorf("%+v", found)
	}
}

func TestAProfileTellsOnlyOfOneselfThatOneIsOnline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v, other := w.enter(w.user("Ann Lee"), w.order[0]), w.enter(w.user("Bea Low"), w.order[0])
	for about, online := range map[uuid.UUID]bool{v.Agent: true, other.Agent: false} {
		v.mark()
		m := &message.AvatarPropertiesRequest{}
		m.AgentData.AvatarID = about
		v.say(m)
		r := await[message.AvatarPropertiesReply](v)
		if r.AgentData.AvatarID != about || text(r.PropertiesData.BornOn) == "" || (r.PropertiesData.Flags&profileOnline != 0) != online {
			t.Errorf("%+v", r)
		}
	}
}

func TestTheMapShowsTheRegionsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour", "Hill")
	v := w.enter(w.user("Ann Lee"), w.order[0])
	blocks := func(m message.Message) (names []string, all []message.MapBlockReplyData) {
		t.Helper()
		v.mark()
		v.say(m)
		r := await[message.MapBlockReply](v)
		if r.AgentData.AgentID != v.Agent || len(r.Size) != len(r.Data) {
			t.Errorf("%+v", r)
		}
		for _, d := range r.Data {
			names = append(names, text(d.Name))
		}
		return names, r.Data
	}
	area := &message.MapBlockRequest{}
	area.AgentData.Flags = wantsSea | 2
	area.PositionData.MinX, area.PositionData.MaxX, area.PositionData.MinY, area.PositionData.MaxY = 1000, 1001, 990, 1010
	names, all := blocks(area)
	if !slices.Equal(names, []string{"Welcome", "Harbour"}) {
		t.Errorf("the area has %v", names)
	}
	if d := all[1]; d.X != 1001 || d.Y != 1000 || d.Access != grid.AccessMature || d.MapImageID != w.order[1].entry.MapTile {
		t.Errorf("%+v", d)
	}
	byName := &message.MapNameRequest{}
	byName.NameData.Name = message.Text("harb")
	if names, all = blocks(byName); !slices.Equal(names, []string{"Harbour", "harb"}) || all[1].Access != noRegion {
		t.Errorf("found %v %+v", names, all)
	}
	byName.NameData.Name = message.Text("nowhere")
	if names, all = blocks(byName); len(names) != 1 || all[0].Access != noRegion {
		t.Errorf("found %v %+v", names, all)
	}
	byName.NameData.Name = message.Text("Welcome") // node-metaverse waits for a block of this very name
	if names, _ = blocks(byName); names[0] != "Welcome" {
		t.Errorf("found %v", names)
	}
	v.mark()
	area.PositionData.MinX, area.PositionData.MaxX = 0xFFFF, 0
	v.say(area)
	area.PositionData.MinX, area.PositionData.MaxX = 0xFFF0, 0xFFFF
	v.say(area)
	v.delivered()
	if n := len(came[message.MapBlockReply](v)); n != 0 {
		t.Error("nothing was answered with something")
	}
}

func TestTheMapShowsAvatars(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p, at(60, 70))
	ask := func(kind uint32, region uint64) *message.MapItemReply {
		v.mark()
		m := &message.MapItemRequest{}
		m.RequestData.ItemType, m.RequestData.RegionHandle = kind, region
		v.say(m)
		return await[message.MapItemReply](v)
	}
	v.sees(other)
	for _, region := range []uint64{0, p.entry.Handle()} {
		r := ask(mapAgents, region)
		if len(r.Data) != 1 || r.Data[0].X != p.entry.X+60 || r.Data[0].Y != p.entry.Y+70 || r.Data[0].Extra != 1 || r.RequestData.ItemType != mapAgents {
			t.Errorf("%+v", r)
		}
	}
	if r := ask(mapAgents, 12345); len(r.Data) != 0 {
		t.Errorf("another region has %+v", r.Data)
	}
	if r := ask(7, 0); len(r.Data) != 0 {
		t.Errorf("land for sale: %+v", r.Data)
	}
}

func TestWhatViewersAskAboutRegionMoneyAndThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	money := &message.MoneyBalanceRequest{}
	money.MoneyData.TransactionID = uuid.New()
	dwell := &message.ParcelDwellRequest{}
	dwell.Data.LocalID = 1
	access := &message.ParcelAccessListRequest{}
	access.Data.Flags, access.Data.SequenceID = 3, 8
	v.mark()
	v.say(&message.RequestRegionInfo{}, money, &message.AgentDataUpdateRequest{}, &message.UserInfoRequest{},
		&message.MapLayerRequest{}, dwell, access, &message.TeleportLandmarkRequest{})
	info := await[message.RegionInfo](v)
	if text(info.RegionInfo.SimName) != "Welcome" || info.RegionInfo.RegionFlags != DefaultRegionFlags || info.RegionInfo2.MaxAgents32 != 100 {
		t.Errorf("%+v", info)
	}
	if m := await[message.MoneyBalanceReply](v).MoneyData; m.AgentID != v.Agent || m.TransactionID != money.MoneyData.TransactionID || !m.TransactionSuccess || m.MoneyBalance != 0 {
		t.Errorf("%+v", m)
	}
	await[message.AgentDataUpdate](v)
	if m := await[message.UserInfoReply](v); text(m.UserData.EMail) != "Ann@example.com" {
		t.Errorf("%+v", m)
	}
	await[message.MapLayerReply](v)
	await[message.ParcelDwellReply](v)
	await(v, func(m *message.ParcelAccessListReply) bool { return m.Data.Flags == 1 && m.Data.SequenceID == 8 })
	await(v, func(m *message.ParcelAccessListReply) bool { return m.Data.Flags == 2 })
	await[message.TeleportFailed](v)
}

func TestParcelPropertiesComeByTheEventQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	queue := v.askSeed("EventQueueGet").String("EventQueueGet")
	_, first := v.poll(queue, nil, false)
	events := first.Array("events").Maps()
	if len(events) == 0 || events[0].String("message") != "ParcelProperties" {
		t.Fatalf("%v", first)
	}
	data := events[0].Map("body").Array("ParcelData").Maps()
	if len(data) != 1 || data[0].String("Name") != "Welcome" || data[0].Int("Area") != 65536 || len(data[0].Bytes("Bitmap")) != 512 {
		t.Errorf("%v", data)
	}
	if flags := data[0].Bytes("ParcelFlags"); len(flags) != 4 {
		t.Errorf("flags are %T: viewers read anything but binary as 0", data[0]["ParcelFlags"])
	}
	ask := &message.ParcelPropertiesRequest{}
	ask.ParcelData.SequenceID, ask.ParcelData.SnapSelection = -7, true
	ask.ParcelData.East, ask.ParcelData.North = 4, 4
	v.say(ask)
	_, next := v.poll(queue, first.Int("id"), false)
	body := next.Array("events").Maps()[0].Map("body").Array("ParcelData").Maps()[0]
	if body.Int("SequenceID") != -7 || !body.Bool("SnapSelection") {
		t.Errorf("%v", body)
	}
}

func TestNeighboursAreAnnouncedByTheEventQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	east := w.order[1]
	v := w.enter(w.user("Ann Lee"), w.order[0], at(200, 128))
	queue := v.askSeed("EventQueueGet").String("EventQueueGet")
	bodies := make(map[string]llsd.Map)
	var ack any
	for len(bodies) < 3 {
		status, reply := v.poll(queue, ack, false)
		if status != 200 {
			t.Fatalf("poll: %d", status)
		}
		ack = reply.Int("id")
		for _, e := range reply.Array("events").Maps() {
			bodies[e.String("message")] = e.Map("body")
		}
	}
	sim := bodies["EnableSimulator"].Array("SimulatorInfo").Maps()[0]
	if h := sim.Bytes("Handle"); len(h) != 8 || binary.BigEndian.Uint64(h) != east.entry.Handle() {
		t.Errorf("handle %v", sim["Handle"])
	}
	if ip := sim.Bytes("IP"); !slices.Equal(ip, []byte{127, 0, 0, 1}) || sim.Int("Port") != int(east.entry.UDPPort) {
		t.Errorf("%v", sim)
	}
	talk := bodies["EstablishAgentCommunication"]
	if talk.UUID("agent-id") != v.Agent || talk.String("sim-ip-and-port") != east.sim().String() {
		t.Errorf("%v", talk)
	}
	if seed := talk.String("seed-capability"); seed != east.server.Find(v.Session).Caps().Seed() {
		t.Errorf("seed %q", seed)
	}
}

// fetch gets a file by Xfer.
func (v *viewer) fetch(name []byte) []byte {
	v.Helper()
	ask := &message.RequestXfer{}
	ask.XferID.ID, ask.XferID.Filename = 0xABCDEF0123456789, name
	v.say(ask)
	var content []byte
	for part := uint32(0); ; part++ {
		m := await(v, func(m *message.SendXferPacket) bool { return m.XferID.Packet&^lastPart == part })
		content = append(content, m.DataPacket.Data...)
		ok := &message.ConfirmXferPacket{}
		ok.XferID.ID, ok.XferID.Packet = m.XferID.ID, m.XferID.Packet
		v.say(ok)
		if m.XferID.Packet&lastPart != 0 {
			break
		}
	}
	if n := binary.LittleEndian.Uint32(content); int(n) != len(content)-4 {
		v.Errorf("a file of %d bytes has %d", n, len(content)-4)
	}
	return content[4:]
}

func TestTheMuteListIsAFileThatIsFetchedOnlyWhenItIsNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	ask := func(crc uint32) {
		v.delivered()
		v.mark()
		m := &message.MuteListRequest{}
		m.MuteData.MuteCRC = crc
		v.say(m)
	}
	stored := func(n int) {
		t.Helper()
		w.eventually("the change is stored", func() bool { return len(must(w.Mutes.MutesOf(t.Context(), v.Agent))(t)) == n })
	}
	ask(0)
	await[message.UseCachedMuteList](v)
	for i := range 40 { // more than one packet
		m := &message.UpdateMuteListEntry{}
		m.MuteData.MuteID, m.MuteData.MuteName = uuid.New(), message.Text(fmt.Sprintf("Somebody Loud%02d", i))
		m.MuteData.MuteType, m.MuteData.MuteFlags = 1, 2
		v.say(m)
	}
	stored(40)
	ask(0)
	name := await[message.MuteListUpdate](v).MuteData.Filename
	file := v.fetch(name)
	lines := strings.Split(strings.TrimSpace(string(file)), "\n")
	if len(lines) != 40 || !strings.HasPrefix(lines[0], "1 ") || !strings.HasSuffix(lines[0], "Somebody Loud00|2") {
		t.Fatalf("%d lines, the first is %q", len(lines), lines[0])
	}
	ask(crc32.ChecksumIEEE(file))
	await[message.UseCachedMuteList](v)
	abort := &message.RequestXfer{}
	abort.XferID.ID, abort.XferID.Filename = 5, name
	v.say(abort) // it has been fetched
	if m := await[message.AbortXfer](v); m.XferID.ID != 5 || m.XferID.Result == 0 {
		t.Errorf("%+v", m)
	}
	for _, line := range lines {
		m := &message.RemoveMuteListEntry{}
		m.MuteData.MuteID = uuid.MustParse(strings.Fields(line)[1])
		n, _, _ := strings.Cut(line[2+36+1:], "|")
		m.MuteData.MuteName = message.Text(n)
		v.say(m)
	}
	stored(0)
	ask(crc32.ChecksumIEEE(file)) // what the viewer has kept is not true any more
	if m := await[message.GenericMessage](v); text(m.MethodData.Method) != "emptymutelist" || m.AgentData.AgentID != v.Agent {
		t.Errorf("%+v", m)
	}
}

func TestTransfersAreBoundedAndCanBeAborted(t *testing.T) {
	t.Parallel()
	s, sent := bare(t, Root)
	for i := range 3 * filesBound {
		s.life.files.offer(fmt.Sprint(i), make([]byte, 3*xferPart))
	}
	if n := len(s.life.files.offered); n > filesBound {
		t.Errorf("%d files are kept", n)
	}
	for round := range 3 {
		for name := range s.life.files.offered {
			m := &message.RequestXfer{}
			m.XferID.ID, m.XferID.Filename = uint64(100*round+len(s.life.files.sending)), message.Text(name)
			s.requestXfer(m)
		}
		for i := range filesBound {
			s.life.files.offer(fmt.Sprint(round, i), nil)
		}
	}
	if n := len(s.life.files.sending); n > filesBound {
		t.Errorf("%d files are sent at once", n)
	}
	for id := range s.life.files.sending {
		wrong := &message.ConfirmXferPacket{}
		wrong.XferID.ID, wrong.XferID.Packet = id, 17
		s.confirmXfer(wrong)
		stop := &message.AbortXfer{}
		stop.XferID.ID = id
		s.abortXfer(stop)
		s.confirmXfer(wrong)
	}
	if n := len(s.life.files.sending); n != 0 {
		t.Errorf("%d transfers go on", n)
	}
	sent()
}

func TestGodsKickAndOthersDoNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick(), "Harbour")
	p := w.order[0]
	god, ann := w.login(w.god("Zoe Odd"), p, at(20, 20)), w.login(w.user("Ann Lee"), p, at(30, 30))
	bea, far := w.login(w.user("Bea Low"), p, at(40, 40)), w.login(w.user("Cid Mee"), w.order[1], at(230, 230))
	arriveAll(god, ann, bea, far)
	w.eventually("he is known to be far away", func() bool { return w.inRegion(far.Agent) })
	kick := func(whom uuid.UUID, why string) *message.GodKickUser {
		m := &message.GodKickUser{}
		m.UserInfo.AgentID, m.UserInfo.Reason = whom, message.Text(why)
		return m
	}
	ann.say(kick(bea.Agent, "because"), kick(uuid.MustParse(everybody), "because"))
	await[message.AgentAlertMessage](ann)
	if n := p.refused("not a god"); n != 2 {
		t.Errorf("%d refusals", n)
	}
	god.say(kick(ann.Agent, "enough"), kick(far.Agent, ""))
	if m := await[message.KickUser](ann); text(m.UserInfo.Reason) != "enough" {
		t.Errorf("%+v", m)
	}
	if m := await[message.KickUser](far); text(m.UserInfo.Reason) == "" {
		t.Errorf("no reason: %+v", m)
	}
	p.gone(ann.Session)
	w.order[1].gone(far.Session)
	god.mark()
	god.say(kick(uuid.New(), "nobody"))
	await[message.AgentAlertMessage](god)
	god.say(kick(uuid.MustParse(everybody), "all out"))
	await[message.KickUser](bea)
	p.gone(bea.Session)
	if !p.has(god.Session) {
		t.Error("the god went too")
	}
}

func TestGodsAlertEverybodyAndOthersDoNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	god, ann := w.login(w.god("Zoe Odd"), p, at(20, 20)), w.login(w.user("Ann Lee"), p, at(200, 200))
	arriveAll(god, ann)
	alert := &message.EstateOwnerMessage{}
	alert.MethodData.Method = message.Text("simulatormessage")
	for _, s := range []string{"-1", "-1", god.Agent.String(), "Zoe Odd", "the region goes down"} {
		alert.ParamList = append(alert.ParamList, message.EstateOwnerMessageParamList{Parameter: message.Text(s)})
	}
	ann.say(alert)
	if m := await[message.AgentAlertMessage](ann); strings.Contains(text(m.AlertData.Message), "goes down") {
		t.Errorf("who is no god alerts: %+v", m)
	}
	ann.mark()
	god.say(alert)
	for _, v := range []*viewer{god, ann} {
		m := await[message.AgentAlertMessage](v)
		if text(m.AlertData.Message) != "Zoe Odd: the region goes down" || !m.AlertData.Modal || m.AgentData.AgentID != v.Agent {
			t.Errorf("%+v", m)
		}
	}
}

func TestGodPowersAreGrantedByTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	god, ann := w.login(w.god("Zoe Odd"), w.order[0]), w.login(w.user("Ann Lee"), w.order[0])
	arriveAll(god, ann)
	ask := &message.RequestGodlikePowers{}
	ask.RequestBlock.Godlike, ask.RequestBlock.Token = true, uuid.New()
	ann.say(ask)
	await[message.AgentAlertMessage](ann)
	if n := len(came[message.GrantGodlikePowers](ann)); n != 0 {
		t.Error("who is no god got powers")
	}
	god.say(ask)
	if m := await[message.GrantGodlikePowers](god); m.GrantData.GodLevel != grid.LevelGod || m.GrantData.Token != ask.RequestBlock.Token || m.AgentData.SessionID != god.Session {
		t.Errorf("%+v", m)
	}
	god.mark()
	ask.RequestBlock.Godlike = false
	god.say(ask)
	if m := await[message.GrantGodlikePowers](god); m.GrantData.GodLevel != 0 {
		t.Errorf("%+v", m)
	}
}

func TestHomeIsSetWhereTheViewerSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v := w.enter(w.user("Ann Lee"), w.order[0])
	m := &message.SetStartLocationRequest{}
	m.StartLocationData.LocationID = 1
	m.StartLocationData.LocationPos, m.StartLocationData.LocationLookAt = geom.Vec3{X: 12, Y: 34, Z: 25}, geom.Vec3{X: 1}
	v.say(m)
	await[message.AgentAlertMessage](v)
	home := must(w.GridUsers.GridUser(t.Context(), v.Agent))(t).Home
	if home.Region != w.order[0].entry.ID || home.Position != m.StartLocationData.LocationPos || home.LookAt != m.StartLocationData.LocationLookAt {
		t.Errorf("%+v", home)
	}
	m.StartLocationData.LocationPos.X = float32(math.NaN())
	v.say(m)
	v.delivered()
	if n := w.order[0].refused("not finite"); n != 1 {
		t.Errorf("%d refusals", n)
	}
	s := v.session()
	if err := s.SetHome(t.Context(), grid.Place{Position: geom.Vec3{X: 7}}); err != nil {
		t.Error(err)
	}
	v.quit()
	if err := s.SetHome(t.Context(), grid.Place{Position: geom.Vec3{X: 8}}); err == nil {
		t.Error("who has left sets his home")
	}
	if home := must(w.GridUsers.GridUser(t.Context(), v.Agent))(t).Home; home.Position.X != 7 {
		t.Errorf("%+v", home)
	}
}

func TestATeleportWithinTheRegionStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p), w.enter(w.user("Bea Low"), p)
	id := other.sees(v)
	ask := func(handle uint64, to geom.Vec3) {
		v.mark()
		m := &message.TeleportLocationRequest{}
		m.Info.RegionHandle, m.Info.Position, m.Info.LookAt = handle, to, geom.Vec3{X: 1}
		v.say(m)
	}
	ask(p.entry.Handle(), geom.Vec3{X: 200, Y: 50, Z: 5})
	m := await[message.TeleportLocal](v)
	if m.Info.AgentID != v.Agent || m.Info.Position.X != 200 || m.Info.Position.Y != 50 || m.Info.Position.Z < 21 || m.Info.LocationID != 4 {
		t.Errorf("%+v", m.Info)
	}
	await[message.TeleportStart](v)
	await(other, func(m *message.ImprovedTerseObjectUpdate) bool {
		return slices.ContainsFunc(m.ObjectData, func(o message.ImprovedTerseObjectUpdateObjectData) bool {
			terse := must(prim.ParseTerse(o.Data))(t)
			return terse.LocalID == id && terse.Avatar && len(o.Data) == 60 && terse.Motion.Position.X > 199
		})
	})
	ask(12345, geom.Vec3{X: 1})
	await[message.TeleportFailed](v)
	ask(p.entry.Handle(), geom.Vec3{X: float32(math.Inf(1))})
	await[message.TeleportFailed](v)
}

func TestCoarseLocationsShowEverybodyAndWhichIsOneself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p, at(100, 50)), w.enter(w.user("Bea Low"), p, at(30, 200))
	m := await(v, func(m *message.CoarseLocationUpdate) bool { return len(m.Location) == 2 })
	if len(m.AgentData) != 2 || m.Index.Prey != -1 {
		t.Fatalf("%+v", m)
	}
	for i, l := range m.Location {
		want := message.CoarseLocationUpdateLocation{X: 100, Y: 50, Z: l.Z}
		if m.AgentData[i].AgentID == other.Agent {
			want.X, want.Y = 30, 200
		} else if int(m.Index.You) != i {
			t.Errorf("oneself is %d, not %d", m.Index.You, i)
		}
		if l != want || l.Z < 5 || l.Z > 7 {
			t.Errorf("%+v", l)
		}
	}
}

func TestCoarseLocationsAreBoundedAndOneselfIsAmongThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	for i := range maxCoarse + 5 {
		a := w.user(fmt.Sprintf("Ann Lee%d", i))
		p.visit(func(tx *scene.Tx) {
			x := scene.Arrival{Agent: a.ID, Session: uuid.New(), First: a.First, Last: a.Last, Root: true, Feed: scene.NewFeed()}
			x.Position = geom.Vec3{X: 10, Y: 10, Z: 3000}
			if _, err := tx.Arrive(x); err != nil {
				t.Error(err)
			}
		})
	}
	v := w.enter(w.user("Zoe Odd"), p)
	m := await[message.CoarseLocationUpdate](v)
	if len(m.Location) != maxCoarse || len(m.AgentData) != maxCoarse || m.Index.You != maxCoarse-1 || m.AgentData[m.Index.You].AgentID != v.Agent {
		t.Errorf("%d locations, %d agents, oneself is %d", len(m.Location), len(m.AgentData), m.Index.You)
	}
	if z := m.Location[0].Z; z != 255 {
		t.Errorf("3000 m up is %d: viewers read 255 as very high", z)
	}
}

func TestSimStatsAreTrueAndUnderTheirNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v := w.login(w.user("Ann Lee"), p)
	arriveAll(v, w.login(w.user("Bea Low"), p))
	p.visit(func(tx *scene.Tx) {
		if _, err := tx.Arrive(scene.Arrival{Agent: uuid.New(), Session: uuid.New(), First: "A", Last: "Child", Feed: scene.NewFeed()}); err != nil {
			t.Error(err)
		}
	})
	v.mark()
	m := await(v, func(m *message.SimStats) bool { return stat(m, 14) == 1 && stat(m, 1) > 1 })
	if m.Region.RegionX != 1000 || m.Region.RegionY != 1000 || m.Region.RegionFlags != DefaultRegionFlags || m.Region.ObjectCapacity != objectCapacity {
		t.Errorf("%+v", m.Region)
	}
	if d := stat(m, 0); d <= 0 || d > 1.01 {
		t.Errorf("time dilation %v", d)
	}
	if f, ph := stat(m, 1), stat(m, 2); f > scene.DefaultRate*1.2 || f != ph {
		t.Errorf("%v frames a second, %v of physics", f, ph)
	}
	if n := stat(m, 13); n != 2 {
		t.Errorf("%v agents", n)
	}
	frame, spare := stat(m, 4), stat(m, 32)
	if frame <= 0 || spare <= 0 || frame+spare > 1000 {
		t.Errorf("a frame takes %v ms and leaves %v", frame, spare)
	}
	if stat(m, 7) > frame {
		t.Errorf("physics takes %v ms of a frame's %v", stat(m, 7), frame)
	}
	for _, s := range m.Stat {
		switch s.StatID {
		case 3, 6, 24:
			t.Errorf("number %d is not measured, and told as %v", s.StatID, s.StatValue)
		}
	}
	if len(m.RegionInfo) != 1 || uint32(m.RegionInfo[0].RegionFlagsExtended) != DefaultRegionFlags {
		t.Errorf("%+v", m.RegionInfo)
	}
	await[message.SimulatorViewerTimeMessage](v)
}

// stat is one of the numbers of SimStats, or -1.
func stat(m *message.SimStats, id uint32) float32 {
	for _, s := range m.Stat {
		if s.StatID == id {
			return s.StatValue
		}
	}
	return -1
}

func TestAWalkIsSeenByOthersAndItsEndForSure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	p := w.order[0]
	v, other := w.enter(w.user("Ann Lee"), p, at(100, 100)), w.enter(w.user("Bea Low"), p, at(60, 60))
	id := other.sees(v)
	moves := func(such func(prim.Terse) bool) func(*message.ImprovedTerseObjectUpdate) bool {
		return func(m *message.ImprovedTerseObjectUpdate) bool {
			return slices.ContainsFunc(m.ObjectData, func(o message.ImprovedTerseObjectUpdateObjectData) bool {
				terse := must(prim.ParseTerse(o.Data))(t)
				return terse.LocalID == id && such(terse)
			})
		}
	}
	walk := standing()
	walk.AgentData.ControlFlags = uint32(avatar.AtPos | avatar.FastAt)
	v.say(walk)
	await(other, moves(func(s prim.Terse) bool { return s.Motion.Velocity.X > 2 && s.Motion.Position.X > 101 }))
	await(other, plays(v.Agent, avatar.AnimWalk, true))
	other.mark()
	v.say(standing())
	stands := moves(func(s prim.Terse) bool { return s.Motion.Velocity.Len2() < 0.01 })
	var stop *message.ImprovedTerseObjectUpdate
	other.until("the end of the walk comes reliably: were it lost, the avatar would walk on", func() bool {
		for _, h := range other.heard[other.since:] {
			m, ok := h.Message.(*message.ImprovedTerseObjectUpdate)
			if ok && other.packets[h.packet].Flags.Has(packet.Reliable) && stands(m) {
				stop = m
			}
		}
		return stop != nil
	})
	if stop.RegionData.TimeDilation < 100 || stop.RegionData.RegionHandle != p.entry.Handle() {
		t.Errorf("%+v", stop.RegionData)
	}
}

func TestATooSlowQuestionIsGivenUpAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	s, _ := w.bare(w.user("Ann Lee"), Root)
	block := make(chan struct{})
	for range asksBound {
		s.ask(func(context.Context) func() { <-block; return nil })
	}
	s.muteListRequest(&message.MuteListRequest{})
	if n := w.order[0].refused("asks"); n != 1 {
		t.Errorf("%d questions too many were counted", n)
	}
	close(block)
	s.drain()
	s.muteListRequest(&message.MuteListRequest{})
	s.drain()
	if n := w.order[0].refused("asks"); n != 1 {
		t.Error("a question was refused although there was room")
	}
}
