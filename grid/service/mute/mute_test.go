package mute_test

import (
	"strings"
	"testing"
	"time"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/grid/service/mute"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t *testing.T, o mute.Options) *mute.Service {
	t.Helper()
	s, err := mute.New(store.Memory(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.Mutes(t, func(t *testing.T) grid.Mutes { return open(t, mute.Options{}) })
}

func TestAnEntryWithoutATimeIsStamped(t *testing.T) {
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	s := open(t, mute.Options{Now: func() time.Time { return now }})
	user := uuid.New()
	if err := s.StoreMute(t.Context(), grid.Mute{User: user, ID: uuid.New(), Name: "Ann Lee", Type: 1}); err != nil {
		t.Fatal(err)
	}
	got, err := s.MutesOf(t.Context(), user)
	if err != nil || len(got) != 1 || !got[0].Since.Equal(now) {
		t.Errorf("muted are %v, %v", got, err)
	}
}

func TestALongNameIsCutAndStillNamesItsEntry(t *testing.T) {
	s := open(t, mute.Options{})
	user, id := uuid.New(), uuid.New()
	name := strings.Repeat("日本", 20)
	if err := s.StoreMute(t.Context(), grid.Mute{User: user, ID: id, Name: name}); err != nil {
		t.Fatal(err)
	}
	got, err := s.MutesOf(t.Context(), user)
	if err != nil || len(got) != 1 || got[0].Name != name[:63] {
		t.Errorf("muted are %v, %v", got, err)
	}
	if err := s.DeleteMute(t.Context(), user, id, name); err != nil {
		t.Fatal(err)
	}
	if got, err := s.MutesOf(t.Context(), user); err != nil || len(got) != 0 {
		t.Errorf("left are %v, %v", got, err)
	}
}
