package session

import (
	"bytes"
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"terrane/grid"
	"terrane/region/avatar"
	"terrane/region/scene"
	"terrane/wire/message"
	"terrane/wire/texture"

	"github.com/google/uuid"
)

// saveDelay is how long after the last change looks are saved: viewers change them many times while
// they bake. A logout does not wait for it.
const saveDelay = 5 * time.Second

// looks makes the appearance from the avatar service's rows, once.
func (l *life) looks(rows grid.Avatar) *avatar.Appearance {
	if l.appearance == nil {
		l.appearance = avatar.FromRows(rows)
	}
	return l.appearance
}

// setLooks shows a new appearance to the region, and saves it when no other follows for a while.
func (s *Session) setLooks(a *avatar.Appearance) {
	if err := a.Check(); err != nil {
		s.server.Metrics.refused("appearance")
		return
	}
	s.life.appearance = a
	s.life.saveLooks = time.Now().Add(saveDelay)
	s.agent.LooksChanged()
	session := s.agent.Session()
	s.offer(func(tx *scene.Tx) { s.said(tx.SetAppearance(session, a)) })
}

// saveLooksNow saves what has changed, on the agent's lane.
func (s *Session) saveLooksNow() {
	rows := grid.Avatar(s.life.appearance.ToRows())
	s.life.saveLooks = time.Time{}
	s.onLane("looks", func(ctx context.Context) { s.server.Host.SaveLooks(ctx, s.agent, rows) })
}

// setAppearance is how the viewer has baked its avatar: shape, size and baked textures.
func (s *Session) setAppearance(m *message.AgentSetAppearance) {
	a := *s.life.appearance
	a.Serial = max(a.Serial+1, m.AgentData.SerialNum)
	a.Size = avatar.ClampSize(m.AgentData.Size)
	if len(m.VisualParam) > 0 {
		a.Params = make([]byte, len(m.VisualParam))
		for i, p := range m.VisualParam {
			a.Params[i] = p.ParamValue
		}
	}
	if len(m.ObjectData.TextureEntry) > 1 {
		entry, err := texture.Parse(m.ObjectData.TextureEntry)
		if err != nil {
			s.server.Metrics.refused("malformed")
			return
		}
		a.Texture = bytes.Clone(m.ObjectData.TextureEntry)
		a.Bakes, a.Rows = nil, maps.Clone(a.Rows)
		if a.Rows == nil {
			a.Rows = make(map[string]string)
		}
		for _, w := range m.WearableData {
			if w.TextureIndex >= avatar.Faces {
				continue
			}
			a.Bakes = append(a.Bakes, avatar.Bake{Face: w.TextureIndex, Cache: w.CacheID})
			a.Rows[bakeRow(w.TextureIndex)] = w.CacheID.String() + ":" + entry.Face(int(w.TextureIndex)).Texture.String()
		}
	}
	s.setLooks(&a)
}

// bakeRow is the avatar service's row that remembers which texture was baked of what, so that a viewer
// need not bake again at its next login.
func bakeRow(face uint8) string { return "Bake " + strconv.Itoa(int(face)) }

// cachedTexture answers which bakes are there already. A bake counts only if its texture can still be
// fetched.
func (s *Session) cachedTexture(m *message.AgentCachedTexture) {
	reply := &message.AgentCachedTextureResponse{}
	reply.AgentData.AgentID, reply.AgentData.SessionID = s.id(), s.agent.Session()
	reply.AgentData.SerialNum = m.AgentData.SerialNum
	textures := make([]uuid.UUID, len(m.WearableData))
	for i, w := range m.WearableData {
		textures[i] = s.life.baked(w.TextureIndex, w.ID)
		reply.WearableData = append(reply.WearableData, message.AgentCachedTextureResponseWearableData{
			TextureIndex: w.TextureIndex, HostName: []byte{0},
		})
	}
	s.ask(func(ctx context.Context) func() {
		there, err := s.server.Services.Assets.AssetsExist(ctx, textures)
		return func() {
			for i := range reply.WearableData {
				if err == nil && there[i] {
					reply.WearableData[i].TextureID = textures[i]
				}
			}
			s.send(reply, reliable)
		}
	})
}

