package gridtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Accounts holds a user account service to its contract. make gives each test an empty one.
func Accounts(t *testing.T, make func(t *testing.T) grid.Accounts) {
	t.Run("Find", func(t *testing.T) { accountFind(t, make) })
	t.Run("Search", func(t *testing.T) { accountSearch(t, make) })
	t.Run("Create", func(t *testing.T) { accountCreate(t, make) })
	t.Run("Update", func(t *testing.T) { accountUpdate(t, make) })
}

func accountFind(t *testing.T, make func(t *testing.T) grid.Accounts) {
	t.Run("an unknown id or name is not found", func(t *testing.T) {
		s := make(t)
		createAccount(t, s, "Ann", "Lee")
		_, err := s.Account(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
		for _, name := range [][2]string{{"Ann", "Day"}, {"Zoe", "Lee"}, {"Lee", "Ann"}, {"An", "Lee"}, {"", ""}, {"%", "%"}} {
			_, err := s.AccountByName(t.Context(), name[0], name[1])
			refuse(t, err, grid.ErrNotFound)
		}
	})
	t.Run("a name is found whatever its case", func(t *testing.T) {
		s := make(t)
		ann := createAccount(t, s, "Ann", "Lee")
		zoe := createAccount(t, s, "Zoë", "Ångström")
		for want, spellings := range map[uuid.UUID][][2]string{
			ann.ID: {{"Ann", "Lee"}, {"ann", "lee"}, {"ANN", "LEE"}, {"aNN", "lEe"}},
			zoe.ID: {{"Zoë", "Ångström"}, {"ZOË", "ÅNGSTRÖM"}, {"zoë", "ångström"}},
		} {
			for _, name := range spellings {
				a, err := s.AccountByName(t.Context(), name[0], name[1])
				succeed(t, err)
				if a.ID != want {
					t.Errorf("%v found %s", name, a.Name())
				}
			}
		}
	})
	t.Run("many at once leaves out those that do not exist", func(t *testing.T) {
		s := make(t)
		ann, zoe := createAccount(t, s, "Ann", "Lee"), createAccount(t, s, "Zoe", "Day")
		createAccount(t, s, "Not", "Asked")
		wantAccounts(t, s, []uuid.UUID{uuid.New(), zoe.ID, uuid.New(), ann.ID}, ann.ID, zoe.ID)
		wantAccounts(t, s, []uuid.UUID{uuid.New()})
		wantAccounts(t, s, nil)
	})
	t.Run("many may be a thousand", func(t *testing.T) {
		s := make(t)
		ann := createAccount(t, s, "Ann", "Lee")
		ids := []uuid.UUID{ann.ID}
		for range 1000 {
			ids = append(ids, uuid.New())
		}
		slices.Reverse(ids)
		wantAccounts(t, s, ids, ann.ID)
	})
}

func accountSearch(t *testing.T, make func(t *testing.T) grid.Accounts) {
	populated := func(t *testing.T) grid.Accounts {
		s := make(t)
		for _, name := range []string{"Leeann Moor", "Ann Lee", "Zoë Lee", "Bo Ng", "Ana 100%sure", "Annabel Day"} {
			first, last, _ := strings.Cut(name, " ")
			createAccount(t, s, first, last)
		}
		return s
	}
	for _, c := range []struct {
		name, query string
		limit       int
		want        string
	}{
		{"one word is part of either name", "lee", 10, "Ann Lee,Leeann Moor,Zoë Lee"},
		{"case does not matter", "ZOË", 10, "Zoë Lee"},
		{"two words are part of the first and of the last name", "ann le", 10, "Ann Lee"},
		{"two words are not looked for the other way round", "lee ann", 10, ""},
		{"one long word is enough", "a day", 10, "Annabel Day"},
		{"no word of three letters finds nobody", "bo", 10, ""},
		{"two short words find nobody", "bo ng", 10, ""},
		{"nothing finds nobody", "", 10, ""},
		{"the first by name are kept", "ann", 2, "Ann Lee,Annabel Day"},
		{"a limit of nothing finds nobody", "ann", 0, ""},
		{"a percent sign is a percent sign", "100%s", 10, "Ana 100%sure"},
		{"an underline is an underline", "1__%", 10, ""},
		{"a name that nobody has finds nobody", "xyz", 10, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := populated(t).SearchAccounts(t.Context(), c.query, c.limit)
			succeed(t, err)
			if got := accountNames(found); got != c.want {
				t.Errorf("%q found %q, want %q", c.query, got, c.want)
			}
		})
	}
}

