package authentication

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

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
	timed := func(t *testing.T, now func() time.Time) grid.Authentication {
		return open(t, store.Memory(t), Options{Now: now})
	}
	t.Run("Authentication", func(t *testing.T) {
		gridtest.Authentication(t, func(t *testing.T) grid.Authentication { return timed(t, time.Now) })
	})
	t.Run("TokenLife", func(t *testing.T) { gridtest.TokenLife(t, timed) })
	t.Run("Attempts", func(t *testing.T) { gridtest.Attempts(t, timed) })
}

// stored is the row of an account.
func stored(t *testing.T, db *store.DB, account uuid.UUID) (p password) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow("SELECT passwordHash, passwordSalt, argon2, argon2Short FROM auth WHERE UUID = ?", account).
			Scan(&p.md5, &p.md5Salt, &p.slow, &p.slowShort)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func attempt(account uuid.UUID, clear string) grid.Attempt {
	return grid.Attempt{Account: account, Password: viewerPrefix + digestOf(clear)}
}

// OpenSimulator hashes the MD5 of the password, here "secret", a colon and the salt.
func TestAnOpenSimulatorRowIsTakenAndReplacedAtTheFirstLogin(t *testing.T) {
	const salt = "5ca22a0a6f7b6bcd4fcb48a4ff2bd83c"
	db := store.Memory(t)
	s := open(t, db, Options{})
	account := uuid.New()
	old := password{md5: digestOf("5ebe2294ecd0e0f08eab7690d2a6ee69:" + salt), md5Salt: salt}
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO auth (UUID, passwordHash, passwordSalt) VALUES (?, ?, ?)", account, strings.ToUpper(old.md5), salt)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), attempt(account, "wrong")); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("a wrong password answered %v", err)
	}
	if got := stored(t, db, account); got.slow != "" || !strings.EqualFold(got.md5, old.md5) {
		t.Errorf("a wrong password made the row %+v", got)
	}
	for range 2 {
		if _, err := s.Authenticate(t.Context(), attempt(account, "secret")); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, db, account); got.md5 != "" || got.md5Salt != "" || !strings.HasPrefix(got.slow, "$argon2id$") {
			t.Errorf("the row became %+v", got)
		}
	}
}

func TestAnUpgradeDoesNotUndoANewPassword(t *testing.T) {
	db := store.Memory(t)
	s := open(t, db, Options{})
	account := uuid.New()
	if err := s.SetPassword(t.Context(), account, "new"); err != nil {
		t.Fatal(err)
	}
	want := stored(t, db, account)
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		return upgrade(tx, account, password{md5: "old", md5Salt: "salt"}, password{slow: "older"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := stored(t, db, account); got != want {
		t.Errorf("the row became %+v", got)
	}
}

func TestNoRowHasAnythingOfThePasswordOrItsMD5(t *testing.T) {
	const clear = "correct horse battery staple"
	db := store.Memory(t)
	s := open(t, db, Options{})
	account := uuid.New()
	if err := s.SetPassword(t.Context(), account, clear); err != nil {
		t.Fatal(err)
	}
	p := stored(t, db, account)
	if p.md5 != "" || p.slow == "" || p.slowShort == "" {
		t.Errorf("the row is %+v", p)
	}
	for _, text := range []string{p.slow, p.slowShort} {
		if strings.Contains(text, digestOf(clear)) || strings.Contains(text, clear[:8]) {
			t.Errorf("%s says too much", text)
		}
	}
}

// occupy takes all turns to hash until the test ends, so that whoever is answered was not hashed for.
func occupy(t *testing.T, s *Service) {
	t.Helper()
	leave := make(chan struct{})
	var inside, all sync.WaitGroup
	for range atOnce {
		inside.Add(1)
		all.Go(func() {
			_ = s.hashers.do(context.Background(), func() error { inside.Done(); <-leave; return nil })
		})
	}
	inside.Wait()
	t.Cleanup(func() { close(leave); all.Wait() })
}

func TestWhoGuessedTooOftenIsRefusedBeforeAnyHashing(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	account := uuid.New()
	for range freeForAccount {
		if _, err := s.Authenticate(t.Context(), attempt(account, "guess")); errors.As(err, new(*grid.TooManyAttempts)) {
			t.Fatal("he was refused early")
		}
	}
	occupy(t, s)
	_, err := s.Authenticate(t.Context(), attempt(account, "guess"))
	if !errors.As(err, new(*grid.TooManyAttempts)) {
		t.Errorf("it answered %v", err)
	}
}

func TestGuessesMadeAtOnceGainNothing(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	account := uuid.New()
	var wait sync.WaitGroup
	var mu sync.Mutex
	looked := 0
	for range 30 {
		wait.Go(func() {
			_, err := s.Authenticate(t.Context(), attempt(account, "guess"))
			if !errors.As(err, new(*grid.TooManyAttempts)) {
				mu.Lock()
				looked++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if looked > freeForAccount+atOnce-1 {
		t.Errorf("%d guesses were looked at", looked)
	}
}

func TestWhoWaitsForHisTurnObeysHisContext(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	occupy(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := s.Authenticate(ctx, attempt(uuid.New(), "secret"))
	if !errors.Is(err, grid.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it answered %v", err)
	}
}

func TestAFullLineSendsAway(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	for range inLine {
		s.hashers.line <- struct{}{}
	}
	if _, err := s.Authenticate(t.Context(), attempt(uuid.New(), "secret")); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("it answered %v", err)
	}
}

func TestALoginGivesItsMemoryBack(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	for range 3 {
		if _, err := s.Authenticate(t.Context(), attempt(uuid.New(), "guess")); !errors.Is(err, grid.ErrDenied) {
			t.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if kept := m.HeapSys - m.HeapReleased; kept > uint64(present.KiB)<<10 {
		t.Errorf("the heap keeps %d MiB", kept>>20)
	}
}

func TestTokensThatRanOutAreDeleted(t *testing.T) {
	now := time.Now()
	db := store.Memory(t)
	s := open(t, db, Options{Now: func() time.Time { return now }})
	account := uuid.New()
	if err := s.SetPassword(t.Context(), account, "secret"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Authenticate(t.Context(), attempt(account, "secret")); err != nil {
			t.Fatal(err)
		}
		now = now.Add(maxLifetime)
	}
	var n int
	err := db.View(t.Context(), func(tx *sql.Tx) error { return tx.QueryRow("SELECT count(*) FROM tokens").Scan(&n) })
	if err != nil || n != 1 {
		t.Errorf("there are %d tokens, %v", n, err)
	}
}

func TestAFailingStoreIsUnavailable(t *testing.T) {
	s := open(t, store.Memory(t), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Authenticate(ctx, attempt(uuid.New(), "x")); !errors.Is(err, grid.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("authenticating answered %v", err)
	}
	if err := s.VerifyToken(ctx, uuid.New(), uuid.New(), 0); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("verifying answered %v", err)
	}
}
