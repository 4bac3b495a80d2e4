package gridtest

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"terrane/grid"

	"github.com/google/uuid"
)

// inventoryItems tests what changes items.
func inventoryItems(t *testing.T, make func(t *testing.T) grid.Inventory) {
	t.Run("an added item raises its folder's version by one", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		folder := folderForType(t, s, owner, grid.FolderClothing)
		i := newItem(owner, folder.ID, "shirt")
		succeed(t, s.AddItem(t.Context(), i))
		wantItems(t, content(t, s, owner, folder.ID).Items, []grid.Item{i})
		wantVersion(t, s, owner, folder.ID, folder.Version+1)
	})
	t.Run("an item id that is taken is a conflict, whoever has it", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		folder := folderForType(t, s, owner, grid.FolderClothing)
		i := newItem(owner, folder.ID, "shirt")
		succeed(t, s.AddItem(t.Context(), i))
		again := i
		again.Name = "pants"
		refuse(t, s.AddItem(t.Context(), again), grid.ErrConflict)
		again.Owner, again.Folder = other, folderForType(t, s, other, grid.FolderClothing).ID
		refuse(t, s.AddItem(t.Context(), again), grid.ErrConflict)
		wantItems(t, items(t, s, owner, i.ID), []grid.Item{i})
		wantVersion(t, s, owner, folder.ID, folder.Version+1)
	})
	t.Run("an item is not added to a folder that is not the owner's", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		theirs := folderForType(t, s, other, grid.FolderClothing)
		for _, folder := range []uuid.UUID{theirs.ID, uuid.New(), uuid.Nil} {
			refuse(t, s.AddItem(t.Context(), newItem(owner, folder, "shirt")), grid.ErrNotFound)
		}
		wantVersion(t, s, other, theirs.ID, theirs.Version)
	})
	t.Run("names and descriptions are cut between characters", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		long := strings.Repeat("日本", 40)
		i := newItem(owner, folderForType(t, s, owner, grid.FolderClothing).ID, long)
		i.Description = long
		succeed(t, s.AddItem(t.Context(), i))
		succeed(t, s.UpdateItem(t.Context(), i))
		got := items(t, s, owner, i.ID)[0]
		for text, most := range map[string]int{got.Name: 63, got.Description: 127} {
			if len(text) < most-3 || len(text) > most || !utf8.ValidString(text) || !strings.HasPrefix(long, text) {
				t.Errorf("it is %q", text)
			}
		}
	})
	t.Run("updating replaces an item", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		folder := folderForType(t, s, owner, grid.FolderClothing)
		i := newItem(owner, folder.ID, "shirt")
		succeed(t, s.AddItem(t.Context(), i))
		next := newItem(owner, folder.ID, "red shirt")
		next.ID, next.Flags, next.SalePrice, next.GroupOwned = i.ID, 4, 25, true
		next.AssetType, next.InvType = grid.AssetClothing, 18
		succeed(t, s.UpdateItem(t.Context(), next))
		wantItems(t, items(t, s, owner, i.ID), []grid.Item{next})
		wantVersion(t, s, owner, folder.ID, folder.Version+2)
	})
	t.Run("updating may move an item and raises both versions", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		from, to := folderForType(t, s, owner, grid.FolderClothing), folderForType(t, s, owner, grid.FolderTrash)
		i := newItem(owner, from.ID, "shirt")
		succeed(t, s.AddItem(t.Context(), i))
		i.Folder = to.ID
		succeed(t, s.UpdateItem(t.Context(), i))
		wantItems(t, content(t, s, owner, to.ID).Items, []grid.Item{i})
		wantItems(t, content(t, s, owner, from.ID).Items, nil)
		wantVersion(t, s, owner, from.ID, from.Version+2)
		wantVersion(t, s, owner, to.ID, to.Version+1)
	})
	t.Run("an item or folder that is not the owner's is not updated", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		mine, theirs := folderForType(t, s, owner, grid.FolderTrash), folderForType(t, s, other, grid.FolderTrash)
		i, foreign := newItem(owner, mine.ID, "mine"), newItem(other, theirs.ID, "theirs")
		succeed(t, s.AddItem(t.Context(), i))
		succeed(t, s.AddItem(t.Context(), foreign))
		stolen := foreign
		stolen.Owner, stolen.Folder = owner, mine.ID
		refuse(t, s.UpdateItem(t.Context(), stolen), grid.ErrNotFound)
		refuse(t, s.UpdateItem(t.Context(), newItem(owner, mine.ID, "nowhere")), grid.ErrNotFound)
		for _, folder := range []uuid.UUID{theirs.ID, uuid.New(), uuid.Nil} {
			lost := i
			lost.Folder = folder
			refuse(t, s.UpdateItem(t.Context(), lost), grid.ErrNotFound)
		}
		wantItems(t, items(t, s, owner, i.ID), []grid.Item{i})
		wantItems(t, items(t, s, other, foreign.ID), []grid.Item{foreign})
		wantVersion(t, s, owner, mine.ID, mine.Version+1)
	})
	t.Run("items move each to its folder and raise each version by one", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		from := folderForType(t, s, owner, grid.FolderTrash)
		clothing, body := folderForType(t, s, owner, grid.FolderClothing), folderForType(t, s, owner, grid.FolderBodyPart)
		shirt, pants, skin := newItem(owner, from.ID, "shirt"), newItem(owner, from.ID, "pants"), newItem(owner, from.ID, "skin")
		for _, i := range []grid.Item{shirt, pants, skin} {
			succeed(t, s.AddItem(t.Context(), i))
		}
		succeed(t, s.MoveItems(t.Context(), owner,
			[]uuid.UUID{shirt.ID, skin.ID, pants.ID}, []uuid.UUID{clothing.ID, body.ID, clothing.ID}))
		shirt.Folder, pants.Folder, skin.Folder = clothing.ID, clothing.ID, body.ID
		wantItems(t, items(t, s, owner, shirt.ID, pants.ID, skin.ID), []grid.Item{shirt, pants, skin})
		wantItems(t, content(t, s, owner, from.ID).Items, nil)
		wantVersion(t, s, owner, from.ID, from.Version+4)
		wantVersion(t, s, owner, clothing.ID, clothing.Version+1)
		wantVersion(t, s, owner, body.ID, body.Version+1)
	})
	t.Run("of items that cannot all move none does", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		from, to := folderForType(t, s, owner, grid.FolderTrash), folderForType(t, s, owner, grid.FolderClothing)
		theirs := folderForType(t, s, other, grid.FolderTrash)
		i, j := newItem(owner, from.ID, "i"), newItem(owner, from.ID, "j")
		foreign := newItem(other, theirs.ID, "theirs")
		for _, i := range []grid.Item{i, j, foreign} {
			succeed(t, s.AddItem(t.Context(), i))
		}
		for _, id := range []uuid.UUID{foreign.ID, uuid.New()} {
			refuse(t, s.MoveItems(t.Context(), owner, []uuid.UUID{i.ID, id}, []uuid.UUID{to.ID, to.ID}), grid.ErrNotFound)
		}
		for _, folder := range []uuid.UUID{theirs.ID, uuid.New(), uuid.Nil} {
			refuse(t, s.MoveItems(t.Context(), owner, []uuid.UUID{i.ID, j.ID}, []uuid.UUID{to.ID, folder}), grid.ErrNotFound)
		}
		wantItems(t, items(t, s, owner, i.ID, j.ID), []grid.Item{i, j})
		wantItems(t, items(t, s, other, foreign.ID), []grid.Item{foreign})
		wantVersion(t, s, owner, to.ID, to.Version)
		wantVersion(t, s, owner, from.ID, from.Version+2)
	})
	t.Run("deleting items passes over those that are not there", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		mine, theirs := folderForType(t, s, owner, grid.FolderTrash), folderForType(t, s, other, grid.FolderTrash)
		i, j, kept := newItem(owner, mine.ID, "i"), newItem(owner, mine.ID, "j"), newItem(owner, mine.ID, "kept")
		foreign := newItem(other, theirs.ID, "theirs")
		for _, i := range []grid.Item{i, j, kept, foreign} {
			succeed(t, s.AddItem(t.Context(), i))
		}
		gone := []uuid.UUID{i.ID, uuid.New(), foreign.ID, j.ID}
		succeed(t, s.DeleteItems(t.Context(), owner, gone))
		wantItems(t, content(t, s, owner, mine.ID).Items, []grid.Item{kept})
		wantVersion(t, s, owner, mine.ID, mine.Version+4)
		succeed(t, s.DeleteItems(t.Context(), owner, gone))
		wantVersion(t, s, owner, mine.ID, mine.Version+4)
		wantItems(t, items(t, s, other, foreign.ID), []grid.Item{foreign})
		wantVersion(t, s, other, theirs.ID, theirs.Version+1)
	})
	t.Run("many items move and go in one call", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		from, to := folderForType(t, s, owner, grid.FolderClothing).ID, folderForType(t, s, owner, grid.FolderTrash).ID
		var ids []uuid.UUID
		for range 1100 {
			i := newItem(owner, from, "sock")
			succeed(t, s.AddItem(t.Context(), i))
			ids = append(ids, i.ID)
		}
		succeed(t, s.MoveItems(t.Context(), owner, ids, slices.Repeat([]uuid.UUID{to}, len(ids))))
		if n := len(content(t, s, owner, to).Items); n != len(ids) {
			t.Errorf("%d moved, want %d", n, len(ids))
		}
		succeed(t, s.DeleteItems(t.Context(), owner, ids))
		if n := len(content(t, s, owner, to).Items); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}