func accountCreate(t *testing.T, make func(t *testing.T) grid.Accounts) {
	t.Run("it answers with what it stored", func(t *testing.T) {
		s := make(t)
		stored, err := s.CreateAccount(t.Context(), grid.Account{
			ID: uuid.New(), First: "Ann", Last: "Lee", Email: "ann@example.com", Title: "Chief", Level: 200, Flags: 64,
			Created: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC),
		})
		succeed(t, err)
		wantAccount(t, s, stored)
	})
	t.Run("a zero id is replaced by a random one", func(t *testing.T) {
		s := make(t)
		one, err := s.CreateAccount(t.Context(), grid.Account{First: "Ann", Last: "Lee"})
		succeed(t, err)
		two, err := s.CreateAccount(t.Context(), grid.Account{First: "Zoe", Last: "Lee"})
		succeed(t, err)
		if one.ID == uuid.Nil || two.ID == uuid.Nil || one.ID == two.ID {
			t.Errorf("the ids are %s and %s", one.ID, two.ID)
		}
		wantAccount(t, s, one)
		wantAccount(t, s, two)
	})
	t.Run("a name that is taken is a conflict whatever its case", func(t *testing.T) {
		s := make(t)
		ann := createAccount(t, s, "Ann", "Ödegård")
		_, err := s.CreateAccount(t.Context(), grid.Account{First: "ANN", Last: "öDEGÅRD"})
		refuse(t, err, grid.ErrConflict)
		wantAccount(t, s, ann)
	})
	t.Run("an id that is taken is a conflict", func(t *testing.T) {
		s := make(t)
		ann := createAccount(t, s, "Ann", "Lee")
		_, err := s.CreateAccount(t.Context(), grid.Account{ID: ann.ID, First: "Zoe", Last: "Day"})
		refuse(t, err, grid.ErrConflict)
		wantAccount(t, s, ann)
	})
	t.Run("names that only look alike are two", func(t *testing.T) {
		s := make(t)
		createAccount(t, s, "Ann Lee", "Moor")
		createAccount(t, s, "Ann", "Lee Moor")
	})
	for name, first := range map[string]string{
		"an empty name is denied":              "",
		"a line feed in a name is denied":      "An\nn",
		"a zero byte in a name is denied":      "An\x00n",
		"a delete in a name is denied":         "An\x7fn",
		"a C1 control in a name is denied":     "An\u0085n",
		"a name of 65 letters is denied":       strings.Repeat("n", 65),
		"a name of 33 letters may be too long": strings.Repeat("ö", 33),
	} {
		t.Run(name, func(t *testing.T) {
			s := make(t)
			_, err := s.CreateAccount(t.Context(), grid.Account{First: first, Last: "Lee"})
			refuse(t, err, grid.ErrDenied)
			_, err = s.CreateAccount(t.Context(), grid.Account{First: "Ann", Last: first})
			refuse(t, err, grid.ErrDenied)
		})
	}
	t.Run("a name may have sixty-four bytes", func(t *testing.T) {
		s := make(t)
		wantAccount(t, s, createAccount(t, s, strings.Repeat("ö", 32), strings.Repeat("n", 64)))
	})
	t.Run("of many who want a name at once one gets it", func(t *testing.T) {
		s := make(t)
		var wait sync.WaitGroup
		var answers [20]error
		for i := range answers {
			wait.Go(func() {
				_, answers[i] = s.CreateAccount(t.Context(), grid.Account{First: "Ann", Last: "Lee"})
			})
		}
		wait.Wait()
		wantOneSuccess(t, answers[:], grid.ErrConflict)
	})
}

