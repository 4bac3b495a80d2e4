package session

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"terrane/geom"
	"terrane/grid"
	"terrane/region/avatar"
	"terrane/wire/message"
	"terrane/wire/texture"

	"github.com/google/uuid"
)

// baked is an AgentSetAppearance as a viewer sends it that has baked: two bakes, of what caches say.
func baked(head, upper uuid.UUID, caches [2]uuid.UUID) *message.AgentSetAppearance {
	var e texture.Entry
	e.Default = texture.Plain(texture.DefaultAvatar)
	e.Set(int(texture.HeadBaked), texture.Plain(head))
	e.Set(int(texture.UpperBaked), texture.Plain(upper))
	m := &message.AgentSetAppearance{}
	m.AgentData.SerialNum, m.AgentData.Size = 5, geom.Vec3{X: 0.45, Y: 0.6, Z: 2.1}
	m.ObjectData.TextureEntry = e.Append(nil)
	for i := range 218 {
		m.VisualParam = append(m.VisualParam, message.AgentSetAppearanceVisualParam{ParamValue: uint8(i)})
	}
	m.WearableData = []message.AgentSetAppearanceWearableData{
		{CacheID: caches[0], TextureIndex: uint8(texture.HeadBaked)},
		{CacheID: caches[1], TextureIndex: uint8(texture.UpperBaked)},
		{CacheID: uuid.New(), TextureIndex: 200},
	}
	return m
}

// looksOf is met by an AvatarAppearance of an agent with a texture entry.
func looksOf(agent uuid.UUID, entry []byte) func(*message.AvatarAppearance) bool {
	return func(m *message.AvatarAppearance) bool {
		return m.Sender.ID == agent && bytes.Equal(m.ObjectData.TextureEntry, entry)
	}
}

func TestABakedAvatarIsShownAsItWasBaked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v, other := w.enter(w.user("Ann Lee"), w.order[0]), w.enter(w.user("Bea Low"), w.order[0])
	other.sees(v)
	other.mark()
	m := baked(uuid.New(), uuid.New(), [2]uuid.UUID{uuid.New(), uuid.New()})
	v.say(m)
	shown := await(other, looksOf(v.Agent, m.ObjectData.TextureEntry))
	if shown.Sender.IsTrial || len(shown.VisualParam) != 218 || len(shown.AppearanceHover) != 1 {
		t.Errorf("%d parameters, %+v", len(shown.VisualParam), shown.AppearanceHover)
	}
	for i, p := range shown.VisualParam {
		if p.ParamValue != uint8(i) {
			t.Fatalf("parameter %d is %d", i, p.ParamValue)
		}
	}
	update := await(other, about(v.Agent)) // it has grown
	if s := update.ObjectData[0].Scale; s.Z != 2.1 {
		t.Errorf("size %v", s)
	}
	late := w.enter(w.user("Cid Mee"), w.order[0])
	await(late, looksOf(v.Agent, m.ObjectData.TextureEntry))
	if i, j := late.index(about(v.Agent)), late.indexLooks(v.Agent); i > j {
		t.Errorf("looks came as message %d, before the avatar, message %d", j, i)
	}
}

// index is the place of the first ObjectUpdate that meets a condition, in what was heard.
func (v *viewer) index(such func(*message.ObjectUpdate) bool) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.IndexFunc(v.heard, func(h heard) bool {
		m, ok := h.Message.(*message.ObjectUpdate)
		return ok && such(m)
	})
}

// indexLooks is the place of the first AvatarAppearance of an agent.
func (v *viewer) indexLooks(agent uuid.UUID) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.IndexFunc(v.heard, func(h heard) bool {
		m, ok := h.Message.(*message.AvatarAppearance)
		return ok && m.Sender.ID == agent
	})
}

