package gridtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Inventory holds an inventory service to its contract. make gives each test an empty one.
func Inventory(t *testing.T, make func(t *testing.T) grid.Inventory) {
	inventoryTree(t, make)
	inventoryReads(t, make)
	inventoryFolders(t, make)
	inventoryRemovals(t, make)
	inventoryItems(t, make)
	t.Run("random changes do what they do to a model", func(t *testing.T) { modelInventory(t, make(t)) })
}

// systemFolders are the types that a user's default folders have, besides plain ones.
var systemFolders = []int16{0, 1, 2, 3, 5, 6, 7, 8, 10, 13, 14, 15, 16, 20, 21, 23, 46, 48, 56, 57}

// inventoryTree tests what CreateInventory makes and how Skeleton and FolderForType show it.
func inventoryTree(t *testing.T, make func(t *testing.T) grid.Inventory) {
	t.Run("a user without an inventory has an empty skeleton and no folders", func(t *testing.T) {
		s, owner := make(t), uuid.New()
		if got := skeleton(t, s, owner); len(got) != 0 {
			t.Errorf("skeleton is %v", got)
		}
		_, err := s.FolderForType(t.Context(), owner, grid.FolderRoot)
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("creating makes each default folder once", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		wantDefaultFolders(t, s, owner)
		root := folderForType(t, s, owner, grid.FolderRoot)
		if root.Parent != uuid.Nil || root.Name != "My Inventory" {
			t.Errorf("the root is %+v", root)
		}
		for _, f := range skeleton(t, s, owner) {
			if f.Owner != owner || f.Version != 1 {
				t.Errorf("%q has owner %s and version %d", f.Name, f.Owner, f.Version)
			}
		}
	})
	t.Run("creating again succeeds and changes nothing", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		before := skeleton(t, s, owner)
		succeed(t, s.CreateInventory(t.Context(), owner))
		if after := skeleton(t, s, owner); !slices.Equal(before, after) {
			t.Errorf("skeleton was %v, is %v", before, after)
		}
	})
	t.Run("many who create at the same time make each folder once", func(t *testing.T) {
		s, owner := make(t), uuid.New()
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if err := s.CreateInventory(t.Context(), owner); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		wantDefaultFolders(t, s, owner)
	})
	t.Run("users do not share folders", func(t *testing.T) {
		s := make(t)
		one, other := newInventory(t, s), newInventory(t, s)
		mine := map[uuid.UUID]bool{}
		for _, f := range skeleton(t, s, one) {
			mine[f.ID] = true
		}
		for _, f := range skeleton(t, s, other) {
			if mine[f.ID] || f.Owner != other {
				t.Errorf("%+v is in the other's skeleton", f)
			}
		}
	})
	t.Run("a type without a folder is not found", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		outfit := newFolder(owner, folderForType(t, s, owner, grid.FolderMyOutfits).ID, "Red")
		outfit.Type = grid.FolderOutfit
		succeed(t, s.AddFolder(t.Context(), outfit))
		for _, kind := range []int16{100, grid.FolderNone, grid.FolderOutfit} {
			_, err := s.FolderForType(t.Context(), owner, kind)
			refuse(t, err, grid.ErrNotFound)
		}
	})
	t.Run("the skeleton lists parents before children", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		root := folderForType(t, s, owner, grid.FolderRoot).ID
		first, last := newFolder(owner, root, "first"), newFolder(owner, root, "last")
		succeed(t, s.AddFolder(t.Context(), first))
		parent := first.ID
		for i := range 100 {
			f := newFolder(owner, parent, fmt.Sprint("depth ", i))
			succeed(t, s.AddFolder(t.Context(), f))
			parent = f.ID
		}
		succeed(t, s.AddFolder(t.Context(), last))
		first.Parent = last.ID
		succeed(t, s.UpdateFolder(t.Context(), first))
		got := skeleton(t, s, owner)
		if len(got) != len(systemFolders)+2+102 {
			t.Errorf("%d folders", len(got))
		}
		wantParentsFirst(t, got)
	})
}

