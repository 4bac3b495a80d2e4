package asset_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/grid/service/asset"
	"terrane/store"

	"github.com/google/uuid"
)

// world is an asset service and what it stands on.
type world struct {
	*asset.Service
	db  *store.DB
	dir string
	now time.Time
}

func open(t testing.TB) *world {
	t.Helper()
	w := &world{db: store.Memory(t), dir: filepath.Join(t.TempDir(), "assets"), now: time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)}
	w.restart(t)
	return w
}

// restart opens the service anew, with nothing in memory.
func (w *world) restart(t testing.TB) {
	t.Helper()
	s, err := asset.New(w.db, asset.Options{Dir: w.dir, Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	w.Service = s
}

func (w *world) put(t testing.TB, content string) grid.Asset {
	t.Helper()
	a := grid.Asset{AssetInfo: grid.AssetInfo{Type: grid.AssetNotecard, Name: "note"}, Data: []byte(content)}
	return w.store(t, a)
}

func (w *world) store(t testing.TB, a grid.Asset) grid.Asset {
	t.Helper()
	id, err := w.PutAsset(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	a.ID = id
	return a
}

// file is where a content lies.
func (w *world) file(content string) string {
	name := fmt.Sprintf("%X", sha256.Sum256([]byte(content)))
	return filepath.Join(w.dir, name[:2], name[2:4], name)
}

// files are the names of all contents, and of what is on its way in.
func (w *world) files(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestContract(t *testing.T) {
	gridtest.Assets(t, func(t *testing.T) grid.Assets { return open(t) })
}

func TestAnEmptyAssetIsAnAsset(t *testing.T) {
	w := open(t)
	a := w.put(t, "")
	got, err := w.Asset(t.Context(), a.ID)
	if err != nil || len(got.Data) != 0 || got.Size != 0 {
		t.Errorf("it is %+v, %v", got, err)
	}
}

func TestTheTimeOfCreationIsKeptOrGiven(t *testing.T) {
	w := open(t)
	if got, err := w.AssetInfo(t.Context(), w.put(t, "x").ID); err != nil || !got.Created.Equal(w.now) {
		t.Errorf("created %v, %v", got.Created, err)
	}
	old := time.Date(2007, 1, 2, 3, 4, 5, 0, time.UTC)
	a := w.store(t, grid.Asset{AssetInfo: grid.AssetInfo{Created: old}, Data: []byte("y")})
	if got, err := w.AssetInfo(t.Context(), a.ID); err != nil || !got.Created.Equal(old) {
		t.Errorf("created %v, %v", got.Created, err)
	}
}

func TestEqualContentsShareAFileUntilTheLastIsDeleted(t *testing.T) {
	w := open(t)
	a, b := w.put(t, "shared"), w.put(t, "shared")
	if files := w.files(t); len(files) != 1 || files[0] != w.file("shared") {
		t.Errorf("files are %v, want %s", files, w.file("shared"))
	}
	if err := w.DeleteAsset(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Asset(t.Context(), b.ID); err != nil {
		t.Errorf("the other: %v", err)
	}
	if err := w.DeleteAsset(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	if files := w.files(t); len(files) != 0 {
		t.Errorf("left are %v", files)
	}
}

func TestRefusedContentLeavesNoFile(t *testing.T) {
	w := open(t)
	a := w.put(t, "first")
	a.Data = []byte("second")
	if _, err := w.PutAsset(t.Context(), a); !errors.Is(err, grid.ErrConflict) {
		t.Errorf("put: %v", err)
	}
	if files := w.files(t); len(files) != 1 {
		t.Errorf("files are %v", files)
	}
}

func TestADamagedOrMissingFileIsNamedAndNeverHandedOut(t *testing.T) {
	const content = "what it should be"
	for name, damage := range map[string]func(path string) error{
		"flipped bit": func(path string) error { return os.WriteFile(path, []byte("What it should be"), 0o644) },
		"cut short":   func(path string) error { return os.Truncate(path, 4) },
		"emptied":     func(path string) error { return os.Truncate(path, 0) },
		"missing":     os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			a := w.put(t, content)
			if err := damage(w.file(content)); err != nil {
				t.Fatal(err)
			}
			w.restart(t)
			got, err := w.Asset(t.Context(), a.ID)
			var bad *asset.BlobError
			if !errors.As(err, &bad) || bad.Path != w.file(content) || !strings.Contains(err.Error(), a.ID.String()) {
				t.Errorf("read %q, %v", got.Data, err)
			}
			if !errors.Is(err, grid.ErrUnavailable) || errors.Is(err, grid.ErrNotFound) {
				t.Errorf("error is %v", err)
			}
			if info, err := w.AssetInfo(t.Context(), a.ID); err != nil || info.Size != len(content) {
				t.Errorf("what is known of it: %+v, %v", info, err)
			}

			w.store(t, a)
			if got, err := w.Asset(t.Context(), a.ID); err != nil || string(got.Data) != content {
				t.Errorf("after mending: %q, %v", got.Data, err)
			}
		})
	}
}

func TestWhatWasReadOnceIsReadFromMemory(t *testing.T) {
	w := open(t)
	a := w.put(t, "remember me")
	if _, err := w.Asset(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.file("remember me")); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Asset(t.Context(), a.ID); err != nil || string(got.Data) != "remember me" {
		t.Errorf("read %q, %v", got.Data, err)
	}
}

func TestAStartFinishesWhatACrashInterrupted(t *testing.T) {
	w := open(t)
	kept, gone := w.put(t, "kept"), w.put(t, "gone")
	// As after a crash between the two steps of a deletion, and in the middle of a write.
	err := w.db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM fsassets WHERE id = ?", gone.ID)
		for _, content := range []string{"gone", "kept"} {
			hash := filepath.Base(w.file(content))
			_, failed := tx.Exec("INSERT INTO assetgarbage (hash) VALUES (?)", hash)
			err = errors.Join(err, failed)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "incoming", "content-1"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.restart(t)
	if files := w.files(t); len(files) != 1 || files[0] != w.file("kept") {
		t.Errorf("left are %v", files)
	}
	if _, err := w.Asset(t.Context(), kept.ID); err != nil {
		t.Error(err)
	}
}

func TestTemporaryAssetsExpireWhenNobodyUsesThem(t *testing.T) {
	w := open(t)
	bake := func(content string) grid.Asset {
		return w.store(t, grid.Asset{AssetInfo: grid.AssetInfo{Temporary: true}, Data: []byte(content)})
	}
	unused, read, again, keep := bake("unused"), bake("read"), bake("put again"), bake("made permanent")
	lasting := w.put(t, "lasting")
	w.now = w.now.Add(48 * time.Hour)
	if _, err := w.Asset(t.Context(), read.ID); err != nil {
		t.Fatal(err)
	}
	w.store(t, again)
	keep.Temporary = false
	w.store(t, keep)
	fresh := bake("fresh")
	n, err := w.Expire(t.Context(), w.now.Add(-24*time.Hour))
	if err != nil || n != 1 {
		t.Errorf("%d expired, %v", n, err)
	}
	exist, err := w.AssetsExist(t.Context(), []uuid.UUID{unused.ID, read.ID, again.ID, keep.ID, lasting.ID, fresh.ID})
	if want := "[false true true true true true]"; err != nil || fmt.Sprint(exist) != want {
		t.Errorf("there are %v, want %s, %v", exist, want, err)
	}
	if _, err := os.Stat(w.file("unused")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its file: %v", err)
	}
}

func TestNothingExpiresOnTheDayItWasUsed(t *testing.T) {
	w := open(t)
	a := w.store(t, grid.Asset{AssetInfo: grid.AssetInfo{Temporary: true}, Data: []byte("bake")})
	endOfDay := time.Date(2024, 5, 6, 23, 59, 59, 0, time.UTC)
	if n, err := w.Expire(t.Context(), endOfDay); err != nil || n != 0 {
		t.Errorf("%d expired, %v", n, err)
	}
	if n, err := w.Expire(t.Context(), endOfDay.Add(time.Second)); err != nil || n != 1 {
		t.Errorf("%d expired, %v", n, err)
	}
	if _, err := w.Asset(t.Context(), a.ID); !errors.Is(err, grid.ErrNotFound) {
		t.Errorf("read: %v", err)
	}
}

func TestMoreExpireThanOneTransactionHolds(t *testing.T) {
	w := open(t)
	for i := range 250 {
		w.store(t, grid.Asset{AssetInfo: grid.AssetInfo{Temporary: true}, Data: fmt.Append(nil, "bake ", i/2)})
	}
	if n, err := w.Expire(t.Context(), w.now.Add(24*time.Hour)); err != nil || n != 250 {
		t.Errorf("%d expired, %v", n, err)
	}
	if files := w.files(t); len(files) != 0 {
		t.Errorf("left are %d files", len(files))
	}
}

func TestPuttingTheSameContentManyTimesAtOnceStoresItOnce(t *testing.T) {
	w := open(t)
	content := bytes.Repeat([]byte("x"), 1<<20)
	ids := make([]uuid.UUID, 16)
	var wait sync.WaitGroup
	for n := range ids {
		wait.Go(func() {
			id, err := w.PutAsset(t.Context(), grid.Asset{Data: content})
			if err != nil {
				t.Error(err)
			}
			ids[n] = id
		})
	}
	wait.Wait()
	if files := w.files(t); len(files) != 1 {
		t.Errorf("files are %v", files)
	}
	w.restart(t)
	for _, id := range ids {
		wait.Go(func() {
			if got, err := w.Asset(t.Context(), id); err != nil || !bytes.Equal(got.Data, content) {
				t.Errorf("read %d bytes, %v", len(got.Data), err)
			}
		})
	}
	wait.Wait()
}

func TestAFolderThatCannotBeIsRefusedAtStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if _, err := asset.New(store.Memory(t), asset.Options{Dir: dir}); err == nil {
			t.Errorf("%q was taken", dir)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "assets.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := asset.New(db, asset.Options{Dir: filepath.Join(b.TempDir(), "assets")})
	if err != nil {
		b.Fatal(err)
	}
	data := bytes.Repeat([]byte("x"), 20<<10)
	b.SetBytes(int64(len(data)))
	for n := 0; b.Loop(); n++ {
		copy(data, fmt.Append(nil, n, "-"))
		if _, err := s.PutAsset(b.Context(), grid.Asset{Data: data}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	for name, cache := range map[string]int{"memory": 0, "file": -1} {
		b.Run(name, func(b *testing.B) {
			s, err := asset.New(store.Memory(b), asset.Options{Dir: filepath.Join(b.TempDir(), "assets"), Cache: cache})
			if err != nil {
				b.Fatal(err)
			}
			data := bytes.Repeat([]byte("x"), 20<<10)
			id, err := s.PutAsset(b.Context(), grid.Asset{Data: data})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := s.Asset(b.Context(), id); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
