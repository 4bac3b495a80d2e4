package inventory

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

const (
	maxName        = 63  // bytes; what viewers and OpenSimulator's columns hold
	maxDescription = 127 // bytes
	maxCreatorData = 218 // bytes; with an id and a semicolon they fill OpenSimulator's column
)

// FolderContent implements grid.Inventory. Names are ordered by their bytes, equal ones by id.
func (s *Service) FolderContent(ctx context.Context, owner, folder uuid.UUID) (c grid.Content, err error) {
	err = s.view(ctx, owner, func(tx *sql.Tx) error {
		if c.Folder, err = folderByID(tx, owner, folder); err != nil {
			return err
		}
		c.Folders, err = folders(tx, "agentID = ? AND parentFolderID = ? ORDER BY folderName, folderID", owner, folder)
		if err != nil {
			return err
		}
		c.Items, err = itemsIn(tx, owner, folder)
		return err
	})
	if err != nil {
		return grid.Content{}, err
	}
	return c, nil
}

// Items implements grid.Inventory.
func (s *Service) Items(ctx context.Context, owner uuid.UUID, ids []uuid.UUID) ([]grid.Item, error) {
	var list []grid.Item
	err := s.view(ctx, owner, func(tx *sql.Tx) error {
		found, err := itemsByID(tx, owner, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if i, ok := found[id]; ok {
				list = append(list, i)
			}
		}
		return nil
	})
	return list, err
}

// ActiveGestures implements grid.Inventory.
func (s *Service) ActiveGestures(ctx context.Context, owner uuid.UUID) (list []grid.Item, err error) {
	err = s.view(ctx, owner, func(tx *sql.Tx) error {
		list, err = items(tx, "avatarID = ? AND assetType = ? AND flags % 2 = 1 ORDER BY inventoryName, inventoryID",
			owner, grid.AssetGesture)
		return err
	})
	return list, err
}

// AddItem implements grid.Inventory. Names and descriptions that are too long are cut, and characters that
// viewers do not take become blanks; a zero id is grid.ErrDenied.
func (s *Service) AddItem(ctx context.Context, i grid.Item) error {
	if i.ID == uuid.Nil {
		return failed(i.Owner, fmt.Errorf("an item without an id: %w", grid.ErrDenied))
	}
	return s.update(ctx, i.Owner, func(tx *sql.Tx) error { return addItem(tx, i) })
}

func addItem(tx *sql.Tx, i grid.Item) error {
	if _, err := folderByID(tx, i.Owner, i.Folder); err != nil {
		return err
	}
	if err := insertItem(tx, i); err != nil {
		return err
	}
	return raise(tx, i.Owner, i.Folder)
}

// UpdateItem implements grid.Inventory. Its text is treated as AddItem treats it.
func (s *Service) UpdateItem(ctx context.Context, i grid.Item) error {
	return s.update(ctx, i.Owner, func(tx *sql.Tx) error {
		old, err := itemByID(tx, i.Owner, i.ID)
		if err != nil {
			return err
		}
		if _, err := folderByID(tx, i.Owner, i.Folder); err != nil {
			return err
		}
		if err := replaceItem(tx, i); err != nil {
			return err
		}
		return raise(tx, i.Owner, old.Folder, i.Folder)
	})
}

// MoveItems implements grid.Inventory. An item or folder that is not the owner's is grid.ErrNotFound; lists
// of different lengths are grid.ErrDenied.
func (s *Service) MoveItems(ctx context.Context, owner uuid.UUID, ids, folders []uuid.UUID) error {
	if len(ids) != len(folders) {
		return failed(owner, fmt.Errorf("%d items to %d folders: %w", len(ids), len(folders), grid.ErrDenied))
	}
	return s.update(ctx, owner, func(tx *sql.Tx) error {
		found, err := itemsByID(tx, owner, ids)
		if err != nil {
			return err
		}
		goes := make(map[uuid.UUID]uuid.UUID, len(ids)) // an item named twice goes where it is last sent
		for n, id := range ids {
			if _, ok := found[id]; !ok {
				return fmt.Errorf("item %s: %w", id, grid.ErrNotFound)
			}
			goes[id] = folders[n]
		}
		return move(tx, owner, found, goes)
	})
}

// move puts items into the folders that they go to.
func move(tx *sql.Tx, owner uuid.UUID, found map[uuid.UUID]grid.Item, goes map[uuid.UUID]uuid.UUID) error {
	to := map[uuid.UUID][]uuid.UUID{}
	var touched []uuid.UUID
	for id, folder := range goes {
		to[folder] = append(to[folder], id)
		touched = append(touched, folder, found[id].Folder)
	}
	for folder, ids := range to {
		if _, err := folderByID(tx, owner, folder); err != nil {
			return err
		}
		for in, args := range store.In(ids) {
			_, err := tx.Exec("UPDATE inventoryitems SET parentFolderID = ? WHERE avatarID = ? AND inventoryID IN "+in,
				append([]any{folder, owner}, args...)...)
			if err != nil {
				return err
			}
		}
	}
	return raise(tx, owner, touched...)
}

