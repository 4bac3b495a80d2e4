package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terrane/geom"

	"github.com/google/uuid"
)

// orderly are the records of Ann, who stands in Welcome since 90 s and whose neighbour Harbour has her
// child agent: nothing disagrees.
func orderly() Explanation {
	at := began.Add(90 * time.Second)
	place := PlaceRecord{Region: welcomeID, Name: "Welcome", Position: geom.Vec3{X: 128, Y: 128, Z: 22.5}, LookAt: geom.Vec3{Y: 1}}
	return Explanation{
		At: at, Running: true,
		Account:  UserView{ID: annID, First: "Ann", Last: "Lee", State: StateEnabled, Created: began.Add(-24 * time.Hour), Online: true},
		GridUser: &GridUserRecord{Online: true, Login: began, Logout: began.Add(-time.Hour), Home: place, Last: place},
		Epoch:    7,
		Lease: &LeaseRecord{
			Session: sessionID, Epoch: 7, Began: began, Expires: at.Add(62 * time.Second), Region: welcomeID, Name: "Welcome",
			Boot: bootID, Here: true, Registered: true, RegionBoot: bootID,
		},
		Sessions: []SessionView{{
			User: annID, Name: "Ann Lee", Session: sessionID, Region: welcomeID, Phase: PhaseRoot, Root: true, Epoch: 7, Owned: true,
			Address: "192.0.2.7:13000", Viewer: "Viewer 1.0", Age: 90 * time.Second, Silence: 40 * time.Millisecond,
			Capabilities: []string{"EventQueueGet", "SimulatorFeatures"}, Neighbours: []string{"Harbour"},
			PacketsIn: 900, PacketsOut: 1200, Resent: 3, Unacked: 1, Queued: 2, Ping: 23 * time.Millisecond,
		}},
		Journal: []JournalRow{{Region: welcomeID, Session: sessionID, Epoch: 7, Open: true, At: at.Add(-12 * time.Second)}},
		Avatar:  &AvatarRecord{Serial: "7", Rows: 25, Dressed: true},
		Regions: []RegionView{{ID: welcomeID, Name: "Welcome", Boot: bootID}, {ID: harbourID, Name: "Harbour", Boot: bootID}},
		Unread:  []Unread{},
	}
}

// gone takes Ann out of the world, in good order.
func gone(e *Explanation) {
	e.Lease, e.Sessions, e.Journal = nil, nil, nil
	e.GridUser.Online, e.Account.Online = false, false
}

func TestOrderlyRecordsDoNotDisagree(t *testing.T) {
	for name, change := range map[string]func(*Explanation){
		"in world": func(*Explanation) {},
		"gone":     gone,
		"never came": func(e *Explanation) {
			gone(e)
			e.GridUser, e.Epoch = nil, 0
		},
		"just logged in": func(e *Explanation) {
			e.Sessions, e.Journal = nil, nil
			e.Lease.Region, e.Lease.Boot, e.Lease.Registered, e.Lease.Here = uuid.Nil, uuid.Nil, false, false
			e.Lease.Began = e.At.Add(-3 * time.Second)
		},
		"arriving": func(e *Explanation) {
			e.Journal = nil
			e.Sessions[0].Age, e.Sessions[0].Owned, e.Sessions[0].Capabilities = 2*time.Second, false, nil
			e.GridUser.Last = PlaceRecord{Region: harbourID, Name: "Harbour"}
		},
		"loading slowly": func(e *Explanation) {
			e.Journal = nil
			e.Lease.Region, e.Lease.Boot, e.Lease.Registered, e.Lease.Here = uuid.Nil, uuid.Nil, false, false
			e.Sessions[0].Root, e.Sessions[0].Phase, e.Sessions[0].Owned = false, PhaseChild, false
		},
		"logging out: grid user told, presence not yet": func(e *Explanation) {
			e.GridUser.Online = false
			e.Sessions[0].Ending, e.Sessions[0].Phase = "quit", PhaseLingering
			e.Journal = []JournalRow{{Region: welcomeID, Session: sessionID, Epoch: 7, Reason: "quit", At: e.At}}
		},
		"lingering": func(e *Explanation) {
			session := e.Sessions
			gone(e)
			e.Sessions = session
			e.Sessions[0].Ending, e.Sessions[0].Phase, e.Sessions[0].Silence = "quit", PhaseLingering, 14*time.Second
		},
		"root in another process": func(e *Explanation) {
			e.Sessions[0].Root, e.Sessions[0].Child, e.Sessions[0].Owned = false, true, false
			e.Sessions[0].Region = harbourID
			e.Lease.Region, e.Lease.Here = uuid.New(), false
			e.Journal = nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := orderly()
			change(&e)
			if found := Disagreements(e); len(found) > 0 {
				t.Errorf("found %+v", found)
			}
		})
	}
}