func TestLooksThatAreImpossibleAreRefused(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, Root)
	before := s.life.appearance
	for name, change := range map[string]func(*message.AgentSetAppearance){
		"a texture entry that is none": func(m *message.AgentSetAppearance) { m.ObjectData.TextureEntry = []byte{1, 2, 3} },
		"a texture entry too long": func(m *message.AgentSetAppearance) {
			m.ObjectData.TextureEntry = append(m.ObjectData.TextureEntry, make([]byte, avatar.MaxTexture)...)
		},
		"too many bakes": func(m *message.AgentSetAppearance) {
			for range 100 {
				m.WearableData = append(m.WearableData, message.AgentSetAppearanceWearableData{TextureIndex: 8})
			}
		},
	} {
		m := baked(uuid.New(), uuid.New(), [2]uuid.UUID{})
		change(m)
		s.setAppearance(m)
		if s.life.appearance != before {
			t.Errorf("%s: changed the looks", name)
		}
	}
	m := baked(uuid.New(), uuid.New(), [2]uuid.UUID{})
	nan := float32(0)
	nan /= nan
	m.AgentData.Size = geom.Vec3{X: nan, Y: 1e30, Z: -5}
	s.setAppearance(m)
	if got := s.life.appearance.Size; got != avatar.DefaultSize {
		t.Errorf("a size that is none became %v", got)
	}
	if before.Texture != nil {
		t.Error("the appearance that others have was changed")
	}
}

func TestBakesThatAreThereNeedNotBeMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	ann := w.user("Ann Lee")
	v := w.enter(ann, w.order[0])
	there, lost, caches := w.texture(ann.ID), uuid.New(), [2]uuid.UUID{uuid.New(), uuid.New()}
	v.say(baked(there, lost, caches))
	ask := func(v *viewer, when string) {
		t.Helper()
		v.mark()
		m := &message.AgentCachedTexture{}
		m.AgentData.SerialNum = 9
		m.WearableData = []message.AgentCachedTextureWearableData{
			{ID: caches[0], TextureIndex: uint8(texture.BakeHead)},
			{ID: caches[1], TextureIndex: uint8(texture.BakeUpper)},
			{ID: uuid.New(), TextureIndex: uint8(texture.BakeHead)},
			{ID: caches[0], TextureIndex: 200},
		}
		v.say(m)
		r := await[message.AgentCachedTextureResponse](v)
		want := []uuid.UUID{there, uuid.Nil, uuid.Nil, uuid.Nil}
		if r.AgentData.SerialNum != 9 || len(r.WearableData) != len(want) {
			t.Fatalf("%s: %+v", when, r)
		}
		for i, d := range r.WearableData {
			if d.TextureID != want[i] || d.TextureIndex != m.WearableData[i].TextureIndex {
				t.Errorf("%s: answer %d is %+v, not %v", when, i, d, want[i])
			}
		}
	}
	ask(v, "at once")
	v.quit()
	w.order[0].gone(v.Session)
	w.offline(v.Agent)
	ask(w.enter(ann, w.order[0]), "after a relogin")
}

// texture stores a texture of an agent.
func (w *world) texture(of uuid.UUID) uuid.UUID {
	w.Helper()
	return must(w.Assets.PutAsset(w.Context(), grid.Asset{
		AssetInfo: grid.AssetInfo{ID: uuid.New(), Type: grid.AssetTexture, Name: "bake", Creator: of, Created: time.Now()},
		Data:      []byte("\xFF\x4F\xFF\x51 and so on"),
	}))(w)
}

func TestE22_LooksChangedJustBeforeTheLogoutAreSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	ann := w.user("Ann Lee")
	v := w.enter(ann, w.order[0])
	m := baked(uuid.New(), uuid.New(), [2]uuid.UUID{})
	m.AgentData.SerialNum = 41
	v.say(m)
	v.quit()
	w.order[0].gone(v.Session)
	rows := must(w.Avatars.Avatar(t.Context(), ann.ID))(t)
	if rows["Serial"] != "41" || rows["VisualParams"][:6] != "0,1,2," {
		t.Errorf("saved: %v", rows)
	}
}

