package message_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"terrane/geom"
	"terrane/wire/message"
)

func TestBodyThatEndsInsideABlockNamesTheField(t *testing.T) {
	var say message.ChatFromViewer
	say.ChatData.Message = message.Text("hello")
	full, err := say.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	full = full[4:]
	for _, c := range []struct {
		m            message.Message
		body         []byte
		block, field string
	}{
		{&say, full[:1], "AgentData", "AgentID"},
		{&say, full[:16], "AgentData", "SessionID"},
		{&say, full[:33], "ChatData", "Message"}, // half a length
		{&say, full[:38], "ChatData", "Message"},
		{&say, full[:40], "ChatData", "Type"},
		{&say, full[:len(full)-1], "ChatData", "Channel"},
		{&message.PacketAck{}, []byte{2, 1, 0, 0, 0, 2, 0, 0}, "Packets", ""},
		{&message.PacketAck{}, []byte{1}, "Packets", ""},
		{&message.TestMessage{}, make([]byte, 4+12), "NeighborBlock", "Test0"},
		{&message.CreateTrustedCircuit{}, make([]byte, 16+31), "DataBlock", "Digest"},
	} {
		var got *message.MalformedError
		if err := c.m.Parse(c.body); !errors.As(err, &got) {
			t.Errorf("%d bytes of %s give %v", len(c.body), c.m.ID(), err)
			continue
		}
		if want := (message.MalformedError{Message: c.m.ID(), Block: c.block, Field: c.field}); *got != want {
			t.Errorf("%d bytes of %s give %+v, not %+v", len(c.body), c.m.ID(), *got, want)
		}
	}
	err = say.Parse(full[:16])
	if want := "message: body ends inside ChatFromViewer.AgentData.SessionID"; err.Error() != want {
		t.Errorf("%q, not %q", err, want)
	}
}

func TestBlocksMissingAtTheEndAreEmpty(t *testing.T) {
	m := message.AvatarAppearance{
		VisualParam:     make([]message.AvatarAppearanceVisualParam, 2),
		AttachmentBlock: make([]message.AvatarAppearanceAttachmentBlock, 3),
	}
	m.ObjectData.TextureEntry = []byte{1}
	m.Sender.IsTrial = true
	if err := m.Parse(agent[:]); err == nil {
		t.Error("a body that ends inside Sender is accepted")
	}
	if err := m.Parse(append(agent[:], 0)); err != nil {
		t.Fatal(err)
	}
	if m.Sender.ID != agent || m.Sender.IsTrial || m.ObjectData.TextureEntry != nil || len(m.VisualParam)+len(m.AttachmentBlock) > 0 {
		t.Errorf("%+v", m)
	}
	if err := m.Parse(nil); err != nil || m.Sender.ID != [16]byte{} {
		t.Errorf("an empty body gives %+v, %v", m, err)
	}
}

func TestBytesLeftOverAreIgnored(t *testing.T) {
	var m message.CompletePingCheck
	if err := m.Parse([]byte{7, 1, 2, 3}); err != nil || m.PingID.PingID != 7 {
		t.Errorf("%+v, %v", m, err)
	}
	var empty message.CloseCircuit
	if err := empty.Parse([]byte{1}); err != nil {
		t.Error(err)
	}
}

func TestTooLongIsRefusedAndLeavesTheBuffer(t *testing.T) {
	name := func(n int) *message.UserInfoReply {
		var m message.UserInfoReply
		m.UserData.DirectoryVisibility = make([]byte, n)
		return &m
	}
	chat := func(n int) *message.ChatFromViewer {
		var m message.ChatFromViewer
		m.ChatData.Message = make([]byte, n)
		return &m
	}
	acks := func(n int) *message.PacketAck {
		return &message.PacketAck{Packets: make([]message.PacketAckPackets, n)}
	}
	for _, m := range []message.Message{name(message.MaxVariable1), chat(message.MaxVariable2), acks(message.MaxBlocks)} {
		if _, err := m.Append(nil); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		m    message.Message
		want message.TooLongError
		text string
	}{
		{
			name(256),
			message.TooLongError{Message: message.UserInfoReplyID, Block: "UserData", Field: "DirectoryVisibility", Len: 256, Max: 255},
			"message: UserInfoReply.UserData.DirectoryVisibility has length 256, at most 255 can be sent",
		},
		{
			chat(65536),
			message.TooLongError{Message: message.ChatFromViewerID, Block: "ChatData", Field: "Message", Len: 65536, Max: 65535},
			"message: ChatFromViewer.ChatData.Message has length 65536, at most 65535 can be sent",
		},
		{
			acks(300),
			message.TooLongError{Message: message.PacketAckID, Block: "Packets", Len: 300, Max: 255},
			"message: PacketAck.Packets has length 300, at most 255 can be sent",
		},
	} {
		b, err := c.m.Append([]byte("before"))
		var got *message.TooLongError
		if !errors.As(err, &got) || *got != c.want || err.Error() != c.text {
			t.Errorf("%s gives %v", c.m.ID(), err)
		}
		if string(b) != "before" {
			t.Errorf("%s leaves %d bytes", c.m.ID(), len(b))
		}
	}
}

