package gridtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"terrane/grid"

	"github.com/google/uuid"
)

// inventoryFolders tests AddFolder and UpdateFolder.
func inventoryFolders(t *testing.T, make func(t *testing.T) grid.Inventory) {
	t.Run("an added folder is below its parent and raises its version by one", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		root := folderForType(t, s, owner, grid.FolderRoot)
		f := newFolder(owner, root.ID, "Things")
		succeed(t, s.AddFolder(t.Context(), f))
		if !slices.Contains(content(t, s, owner, root.ID).Folders, f) {
			t.Error("it is not there")
		}
		wantVersion(t, s, owner, root.ID, root.Version+1)
		wantVersion(t, s, owner, f.ID, 1)
	})
	t.Run("a folder id that is taken is a conflict, whoever has it", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		root := folderForType(t, s, owner, grid.FolderRoot)
		f := newFolder(owner, root.ID, "Things")
		succeed(t, s.AddFolder(t.Context(), f))
		again := f
		again.Name = "Other things"
		refuse(t, s.AddFolder(t.Context(), again), grid.ErrConflict)
		again.Owner, again.Parent = other, folderForType(t, s, other, grid.FolderRoot).ID
		refuse(t, s.AddFolder(t.Context(), again), grid.ErrConflict)
		if got := content(t, s, owner, f.ID).Folder; got != f {
			t.Errorf("it became %+v", got)
		}
		wantVersion(t, s, owner, root.ID, root.Version+1)
	})
	t.Run("a system type that is there is a conflict", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		root := folderForType(t, s, owner, grid.FolderRoot).ID
		for _, kind := range systemFolders {
			f := newFolder(owner, root, "Second")
			f.Type = kind
			refuse(t, s.AddFolder(t.Context(), f), grid.ErrConflict)
		}
		suitcase := newFolder(owner, root, "My Suitcase")
		suitcase.Type = 100
		succeed(t, s.AddFolder(t.Context(), suitcase))
		suitcase.ID = uuid.New()
		refuse(t, s.AddFolder(t.Context(), suitcase), grid.ErrConflict)
	})
	t.Run("of many who add a system type at the same time one succeeds", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		root := folderForType(t, s, owner, grid.FolderRoot).ID
		var mu sync.Mutex
		added := 0
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				f := newFolder(owner, root, "My Suitcase")
				f.Type = 100
				if s.AddFolder(t.Context(), f) == nil {
					mu.Lock()
					added++
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		if added != 1 {
			t.Errorf("%d were added", added)
		}
	})
	t.Run("outfits and plain folders may be many", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		for _, kind := range []int16{grid.FolderNone, grid.FolderOutfit} {
			for range 3 {
				f := newFolder(owner, folderForType(t, s, owner, grid.FolderMyOutfits).ID, "Same name")
				f.Type = kind
				succeed(t, s.AddFolder(t.Context(), f))
			}
		}
	})
	t.Run("a parent that is not the owner's is not found", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		theirs := folderForType(t, s, other, grid.FolderRoot)
		for _, parent := range []uuid.UUID{theirs.ID, uuid.New(), uuid.Nil} {
			refuse(t, s.AddFolder(t.Context(), newFolder(owner, parent, "Lost")), grid.ErrNotFound)
		}
		wantVersion(t, s, other, theirs.ID, theirs.Version)
	})
	t.Run("a folder's name is cut between characters", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		f := newFolder(owner, folderForType(t, s, owner, grid.FolderRoot).ID, strings.Repeat("日本", 40))
		succeed(t, s.AddFolder(t.Context(), f))
		got := content(t, s, owner, f.ID).Folder.Name
		if len(got) < 60 || len(got) > 63 || !utf8.ValidString(got) || !strings.HasPrefix(f.Name, got) {
			t.Errorf("it is %q", got)
		}
	})
	t.Run("renaming raises the version of the parent alone", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		root := folderForType(t, s, owner, grid.FolderRoot)
		f := newFolder(owner, root.ID, "Things")
		succeed(t, s.AddFolder(t.Context(), f))
		f.Name, f.Type = "Outfit of the day", grid.FolderOutfit
		succeed(t, s.UpdateFolder(t.Context(), f))
		if got := content(t, s, owner, f.ID).Folder; got != f {
			t.Errorf("it is %+v, want %+v", got, f)
		}
		wantVersion(t, s, owner, root.ID, root.Version+2)
	})
	t.Run("moving a folder raises the version of both parents", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		root, trash := folderForType(t, s, owner, grid.FolderRoot), folderForType(t, s, owner, grid.FolderTrash)
		f := newFolder(owner, root.ID, "Things")
		succeed(t, s.AddFolder(t.Context(), f))
		f.Parent = trash.ID
		succeed(t, s.UpdateFolder(t.Context(), f))
		if got := content(t, s, owner, trash.ID).Folders; !slices.Equal(got, []grid.Folder{f}) {
			t.Errorf("in it are %v", got)
		}
		wantVersion(t, s, owner, root.ID, root.Version+2)
		wantVersion(t, s, owner, trash.ID, trash.Version+1)
		wantVersion(t, s, owner, f.ID, 1)
	})
	t.Run("system folders are not changed", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		before := skeleton(t, s, owner)
		trash := folderForType(t, s, owner, grid.FolderTrash)
		for _, kind := range systemFolders {
			f := folderForType(t, s, owner, kind)
			f.Name = "Mine now"
			refuse(t, s.UpdateFolder(t.Context(), f), grid.ErrDenied)
			f.Name, f.Parent = "Mine now", trash.ID
			refuse(t, s.UpdateFolder(t.Context(), f), grid.ErrDenied)
		}
		if after := skeleton(t, s, owner); !slices.Equal(before, after) {
			t.Errorf("skeleton was %v, is %v", before, after)
		}
	})
	t.Run("no folder becomes a system folder", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		f := newFolder(owner, folderForType(t, s, owner, grid.FolderRoot).ID, "Things")
		succeed(t, s.AddFolder(t.Context(), f))
		for _, kind := range []int16{grid.FolderTrash, 100, grid.FolderTexture} {
			changed := f
			changed.Type = kind
			refuse(t, s.UpdateFolder(t.Context(), changed), grid.ErrDenied)
		}
		if got := content(t, s, owner, f.ID).Folder; got != f {
			t.Errorf("it became %+v", got)
		}
	})
	t.Run("no folder moves below itself", func(t *testing.T) { cyclicMoves(t, make(t)) })
	t.Run("moves that would only together make a circle do not", func(t *testing.T) { racingMoves(t, make(t)) })
	t.Run("a folder or parent that is not the owner's is not found", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		mine, theirs := folderForType(t, s, owner, grid.FolderRoot), folderForType(t, s, other, grid.FolderRoot)
		f, foreign := newFolder(owner, mine.ID, "Mine"), newFolder(other, theirs.ID, "Theirs")
		succeed(t, s.AddFolder(t.Context(), f))
		succeed(t, s.AddFolder(t.Context(), foreign))
		stolen := foreign
		stolen.Owner, stolen.Parent = owner, mine.ID
		refuse(t, s.UpdateFolder(t.Context(), stolen), grid.ErrNotFound)
		refuse(t, s.UpdateFolder(t.Context(), newFolder(owner, mine.ID, "Nowhere")), grid.ErrNotFound)
		for _, parent := range []uuid.UUID{theirs.ID, uuid.New(), uuid.Nil} {
			lost := f
			lost.Parent = parent
			refuse(t, s.UpdateFolder(t.Context(), lost), grid.ErrNotFound)
		}
		if got := content(t, s, owner, f.ID).Folder; got != f {
			t.Errorf("it became %+v", got)
		}
		if got := content(t, s, other, foreign.ID).Folder; got != foreign {
			t.Errorf("the other's became %+v", got)
		}
	})
}

