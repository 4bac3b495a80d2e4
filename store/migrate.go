package store

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// NewerError says that a file was written by a newer version of this server, whose tables this one
// does not know. Nothing was changed.
type NewerError struct {
	File      string
	Component string
	Have      int64 // version of the tables in the file
	Know      int64 // latest version known here
}

// Error says which versions stand against each other.
func (e *NewerError) Error() string {
	return fmt.Sprintf("%s: the tables of %q have version %d, this server knows %d: it needs a newer server",
		e.File, e.Component, e.Have, e.Know)
}

// Migrate brings a component's tables to their latest shape. name is the component's, in lower case
// letters, digits and underscores; files has its migrations in its root, "00001_what.sql" and so on, in goose's
// format. Each runs in a transaction of its own and is recorded in the table "migrations_<name>". The
// error is a *NewerError when the file is ahead of files.
func (db *DB) Migrate(ctx context.Context, name string, files fs.FS) error {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return fmt.Errorf("%s: %q is no name for a component", db.path, name)
	}
	if err := db.enter(); err != nil {
		return err
	}
	defer db.users.Done()
	if err := db.migrate(ctx, name, files); err != nil {
		return db.explain(fmt.Errorf("migrate %s: %w", name, err))
	}
	return nil
}

func (db *DB) migrate(ctx context.Context, name string, files fs.FS) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.writer, files,
		goose.WithTableName("migrations_"+name),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	have, know, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > know {
		return &NewerError{File: db.path, Component: name, Have: have, Know: know}
	}
	_, err = provider.Up(ctx)
	return err
}
