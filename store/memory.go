package store

import (
	"context"
	"path/filepath"
)

// TB is what Memory needs of a testing.TB.
type TB interface {
	Helper()
	TempDir() string
	Cleanup(func())
	Fatal(...any)
	Error(...any)
}

// Memory is a fresh, empty database for a test, closed when the test ends. It is a file all the same, so
// that a test sees what a server would, but one that nobody waits to have on disk.
func Memory(t TB) *DB {
	t.Helper()
	db, err := Open(context.Background(), filepath.Join(t.TempDir(), "test.db"), Options{Sync: syncOff})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