// disorder is a change to orderly records in which one check finds something.
type disorder struct {
	finding string
	change  func(*Explanation)
	says    []string
}

func disorders() []disorder {
	return []disorder{
		{"account unfinished", func(e *Explanation) {
			gone(e)
			e.Account.State = StateUnfinished
		}, []string{`terrane user create Ann Lee`}},
		{"disabled but here", func(e *Explanation) {
			e.Account.State = StateDisabled
		}, []string{"in Welcome", "terrane user kick"}},
		{"online without a lease", func(e *Explanation) {
			gone(e)
			e.GridUser.Online = true
		}, []string{"says online", "next logout puts it right"}},
		{"lease without online", func(e *Explanation) {
			e.GridUser.Online = false
		}, []string{"does not say online"}},
		{"lease ran out", func(e *Explanation) {
			e.Lease.Expires = e.At.Add(-12 * time.Second)
		}, []string{"12s ago", "within seconds"}},
		{"lease ran out", func(e *Explanation) {
			e.Running, e.Sessions, e.Journal = false, nil, nil
			e.Lease.Expires, e.Lease.Here = e.At.Add(-12*time.Second), false
		}, []string{"next start"}},
		{"login without a circuit", func(e *Explanation) {
			e.Sessions, e.Journal = nil, nil
			e.Lease.Region, e.Lease.Boot, e.Lease.Registered, e.Lease.Here = uuid.Nil, uuid.Nil, false, false
		}, []string{"1m30s ago", "--external-host", "in 1m2s"}},
		{"lease in a region that is gone", func(e *Explanation) {
			e.Sessions, e.Journal = nil, nil
			e.Lease.Registered, e.Lease.Here, e.Lease.RegionBoot = false, false, uuid.Nil
		}, []string{"Welcome", "not registered", "1m2s"}},
		{"lease of an earlier process", func(e *Explanation) {
			e.Lease.Boot = uuid.New()
		}, []string{"earlier process of Welcome", "nobody renews"}},
		{"lease unknown to its region", func(e *Explanation) {
			e.Sessions, e.Journal = nil, nil
		}, []string{"Welcome owns the session, but does not know it"}},
		{"root without a lease", func(e *Explanation) {
			e.Lease, e.GridUser.Online = nil, false
		}, []string{"stands in Welcome", "superseded"}},
		{"root beside the lease", func(e *Explanation) {
			e.Lease.Session, e.Lease.Here = otherID, false
		}, []string{sessionID.String(), otherID.String()}},
		{"root beside the lease", func(e *Explanation) {
			e.Lease.Region, e.Lease.Here, e.Lease.Name = uuid.New(), false, "Far Away"
		}, []string{"stands in Welcome", "owned by Far Away"}},
		{"root beside the lease", func(e *Explanation) {
			e.Lease.Epoch = 9
		}, []string{"epoch 7", "its epoch is 9"}},
		{"root not owned", func(e *Explanation) {
			e.Sessions[0].Owned = false
		}, []string{"not confirmed"}},
		{"child without a root", func(e *Explanation) {
			gone(e)
			e.Sessions = []SessionView{{Session: sessionID, Region: harbourID, Phase: PhaseChild, Child: true, Age: time.Minute}}
		}, []string{"Harbour", "60 s by default"}},
		{"circuit silent", func(e *Explanation) {
			e.Sessions[0].Silence = 75 * time.Second
		}, []string{"1m15s", "session.paused_silence"}},
		{"root without capabilities", func(e *Explanation) {
			e.Sessions[0].Capabilities = nil
		}, []string{"by UDP, but not by HTTP"}},
		{"journal row without a circuit", func(e *Explanation) {
			gone(e)
			e.Journal = []JournalRow{{Region: harbourID, Session: otherID, Open: true, At: e.At.Add(-20 * time.Second)}}
		}, []string{"Harbour", otherID.String(), "20s", "terrane trace"}},
		{"journal row without a circuit", func(e *Explanation) {
			gone(e)
			e.Running = false
			e.Journal = []JournalRow{{Region: harbourID, Session: otherID, Open: true, At: e.At}}
		}, []string{"next start"}},
		{"root without a journal row", func(e *Explanation) {
			e.Journal = nil
		}, []string{"no row", "disk is full"}},
		{"departure owed", func(e *Explanation) {
			gone(e)
			e.Journal = []JournalRow{{
				Region: harbourID, Session: otherID, Reason: "silent", At: e.At.Add(-10 * time.Minute),
				Owed: []string{"presence: logged out", "tell friends"},
			}}
		}, []string{"10m0s", "(silent)", "presence: logged out; tell friends", "Harbour tries again"}},
		{"departure owed", func(e *Explanation) {
			gone(e)
			e.Running = false
			e.Journal = []JournalRow{{Region: harbourID, Session: otherID, Reason: "silent", At: e.At, Owed: []string{"tell friends"}}}
		}, []string{"next start"}},
		{"departure not struck", func(e *Explanation) {
			gone(e)
			e.Journal = []JournalRow{{Region: harbourID, Session: otherID, Reason: "quit", At: e.At.Add(-10 * time.Minute)}}
		}, []string{"10m0s", "disk is full"}},
		{"last place behind", func(e *Explanation) {
			e.GridUser.Last = PlaceRecord{Region: harbourID, Name: "Harbour"}
		}, []string{"in Welcome", "last region"}},
		{"home is nowhere", func(e *Explanation) {
			e.GridUser.Home = PlaceRecord{}
		}, []string{"no home"}},
		{"home is nowhere", func(e *Explanation) {
			e.GridUser.Home = PlaceRecord{Region: otherID}
		}, []string{"nobody knows", otherID.String()}},
		{"no looks", func(e *Explanation) {
			e.Avatar.Dressed = false
		}, []string{"cloud", "next login dresses"}},
	}
}

