package inventory

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

// Skeleton implements grid.Inventory. Folders that hang on nothing, as a damaged import may have them, come
// after the tree.
func (s *Service) Skeleton(ctx context.Context, owner uuid.UUID) ([]grid.Folder, error) {
	var all []grid.Folder
	err := s.view(ctx, owner, func(tx *sql.Tx) (err error) {
		all, err = folders(tx, "agentID = ? ORDER BY folderName, folderID", owner)
		return err
	})
	if err != nil {
		return nil, err
	}
	return parentsFirst(all), nil
}

// parentsFirst orders folders so that each comes after its parent, siblings as they came.
func parentsFirst(all []grid.Folder) []grid.Folder {
	below := make(map[uuid.UUID][]grid.Folder, len(all))
	known := make(map[uuid.UUID]bool, len(all))
	for _, f := range all {
		below[f.Parent] = append(below[f.Parent], f)
		known[f.ID] = true
	}
	ordered := make([]grid.Folder, 0, len(all))
	grow := func(parent uuid.UUID) {
		from := len(ordered)
		ordered = append(ordered, below[parent]...)
		delete(below, parent)
		for ; from < len(ordered); from++ {
			ordered = append(ordered, below[ordered[from].ID]...)
			delete(below, ordered[from].ID)
		}
	}
	grow(uuid.Nil)
	for _, f := range all {
		if !known[f.Parent] {
			grow(f.Parent)
		}
	}
	for _, f := range all { // what is left hangs on itself
		grow(f.Parent)
	}
	return ordered
}

// FolderForType implements grid.Inventory.
func (s *Service) FolderForType(ctx context.Context, owner uuid.UUID, t int16) (f grid.Folder, err error) {
	err = s.view(ctx, owner, func(tx *sql.Tx) error {
		f, err = folderForType(tx, owner, t)
		return err
	})
	return f, err
}

// AddFolder implements grid.Inventory. A folder comes with its version, or with 1 when that is none. A name
// longer than 63 bytes is cut; a zero id is grid.ErrDenied.
func (s *Service) AddFolder(ctx context.Context, f grid.Folder) error {
	if f.ID == uuid.Nil {
		return failed(f.Owner, fmt.Errorf("a folder without an id: %w", grid.ErrDenied))
	}
	if f.Version < 1 || f.Version > maxVersion {
		f.Version = 1
	}
	return s.update(ctx, f.Owner, func(tx *sql.Tx) error {
		if _, err := folderByID(tx, f.Owner, f.Parent); err != nil {
			return err
		}
		if err := insertFolder(tx, f); err != nil {
			return err
		}
		return raise(tx, f.Owner, f.Parent)
	})
}

// UpdateFolder implements grid.Inventory. A name longer than 63 bytes is cut.
func (s *Service) UpdateFolder(ctx context.Context, f grid.Folder) error {
	return s.update(ctx, f.Owner, func(tx *sql.Tx) error {
		old, err := folderByID(tx, f.Owner, f.ID)
		if err != nil {
			return err
		}
		if system(old.Type) || system(f.Type) {
			return fmt.Errorf("folder %s, type %d to %d: %w", f.ID, old.Type, f.Type, grid.ErrDenied)
		}
		if _, err := folderByID(tx, f.Owner, f.Parent); err != nil {
			return err
		}
		if f.Parent != old.Parent {
			if err := notBelow(tx, f); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`UPDATE inventoryfolders SET folderName = ?, parentFolderID = ?, type = ?
			WHERE agentID = ? AND folderID = ?`, line(f.Name, maxName), f.Parent, f.Type, f.Owner, f.ID)
		if err != nil {
			return err
		}
		return raise(tx, f.Owner, old.Parent, f.Parent)
	})
}

// notBelow refuses a parent that is the folder itself or below it. UNION ends the walk even in a circle.
func notBelow(tx *sql.Tx, f grid.Folder) error {
	var inside int
	err := tx.QueryRow(`WITH RECURSIVE above (id) AS (
			SELECT folderID FROM inventoryfolders WHERE agentID = ? AND folderID = ?
			UNION
			SELECT f.parentFolderID FROM inventoryfolders f JOIN above ON f.folderID = above.id WHERE f.agentID = ?
		) SELECT count(*) FROM above WHERE id = ?`, f.Owner, f.Parent, f.Owner, f.ID).Scan(&inside)
	if err != nil {
		return err
	}
	if inside > 0 {
		return fmt.Errorf("folder %s below itself: %w", f.ID, grid.ErrDenied)
	}
	return nil
}

// DeleteFolders implements grid.Inventory. A folder that is not the owner's is grid.ErrNotFound, one
// with a system folder in it grid.ErrDenied; then nothing is deleted.
func (s *Service) DeleteFolders(ctx context.Context, owner uuid.UUID, ids []uuid.UUID) error {
	return s.update(ctx, owner, func(tx *sql.Tx) error {
		var parents []uuid.UUID
		gone := map[uuid.UUID]bool{}
		for _, id := range ids {
			f, err := folderByID(tx, owner, id)
			if err != nil {
				return err
			}
			parents = append(parents, f.Parent)
			if gone[id] {
				continue
			}
			below, err := branch(tx, owner, id)
			if err != nil {
				return err
			}
			for _, f := range below {
				gone[f] = true
			}
		}
		if err := deleteFolders(tx, owner, gone); err != nil {
			return err
		}
		return raise(tx, owner, parents...)
	})
}

