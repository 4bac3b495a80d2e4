package message_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/grid/service/message"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t *testing.T, db *store.DB, o message.Options) *message.Service {
	t.Helper()
	s, err := message.New(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.OfflineMessages(t, func(t *testing.T) grid.OfflineMessages {
		return open(t, store.Memory(t), message.Options{})
	})
}

func TestAStartForgetsWhatIsOlderThanTwoWeeks(t *testing.T) {
	db, to := store.Memory(t), uuid.New()
	now := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	clock := message.Options{Now: func() time.Time { return now }}
	s := open(t, db, clock)
	for _, text := range []string{"old", "new"} {
		if err := s.StoreMessage(t.Context(), grid.InstantMessage{To: to, Text: text}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
	}
	now = now.Add(14*24*time.Hour - time.Second)
	got, err := open(t, db, clock).TakeMessages(t.Context(), to)
	if err != nil || len(got) != 1 || got[0].Text != "new" {
		t.Errorf("left are %v, %v", got, err)
	}
}

func TestAMessageWithoutATimeIsStamped(t *testing.T) {
	now := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, store.Memory(t), message.Options{Now: func() time.Time { return now }})
	m := grid.InstantMessage{To: uuid.New(), Text: "hello"}
	if err := s.StoreMessage(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := s.TakeMessages(t.Context(), m.To)
	if err != nil || len(got) != 1 || !got[0].At.Equal(now) {
		t.Errorf("took %v, %v", got, err)
	}
}

func TestTextIsCutAndTooLargeABucketDenied(t *testing.T) {
	s, to := open(t, store.Memory(t), message.Options{}), uuid.New()
	long := strings.Repeat("日本", 200)
	if err := s.StoreMessage(t.Context(), grid.InstantMessage{To: to, Text: long}); err != nil {
		t.Fatal(err)
	}
	err := s.StoreMessage(t.Context(), grid.InstantMessage{To: to, Bucket: make([]byte, 1025)})
	if !errors.Is(err, grid.ErrDenied) {
		t.Errorf("large bucket: %v", err)
	}
	got, err := s.TakeMessages(t.Context(), to)
	if err != nil || len(got) != 1 || got[0].Text != long[:1023] {
		t.Errorf("took %v, %v", got, err)
	}
}
