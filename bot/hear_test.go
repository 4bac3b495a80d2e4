package bot

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"terrane/geom"
	"terrane/wire/message"
	"terrane/wire/packet"
	"terrane/wire/prim"

	"github.com/google/uuid"
)

func TestFriendshipIsOfferedAndAcceptedByTheIDOfTheOffer(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		ann, bob := g.login(t, g.options("Ann", nil)), g.login(t, g.options("Bob", &rec))
		if err := ann.OfferFriendship(bob.Session().Agent, "Friends?"); err != nil {
			t.Fatal(err)
		}
		offer := await(t, &rec, func(m MessageHeard) bool { return m.Dialog == DialogFriendshipOffered })
		if offer.From != ann.Session().Agent || offer.Text != "Friends?" || offer.ID == uuid.Nil {
			t.Errorf("offer %+v", offer)
		}
		if err := bob.AcceptFriendship(offer); err != nil {
			t.Fatal(err)
		}
		if err := bob.DeclineFriendship(offer); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		yes, no := said[*message.AcceptFriendship](g.region), said[*message.DeclineFriendship](g.region)
		if len(yes) != 1 || yes[0].TransactionBlock.TransactionID != offer.ID || len(yes[0].FolderData) != 1 {
			t.Errorf("accepted %+v", yes)
		}
		if len(no) != 1 || no[0].TransactionBlock.TransactionID != offer.ID {
			t.Errorf("declined %+v", no)
		}
	})
}

func TestBothOfTwoPeopleGiveTheirTalkTheSameID(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		ann, bob := g.login(t, g.options("Ann", nil)), g.login(t, g.options("Bob", nil))
		if err := ann.IM(bob.Session().Agent, "hello"); err != nil {
			t.Fatal(err)
		}
		if err := bob.IM(ann.Session().Agent, "hello"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ims := said[*message.ImprovedInstantMessage](g.region)
		if len(ims) != 2 || ims[0].MessageBlock.ID != ims[1].MessageBlock.ID || ims[0].MessageBlock.ID == uuid.Nil {
			t.Errorf("heard %+v", ims)
		}
	})
}

func TestEventsOfMessages(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		friend := uuid.New()
		alert := &message.AgentAlertMessage{}
		alert.AlertData.Message, alert.AlertData.Modal = message.Text("Fire"), true
		for _, m := range []message.Message{
			&message.OnlineNotification{AgentBlock: []message.OnlineNotificationAgentBlock{{AgentID: friend}}},
			&message.OfflineNotification{AgentBlock: []message.OfflineNotificationAgentBlock{{AgentID: friend}}},
			alert, &message.AlertMessage{}, &message.HealthMessage{}, &message.LayerData{},
		} {
			g.region.tell(b.Session().Agent, m)
		}
		synctest.Wait()
		friends := Recorded[FriendsChanged](&rec)
		if len(friends) != 2 || !friends[0].Online || friends[1].Online || !slices.Equal(friends[1].Agents, []uuid.UUID{friend}) {
			t.Errorf("friends %+v", friends)
		}
		if alerts := Recorded[Alert](&rec); len(alerts) != 2 || alerts[0] != (Alert{"Fire", true}) {
			t.Errorf("alerts %+v", alerts)
		}
		others := Recorded[Other](&rec)
		if len(others) != 1 || others[0].Message.ID() != message.HealthMessageID {
			t.Errorf("others %+v", others)
		}
	})
}

func TestOnlyTheKindsThatAreWantedAreTold(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		o := g.options("Ann", &rec)
		o.Hears = KindChatHeard | KindArrived
		b := g.login(t, o)
		if err := b.Say("hello"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, e := range rec.All() {
			if e.Kind()&o.Hears == 0 {
				t.Errorf("told %#v", e)
			}
		}
		if len(rec.All()) != 2 {
			t.Errorf("told %v", rec.All())
		}
	})
}

func TestEveryEventHasAKindOfItsOwn(t *testing.T) {
	var all Kinds
	for _, e := range []Event{
		Handshake{},
		Arrived{},
		AvatarSeen{},
		Killed{},
		ChatHeard{},
		MessageHeard{},
		FriendsChanged{},
		Alert{},
		Kicked{},
		Disabled{},
		Echoed{},
		QueueEvent{},
		QueueLost{},
		Other{},
	} {
		if k := e.Kind(); k == 0 || k&(k-1) != 0 || all&k != 0 {
			t.Errorf("%T has kind %b", e, k)
		}
		all |= e.Kind()
	}
	if all != Everything {
		t.Errorf("kinds %b, of %b", all, Everything)
	}
}

func TestRecorderFindsWhatCameAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec Recorder
		rec.Take(Alert{Text: "one"})
		if a, err := Await[Alert](t.Context(), &rec, nil); err != nil || a.Text != "one" {
			t.Errorf("%v, %v", a, err)
		}
		go func() {
			time.Sleep(time.Second)
			rec.Take(Kicked{"two"})
			rec.Take(Alert{Text: "two"})
		}()
		if a, err := Await(t.Context(), &rec, func(a Alert) bool { return a.Text == "two" }); err != nil || a.Text != "two" {
			t.Errorf("%v, %v", a, err)
		}
		rec.Forget()
		if _, err := Await[Alert](within(t, time.Minute), &rec, nil); err == nil {
			t.Error("found what was forgotten")
		}
	})
}