func TestLooksAreSavedWhenTheyHaveRested(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, Root)
	s.setAppearance(baked(uuid.New(), uuid.New(), [2]uuid.UUID{}))
	now := time.Now()
	s.beatRoot(now.Add(saveDelay - time.Second))
	if s.life.saveLooks.IsZero() {
		t.Error("saved too soon")
	}
	s.beatRoot(now.Add(saveDelay + time.Second))
	if !s.life.saveLooks.IsZero() {
		t.Error("not saved")
	}
	if err := s.agent.Lane.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatIsWornIsLookedUpInOnesOwnInventory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	ann, bea := w.user("Ann Lee"), w.user("Bea Low")
	v := w.enter(ann, w.order[0])
	shirt, hers := w.item(ann, grid.AssetClothing), w.item(bea, grid.AssetClothing)
	notecard := w.item(ann, grid.AssetNotecard)
	v.say(&message.AgentIsNowWearing{WearableData: []message.AgentIsNowWearingWearableData{
		{ItemID: shirt.ID, WearableType: avatar.Shirt},
		{ItemID: hers.ID, WearableType: avatar.Pants},
		{ItemID: notecard.ID, WearableType: avatar.Jacket},
		{ItemID: uuid.New(), WearableType: avatar.Skirt},
		{ItemID: shirt.ID, WearableType: 99},
	}})
	worn := func() (found map[uint8]uuid.UUID) {
		v.mark()
		v.say(&message.AgentWearablesRequest{})
		found = make(map[uint8]uuid.UUID)
		for _, d := range await[message.AgentWearablesUpdate](v).WearableData {
			found[d.WearableType] = d.AssetID
		}
		return found
	}
	w.eventually("the shirt is worn", func() bool { return worn()[avatar.Shirt] == shirt.Asset })
	got := worn()
	for kind, what := range map[uint8]string{avatar.Pants: "another's pants", avatar.Jacket: "a notecard", avatar.Skirt: "nothing"} {
		if asset, is := got[kind]; is {
			t.Errorf("%s is worn: %v", what, asset)
		}
	}
	for kind := range uint8(4) {
		if _, is := got[kind]; !is {
			t.Errorf("body part %d is gone", kind)
		}
	}
	dummy := &message.AgentIsNowWearing{WearableData: []message.AgentIsNowWearingWearableData{{ItemID: dummies[0], WearableType: avatar.Shape}}}
	v.say(dummy)
	v.delivered()
	if got := worn()[avatar.Shirt]; got != shirt.Asset {
		t.Error("the dummies of a viewer that leaves the baking to the server undressed the avatar")
	}
}

// item is a new item in a user's inventory.
func (w *world) item(of grid.Account, kind int8) grid.Item {
	w.Helper()
	ctx := w.Context()
	if err := w.Inventory.CreateInventory(ctx, of.ID); err != nil {
		w.Fatal(err)
	}
	root := must(w.Inventory.FolderForType(ctx, of.ID, grid.FolderRoot))(w)
	i := grid.Item{
		ID: uuid.New(), Folder: root.ID, Owner: of.ID, Creator: of.ID, Asset: uuid.New(), AssetType: kind, InvType: 18,
		Name: "something", Base: grid.PermAll, Current: grid.PermAll, Created: time.Now(),
	}
	if err := w.Inventory.AddItem(ctx, i); err != nil {
		w.Fatal(err)
	}
	return i
}

func TestAnimationsAreStartedAndStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v, other := w.enter(w.user("Ann Lee"), w.order[0]), w.enter(w.user("Bea Low"), w.order[0])
	dance, wave := uuid.New(), uuid.New()
	list := func(start bool, ids ...uuid.UUID) *message.AgentAnimation {
		m := &message.AgentAnimation{}
		for _, id := range ids {
			m.AnimationList = append(m.AnimationList, message.AgentAnimationAnimationList{AnimID: id, StartAnim: start})
		}
		return m
	}
	v.say(list(true, dance, wave))
	m := await(other, plays(v.Agent, dance, true))
	if !plays(v.Agent, wave, true)(m) || len(m.AnimationSourceList) != len(m.AnimationList) {
		t.Errorf("%+v", m)
	}
	if first := m.AnimationList[0].AnimID; first != avatar.AnimStand {
		t.Errorf("the movement is %v", first)
	}
	await(v, plays(v.Agent, dance, true)) // one sees oneself dance too
	other.mark()
	v.say(list(false, dance))
	m = await(other, plays(v.Agent, dance, false))
	if !plays(v.Agent, wave, true)(m) {
		t.Errorf("%+v", m)
	}
	late := w.enter(w.user("Cid Mee"), w.order[0])
	await(late, plays(v.Agent, wave, true))
}

func TestHoverIsShownAndBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick())
	v, other := w.enter(w.user("Ann Lee"), w.order[0]), w.enter(w.user("Bea Low"), w.order[0])
	hovers := func(z float32) func(*message.AvatarAppearance) bool {
		return func(m *message.AvatarAppearance) bool {
			return m.Sender.ID == v.Agent && len(m.AppearanceHover) == 1 && m.AppearanceHover[0].HoverHeight.Z == z
		}
	}
	v.session().SetHover(0.5)
	await(other, hovers(0.5))
	v.session().SetHover(500)
	await(other, hovers(avatar.MaxHover))
}
