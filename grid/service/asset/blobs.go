package asset

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"terrane/grid"
)

// BlobError says that the content of an asset cannot be had: its file is missing, damaged or
// unreadable. It is a grid.ErrUnavailable, because the asset exists.
type BlobError struct {
	Path string // of the file
	Err  error  // fs.ErrNotExist when it is missing
}

// Error names the file.
func (e *BlobError) Error() string { return "content " + e.Path + ": " + e.Err.Error() }

// Unwrap makes it a grid.ErrUnavailable, and what went wrong.
func (e *BlobError) Unwrap() []error { return []error{grid.ErrUnavailable, e.Err} }

// errDamaged says that a file does not hold what its name says.
var errDamaged = errors.New("its bytes are not those of its name")

// incoming is the folder, inside a folder of contents, of files that are being written.
const incoming = "incoming"

// folder is a folder of contents, each in a file whose name is the SHA-256 of its bytes, two levels
// down: "AB/CD/ABCD…".
type folder struct {
	dir string
	// made has a flag for each folder of the second level that is known to survive a loss of power.
	made [1 << 16]atomic.Bool
}

// openFolder opens a folder of contents or makes it, and throws away what was being written when the
// server last ended.
func openFolder(dir string) (*folder, error) {
	if dir == "" {
		return nil, errors.New("none is named")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(filepath.Join(dir, incoming)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o755); err != nil {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(dir)); err != nil {
		return nil, err
	}
	return &folder{dir: dir}, nil
}

func (f *folder) path(h hash) string {
	name := h.String()
	return filepath.Join(f.dir, name[0:2], name[2:4], name)
}

func (f *folder) has(h hash) bool {
	_, err := os.Stat(f.path(h))
	return err == nil
}

// read is a content, or a *BlobError. Wrong bytes are never handed out.
func (f *folder) read(h hash) ([]byte, error) {
	path := f.path(h)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &BlobError{Path: path, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, &BlobError{Path: path, Err: err}
	}
	if sha256.Sum256(data) != h {
		return nil, &BlobError{Path: path, Err: errDamaged}
	}
	return data, nil
}

// write puts a content in its place and returns when it survives a loss of power. Content that is
// there already stays; a damaged one is replaced.
func (f *folder) write(h hash, data []byte) error {
	if err := f.make(h); err != nil {
		return err
	}
	if _, err := f.read(h); err != nil {
		temporary, err := f.receive(data)
		if err != nil {
			return err
		}
		if err := os.Rename(temporary, f.path(h)); err != nil {
			return errors.Join(err, os.Remove(temporary))
		}
	}
	// Whoever found it in place may have come between another's rename and sync.
	return syncFolder(filepath.Dir(f.path(h)))
}

// receive writes data to a file of its own and syncs it.
func (f *folder) receive(data []byte) (path string, err error) {
	file, err := os.CreateTemp(filepath.Join(f.dir, incoming), "content-*")
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// make makes the folder that a content lies in and sees to it that it stays.
func (f *folder) make(h hash) error {
	second := &f.made[int(h[0])<<8|int(h[1])]
	if second.Load() {
		return nil
	}
	place := filepath.Dir(f.path(h))
	if err := os.MkdirAll(place, 0o755); err != nil {
		return err
	}
	for _, parent := range []string{filepath.Dir(place), f.dir} {
		if err := syncFolder(parent); err != nil {
			return err
		}
	}
	second.Store(true)
	return nil
}

// remove deletes a content; one that is not there succeeds.
func (f *folder) remove(h hash) error {
	err := os.Remove(f.path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncFolder makes the names in a folder survive a loss of power. On Windows no folder can be synced, and
// the file system's own journal has to do.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}
