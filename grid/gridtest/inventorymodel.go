package gridtest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"terrane/grid"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// tester is what the helpers here need of a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// modelInventory makes random changes to the inventories of two users, and the same to a model of them
// in memory. They must agree about every answer, and in the end about every version and place. As a model's
// folders form a tree and its items lie in them, so do the service's.
func modelInventory(t *testing.T, s grid.Inventory) {
	rapid.Check(t, func(t *rapid.T) {
		m := newInventoryModel(t, s)
		t.Repeat(map[string]func(*rapid.T){
			"add folder":     m.addFolder,
			"update folder":  m.updateFolder,
			"delete folders": m.deleteFolders,
			"purge folder":   m.purgeFolder,
			"add item":       m.addItem,
			"update item":    m.updateItem,
			"move items":     m.moveItems,
			"delete items":   m.deleteItems,
		})
		m.compare(t)
		m.compareContents(t)
	})
}

// inventoryModel is what two users' inventories should be.
type inventoryModel struct {
	s       grid.Inventory
	owners  []uuid.UUID
	folders map[uuid.UUID]grid.Folder
	items   map[uuid.UUID]grid.Item
	// folderIDs and itemIDs are all ids that ever were and one that never was: what a caller may ask for.
	folderIDs []uuid.UUID
	itemIDs   []uuid.UUID
}

func newInventoryModel(t *rapid.T, s grid.Inventory) *inventoryModel {
	m := &inventoryModel{
		s:         s,
		folders:   map[uuid.UUID]grid.Folder{},
		items:     map[uuid.UUID]grid.Item{},
		folderIDs: []uuid.UUID{uuid.New()},
		itemIDs:   []uuid.UUID{uuid.New()},
	}
	for range 2 {
		owner := newInventory(t, s)
		m.owners = append(m.owners, owner)
		for _, f := range skeleton(t, s, owner) {
			m.folders[f.ID] = f
			if f.Type == grid.FolderRoot || f.Type == grid.FolderTrash {
				m.folderIDs = append(m.folderIDs, f.ID)
			}
		}
	}
	return m
}

func (m *inventoryModel) addFolder(t *rapid.T) {
	f := grid.Folder{ID: uuid.New(), Owner: m.owner(t), Parent: m.folder(t, "parent"), Name: name(t), Version: 1}
	f.Type = rapid.SampledFrom([]int16{grid.FolderNone, grid.FolderNone, grid.FolderOutfit, 100}).Draw(t, "type")
	if rapid.IntRange(0, 9).Draw(t, "reuse an id") == 0 {
		f.ID = m.folder(t, "id")
	}
	var no []error
	if !m.owns(f.Owner, f.Parent) {
		no = append(no, grid.ErrNotFound)
	}
	if _, taken := m.folders[f.ID]; taken {
		no = append(no, grid.ErrConflict)
	}
	for _, other := range m.folders {
		if f.Type == 100 && other.Type == 100 && other.Owner == f.Owner {
			no = append(no, grid.ErrConflict)
		}
	}
	if m.allowed(t, m.s.AddFolder(t.Context(), f), no) {
		m.folders[f.ID] = f
		m.folderIDs = append(m.folderIDs, f.ID)
		m.raise(f.Parent)
	}
}

func (m *inventoryModel) updateFolder(t *rapid.T) {
	f := grid.Folder{ID: m.folder(t, "id"), Owner: m.owner(t), Parent: m.folder(t, "parent"), Name: name(t)}
	f.Type = rapid.SampledFrom([]int16{grid.FolderNone, grid.FolderOutfit, 100}).Draw(t, "type")
	old := m.folders[f.ID]
	var no []error
	if !m.owns(f.Owner, f.ID) || !m.owns(f.Owner, f.Parent) {
		no = append(no, grid.ErrNotFound)
	}
	if system(f.Type) || system(old.Type) || slices.Contains(m.below(f.ID), f.Parent) {
		no = append(no, grid.ErrDenied)
	}
	if m.allowed(t, m.s.UpdateFolder(t.Context(), f), no) {
		f.Version = old.Version
		m.folders[f.ID] = f
		m.raise(old.Parent, f.Parent)
	}
}

