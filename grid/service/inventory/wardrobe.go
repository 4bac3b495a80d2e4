package inventory

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"terrane/grid"

	"github.com/google/uuid"
)

const (
	// wearableInventory is the inventory type of what is worn. A link has that of what it points at.
	wearableInventory int8 = 18
	// wearableMask is the part of an item's flags that is its wearable type.
	wearableMask = 0xFF
)

// Outfit implements grid.Wardrobe. An outfit is complete when it has each of the default body parts' types:
// viewers never take one off without putting on another. To one that is not, everything is added
// whose type is not worn. A copy that the user has already is linked instead of made again.
func (s *Service) Outfit(ctx context.Context, owner uuid.UUID) (grid.Avatar, error) {
	var rows grid.Avatar
	err := s.update(ctx, owner, func(tx *sql.Tx) error {
		if err := create(tx, owner); err != nil {
			return err
		}
		current, err := folderForType(tx, owner, grid.FolderCurrentOutfit)
		if err != nil {
			return err
		}
		worn, err := wornIn(tx, current)
		if err != nil {
			return err
		}
		if !s.complete(worn) {
			if err := s.dress(tx, current, worn); err != nil {
				return err
			}
			if worn, err = wornIn(tx, current); err != nil {
				return err
			}
		}
		rows = avatarRows(worn)
		return nil
	})
	return rows, err
}

// wornIn are the wearables that an outfit links to, by type and layer. Of a body part only the first counts.
func wornIn(tx *sql.Tx, outfit grid.Folder) ([]grid.Item, error) {
	links, err := itemsIn(tx, outfit.Owner, outfit.ID)
	if err != nil {
		return nil, err
	}
	links = slices.DeleteFunc(links, func(l grid.Item) bool { return l.AssetType != grid.AssetLink })
	// The description of a link to clothing begins with its place among the layers.
	slices.SortStableFunc(links, func(a, b grid.Item) int { return cmp.Compare(a.Description, b.Description) })
	targets := make([]uuid.UUID, len(links))
	for n, l := range links {
		targets[n] = l.Asset
	}
	found, err := itemsByID(tx, outfit.Owner, targets)
	if err != nil {
		return nil, err
	}
	var worn []grid.Item
	has := map[uint32]bool{}
	for _, id := range targets {
		i, ok := found[id]
		delete(found, id) // linked twice, it is still worn once
		part := i.AssetType == grid.AssetBodyPart
		if !ok || !part && i.AssetType != grid.AssetClothing || part && has[wearable(i)] {
			continue
		}
		has[wearable(i)] = true
		worn = append(worn, i)
	}
	slices.SortStableFunc(worn, func(a, b grid.Item) int { return cmp.Compare(wearable(a), wearable(b)) })
	return worn, nil
}

func wearable(i grid.Item) uint32 { return i.Flags & wearableMask }

func wears(worn []grid.Item, kind uint32) bool {
	return slices.ContainsFunc(worn, func(i grid.Item) bool { return wearable(i) == kind })
}

// complete reports whether all body parts are worn.
func (s *Service) complete(worn []grid.Item) bool {
	return !slices.ContainsFunc(s.outfit, func(i grid.Item) bool {
		return i.AssetType == grid.AssetBodyPart && !wears(worn, wearable(i))
	})
}

// dress adds to an outfit what of the default one has no place in it yet.
func (s *Service) dress(tx *sql.Tx, outfit grid.Folder, worn []grid.Item) error {
	touched := []uuid.UUID{outfit.ID}
	for _, i := range s.outfit {
		if wears(worn, wearable(i)) {
			continue
		}
		own, err := s.own(tx, outfit.Owner, i)
		if err != nil {
			return err
		}
		if err := insertItem(tx, s.link(outfit, own)); err != nil {
			return err
		}
		touched = append(touched, own.Folder)
	}
	return raise(tx, outfit.Owner, touched...)
}

// own is a user's copy of a default item, in the folder for its kind. It is made when he has none.
func (s *Service) own(tx *sql.Tx, owner uuid.UUID, i grid.Item) (grid.Item, error) {
	kind := grid.FolderClothing
	if i.AssetType == grid.AssetBodyPart {
		kind = grid.FolderBodyPart
	}
	folder, err := folderForType(tx, owner, kind)
	if err != nil {
		return grid.Item{}, err
	}
	has, err := items(tx, "avatarID = ? AND parentFolderID = ? AND assetID = ? ORDER BY inventoryID", owner, folder.ID, i.Asset)
	if err != nil {
		return grid.Item{}, err
	}
	same := func(h grid.Item) bool { return h.AssetType == i.AssetType && wearable(h) == wearable(i) }
	if n := slices.IndexFunc(has, same); n >= 0 {
		return has[n], nil
	}
	i.ID, i.Owner, i.Folder, i.Created = uuid.New(), owner, folder.ID, s.now()
	i.Group, i.Everyone = 0, 0
	return i, insertItem(tx, i)
}

// link is a link in an outfit to an item.
func (s *Service) link(outfit grid.Folder, to grid.Item) grid.Item {
	l := grid.Item{
		ID: uuid.New(), Folder: outfit.ID, Owner: outfit.Owner, Creator: outfit.Owner,
		Asset: to.ID, AssetType: grid.AssetLink, InvType: wearableInventory, Name: to.Name,
		Base: grid.PermAll, Current: grid.PermAll, Next: grid.PermAll, Created: s.now(),
	}
	if to.AssetType == grid.AssetClothing {
		l.Description = fmt.Sprintf("@%d", wearable(to)*100)
	}
	return l
}

// avatarRows are the rows of the avatar service for who wears this and has never been seen by a viewer.
func avatarRows(worn []grid.Item) grid.Avatar {
	rows := grid.Avatar{"Serial": "1", "AvatarHeight": defaultHeight, "VisualParams": defaultParams}
	layers := map[uint32]int{}
	for _, i := range worn {
		kind := wearable(i)
		rows[fmt.Sprintf("Wearable %d:%d", kind, layers[kind])] = i.ID.String() + ":" + i.Asset.String()
		layers[kind]++
	}
	return rows
}

// defaultHeight is the height in metres that OpenSimulator gives whose own it cannot read.
const defaultHeight = "1.771488"

// defaultParams are OpenSimulator's visual parameters of a new avatar: the body that goes with the default
// wearables, as the viewers of its time transmit it, each value from 0 to 255.
const defaultParams = "33,61,85,23,58,127,63,85,63,42,0,85,63,36,85,95,153,63,34,0,63,109,88,132,63,136,81,85,103,136," +
	"127,0,150,150,150,127,0,0,0,0,0,127,0,0,255,127,114,127,99,63,127,140,127,127,0,0,0,191,0,104,0,0,0,0,0,0,0,0,0," +
	"145,216,133,0,127,0,127,170,0,0,127,127,109,85,127,127,63,85,42,150,150,150,150,150,150,150,25,150,150,150,0,127," +
	"0,0,144,85,127,132,127,85,0,127,127,127,127,127,127,59,127,85,127,127,106,47,79,127,127,204,2,141,66,0,0,127,127," +
	"0,0,0,0,127,0,159,0,0,178,127,36,85,131,127,127,127,153,95,0,140,75,27,127,127,0,150,150,198,0,0,63,30,127,165," +
	"209,198,127,127,153,204,51,51,255,255,255,204,0,255,150,150,150,150,150,150,150,150,150,150,0,150,150,150,150," +
	"150,0,127,127,150,150,150,150,150,150,150,150,0,0,150,51,132,150,150,150"
