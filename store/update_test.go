package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// together runs closures as one batch: they are queued, in this order, behind one that waits for them. It
// answers with their answers.
func together(t *testing.T, db *DB, fns ...func(*sql.Tx) error) []error {
	t.Helper()
	db.batchTime = time.Hour // a slow machine must not make two batches of it
	begun := make(chan struct{})
	proceed := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.Update(context.Background(), func(*sql.Tx) error {
			close(begun)
			<-proceed
			return nil
		})
		if err != nil && len(fns) == 0 {
			t.Error(err)
		}
	})
	<-begun
	answers := make([]error, len(fns))
	for i, fn := range fns {
		wg.Go(func() { answers[i] = db.Update(context.Background(), fn) })
		for len(db.queue) <= i {
			runtime.Gosched() // until it stands in the queue
		}
	}
	close(proceed)
	wg.Wait()
	return answers
}

func TestAFailureTakesBackOnlyItself(t *testing.T) {
	db := counters(t, Options{})
	mine := errors.New("mine")
	answers := together(t, db,
		add("a"),
		func(tx *sql.Tx) error { return errors.Join(add("b")(tx), mine) },
		add("a"), // there already
		func(tx *sql.Tx) error { _ = add("c")(tx); panic("no") },
		add("d"),
	)
	if answers[0] != nil || answers[4] != nil {
		t.Errorf("neighbours of a failure answered %v, %v", answers[0], answers[4])
	}
	if !errors.Is(answers[1], mine) {
		t.Errorf("a closure's error came back as %v", answers[1])
	}
	if !Taken(answers[2]) {
		t.Errorf("a statement's error came back as %v", answers[2])
	}
	var p *PanicError
	if !errors.As(answers[3], &p) || p.Value != "no" || !strings.Contains(string(p.Stack), "update_test.go") {
		t.Errorf("a panic came back as %v", answers[3])
	}
	if got := names(t, db); !slices.Equal(got, []string{"a", "d"}) {
		t.Errorf("the table has %v", got)
	}
}

func TestABatchIsOneTransactionInTheOrderOfCalls(t *testing.T) {
	db := counters(t, Options{})
	var want []string
	var fns []func(*sql.Tx) error
	for i := range 100 {
		name := strconv.Itoa(i)
		want = append(want, name)
		fns = append(fns, func(tx *sql.Tx) error {
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM counters").Scan(&n); err != nil {
				return err
			}
			if n != i {
				return fmt.Errorf("closure %d sees %d before it", i, n)
			}
			return add(name)(tx)
		})
	}
	for _, err := range together(t, db, fns...) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := names(t, db); !slices.Equal(got, want) {
		t.Errorf("the table has %v", got)
	}
}

func TestAFailedCommitIsEverybodysFailure(t *testing.T) {
	db := counters(t, Options{})
	do(t, db, `CREATE TABLE parts (of VARCHAR(255) REFERENCES counters (name) DEFERRABLE INITIALLY DEFERRED)`)
	answers := together(t, db, add("a"), statement("INSERT INTO parts VALUES ('nobody')"), add("b"))
	for i, err := range answers {
		var failure *Error
		if !errors.As(err, &failure) || failure.File != db.Path() {
			t.Errorf("closure %d answered %v", i, err)
		}
	}
	if got := names(t, db); len(got) != 0 {
		t.Errorf("the table has %v", got)
	}
	do(t, db, "INSERT INTO counters VALUES ('c', 1)")
	if got := names(t, db); !slices.Equal(got, []string{"c"}) {
		t.Errorf("afterwards the table has %v", got)
	}
}

// SQLite takes back the whole transaction when a write is interrupted or the disk is full, and when it is
// told to, which a test can rely on.
func TestWhatANeighboursLossUndidIsRunAgain(t *testing.T) {
	db := counters(t, Options{})
	runs := 0
	answers := together(t, db,
		func(tx *sql.Tx) error { runs++; return add("a")(tx) },
		statement("INSERT OR ROLLBACK INTO counters VALUES ('a', 1)"),
		add("b"),
	)
	if answers[0] != nil || !Taken(answers[1]) || answers[2] != nil {
		t.Errorf("they answered %v", answers)
	}
	if runs != 2 {
		t.Errorf("what was undone ran %d times", runs)
	}
	if got := names(t, db); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the table has %v", got)
	}
}

func TestAnInterruptedWriteIsItsCallersFailureAlone(t *testing.T) {
	db := counters(t, Options{})
	answers := together(t, db,
		add("a"),
		func(tx *sql.Tx) error {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
			defer cancel()
			_, err := tx.ExecContext(ctx, `WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
				INSERT INTO counters SELECT 'row ' || x, x FROM c`)
			return err
		},
		add("b"),
	)
	if answers[0] != nil || !errors.Is(answers[1], context.DeadlineExceeded) || answers[2] != nil {
		t.Errorf("they answered %v", answers)
	}
	if got := names(t, db); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the table has %v", got)
	}
}

func TestAFullDiskFailsWhoeverNeedsRoomAndNobodyElse(t *testing.T) {
	db := counters(t, Options{})
	if _, err := db.writer.Exec("PRAGMA max_page_count = 20"); err != nil {
		t.Fatal(err)
	}
	answers := together(t, db,
		add("a"),
		statement("INSERT INTO counters VALUES (?, 1)", strings.Repeat("x", 200_000)),
		add("b"),
	)
	var failure *Error
	if answers[0] != nil || !errors.As(answers[1], &failure) || failure.File != db.Path() || answers[2] != nil {
		t.Errorf("they answered %v", answers)
	}
	if got := names(t, db); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the table has %v", got)
	}
}

