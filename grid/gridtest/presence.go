package gridtest

import (
	"maps"
	"sync"
	"testing"

	"terrane/grid"

	"github.com/google/uuid"
)

// Presences holds a presence service to its contract. make gives each test an empty one.
func Presences(t *testing.T, make func(t *testing.T) grid.Presences) {
	t.Run("a session that is not open is not found", func(t *testing.T) {
		s := make(t)
		signIn(t, s, uuid.New())
		_, err := s.Presence(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
		refuse(t, s.Report(t.Context(), uuid.New(), uuid.New()), grid.ErrNotFound)
	})
	t.Run("signing in opens a session that is in no region yet", func(t *testing.T) {
		s, user := make(t), uuid.New()
		session := signIn(t, s, user)
		wantPresence(t, s, grid.Presence{User: user, Session: session})
		wantOnline(t, s, []uuid.UUID{user}, user)
	})
	t.Run("signing in ends any other session of the user", func(t *testing.T) {
		s, user, other := make(t), uuid.New(), uuid.New()
		old, bystander := signIn(t, s, user), signIn(t, s, other)
		succeed(t, s.Report(t.Context(), old, uuid.New()))
		session := signIn(t, s, user)
		_, err := s.Presence(t.Context(), old)
		refuse(t, err, grid.ErrNotFound)
		wantPresence(t, s, grid.Presence{User: user, Session: session})
		wantPresence(t, s, grid.Presence{User: other, Session: bystander})
	})
	t.Run("signing in with the same session again keeps it", func(t *testing.T) {
		s, user, session := make(t), uuid.New(), uuid.New()
		for range 2 {
			succeed(t, s.SignIn(t.Context(), user, session, uuid.New()))
			wantPresence(t, s, grid.Presence{User: user, Session: session})
		}
	})
	t.Run("signing out closes the session", func(t *testing.T) {
		s, user, other := make(t), uuid.New(), uuid.New()
		session, bystander := signIn(t, s, user), signIn(t, s, other)
		succeed(t, s.SignOut(t.Context(), session))
		_, err := s.Presence(t.Context(), session)
		refuse(t, err, grid.ErrNotFound)
		refuse(t, s.Report(t.Context(), session, uuid.New()), grid.ErrNotFound)
		wantOnline(t, s, []uuid.UUID{user, other}, other)
		wantPresence(t, s, grid.Presence{User: other, Session: bystander})
	})
	t.Run("signing out a session that is not open succeeds", func(t *testing.T) {
		s := make(t)
		session := signIn(t, s, uuid.New())
		succeed(t, s.SignOut(t.Context(), uuid.New()))
		succeed(t, s.SignOut(t.Context(), session))
		succeed(t, s.SignOut(t.Context(), session))
	})
	t.Run("a report says in which region the session is now", func(t *testing.T) {
		s, user := make(t), uuid.New()
		session := signIn(t, s, user)
		for range 3 {
			p := grid.Presence{User: user, Session: session, Region: uuid.New()}
			succeed(t, s.Report(t.Context(), session, p.Region))
			succeed(t, s.Report(t.Context(), session, p.Region))
			wantPresence(t, s, p)
		}
	})
	t.Run("signing out a region closes its sessions and no others", func(t *testing.T) {
		s, region := make(t), uuid.New()
		users := []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()}
		for i, user := range users {
			session := signIn(t, s, user)
			switch i {
			case 0, 1:
				succeed(t, s.Report(t.Context(), session, region))
			case 2:
				succeed(t, s.Report(t.Context(), session, uuid.New()))
			case 3:
				succeed(t, s.Report(t.Context(), session, region))
				succeed(t, s.Report(t.Context(), session, uuid.New()))
			}
		}
		succeed(t, s.SignOutRegion(t.Context(), region))
		wantOnline(t, s, users, users[2:]...)
		succeed(t, s.SignOutRegion(t.Context(), region))
		succeed(t, s.SignOutRegion(t.Context(), uuid.New()))
		wantOnline(t, s, users, users[2:]...)
	})
	t.Run("of many users those who are online are listed once", func(t *testing.T) {
		s, ann, zoe := make(t), uuid.New(), uuid.New()
		signIn(t, s, ann)
		signIn(t, s, zoe)
		signIn(t, s, uuid.New())
		users := []uuid.UUID{zoe, ann}
		for range 1000 {
			users = append(users, uuid.New())
		}
		wantOnline(t, s, append(users, ann), ann, zoe)
		wantOnline(t, s, nil)
	})
	t.Run("of many sign-ins of a user at once one session stays", func(t *testing.T) {
		s, user := make(t), uuid.New()
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() { signIn(t, s, user) })
		}
		wait.Wait()
		wantOnline(t, s, []uuid.UUID{user}, user)
	})
}

func signIn(t tester, s grid.Presences, user uuid.UUID) (session uuid.UUID) {
	t.Helper()
	session = uuid.New()
	if err := s.SignIn(t.Context(), user, session, uuid.New()); err != nil {
		t.Errorf("sign in: %v", err)
	}
	return session
}

func wantPresence(t tester, s grid.Presences, want grid.Presence) {
	t.Helper()
	got, err := s.Presence(t.Context(), want.Session)
	succeed(t, err)
	if got.User != want.User || got.Region != want.Region {
		t.Errorf("presence is %+v, want %+v", got, want)
	}
}

// wantOnline compares users and not sessions: OpenSimulator's form does not disclose those.
func wantOnline(t tester, s grid.Presences, users []uuid.UUID, want ...uuid.UUID) {
	t.Helper()
	found, err := s.PresencesOf(t.Context(), users)
	succeed(t, err)
	var got []uuid.UUID
	for _, p := range found {
		got = append(got, p.User)
	}
	if len(got) != len(want) || !maps.Equal(asSet(got), asSet(want)) {
		t.Errorf("online are %v, want %v", got, want)
	}
}
