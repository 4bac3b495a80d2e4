package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"terrane/geom"

	"github.com/google/uuid"
)

func TestExplainGathersEveryRecordOfAUsersSessions(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		r.register(t)
		r.ann(t)
		lease := r.arrive(t)
		root := SessionView{
			User: annID, Name: "Ann Lee", Session: sessionID, Region: welcomeID, Phase: PhaseRoot, Root: true, Owned: true,
			Epoch: lease.Epoch, Capabilities: []string{"EventQueueGet"},
		}
		r.world.sessions = []SessionView{root, {User: uuid.New(), Session: uuid.New(), Region: welcomeID}}
		r.world.rows = []JournalRow{{Region: welcomeID, Session: sessionID, Epoch: lease.Epoch, Open: true}}

		e, err := r.Explain(t.Context(), "ann", "LEE")
		if err != nil {
			t.Fatal(err)
		}
		if !e.Running || e.Account.Name() != "Ann Lee" || !e.Account.Online || e.Epoch != lease.Epoch || len(e.Unread) > 0 {
			t.Errorf("explained %+v", e)
		}
		if g := e.GridUser; g == nil || !g.Online || g.Home.Name != "Welcome" || g.Last.Name != "Welcome" || g.Last.Position != (geom.Vec3{X: 1, Y: 2, Z: 3}) {
			t.Errorf("grid user %+v", g)
		}
		if l := e.Lease; l == nil || l.Session != sessionID || l.Region != welcomeID || l.Name != "Welcome" || !l.Here || !l.Registered ||
			l.Boot != bootID || l.RegionBoot != bootID || !l.Expires.After(e.At) {
			t.Errorf("lease %+v", l)
		}
		if len(e.Sessions) != 1 || e.Sessions[0].Session != sessionID || len(e.Journal) != 1 {
			t.Errorf("sessions %+v, journal %+v", e.Sessions, e.Journal)
		}
		if a := e.Avatar; a == nil || a.Serial != "1" || !a.Dressed || a.Rows != 2 {
			t.Errorf("avatar %+v", a)
		}
		if found := Disagreements(e); len(found) > 0 {
			t.Errorf("an orderly session disagrees: %+v", found)
		}
		_, err = r.Explain(t.Context(), "Bob", "Roe")
		says(t, err, http.StatusNotFound, `no user "Bob Roe"`)
	})
}

func TestExplainOfAUserWhoNeverCame(t *testing.T) {
	r := newRig(t).offline()
	r.ann(t)
	e, err := r.Explain(t.Context(), "Ann", "Lee")
	if err != nil {
		t.Fatal(err)
	}
	if e.Running || e.Lease != nil || e.GridUser == nil || e.GridUser.Home.Name != "Welcome" || e.Epoch != 0 {
		t.Errorf("explained %+v", e)
	}
	if found := Disagreements(e); len(found) > 0 {
		t.Errorf("disagrees: %+v", found)
	}
}

// TestExplainGoesOnWithoutARecordThatCannotBeRead: it is asked when things are broken.
func TestExplainGoesOnWithoutARecordThatCannotBeRead(t *testing.T) {
	for call, record := range map[string]string{
		"GridUser": recordGridUser, "LeaseOf": recordPresence, "journal": recordJournal, "Avatar": recordAvatar,
	} {
		t.Run(call, func(t *testing.T) {
			r := newRig(t)
			r.register(t)
			r.ann(t)
			r.arrive(t)
			r.world.sessions = []SessionView{{
				User: annID, Session: sessionID, Region: welcomeID, Phase: PhaseRoot, Root: true, Owned: true, Epoch: 2,
				Capabilities: []string{"x"}, Age: time.Hour,
			}}
			r.world.rows = []JournalRow{{Region: welcomeID, Session: sessionID, Open: true}}
			r.fail[call] = true
			e, err := r.Explain(t.Context(), "Ann", "Lee")
			if err != nil {
				t.Fatal(err)
			}
			if len(e.Unread) != 1 || e.Unread[0].Record != record || !strings.Contains(e.Unread[0].Error, "disk full") {
				t.Errorf("unread %+v", e.Unread)
			}
			if found := Disagreements(e); len(found) > 0 {
				t.Errorf("what was not read disagrees: %+v", found)
			}
			shown := text(t, func(b *strings.Builder) error { return WriteExplanationText(b, e) })
			if !strings.Contains(shown, "Could not be read\n") || !strings.Contains(shown, "disk full") {
				t.Errorf("shown:\n%s", shown)
			}
		})
	}
}

// troubled is a user about whom the records do not agree.
func troubled() Explanation {
	e := orderly()
	e.Lease.Expires = e.At.Add(-3 * time.Second)
	e.Sessions = append(e.Sessions, SessionView{
		User: annID, Name: "Ann Lee", Session: sessionID, Region: harbourID, Phase: PhaseChild, Child: true, Epoch: 7,
		Address: "192.0.2.7:13000", Age: 90 * time.Second, Silence: 700 * time.Millisecond,
	})
	e.Journal = append(e.Journal, JournalRow{
		Region: harbourID, Session: otherID, Epoch: 5, Reason: "silent", At: e.At.Add(-10 * time.Minute),
		Owed: []string{"grid user: logged out", "tell friends"},
	})
	e.Account.Email = "ann@example.org"
	e.Unread = []Unread{{recordAvatar, "avatar find: unavailable\x1b[2J"}}
	e.Avatar = nil
	return e
}

func TestExplanationAsText(t *testing.T) {
	golden(t, "explain.txt", text(t, func(b *strings.Builder) error { return WriteExplanationText(b, troubled()) }))
}

func TestExplanationOfNobodyInParticularAsText(t *testing.T) {
	e := Explanation{At: began, Account: UserView{ID: annID, First: "Ann", Last: "Lee", State: StateDisabled, Level: -1, Created: began}}
	golden(t, "nothing.txt", text(t, func(b *strings.Builder) error { return WriteExplanationText(b, e) }))
}

func TestExplanationAsJSON(t *testing.T) {
	got := text(t, func(b *strings.Builder) error { return WriteExplanationJSON(b, troubled()) })
	golden(t, "explain.json", got)
	var back struct {
		Explanation
		Disagreements []Finding
	}
	if err := json.Unmarshal([]byte(got), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Disagreements) != 2 || len(Disagreements(back.Explanation)) != 2 {
		t.Errorf("read back: %+v", back.Disagreements)
	}
}