func TestAClosureThatEndsTheTransactionFails(t *testing.T) {
	db := counters(t, Options{})
	for _, word := range []string{"ROLLBACK", "COMMIT"} {
		answers := together(t, db, statement(word), add(word))
		if answers[0] == nil || answers[1] != nil {
			t.Errorf("%s answered %v", word, answers)
		}
	}
	if got := names(t, db); !slices.Equal(got, []string{"ROLLBACK", "COMMIT"}) {
		t.Errorf("the table has %v", got)
	}
}

func TestAContextEndsTheWaitButNotTheWork(t *testing.T) {
	db := counters(t, Options{})
	begun := make(chan struct{})
	proceed := make(chan struct{})
	var wg sync.WaitGroup
	first, cancelFirst := context.WithCancel(t.Context())
	wg.Go(func() {
		err := db.Update(first, func(tx *sql.Tx) error {
			close(begun)
			<-proceed
			return add("begun")(tx)
		})
		if err != nil {
			t.Errorf("the closure that had begun answered %v", err)
		}
	})
	<-begun
	second, cancelSecond := context.WithCancel(t.Context())
	waiting := make(chan error)
	go func() {
		waiting <- db.Update(second, func(*sql.Tx) error { t.Error("given up, and run all the same"); return nil })
	}()
	cancelFirst()
	cancelSecond()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("the closure that waited answered %v", err)
	}
	close(proceed)
	wg.Wait()
	if got := names(t, db); !slices.Equal(got, []string{"begun"}) {
		t.Errorf("the table has %v", got)
	}
	if err := db.Update(second, add("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that had ended answered %v", err)
	}
}

func TestAFullQueueIsWaitedForAsLongAsTheContextLasts(t *testing.T) {
	db := counters(t, Options{})
	begun := make(chan struct{})
	proceed := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.Update(t.Context(), func(*sql.Tx) error { close(begun); <-proceed; return nil })
	})
	<-begun
	for range queueBound {
		wg.Go(func() {
			if err := db.Update(t.Context(), statement("SELECT 1")); err != nil {
				t.Error(err)
			}
		})
	}
	for len(db.queue) < queueBound {
		runtime.Gosched() // until the queue is full
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := db.Update(ctx, add("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the queue was full and it answered %v", err)
	}
	close(proceed)
	wg.Wait()
}

func TestManyCallersLoseNothing(t *testing.T) {
	const callers, each = 20, 50
	db := counters(t, Options{Sync: SyncNormal})
	do(t, db, "INSERT INTO counters VALUES ('all', 0)")
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				err := db.Update(t.Context(), func(tx *sql.Tx) error {
					var n int
					if err := tx.QueryRow("SELECT n FROM counters WHERE name = 'all'").Scan(&n); err != nil {
						return err
					}
					if _, err := tx.Exec("UPDATE counters SET n = ? WHERE name = 'all'", n+1); err != nil {
						return err
					}
					if i%5 == 4 {
						return context.Canceled
					}
					return add(fmt.Sprint(c, "/", i))(tx)
				})
				if failed := err != nil; failed != (i%5 == 4) {
					t.Errorf("update %d answered %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	const want = callers * each * 4 / 5
	if got := len(names(t, db)) - 1; got != want {
		t.Errorf("%d rows, not %d", got, want)
	}
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT n FROM counters WHERE name = 'all'").Scan(&n); err != nil {
			return err
		}
		if n != want {
			t.Errorf("counted %d, not %d", n, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// childFile names the database that a copy of this test's process writes to until it is killed.
const childFile = "STORE_TEST_CHILD"

// countForEver adds pairs of rows and prints the number of each pair that Update has answered.
func countForEver(path string) {
	db, err := Open(context.Background(), path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	err = db.Update(context.Background(), statement("CREATE TABLE counters (name VARCHAR(255) PRIMARY KEY, n INTEGER)"))
	var wg sync.WaitGroup
	for caller := range 8 {
		wg.Go(func() {
			for i := caller; err == nil; i += 8 {
				err := db.Update(context.Background(), func(tx *sql.Tx) error {
					return errors.Join(add(fmt.Sprint(i, "a"))(tx), add(fmt.Sprint(i, "b"))(tx))
				})
				if err != nil {
					return
				}
				fmt.Println(i)
			}
		})
	}
	wg.Wait()
	os.Exit(1)
}

func TestAKilledProcessKeepsAllThatWasAnsweredAndNoHalves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.db")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFile+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var answered []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		answered = append(answered, lines.Text())
		if len(answered) == 300 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	if len(answered) < 300 {
		t.Fatalf("the child said only %q", answered)
	}

	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	kept := map[string]bool{}
	for _, name := range names(t, db) {
		kept[name] = true
	}
	for _, i := range answered {
		if !kept[i+"a"] {
			t.Errorf("%s was answered and is gone", i)
		}
	}
	for name := range kept {
		i := strings.TrimRight(name, "ab")
		if !kept[i+"a"] || !kept[i+"b"] {
			t.Errorf("there is half of %s", i)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 8, 200} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			db := counters(b, Options{})
			do(b, db, "INSERT INTO counters VALUES ('all', 0)")
			work := make(chan struct{})
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for range work {
						if err := db.Update(context.Background(), statement("UPDATE counters SET n = n + 1")); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for b.Loop() {
				work <- struct{}{}
			}
			close(work)
			wg.Wait()
		})
	}
}
