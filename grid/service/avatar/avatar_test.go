package avatar_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/grid/service/avatar"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t *testing.T) *avatar.Service {
	t.Helper()
	s, err := avatar.New(store.Memory(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.FencedAvatars(t, func(t *testing.T) grid.FencedAvatars { return open(t) })
}

func TestRowsWithBadNamesAreDeniedAndNothingIsWritten(t *testing.T) {
	s, user := open(t), uuid.New()
	if err := s.SetAvatar(t.Context(), user, grid.Avatar{"Serial": "1"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", strings.Repeat("n", 33)} {
		rows := grid.Avatar{"Serial": "2", name: "x"}
		if err := s.SetAvatar(t.Context(), user, rows); !errors.Is(err, grid.ErrDenied) {
			t.Errorf("set with %q: %v", name, err)
		}
		if err := s.SetAvatarItems(t.Context(), user, rows); !errors.Is(err, grid.ErrDenied) {
			t.Errorf("set items with %q: %v", name, err)
		}
	}
	got, err := s.Avatar(t.Context(), user)
	if err != nil || got["Serial"] != "1" || len(got) != 1 {
		t.Errorf("avatar is %v, %v", got, err)
	}
}

func TestTheLargestEpochIsHigherThanAll(t *testing.T) {
	s, user := open(t), uuid.New()
	for _, epoch := range []uint64{1, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		if err := s.SetAvatarAs(t.Context(), user, grid.Fence{Epoch: epoch}, nil); err != nil {
			t.Errorf("epoch %d: %v", epoch, err)
		}
	}
	if err := s.SetAvatarAs(t.Context(), user, grid.Fence{Epoch: 1 << 63}, nil); !errors.Is(err, grid.ErrSuperseded) {
		t.Errorf("lower epoch: %v", err)
	}
}

func TestAClosedDatabaseIsUnavailable(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "avatars.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := avatar.New(db)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Avatar(t.Context(), uuid.New()); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("read: %v", err)
	}
	if err := s.ResetAvatar(t.Context(), uuid.New()); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("write: %v", err)
	}
}
