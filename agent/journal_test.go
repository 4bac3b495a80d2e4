package agent

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"terrane/geom"
	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func journalAt(t *testing.T, path string) (*SQLJournal, *store.DB) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	j, err := OpenJournal(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return j, db
}

func newJournal(t *testing.T) *SQLJournal {
	t.Helper()
	j, err := OpenJournal(t.Context(), store.Memory(t))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func someDeparture(epoch uint64) Departure {
	return Departure{
		Agent: uuid.New(), Session: uuid.New(), First: "Ann", Last: "Lee", Epoch: epoch, Region: uuid.New(), Reason: Silent, Root: true,
		Place:    grid.Place{Region: uuid.New(), Position: geom.Vec3{X: 1, Y: 2, Z: 3}, LookAt: geom.Vec3{Y: 1}},
		At:       time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC),
		Looks:    grid.Avatar{"Serial": "7"},
		Children: []grid.Region{{ID: uuid.New(), Name: "Harbour"}},
	}
}

// stands fails the test unless the journal has exactly these rows.
func stands(t *testing.T, j Journal, open, departed []Departure) {
	t.Helper()
	haveOpen, haveDeparted, err := j.Rows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(haveOpen, open) {
		t.Errorf("open rows are %+v, not %+v", haveOpen, open)
	}
	if !reflect.DeepEqual(haveDeparted, departed) {
		t.Errorf("departures are %+v, not %+v", haveDeparted, departed)
	}
}

func TestARowOfTheJournalFromOpenToSettled(t *testing.T) {
	j := newJournal(t)
	d := someDeparture(3)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(j.Open(t.Context(), d))
	stands(t, j, []Departure{d}, nil)

	other := d
	other.Epoch, other.Place.Position = 9, geom.Vec3{}
	check(j.Open(t.Context(), other)) // a row that is there stays
	stands(t, j, []Departure{d}, nil)

	d.Epoch, d.Place.Position.X = 4, 50
	check(j.Refresh(t.Context(), []Departure{d, someDeparture(5)})) // who has no row gets none
	stands(t, j, []Departure{d}, nil)

	left := d
	left.Reason, left.Done = Quit, []string{saveLooks}
	check(j.Depart(t.Context(), left))
	stands(t, j, nil, []Departure{left})
	check(j.Refresh(t.Context(), []Departure{d})) // it has left
	stands(t, j, nil, []Departure{left})
	check(j.Open(t.Context(), d))
	stands(t, j, nil, []Departure{left})

	left.Done = append(left.Done, closeChildren)
	check(j.Depart(t.Context(), left))
	stands(t, j, nil, []Departure{left})

	check(j.Settle(t.Context(), left.Session))
	check(j.Settle(t.Context(), left.Session))
	stands(t, j, nil, nil)
	check(j.Refresh(t.Context(), []Departure{d}))
	stands(t, j, nil, nil)

	check(j.Depart(t.Context(), left)) // one that never had an open row
	stands(t, j, nil, []Departure{left})
	check(j.Refresh(t.Context(), nil))
}

