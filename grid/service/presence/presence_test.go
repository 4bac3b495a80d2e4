package presence

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t testing.TB, db *store.DB, o Options) *Service {
	t.Helper()
	s, err := New(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.Leases(t, func(t *testing.T, now func() time.Time) grid.Leases {
		return open(t, store.Memory(t), Options{Now: now})
	})
}

func begin(t testing.TB, s *Service, user uuid.UUID) grid.Lease {
	t.Helper()
	l, err := s.Begin(context.Background(), user, uuid.New(), uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func own(t testing.TB, s *Service, l grid.Lease, region, boot uuid.UUID) grid.Lease {
	t.Helper()
	l, err := s.Own(context.Background(), l.Fence(), region, boot)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEpochsOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "presence.db")
	user := uuid.New()
	var last uint64
	for range 3 {
		db, err := store.Open(t.Context(), path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l := begin(t, open(t, db, Options{}), user)
		if l.Epoch <= last {
			t.Errorf("epoch %d follows %d", l.Epoch, last)
		}
		last = l.Epoch
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAReportFromElsewhereSupersedesTheOwner(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	region, boot := uuid.New(), uuid.New()
	owned := own(t, s, begin(t, s, uuid.New()), region, boot)
	if err := s.Report(t.Context(), owned.Session, uuid.New()); err != nil {
		t.Fatal(err)
	}
	lost, err := s.Renew(t.Context(), region, boot, []grid.Fence{owned.Fence()})
	if err != nil || len(lost) != 1 {
		t.Errorf("renewing lost %v, %v", lost, err)
	}
	if err := s.End(t.Context(), owned.Fence()); !errors.Is(err, grid.ErrSuperseded) {
		t.Errorf("ending answered %v", err)
	}
	now, err := s.Lease(t.Context(), owned.Session)
	if err != nil {
		t.Fatal(err)
	}
	own(t, s, now, region, boot)
}

func TestAReportFromTheOwnerKeepsItsLease(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	owned := own(t, s, begin(t, s, uuid.New()), uuid.New(), uuid.New())
	if err := s.Report(t.Context(), owned.Session, owned.Region); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Lease(t.Context(), owned.Session); err != nil || got != owned {
		t.Errorf("the lease is %+v, was %+v, %v", got, owned, err)
	}
}

func TestASessionInARegionThatDoesNotRenewNeverLapses(t *testing.T) {
	now := time.Now()
	s := open(t, store.Memory(t), Options{Now: func() time.Time { return now }})
	l := begin(t, s, uuid.New())
	if err := s.Report(t.Context(), l.Session, uuid.New()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(24 * time.Hour)
	if lapsed, err := s.Lapsed(t.Context(), 10); err != nil || len(lapsed) != 0 {
		t.Errorf("lapsed are %v, %v", lapsed, err)
	}
	if got, err := s.Lease(t.Context(), l.Session); err != nil || !got.Expires.IsZero() {
		t.Errorf("it expires %v, %v", got.Expires, err)
	}
}

func TestNoRegionIsNotARegion(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	l := begin(t, s, uuid.New())
	if err := s.Report(t.Context(), l.Session, uuid.Nil); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("reporting it answered %v", err)
	}
	if err := s.SignOutRegion(t.Context(), uuid.Nil); err != nil {
		t.Error(err)
	}
	if _, err := s.Lease(t.Context(), l.Session); err != nil {
		t.Errorf("signing it out closed a pending session: %v", err)
	}
}

func TestASessionIsOneUsers(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	l := begin(t, s, uuid.New())
	if _, err := s.Begin(t.Context(), uuid.New(), l.Session, uuid.New()); !errors.Is(err, grid.ErrConflict) {
		t.Errorf("another user's session id answered %v", err)
	}
}

func TestWhatTheRegionDoesNotHoldRunsOut(t *testing.T) {
	now := time.Now()
	s := open(t, store.Memory(t), Options{Now: func() time.Time { return now }})
	region, boot := uuid.New(), uuid.New()
	held, forgotten := own(t, s, begin(t, s, uuid.New()), region, boot), own(t, s, begin(t, s, uuid.New()), region, boot)
	for range 4 {
		now = now.Add(30 * time.Second)
		if _, err := s.Renew(t.Context(), region, boot, []grid.Fence{held.Fence()}); err != nil {
			t.Fatal(err)
		}
	}
	lapsed, err := s.Lapsed(t.Context(), 10)
	if err != nil || len(lapsed) != 1 || lapsed[0].Session != forgotten.Session {
		t.Errorf("lapsed are %v, %v", lapsed, err)
	}
}

func TestAFailingStoreIsUnavailable(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.LeaseOf(ctx, uuid.New()); !errors.Is(err, grid.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("reading answered %v", err)
	}
	if err := s.SignOut(ctx, uuid.New()); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("writing answered %v", err)
	}
}

func BenchmarkRenew100000(b *testing.B) {
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "presence.db"), store.Options{Sync: store.SyncNormal})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s := open(b, db, Options{})
	region, boot := uuid.New(), uuid.New()
	held := make([]grid.Fence, 100_000)
	err = db.Update(b.Context(), func(tx *sql.Tx) error {
		for i := range held {
			held[i] = grid.Fence{Session: uuid.New(), Epoch: 2}
			_, err := tx.Exec(`INSERT INTO Presence (SessionID, UserID, RegionID, SecureSessionID, LastSeen, Epoch, Boot, Began, Expires)
				VALUES (?, ?, ?, ?, 0, 2, ?, 0, 1)`, held[i].Session, uuid.New(), region, uuid.New(), boot)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		lost, err := s.Renew(b.Context(), region, boot, held)
		if err != nil || len(lost) > 0 {
			b.Fatal(len(lost), err)
		}
	}
}
