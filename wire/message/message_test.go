package message_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"terrane/geom"
	"terrane/wire/message"
)

var (
	agent   = uuid.MustParse("11111111-2222-3333-4444-555555555555")
	session = uuid.MustParse("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")
)

const (
	agentHex   = "11111111222233334444555555555555"
	sessionHex = "aaaaaaaabbbbccccddddeeeeeeeeeeee"
)

func TestInvariant6_KnownBytes(t *testing.T) {
	open := &message.UseCircuitCode{}
	open.CircuitCode.Code = 0x12345678
	open.CircuitCode.SessionID, open.CircuitCode.ID = session, agent

	quit := &message.LogoutRequest{}
	quit.AgentData.AgentID, quit.AgentData.SessionID = agent, session

	bye := &message.LogoutReply{InventoryData: make([]message.LogoutReplyInventoryData, 1)}
	bye.AgentData.AgentID, bye.AgentData.SessionID = agent, session

	ping := &message.StartPingCheck{}
	ping.PingID.PingID, ping.PingID.OldestUnacked = 7, 5

	address := &message.OpenCircuit{}
	address.CircuitInfo.IP = [4]byte{1, 2, 3, 4}
	address.CircuitInfo.Port = 9000

	handle := &message.CrossedRegion{}
	handle.RegionData.RegionHandle = 256000<<32 | 256000
	handle.RegionData.SeedCapability = message.Text("http://a/")
	handle.Info.LookAt = geom.Vec3{X: 1}

	for _, c := range []struct {
		m    message.Message
		want string
	}{
		{open, "ffff0003 78563412" + sessionHex + agentHex},
		{quit, "ffff00fc" + agentHex + sessionHex},
		{bye, "ffff00fd" + agentHex + sessionHex + "01" + strings.Repeat("00", 16)},
		{&message.PacketAck{Packets: []message.PacketAckPackets{{ID: 5}, {ID: 9}}}, "fffffffb 02 05000000 09000000"},
		{ping, "01 07 05000000"},
		{&message.CloseCircuit{}, "fffffffd"},
		{address, "fffffffc 01020304 2328"},
		{handle, "ff07" + strings.Repeat("00", 32) +
			"00000000 0000 00e80300 00e80300 0a00 687474703a2f2f612f00" +
			"00000000 00000000 00000000 0000803f 00000000 00000000"},
	} {
		want := unhex(t, c.want)
		got, err := c.m.Append(nil)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is %x, %v, not %x", c.m.ID(), got, err, want)
		}
		back, err := message.Parse(want)
		if err != nil {
			t.Errorf("%s: %v", c.m.ID(), err)
			continue
		}
		if again, err := back.Append(nil); err != nil || !bytes.Equal(again, want) {
			t.Errorf("%s comes back as %x, %v", c.m.ID(), again, err)
		}
	}
}

func TestEveryMessageOfTheTemplateIsThere(t *testing.T) {
	all := slices.Collect(message.All())
	if len(all) != 483 {
		t.Fatalf("%d messages, not 483", len(all))
	}
	count := make(map[message.Frequency]int)
	for _, i := range all {
		count[i.Frequency]++
		if m := message.New(i.ID); m == nil || m.ID() != i.ID {
			t.Errorf("New(%s) is %T", i.ID, m)
		}
		if got, ok := i.ID.Info(); !ok || got != i {
			t.Errorf("Info of %s is %v, %v", i.Name, got, ok)
		}
		if i.ID.String() != i.Name {
			t.Errorf("%s is called %s", i.Name, i.ID)
		}
		if i.Sender == 0 || i.Number == 0 {
			t.Errorf("%s lacks something: %+v", i.Name, i)
		}
	}
	for f, want := range map[message.Frequency]int{message.High: 32, message.Medium: 17, message.Low: 431, message.Fixed: 3} {
		if count[f] != want {
			t.Errorf("%d messages are %s, not %d", count[f], f, want)
		}
	}
}

