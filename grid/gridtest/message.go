package gridtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// OfflineMessages holds an offline message service to its contract. make gives each test an empty one.
func OfflineMessages(t *testing.T, make func(t *testing.T) grid.OfflineMessages) {
	t.Run("nothing waits for who was sent nothing", func(t *testing.T) {
		wantMessages(t, make(t), uuid.New())
	})
	t.Run("a message comes back whole and marked as kept", func(t *testing.T) {
		s := make(t)
		m := offlineMessage(uuid.New(), "first line\nsecond <line> & \"more\" é日本")
		m.Group, m.Dialog, m.Bucket = true, 32, []byte{0, 1, 2, 0xFF}
		succeed(t, s.StoreMessage(t.Context(), m))
		wantMessages(t, s, m.To, m)
	})
	t.Run("the longest message comes back whole", func(t *testing.T) {
		s := make(t)
		m := offlineMessage(uuid.New(), string(bytes.Repeat([]byte("x"), 1023)))
		m.Bucket = bytes.Repeat([]byte{0xA5}, 1024)
		succeed(t, s.StoreMessage(t.Context(), m))
		wantMessages(t, s, m.To, m)
	})
	t.Run("the oldest comes first", func(t *testing.T) {
		s, to := make(t), uuid.New()
		var sent []grid.InstantMessage
		for i := range 10 {
			sent = append(sent, offlineMessage(to, fmt.Sprint("message ", i)))
			succeed(t, s.StoreMessage(t.Context(), sent[i]))
		}
		wantMessages(t, s, to, sent...)
	})
	t.Run("what was taken is forgotten", func(t *testing.T) {
		s, m := make(t), offlineMessage(uuid.New(), "once")
		succeed(t, s.StoreMessage(t.Context(), m))
		wantMessages(t, s, m.To, m)
		wantMessages(t, s, m.To)
	})
	t.Run("each gets his own", func(t *testing.T) {
		s, one, other := make(t), offlineMessage(uuid.New(), "one"), offlineMessage(uuid.New(), "other")
		succeed(t, s.StoreMessage(t.Context(), one))
		succeed(t, s.StoreMessage(t.Context(), other))
		wantMessages(t, s, one.To, one)
		wantMessages(t, s, other.To, other)
	})
	t.Run("no more wait than are kept for one user", func(t *testing.T) {
		s, to := make(t), uuid.New()
		var sent []grid.InstantMessage
		for i := range grid.MaxOfflineMessages {
			sent = append(sent, offlineMessage(to, fmt.Sprint("message ", i)))
			succeed(t, s.StoreMessage(t.Context(), sent[i]))
		}
		refuse(t, s.StoreMessage(t.Context(), offlineMessage(to, "too many")), grid.ErrDenied)
		succeed(t, s.StoreMessage(t.Context(), offlineMessage(uuid.New(), "to another")))
		wantMessages(t, s, to, sent...)
		succeed(t, s.StoreMessage(t.Context(), offlineMessage(to, "room again")))
	})
	t.Run("the limit holds for messages stored at the same time", func(t *testing.T) {
		s, to := make(t), uuid.New()
		var wait sync.WaitGroup
		for range 2 * grid.MaxOfflineMessages {
			wait.Go(func() {
				err := s.StoreMessage(t.Context(), offlineMessage(to, "me first"))
				if err != nil && !errors.Is(err, grid.ErrDenied) {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		got, err := s.TakeMessages(t.Context(), to)
		succeed(t, err)
		if len(got) != grid.MaxOfflineMessages {
			t.Errorf("%d wait, want %d", len(got), grid.MaxOfflineMessages)
		}
	})
	t.Run("of those who take at the same time one gets a message", func(t *testing.T) {
		s, to := make(t), uuid.New()
		for i := range 10 {
			succeed(t, s.StoreMessage(t.Context(), offlineMessage(to, fmt.Sprint("message ", i))))
		}
		var mu sync.Mutex
		var taken []grid.InstantMessage
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				got, err := s.TakeMessages(t.Context(), to)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				taken = append(taken, got...)
				mu.Unlock()
			})
		}
		wait.Wait()
		if len(taken) != 10 {
			t.Errorf("%d taken, want 10", len(taken))
		}
	})
	t.Run("a cancelled call fails and loses nothing", func(t *testing.T) {
		s, m := make(t), offlineMessage(uuid.New(), "keep me")
		succeed(t, s.StoreMessage(t.Context(), m))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		refuse(t, s.StoreMessage(ctx, m), context.Canceled)
		_, err := s.TakeMessages(ctx, m.To)
		refuse(t, err, context.Canceled)
		wantMessages(t, s, m.To, m)
	})
}

func offlineMessage(to uuid.UUID, text string) grid.InstantMessage {
	return grid.InstantMessage{
		From: uuid.New(), FromName: "Ann Lee", To: to, ID: uuid.New(), Dialog: grid.DialogMessage, Text: text,
		Estate: 1, Region: uuid.New(), Position: geom.Vec3{X: 128, Y: 64.5, Z: 22.25},
		At: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC),
	}
}

// wantMessages takes what waits for a user and compares it with what was sent.
func wantMessages(t *testing.T, s grid.OfflineMessages, to uuid.UUID, sent ...grid.InstantMessage) {
	t.Helper()
	got, err := s.TakeMessages(t.Context(), to)
	succeed(t, err)
	same := func(a, b grid.InstantMessage) bool {
		return a.From == b.From && a.FromName == b.FromName && a.To == b.To && a.ID == b.ID &&
			a.Dialog == b.Dialog && a.Text == b.Text && a.Offline && a.Group == b.Group &&
			a.Estate == b.Estate && a.Region == b.Region && a.Position == b.Position &&
			a.At.Equal(b.At) && bytes.Equal(a.Bucket, b.Bucket)
	}
	if !slices.EqualFunc(got, sent, same) {
		t.Errorf("took %+v, want %+v", got, sent)
	}
}