// PurgeFolder implements grid.Inventory. A system folder in it is grid.ErrDenied, and nothing is
// deleted. Purging what is empty changes nothing.
func (s *Service) PurgeFolder(ctx context.Context, owner, folder uuid.UUID) error {
	return s.update(ctx, owner, func(tx *sql.Tx) error {
		if _, err := folderByID(tx, owner, folder); err != nil {
			return err
		}
		gone := map[uuid.UUID]bool{}
		children, err := folders(tx, "agentID = ? AND parentFolderID = ?", owner, folder)
		if err != nil {
			return err
		}
		for _, child := range children {
			below, err := branch(tx, owner, child.ID)
			if err != nil {
				return err
			}
			for _, f := range below {
				gone[f] = true
			}
		}
		if err := deleteFolders(tx, owner, gone); err != nil {
			return err
		}
		r, err := tx.Exec("DELETE FROM inventoryitems WHERE avatarID = ? AND parentFolderID = ?", owner, folder)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 && len(gone) == 0 {
			return err
		}
		return raise(tx, owner, folder)
	})
}

// branch is a folder and all folders below it; grid.ErrDenied when one of them is a system folder. The
// owner goes along with each folder: named once, he would have SQLite read all his folders at each step.
func branch(tx *sql.Tx, owner, top uuid.UUID) ([]uuid.UUID, error) {
	rows, err := tx.Query(`WITH RECURSIVE branch (agent, id, type) AS (
			SELECT agentID, folderID, type FROM inventoryfolders WHERE agentID = ? AND folderID = ?
			UNION
			SELECT f.agentID, f.folderID, f.type FROM branch
			JOIN inventoryfolders f ON f.agentID = branch.agent AND f.parentFolderID = branch.id
		) SELECT id, type FROM branch`, owner, top)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		var kind int16
		if err := rows.Scan(store.UUID(&id), &kind); err != nil {
			return nil, err
		}
		if system(kind) {
			return nil, fmt.Errorf("system folder %s, type %d: %w", id, kind, grid.ErrDenied)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func deleteFolders(tx *sql.Tx, owner uuid.UUID, gone map[uuid.UUID]bool) error {
	for in, args := range store.In(slices.Collect(maps.Keys(gone))) {
		args = append([]any{owner}, args...)
		if _, err := tx.Exec("DELETE FROM inventoryitems WHERE avatarID = ? AND parentFolderID IN "+in, args...); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM inventoryfolders WHERE agentID = ? AND folderID IN "+in, args...); err != nil {
			return err
		}
	}
	return nil
}

// maxVersion is the highest version of a folder.
const maxVersion = 65535

// system reports whether folders of a type are the system's: there is one of each, and it stays.
func system(t int16) bool { return t != grid.FolderNone && t != grid.FolderOutfit }

const folderColumns = "folderID, agentID, parentFolderID, folderName, type, version"

// folders are those that a condition, with its arguments, picks.
func folders(tx *sql.Tx, where string, args ...any) ([]grid.Folder, error) {
	rows, err := tx.Query("SELECT "+folderColumns+" FROM inventoryfolders WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []grid.Folder
	for rows.Next() {
		var f grid.Folder
		err := rows.Scan(store.UUID(&f.ID), store.UUID(&f.Owner), store.UUID(&f.Parent), &f.Name, &f.Type, &f.Version)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// folder is the one that a condition picks, or grid.ErrNotFound.
func folder(tx *sql.Tx, where string, args ...any) (grid.Folder, error) {
	list, err := folders(tx, where, args...)
	if err != nil {
		return grid.Folder{}, err
	}
	if len(list) == 0 {
		return grid.Folder{}, grid.ErrNotFound
	}
	return list[0], nil
}

func folderByID(tx *sql.Tx, owner, id uuid.UUID) (grid.Folder, error) {
	f, err := folder(tx, "agentID = ? AND folderID = ?", owner, id)
	if err != nil {
		return grid.Folder{}, fmt.Errorf("folder %s: %w", id, err)
	}
	return f, nil
}

func folderForType(tx *sql.Tx, owner uuid.UUID, t int16) (f grid.Folder, err error) {
	switch {
	case t == grid.FolderRoot:
		f, err = folder(tx, "agentID = ? AND parentFolderID = ?", owner, uuid.Nil)
	case system(t):
		f, err = folder(tx, "agentID = ? AND type = ?", owner, t)
	default:
		err = grid.ErrNotFound
	}
	if err != nil {
		return grid.Folder{}, fmt.Errorf("folder of type %d: %w", t, err)
	}
	return f, nil
}

// insertFolder adds a row, or is grid.ErrConflict when its id or system type is taken.
func insertFolder(tx *sql.Tx, f grid.Folder) error {
	_, err := tx.Exec(`INSERT INTO inventoryfolders (folderID, agentID, parentFolderID, folderName, type, version)
		VALUES (?, ?, ?, ?, ?, ?)`, f.ID, f.Owner, f.Parent, line(f.Name, maxName), f.Type, f.Version)
	if store.Taken(err) {
		return fmt.Errorf("folder %s of type %d: %w", f.ID, f.Type, grid.ErrConflict)
	}
	return err
}
