package message_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/google/uuid"

	"terrane/geom"
	"terrane/wire/message"
)

// The names in the visit that packets is from.
var (
	resident = uuid.MustParse("33333333-0000-0000-0000-000000000040")
	visit    = uuid.MustParse("60e89756-e981-4fab-9952-57509383432e")
)

const square = 256000<<32 | 256000 // the handle of the region at 1000, 1000

// received parses the packet of that name and makes sure that it would be sent as it came, but for
// the counts of trailing lists the sender did not know.
func received[M message.Message](t *testing.T, name, unknownLists string) M {
	t.Helper()
	b := unhex(t, packets[name])
	got, err := message.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := got.(M)
	if !ok || m.ID().String() != name {
		t.Fatalf("%s is a %T", name, got)
	}
	again, err := got.Append(nil)
	if want := append(b, unhex(t, unknownLists)...); err != nil || !bytes.Equal(again, want) {
		t.Fatalf("%s is sent as %x, %v, not as %x", name, again, err, want)
	}
	return m
}

func check[T comparable](t *testing.T, field string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, not %v", field, got, want)
	}
}

func TestRegionHandshakeOfOpenSim(t *testing.T) {
	m := received[*message.RegionHandshake](t, "RegionHandshake", "")
	r := m.RegionInfo
	check(t, "RegionFlags", r.RegionFlags, 336625702)
	check(t, "SimAccess", r.SimAccess, 13)
	check(t, "SimName", message.String(r.SimName), "Test")
	check(t, "SimOwner", r.SimOwner.String(), "11111111-1111-1111-1111-111111111111")
	check(t, "IsEstateManager", r.IsEstateManager, false)
	check(t, "WaterHeight", r.WaterHeight, 20)
	check(t, "CacheID", r.CacheID.String(), "77db495b-0116-41fa-925c-c4cb4a200594")
	check(t, "TerrainBase3", r.TerrainBase3, uuid.Nil)
	check(t, "TerrainDetail3", r.TerrainDetail3.String(), "beb169c7-11ea-fff2-efe5-0f24dc881df2")
	check(t, "TerrainStartHeight11", r.TerrainStartHeight11, 10)
	check(t, "TerrainHeightRange00", r.TerrainHeightRange00, 60)
	check(t, "RegionID", m.RegionInfo2.RegionID.String(), "11111111-2222-3333-4444-000000001000")
	check(t, "CPUClassID", m.RegionInfo3.CPUClassID, 9)
	check(t, "CPURatio", m.RegionInfo3.CPURatio, 1)
	check(t, "RegionInfo4", len(m.RegionInfo4), 1)
	check(t, "RegionInfo4", m.RegionInfo4[0], message.RegionHandshakeRegionInfo4{RegionFlagsExtended: 336625702, RegionProtocols: 1 << 63})
}

func TestAgentMovementCompleteOfOpenSim(t *testing.T) {
	m := received[*message.AgentMovementComplete](t, "AgentMovementComplete", "")
	check(t, "AgentID", m.AgentData.AgentID, resident)
	check(t, "SessionID", m.AgentData.SessionID, visit)
	check(t, "Position", m.Data.Position, geom.Vec3{X: 128, Y: 128, Z: 25.960001})
	check(t, "LookAt", m.Data.LookAt, geom.Vec3{X: 0.99, Y: 0.042})
	check(t, "RegionHandle", m.Data.RegionHandle, square)
	check(t, "Timestamp", m.Data.Timestamp, 1795217461)
	check(t, "ChannelVersion", message.String(m.SimData.ChannelVersion), "OpenSim 0.9.2.2 Yeti Release (Unix/Mono)")
}

func TestAgentUpdateOfAViewer(t *testing.T) {
	a := received[*message.AgentUpdate](t, "AgentUpdate", "").AgentData
	check(t, "AgentID", a.AgentID, resident)
	check(t, "SessionID", a.SessionID, visit)
	check(t, "BodyRotation", a.BodyRotation, geom.Identity)
	check(t, "CameraCenter", a.CameraCenter, geom.Vec3{X: 128, Y: 128, Z: 20})
	check(t, "CameraAtAxis", a.CameraAtAxis, geom.Vec3{X: 0.99, Y: 0.042})
	check(t, "Far", a.Far, 128)
	check(t, "ControlFlags", a.ControlFlags, 0)
}