func accountUpdate(t *testing.T, make func(t *testing.T) grid.Accounts) {
	t.Run("it replaces all but the id and the time of creation", func(t *testing.T) {
		s := make(t)
		a := createAccount(t, s, "Ann", "Lee")
		changed := a
		changed.First, changed.Last, changed.Email, changed.Title = "Anna", "Moor", "anna@example.com", "Queen"
		changed.Level, changed.Flags = -1, 3
		changed.Created = a.Created.Add(time.Hour)
		succeed(t, s.UpdateAccount(t.Context(), changed))
		changed.Created = a.Created
		wantAccount(t, s, changed)
		_, err := s.AccountByName(t.Context(), "Ann", "Lee")
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("an unknown account is not found", func(t *testing.T) {
		s := make(t)
		refuse(t, s.UpdateAccount(t.Context(), grid.Account{ID: uuid.New(), First: "Ann", Last: "Lee"}), grid.ErrNotFound)
		_, err := s.AccountByName(t.Context(), "Ann", "Lee")
		refuse(t, err, grid.ErrNotFound)
	})
}

// AccountDetails holds a user account service to what the contract has and OpenSimulator's HTTP form
// does not carry: service addresses and who is not listed.
func AccountDetails(t *testing.T, make func(t *testing.T) grid.Accounts) {
	t.Run("an invisible account is not listed by search and may be found by name", func(t *testing.T) {
		s := make(t)
		a := grid.Account{First: "Ann", Last: "Lee", Invisible: true}
		stored, err := s.CreateAccount(t.Context(), a)
		succeed(t, err)
		found, err := s.SearchAccounts(t.Context(), "ann", 10)
		succeed(t, err)
		if len(found) != 0 {
			t.Errorf("search found %q", accountNames(found))
		}
		wantAccount(t, s, stored)
		stored.Invisible = false
		succeed(t, s.UpdateAccount(t.Context(), stored))
		found, err = s.SearchAccounts(t.Context(), "ann", 10)
		succeed(t, err)
		if got := accountNames(found); got != "Ann Lee" {
			t.Errorf("search found %q", got)
		}
	})
	t.Run("a visitor's home and service addresses are kept", func(t *testing.T) {
		s := make(t)
		stored, err := s.CreateAccount(t.Context(), grid.Account{
			First: "Ann", Last: "Lee", Scope: uuid.New(), HomeURI: "http://example.com:8002/",
			Services: map[string]string{"HomeURI": "http://example.com:8002/", "odd *key;=": "a b&c=ö"},
		})
		succeed(t, err)
		wantAccount(t, s, stored)
		stored.Services = nil
		succeed(t, s.UpdateAccount(t.Context(), stored))
		wantAccount(t, s, stored)
	})
}

// ListedAccounts is a service that is held to AccountLister.
type ListedAccounts interface {
	grid.Accounts
	grid.AccountLister
}

// AccountLister holds a service that lists accounts to its contract. make gives each test an empty one.
func AccountLister(t *testing.T, make func(t *testing.T) ListedAccounts) {
	list := func(t *testing.T, s ListedAccounts, most int) []grid.Account {
		var out []grid.Account
		succeed(t, s.ListAccounts(t.Context(), func(a grid.Account) bool {
			out = append(out, a)
			return len(out) < most
		}))
		return out
	}
	t.Run("there may be none", func(t *testing.T) {
		if got := list(t, make(t), 10); len(got) != 0 {
			t.Errorf("listed %q", accountNames(got))
		}
	})
	t.Run("all are listed by name until yield has had enough", func(t *testing.T) {
		s := make(t)
		for _, name := range []string{"Zoe", "Ann", "Bob"} {
			createAccount(t, s, name, "Lee"+name)
		}
		if got := accountNames(list(t, s, 10)); got != "Ann LeeAnn,Bob LeeBob,Zoe LeeZoe" {
			t.Errorf("listed %q", got)
		}
		if got := list(t, s, 2); len(got) != 2 {
			t.Errorf("listed %q after yield had enough", accountNames(got))
		}
	})
	t.Run("each of a thousand is listed once, and yield may call the service", func(t *testing.T) {
		s := make(t)
		want := map[uuid.UUID]bool{}
		for i := range 1001 {
			want[createAccount(t, s, "Ann", fmt.Sprint("Lee", i)).ID] = true
		}
		got := map[uuid.UUID]bool{}
		succeed(t, s.ListAccounts(t.Context(), func(a grid.Account) bool {
			if got[a.ID] {
				t.Errorf("%s is listed twice", a.Name())
			}
			got[a.ID] = true
			a.Title = "seen"
			succeed(t, s.UpdateAccount(t.Context(), a))
			return true
		}))
		if !maps.Equal(got, want) {
			t.Errorf("listed %d of %d", len(got), len(want))
		}
	})
}

func createAccount(t tester, s grid.Accounts, first, last string) grid.Account {
	t.Helper()
	a, err := s.CreateAccount(t.Context(), grid.Account{First: first, Last: last, Email: "someone@example.com"})
	succeed(t, err)
	return a
}

func wantAccount(t tester, s grid.Accounts, want grid.Account) {
	t.Helper()
	byID, err := s.Account(t.Context(), want.ID)
	succeed(t, err)
	byName, err := s.AccountByName(t.Context(), want.First, want.Last)
	succeed(t, err)
	for _, got := range []grid.Account{byID, byName} {
		if !sameAccount(got, want) {
			t.Errorf("account is %+v, want %+v", got, want)
		}
	}
}

func sameAccount(a, b grid.Account) bool {
	same := maps.Equal(a.Services, b.Services) && a.Created.Equal(b.Created)
	return same && a.ID == b.ID && a.Scope == b.Scope && a.Name() == b.Name() && a.Email == b.Email && a.Title == b.Title &&
		a.Level == b.Level && a.Flags == b.Flags && a.HomeURI == b.HomeURI && a.Invisible == b.Invisible
}

func wantAccounts(t tester, s grid.Accounts, ids []uuid.UUID, want ...uuid.UUID) {
	t.Helper()
	found, err := s.Accounts(t.Context(), ids)
	succeed(t, err)
	var got []uuid.UUID
	for _, a := range found {
		got = append(got, a.ID)
	}
	if len(got) != len(want) || !maps.Equal(asSet(got), asSet(want)) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func accountNames(all []grid.Account) string {
	var names []string
	for _, a := range all {
		names = append(names, a.Name())
	}
	return strings.Join(names, ",")
}

// wantOneSuccess says that one call succeeded and all others were refused.
func wantOneSuccess(t tester, answers []error, refused error) {
	t.Helper()
	succeeded := 0
	for _, err := range answers {
		switch {
		case err == nil:
			succeeded++
		case !errors.Is(err, refused):
			t.Errorf("a call answered %v", err)
		}
	}
	if succeeded != 1 {
		t.Errorf("%d of %d calls succeeded", succeeded, len(answers))
	}
}
