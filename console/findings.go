package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// settling is how long records may disagree because something is just under way: a login, an arrival.
	settling = 10 * time.Second
	// tooQuiet is a silence that no living viewer keeps: it says something every second, unless it is
	// paused.
	tooQuiet = 60 * time.Second
	// slowSeed is how long a viewer takes to ask for its capabilities when all goes well, several times over.
	slowSeed = 30 * time.Second
	// striking is how long a settled departure may stand in the journal.
	striking = time.Minute
)

// Finding is one thing in which a user's records disagree.
type Finding struct {
	Name  string `json:"name"`  // what it is, in the same words each time
	What  string `json:"what"`  // the facts
	Means string `json:"means"` // what they say about the user
	Then  string `json:"then"`  // what will happen by itself, or what to do
}

// Disagreements is what does not fit together in a user's records. A record that could not be read is no
// reason for a finding.
func Disagreements(e Explanation) []Finding {
	found := []Finding{}
	for _, c := range checks {
		for _, f := range c.find(&e) {
			f.Name = c.name
			found = append(found, f)
		}
	}
	return found
}

// checks is everything that is looked for, what concerns a login first.
var checks = []struct {
	name string
	find func(*Explanation) []Finding
}{
	{"account unfinished", (*Explanation).accountUnfinished},
	{"disabled but here", (*Explanation).disabledButHere},
	{"online without a lease", (*Explanation).onlineWithoutLease},
	{"lease without online", (*Explanation).leaseWithoutOnline},
	{"lease ran out", (*Explanation).leaseRanOut},
	{"login without a circuit", (*Explanation).loginWithoutCircuit},
	{"lease in a region that is gone", (*Explanation).leaseRegionGone},
	{"lease of an earlier process", (*Explanation).leaseOfEarlierProcess},
	{"lease unknown to its region", (*Explanation).leaseUnknownToRegion},
	{"root without a lease", (*Explanation).rootWithoutLease},
	{"root beside the lease", (*Explanation).rootBesideLease},
	{"two roots", (*Explanation).twoRoots},
	{"root not owned", (*Explanation).rootNotOwned},
	{"child without a root", (*Explanation).childWithoutRoot},
	{"circuit silent", (*Explanation).circuitSilent},
	{"root without capabilities", (*Explanation).rootWithoutCapabilities},
	{"journal row without a circuit", (*Explanation).rowWithoutCircuit},
	{"root without a journal row", (*Explanation).rootWithoutRow},
	{"departure owed", (*Explanation).departureOwed},
	{"departure not struck", (*Explanation).departureNotStruck},
	{"last place behind", (*Explanation).lastPlaceBehind},
	{"home is nowhere", (*Explanation).homeNowhere},
	{"no looks", (*Explanation).noLooks},
}

func one(what, means, then string) []Finding {
	return []Finding{{What: what, Means: means, Then: then}}
}

// roots are the sessions whose avatar is in a region and that have not been asked to end.
func (e *Explanation) roots() []SessionView {
	var out []SessionView
	for _, s := range e.Sessions {
		if s.Root && s.live() {
			out = append(out, s)
		}
	}
	return out
}

// hasCircuit reports whether a region of this process knows a session, in whatever phase.
func (e *Explanation) hasCircuit(session uuid.UUID) bool {
	for _, s := range e.Sessions {
		if s.Session == session && !s.Child {
			return true
		}
	}
	return false
}

// leaving reports whether a session's logout is under way, or stands in the journal.
func (e *Explanation) leaving(session uuid.UUID) bool {
	for _, s := range e.Sessions {
		if s.Session == session && !s.Child && !s.live() {
			return true
		}
	}
	for _, row := range e.Journal {
		if row.Session == session && !row.Open {
			return true
		}
	}
	return false
}

// age is how long ago something was when the records were read.
func (e *Explanation) age(t time.Time) string { return age(e.At.Sub(t)) }

func (e *Explanation) accountUnfinished() []Finding {
	if e.Account.State != StateUnfinished {
		return nil
	}
	return one("The account is disabled and hidden, as one whose creation broke off.",
		"The user cannot log in.",
		fmt.Sprintf("Finish it with \"terrane user create %s %s\".", plain(e.Account.First), plain(e.Account.Last)))
}

func (e *Explanation) disabledButHere() []Finding {
	if e.Account.State == StateEnabled || len(e.roots()) == 0 {
		return nil
	}
	return one("The account is disabled, but the user is in "+e.called(e.roots()[0].Region)+".",
		"The account was disabled after the login, and nobody ended the session.",
		"It ends when the user leaves; \"terrane user kick\" ends it now.")
}

func (e *Explanation) noLooks() []Finding {
	if !e.knows(recordAvatar) || e.Avatar == nil || e.Avatar.Dressed {
		return nil
	}
	return one("The avatar service has neither body parts nor a shape.",
		"The avatar would be a cloud.",
		"The next login dresses it in the default outfit.")
}

func (e *Explanation) homeNowhere() []Finding {
	if e.GridUser == nil || !e.knows(recordRegions) {
		return nil
	}
	home := e.GridUser.Home
	switch {
	case home.Region == uuid.Nil:
		return one("The grid user record has no home.",
			"The user was created when no region was there, or by another program.",
			"A login to home leads to a default region; the user can set a home there.")
	case home.Name == "":
		return one("Home is in a region that nobody knows ("+home.Region.String()+").",
			"The region was taken out of the grid, or of the configuration.",
			"A login to home leads to a default region; the user can set another home there.")
	}
	return nil
}

func (e *Explanation) lastPlaceBehind() []Finding {
	if e.GridUser == nil {
		return nil
	}
	for _, s := range e.roots() {
		if s.Age > settling && e.Lease != nil && e.Lease.Session == s.Session && e.GridUser.Last.Region != s.Region {
			return one("The user is in "+e.called(s.Region)+", but the grid user record does not have that as the last region.",
				"The region could not write it at the arrival.",
				"The logout writes it. If the machine fails before, the next login leads to the older place.")
		}
	}
	return nil
}

func (e *Explanation) departureOwed() []Finding {
	var found []Finding
	for _, row := range e.Journal {
		if row.Open || len(row.Owed) == 0 {
			continue
		}
		then := e.called(row.Region) + " tries again, at least once a minute, until it succeeds; look at the service that it " +
			"needs. A login need not wait for it."
		if !e.Running {
			then = "The next start of the server goes on with it."
		}
		found = append(found, Finding{
			What: fmt.Sprintf("The departure of session %s (%s) has owed for %s: %s.", row.Session, plain(row.Reason), e.age(row.At),
				strings.Join(row.Owed, "; ")),
			Means: "The user has left, but not every service has been told.",
			Then:  then,
		})
	}
	return found
}

func (e *Explanation) departureNotStruck() []Finding {
	for _, row := range e.Journal {
		if !row.Open && len(row.Owed) == 0 && e.At.Sub(row.At) > striking {
			return one(fmt.Sprintf("The departure of session %s owes nothing, but has stood in the journal for %s.", row.Session, e.age(row.At)),
				"The region could not write to its journal.",
				"The next start strikes it out. Look whether the disk is full.")
		}
	}
	return nil
}
