package gridtest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"terrane/grid"

	"github.com/google/uuid"
)

// Dresser is a wardrobe and the inventory that it fills.
type Dresser interface {
	grid.Wardrobe
	grid.Inventory
}

// wearableInventory is the inventory type of what is worn, and of links to it.
const wearableInventory int8 = 18

// Wardrobe holds a wardrobe to its contract. make gives each test one over an empty inventory.
func Wardrobe(t *testing.T, make func(t *testing.T) Dresser) {
	t.Run("a new user is dressed in copies of his own", func(t *testing.T) {
		s, owner := make(t), uuid.New()
		rows := outfit(t, s, owner)
		wantDressed(t, s, owner, rows)
		if n := len(content(t, s, owner, folderForType(t, s, owner, grid.FolderBodyPart).ID).Items); n != 4 {
			t.Errorf("%d body parts", n)
		}
		if n := len(content(t, s, owner, folderForType(t, s, owner, grid.FolderClothing).ID).Items); n < 2 {
			t.Errorf("%d pieces of clothing", n)
		}
		other := uuid.New()
		wantDressed(t, s, other, outfit(t, s, other))
		mine := wornItems(t, rows)
		for wearable, item := range wornItems(t, outfit(t, s, other)) {
			if item == mine[wearable] {
				t.Errorf("two users wear the same %s", wearable)
			}
		}
	})
	t.Run("the rows have all that an avatar is shown by", func(t *testing.T) {
		rows := outfit(t, make(t), uuid.New())
		if rows["Serial"] != "1" {
			t.Errorf("serial is %q", rows["Serial"])
		}
		if h, err := strconv.ParseFloat(rows["AvatarHeight"], 32); err != nil || h < 1 || h > 3 {
			t.Errorf("height is %q", rows["AvatarHeight"])
		}
		params := strings.Split(rows["VisualParams"], ",")
		if len(params) < 218 {
			t.Errorf("%d visual parameters", len(params))
		}
		for _, p := range params {
			if _, err := strconv.ParseUint(p, 10, 8); err != nil {
				t.Errorf("visual parameter %q", p)
			}
		}
	})
	t.Run("doing it again answers the same and adds nothing", func(t *testing.T) {
		s, owner := make(t), uuid.New()
		rows := outfit(t, s, owner)
		before := skeleton(t, s, owner)
		if again := outfit(t, s, owner); !maps.Equal(again, rows) {
			t.Errorf("rows were %v, are %v", rows, again)
		}
		if after := skeleton(t, s, owner); !slices.Equal(before, after) {
			t.Errorf("skeleton was %v, is %v", before, after)
		}
	})
	t.Run("many at the same time dress a user once", func(t *testing.T) {
		s, owner := make(t), uuid.New()
		var wait sync.WaitGroup
		answers := [8]grid.Avatar{}
		for n := range answers {
			wait.Go(func() {
				rows, err := s.Outfit(t.Context(), owner)
				if err != nil {
					t.Error(err)
				}
				answers[n] = rows
			})
		}
		wait.Wait()
		for _, rows := range answers {
			if !maps.Equal(rows, answers[0]) {
				t.Errorf("one answer is %v, another %v", rows, answers[0])
			}
		}
		wantDressed(t, s, owner, answers[0])
		if n := len(content(t, s, owner, folderForType(t, s, owner, grid.FolderBodyPart).ID).Items); n != 4 {
			t.Errorf("%d body parts", n)
		}
	})
	t.Run("who has an outfit keeps it", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		want := map[string]uuid.UUID{}
		for kind := range uint32(4) {
			want["Wearable "+strconv.Itoa(int(kind))+":0"] = wear(t, s, owner, kind).ID
		}
		rows := outfit(t, s, owner)
		if got := wornItems(t, rows); !maps.Equal(got, want) {
			t.Errorf("worn are %v, want %v", got, want)
		}
		wantDressed(t, s, owner, rows)
	})
	t.Run("who is half dressed is dressed, and nothing is made twice", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		hair := wear(t, s, owner, 2)
		rows := outfit(t, s, owner)
		if got := wornItems(t, rows)["Wearable 2:0"]; got != hair.ID {
			t.Errorf("the hair is %s, want %s", got, hair.ID)
		}
		wantDressed(t, s, owner, rows)
		for _, l := range content(t, s, owner, folderForType(t, s, owner, grid.FolderCurrentOutfit).ID).Items {
			succeed(t, s.DeleteItems(t.Context(), owner, []uuid.UUID{l.ID}))
		}
		before := len(content(t, s, owner, folderForType(t, s, owner, grid.FolderClothing).ID).Items)
		wantDressed(t, s, owner, outfit(t, s, owner))
		after := len(content(t, s, owner, folderForType(t, s, owner, grid.FolderClothing).ID).Items)
		if before != after {
			t.Errorf("%d pieces of clothing, then %d", before, after)
		}
	})
}

