package gridtest

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"

	"terrane/grid"

	"github.com/google/uuid"
)

// Avatars holds an avatar service to its contract. make gives each test an empty one.
func Avatars(t *testing.T, make func(t *testing.T) grid.Avatars) {
	t.Run("a user without rows has an empty avatar", func(t *testing.T) {
		wantAvatar(t, make(t), uuid.New(), grid.Avatar{})
	})
	t.Run("setting replaces all rows", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatar(t.Context(), user, grid.Avatar{"Serial": "1", "_ap_5": uuid.NewString()}))
		next := grid.Avatar{"Serial": "2", "Wearable 0:0": uuid.NewString() + ":" + uuid.NewString()}
		succeed(t, s.SetAvatar(t.Context(), user, next))
		wantAvatar(t, s, user, next)
	})
	t.Run("setting items replaces or adds and keeps the others", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatar(t.Context(), user, grid.Avatar{"Serial": "1", "AvatarHeight": "1.9"}))
		succeed(t, s.SetAvatarItems(t.Context(), user, grid.Avatar{"Serial": "2", "_ap_1": "x"}))
		wantAvatar(t, s, user, grid.Avatar{"Serial": "2", "AvatarHeight": "1.9", "_ap_1": "x"})
	})
	t.Run("setting items makes an avatar of a user who had none", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatarItems(t.Context(), user, grid.Avatar{"Serial": "7"}))
		wantAvatar(t, s, user, grid.Avatar{"Serial": "7"})
	})
	t.Run("removing deletes and passes over what is not there", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatar(t.Context(), user, grid.Avatar{"Serial": "1", "_ap_1": "x", "_ap_2": "y"}))
		succeed(t, s.RemoveAvatarItems(t.Context(), user, []string{"_ap_2", "_ap_40", "_ap_1"}))
		wantAvatar(t, s, user, grid.Avatar{"Serial": "1"})
		succeed(t, s.RemoveAvatarItems(t.Context(), uuid.New(), []string{"_ap_2"}))
	})
	t.Run("resetting deletes all rows", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatar(t.Context(), user, grid.Avatar{"Serial": "1", "_ap_1": "x"}))
		succeed(t, s.ResetAvatar(t.Context(), user))
		wantAvatar(t, s, user, grid.Avatar{})
		succeed(t, s.ResetAvatar(t.Context(), user))
	})
	t.Run("users do not share rows", func(t *testing.T) {
		s, one, other := make(t), uuid.New(), uuid.New()
		succeed(t, s.SetAvatar(t.Context(), one, grid.Avatar{"Serial": "1"}))
		succeed(t, s.SetAvatar(t.Context(), other, grid.Avatar{"Serial": "2"}))
		succeed(t, s.RemoveAvatarItems(t.Context(), other, []string{"Serial"}))
		wantAvatar(t, s, one, grid.Avatar{"Serial": "1"})
		wantAvatar(t, s, other, grid.Avatar{})
	})
	t.Run("names of 32 bytes and long values come back whole", func(t *testing.T) {
		s, user := make(t), uuid.New()
		rows := grid.Avatar{
			"Wearable 16:4":         uuid.NewString() + ":" + uuid.NewString(),
			strings.Repeat("n", 32): "<&>\"é日本",
			"VisualParams":          strings.Repeat("255,", 254) + "255",
		}
		succeed(t, s.SetAvatar(t.Context(), user, rows))
		wantAvatar(t, s, user, rows)
	})
	t.Run("readers never see half of a replacement", func(t *testing.T) { wholeAvatars(t, make(t)) })
	t.Run("items set at the same time are all kept", func(t *testing.T) {
		s, user := make(t), uuid.New()
		want := grid.Avatar{}
		var wait sync.WaitGroup
		for i := range 16 {
			name := "_ap_" + strconv.Itoa(i+1)
			want[name] = "x"
			wait.Go(func() {
				if err := s.SetAvatarItems(t.Context(), user, grid.Avatar{name: "x"}); err != nil {
					t.Errorf("set %s: %v", name, err)
				}
			})
		}
		wait.Wait()
		wantAvatar(t, s, user, want)
	})
	t.Run("a cancelled call fails and changes nothing", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatar(t.Context(), user, grid.Avatar{"Serial": "1"}))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Avatar(ctx, user)
		refuse(t, err, context.Canceled)
		refuse(t, s.SetAvatar(ctx, user, grid.Avatar{"Serial": "2"}), context.Canceled)
		refuse(t, s.SetAvatarItems(ctx, user, grid.Avatar{"Serial": "2"}), context.Canceled)
		refuse(t, s.RemoveAvatarItems(ctx, user, []string{"Serial"}), context.Canceled)
		refuse(t, s.ResetAvatar(ctx, user), context.Canceled)
		wantAvatar(t, s, user, grid.Avatar{"Serial": "1"})
	})
}

