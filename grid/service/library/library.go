// Package library has what every user sees and nobody owns, and what a new world must have before the
// first viewer comes: the library's folders and items, and the assets behind them. All of it is part of
// the program, drawn and written for this project; the ids are those that viewers and OpenSimulator's
// regions know.
package library

import (
	"fmt"
	"slices"
	"strings"

	"terrane/grid"

	"github.com/google/uuid"
)

// The folders below the library's root, with OpenSimulator's ids.
var (
	bodyParts = uuid.MustParse("d499e5e0-b9bf-11dc-95ff-0800200c9a66")
	clothing  = uuid.MustParse("b75056e0-b9bf-11dc-95ff-0800200c9a66")
)

// wearableInventory is the inventory type of what is worn.
const wearableInventory int8 = 18

// A garment is one of the default wearables.
type garment struct {
	name  string
	kind  uint32 // wearable type; below 4 it is a body part
	item  uuid.UUID
	asset uuid.UUID
}

// garments are what a new user wears, by wearable type. Regions of OpenSimulator expect the same ids.
var garments = []garment{
	{
		"Default Shape", 0,
		uuid.MustParse("66c41e39-38f9-f75a-024e-585989bfaba9"),
		uuid.MustParse("66c41e39-38f9-f75a-024e-585989bfab73"),
	},
	{
		"Default Skin", 1,
		uuid.MustParse("77c41e39-38f9-f75a-024e-585989bfabc9"),
		uuid.MustParse("77c41e39-38f9-f75a-024e-585989bbabbb"),
	},
	{
		"Default Hair", 2,
		uuid.MustParse("d342e6c1-b9d2-11dc-95ff-0800200c9a66"),
		uuid.MustParse("d342e6c0-b9d2-11dc-95ff-0800200c9a66"),
	},
	{
		"Default Eyes", 3,
		uuid.MustParse("cdc31054-eed8-4021-994f-4e0c6e861b50"),
		uuid.MustParse("4bb6fa4d-1cd2-498a-a84c-95c1a0e745a7"),
	},
	{
		"Default Shirt", 4,
		uuid.MustParse("77c41e39-38f9-f75a-0000-585989bf0000"),
		uuid.MustParse("00000000-38f9-1111-024e-222222111110"),
	},
	{
		"Default Pants", 5,
		uuid.MustParse("77c41e39-38f9-f75a-0000-5859892f1111"),
		uuid.MustParse("00000000-38f9-1111-024e-222222111120"),
	},
}

func (g garment) bodyPart() bool { return g.kind < 4 }

func (g garment) assetType() int8 {
	if g.bodyPart() {
		return grid.AssetBodyPart
	}
	return grid.AssetClothing
}

func (g garment) folder() uuid.UUID {
	if g.bodyPart() {
		return bodyParts
	}
	return clothing
}

// inventory is the library's item. Everybody may copy it, and change the copy.
func (g garment) inventory() grid.Item {
	return grid.Item{
		ID: g.item, Folder: g.folder(), Owner: grid.LibraryOwner, Creator: grid.LibraryOwner,
		Asset: g.asset, AssetType: g.assetType(), InvType: wearableInventory, Name: g.name, Flags: g.kind,
		Base: grid.PermAll, Current: grid.PermAll, Next: grid.PermAll, Everyone: grid.PermAll &^ grid.PermModify,
	}
}

// Library is the folders and items of grid.LibraryOwner. It never changes, and many may read it at once.
type Library struct {
	folders []grid.Folder // parents first
	items   []grid.Item
}

// New makes the library.
func New() *Library {
	folder := func(id, parent uuid.UUID, name string, kind int16) grid.Folder {
		return grid.Folder{ID: id, Owner: grid.LibraryOwner, Parent: parent, Name: name, Type: kind, Version: 1}
	}
	l := &Library{folders: []grid.Folder{
		folder(grid.LibraryRoot, uuid.Nil, "Library", grid.FolderRoot),
		folder(bodyParts, grid.LibraryRoot, "Body Parts", grid.FolderBodyPart),
		folder(clothing, grid.LibraryRoot, "Clothing", grid.FolderClothing),
	}}
	for _, g := range garments {
		l.items = append(l.items, g.inventory())
	}
	return l
}

// Skeleton lists all folders, parents before children, the root first.
func (l *Library) Skeleton() []grid.Folder { return slices.Clone(l.folders) }

// FolderContent lists what is in a folder, by name, or is grid.ErrNotFound.
func (l *Library) FolderContent(folder uuid.UUID) (grid.Content, error) {
	n := slices.IndexFunc(l.folders, func(f grid.Folder) bool { return f.ID == folder })
	if n < 0 {
		return grid.Content{}, fmt.Errorf("library folder %s: %w", folder, grid.ErrNotFound)
	}
	c := grid.Content{Folder: l.folders[n]}
	for _, f := range l.folders {
		if f.Parent == folder {
			c.Folders = append(c.Folders, f)
		}
	}
	for _, i := range l.items {
		if i.Folder == folder {
			c.Items = append(c.Items, i)
		}
	}
	slices.SortFunc(c.Folders, func(a, b grid.Folder) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Items, func(a, b grid.Item) int { return strings.Compare(a.Name, b.Name) })
	return c, nil
}

// Item is the item with this id, or grid.ErrNotFound.
func (l *Library) Item(id uuid.UUID) (grid.Item, error) {
	n := slices.IndexFunc(l.items, func(i grid.Item) bool { return i.ID == id })
	if n < 0 {
		return grid.Item{}, fmt.Errorf("library item %s: %w", id, grid.ErrNotFound)
	}
	return l.items[n], nil
}

// Outfit is what a new user is dressed in copies of: four body parts, a shirt and pants, by wearable type,
// which is the low byte of Flags.
func (l *Library) Outfit() []grid.Item {
	outfit := make([]grid.Item, len(garments))
	for n, g := range garments {
		outfit[n] = g.inventory()
	}
	return outfit
}
