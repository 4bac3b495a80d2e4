package inventory_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"terrane/grid"
	"terrane/grid/service/asset"
	"terrane/grid/service/inventory"
	"terrane/grid/service/library"
	"terrane/store"

	"github.com/google/uuid"
)

// execute changes the tables behind the service's back, as an import or a damage does.
func execute(t testing.TB, db *store.DB, statement string, args ...any) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func created(t testing.TB, s *inventory.Service) uuid.UUID {
	t.Helper()
	owner := uuid.New()
	if err := s.CreateInventory(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	return owner
}

func folderOf(t testing.TB, s *inventory.Service, owner uuid.UUID, kind int16) grid.Folder {
	t.Helper()
	f, err := s.FolderForType(t.Context(), owner, kind)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func skeleton(t testing.TB, s *inventory.Service, owner uuid.UUID) []grid.Folder {
	t.Helper()
	all, err := s.Skeleton(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheDefaultTreeIsWhatViewersExpect(t *testing.T) {
	s := open(t, store.Memory(t))
	owner := created(t, s)
	names := map[uuid.UUID]string{}
	var paths []string
	for _, f := range skeleton(t, s, owner) {
		names[f.ID] = names[f.Parent] + "/" + f.Name
		paths = append(paths, fmt.Sprint(names[f.ID], " ", f.Type))
	}
	want := []string{
		"/My Inventory 8",
		"/My Inventory/Animations 20",
		"/My Inventory/Body Parts 13",
		"/My Inventory/Calling Cards 2",
		"/My Inventory/Clothing 5",
		"/My Inventory/Current Outfit 46",
		"/My Inventory/Favorites 23",
		"/My Inventory/Gestures 21",
		"/My Inventory/Landmarks 3",
		"/My Inventory/Lost And Found 16",
		"/My Inventory/Materials 57",
		"/My Inventory/My Outfits 48",
		"/My Inventory/Notecards 7",
		"/My Inventory/Objects 6",
		"/My Inventory/Photo Album 15",
		"/My Inventory/Scripts 10",
		"/My Inventory/Settings 56",
		"/My Inventory/Sounds 1",
		"/My Inventory/Textures 0",
		"/My Inventory/Trash 14",
		"/My Inventory/Calling Cards/Friends -1",
		"/My Inventory/Calling Cards/Friends/All -1",
	}
	if !slices.Equal(paths, want) {
		t.Errorf("the tree is\n%s\nwant\n%s", strings.Join(paths, "\n"), strings.Join(want, "\n"))
	}
}

func TestCreatingMakesWhatIsMissingAndNothingElse(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db)
	owner := created(t, s)
	textures, trash := folderOf(t, s, owner, grid.FolderTexture), folderOf(t, s, owner, grid.FolderTrash)
	execute(t, db, "DELETE FROM inventoryfolders WHERE agentID = ? AND type IN (0, 2, 46)", owner)
	execute(t, db, "DELETE FROM inventoryfolders WHERE agentID = ? AND folderName IN ('Friends', 'All')", owner)
	if err := s.CreateInventory(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	if n := len(skeleton(t, s, owner)); n != 22 {
		t.Errorf("%d folders", n)
	}
	if f := folderOf(t, s, owner, grid.FolderTexture); f.ID == textures.ID {
		t.Error("the missing folder is the old one")
	}
	if f := folderOf(t, s, owner, grid.FolderTrash); f != trash {
		t.Errorf("the trash was %+v, is %+v", trash, f)
	}
	if f := folderOf(t, s, owner, grid.FolderRoot); f.Version != 2 {
		t.Errorf("the root has version %d", f.Version)
	}
}

func TestAfterTheHighestVersionComesOne(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db)
	owner := created(t, s)
	f := grid.Folder{
		ID: uuid.New(), Owner: owner, Parent: folderOf(t, s, owner, grid.FolderRoot).ID, Name: "Old",
		Type: grid.FolderNone, Version: 65534,
	}
	if err := s.AddFolder(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{65534, 65535, 1, 2} {
		c, err := s.FolderContent(t.Context(), owner, f.ID)
		if err != nil || c.Folder.Version != want {
			t.Errorf("version is %d, want %d, %v", c.Folder.Version, want, err)
		}
		if err := s.AddItem(t.Context(), grid.Item{ID: uuid.New(), Owner: owner, Folder: f.ID}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFolderWithoutAVersionBeginsWithOne(t *testing.T) {
	s := open(t, store.Memory(t))
	owner := created(t, s)
	for _, version := range []int{0, -1, 65536} {
		f := grid.Folder{
			ID: uuid.New(), Owner: owner, Parent: folderOf(t, s, owner, grid.FolderTrash).ID,
			Type: grid.FolderNone, Version: version,
		}
		if err := s.AddFolder(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if c, err := s.FolderContent(t.Context(), owner, f.ID); err != nil || c.Folder.Version != 1 {
			t.Errorf("version %d became %d, %v", version, c.Folder.Version, err)
		}
	}
}

func TestADeepTreeIsListedMovedAndDeleted(t *testing.T) {
	const depth = 2000
	db := store.Memory(t)
	s := open(t, db)
	owner := created(t, s)
	trash := folderOf(t, s, owner, grid.FolderTrash)
	chain := grow(t, db, owner, trash.ID, depth, func(ids []uuid.UUID, n int) uuid.UUID { return ids[n] })
	if n := len(skeleton(t, s, owner)); n != 22+depth {
		t.Errorf("%d folders", n)
	}
	top := grid.Folder{ID: chain[0], Owner: owner, Parent: chain[depth-1], Name: "top", Type: grid.FolderNone}
	if err := s.UpdateFolder(t.Context(), top); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("move below itself: %v", err)
	}
	if err := s.PurgeFolder(t.Context(), owner, trash.ID); err != nil {
		t.Fatal(err)
	}
	if n := len(skeleton(t, s, owner)); n != 22 {
		t.Errorf("%d folders are left", n)
	}
}

// grow adds many folders at once. below says which is the parent of the one that follows the nth.
func grow(t testing.TB, db *store.DB, owner, top uuid.UUID, many int, below func(ids []uuid.UUID, n int) uuid.UUID) []uuid.UUID {
	t.Helper()
	ids := make([]uuid.UUID, many)
	for n := range ids {
		ids[n] = uuid.New()
	}
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		parent := top
		for n, id := range ids {
			_, err := tx.Exec(`INSERT INTO inventoryfolders (folderID, agentID, parentFolderID, folderName, type, version)
				VALUES (?, ?, ?, ?, -1, 1)`, id, owner, parent, fmt.Sprint("folder ", n))
			if err != nil {
				return err
			}
			parent = below(ids, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestADamagedTreeIsStillListedWhole(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db)
	owner := created(t, s)
	ids := grow(t, db, owner, uuid.New(), 4, func(ids []uuid.UUID, n int) uuid.UUID { return ids[n] })
	execute(t, db, "UPDATE inventoryfolders SET parentFolderID = ? WHERE folderID = ?", ids[3], ids[2])
	all := skeleton(t, s, owner)
	if len(all) != 22+4 || all[0].Type != grid.FolderRoot {
		t.Errorf("%d folders, the first is %+v", len(all), all[0])
	}
	seen := map[uuid.UUID]bool{}
	for _, f := range all {
		if seen[f.ID] {
			t.Errorf("%q is listed twice", f.Name)
		}
		seen[f.ID] = true
	}
	if err := s.DeleteFolders(t.Context(), owner, ids[:2]); err != nil {
		t.Errorf("delete what hangs on nothing: %v", err)
	}
	if err := s.DeleteFolders(t.Context(), owner, ids[3:]); err != nil {
		t.Errorf("delete a circle: %v", err)
	}
	if n := len(skeleton(t, s, owner)); n != 22 {
		t.Errorf("%d folders are left", n)
	}
}

func TestWhatHasNoIDOrPlaceIsDenied(t *testing.T) {
	s := open(t, store.Memory(t))
	owner := created(t, s)
	trash := folderOf(t, s, owner, grid.FolderTrash).ID
	if err := s.AddFolder(t.Context(), grid.Folder{Owner: owner, Parent: trash, Type: grid.FolderNone}); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("folder: %v", err)
	}
	if err := s.AddItem(t.Context(), grid.Item{Owner: owner, Folder: trash}); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("item: %v", err)
	}
	if err := s.MoveItems(t.Context(), owner, []uuid.UUID{uuid.New()}, nil); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("move to nowhere: %v", err)
	}
}

func TestTextsAreMadeFitForAViewersList(t *testing.T) {
	s := open(t, store.Memory(t))
	owner := created(t, s)
	i := grid.Item{
		ID: uuid.New(), Owner: owner, Folder: folderOf(t, s, owner, grid.FolderTrash).ID,
		Name: "a|b\nc\x00d\xffe", Description: "line\tone", Creator: uuid.New(),
		CreatorData: "http://example.org/;" + strings.Repeat("x", 300),
	}
	if err := s.AddItem(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	got, err := s.Items(t.Context(), owner, []uuid.UUID{i.ID})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if got[0].Name != "a b c de" || got[0].Description != "line one" {
		t.Errorf("name %q, description %q", got[0].Name, got[0].Description)
	}
	if got[0].Creator != i.Creator || got[0].CreatorData != i.CreatorData[:218] {
		t.Errorf("creator %s, %q", got[0].Creator, got[0].CreatorData)
	}
}

func TestPermissionsOfASignedColumnAreRead(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db)
	owner := created(t, s)
	i := grid.Item{ID: uuid.New(), Owner: owner, Folder: folderOf(t, s, owner, grid.FolderTrash).ID}
	if err := s.AddItem(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	execute(t, db, "UPDATE inventoryitems SET inventoryBasePermissions = -1, flags = -2147483648 WHERE inventoryID = ?", i.ID)
	got, err := s.Items(t.Context(), owner, []uuid.UUID{i.ID})
	if err != nil || len(got) != 1 || got[0].Base != 0xFFFFFFFF || got[0].Flags != 0x80000000 {
		t.Errorf("read %+v, %v", got, err)
	}
}

// TestTheRowsShowWhatTheWearablesSay compares the colours of shirt and pants, the parameters 803 to 808, which
// stand beside each other in the visual parameters.
func TestTheRowsShowWhatTheWearablesSay(t *testing.T) {
	s := open(t, store.Memory(t))
	assets, err := asset.New(store.Memory(t), asset.Options{Dir: filepath.Join(t.TempDir(), "assets")})
	if err != nil {
		t.Fatal(err)
	}
	if err := library.Seed(t.Context(), assets); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Outfit(t.Context(), uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	for row, lines := range map[string]string{
		"Wearable 4:0": "\n803 .5\n804 .5\n805 .6\n", "Wearable 5:0": "\n806 .8\n807 .2\n808 .2\n",
	} {
		_, id, _ := strings.Cut(rows[row], ":")
		a, err := assets.Asset(t.Context(), uuid.MustParse(id))
		if err != nil || !strings.Contains(string(a.Data), lines) {
			t.Errorf("%s is %q, %v", row, a.Data, err)
		}
	}
	if !strings.Contains(rows["VisualParams"], ",127,127,153,204,51,51,") {
		t.Errorf("the parameters are %s", rows["VisualParams"])
	}
}

func TestWithoutADefaultOutfitNobodyIsDressed(t *testing.T) {
	s, err := inventory.New(store.Memory(t), inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Outfit(t.Context(), uuid.New())
	if err != nil || len(rows) != 3 {
		t.Errorf("rows are %v, %v", rows, err)
	}
}

func BenchmarkSkeleton(b *testing.B) {
	db := store.Memory(b)
	s := open(b, db)
	owner := created(b, s)
	root := folderOf(b, s, owner, grid.FolderRoot).ID
	grow(b, db, owner, root, 10_000, func(ids []uuid.UUID, n int) uuid.UUID { return ids[n/10] })
	for b.Loop() {
		if _, err := s.Skeleton(b.Context(), owner); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFolderContent(b *testing.B) {
	s := open(b, store.Memory(b))
	owner := created(b, s)
	folder := folderOf(b, s, owner, grid.FolderLostAndFound).ID
	for n := range 10_000 {
		i := grid.Item{ID: uuid.New(), Owner: owner, Folder: folder, Creator: owner, Asset: uuid.New(), Name: fmt.Sprint("item ", n)}
		if err := s.AddItem(b.Context(), i); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := s.FolderContent(b.Context(), owner, folder); err != nil {
			b.Fatal(err)
		}
	}
}
