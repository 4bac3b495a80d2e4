package parcel

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"terrane/geom"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

var (
	ann     = uuid.UUID{1}
	ben     = uuid.UUID{2}
	cat     = uuid.UUID{3}
	weavers = uuid.UUID{0xA}
	smiths  = uuid.UUID{0xB}
)

// region is a region of 256 m that is Ann's.
func region(t testing.TB) *Map {
	t.Helper()
	m, err := New(256, 256, Open(uuid.UUID{0xFF}, "Your Parcel", ann))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func give(t testing.TB, m *Map, a Area, p Parcel) (*Map, Parcel) {
	t.Helper()
	next, p, err := m.Give(a, p)
	if err != nil {
		t.Fatal(err)
	}
	return next, p
}

func TestNewLandIsOneParcelOpenToAll(t *testing.T) {
	m := region(t)
	p := m.At(128, 128)
	if p.LocalID != 1 || p.Owner != ann || len(slices.Collect(m.All())) != 1 {
		t.Errorf("parcel %d of %v", p.LocalID, p.Owner)
	}
	for _, f := range []Flags{AllowFly, AllowLandmark, CreateObjects, AllowOtherScripts, AllowVoiceChat} {
		if !p.Flags.Has(f) {
			t.Errorf("flag %#x is missing", uint32(f))
		}
	}
	// What OpenSimulator 0.9.2.2 sends of its new land.
	if opensims := Flags(0x2800204B); !p.Flags.Has(opensims) {
		t.Errorf("flags %#x are not OpenSimulator's %#x", uint32(p.Flags), uint32(opensims))
	}
	if p.Landing != LandingAnywhere || !p.SeeAvatars || p.Environment != -1 {
		t.Errorf("the parcel is %+v", p)
	}
	s := m.Shape(1)
	if s.Area != 65536 || s.Min != (geom.Vec3{}) || s.Max != (geom.Vec3{X: 256, Y: 256}) {
		t.Errorf("it lies in %v to %v, %d m²", s.Min, s.Max, s.Area)
	}
	if !bytes.Equal(s.Bitmap, bytes.Repeat([]byte{0xFF}, 512)) {
		t.Errorf("its squares are %x", s.Bitmap)
	}
	if n := m.MaxPrims(1, 45000); n != 45000 {
		t.Errorf("it may have %d prims", n)
	}
}

func TestNoRegionHasSuchSides(t *testing.T) {
	for _, sides := range [][2]int{{0, 256}, {256, 255}, {8192, 256}} {
		if _, err := New(sides[0], sides[1], Parcel{}); err == nil {
			t.Errorf("land of %v", sides)
		}
	}
}

func TestLandIsDivided(t *testing.T) {
	whole := region(t)
	m, shop := give(t, whole, Area{16, 0, 32, 8}, Open(uuid.UUID{1}, "Shop", ben))
	if shop.LocalID != 2 || whole.At(20, 4).LocalID != 1 {
		t.Errorf("the shop is %d, the ground beneath was %d", shop.LocalID, whole.At(20, 4).LocalID)
	}
	for _, row := range []struct {
		x, y float32
		want int32
	}{
		{15.99, 4, 1},
		{16, 0, 2},
		{31.99, 7.99, 2},
		{32, 4, 1},
		{20, 8, 1},
		{-50, -50, 1},
		{1e9, 1e9, 1},
		{20, -1, 2},
	} {
		if got := m.At(row.x, row.y).LocalID; got != row.want {
			t.Errorf("parcel %d at %v, %v, not %d", got, row.x, row.y, row.want)
		}
	}
	s := m.Shape(2)
	if s.Area != 128 || s.Min != (geom.Vec3{X: 16}) || s.Max != (geom.Vec3{X: 32, Y: 8}) {
		t.Errorf("the shop lies in %v to %v, %d m²", s.Min, s.Max, s.Area)
	}
	// Squares 4 to 7 of the rows 0 and 1, 8 bytes to a row.
	want := make([]byte, 512)
	want[0], want[8] = 0xF0, 0xF0
	if !bytes.Equal(s.Bitmap, want) {
		t.Errorf("its squares are %x", s.Bitmap)
	}
	if n := m.MaxPrims(2, 32768); n != 64 {
		t.Errorf("it may have %d prims", n)
	}
}

func TestLandIsJoined(t *testing.T) {
	m, shop := give(t, region(t), Area{0, 0, 16, 16}, Open(uuid.UUID{1}, "Shop", ben))
	whole, ok := m.Parcel(1)
	if !ok {
		t.Fatal("the whole is gone")
	}
	m, _ = give(t, m, Area{0, 0, 16, 16}, whole)
	if _, ok := m.Parcel(shop.LocalID); ok || m.Shape(1).Area != 65536 {
		t.Errorf("the shop is still there")
	}
	if s := m.Shape(shop.LocalID); s.Area != 0 || s.Bitmap != nil {
		t.Errorf("what is gone lies in %+v", s)
	}
}

func TestNoLandIsGivenThatThereIsNot(t *testing.T) {
	m := region(t)
	for _, a := range []Area{{0, 0, 0, 4}, {4, 4, 0, 8}, {-4, 0, 4, 4}, {0, 0, 260, 4}, {0, 0, 4, 260}, {0, 2, 4, 8}} {
		if _, _, err := m.Give(a, Parcel{}); !errors.Is(err, ErrNoLand) {
			t.Errorf("%v: %v", a, err)
		}
	}
	if _, _, err := m.Give(Area{0, 0, 4, 4}, Parcel{LocalID: 9}); !errors.Is(err, ErrNoParcel) {
		t.Errorf("parcel 9: %v", err)
	}
}

func TestParcelsChangeInTheNextMapOnly(t *testing.T) {
	m := region(t)
	p := m.At(0, 0)
	p.Name = "Market"
	next, err := m.With(p)
	if err != nil || next.At(9, 9).Name != "Market" || m.At(9, 9).Name != "Your Parcel" {
		t.Errorf("named %q, was %q, %v", next.At(9, 9).Name, m.At(9, 9).Name, err)
	}
	if _, err := m.With(Parcel{LocalID: 7}); !errors.Is(err, ErrNoParcel) {
		t.Errorf("parcel 7: %v", err)
	}
}

// TestEverySquareBelongsToOneParcel gives areas at random.
func TestEverySquareBelongsToOneParcel(t *testing.T) {
	whole := region(t)
	rapid.Check(t, func(t *rapid.T) {
		m := whole
		corner := rapid.IntRange(0, 63)
		for range rapid.IntRange(1, 12).Draw(t, "gifts") {
			west, south := corner.Draw(t, "west"), corner.Draw(t, "south")
			a := Area{
				West: west * Square, East: Square * rapid.IntRange(west+1, 64).Draw(t, "east"),
				South: south * Square, North: Square * rapid.IntRange(south+1, 64).Draw(t, "north"),
			}
			ids := []int32{0}
			for p := range m.All() {
				ids = append(ids, p.LocalID)
			}
			p, _ := m.Parcel(rapid.SampledFrom(ids).Draw(t, "to"))
			next, p, err := m.Give(a, p)
			if err != nil {
				t.Fatal(err)
			}
			if got := next.At(float32(a.West), float32(a.South)).LocalID; got != p.LocalID {
				t.Fatalf("given to %d, not %d", got, p.LocalID)
			}
			m = next
		}
		var area, prims int
		all := make([]byte, 512)
		for p := range m.All() {
			s := m.Shape(p.LocalID)
			if s.Area == 0 || s.Max.X <= s.Min.X || s.Max.Y <= s.Min.Y {
				t.Fatalf("parcel %d lies in %+v", p.LocalID, s)
			}
			for i, b := range s.Bitmap {
				if all[i]&b != 0 {
					t.Fatalf("parcel %d has another's squares", p.LocalID)
				}
				all[i] |= b
			}
			area += s.Area
			prims += m.MaxPrims(p.LocalID, 45000)
		}
		if area != 65536 || prims > 45000 || !bytes.Equal(all, bytes.Repeat([]byte{0xFF}, 512)) {
			t.Fatalf("%d m² and %d prims in all", area, prims)
		}
	})
}

func TestOverlayOfOpenSimulatorsNewLand(t *testing.T) {
	messages := region(t).Overlay(Visitor{Agent: ben})
	if len(messages) != 4 {
		t.Fatalf("%d messages", len(messages))
	}
	for i, data := range messages {
		if len(data) != 1024 {
			t.Errorf("message %d has %d bytes", i, len(data))
		}
	}
	first := append([]byte{0xC1}, bytes.Repeat([]byte{0x81}, 63)...)
	row := append([]byte{0x41}, bytes.Repeat([]byte{0x01}, 63)...)
	if want := append(first, bytes.Repeat(row, 15)...); !bytes.Equal(messages[0], want) {
		t.Errorf("the first is %x", messages[0])
	}
	for i := range 3 {
		if want := bytes.Repeat(row, 16); !bytes.Equal(messages[i+1], want) {
			t.Errorf("message %d is %x", i+1, messages[i+1])
		}
	}
}

func TestOverlayHasABorderWhereParcelsMeet(t *testing.T) {
	m, _ := give(t, region(t), Area{4, 4, 8, 8}, Open(uuid.UUID{1}, "Shop", ben))
	data := m.Overlay(Visitor{Agent: ben})[0]
	for square, want := range map[int]byte{
		0: 0xC1, 1: 0x81, 64: 0x41, // Ann's, at the region's edges
		65:      0xC3, // Ben's own, beside and above Ann's
		66:      0x41, // Ann's, beside Ben's
		65 + 64: 0x81, // Ann's, above Ben's
		66 + 64: 0x01,
	} {
		if data[square] != want {
			t.Errorf("square %d is %#x, not %#x", square, data[square], want)
		}
	}
}

func TestLandLooksAsItIsToTheAgent(t *testing.T) {
	for name, row := range map[string]struct {
		change func(p *Parcel)
		want   byte
	}{
		"public":              {func(p *Parcel) { p.Owner = uuid.Nil }, public},
		"another's":           {func(*Parcel) {}, othersOwn},
		"mine":                {func(p *Parcel) { p.Owner = ben }, agentsOwn},
		"my group's":          {func(p *Parcel) { p.Owner, p.Group, p.GroupOwned = weavers, weavers, true }, groupsOwn},
		"a group's":           {func(p *Parcel) { p.Owner, p.Group, p.GroupOwned = smiths, smiths, true }, othersOwn},
		"for sale":            {func(p *Parcel) { p.Flags |= ForSale }, forSale},
		"for sale to me":      {func(p *Parcel) { p.Flags |= ForSale; p.Buyer = ben }, forSale},
		"for sale to another": {func(p *Parcel) { p.Flags |= ForSale; p.Buyer = cat }, othersOwn},
		"in an auction":       {func(p *Parcel) { p.AuctionID = 4 }, inAuction},
		"avatars hidden":      {func(p *Parcel) { p.SeeAvatars = false }, othersOwn | hidesAvatars},
		"sound kept":          {func(p *Parcel) { p.Flags |= SoundLocal }, othersOwn | keepsSound},
	} {
		p := Open(uuid.UUID{1}, name, ann)
		row.change(&p)
		if got := p.look(Visitor{Agent: ben, Groups: []uuid.UUID{weavers}}); got != row.want {
			t.Errorf("%s looks like %#x, not %#x", name, got, row.want)
		}
	}
}

func TestOverlayOfALongRegion(t *testing.T) {
	m, err := New(512, 256, Open(uuid.UUID{1}, "Long", ann))
	if err != nil {
		t.Fatal(err)
	}
	messages := m.Overlay(Visitor{Agent: ann})
	if len(messages) != 8 || messages[0][127] != 0x83 || messages[0][128] != 0x43 {
		t.Errorf("%d messages, the first row ends with %#x", len(messages), messages[0][127:129])
	}
}

func BenchmarkOverlay(b *testing.B) {
	m := region(b)
	for b.Loop() {
		m.Overlay(Visitor{Agent: ann})
	}
}

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func TestWhoMayEnter(t *testing.T) {
	list := []Listed{{Agent: ben}, {Agent: cat, Expires: noon}}
	weaver := Visitor{Agent: cat, Groups: []uuid.UUID{weavers}}
	for name, row := range map[string]struct {
		flags   Flags
		visitor Visitor
		at      time.Time
		want    Refusal
	}{
		"anybody":                  {0, Visitor{Agent: cat}, noon, NotRefused},
		"a banned one":             {UseBanList, Visitor{Agent: ben}, noon, Banned},
		"a banned one, not used":   {0, Visitor{Agent: ben}, noon, NotRefused},
		"a banned manager":         {UseBanList, Visitor{Agent: ben, Manager: true}, noon, NotRefused},
		"one banned until noon":    {UseBanList, Visitor{Agent: cat}, noon.Add(-time.Second), Banned},
		"one banned before noon":   {UseBanList, Visitor{Agent: cat}, noon, NotRefused},
		"a listed one":             {UseAccessList, Visitor{Agent: ben}, noon, NotRefused},
		"one listed before noon":   {UseAccessList, Visitor{Agent: cat}, noon, NotListed},
		"one of the group":         {UseAccessGroup, weaver, noon, NotRefused},
		"one of no group":          {UseAccessGroup, Visitor{Agent: cat}, noon, NotInGroup},
		"the owner":                {UseAccessGroup | UseAccessList | UseBanList, Visitor{Agent: ann}, noon, NotRefused},
		"one of the group, listed": {UseAccessGroup | UseAccessList, weaver, noon, NotRefused},
		"a listed one of no group": {UseAccessGroup | UseAccessList, Visitor{Agent: ben}, noon, NotRefused},
		"neither":                  {UseAccessGroup | UseAccessList, Visitor{Agent: smiths}, noon, NotListed},
		"a banned one of a group":  {UseAccessGroup | UseBanList, weaver, noon.Add(-1), Banned},
	} {
		p := Parcel{Owner: ann, Group: weavers, Flags: row.flags, Access: list, Bans: list}
		if got := p.Refuses(row.visitor, row.at); got != row.want {
			t.Errorf("%s: %d, not %d", name, got, row.want)
		}
	}
}

func TestEndedEntriesAreNotSent(t *testing.T) {
	list := []Listed{{Agent: ann, Expires: noon}, {Agent: ben}, {Agent: cat, Expires: noon.Add(1)}}
	live := Live(list, noon)
	if len(live) != 2 || live[0].Agent != ben || live[1].Agent != cat || list[0].Agent != ann {
		t.Errorf("%v of %v", live, list)
	}
}

func TestWhoMayBuild(t *testing.T) {
	weaver := Visitor{Agent: ben, Groups: []uuid.UUID{weavers}}
	for name, row := range map[string]struct {
		parcel  Parcel
		visitor Visitor
		want    bool
	}{
		"anybody on open land":          {Open(uuid.UUID{1}, "Open", ann), Visitor{Agent: cat}, true},
		"another on closed land":        {Parcel{Owner: ann}, Visitor{Agent: cat}, false},
		"the owner on closed land":      {Parcel{Owner: ann}, Visitor{Agent: ann}, true},
		"a manager on closed land":      {Parcel{Owner: ann}, Visitor{Agent: cat, Manager: true}, true},
		"the group":                     {Parcel{Owner: ann, Group: weavers, Flags: CreateGroupObjects}, weaver, true},
		"another group":                 {Parcel{Owner: ann, Group: smiths, Flags: CreateGroupObjects}, weaver, false},
		"one of no group on no group's": {Parcel{Owner: ann, Flags: CreateGroupObjects}, Visitor{Agent: cat, Groups: []uuid.UUID{{}}}, false},
		"nobody on public land":         {Parcel{}, Visitor{}, false},
	} {
		if got := row.parcel.MayBuild(row.visitor); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhoseScriptsRun(t *testing.T) {
	for name, row := range map[string]struct {
		parcel       Parcel
		owner, group uuid.UUID
		want         bool
	}{
		"anybody's on open land":    {Open(uuid.UUID{1}, "Open", ann), cat, uuid.Nil, true},
		"another's on closed land":  {Parcel{Owner: ann}, cat, uuid.Nil, false},
		"the owner's":               {Parcel{Owner: ann}, ann, uuid.Nil, true},
		"those set to the group":    {Parcel{Owner: ann, Group: weavers, Flags: AllowGroupScripts}, cat, weavers, true},
		"those set to another":      {Parcel{Owner: ann, Group: weavers, Flags: AllowGroupScripts}, cat, smiths, false},
		"a group's on its own":      {Parcel{Owner: weavers, GroupOwned: true, Group: weavers}, weavers, weavers, true},
		"a group's owner on public": {Parcel{}, uuid.Nil, uuid.Nil, false},
	} {
		if got := row.parcel.MayRun(row.owner, row.group); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