func TestRecorderIsBounded(t *testing.T) {
	var rec Recorder
	for i := range maxRecorded + 1 {
		rec.Take(Echoed{Took: time.Duration(i)})
	}
	all := Recorded[Echoed](&rec)
	if len(all) != maxRecorded/2+1 || all[len(all)-1].Took != maxRecorded {
		t.Errorf("%d are kept", len(all))
	}
}

// deafLink is a link that nobody serves, with an avatar of its own and others in sight.
func deafLink(t testing.TB, others int) *link {
	b := &Bot{session: Session{Agent: uuid.New(), ID: uuid.New(), CircuitCode: 7}, opts: Options{Event: func(Event) {}}}
	b.ctx, b.cancel = context.WithCancel(t.Context())
	t.Cleanup(b.cancel)
	b.opts.fill()
	b.opts.Dial = newEther().Dial
	l, err := newLink(t.Context(), b, region{netip.MustParseAddrPort("10.0.0.9:9000"), 1}, true)
	if err != nil {
		t.Fatal(err)
	}
	b.root = l
	for i := range others + 1 {
		a := Avatar{LocalID: uint32(i + 1), Agent: uuid.New()}
		if i == 0 {
			a.Agent = b.session.Agent
		}
		l.view.describe(a, i == 0)
	}
	return l
}

// crowd is one ImprovedTerseObjectUpdate of avatars with the local ids from first on.
func crowd(t testing.TB, first, n int) []byte {
	m := &message.ImprovedTerseObjectUpdate{}
	for i := range n {
		terse := prim.Terse{LocalID: uint32(first + i), Avatar: true}
		terse.Position, terse.Rotation = geom.Vec3{X: 128, Y: float32(i), Z: 25}, geom.AboutZ(float32(i))
		m.ObjectData = append(m.ObjectData, message.ImprovedTerseObjectUpdateObjectData{Data: prim.AppendTerse(nil, &terse)})
	}
	body, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	datagram, err := packet.Append(nil, packet.Packet{Sequence: 1, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return datagram
}

// Seventeen avatars are as many as fit into a packet.
func BenchmarkReceiveCrowd(b *testing.B) {
	l := deafLink(b, 100)
	datagram, now := crowd(b, 20, 17), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		l.receive(datagram, now)
	}
}

// The first of these seventeen is the bot's own.
func BenchmarkReceiveCrowdWithOneself(b *testing.B) {
	l := deafLink(b, 100)
	datagram, now := crowd(b, 1, 17), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		l.receive(datagram, now)
	}
}

func BenchmarkReceiveUnwantedChat(b *testing.B) {
	l := deafLink(b, 0)
	l.bot.opts.Hears = KindKilled
	m := &message.ChatFromSimulator{}
	m.ChatData.FromName, m.ChatData.Message = message.Text("Ann Lee"), message.Text("good morning")
	body, err := m.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	datagram, err := packet.Append(nil, packet.Packet{Sequence: 1, Body: body})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		l.receive(datagram, now)
	}
}

func BenchmarkSendAgentUpdate(b *testing.B) {
	l := deafLink(b, 0)
	now := time.Now()
	l.next = now
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		l.updateAgent(now)
		if err := l.circuit.Flush(now, func([]byte) {}); err != nil {
			b.Fatal(err)
		}
		l.circuit.Receive(packet.Packet{Body: []byte{2, 0}}, now)
	}
}

func TestReceivingACrowdAllocatesNothing(t *testing.T) {
	l := deafLink(t, 100)
	datagram, now := crowd(t, 1, 17), time.Now()
	if n := testing.AllocsPerRun(100, func() { l.receive(datagram, now) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
	if a := l.view.avatars[5].avatar(); a.Updates == 0 || a.Position.Y != 4 || a.Updated != now {
		t.Errorf("seen %+v", a)
	}
}

// A bot takes whatever comes without falling over it.
func FuzzReceive(f *testing.F) {
	add := func(m message.Message) {
		body, err := m.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		datagram, err := packet.Append(nil, packet.Packet{Flags: packet.Reliable, Sequence: 1, Body: body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(datagram)
	}
	object := &message.ObjectUpdate{ObjectData: make([]message.ObjectUpdateObjectData, 1)}
	object.ObjectData[0].PCode = uint8(prim.Avatar)
	object.ObjectData[0].ObjectData = prim.AppendAvatarData(nil, geom.Vec4{}, prim.Motion{})
	object.ObjectData[0].NameValue = message.Text(prim.AvatarNames("Ann", "Lee", ""))
	add(object)
	for _, m := range []message.Message{
		&message.RegionHandshake{}, &message.AgentMovementComplete{}, &message.ChatFromSimulator{}, &message.LogoutReply{},
		&message.ImprovedInstantMessage{}, &message.OnlineNotification{AgentBlock: make([]message.OnlineNotificationAgentBlock, 2)},
		&message.KillObject{ObjectData: make([]message.KillObjectObjectData, 2)}, &message.KickUser{}, &message.DisableSimulator{},
	} {
		add(m)
	}
	f.Add(crowd(f, 1, 3))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		l := deafLink(t, 1)
		l.receive(datagram, time.Now())
		l.view.all(nil)
		l.bot.cancel()
	})
}