func TestRotationIsSentAsUnitWithPositiveW(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct{ in, want geom.Quat }{
		{geom.Quat{}, geom.Identity},
		{geom.Identity, geom.Identity},
		{geom.Quat{Z: 1}, geom.Quat{Z: 1}},
		{geom.Quat{Z: 3, W: 4}, geom.Quat{Z: 0.6, W: 0.8}},
		{geom.Quat{Z: 0.6, W: -0.8}, geom.Quat{Z: -0.6, W: 0.8}},
		{geom.Quat{X: -3, Y: 0, Z: 0, W: -4}, geom.Quat{X: 0.6, W: 0.8}},
		{geom.Quat{X: nan, W: 1}, geom.Identity},
		{geom.Quat{X: math.MaxFloat32, W: 1}, geom.Identity},
	} {
		var m, back message.AgentUpdate
		m.AgentData.BodyRotation = c.in
		b, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := back.Parse(b[1:]); err != nil {
			t.Fatal(err)
		}
		got := back.AgentData.BodyRotation
		for i, d := range []float32{got.X - c.want.X, got.Y - c.want.Y, got.Z - c.want.Z, got.W - c.want.W} {
			if !(math.Abs(float64(d)) < 1e-6) {
				t.Errorf("%s arrives as %s, not %s (part %d)", c.in, got, c.want, i)
			}
		}
	}
}

func TestRotationThatIsNoRotationIsSeen(t *testing.T) {
	b := bytes.Repeat([]byte{0xff}, 114) // float32 of all ones are NaN
	var m message.AgentUpdate
	if err := m.Parse(b); err != nil {
		t.Fatal(err)
	}
	if q := m.AgentData.BodyRotation; q.Finite() {
		t.Errorf("%s passes as finite", q)
	}
}

func TestFieldsAreSlicesOfTheBodyThatCannotGrowIntoIt(t *testing.T) {
	var m message.ChatFromViewer
	m.ChatData.Message = []byte("abc")
	m.ChatData.Channel = 5
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Parse(b[4:]); err != nil {
		t.Fatal(err)
	}
	b[38] = 'X'
	if string(m.ChatData.Message) != "Xbc" {
		t.Errorf("the text is %q", m.ChatData.Message)
	}
	before := bytes.Clone(b)
	_ = append(m.ChatData.Message, "over what follows"...)
	if !bytes.Equal(b, before) {
		t.Error("growing a field wrote into the body")
	}
}

func TestParsingAgainNeedsNoMemory(t *testing.T) {
	update := agentUpdate(t)[1:]
	list := message.CoarseLocationUpdate{
		Location:  make([]message.CoarseLocationUpdateLocation, 60),
		AgentData: make([]message.CoarseLocationUpdateAgentData, 60),
	}
	b, err := list.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var one message.AgentUpdate
	var many message.CoarseLocationUpdate
	for _, c := range []struct {
		m    message.Message
		body []byte
	}{{&one, update}, {&many, b[2:]}} {
		n := testing.AllocsPerRun(100, func() {
			if err := c.m.Parse(c.body); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s is parsed with %v allocations", c.m.ID(), n)
		}
	}
	if len(many.AgentData) != 60 {
		t.Errorf("%d agents", len(many.AgentData))
	}
}