// FencedAvatars holds an avatar service to its contract, epochs included.
func FencedAvatars(t *testing.T, make func(t *testing.T) grid.FencedAvatars) {
	Avatars(t, func(t *testing.T) grid.Avatars { return make(t) })

	fence := func(epoch uint64) grid.Fence { return grid.Fence{Session: uuid.New(), Epoch: epoch} }
	t.Run("a lower epoch is superseded and writes nothing", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatarAs(t.Context(), user, fence(5), grid.Avatar{"Serial": "5"}))
		refuse(t, s.SetAvatarAs(t.Context(), user, fence(4), grid.Avatar{"Serial": "4"}), grid.ErrSuperseded)
		wantAvatar(t, s, user, grid.Avatar{"Serial": "5"})
	})
	t.Run("the highest epoch replaces all rows again and again", func(t *testing.T) {
		s, user, f := make(t), uuid.New(), fence(5)
		succeed(t, s.SetAvatarAs(t.Context(), user, f, grid.Avatar{"Serial": "1", "_ap_1": "x"}))
		succeed(t, s.SetAvatarAs(t.Context(), user, f, grid.Avatar{"Serial": "2"}))
		succeed(t, s.SetAvatarAs(t.Context(), user, f, grid.Avatar{"Serial": "2"}))
		wantAvatar(t, s, user, grid.Avatar{"Serial": "2"})
	})
	t.Run("a higher epoch takes over", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatarAs(t.Context(), user, fence(5), grid.Avatar{"Serial": "5"}))
		succeed(t, s.SetAvatarAs(t.Context(), user, fence(1<<40), grid.Avatar{"Serial": "6"}))
		refuse(t, s.SetAvatarAs(t.Context(), user, fence(5), grid.Avatar{"Serial": "5"}), grid.ErrSuperseded)
		wantAvatar(t, s, user, grid.Avatar{"Serial": "6"})
	})
	t.Run("the zero fence is never refused and raises nothing", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatarAs(t.Context(), user, fence(5), grid.Avatar{"Serial": "5"}))
		succeed(t, s.SetAvatarAs(t.Context(), user, grid.Fence{}, grid.Avatar{"Serial": "6"}))
		wantAvatar(t, s, user, grid.Avatar{"Serial": "6"})
		succeed(t, s.SetAvatar(t.Context(), user, grid.Avatar{"Serial": "7"}))
		wantAvatar(t, s, user, grid.Avatar{"Serial": "7"})
		succeed(t, s.SetAvatarAs(t.Context(), user, fence(5), grid.Avatar{"Serial": "8"}))
		wantAvatar(t, s, user, grid.Avatar{"Serial": "8"})
	})
	t.Run("resetting does not forget the epoch", func(t *testing.T) {
		s, user := make(t), uuid.New()
		succeed(t, s.SetAvatarAs(t.Context(), user, fence(5), grid.Avatar{"Serial": "5"}))
		succeed(t, s.ResetAvatar(t.Context(), user))
		refuse(t, s.SetAvatarAs(t.Context(), user, fence(4), grid.Avatar{"Serial": "4"}), grid.ErrSuperseded)
	})
	t.Run("each user has his own epoch", func(t *testing.T) {
		s, one, other := make(t), uuid.New(), uuid.New()
		succeed(t, s.SetAvatarAs(t.Context(), one, fence(5), grid.Avatar{"Serial": "5"}))
		succeed(t, s.SetAvatarAs(t.Context(), other, fence(1), grid.Avatar{"Serial": "1"}))
	})
	t.Run("of many writers the highest epoch wins", func(t *testing.T) {
		s, user := make(t), uuid.New()
		var wait sync.WaitGroup
		for epoch := range uint64(16) {
			wait.Go(func() {
				rows := grid.Avatar{"Serial": strconv.FormatUint(epoch+1, 10)}
				err := s.SetAvatarAs(t.Context(), user, fence(epoch+1), rows)
				if err != nil && !errors.Is(err, grid.ErrSuperseded) {
					t.Errorf("epoch %d: %v", epoch+1, err)
				}
			})
		}
		wait.Wait()
		wantAvatar(t, s, user, grid.Avatar{"Serial": "16"})
	})
}

// wholeAvatars reads while two writers replace the rows: all rows are always of one writer.
func wholeAvatars(t *testing.T, s grid.Avatars) {
	user := uuid.New()
	rows := func(mark string) grid.Avatar {
		a := grid.Avatar{}
		for i := range 8 {
			a["_ap_"+strconv.Itoa(i+1)] = mark
		}
		return a
	}
	succeed(t, s.SetAvatar(t.Context(), user, rows("a")))
	var writers sync.WaitGroup
	for _, mark := range []string{"a", "b"} {
		writers.Go(func() {
			for range 20 {
				if err := s.SetAvatar(t.Context(), user, rows(mark)); err != nil {
					t.Errorf("set %s: %v", mark, err)
				}
			}
		})
	}
	for range 40 {
		got, err := s.Avatar(t.Context(), user)
		succeed(t, err)
		if !maps.Equal(got, rows("a")) && !maps.Equal(got, rows("b")) {
			t.Errorf("half a replacement: %v", got)
		}
	}
	writers.Wait()
}

func wantAvatar(t *testing.T, s grid.Avatars, user uuid.UUID, want grid.Avatar) {
	t.Helper()
	got, err := s.Avatar(t.Context(), user)
	succeed(t, err)
	if got == nil || !maps.Equal(got, want) {
		t.Errorf("avatar is %v, want %v", got, want)
	}
}

// succeed ends the test when a call failed that the contract says succeeds.
func succeed(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refuse fails the test unless err is, or wraps, what the contract says.
func refuse(t tester, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}
