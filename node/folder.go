package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// What is in a data folder.
const (
	configFile  = "config.toml"
	lockFile    = "lock"
	controlFile = "control.sock"

	gridFile     = "grid.sqlite"     // users, and all that is theirs
	presenceFile = "presence.sqlite" // who is online, and which regions
	assetFile    = "assets.sqlite"   // what the blobs are
	blobFolder   = "assets"
	regionFolder = "regions" // a file for each, with its journal
)

// folder is a data folder that this process has for itself.
type folder struct {
	path string
	lock *os.File
}

// errLocked says that another process has the folder.
var errLocked = errors.New("another terrane is running on it; stop that one, or choose another folder with --data")

// openFolder makes a data folder if it is not there, and locks it. One that another process has is
// errLocked.
func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(filepath.Join(path, regionFolder), 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, fmt.Errorf("data folder %s: %w", path, err)
	}
	return &folder{path: path, lock: lock}, nil
}

func (f *folder) file(name ...string) string {
	return filepath.Join(append([]string{f.path}, name...)...)
}

// close gives the folder free for another process.
func (f *folder) close() error { return f.lock.Close() }

// loadConfig reads the folder's configuration, or another file. In a folder without one it writes the
// given defaults, with every key and its meaning.
func loadConfig(path, other string, defaults Config) (Config, error) {
	file := filepath.Join(path, configFile)
	if other != "" {
		file = other
	}
	c, err := ReadConfig(file)
	if errors.Is(err, os.ErrNotExist) && other == "" {
		return defaults, nil
	}
	return c, err
}

// keepConfig writes the configuration into a folder that has none.
func (f *folder) keepConfig(c Config) error {
	out, err := os.OpenFile(f.file(configFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return errors.Join(WriteConfig(out, c), out.Close())
}