// inventoryReads tests FolderContent, Items and ActiveGestures.
func inventoryReads(t *testing.T, make func(t *testing.T) grid.Inventory) {
	t.Run("a folder's content is what is directly in it, by name", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		top := newFolder(owner, folderForType(t, s, owner, grid.FolderRoot).ID, "top")
		succeed(t, s.AddFolder(t.Context(), top))
		var folders []grid.Folder
		var items []grid.Item
		for _, name := range []string{"cherry", "apple", "banana"} {
			f, i := newFolder(owner, top.ID, name), newItem(owner, top.ID, name)
			succeed(t, s.AddFolder(t.Context(), f))
			succeed(t, s.AddItem(t.Context(), i))
			succeed(t, s.AddItem(t.Context(), newItem(owner, f.ID, "deeper")))
			f.Version = 2
			folders, items = append(folders, f), append(items, i)
		}
		got := content(t, s, owner, top.ID)
		top.Version = 7
		if got.Folder != top {
			t.Errorf("the folder is %+v, want %+v", got.Folder, top)
		}
		slices.SortFunc(folders, func(a, b grid.Folder) int { return strings.Compare(a.Name, b.Name) })
		if !slices.Equal(got.Folders, folders) {
			t.Errorf("folders are %v, want %v", got.Folders, folders)
		}
		slices.SortFunc(items, func(a, b grid.Item) int { return strings.Compare(a.Name, b.Name) })
		wantItems(t, got.Items, items)
	})
	t.Run("a folder that is not the owner's is not found", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		_, err := s.FolderContent(t.Context(), owner, folderForType(t, s, other, grid.FolderTrash).ID)
		refuse(t, err, grid.ErrNotFound)
		_, err = s.FolderContent(t.Context(), owner, uuid.New())
		refuse(t, err, grid.ErrNotFound)
		_, err = s.FolderContent(t.Context(), owner, uuid.Nil)
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("items come back whole", func(t *testing.T) {
		s := make(t)
		owner := newInventory(t, s)
		i := newItem(owner, folderForType(t, s, owner, grid.FolderClothing).ID, "A <shirt> & more é日本")
		i.Description = "@400"
		i.CreatorData = "http://example.org:8002/;Ann Lee"
		i.Base, i.Current, i.Group, i.Everyone, i.Next = 0x7FFFFFFF, 0xFFFFFFFF, 1, 2, 3
		i.GroupID, i.GroupOwned = uuid.New(), true
		i.SalePrice, i.SaleType, i.Flags = 10, 2, 0x40000104
		i.Created = time.Date(2009, 5, 6, 7, 8, 9, 0, time.UTC)
		succeed(t, s.AddItem(t.Context(), i))
		wantItems(t, items(t, s, owner, i.ID), []grid.Item{i})
		link := newItem(owner, folderForType(t, s, owner, grid.FolderCurrentOutfit).ID, "A link")
		link.AssetType, link.InvType, link.Asset, link.CreatorData = grid.AssetLink, 18, i.ID, ""
		succeed(t, s.AddItem(t.Context(), link))
		wantItems(t, items(t, s, owner, link.ID), []grid.Item{link})
	})
	t.Run("items are in the order asked, without what is not the owner's", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		mine, theirs := folderForType(t, s, owner, grid.FolderTrash).ID, folderForType(t, s, other, grid.FolderTrash).ID
		a, b := newItem(owner, mine, "a"), newItem(owner, mine, "b")
		foreign := newItem(other, theirs, "c")
		for _, i := range []grid.Item{a, b, foreign} {
			succeed(t, s.AddItem(t.Context(), i))
		}
		ids := []uuid.UUID{b.ID}
		for range 1200 {
			ids = append(ids, uuid.New())
		}
		ids = append(ids, foreign.ID, a.ID, b.ID)
		wantItems(t, items(t, s, owner, ids...), []grid.Item{b, a, b})
		wantItems(t, items(t, s, owner), nil)
	})
	t.Run("active gestures are the gestures with flag 1", func(t *testing.T) {
		s := make(t)
		owner, other := newInventory(t, s), newInventory(t, s)
		gesture := func(owner uuid.UUID, name string, flags uint32) grid.Item {
			i := newItem(owner, folderForType(t, s, owner, 21).ID, name)
			i.AssetType, i.InvType, i.Flags = grid.AssetGesture, 20, flags
			succeed(t, s.AddItem(t.Context(), i))
			return i
		}
		clap := gesture(owner, "clap", 1)
		wave := gesture(owner, "wave", 0x101)
		gesture(owner, "sleep", 0)
		gesture(owner, "dance", 2)
		gesture(other, "jump", 1)
		hat := newItem(owner, folderForType(t, s, owner, grid.FolderClothing).ID, "hat")
		hat.AssetType, hat.Flags = grid.AssetClothing, 1
		succeed(t, s.AddItem(t.Context(), hat))
		got, err := s.ActiveGestures(t.Context(), owner)
		succeed(t, err)
		slices.SortFunc(got, func(a, b grid.Item) int { return strings.Compare(a.Name, b.Name) })
		wantItems(t, got, []grid.Item{clap, wave})
	})
	t.Run("a cancelled call fails and changes nothing", func(t *testing.T) { cancelledInventory(t, make(t)) })
}