// cyclicMoves tries to move the top of a chain of folders below each of its links.
func cyclicMoves(t *testing.T, s grid.Inventory) {
	owner := newInventory(t, s)
	top := newFolder(owner, folderForType(t, s, owner, grid.FolderRoot).ID, "top")
	succeed(t, s.AddFolder(t.Context(), top))
	chain := []grid.Folder{top}
	for i := range 50 {
		f := newFolder(owner, chain[i].ID, fmt.Sprint("depth ", i))
		succeed(t, s.AddFolder(t.Context(), f))
		chain = append(chain, f)
	}
	before := skeleton(t, s, owner)
	for _, link := range chain {
		top.Parent = link.ID
		refuse(t, s.UpdateFolder(t.Context(), top), grid.ErrDenied)
	}
	if after := skeleton(t, s, owner); !slices.Equal(before, after) {
		t.Error("something moved")
	}
}

// racingMoves moves two folders below each other at the same time: one of them may succeed.
func racingMoves(t *testing.T, s grid.Inventory) {
	owner := newInventory(t, s)
	root := folderForType(t, s, owner, grid.FolderRoot).ID
	for range 10 {
		a, b := newFolder(owner, root, "a"), newFolder(owner, root, "b")
		succeed(t, s.AddFolder(t.Context(), a))
		succeed(t, s.AddFolder(t.Context(), b))
		var into, onto error
		var wait sync.WaitGroup
		wait.Go(func() {
			moved := a
			moved.Parent = b.ID
			into = s.UpdateFolder(t.Context(), moved)
		})
		wait.Go(func() {
			moved := b
			moved.Parent = a.ID
			onto = s.UpdateFolder(t.Context(), moved)
		})
		wait.Wait()
		if (into == nil) == (onto == nil) {
			t.Errorf("a below b: %v; b below a: %v", into, onto)
		}
	}
	wantParentsFirst(t, skeleton(t, s, owner))
}

