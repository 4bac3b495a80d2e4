package session

import (
	"context"

	"terrane/grid"
	"terrane/wire/message"

	"github.com/google/uuid"
)

const (
	// mapSpan is the widest piece of map, in regions, that one request is answered for: what
	// viewers ask for at most.
	mapSpan = 64
	// mapBlocks is how many regions go into one MapBlockReply.
	mapBlocks = 10
	// mapResults is how many regions a search by name shows.
	mapResults = 20
	// noRegion is the access of a block that says "nothing here".
	noRegion = 255
	// wantsSea is the flag of a request that is to be answered also where there is nothing.
	wantsSea = 0x10000
)

// mapBlockRequest shows the regions in a piece of the map.
func (s *Session) mapBlockRequest(m *message.MapBlockRequest) {
	p, flags := m.PositionData, m.AgentData.Flags
	if p.MaxX < p.MinX || p.MaxY < p.MinY {
		return
	}
	maxX, maxY := min(p.MaxX, p.MinX+mapSpan), min(p.MaxY, p.MinY+mapSpan)
	s.ask(func(ctx context.Context) func() {
		found, err := s.server.Services.Regions.RegionsIn(ctx,
			uint32(p.MinX)*256, uint32(p.MinY)*256, uint32(maxX)*256+255, uint32(maxY)*256+255)
		if err != nil {
			s.server.Log.Warn("map not read", "error", err)
			return nil
		}
		return func() { s.sendMap(found, flags, nil) }
	})
}

// mapNameRequest shows regions by part of their name. A last block without a region says that there
// are no more.
func (s *Session) mapNameRequest(m *message.MapNameRequest) {
	name, flags := message.String(m.NameData.Name), m.AgentData.Flags
	s.ask(func(ctx context.Context) func() {
		found, err := s.server.Services.Regions.SearchRegions(ctx, name, mapResults)
		if err != nil {
			s.server.Log.Warn("map not searched", "error", err)
			return nil
		}
		end := &message.MapBlockReplyData{Name: message.TextMax(name, message.MaxVariable1), Access: noRegion}
		return func() { s.sendMap(found, flags, end) }
	})
}

func (s *Session) sendMap(found []grid.Region, flags uint32, end *message.MapBlockReplyData) {
	m := &message.MapBlockReply{}
	m.AgentData.AgentID = s.id()
	m.AgentData.Flags = flags &^ wantsSea
	flush := func() {
		if len(m.Data) > 0 {
			s.send(m, reliable)
			m.Data, m.Size = nil, nil
		}
	}
	for _, r := range found {
		m.Data = append(m.Data, message.MapBlockReplyData{
			X: uint16(r.GridX()), Y: uint16(r.GridY()), Name: message.TextMax(r.Name, message.MaxVariable1),
			Access: r.Access, RegionFlags: s.server.Estate.Flags, WaterHeight: uint8(s.server.Scene.Config().WaterHeight),
			MapImageID: r.MapTile,
		})
		m.Size = append(m.Size, message.MapBlockReplySize{SizeX: uint16(r.SizeX), SizeY: uint16(r.SizeY)})
		if len(m.Data) == mapBlocks {
			flush()
		}
	}
	if end != nil {
		m.Data = append(m.Data, *end)
		m.Size = append(m.Size, message.MapBlockReplySize{SizeX: 256, SizeY: 256})
	}
	flush()
}

// Kinds of things on the map.
const mapAgents = 6

// mapItemRequest shows where avatars are; of nothing else is anything known. An avatar's number is at
// least one, or viewers draw nothing.
func (s *Session) mapItemRequest(m *message.MapItemRequest) {
	reply := &message.MapItemReply{}
	reply.AgentData.AgentID = s.id()
	reply.AgentData.Flags = m.AgentData.Flags
	reply.RequestData.ItemType = m.RequestData.ItemType
	here := s.server.Region()
	if m.RequestData.ItemType != mapAgents || m.RequestData.RegionHandle != 0 && m.RequestData.RegionHandle != here.Handle() {
		s.send(reply, reliable)
		return
	}
	for _, a := range s.server.Scene.Picture().States {
		if a == nil || a.Agent == s.id() || len(reply.Data) == mapItems {
			continue
		}
		reply.Data = append(reply.Data, message.MapItemReplyData{
			X: here.X + uint32(a.Position.X), Y: here.Y + uint32(a.Position.Y), Extra: 1, Name: message.Text(""),
		})
	}
	if len(reply.Data) == 0 {
		reply.Data = []message.MapItemReplyData{{X: here.X + 1, Y: here.Y + 1, Name: message.Text("")}}
	}
	s.send(reply, reliable)
}

// mapItems keeps a MapItemReply within a packet.
const mapItems = 32

// mapLayerRequest: the map has one layer, which viewers draw from the tiles of the regions.
func (s *Session) mapLayerRequest(m *message.MapLayerRequest) {
	reply := &message.MapLayerReply{}
	reply.AgentData.AgentID = s.id()
	reply.AgentData.Flags = m.AgentData.Flags
	reply.LayerData = []message.MapLayerReplyLayerData{{Right: 30000, Top: 30000, ImageID: mapLayerImage}}
	s.send(reply, reliable)
}

// mapLayerImage is the image that OpenSimulator names here; no viewer draws it.
var mapLayerImage = uuid.MustParse("00000000-0000-1111-9999-000000000006")

// regionInfoRequest tells what the region window of the viewer shows.
func (s *Session) regionInfoRequest(*message.RequestRegionInfo) {
	r, e := s.server.Region(), s.server.Estate
	m := &message.RegionInfo{}
	m.AgentData.AgentID, m.AgentData.SessionID = s.id(), s.agent.Session()
	i := &m.RegionInfo
	i.SimName = message.TextMax(r.Name, message.MaxVariable1)
	i.EstateID, i.ParentEstateID = e.ID, 1
	i.RegionFlags, i.SimAccess = e.Flags, r.Access
	i.MaxAgents = uint8(min(e.MaxAgents, 255))
	i.ObjectBonusFactor = 1
	i.WaterHeight = s.server.Scene.Config().WaterHeight
	i.TerrainRaiseLimit, i.TerrainLowerLimit = 100, -100
	i.UseEstateSun = true
	m.RegionInfo2.ProductSKU, m.RegionInfo2.ProductName = []byte{0}, message.Text(Version)
	m.RegionInfo2.MaxAgents32 = uint32(e.MaxAgents)
	m.RegionInfo2.HardMaxAgents = uint32(e.MaxAgents)
	m.RegionInfo2.HardMaxObjects = objectCapacity
	m.RegionInfo3 = []message.RegionInfoRegionInfo3{{RegionFlagsExtended: uint64(e.Flags)}}
	s.send(m, reliable)
}
