package griduser

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"testing"
	"time"

	"terrane/geom"
	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t *testing.T, db *store.DB, o Options) *Service {
	t.Helper()
	s, err := New(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.FencedGridUsers(t, func(t *testing.T, now func() time.Time) grid.FencedGridUsers {
		return open(t, store.Memory(t), Options{Now: now})
	})
}

// insert adds a row as OpenSimulator might have left it.
func insert(t *testing.T, db *store.DB, key, position, online string, login, logout int) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO GridUser (UserID, HomeRegionID, HomePosition, HomeLookAt, LastRegionID, LastPosition, LastLookAt,
			Online, Login, Logout) VALUES (?, '', '<0,0,0>', '<0,0,0>', ?, ?, '', ?, ?, ?)`, key, uuid.Nil, position, online, login, logout)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOfAVisitorsRecordsTheOneUsedLastCounts(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db, Options{})
	id := uuid.New()
	insert(t, db, id.String()+";http://old.example.com/;Ann Lee", "<1,0,0>", "False", 100, 200)
	insert(t, db, id.String()+";http://new.example.com/;Ann Lee", "<2,0,0>", "True ", 300, 0)
	insert(t, db, id.String()+";http://older.example.com/;Ann Lee", "<3,0,0>", "true", 10, 299)
	insert(t, db, uuid.NewString(), "<4,0,0>", "true", 900, 900)

	got, err := s.GridUser(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got.User != id || got.Last.Position.X != 2 || !got.Online || got.Login.Unix() != 300 {
		t.Errorf("found %+v", got)
	}
	many, err := s.GridUsers(t.Context(), []uuid.UUID{id, uuid.New()})
	if err != nil || len(many) != 1 || many[0] != got {
		t.Errorf("among many it found %+v, %v", many, err)
	}

	if err := s.LoggedOut(t.Context(), id, grid.Place{Position: geom.Vec3{X: 5}}); err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(tx *sql.Tx) error {
		var key string
		return tx.QueryRow("SELECT UserID FROM GridUser WHERE LastPosition = '<5, 0, 0>' AND Online = 'False'").Scan(&key)
	})
	if err != nil {
		t.Errorf("the write went to another row: %v", err)
	}
}

func TestWhatIsNoVectorIsReadAsZero(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db, Options{})
	id := uuid.New()
	insert(t, db, id.String(), "<1,2,", "False", 0, 0)
	got, err := s.GridUser(t.Context(), id)
	if err != nil || got.Last != (grid.Place{}) || got.Home != (grid.Place{}) {
		t.Errorf("found %+v, %v", got, err)
	}
	if !got.Login.IsZero() || !got.Logout.IsZero() {
		t.Errorf("never is read as %v and %v", got.Login, got.Logout)
	}
}

func TestALateLoginDoesNotBringASessionBack(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	id, f := uuid.New(), grid.Fence{Session: uuid.New(), Epoch: 3}
	for _, step := range []func() error{
		func() error { return s.LoggedInAs(t.Context(), id, f) },
		func() error { return s.LoggedOutAs(t.Context(), id, f, grid.Place{}, time.Now()) },
		func() error { return s.LoggedInAs(t.Context(), id, f) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.GridUser(t.Context(), id); err != nil || got.Online {
		t.Errorf("he is %+v, %v", got, err)
	}
}

func TestAPlaceThatIsNotFiniteIsDenied(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	id := uuid.New()
	bad := grid.Place{Position: geom.Vec3{Z: float32(math.NaN())}}
	worse := grid.Place{LookAt: geom.Vec3{X: float32(math.Inf(1))}}
	for _, err := range []error{
		s.SetHome(t.Context(), id, bad),
		s.SetPosition(t.Context(), id, worse),
		s.LoggedOut(t.Context(), id, bad),
	} {
		if !errors.Is(err, grid.ErrDenied) {
			t.Errorf("it answered %v", err)
		}
	}
	if _, err := s.GridUser(t.Context(), id); !errors.Is(err, grid.ErrNotFound) {
		t.Errorf("something was written: %v", err)
	}
}

func TestAFailingStoreIsUnavailable(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.GridUser(ctx, uuid.New()); !errors.Is(err, grid.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("reading answered %v", err)
	}
	if err := s.LoggedIn(ctx, uuid.New()); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("writing answered %v", err)
	}
}
