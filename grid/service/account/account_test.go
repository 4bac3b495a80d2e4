package account

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t *testing.T) *Service {
	t.Helper()
	s, err := New(store.Memory(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	t.Run("Accounts", func(t *testing.T) {
		gridtest.Accounts(t, func(t *testing.T) grid.Accounts { return open(t) })
	})
	t.Run("AccountDetails", func(t *testing.T) {
		gridtest.AccountDetails(t, func(t *testing.T) grid.Accounts { return open(t) })
	})
	t.Run("AccountLister", func(t *testing.T) {
		gridtest.AccountLister(t, func(t *testing.T) gridtest.ListedAccounts { return open(t) })
	})
}

func TestTimeOfCreationIsNowUnlessGiven(t *testing.T) {
	now := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	s, err := New(store.Memory(t), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.CreateAccount(t.Context(), grid.Account{First: "Ann", Last: "Lee"})
	if err != nil || !a.Created.Equal(now.Truncate(time.Second)) {
		t.Errorf("created %v, %v", a.Created, err)
	}
	old := time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC)
	a, err = s.CreateAccount(t.Context(), grid.Account{First: "Zoe", Last: "Lee", Created: old})
	if err != nil || !a.Created.Equal(old) {
		t.Errorf("created %v, %v", a.Created, err)
	}
}

func TestUpdateRefusesTheNamesThatCreateRefuses(t *testing.T) {
	s := open(t)
	ann, err := s.CreateAccount(t.Context(), grid.Account{First: "Ann", Last: "Lee"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.CreateAccount(t.Context(), grid.Account{First: "Zoe", Last: "Day"}); err != nil {
		t.Fatal(err)
	}
	ann.First, ann.Last = "ZOE", "DAY"
	if err := s.UpdateAccount(t.Context(), ann); !errors.Is(err, grid.ErrConflict) {
		t.Errorf("a taken name answered %v", err)
	}
	ann.First = ""
	if err := s.UpdateAccount(t.Context(), ann); !errors.Is(err, grid.ErrDenied) {
		t.Errorf("an empty name answered %v", err)
	}
}

func TestAFailingStoreIsUnavailable(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Account(ctx, uuid.New()); !errors.Is(err, grid.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("reading answered %v", err)
	}
	if _, err := s.CreateAccount(ctx, grid.Account{First: "Ann", Last: "Lee"}); !errors.Is(err, grid.ErrUnavailable) {
		t.Errorf("writing answered %v", err)
	}
}

func TestServiceAddressesAreWrittenAsOpenSimulatorWritesThem(t *testing.T) {
	const text = "AssetServerURI= HomeURI=http%3A%2F%2Fexample.com%3A8002%2F"
	services := map[string]string{"HomeURI": "http://example.com:8002/", "AssetServerURI": ""}
	if got := formatServices(services); got != text {
		t.Errorf("wrote %q", got)
	}
	// OpenSimulator's digits after % are lower case.
	if got := parseServices("HomeURI=http%3a%2f%2fexample.com%3a8002%2f AssetServerURI= broken %zz=1 a=%zz"); !maps.Equal(got, services) {
		t.Errorf("read %q", got)
	}
}

func FuzzParseServices(f *testing.F) {
	f.Add("HomeURI=http%3a%2f%2fexample.com%3a8002%2f AssetServerURI= broken %zz=1")
	f.Add(formatServices(map[string]string{"odd *key;=": "a b&c=ö"}))
	f.Fuzz(func(t *testing.T, s string) {
		read := parseServices(s)
		if again := parseServices(formatServices(read)); !maps.Equal(read, again) {
			t.Errorf("%q was read as %q and written and read as %q", s, read, again)
		}
	})
}
