package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		countForEver(path)
	}
	goleak.VerifyTestMain(m)
}

// counters is a database with one table, counters(name, n).
func counters(t testing.TB, o Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "counters.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	do(t, db, "CREATE TABLE counters (name VARCHAR(255) PRIMARY KEY, n INTEGER NOT NULL)")
	return db
}

func do(t testing.TB, db *DB, query string, args ...any) {
	t.Helper()
	if err := db.Update(context.Background(), statement(query, args...)); err != nil {
		t.Fatal(err)
	}
}

func statement(query string, args ...any) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}
}

// names lists the counters in the order in which they were made.
func names(t testing.TB, db *DB) []string {
	t.Helper()
	var out []string
	err := db.View(context.Background(), func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT name FROM counters ORDER BY rowid")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out = append(out, s)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func add(name string) func(*sql.Tx) error {
	return statement("INSERT INTO counters (name, n) VALUES (?, 0)", name)
}

func TestOpenNamesTheFileItCannotUse(t *testing.T) {
	folder := t.TempDir()
	garbage := filepath.Join(folder, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database. ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a missing folder":                filepath.Join(folder, "missing", "a.db"),
		"a folder":                        folder,
		"a file where a folder should be": filepath.Join(garbage, "a.db"),
		"a file that is no database":      garbage,
	} {
		db, err := Open(t.Context(), path, Options{})
		if err == nil {
			t.Errorf("%s: opened", name)
			_ = db.Close()
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %q does not name %s", name, err, path)
		}
	}
}

func TestOpenRefusesWhatItMayNotWrite(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "a.db")
	_, err := Open(t.Context(), path, Options{})
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("%v does not name %s", err, path)
	}

	folder = t.TempDir()
	path = filepath.Join(folder, "b.db")
	if err := os.WriteFile(path, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path, Options{})
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("%v does not name %s", err, path)
	}
}

func TestADamagedPageIsAnErrorThatNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	do(t, db, "CREATE TABLE counters (name VARCHAR(255) PRIMARY KEY, n INTEGER NOT NULL)")
	do(t, db, "INSERT INTO counters VALUES ('a', 1)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(content); i++ {
		content[i] = 0xA5
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}

	db, err = Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var failure *Error
	if err := db.Update(t.Context(), add("b")); !errors.As(err, &failure) || failure.File != path {
		t.Errorf("update answered %v", err)
	}
	err = db.View(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow("SELECT n FROM counters").Scan(new(int))
	})
	if !errors.As(err, &failure) || failure.File != path {
		t.Errorf("view answered %v", err)
	}
}

