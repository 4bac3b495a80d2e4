package gridtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"terrane/grid"

	"github.com/google/uuid"
)

// Assets holds an asset service to its contract. make gives each test an empty one.
func Assets(t *testing.T, make func(t *testing.T) grid.Assets) {
	t.Run("an asset that was never put is not found", func(t *testing.T) {
		s, id := make(t), uuid.New()
		wantNoAsset(t, s, id)
	})
	t.Run("an asset comes back with its content", func(t *testing.T) {
		s, a := make(t), newAsset("some notes\n")
		a.Flags, a.Temporary = 4, true
		id, err := s.PutAsset(t.Context(), a)
		succeed(t, err)
		if id != a.ID {
			t.Errorf("put under %s, want %s", id, a.ID)
		}
		got := wantAsset(t, s, a.ID, a.Data)
		info, err := s.AssetInfo(t.Context(), a.ID)
		succeed(t, err)
		if info != got.AssetInfo {
			t.Errorf("without content it is %+v, with content %+v", info, got.AssetInfo)
		}
		if info.Created.IsZero() {
			t.Error("it has no time of creation")
		}
		info.Created = a.Created
		a.Size, a.Hash = len(a.Data), sha256.Sum256(a.Data)
		if info != a.AssetInfo {
			t.Errorf("it is %+v, want %+v", info, a.AssetInfo)
		}
	})
	t.Run("an asset without an id gets a random one", func(t *testing.T) {
		s, a := make(t), newAsset("anonymous")
		a.ID = uuid.Nil
		one, err := s.PutAsset(t.Context(), a)
		succeed(t, err)
		other, err := s.PutAsset(t.Context(), a)
		succeed(t, err)
		if one == uuid.Nil || other == uuid.Nil || one == other {
			t.Errorf("ids are %s and %s", one, other)
		}
		wantAsset(t, s, one, a.Data)
		wantAsset(t, s, other, a.Data)
	})
	t.Run("putting the same again succeeds", func(t *testing.T) {
		s, a := make(t), newAsset("twice")
		putAsset(t, s, a)
		putAsset(t, s, a)
		wantAsset(t, s, a.ID, a.Data)
	})
	t.Run("other content under an id that is taken is a conflict", func(t *testing.T) {
		s, a := make(t), newAsset("first")
		putAsset(t, s, a)
		b := a
		b.Data = []byte("other")
		_, err := s.PutAsset(t.Context(), b)
		refuse(t, err, grid.ErrConflict)
		wantAsset(t, s, a.ID, a.Data)
	})
	t.Run("the largest asset is taken, and more is denied", func(t *testing.T) {
		if testing.Short() {
			t.Skip("moves 64 MiB twice")
		}
		s, a := make(t), newAsset(string(bytes.Repeat([]byte("x"), grid.MaxAsset+1)))
		_, err := s.PutAsset(t.Context(), a)
		refuse(t, err, grid.ErrDenied)
		wantNoAsset(t, s, a.ID)
		a.Data = a.Data[:grid.MaxAsset]
		putAsset(t, s, a)
		wantAsset(t, s, a.ID, a.Data)
	})
	t.Run("a name longer than 64 bytes is cut between characters", func(t *testing.T) {
		s, a := make(t), newAsset("named")
		a.Name, a.Description = strings.Repeat("é", 40), strings.Repeat("日本", 40)
		putAsset(t, s, a)
		info, err := s.AssetInfo(t.Context(), a.ID)
		succeed(t, err)
		for long, got := range map[string]string{a.Name: info.Name, a.Description: info.Description} {
			if len(got) < 60 || len(got) > 64 || !utf8.ValidString(got) || !strings.HasPrefix(long, got) {
				t.Errorf("%q is stored as %q", long, got)
			}
		}
	})
	t.Run("which exist is said in the order asked", func(t *testing.T) {
		s := make(t)
		var ids []uuid.UUID
		var want []bool
		for i := range 1200 {
			a := newAsset(fmt.Sprint("asset ", i))
			if i%100 == 0 {
				putAsset(t, s, a)
			}
			ids, want = append(ids, a.ID), append(want, i%100 == 0)
		}
		ids, want = append(ids, ids[0], ids[1]), append(want, true, false)
		got, err := s.AssetsExist(t.Context(), ids)
		succeed(t, err)
		if !slices.Equal(got, want) {
			t.Error("the answers do not match the questions")
		}
		got, err = s.AssetsExist(t.Context(), nil)
		succeed(t, err)
		if len(got) != 0 {
			t.Errorf("nothing asked, %d answers", len(got))
		}
	})
	t.Run("deleting deletes, and what is not there succeeds", func(t *testing.T) {
		s, a := make(t), newAsset("gone")
		putAsset(t, s, a)
		succeed(t, s.DeleteAsset(t.Context(), a.ID))
		wantNoAsset(t, s, a.ID)
		succeed(t, s.DeleteAsset(t.Context(), a.ID))
		succeed(t, s.DeleteAsset(t.Context(), uuid.New()))
		putAsset(t, s, a)
		wantAsset(t, s, a.ID, a.Data)
	})
	t.Run("deleting one of two with the same content keeps the other", func(t *testing.T) {
		s, a := make(t), newAsset("shared")
		b := a
		b.ID = uuid.New()
		putAsset(t, s, a)
		putAsset(t, s, b)
		succeed(t, s.DeleteAsset(t.Context(), a.ID))
		wantNoAsset(t, s, a.ID)
		wantAsset(t, s, b.ID, b.Data)
	})
	t.Run("of different contents put under one id at the same time one stays", func(t *testing.T) {
		contestAsset(t, make(t))
	})
	t.Run("putting and deleting the same content at the same time loses nothing", func(t *testing.T) {
		churnAssets(t, make(t))
	})
	t.Run("a cancelled call fails and changes nothing", func(t *testing.T) {
		s, a := make(t), newAsset("kept")
		putAsset(t, s, a)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Asset(ctx, a.ID)
		refuse(t, err, context.Canceled)
		_, err = s.AssetInfo(ctx, a.ID)
		refuse(t, err, context.Canceled)
		_, err = s.AssetsExist(ctx, []uuid.UUID{a.ID})
		refuse(t, err, context.Canceled)
		b := newAsset("never stored")
		_, err = s.PutAsset(ctx, b)
		refuse(t, err, context.Canceled)
		refuse(t, s.DeleteAsset(ctx, a.ID), context.Canceled)
		wantAsset(t, s, a.ID, a.Data)
		wantNoAsset(t, s, b.ID)
	})
}