func (m *inventoryModel) deleteFolders(t *rapid.T) {
	owner := m.owner(t)
	ids := rapid.SliceOfN(rapid.SampledFrom(m.folderIDs), 1, 3).Draw(t, "ids")
	var no []error
	var gone []uuid.UUID
	for _, id := range ids {
		if !m.owns(owner, id) {
			no = append(no, grid.ErrNotFound)
		}
		gone = append(gone, m.below(id)...)
	}
	if slices.ContainsFunc(gone, m.system) {
		no = append(no, grid.ErrDenied)
	}
	if m.allowed(t, m.s.DeleteFolders(t.Context(), owner, ids), no) {
		var parents []uuid.UUID
		for _, id := range ids {
			parents = append(parents, m.folders[id].Parent)
		}
		m.raise(parents...)
		m.remove(gone)
	}
}

func (m *inventoryModel) purgeFolder(t *rapid.T) {
	owner, id := m.owner(t), m.folder(t, "id")
	gone := slices.DeleteFunc(m.below(id), func(f uuid.UUID) bool { return f == id })
	var no []error
	if !m.owns(owner, id) {
		no = append(no, grid.ErrNotFound)
	}
	if slices.ContainsFunc(gone, m.system) {
		no = append(no, grid.ErrDenied)
	}
	if m.allowed(t, m.s.PurgeFolder(t.Context(), owner, id), no) {
		before := len(m.items)
		maps.DeleteFunc(m.items, func(_ uuid.UUID, i grid.Item) bool { return i.Folder == id })
		if len(gone) > 0 || len(m.items) < before {
			m.raise(id)
		}
		m.remove(gone)
	}
}

func (m *inventoryModel) addItem(t *rapid.T) {
	i := newItem(m.owner(t), m.folder(t, "folder"), name(t))
	if rapid.IntRange(0, 9).Draw(t, "reuse an id") == 0 {
		i.ID = m.item(t)
	}
	var no []error
	if !m.owns(i.Owner, i.Folder) {
		no = append(no, grid.ErrNotFound)
	}
	if _, taken := m.items[i.ID]; taken {
		no = append(no, grid.ErrConflict)
	}
	if m.allowed(t, m.s.AddItem(t.Context(), i), no) {
		m.items[i.ID] = i
		m.itemIDs = append(m.itemIDs, i.ID)
		m.raise(i.Folder)
	}
}

func (m *inventoryModel) updateItem(t *rapid.T) {
	i := newItem(m.owner(t), m.folder(t, "folder"), name(t))
	i.ID = m.item(t)
	old, exists := m.items[i.ID]
	var no []error
	if !exists || old.Owner != i.Owner || !m.owns(i.Owner, i.Folder) {
		no = append(no, grid.ErrNotFound)
	}
	if m.allowed(t, m.s.UpdateItem(t.Context(), i), no) {
		m.items[i.ID] = i
		m.raise(old.Folder, i.Folder)
	}
}

func (m *inventoryModel) moveItems(t *rapid.T) {
	owner := m.owner(t)
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom(m.itemIDs), 1, 3, rapid.ID).Draw(t, "ids")
	var folders, touched []uuid.UUID
	var no []error
	for _, id := range ids {
		to := m.folder(t, "to")
		if i, exists := m.items[id]; !exists || i.Owner != owner || !m.owns(owner, to) {
			no = append(no, grid.ErrNotFound)
		}
		folders = append(folders, to)
		touched = append(touched, to, m.items[id].Folder)
	}
	if m.allowed(t, m.s.MoveItems(t.Context(), owner, ids, folders), no) {
		for n, id := range ids {
			i := m.items[id]
			i.Folder = folders[n]
			m.items[id] = i
		}
		m.raise(touched...)
	}
}

func (m *inventoryModel) deleteItems(t *rapid.T) {
	owner := m.owner(t)
	ids := rapid.SliceOfN(rapid.SampledFrom(m.itemIDs), 1, 3).Draw(t, "ids")
	if m.allowed(t, m.s.DeleteItems(t.Context(), owner, ids), nil) {
		var touched []uuid.UUID
		for _, id := range ids {
			if i, exists := m.items[id]; exists && i.Owner == owner {
				touched = append(touched, i.Folder)
				delete(m.items, id)
			}
		}
		m.raise(touched...)
	}
}

