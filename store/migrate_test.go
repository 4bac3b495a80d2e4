package store

import (
	"database/sql"
	"errors"
	"io"
	"log"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func migrations(queries ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i, q := range queries {
		name := "0000" + string(rune('1'+i)) + "_step.sql"
		files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + q + ";\n")}
	}
	return files
}

func TestMigrateRunsEachStepOnce(t *testing.T) {
	db := Memory(t)
	one := migrations("CREATE TABLE a (x INTEGER)")
	two := migrations("CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (7)")
	for _, files := range []fstest.MapFS{one, one, two, two} {
		if err := db.Migrate(t.Context(), "letters", files); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow("SELECT count(*) FROM a WHERE x = 7").Scan(&n)
	})
	if err != nil || n != 1 {
		t.Errorf("the second step left %d rows, %v", n, err)
	}
}

func TestComponentsShareAFileWithoutSharingVersions(t *testing.T) {
	db := Memory(t)
	if err := db.Migrate(t.Context(), "a", migrations("CREATE TABLE a (x INTEGER)", "CREATE TABLE a2 (x INTEGER)")); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), "b", migrations("CREATE TABLE b (x INTEGER)")); err != nil {
		t.Fatal(err)
	}
	do(t, db, "INSERT INTO b SELECT x FROM a")
}

func TestAFileFromANewerServerIsLeftAlone(t *testing.T) {
	db := Memory(t)
	if err := db.Migrate(t.Context(), "a", migrations("CREATE TABLE a (x INTEGER)", "CREATE TABLE a2 (x INTEGER)")); err != nil {
		t.Fatal(err)
	}
	err := db.Migrate(t.Context(), "a", migrations("CREATE TABLE a (x INTEGER)"))
	var newer *NewerError
	if !errors.As(err, &newer) || newer.File != db.Path() || newer.Component != "a" || newer.Have != 2 || newer.Know != 1 {
		t.Errorf("it answered %v", err)
	}
	do(t, db, "INSERT INTO a2 VALUES (1)")
}

func TestAStepThatFailsLeavesNothingAndNamesTheFile(t *testing.T) {
	db := Memory(t)
	files := migrations("CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1)")
	err := db.Migrate(t.Context(), "a", files)
	if err == nil || !strings.Contains(err.Error(), db.Path()) {
		t.Fatalf("it answered %v", err)
	}
	do(t, db, "INSERT INTO a VALUES (1)")
	if err := db.Update(t.Context(), statement("INSERT INTO b VALUES (1)")); err == nil {
		t.Error("half of the step was kept")
	}
}

func TestAComponentsNameIsPlain(t *testing.T) {
	db := Memory(t)
	for _, name := range []string{"", "a b", `a"; DROP TABLE a`, "Ä"} {
		if err := db.Migrate(t.Context(), name, migrations("CREATE TABLE a (x INTEGER)")); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func TestMigrateSaysNothingToTheLog(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	log.SetOutput(w)
	err = Memory(t).Migrate(t.Context(), "a", migrations("CREATE TABLE a (x INTEGER)"))
	log.SetOutput(os.Stderr)
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(r); err != nil || len(said) > 0 {
		t.Errorf("it said %q, %v", said, err)
	}
}
