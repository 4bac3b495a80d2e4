package friends

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t *testing.T, db *store.DB) *Service {
	t.Helper()
	s, err := New(db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.Friends(t, func(t *testing.T) grid.Friends { return open(t, store.Memory(t)) })
}

func TestRightsThatDoNotExistAreDenied(t *testing.T) {
	s := open(t, store.Memory(t))
	for _, rights := range []int{-1, 8, 1 << 20} {
		if err := s.StoreFriend(t.Context(), uuid.New(), uuid.New(), rights); !errors.Is(err, grid.ErrDenied) {
			t.Errorf("rights %d answered %v", rights, err)
		}
	}
}

func TestAForeignFriendIsFoundByHisUUID(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db)
	ann, zoe := uuid.New(), uuid.New()
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		foreign := zoe.String() + ";http://example.com:8002/;Zoe Day;0123abcd"
		_, err := tx.Exec("INSERT INTO Friends (PrincipalID, Friend, Flags) VALUES (?, ?, 1), (?, ?, 3)", ann, foreign, foreign, ann)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := grid.Friend{User: ann, Friend: zoe, Mine: 1, Theirs: 3}
	if got, err := s.FriendsOf(t.Context(), ann); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("found %+v, %v", got, err)
	}
	if err := s.StoreFriend(t.Context(), ann, zoe, 5); err != nil {
		t.Fatal(err)
	}
	want.Mine = 5
	if got, err := s.FriendsOf(t.Context(), ann); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("after storing found %+v, %v", got, err)
	}
	if err := s.DeleteFriend(t.Context(), ann, zoe); err != nil {
		t.Fatal(err)
	}
	if got, err := s.FriendsOf(t.Context(), ann); err != nil || len(got) != 0 {
		t.Errorf("after deleting found %+v, %v", got, err)
	}
}

func TestFriendsAreFoundByIndex(t *testing.T) {
	db := store.Memory(t)
	open(t, db)
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.Query("EXPLAIN QUERY PLAN "+bothRights, uuid.New())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a, b, c int
			var plan string
			if err := rows.Scan(&a, &b, &c, &plan); err != nil {
				return err
			}
			if !strings.Contains(plan, "FriendsUUIDs") {
				t.Error(plan)
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFailingStoreIsUnavailable(t *testing.T) {
	s := open(t, store.Memory(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.FriendsOf(ctx, uuid.New()); !errors.Is(err, grid.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("reading answered %v", err)
	}
	if err := s.DeleteFriend(ctx, uuid.New(), uuid.New()); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("writing answered %v", err)
	}
}