// contestAsset puts different contents under one id: each writer is told the truth about whose stayed.
func contestAsset(t *testing.T, s grid.Assets) {
	id := uuid.New()
	content := func(i int) []byte { return fmt.Append(nil, "content ", i%4) }
	var winner atomic.Int64 // content of whoever succeeded, plus one
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			a := newAsset(string(content(i)))
			a.ID = id
			switch _, err := s.PutAsset(t.Context(), a); {
			case err == nil:
				mine := int64(i%4) + 1
				if !winner.CompareAndSwap(0, mine) && winner.Load() != mine {
					t.Error("two different contents were both taken")
				}
			case !errors.Is(err, grid.ErrConflict):
				t.Errorf("put: %v", err)
			}
		})
	}
	wait.Wait()
	if winner.Load() == 0 {
		t.Fatal("all were refused")
	}
	wantAsset(t, s, id, content(int(winner.Load()-1)))
}

// churnAssets puts and deletes one content under many ids; what was put last is there.
func churnAssets(t *testing.T, s grid.Assets) {
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			a := newAsset("the same content for all")
			for range 10 {
				if _, err := s.PutAsset(t.Context(), a); err != nil {
					t.Errorf("put: %v", err)
					return
				}
				got, err := s.Asset(t.Context(), a.ID)
				if err != nil || !bytes.Equal(got.Data, a.Data) {
					t.Errorf("just put: %q, %v", got.Data, err)
					return
				}
				if err := s.DeleteAsset(t.Context(), a.ID); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
		})
	}
	wait.Wait()
}

// newAsset is an asset with a random id that OpenSimulator's form can carry whole.
func newAsset(content string) grid.Asset {
	return grid.Asset{
		AssetInfo: grid.AssetInfo{
			ID: uuid.New(), Type: grid.AssetNotecard, Name: "A <name> & more", Description: "é日本", Creator: uuid.New(),
		},
		Data: []byte(content),
	}
}

func putAsset(t *testing.T, s grid.Assets, a grid.Asset) {
	t.Helper()
	_, err := s.PutAsset(t.Context(), a)
	succeed(t, err)
}

func wantAsset(t *testing.T, s grid.Assets, id uuid.UUID, data []byte) grid.Asset {
	t.Helper()
	a, err := s.Asset(t.Context(), id)
	succeed(t, err)
	if a.ID != id || !bytes.Equal(a.Data, data) {
		t.Errorf("asset %s has %d bytes that are not the %d put", id, len(a.Data), len(data))
	}
	return a
}

func wantNoAsset(t *testing.T, s grid.Assets, id uuid.UUID) {
	t.Helper()
	_, err := s.Asset(t.Context(), id)
	refuse(t, err, grid.ErrNotFound)
	_, err = s.AssetInfo(t.Context(), id)
	refuse(t, err, grid.ErrNotFound)
	exist, err := s.AssetsExist(t.Context(), []uuid.UUID{id})
	succeed(t, err)
	if exist[0] {
		t.Errorf("asset %s is said to exist", id)
	}
}
