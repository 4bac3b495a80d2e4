package store

import (
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// UUID reads a column of 36 characters, as OpenSimulator's tables have them, into u. NULL and the
// empty text are the zero UUID, and blanks around it are passed over; anything else is an error.
// To write one, pass the uuid.UUID itself: it becomes that text.
func UUID(u *uuid.UUID) sql.Scanner { return (*uuidColumn)(u) }

type uuidColumn uuid.UUID

// Scan implements sql.Scanner.
func (u *uuidColumn) Scan(src any) error {
	*u = uuidColumn(uuid.Nil)
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return u.parse(v)
	case []byte:
		return u.parse(string(v))
	}
	return fmt.Errorf("a %T is no UUID", src)
}

func (u *uuidColumn) parse(s string) error {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return fmt.Errorf("%q is no UUID", s)
	}
	*u = uuidColumn(id)
	return nil
}

// perStatement is how many ids one statement names: well below what any database takes.
const perStatement = 500

// In is for statements about many ids. It yields "(?, ?, …)" to stand behind IN, with its arguments, as often as
// it takes to name each of the ids once.
func In(ids []uuid.UUID) iter.Seq2[string, []any] {
	return func(yield func(string, []any) bool) {
		ids := slices.Clone(ids)
		slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		for some := range slices.Chunk(slices.Compact(ids), perStatement) {
			args := make([]any, len(some))
			for i, id := range some {
				args[i] = id
			}
			if !yield("(?"+strings.Repeat(", ?", len(some)-1)+")", args) {
				return
			}
		}
	}
}