func cancelledInventory(t *testing.T, s grid.Inventory) {
	owner := newInventory(t, s)
	top := folderForType(t, s, owner, grid.FolderTrash).ID
	f, i := newFolder(owner, top, "folder"), newItem(owner, top, "item")
	succeed(t, s.AddFolder(t.Context(), f))
	succeed(t, s.AddItem(t.Context(), i))
	before := skeleton(t, s, owner)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	one := []uuid.UUID{i.ID}
	_, err := s.Skeleton(ctx, owner)
	refuse(t, err, context.Canceled)
	_, err = s.FolderForType(ctx, owner, grid.FolderRoot)
	refuse(t, err, context.Canceled)
	_, err = s.FolderContent(ctx, owner, top)
	refuse(t, err, context.Canceled)
	_, err = s.Items(ctx, owner, one)
	refuse(t, err, context.Canceled)
	_, err = s.ActiveGestures(ctx, owner)
	refuse(t, err, context.Canceled)
	refuse(t, s.CreateInventory(ctx, uuid.New()), context.Canceled)
	refuse(t, s.AddFolder(ctx, newFolder(owner, top, "more")), context.Canceled)
	refuse(t, s.UpdateFolder(ctx, newFolder(owner, top, "changed")), context.Canceled)
	refuse(t, s.DeleteFolders(ctx, owner, []uuid.UUID{f.ID}), context.Canceled)
	refuse(t, s.PurgeFolder(ctx, owner, top), context.Canceled)
	refuse(t, s.AddItem(ctx, newItem(owner, top, "more")), context.Canceled)
	refuse(t, s.UpdateItem(ctx, i), context.Canceled)
	refuse(t, s.MoveItems(ctx, owner, one, []uuid.UUID{f.ID}), context.Canceled)
	refuse(t, s.DeleteItems(ctx, owner, one), context.Canceled)
	if after := skeleton(t, s, owner); !slices.Equal(before, after) {
		t.Errorf("skeleton was %v, is %v", before, after)
	}
	wantItems(t, items(t, s, owner, i.ID), []grid.Item{i})
}

func newInventory(t tester, s grid.Inventory) uuid.UUID {
	t.Helper()
	owner := uuid.New()
	succeed(t, s.CreateInventory(t.Context(), owner))
	return owner
}

// newFolder is a plain folder as it is once it has been added.
func newFolder(owner, parent uuid.UUID, name string) grid.Folder {
	return grid.Folder{ID: uuid.New(), Owner: owner, Parent: parent, Name: name, Type: grid.FolderNone, Version: 1}
}

func newItem(owner, folder uuid.UUID, name string) grid.Item {
	return grid.Item{
		ID: uuid.New(), Folder: folder, Owner: owner, Creator: uuid.New(), Asset: uuid.New(),
		AssetType: grid.AssetNotecard, InvType: 7, Name: name, Description: "made by a test",
		Base: grid.PermAll, Current: grid.PermAll, Next: grid.PermAll,
		Created: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC),
	}
}

func skeleton(t tester, s grid.Inventory, owner uuid.UUID) []grid.Folder {
	t.Helper()
	folders, err := s.Skeleton(t.Context(), owner)
	succeed(t, err)
	return folders
}

func folderForType(t tester, s grid.Inventory, owner uuid.UUID, kind int16) grid.Folder {
	t.Helper()
	f, err := s.FolderForType(t.Context(), owner, kind)
	succeed(t, err)
	return f
}

func content(t tester, s grid.Inventory, owner, folder uuid.UUID) grid.Content {
	t.Helper()
	c, err := s.FolderContent(t.Context(), owner, folder)
	succeed(t, err)
	return c
}

func items(t tester, s grid.Inventory, owner uuid.UUID, ids ...uuid.UUID) []grid.Item {
	t.Helper()
	list, err := s.Items(t.Context(), owner, ids)
	succeed(t, err)
	return list
}

func wantItems(t tester, got, want []grid.Item) {
	t.Helper()
	same := func(a, b grid.Item) bool {
		at, bt := a.Created, b.Created
		a.Created, b.Created = time.Time{}, time.Time{}
		return a == b && at.Equal(bt)
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("items are %+v, want %+v", got, want)
	}
}

// wantVersion tests how far a folder's version has come.
func wantVersion(t tester, s grid.Inventory, owner, folder uuid.UUID, want int) {
	t.Helper()
	if f := content(t, s, owner, folder).Folder; f.Version != want {
		t.Errorf("%q has version %d, want %d", f.Name, f.Version, want)
	}
}

func wantDefaultFolders(t *testing.T, s grid.Inventory, owner uuid.UUID) {
	t.Helper()
	all := skeleton(t, s, owner)
	wantParentsFirst(t, all)
	count := map[int16]int{}
	for _, f := range all {
		count[f.Type]++
	}
	for _, kind := range systemFolders {
		if count[kind] != 1 {
			t.Errorf("%d folders of type %d", count[kind], kind)
		}
		if f := folderForType(t, s, owner, kind); f.Type != kind || f.Owner != owner || !slices.Contains(all, f) {
			t.Errorf("the folder of type %d is %+v", kind, f)
		}
	}
}

// wantParentsFirst tests that a skeleton begins with its only root and has each parent before its children.
func wantParentsFirst(t tester, all []grid.Folder) {
	t.Helper()
	seen := map[uuid.UUID]bool{}
	for n, f := range all {
		if root := n == 0; root != (f.Parent == uuid.Nil) || !root && !seen[f.Parent] {
			t.Errorf("%q is at place %d, before its parent", f.Name, n)
		}
		seen[f.ID] = true
	}
}
