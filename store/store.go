// Package store keeps a service's or a region's tables in SQLite files: it opens them, brings their
// tables to the present shape, and runs what reads and what writes.
//
// A file has one writer, a goroutine that takes closures from a queue and commits as many as are
// waiting in one transaction. So a hundred callers cost one sync of the disk, each still hears only
// of its own success or failure, and each hears it when its work is durable. Readers see the last
// commit and hold up nobody.
//
// The SQL that goes through here is kept plain enough for PostgreSQL.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Sync says what a crash of the machine may cost. A crash of the process alone costs nothing.
type Sync int

// How much is safe when Update answers.
const (
	SyncFull   Sync = iota // it survives a loss of power
	SyncNormal             // a loss of power may take back the last commits, whole and in order
	syncOff                // for tests: a loss of power may damage the file
)

// Options are how a file is opened. The zero Options are those of a file that must not lose anything.
type Options struct {
	Sync    Sync
	Readers int // how many calls of View run at once; 0 means DefaultReaders
}

// DefaultReaders is how many readers a file has when nothing else is said. Each costs memory of its
// own, about readerCache.
const DefaultReaders = 2

const (
	// busyTimeout is how long a lock held by another process is waited for.
	busyTimeout = 5 * time.Second
	// writerCache and readerCache bound the pages that a connection keeps, in KiB. They are small: what is
	// read often stays in the operating system's cache.
	writerCache = 1024
	readerCache = 512
	// walLimit is what the write-ahead log is cut back to, in bytes, after a burst made it grow.
	walLimit = 4 << 20
)

// DB is an open file. All its methods may be called by many goroutines at once.
type DB struct {
	path    string
	writer  *sql.DB // of one connection, used by the writer and by Migrate
	readers *sql.DB
	queue   chan *job
	ended   chan struct{} // closed when the writer has ended

	batchTime time.Duration // the constant, but for tests

	mu     sync.Mutex // guards closed, and that users grows only before it
	closed bool
	users  sync.WaitGroup // calls under way
}

// Open opens the SQLite file at path, or makes it in a folder that exists. The error names the file
// when it cannot be opened, cannot be written, or is no database. Close ends what Open starts.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	db, err := open(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

func open(ctx context.Context, path string, o Options) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, err
	}
	writer, err := sql.Open("sqlite", writerName(path, o.Sync))
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	if err := probe(ctx, writer); err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	readers, err := sql.Open("sqlite", readerName(path))
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	n := o.Readers
	if n <= 0 {
		n = DefaultReaders
	}
	readers.SetMaxOpenConns(n)
	readers.SetMaxIdleConns(n)
	db := &DB{
		path:    path,
		writer:  writer,
		readers: readers,
		// queueBound closures wait; whoever finds the queue full waits as long as his context lets him.
		queue:     make(chan *job, queueBound),
		ended:     make(chan struct{}),
		batchTime: batchTime,
	}
	go db.write()
	return db, nil
}

// probe finds out now, and not at the first write, that a file is damaged, read only, or where a
// write-ahead log cannot be.
func probe(ctx context.Context, writer *sql.DB) error {
	tx, err := writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // there is nothing in it
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	var mode string
	if err := tx.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system cannot hold a write-ahead log (journal mode stays %q)", mode)
	}
	return nil
}

func writerName(path string, s Sync) string {
	q := connection(writerCache)
	q.Set("_txlock", "immediate")
	q.Set("_journal_mode", "WAL")
	q.Set("_synchronous", map[Sync]string{SyncFull: "FULL", SyncNormal: "NORMAL", syncOff: "OFF"}[s])
	q.Add("_pragma", "journal_size_limit("+strconv.Itoa(walLimit)+")")
	return fileName(path, q)
}

func readerName(path string) string {
	q := connection(readerCache)
	q.Set("_query_only", "1")
	return fileName(path, q)
}

func connection(cache int) url.Values {
	return url.Values{
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"}, // "x" is a column and never a text, as in PostgreSQL
		"_error_rc":     {"1"},
		"_pragma":       {"cache_size(-" + strconv.Itoa(cache) + ")", "mmap_size(0)", "trusted_schema(0)"},
	}
}

func fileName(path string, q url.Values) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String()
}

// Path is where the file is.
func (db *DB) Path() string { return db.path }

// View runs fn on what was last committed; what is committed meanwhile it does not see. fn cannot
// write, and its queries end with ctx. View answers with fn's error.
func (db *DB) View(ctx context.Context, fn func(*sql.Tx) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.users.Done()
	tx, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return db.explain(err)
	}
	defer func() { _ = tx.Rollback() }() // there is nothing in it
	return db.explain(fn(tx))
}

// Close takes no more calls, waits for those under way and queued, and closes the file. Closing
// again answers ErrClosed.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return ErrClosed
	}
	db.closed = true
	db.mu.Unlock()
	db.users.Wait()
	close(db.queue)
	<-db.ended
	return db.explain(errors.Join(db.readers.Close(), db.writer.Close()))
}

// enter counts a call that Close has to wait for; users.Done ends it.
func (db *DB) enter() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return fmt.Errorf("%s: %w", db.path, ErrClosed)
	}
	db.users.Add(1)
	return nil
}
