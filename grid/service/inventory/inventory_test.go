package inventory_test

import (
	"testing"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/grid/service/inventory"
	"terrane/grid/service/library"
	"terrane/store"
)

func open(t testing.TB, db *store.DB) *inventory.Service {
	t.Helper()
	s, err := inventory.New(db, inventory.Options{Outfit: library.New().Outfit()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.Inventory(t, func(t *testing.T) grid.Inventory { return open(t, store.Memory(t)) })
}

func TestWardrobeContract(t *testing.T) {
	gridtest.Wardrobe(t, func(t *testing.T) gridtest.Dresser { return open(t, store.Memory(t)) })
}
