package gridtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Mutes holds a mute list service to its contract. make gives each test an empty one.
func Mutes(t *testing.T, make func(t *testing.T) grid.Mutes) {
	since := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	mute := func(user uuid.UUID, kind int, name string) grid.Mute {
		return grid.Mute{User: user, ID: uuid.New(), Name: name, Type: kind, Flags: 5, Since: since}
	}
	t.Run("a user who muted nobody has an empty list", func(t *testing.T) {
		wantMutes(t, make(t), uuid.New())
	})
	t.Run("the list is ordered by type and name", func(t *testing.T) {
		s, user := make(t), uuid.New()
		box, zoe, ann, noisy := mute(user, 2, "A box"), mute(user, 1, "Zoe Day"), mute(user, 1, "Ann Lee"), mute(user, 0, "Noisy")
		noisy.ID = uuid.Nil
		for _, m := range []grid.Mute{box, zoe, ann, noisy} {
			succeed(t, s.StoreMute(t.Context(), m))
		}
		wantMutes(t, s, user, noisy, ann, zoe, box)
	})
	t.Run("storing again replaces", func(t *testing.T) {
		s, user := make(t), uuid.New()
		m := mute(user, 1, "Ann Lee")
		succeed(t, s.StoreMute(t.Context(), m))
		m.Type, m.Flags, m.Since = 3, 15, since.Add(time.Hour)
		succeed(t, s.StoreMute(t.Context(), m))
		wantMutes(t, s, user, m)
	})
	t.Run("an entry is its id and its name", func(t *testing.T) {
		s, user := make(t), uuid.New()
		one := mute(user, 2, "Radio")
		renamed := one
		renamed.Name = "Radio 2"
		other := mute(user, 2, "Radio 3")
		for _, m := range []grid.Mute{one, renamed, other} {
			succeed(t, s.StoreMute(t.Context(), m))
		}
		wantMutes(t, s, user, one, renamed, other)
		succeed(t, s.DeleteMute(t.Context(), user, one.ID, "Radio 2"))
		wantMutes(t, s, user, one, other)
	})
	t.Run("deleting what is not there succeeds", func(t *testing.T) {
		s, user := make(t), uuid.New()
		m := mute(user, 1, "Ann Lee")
		succeed(t, s.StoreMute(t.Context(), m))
		succeed(t, s.DeleteMute(t.Context(), user, m.ID, "Ann"))
		succeed(t, s.DeleteMute(t.Context(), user, uuid.New(), m.Name))
		succeed(t, s.DeleteMute(t.Context(), uuid.New(), m.ID, m.Name))
		wantMutes(t, s, user, m)
		succeed(t, s.DeleteMute(t.Context(), user, m.ID, m.Name))
		succeed(t, s.DeleteMute(t.Context(), user, m.ID, m.Name))
		wantMutes(t, s, user)
	})
	t.Run("users do not share entries", func(t *testing.T) {
		s, one, other := make(t), uuid.New(), uuid.New()
		m := mute(one, 1, "Ann Lee")
		theirs := m
		theirs.User, theirs.Flags = other, 1
		succeed(t, s.StoreMute(t.Context(), m))
		succeed(t, s.StoreMute(t.Context(), theirs))
		wantMutes(t, s, one, m)
		wantMutes(t, s, other, theirs)
	})
	t.Run("entries stored at the same time are all kept", func(t *testing.T) {
		s, user := make(t), uuid.New()
		var wait sync.WaitGroup
		for range 16 {
			wait.Go(func() {
				if err := s.StoreMute(t.Context(), mute(user, 1, "Ann Lee")); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		list, err := s.MutesOf(t.Context(), user)
		succeed(t, err)
		if len(list) != 16 {
			t.Errorf("%d entries, want 16", len(list))
		}
	})
	t.Run("a cancelled call fails and changes nothing", func(t *testing.T) {
		s, user := make(t), uuid.New()
		m := mute(user, 1, "Ann Lee")
		succeed(t, s.StoreMute(t.Context(), m))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.MutesOf(ctx, user)
		refuse(t, err, context.Canceled)
		refuse(t, s.StoreMute(ctx, mute(user, 1, "Zoe Day")), context.Canceled)
		refuse(t, s.DeleteMute(ctx, user, m.ID, m.Name), context.Canceled)
		wantMutes(t, s, user, m)
	})
}

func wantMutes(t *testing.T, s grid.Mutes, user uuid.UUID, want ...grid.Mute) {
	t.Helper()
	got, err := s.MutesOf(t.Context(), user)
	succeed(t, err)
	same := func(a, b grid.Mute) bool {
		at, bt := a.Since, b.Since
		a.Since, b.Since = time.Time{}, time.Time{}
		return a == b && at.Equal(bt)
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("muted are %v, want %v", got, want)
	}
}
