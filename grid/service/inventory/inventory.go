// Package inventory keeps what users own: the inventory service and the wardrobe over SQL, in
// OpenSimulator's tables.
//
// Every statement that touches a row names its owner, so that no call, whatever ids it is given, reads
// or changes what is another's. A change and the versions it raises are one transaction.
package inventory

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

//go:embed migrations
var migrations embed.FS

// Options are what a Service is made with. The zero Options are fit for use, but dress nobody.
type Options struct {
	Outfit []grid.Item      // what Outfit dresses new users in; the low byte of Flags is the wearable type
	Now    func() time.Time // stamps what the service makes itself; nil: time.Now
}

// Service is the inventory service and the wardrobe. It implements grid.Inventory and grid.Wardrobe.
type Service struct {
	db     *store.DB
	outfit []grid.Item
	now    func() time.Time
}

var (
	_ grid.Inventory = (*Service)(nil)
	_ grid.Wardrobe  = (*Service)(nil)
)

// New makes the service over a database, and its tables where they are missing.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "inventory", files); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db: db, outfit: o.Outfit, now: o.Now}, nil
}

// A twig is a folder of the default tree and what is below it.
type twig struct {
	name  string
	kind  int16
	below []twig
}

// tree is what OpenSimulator gives a new user, and My Outfits besides, which viewers otherwise make for
// themselves. OpenSimulator gives the two folders below Calling Cards the type of Calling Cards; viewers find
// them by name, and here each system type has exactly one folder.
var tree = twig{"My Inventory", grid.FolderRoot, []twig{
	{"Animations", 20, nil},
	{"Body Parts", grid.FolderBodyPart, nil},
	{"Calling Cards", grid.FolderCallingCard, []twig{
		{"Friends", grid.FolderNone, []twig{{"All", grid.FolderNone, nil}}},
	}},
	{"Clothing", grid.FolderClothing, nil},
	{"Current Outfit", grid.FolderCurrentOutfit, nil},
	{"Favorites", 23, nil},
	{"Gestures", 21, nil},
	{"Landmarks", 3, nil},
	{"Lost And Found", grid.FolderLostAndFound, nil},
	{"Materials", 57, nil},
	{"My Outfits", grid.FolderMyOutfits, nil},
	{"Notecards", 7, nil},
	{"Objects", 6, nil},
	{"Photo Album", 15, nil},
	{"Scripts", 10, nil},
	{"Settings", 56, nil},
	{"Sounds", 1, nil},
	{"Textures", grid.FolderTexture, nil},
	{"Trash", grid.FolderTrash, nil},
}}

// CreateInventory implements grid.Inventory. All versions of a new inventory are 1.
func (s *Service) CreateInventory(ctx context.Context, owner uuid.UUID) error {
	return s.update(ctx, owner, func(tx *sql.Tx) error { return create(tx, owner) })
}

// create makes what is missing of a user's default folders.
func create(tx *sql.Tx, owner uuid.UUID) error {
	root, err := folderForType(tx, owner, grid.FolderRoot)
	if errors.Is(err, grid.ErrNotFound) {
		return plant(tx, owner, uuid.Nil, tree)
	}
	if err != nil {
		return err
	}
	grown := false
	for _, t := range tree.below {
		_, err := folderForType(tx, owner, t.kind)
		if err == nil {
			continue
		}
		if !errors.Is(err, grid.ErrNotFound) {
			return err
		}
		if err := plant(tx, owner, root.ID, t); err != nil {
			return err
		}
		grown = true
	}
	if !grown {
		return nil
	}
	return raise(tx, owner, root.ID)
}

// plant makes a folder and all that is below it.
func plant(tx *sql.Tx, owner, parent uuid.UUID, t twig) error {
	f := grid.Folder{ID: uuid.New(), Owner: owner, Parent: parent, Name: t.name, Type: t.kind, Version: 1}
	if err := insertFolder(tx, f); err != nil {
		return err
	}
	for _, below := range t.below {
		if err := plant(tx, owner, f.ID, below); err != nil {
			return err
		}
	}
	return nil
}

// raise raises the version of folders, each by one however often it is named. After 65535 comes 1:
// OpenSimulator's regions read versions as 16 bits, and 0 is what no folder has.
func raise(tx *sql.Tx, owner uuid.UUID, folders ...uuid.UUID) error {
	done := make(map[uuid.UUID]bool, len(folders))
	for _, id := range folders {
		if done[id] {
			continue
		}
		done[id] = true
		_, err := tx.Exec(`UPDATE inventoryfolders SET version = version % 65535 + 1
			WHERE agentID = ? AND folderID = ?`, owner, id)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) update(ctx context.Context, owner uuid.UUID, fn func(*sql.Tx) error) error {
	return failed(owner, s.db.Update(ctx, fn))
}

func (s *Service) view(ctx context.Context, owner uuid.UUID, fn func(*sql.Tx) error) error {
	return failed(owner, s.db.View(ctx, fn))
}

// failed makes a grid.ErrUnavailable of what is not one of the service's own answers.
func failed(owner uuid.UUID, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrNotFound), errors.Is(err, grid.ErrDenied), errors.Is(err, grid.ErrConflict):
		return fmt.Errorf("inventory of %s: %w", owner, err)
	}
	return fmt.Errorf("inventory of %s: %w: %w", owner, grid.ErrUnavailable, err)
}