func TestTheRowsOfOneAgentAreHisAlone(t *testing.T) {
	j := newJournal(t)
	ann := uuid.New()
	var want []Departure
	for epoch := range uint64(4) {
		mine, other := someDeparture(4-epoch), someDeparture(epoch)
		mine.Agent = ann
		want = append([]Departure{mine}, want...) // by epoch
		for _, d := range []Departure{mine, other} {
			if err := j.Depart(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
	}
	now := someDeparture(9)
	now.Agent = ann
	if err := j.Open(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	open, departed, err := j.RowsOf(t.Context(), ann)
	if err != nil || !reflect.DeepEqual(open, []Departure{now}) || !reflect.DeepEqual(departed, want) {
		t.Errorf("hers are %+v and %+v, %v", open, departed, err)
	}
	open, departed, err = j.RowsOf(t.Context(), uuid.New())
	if err != nil || len(open)+len(departed) > 0 {
		t.Errorf("a stranger's are %v and %v, %v", open, departed, err)
	}
}

func TestTheJournalOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region.db")
	open, left := someDeparture(1), someDeparture(2)
	j, db := journalAt(t, path)
	if err := j.Open(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	if err := j.Depart(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Settle(t.Context(), left.Session); err == nil {
		t.Error("a journal that is closed takes what it is given")
	}
	j, db = journalAt(t, path)
	stands(t, j, []Departure{open}, []Departure{left})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Sessions come, are refreshed and leave side by side; a refresh that comes late brings none of them back.
func TestTheJournalIsWrittenToByManyAtOnce(t *testing.T) {
	j := newJournal(t)
	var all sync.WaitGroup
	rows := make([]Departure, 60)
	for i := range rows {
		rows[i] = someDeparture(uint64(i + 1))
		all.Go(func() {
			d := rows[i]
			if err := j.Open(t.Context(), d); err != nil {
				t.Error(err)
			}
			var refreshing sync.WaitGroup
			refreshing.Go(func() {
				if err := j.Refresh(t.Context(), slices.Clone(rows[i:i+1])); err != nil {
					t.Error(err)
				}
			})
			if err := j.Depart(t.Context(), d); err != nil {
				t.Error(err)
			}
			if i%2 == 0 {
				if err := j.Settle(t.Context(), d.Session); err != nil {
					t.Error(err)
				}
			}
			refreshing.Wait()
		})
	}
	all.Wait()
	open, departed, err := j.Rows(t.Context())
	if err != nil || len(open) != 0 || len(departed) != len(rows)/2 {
		t.Errorf("%d open rows and %d departures, %v", len(open), len(departed), err)
	}
}

func TestAJournalDoesWhatItsModelDoes(t *testing.T) {
	j := newJournal(t)
	rapid.Check(t, func(r *rapid.T) {
		ann, sessions := uuid.New(), []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New()}
		type row struct {
			open  bool
			epoch uint64
		}
		model := map[uuid.UUID]row{}
		for range rapid.IntRange(1, 30).Draw(r, "calls") {
			d := someDeparture(uint64(rapid.IntRange(1, 9).Draw(r, "epoch")))
			d.Agent = ann
			d.Session = rapid.SampledFrom(sessions).Draw(r, "session")
			var err error
			was, there := model[d.Session]
			switch rapid.SampledFrom([]string{"open", "refresh", "depart", "settle"}).Draw(r, "call") {
			case "open":
				err = j.Open(t.Context(), d)
				if !there {
					model[d.Session] = row{true, d.Epoch}
				}
			case "refresh":
				err = j.Refresh(t.Context(), []Departure{d})
				if was.open {
					model[d.Session] = row{true, d.Epoch}
				}
			case "depart":
				err = j.Depart(t.Context(), d)
				model[d.Session] = row{false, d.Epoch}
			case "settle":
				err = j.Settle(t.Context(), d.Session)
				delete(model, d.Session)
			}
			if err != nil {
				r.Fatal(err)
			}
			have := map[uuid.UUID]row{}
			open, departed, err := j.RowsOf(t.Context(), ann)
			if err != nil {
				r.Fatal(err)
			}
			for _, d := range open {
				have[d.Session] = row{true, d.Epoch}
			}
			for _, d := range departed {
				have[d.Session] = row{false, d.Epoch}
			}
			if !reflect.DeepEqual(have, model) {
				r.Fatalf("the journal has %v, not %v", have, model)
			}
		}
	})
}

func TestADepartureComesBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Departure{
			Agent: uuid.New(), Session: uuid.New(), First: rapid.String().Draw(t, "first"), Last: rapid.String().Draw(t, "last"),
			Epoch: rapid.Uint64().Draw(t, "epoch"), Region: uuid.New(),
			Reason: rapid.SampledFrom([]Reason{Quit, Silent, Kicked, TooSlow, Superseded, Moved, RegionDown}).Draw(t, "reason"),
			Root:   rapid.Bool().Draw(t, "root"),
			Place:  grid.Place{Region: uuid.New(), Position: geom.Vec3{X: rapid.Float32Range(-1e6, 1e6).Draw(t, "x")}},
			At:     time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0).UTC(),
			Looks:  rapid.MapOfN(rapid.String(), rapid.String(), 1, 5).Draw(t, "looks"),
			Done:   rapid.SliceOfN(rapid.SampledFrom(journalled), 1, 5).Draw(t, "done"),
		}
		b, err := d.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := UnmarshalDeparture(b)
		if err != nil || !reflect.DeepEqual(back, d) {
			t.Fatalf("%+v came back as %+v, %v", d, back, err)
		}
	})
}

// written is a row as a journal of this version has it: who reads the journal after an update must still
// understand it.
const written = `{"agent":"11111111-2222-4333-8444-555555555555","session":"99999999-2222-4333-8444-555555555555",` +
	`"first":"Ann","last":"Lee","epoch":4,"region":"77777777-2222-4333-8444-555555555555","reason":"quit","root":true,` +
	`"place":{"Region":"77777777-2222-4333-8444-555555555555","Position":{"X":100.5,"Y":90,"Z":30},"LookAt":{"X":0,"Y":1,"Z":0}},` +
	`"at":"2024-05-06T07:08:09Z","looks":{"Serial":"7"},"done":["save the looks"]}`

func TestAWrittenRowIsStillUnderstood(t *testing.T) {
	d, err := UnmarshalDeparture([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	want := Departure{
		Agent: uuid.MustParse("11111111-2222-4333-8444-555555555555"), Session: uuid.MustParse("99999999-2222-4333-8444-555555555555"),
		First: "Ann", Last: "Lee", Epoch: 4, Region: uuid.MustParse("77777777-2222-4333-8444-555555555555"), Reason: Quit, Root: true,
		Place: grid.Place{
			Region: uuid.MustParse("77777777-2222-4333-8444-555555555555"), Position: geom.Vec3{X: 100.5, Y: 90, Z: 30}, LookAt: geom.Vec3{Y: 1},
		},
		At: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), Looks: grid.Avatar{"Serial": "7"}, Done: []string{saveLooks},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("it is read as %+v", d)
	}
	if owed := d.Owed(); !slices.Equal(owed, []string{leaveGridUser, leavePresence, tellFriends}) {
		t.Errorf("it owes %q", owed)
	}
	b, err := d.Marshal()
	if err != nil || string(b) != written {
		t.Errorf("it is written as %s, %v", b, err)
	}
}

func FuzzDeparture(f *testing.F) {
	for _, d := range []Departure{{}, someDeparture(7)} {
		b, err := d.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(written))
	f.Add([]byte(`{"at":"never"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := UnmarshalDeparture(b)
		if err != nil {
			return
		}
		again, err := d.Marshal()
		if err != nil {
			t.Skip(err) // a year that JSON has no form for
		}
		back, err := UnmarshalDeparture(again)
		if err != nil || fmt.Sprint(back.Owed()) != fmt.Sprint(d.Owed()) || back.Session != d.Session || back.Epoch != d.Epoch {
			t.Errorf("%s came back as %+v, %v", b, back, err)
		}
	})
}