func TestAgentThrottleOfAViewer(t *testing.T) {
	m := received[*message.AgentThrottle](t, "AgentThrottle", "")
	check(t, "CircuitCode", m.AgentData.CircuitCode, 181969111)
	check(t, "Throttles", hex.EncodeToString(m.Throttle.Throttles), "00e01c4755f5874700e09c4600e09c461111b8471111b84778177d47")
}

func TestObjectUpdateOfOpenSim(t *testing.T) {
	m := received[*message.ObjectUpdate](t, "ObjectUpdate", "")
	check(t, "RegionHandle", m.RegionData.RegionHandle, square)
	check(t, "TimeDilation", m.RegionData.TimeDilation, 65535)
	check(t, "ObjectData", len(m.ObjectData), 1)
	o := m.ObjectData[0]
	check(t, "ID", o.ID, 814888091)
	check(t, "FullID", o.FullID, resident)
	check(t, "PCode", o.PCode, 47)
	check(t, "Material", o.Material, 4)
	check(t, "Scale", o.Scale, geom.Vec3{X: 0.45, Y: 0.6, Z: 1.9})
	check(t, "ObjectData", len(o.ObjectData), 76)
	check(t, "NameValue", message.String(o.NameValue),
		"FirstName STRING RW SV Load\nLastName STRING RW SV Bot_40\nTitle STRING RW SV ")
	check(t, "JointAxisOrAnchor", o.JointAxisOrAnchor, geom.Vec3{})
}

// OpenSimulator 0.9.2 does not know the block AttachmentBlock.
func TestAvatarAppearanceOfOpenSim(t *testing.T) {
	m := received[*message.AvatarAppearance](t, "AvatarAppearance", "00")
	check(t, "ID", m.Sender.ID, resident)
	check(t, "TextureEntry", len(m.ObjectData.TextureEntry), 64)
	check(t, "VisualParam", len(m.VisualParam), 218)
	check(t, "VisualParam", m.VisualParam[1].ParamValue, 61)
	check(t, "AppearanceData", len(m.AppearanceData), 0)
	check(t, "AppearanceHover", len(m.AppearanceHover), 1)
	check(t, "AttachmentBlock", len(m.AttachmentBlock), 0)
}

func TestAvatarAnimationOfOpenSim(t *testing.T) {
	m := received[*message.AvatarAnimation](t, "AvatarAnimation", "")
	check(t, "ID", m.Sender.ID, resident)
	check(t, "AnimationList", len(m.AnimationList), 1)
	check(t, "AnimID", m.AnimationList[0].AnimID.String(), "2408fe9e-df1d-1d7d-f4ff-1384fa7b350f")
	check(t, "AnimSequenceID", m.AnimationList[0].AnimSequenceID, 1)
	check(t, "AnimationSourceList", len(m.AnimationSourceList), 0)
}

func TestEconomyDataOfOpenSim(t *testing.T) {
	i := received[*message.EconomyData](t, "EconomyData", "").Info
	check(t, "ObjectCapacity", i.ObjectCapacity, 45000)
	check(t, "PricePublicObjectDecay", i.PricePublicObjectDecay, 4)
	check(t, "PriceParcelClaimFactor", i.PriceParcelClaimFactor, 1)
	check(t, "TeleportPriceExponent", i.TeleportPriceExponent, 2)
	check(t, "PriceObjectScaleFactor", i.PriceObjectScaleFactor, 10)
	check(t, "PriceGroupCreate", i.PriceGroupCreate, -1)
}

func TestCameraConstraintOfOpenSim(t *testing.T) {
	p := received[*message.CameraConstraint](t, "CameraConstraint", "").CameraCollidePlane.Plane
	check(t, "X and Y", p.X, p.Y)
	check(t, "Z", p.Z, 0.9999)
	check(t, "W above 22", p.W > 22 && p.W < 23, true)
}

func TestSimStatsOfOpenSim(t *testing.T) {
	m := received[*message.SimStats](t, "SimStats", "")
	check(t, "RegionX", m.Region.RegionX, 1000)
	check(t, "RegionFlags", m.Region.RegionFlags, 335544326)
	check(t, "ObjectCapacity", m.Region.ObjectCapacity, 45000)
	check(t, "Stat", len(m.Stat), 41)
	check(t, "Stat", m.Stat[1], message.SimStatsStat{StatID: 1, StatValue: 55})
	check(t, "PID", m.PidStat.PID, 0)
}