func TestInfoTellsTheFlagsOfTheTemplate(t *testing.T) {
	for _, want := range []message.Info{
		{ID: 0xfffffffb, Name: "PacketAck", Frequency: message.Fixed, Number: 0xfb, Sender: message.Either},
		{ID: 4, Name: "AgentUpdate", Frequency: message.High, Number: 4, ZeroCoded: true, Sender: message.Viewer},
		{ID: 0xffff00fc, Name: "LogoutRequest", Frequency: message.Low, Number: 252, Sender: message.Viewer},
		{ID: 0xffff00fd, Name: "LogoutReply", Frequency: message.Low, Number: 253, Trusted: true, ZeroCoded: true, Sender: message.Region},
		{
			ID: 0xff07, Name: "CrossedRegion", Frequency: message.Medium, Number: 7, Trusted: true,
			Deprecation: message.UDPBlacklisted, Sender: message.Region,
		},
		{
			ID: 0xffff0186, Name: "AgentDropGroup", Frequency: message.Low, Number: 390, Trusted: true, ZeroCoded: true,
			Deprecation: message.UDPDeprecated, Sender: message.Region,
		},
		{
			ID: 0xffff005c, Name: "ObjectScale", Frequency: message.Low, Number: 92, ZeroCoded: true,
			Deprecation: message.Deprecated, Sender: message.Viewer,
		},
		{ID: 0xffff00fb, Name: "DataServerLogout", Frequency: message.Low, Number: 251, Trusted: true, Sender: message.Server},
	} {
		if got, ok := want.ID.Info(); !ok || got != want {
			t.Errorf("Info is %+v, %v, not %+v", got, ok, want)
		}
	}
}

func TestUnknownNumberIsNotAMessage(t *testing.T) {
	for id, name := range map[message.ID]string{0: "0x0", 0xff12345: "0xff12345", 0xffffffff: "0xffffffff", 0xff13: "0xff13"} {
		if id.String() != name {
			t.Errorf("%d is called %s, not %s", uint32(id), id, name)
		}
		if i, ok := id.Info(); ok || i != (message.Info{}) {
			t.Errorf("%s has %+v", id, i)
		}
		if m := message.New(id); m != nil {
			t.Errorf("%s is a %T", id, m)
		}
	}
	_, err := message.Parse([]byte{0xff, 0xff, 0xee, 0xee, 1})
	if !errors.Is(err, message.ErrUnknown) || !strings.Contains(err.Error(), "0xffffeeee") {
		t.Errorf("the error is %v", err)
	}
}

func TestParseIDReadsEachFrequency(t *testing.T) {
	for _, c := range []struct {
		packet string
		id     message.ID
		body   string
	}{
		{"04aabb", message.AgentUpdateID, "aabb"},
		{"01", message.StartPingCheckID, ""},
		{"ff06aa", message.CoarseLocationUpdateID, "aa"},
		{"ffff0094aa", message.RegionHandshakeID, "aa"},
		{"fffffffb00", message.PacketAckID, "00"},
	} {
		id, body, err := message.ParseID(unhex(t, c.packet))
		if id != c.id || hex.EncodeToString(body) != c.body || err != nil {
			t.Errorf("%s is %s, %x, %v", c.packet, id, body, err)
		}
	}
	for _, short := range []string{"", "ff", "ffff", "ffff00", "ffffff"} {
		if _, _, err := message.ParseID(unhex(t, short)); !errors.Is(err, message.ErrNoNumber) {
			t.Errorf("%q gives %v", short, err)
		}
		if _, err := message.Parse(unhex(t, short)); !errors.Is(err, message.ErrNoNumber) {
			t.Errorf("%q gives %v", short, err)
		}
	}
}

func TestFrequencyHasItsName(t *testing.T) {
	if got := message.Low.String() + message.Frequency(9).String(); got != "LowFrequency(9)" {
		t.Error(got)
	}
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\t' {
			return -1
		}
		return r
	}, s))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