// inventoryRemovals tests DeleteFolders and PurgeFolder.
func inventoryRemovals(t *testing.T, make func(t *testing.T) grid.Inventory) {
	t.Run("a deleted folder goes with all that is in it", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		root := folderForType(t, s, owner, grid.FolderRoot)
		top, kept := newFolder(owner, root.ID, "top"), newFolder(owner, root.ID, "kept")
		succeed(t, s.AddFolder(t.Context(), top))
		succeed(t, s.AddFolder(t.Context(), kept))
		gone := fill(t, s, owner, top.ID)
		there := newItem(owner, kept.ID, "kept")
		succeed(t, s.AddItem(t.Context(), there))
		succeed(t, s.DeleteFolders(t.Context(), owner, []uuid.UUID{top.ID}))
		wantItems(t, items(t, s, owner, gone...), nil)
		wantItems(t, items(t, s, owner, there.ID), []grid.Item{there})
		if n := len(skeleton(t, s, owner)); n != len(systemFolders)+2+1 {
			t.Errorf("%d folders", n)
		}
		wantVersion(t, s, owner, root.ID, root.Version+3)
	})
	t.Run("folders may be deleted together with their parents", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		trash := folderForType(t, s, owner, grid.FolderTrash)
		top, other := newFolder(owner, trash.ID, "top"), newFolder(owner, trash.ID, "other")
		below := newFolder(owner, top.ID, "below")
		for _, f := range []grid.Folder{top, other, below} {
			succeed(t, s.AddFolder(t.Context(), f))
		}
		succeed(t, s.DeleteFolders(t.Context(), owner, []uuid.UUID{below.ID, top.ID, other.ID, top.ID}))
		if got := content(t, s, owner, trash.ID).Folders; len(got) != 0 {
			t.Errorf("left are %v", got)
		}
		wantVersion(t, s, owner, trash.ID, trash.Version+3)
	})
	t.Run("system folders are not deleted, alone or with others", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		top := newFolder(owner, folderForType(t, s, owner, grid.FolderRoot).ID, "top")
		suitcase := newFolder(owner, top.ID, "My Suitcase")
		suitcase.Type = 100
		plain := newFolder(owner, top.ID, "plain")
		for _, f := range []grid.Folder{top, suitcase, plain} {
			succeed(t, s.AddFolder(t.Context(), f))
		}
		before := skeleton(t, s, owner)
		for _, f := range before {
			if f.Type != grid.FolderNone || f.ID == top.ID {
				refuse(t, s.DeleteFolders(t.Context(), owner, []uuid.UUID{plain.ID, f.ID}), grid.ErrDenied)
			}
		}
		refuse(t, s.PurgeFolder(t.Context(), owner, top.ID), grid.ErrDenied)
		refuse(t, s.PurgeFolder(t.Context(), owner, top.Parent), grid.ErrDenied)
		if after := skeleton(t, s, owner); !slices.Equal(before, after) {
			t.Errorf("skeleton was %v, is %v", before, after)
		}
	})
	t.Run("a folder that is not the owner's is not deleted or purged", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		mine := newFolder(owner, folderForType(t, s, owner, grid.FolderTrash).ID, "mine")
		theirs := newFolder(other, folderForType(t, s, other, grid.FolderTrash).ID, "theirs")
		succeed(t, s.AddFolder(t.Context(), mine))
		succeed(t, s.AddFolder(t.Context(), theirs))
		there := fill(t, s, other, theirs.ID)
		for _, id := range []uuid.UUID{theirs.ID, uuid.New()} {
			refuse(t, s.DeleteFolders(t.Context(), owner, []uuid.UUID{mine.ID, id}), grid.ErrNotFound)
			refuse(t, s.PurgeFolder(t.Context(), owner, id), grid.ErrNotFound)
		}
		content(t, s, owner, mine.ID)
		if got := items(t, s, other, there...); len(got) != len(there) {
			t.Errorf("the other has %d items, want %d", len(got), len(there))
		}
	})
	t.Run("purging empties a folder and keeps it", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		trash := folderForType(t, s, owner, grid.FolderTrash)
		gone := fill(t, s, owner, trash.ID)
		before := folderForType(t, s, owner, grid.FolderTrash)
		succeed(t, s.PurgeFolder(t.Context(), owner, trash.ID))
		got := content(t, s, owner, trash.ID)
		if len(got.Folders)+len(got.Items) != 0 {
			t.Errorf("left are %v and %v", got.Folders, got.Items)
		}
		wantItems(t, items(t, s, owner, gone...), nil)
		wantVersion(t, s, owner, trash.ID, before.Version+1)
		succeed(t, s.PurgeFolder(t.Context(), owner, trash.ID))
	})
}

// fill puts a chain of 30 folders below one, each with an item in it, and answers with the items' ids.
func fill(t *testing.T, s grid.Inventory, owner, folder uuid.UUID) []uuid.UUID {
	t.Helper()
	var ids []uuid.UUID
	for i := range 30 {
		item, f := newItem(owner, folder, fmt.Sprint("item ", i)), newFolder(owner, folder, fmt.Sprint("depth ", i))
		succeed(t, s.AddItem(t.Context(), item))
		succeed(t, s.AddFolder(t.Context(), f))
		ids, folder = append(ids, item.ID), f.ID
	}
	return ids
}