func TestImprovedTerseObjectUpdateOfOpenSim(t *testing.T) {
	m := received[*message.ImprovedTerseObjectUpdate](t, "ImprovedTerseObjectUpdate", "")
	check(t, "ObjectData", len(m.ObjectData), 1)
	check(t, "Data", len(m.ObjectData[0].Data), 60)
	check(t, "TextureEntry", len(m.ObjectData[0].TextureEntry), 0)
}

func TestSimulatorViewerTimeMessageOfOpenSim(t *testing.T) {
	i := received[*message.SimulatorViewerTimeMessage](t, "SimulatorViewerTimeMessage", "").TimeInfo
	check(t, "UsecSinceStart", i.UsecSinceStart, 1795217462778472)
	check(t, "SecPerDay", i.SecPerDay, 14400)
	check(t, "SecPerYear", i.SecPerYear, 158400)
	check(t, "SunPhase above 4.3", i.SunPhase > 4.3 && i.SunPhase < 4.4, true)
}

func TestParcelDwellReplyOfOpenSim(t *testing.T) {
	m := received[*message.ParcelDwellReply](t, "ParcelDwellReply", "")
	check(t, "LocalID", m.Data.LocalID, 1)
	check(t, "ParcelID", m.Data.ParcelID.String(), "00e80300-00e8-0300-fc00-0000fc000000")
	check(t, "Dwell", m.Data.Dwell, 125)
}

func TestCoarseLocationUpdateOfOpenSim(t *testing.T) {
	m := received[*message.CoarseLocationUpdate](t, "CoarseLocationUpdate", "")
	check(t, "Location", len(m.Location), 1)
	check(t, "Location", m.Location[0], message.CoarseLocationUpdateLocation{X: 127, Y: 127, Z: 6})
	check(t, "You", m.Index.You, 0)
	check(t, "Prey", m.Index.Prey, -1)
	check(t, "AgentData", len(m.AgentData), 1)
	check(t, "AgentID", m.AgentData[0].AgentID, resident)
}

func TestAgentWearablesUpdateOfOpenSim(t *testing.T) {
	m := received[*message.AgentWearablesUpdate](t, "AgentWearablesUpdate", "")
	check(t, "WearableData", len(m.WearableData), 6)
	check(t, "WearableData", m.WearableData[1], message.AgentWearablesUpdateWearableData{
		ItemID:       uuid.MustParse("f88ec8f0-0486-4b5e-9483-6d4aeaa7691c"),
		AssetID:      uuid.MustParse("77c41e39-38f9-f75a-024e-585989bbabbb"),
		WearableType: 1,
	})
}

func TestTransferRequestOfAViewer(t *testing.T) {
	i := received[*message.TransferRequest](t, "TransferRequest", "").TransferInfo
	check(t, "TransferID", i.TransferID.String(), "597a9791-aca6-4b3f-a669-2016897e3e68")
	check(t, "ChannelType", i.ChannelType, 2)
	check(t, "SourceType", i.SourceType, 2)
	check(t, "Priority", i.Priority, 101)
	check(t, "Params", hex.EncodeToString(i.Params), "66c41e3938f9f75a024e585989bfab730d000000")
}

func TestMapBlockReplyOfOpenSim(t *testing.T) {
	m := received[*message.MapBlockReply](t, "MapBlockReply", "")
	check(t, "Flags", m.AgentData.Flags, 1)
	check(t, "Data", len(m.Data), 2)
	check(t, "X", m.Data[1].X, 1001)
	check(t, "Y", m.Data[1].Y, 1000)
	check(t, "Name", message.String(m.Data[1].Name), "Test2")
	check(t, "Access", m.Data[1].Access, 13)
	check(t, "Size", len(m.Size), 0)
}

func TestLogoutReplyOfOpenSim(t *testing.T) {
	m := received[*message.LogoutReply](t, "LogoutReply", "")
	check(t, "AgentID", m.AgentData.AgentID, resident)
	check(t, "SessionID", m.AgentData.SessionID, visit)
	check(t, "InventoryData", len(m.InventoryData), 1)
	check(t, "ItemID", m.InventoryData[0].ItemID, uuid.Nil)
}