// DeleteItems implements grid.Inventory.
func (s *Service) DeleteItems(ctx context.Context, owner uuid.UUID, ids []uuid.UUID) error {
	return s.update(ctx, owner, func(tx *sql.Tx) error {
		found, err := itemsByID(tx, owner, ids)
		if err != nil {
			return err
		}
		var touched []uuid.UUID
		for _, i := range found {
			touched = append(touched, i.Folder)
		}
		for in, args := range store.In(ids) {
			_, err := tx.Exec("DELETE FROM inventoryitems WHERE avatarID = ? AND inventoryID IN "+in, append([]any{owner}, args...)...)
			if err != nil {
				return err
			}
		}
		return raise(tx, owner, touched...)
	})
}

const itemColumns = `inventoryID, avatarID, parentFolderID, assetID, assetType, invType, inventoryName,
	inventoryDescription, creatorID, creationDate, inventoryBasePermissions, inventoryCurrentPermissions,
	inventoryGroupPermissions, inventoryEveryOnePermissions, inventoryNextPermissions, groupID, groupOwned,
	salePrice, saleType, flags`

// itemPlaces is a placeholder for each of itemColumns.
const itemPlaces = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

// items are those that a condition, with its arguments, picks.
func items(tx *sql.Tx, where string, args ...any) ([]grid.Item, error) {
	rows, err := tx.Query("SELECT "+itemColumns+" FROM inventoryitems WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []grid.Item
	for rows.Next() {
		i, err := scanItem(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, rows.Err()
}

func itemsIn(tx *sql.Tx, owner, folder uuid.UUID) ([]grid.Item, error) {
	return items(tx, "avatarID = ? AND parentFolderID = ? ORDER BY inventoryName, inventoryID", owner, folder)
}

func itemByID(tx *sql.Tx, owner, id uuid.UUID) (grid.Item, error) {
	list, err := items(tx, "avatarID = ? AND inventoryID = ?", owner, id)
	if err == nil && len(list) == 0 {
		err = grid.ErrNotFound
	}
	if err != nil {
		return grid.Item{}, fmt.Errorf("item %s: %w", id, err)
	}
	return list[0], nil
}

func itemsByID(tx *sql.Tx, owner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]grid.Item, error) {
	found := make(map[uuid.UUID]grid.Item, len(ids))
	for in, args := range store.In(ids) {
		list, err := items(tx, "avatarID = ? AND inventoryID IN "+in, append([]any{owner}, args...)...)
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			found[i.ID] = i
		}
	}
	return found, nil
}

// scanItem reads a row of itemColumns. Permissions may stand there as negative numbers: OpenSimulator's
// columns are signed.
func scanItem(rows *sql.Rows) (grid.Item, error) {
	var i grid.Item
	var creator string
	var created, base, current, group, everyone, next, flags int64
	err := rows.Scan(store.UUID(&i.ID), store.UUID(&i.Owner), store.UUID(&i.Folder), store.UUID(&i.Asset),
		&i.AssetType, &i.InvType, &i.Name, &i.Description, &creator, &created, &base, &current, &group, &everyone, &next,
		store.UUID(&i.GroupID), &i.GroupOwned, &i.SalePrice, &i.SaleType, &flags)
	if err != nil {
		return grid.Item{}, err
	}
	id, data, _ := strings.Cut(creator, ";")
	if err := store.UUID(&i.Creator).Scan(id); err != nil {
		return grid.Item{}, fmt.Errorf("creator of item %s: %w", i.ID, err)
	}
	i.CreatorData = data
	i.Created = grid.FromUnix(created)
	i.Base, i.Current, i.Group, i.Everyone, i.Next = uint32(base), uint32(current), uint32(group), uint32(everyone), uint32(next)
	i.Flags = uint32(flags)
	return i, nil
}

// values are an item's columns, in the order of itemColumns.
func values(i grid.Item) []any {
	creator := i.Creator.String()
	if i.CreatorData != "" {
		creator += ";" + line(i.CreatorData, maxCreatorData)
	}
	groupOwned := 0
	if i.GroupOwned {
		groupOwned = 1
	}
	return []any{
		i.ID, i.Owner, i.Folder, i.Asset, i.AssetType, i.InvType, line(i.Name, maxName),
		line(i.Description, maxDescription), creator, grid.Unix(i.Created), i.Base, i.Current,
		i.Group, i.Everyone, i.Next, i.GroupID, groupOwned,
		i.SalePrice, i.SaleType, i.Flags,
	}
}

// insertItem adds a row, or is grid.ErrConflict when its id is taken.
func insertItem(tx *sql.Tx, i grid.Item) error {
	_, err := tx.Exec("INSERT INTO inventoryitems ("+itemColumns+") VALUES ("+itemPlaces+")", values(i)...)
	if store.Taken(err) {
		return fmt.Errorf("item %s: %w", i.ID, grid.ErrConflict)
	}
	return err
}

// replaceItem gives an owner's row with this id all the item's values.
func replaceItem(tx *sql.Tx, i grid.Item) error {
	_, err := tx.Exec("UPDATE inventoryitems SET ("+itemColumns+") = ("+itemPlaces+") WHERE avatarID = ? AND inventoryID = ?",
		append(values(i), i.Owner, i.ID)...)
	return err
}

// line is a text as a viewer shows it in one line, cut to a number of bytes but never in a character.
func line(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r == '|' || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if len(text) <= most {
		return text
	}
	for !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
