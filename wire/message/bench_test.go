package message_test

import (
	"testing"

	"terrane/geom"
	"terrane/wire/message"
)

func BenchmarkParseAgentUpdate(b *testing.B) {
	body := agentUpdate(b)[1:]
	var m message.AgentUpdate
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendAgentUpdate(b *testing.B) {
	var m message.AgentUpdate
	if err := m.Parse(agentUpdate(b)[1:]); err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = m.Append(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendObjectUpdate(b *testing.B) {
	m := message.ObjectUpdate{ObjectData: make([]message.ObjectUpdateObjectData, 3)}
	for i := range m.ObjectData {
		m.ObjectData[i].ObjectData = make([]byte, 60)
		m.ObjectData[i].TextureEntry = make([]byte, 64)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = m.Append(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInfo(b *testing.B) {
	for b.Loop() {
		if _, ok := message.LogoutRequestID.Info(); !ok {
			b.Fatal("LogoutRequest is not known")
		}
	}
}

// agentUpdate is an encoded AgentUpdate with every field set.
func agentUpdate(tb testing.TB) []byte {
	tb.Helper()
	var m message.AgentUpdate
	m.AgentData.AgentID, m.AgentData.SessionID = agent, session
	m.AgentData.BodyRotation = geom.AboutZ(1)
	m.AgentData.HeadRotation = geom.AboutZ(-2)
	m.AgentData.State = 16
	m.AgentData.CameraCenter = geom.Vec3{X: 128, Y: 127.5, Z: 25}
	m.AgentData.CameraAtAxis = geom.Vec3{X: 1}
	m.AgentData.CameraLeftAxis = geom.Vec3{Y: 1}
	m.AgentData.CameraUpAxis = geom.Vec3{Z: 1}
	m.AgentData.Far = 256
	m.AgentData.ControlFlags = 0x80000001
	m.AgentData.Flags = 1
	b, err := m.Append(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