func TestAPathMayHoldWhatAnAddressMayNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "50% of ?mode=ro & #1 ü.db")
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	do(t, db, "CREATE TABLE a (b INTEGER)")
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestTheFileIsSetUpAsPromised(t *testing.T) {
	for sync, want := range map[Sync]int{SyncFull: 2, SyncNormal: 1} {
		db := counters(t, Options{Sync: sync})
		want := map[string]any{
			"synchronous": int64(want), "journal_mode": "wal", "foreign_keys": int64(1), "busy_timeout": int64(5000),
			"cache_size": int64(-1024), "query_only": int64(0),
		}
		err := db.Update(t.Context(), func(tx *sql.Tx) error { return pragmas(t, tx, want) })
		if err != nil {
			t.Fatal(err)
		}
		want = map[string]any{"foreign_keys": int64(1), "busy_timeout": int64(5000), "cache_size": int64(-512), "query_only": int64(1)}
		err = db.View(t.Context(), func(tx *sql.Tx) error { return pragmas(t, tx, want) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

func pragmas(t *testing.T, tx *sql.Tx, want map[string]any) error {
	for name, want := range want {
		var got any
		if err := tx.QueryRow("PRAGMA " + name).Scan(&got); err != nil {
			return err
		}
		if got != want {
			t.Errorf("%s is %v, not %v", name, got, want)
		}
	}
	return nil
}

func TestViewSeesOneMomentAndCannotWrite(t *testing.T) {
	db := counters(t, Options{})
	do(t, db, "INSERT INTO counters VALUES ('a', 1)")
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		for range 2 {
			var n int
			if err := tx.QueryRow("SELECT n FROM counters").Scan(&n); err != nil {
				return err
			}
			if n != 1 {
				t.Errorf("the view sees %d, of a later commit", n)
			}
			do(t, db, "UPDATE counters SET n = n + 1")
		}
		if _, err := tx.Exec("DELETE FROM counters"); err == nil {
			t.Error("a view wrote")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMoreViewsThanReadersTakeTurns(t *testing.T) {
	db := counters(t, Options{Readers: 1})
	inside := make(chan struct{})
	leave := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.View(t.Context(), func(*sql.Tx) error { close(inside); <-leave; return nil })
	})
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := db.View(ctx, func(*sql.Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second view answered %v", err)
	}
	close(leave)
	wg.Wait()
	if err := db.View(t.Context(), func(*sql.Tx) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestCloseWaitsForWhatIsQueued(t *testing.T) {
	db := counters(t, Options{})
	var wg sync.WaitGroup
	begun := make(chan struct{})
	proceed := make(chan struct{})
	answers := make(chan error, 9)
	wg.Go(func() {
		answers <- db.Update(t.Context(), func(tx *sql.Tx) error {
			close(begun)
			<-proceed
			return add("first")(tx)
		})
	})
	<-begun
	for _, name := range strings.Split("abcdefgh", "") {
		wg.Go(func() { answers <- db.Update(t.Context(), add(name)) })
	}
	for len(db.queue) < 8 {
		runtime.Gosched() // until all eight stand in the queue
	}
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	close(proceed)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	for range 9 {
		if err := <-answers; err != nil {
			t.Errorf("a queued update answered %v", err)
		}
	}
	if err := db.Update(t.Context(), add("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("update after close answered %v", err)
	}
	if err := db.View(t.Context(), func(*sql.Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("view after close answered %v", err)
	}
	if err := db.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("closing again answered %v", err)
	}

	again, err := Open(t.Context(), db.Path(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := len(names(t, again)); got != 9 {
		t.Errorf("%d of 9 were kept", got)
	}
}

func TestAFileThatAnotherHoldsTooLongIsBusy(t *testing.T) {
	db := counters(t, Options{})
	other, err := sql.Open("sqlite", fileName(db.Path(), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.writer.Exec("PRAGMA busy_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), add("a")); !errors.Is(err, ErrBusy) {
		t.Errorf("update answered %v", err)
	}
	if err := db.View(t.Context(), func(*sql.Tx) error { return nil }); err != nil {
		t.Errorf("view answered %v", err)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), add("a")); err != nil {
		t.Error(err)
	}
}

func TestTakenTellsAKeyInUseFromOtherFailures(t *testing.T) {
	db := counters(t, Options{})
	do(t, db, "INSERT INTO counters VALUES ('a', 1)")
	if err := db.Update(t.Context(), add("a")); !Taken(err) {
		t.Errorf("%v is not Taken", err)
	}
	if err := db.Update(t.Context(), statement("INSERT INTO counters VALUES ('b', NULL)")); err == nil || Taken(err) {
		t.Errorf("%v is Taken", err)
	}
	if Taken(nil) {
		t.Error("nil is Taken")
	}
}

func TestUUIDsAreStoredAsTheirText(t *testing.T) {
	db := counters(t, Options{})
	do(t, db, "CREATE TABLE ids (id CHAR(36))")
	id := uuid.New()
	do(t, db, "INSERT INTO ids VALUES (?)", id)
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		var text string
		var back uuid.UUID
		if err := tx.QueryRow("SELECT id, id FROM ids").Scan(&text, UUID(&back)); err != nil {
			return err
		}
		if text != id.String() || back != id {
			t.Errorf("%s became %q and %s", id, text, back)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		src  any
		want uuid.UUID
	}{
		{nil, uuid.Nil},
		{"", uuid.Nil},
		{"  ", uuid.Nil},
		{[]byte(id.String()), id},
		{id.String() + "   ", id},
	} {
		got := uuid.New()
		if err := UUID(&got).Scan(c.src); err != nil || got != c.want {
			t.Errorf("%v became %s, %v", c.src, got, err)
		}
	}
	for _, src := range []any{"no uuid", 7} {
		if err := UUID(new(uuid.UUID)).Scan(src); err == nil {
			t.Errorf("%v was taken", src)
		}
	}
}

func TestInNamesEachIDOnce(t *testing.T) {
	db := counters(t, Options{})
	do(t, db, "CREATE TABLE ids (id CHAR(36))")
	var all []uuid.UUID
	for range 2*perStatement + 1 {
		all = append(all, uuid.New())
	}
	for in, args := range In(all) {
		do(t, db, "INSERT INTO ids VALUES "+strings.ReplaceAll(strings.Trim(in, "()"), "?", "(?)"), args...)
	}
	found, statements := 0, 0
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		for in, args := range In(append(all, all...)) {
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM ids WHERE id IN "+in, args...).Scan(&n); err != nil {
				return err
			}
			found, statements = found+n, statements+1
		}
		return nil
	})
	if err != nil || found != len(all) || statements != 3 {
		t.Errorf("found %d of %d with %d statements, %v", found, len(all), statements, err)
	}
	for in := range In(nil) {
		t.Errorf("no ids made %q", in)
	}
}