func TestEachDisagreementIsFound(t *testing.T) {
	for _, c := range disorders() {
		t.Run(c.finding, func(t *testing.T) {
			e := orderly()
			c.change(&e)
			found := Disagreements(e)
			if len(found) != 1 || found[0].Name != c.finding {
				t.Fatalf("found %+v", found)
			}
			all := found[0].What + "\n" + found[0].Means + "\n" + found[0].Then
			for _, words := range c.says {
				if !strings.Contains(all, words) {
					t.Errorf("does not say %q:\n%s", words, all)
				}
			}
			for _, sentence := range []string{found[0].What, found[0].Means, found[0].Then} {
				if sentence == "" || !strings.HasSuffix(sentence, ".") {
					t.Errorf("not a sentence: %q", sentence)
				}
			}
		})
	}
}

// TestTwoRootsAreFoundBesideWhatElseIsWrongWithThem: one of the two is always beside the lease.
func TestTwoRootsAreFoundBesideWhatElseIsWrongWithThem(t *testing.T) {
	e := orderly()
	second := e.Sessions[0]
	second.Session, second.Region, second.Epoch = otherID, harbourID, 6
	e.Sessions = append(e.Sessions, second)
	e.Journal = append(e.Journal, JournalRow{Region: harbourID, Session: otherID, Epoch: 6, Open: true, At: e.At})
	var names []string
	for _, f := range Disagreements(e) {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"root beside the lease", "two roots"}) {
		t.Errorf("found %q", names)
	}
}

func TestEveryCheckIsTested(t *testing.T) {
	tested := map[string]bool{"two roots": true}
	for _, c := range disorders() {
		tested[c.finding] = true
	}
	for _, c := range checks {
		if !tested[c.name] {
			t.Errorf("check %q is not tested", c.name)
		}
	}
}

// TestAJournalThatOwesExplainsWhoIsStillOnline: the departure will put the grid user record right.
func TestAJournalThatOwesExplainsWhoIsStillOnline(t *testing.T) {
	e := orderly()
	gone(&e)
	e.GridUser.Online = true
	e.Journal = []JournalRow{{Region: welcomeID, Session: sessionID, Reason: "quit", At: e.At, Owed: []string{"grid user: logged out"}}}
	found := Disagreements(e)
	if len(found) != 2 || found[0].Then != "The departure in the journal puts it right." || found[1].Name != "departure owed" {
		t.Errorf("found %+v", found)
	}
}