// baked is the texture that was baked for a bake number from what cache says, or zero.
func (l *life) baked(bake uint8, cache uuid.UUID) uuid.UUID {
	if int(bake) >= texture.BakeCount {
		return uuid.Nil
	}
	face := texture.Bake(bake).Index()
	from, id, ok := strings.Cut(l.appearance.Rows[bakeRow(uint8(face))], ":")
	if !ok || from != cache.String() {
		return uuid.Nil
	}
	found, err := uuid.Parse(id)
	if err != nil {
		return uuid.Nil
	}
	return found
}

// wearablesRequest tells the viewer what its avatar wears.
func (s *Session) wearablesRequest(*message.AgentWearablesRequest) {
	m := &message.AgentWearablesUpdate{}
	m.AgentData.AgentID, m.AgentData.SessionID = s.id(), s.agent.Session()
	m.AgentData.SerialNum = s.life.appearance.Serial
	for kind, worn := range s.life.appearance.Worn {
		for _, w := range worn {
			m.WearableData = append(m.WearableData, message.AgentWearablesUpdateWearableData{
				ItemID: w.Item, AssetID: w.Asset, WearableType: uint8(kind),
			})
		}
	}
	s.send(m, reliable)
}

// dummies are what the newest official viewer says it wears: it leaves the baking to the server and
// means nothing by it.
var dummies = [...]uuid.UUID{
	uuid.MustParse("db5a4e5f-9da3-44c8-992d-1181c5795498"), uuid.MustParse("6969c7cc-f72f-4a76-a19b-c293cce8ce4f"),
	uuid.MustParse("7999702b-b291-48f9-8903-c91dfb828408"), uuid.MustParse("566cb59e-ef60-41d7-bfa6-e0f293fbea40"),
}

// isNowWearing is the whole list of what the avatar wears from now on. The assets are those of the
// items in the agent's own inventory; what is not there is not worn.
func (s *Session) isNowWearing(m *message.AgentIsNowWearing) {
	var ids []uuid.UUID
	kinds := make(map[uuid.UUID]uint8)
	for _, w := range m.WearableData {
		for _, d := range dummies {
			if w.ItemID == d {
				return
			}
		}
		if w.ItemID != uuid.Nil && w.WearableType < avatar.WearableTypes {
			ids = append(ids, w.ItemID)
			kinds[w.ItemID] = w.WearableType
		}
	}
	if len(ids) == 0 {
		return
	}
	s.ask(func(ctx context.Context) func() {
		items, err := s.server.Services.Inventory.Items(ctx, s.id(), ids)
		if err != nil {
			s.server.Log.Warn("wearables not found", "agent", s.agent.Name(), "error", err)
			return nil
		}
		return func() { s.wear(items, kinds) }
	})
}

func (s *Session) wear(items []grid.Item, kinds map[uuid.UUID]uint8) {
	a := *s.life.appearance
	var worn [avatar.WearableTypes][]avatar.Wearing
	for _, i := range items {
		kind := kinds[i.ID]
		if i.AssetType != grid.AssetBodyPart && i.AssetType != grid.AssetClothing || len(worn[kind]) == avatar.MaxLayers {
			continue
		}
		worn[kind] = append(worn[kind], avatar.Wearing{Item: i.ID, Asset: i.Asset})
	}
	for kind := avatar.Shape; kind <= avatar.Eyes; kind++ {
		if len(worn[kind]) == 0 {
			worn[kind] = a.Worn[kind] // nobody is without a body
		}
	}
	a.Worn = worn
	a.Serial++
	s.setLooks(&a)
}

// SetHover sets how far above its place the avatar is shown. It may be called from anywhere.
func (s *Session) SetHover(metres float32) {
	s.do(func() {
		if s.phase != Root {
			return
		}
		a := *s.life.appearance
		a.Hover = avatar.ClampHover(metres)
		s.setLooks(&a)
	})
}
