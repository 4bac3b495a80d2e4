package session

import (
	"sync"

	"terrane/region/parcel"
	"terrane/region/terrain"
	"terrane/wire/message"
	"terrane/wire/patch"

	"github.com/google/uuid"
)

// Estate is what a region is ruled by.
type Estate struct {
	ID        uint32
	Owner     uuid.UUID
	Flags     uint32 // region flags, as RegionHandshake carries them
	MaxAgents int
	CacheID   uuid.UUID // of the viewers' object caches: another one makes them throw theirs away
	Land      *Land
	Paint     terrain.Paint
}

// Region flags that RegionHandshake carries: what a world has in which everybody may fly, build and
// run scripts. The values are the viewer's (REGION_FLAGS_*).
const (
	flagAllowLandmark  = 1 << 1
	flagAllowSetHome   = 1 << 2
	flagAllowDirectTP  = 1 << 20
	flagAllowVoice     = 1 << 28
	flagAllowParcel    = 1 << 26
	DefaultRegionFlags = flagAllowLandmark | flagAllowSetHome | flagAllowDirectTP | flagAllowParcel | flagAllowVoice
)

// Land is a region's ground and parcels, as they are sent. Many sessions share the encoded ground.
type Land struct {
	Ground  *terrain.Map
	Parcels *parcel.Map

	once    sync.Once
	patches [][]byte // payloads of LayerData
}

// payloads is the whole ground, encoded once for all viewers.
func (l *Land) payloads() [][]byte {
	l.once.Do(func() {
		width, depth := l.Ground.Size()
		layer := layerOf(width, depth)
		var all []patch.Patch
		for y := range depth / patch.Size {
			for x := range width / patch.Size {
				p := l.Ground.Patch(terrain.Place{X: x, Y: y})
				all = append(all, patch.Patch{X: x, Y: y, Heights: p.Heights})
			}
		}
		for len(all) > 0 {
			payload, taken := patch.Fill(nil, layer, all)
			l.patches = append(l.patches, payload)
			all = all[taken:]
		}
	})
	return l.patches
}

func layerOf(width, depth int) patch.Layer {
	if width > 256 || depth > 256 {
		return patch.LandVar
	}
	return patch.Land
}

// sendTerrain sends the ground, under the land throttle.
func (s *Session) sendTerrain() {
	ground := s.server.Estate.Land
	m := &message.LayerData{}
	m.LayerID.Type = uint8(layerOf(ground.Ground.Size()))
	for _, payload := range ground.payloads() {
		m.LayerData.Data = payload
		s.send(m, land)
	}
}

// sendParcelOverlay shows whose land is whose, and where the borders are.
func (s *Session) sendParcelOverlay() {
	for i, data := range s.server.Estate.Land.Parcels.Overlay(parcel.Visitor{Agent: s.id()}) {
		m := &message.ParcelOverlay{}
		m.ParcelData.SequenceID = int32(i)
		m.ParcelData.Data = data
		s.send(m, reliable)
	}
}

// parcelPropertiesRequest tells about the parcel at a place.
func (s *Session) parcelPropertiesRequest(m *message.ParcelPropertiesRequest) {
	d := m.ParcelData
	s.pushParcel(s.server.Estate.Land.Parcels.At((d.West+d.East)/2, (d.South+d.North)/2), d.SequenceID, d.SnapSelection)
}

// pushParcelProperties tells about the parcel the agent stands on.
func (s *Session) pushParcelProperties(sequence int32, snap bool) {
	p := s.server.Estate.Land.Parcels.At(s.life.position.X, s.life.position.Y)
	s.life.parcel = p.LocalID
	s.pushParcel(p, sequence, snap)
}

func (s *Session) pushParcel(p parcel.Parcel, sequence int32, snap bool) {
	parcels := s.server.Estate.Land.Parcels
	body := parcelBody(p, parcels.Shape(p.LocalID), parcels.MaxPrims(p.LocalID, objectCapacity), sequence, snap)
	s.push(event{"ParcelProperties", body})
}

// parcelAccessRequest: nobody is banned, and nobody needs to be on a list.
func (s *Session) parcelAccessRequest(m *message.ParcelAccessListRequest) {
	for _, flags := range [...]uint32{1, 2} {
		if m.Data.Flags&flags == 0 {
			continue
		}
		reply := &message.ParcelAccessListReply{}
		reply.Data.AgentID = s.id()
		reply.Data.SequenceID, reply.Data.Flags, reply.Data.LocalID = m.Data.SequenceID, flags, m.Data.LocalID
		reply.List = []message.ParcelAccessListReplyList{{Flags: flags}}
		s.send(reply, reliable)
	}
}

// parcelDwellRequest: nobody counts visitors.
func (s *Session) parcelDwellRequest(m *message.ParcelDwellRequest) {
	reply := &message.ParcelDwellReply{}
	reply.AgentData.AgentID = s.id()
	reply.Data.LocalID, reply.Data.ParcelID = m.Data.LocalID, m.Data.ParcelID
	s.send(reply, reliable)
}

// handshake tells the viewer which region this is.
func (s *Session) handshake() {
	r, e := s.server.Region(), s.server.Estate
	m := &message.RegionHandshake{}
	i := &m.RegionInfo
	i.RegionFlags, i.SimAccess = e.Flags, r.Access
	i.SimName = message.TextMax(r.Name, message.MaxVariable1)
	i.SimOwner, i.IsEstateManager = e.Owner, e.Owner == s.id()
	i.WaterHeight = s.server.Scene.Config().WaterHeight
	i.CacheID = e.CacheID
	i.TerrainDetail0, i.TerrainDetail1 = e.Paint.Detail[0], e.Paint.Detail[1]
	i.TerrainDetail2, i.TerrainDetail3 = e.Paint.Detail[2], e.Paint.Detail[3]
	i.TerrainStartHeight00, i.TerrainStartHeight01 = e.Paint.Start[terrain.SouthWest], e.Paint.Start[terrain.NorthWest]
	i.TerrainStartHeight10, i.TerrainStartHeight11 = e.Paint.Start[terrain.SouthEast], e.Paint.Start[terrain.NorthEast]
	i.TerrainHeightRange00, i.TerrainHeightRange01 = e.Paint.Range[terrain.SouthWest], e.Paint.Range[terrain.NorthWest]
	i.TerrainHeightRange10, i.TerrainHeightRange11 = e.Paint.Range[terrain.SouthEast], e.Paint.Range[terrain.NorthEast]
	m.RegionInfo2.RegionID = r.ID
	m.RegionInfo3.CPUClassID, m.RegionInfo3.CPURatio = 9, 1
	m.RegionInfo3.ColoName, m.RegionInfo3.ProductSKU = []byte{0}, []byte{0}
	m.RegionInfo3.ProductName = message.Text(Version)
	m.RegionInfo4 = []message.RegionHandshakeRegionInfo4{{RegionFlagsExtended: uint64(e.Flags), RegionProtocols: moreBakes}}
	s.send(m, control)
}

// moreBakes says to viewers that more than six baked textures are understood; without bit 0 they bake
// themselves.
const moreBakes = 1 << 63