// wear puts a wearable of a user's own into his inventory and a link to it into his outfit.
func wear(t *testing.T, s grid.Inventory, owner uuid.UUID, kind uint32) grid.Item {
	t.Helper()
	i := newItem(owner, folderForType(t, s, owner, grid.FolderBodyPart).ID, "My own")
	i.AssetType, i.InvType, i.Flags = grid.AssetBodyPart, wearableInventory, kind
	succeed(t, s.AddItem(t.Context(), i))
	l := newItem(owner, folderForType(t, s, owner, grid.FolderCurrentOutfit).ID, i.Name)
	l.AssetType, l.InvType, l.Asset = grid.AssetLink, wearableInventory, i.ID
	succeed(t, s.AddItem(t.Context(), l))
	return i
}

func outfit(t *testing.T, s grid.Wardrobe, owner uuid.UUID) grid.Avatar {
	t.Helper()
	rows, err := s.Outfit(t.Context(), owner)
	succeed(t, err)
	return rows
}

// wornItems are the item ids of an avatar's wearables by row.
func wornItems(t *testing.T, rows grid.Avatar) map[string]uuid.UUID {
	t.Helper()
	worn := map[string]uuid.UUID{}
	for name, value := range rows {
		if strings.HasPrefix(name, "Wearable ") {
			item, _, _ := strings.Cut(value, ":")
			worn[name] = uuid.MustParse(item)
		}
	}
	return worn
}

// wantDressed tests that rows name the four body parts, each exactly one, that everything they name is
// in the owner's inventory, and that Current Outfit has links to just that.
func wantDressed(t *testing.T, s Dresser, owner uuid.UUID, rows grid.Avatar) {
	t.Helper()
	for kind := range 4 {
		if rows["Wearable "+strconv.Itoa(kind)+":0"] == "" || rows["Wearable "+strconv.Itoa(kind)+":1"] != "" {
			t.Errorf("not one wearable of type %d", kind)
		}
	}
	linked := map[uuid.UUID]grid.Item{}
	for _, l := range content(t, s, owner, folderForType(t, s, owner, grid.FolderCurrentOutfit).ID).Items {
		if _, twice := linked[l.Asset]; twice || l.AssetType != grid.AssetLink || l.InvType != wearableInventory {
			t.Errorf("in the outfit is %+v", l)
		}
		linked[l.Asset] = l
	}
	for row, id := range wornItems(t, rows) {
		found := items(t, s, owner, id)
		if len(found) != 1 || rows[row] != id.String()+":"+found[0].Asset.String() {
			t.Errorf("%s names %s, the inventory has %v", row, rows[row], found)
			continue
		}
		link := linked[id]
		if clothing := found[0].AssetType == grid.AssetClothing; strings.HasPrefix(link.Description, "@") != clothing {
			t.Errorf("%s is linked with description %q", row, link.Description)
		}
		if link.Name != found[0].Name {
			t.Errorf("%s is linked as %q and called %q", row, link.Name, found[0].Name)
		}
		delete(linked, id)
	}
	if len(linked) != 0 {
		t.Errorf("linked but not worn are %v", linked)
	}
}