// compare asks the service for everything and the model whether it is so.
func (m *inventoryModel) compare(t *rapid.T) {
	for _, owner := range m.owners {
		want := map[uuid.UUID]grid.Folder{}
		for id, f := range m.folders {
			if f.Owner == owner {
				want[id] = f
			}
		}
		got := map[uuid.UUID]grid.Folder{}
		all := skeleton(t, m.s, owner)
		for _, f := range all {
			got[f.ID] = f
		}
		if !maps.Equal(got, want) || len(all) != len(want) {
			t.Fatalf("folders are %v, want %v", got, want)
		}
		wantParentsFirst(t, all)
		var mine []grid.Item
		for _, id := range m.itemIDs {
			if i, exists := m.items[id]; exists && i.Owner == owner {
				mine = append(mine, i)
			}
		}
		wantItems(t, items(t, m.s, owner, m.itemIDs...), mine)
	}
}

// compareContents looks into every folder that the test may have put something in.
func (m *inventoryModel) compareContents(t *rapid.T) {
	for _, id := range m.folderIDs {
		f, exists := m.folders[id]
		if !exists {
			continue
		}
		var folders []grid.Folder
		var lying []grid.Item
		for _, below := range m.folders {
			if below.Parent == id {
				folders = append(folders, below)
			}
		}
		for _, i := range m.items {
			if i.Folder == id {
				lying = append(lying, i)
			}
		}
		got := content(t, m.s, f.Owner, id)
		byID := func(a, b grid.Folder) int { return strings.Compare(a.ID.String(), b.ID.String()) }
		slices.SortFunc(folders, byID)
		slices.SortFunc(got.Folders, byID)
		if got.Folder != f || !slices.Equal(got.Folders, folders) {
			t.Errorf("%+v has folders %v, want %+v with %v", got.Folder, got.Folders, f, folders)
		}
		itemByID := func(a, b grid.Item) int { return strings.Compare(a.ID.String(), b.ID.String()) }
		slices.SortFunc(lying, itemByID)
		slices.SortFunc(got.Items, itemByID)
		wantItems(t, got.Items, lying)
	}
}

// allowed checks an answer against the reasons to refuse, any of which will do, and reports whether
// there was none.
func (m *inventoryModel) allowed(t *rapid.T, err error, reasons []error) bool {
	if len(reasons) == 0 {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return true
	}
	if !slices.ContainsFunc(reasons, func(r error) bool { return errors.Is(err, r) }) {
		t.Fatalf("answer is %v, want one of %v", err, reasons)
	}
	return false
}

func (m *inventoryModel) owner(t *rapid.T) uuid.UUID {
	return rapid.SampledFrom(m.owners).Draw(t, "owner")
}

func (m *inventoryModel) folder(t *rapid.T, label string) uuid.UUID {
	return rapid.SampledFrom(m.folderIDs).Draw(t, label)
}

func (m *inventoryModel) item(t *rapid.T) uuid.UUID {
	return rapid.SampledFrom(m.itemIDs).Draw(t, "item")
}

func (m *inventoryModel) owns(owner, folder uuid.UUID) bool {
	f, exists := m.folders[folder]
	return exists && f.Owner == owner
}

func (m *inventoryModel) system(folder uuid.UUID) bool {
	f, exists := m.folders[folder]
	return exists && system(f.Type)
}

// below is a folder and all folders below it.
func (m *inventoryModel) below(top uuid.UUID) []uuid.UUID {
	all := []uuid.UUID{top}
	for n := 0; n < len(all); n++ {
		for id, f := range m.folders {
			if f.Parent == all[n] {
				all = append(all, id)
			}
		}
	}
	return all
}

func (m *inventoryModel) raise(folders ...uuid.UUID) {
	for id := range asSet(folders) {
		if f, exists := m.folders[id]; exists {
			f.Version = f.Version%65535 + 1
			m.folders[id] = f
		}
	}
}

func (m *inventoryModel) remove(folders []uuid.UUID) {
	gone := asSet(folders)
	maps.DeleteFunc(m.folders, func(id uuid.UUID, _ grid.Folder) bool { return gone[id] })
	maps.DeleteFunc(m.items, func(_ uuid.UUID, i grid.Item) bool { return gone[i.Folder] })
}

func asSet(ids []uuid.UUID) map[uuid.UUID]bool {
	set := map[uuid.UUID]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func name(t *rapid.T) string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name") }

func system(folderType int16) bool {
	return folderType != grid.FolderNone && folderType != grid.FolderOutfit
}
