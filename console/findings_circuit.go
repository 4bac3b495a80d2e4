package console

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// What the circuits and journals of this process say of a session, beside the grid's records.

// superseding is what becomes of a session that is not the region's any more.
const superseding = "The region learns it when it next renews its leases, within 30 s by default, and ends the session as " +
	"superseded; \"terrane user kick\" ends it now."

func (e *Explanation) rootWithoutLease() []Finding {
	if e.Lease != nil || !e.knows(recordPresence) {
		return nil
	}
	var found []Finding
	for _, s := range e.roots() {
		found = append(found, Finding{
			What:  "The avatar stands in " + e.called(s.Region) + ", but the grid knows of no open session.",
			Means: "The lease ran out, or was ended, while the region could not reach the presence service.",
			Then:  superseding,
		})
	}
	return found
}

func (e *Explanation) rootBesideLease() []Finding {
	l := e.Lease
	if l == nil {
		return nil
	}
	var found []Finding
	for _, s := range e.roots() {
		what := ""
		switch {
		case s.Session != l.Session:
			what = fmt.Sprintf("The avatar in %s is of session %s, but the open session is %s.", e.called(s.Region), s.Session, l.Session)
		case l.Region != uuid.Nil && s.Region != l.Region:
			what = fmt.Sprintf("The avatar stands in %s, but the session is owned by %s.", e.called(s.Region), e.called(l.Region))
		case s.Owned && s.Epoch != l.Epoch:
			what = fmt.Sprintf("%s holds the session with epoch %d, but its epoch is %d.", e.called(s.Region), s.Epoch, l.Epoch)
		default:
			continue
		}
		found = append(found, Finding{
			What: what, Means: "Another login or region has taken over, and this avatar is a leftover.", Then: superseding,
		})
	}
	return found
}

func (e *Explanation) twoRoots() []Finding {
	roots := e.roots()
	if len(roots) < 2 {
		return nil
	}
	where := make([]string, len(roots))
	for i, s := range roots {
		where[i] = fmt.Sprintf("%s (epoch %d)", e.called(s.Region), s.Epoch)
	}
	return one("The user has more than one avatar: in "+strings.Join(where, " and ")+".",
		"A newer session has begun before the older one ended.",
		"Of the two the one with the lower epoch is ended. "+superseding)
}

func (e *Explanation) rootNotOwned() []Finding {
	for _, s := range e.roots() {
		if !s.Owned && s.Age > settling {
			return one("The avatar stands in "+e.called(s.Region)+", but the grid has not confirmed that the session is owned there.",
				"The region cannot reach the presence service, or has only just reached it.",
				"The region asks again each time it renews its leases. Until then others cannot reach the user, and the session may lapse.")
		}
	}
	return nil
}

func (e *Explanation) childWithoutRoot() []Finding {
	for _, s := range e.Sessions {
		if !s.Child || s.Root || !s.live() || s.Age <= settling || e.hasCircuit(s.Session) {
			continue
		}
		if !e.knows(recordPresence) || e.Lease != nil && e.Lease.Session == s.Session && !e.Lease.Here {
			continue // the root agent is in another process, or nobody can say
		}
		return one("There is a child agent in "+e.called(s.Region)+", but no root agent of its session.",
			"The region with the root agent went away without closing it, or could not reach this one.",
			"It ends by itself when the viewer has said nothing for some time, 60 s by default.")
	}
	return nil
}

func (e *Explanation) circuitSilent() []Finding {
	for _, s := range e.Sessions {
		if s.live() && s.Address != "" && s.Silence > tooQuiet {
			return one("The viewer has said nothing to "+e.called(s.Region)+" for "+age(s.Silence)+".",
				"It is paused, for instance while a file dialog is open, or it is gone.",
				"The region ends the session after session.silence, or session.paused_silence for a paused viewer.")
		}
	}
	return nil
}

func (e *Explanation) rootWithoutCapabilities() []Finding {
	for _, s := range e.roots() {
		if len(s.Capabilities) == 0 && s.Age > slowSeed {
			return one("The viewer is in "+e.called(s.Region)+", but has never asked for its capabilities.",
				"It reaches the region by UDP, but not by HTTP: look at firewalls and --external-host.",
				"Inventory, appearance and neighbours do not work in this session. A viewer that notices logs out.")
		}
	}
	return nil
}

func (e *Explanation) rowWithoutCircuit() []Finding {
	var found []Finding
	for _, row := range e.Journal {
		if !row.Open || e.hasCircuit(row.Session) {
			continue
		}
		f := Finding{
			What:  fmt.Sprintf("The journal of %s has session %s open, but there is no circuit.", e.called(row.Region), row.Session),
			Means: "The process that had the session ended without a logout; this is what it knew, last written " + e.age(row.At) + " before.",
			Then:  "The region is finishing the logout now; \"terrane trace\" shows it. If the row stays, restart the server and look at its log.",
		}
		if !e.Running {
			f.Then = "The next start of the server finishes the logout."
		}
		found = append(found, f)
	}
	return found
}

func (e *Explanation) rootWithoutRow() []Finding {
	if !e.knows(recordJournal) {
		return nil
	}
	for _, s := range e.roots() {
		if s.Age <= settling || e.hasRow(s.Session) {
			continue
		}
		return one("The avatar stands in "+e.called(s.Region)+", but the region's journal has no row of the session.",
			"The region could not write its journal at the arrival.",
			"If the process is killed now, the session ends by its lease instead, and the last place is that of the arrival. "+
				"Look whether the disk is full.")
	}
	return nil
}

func (e *Explanation) hasRow(session uuid.UUID) bool {
	for _, row := range e.Journal {
		if row.Session == session {
			return true
		}
	}
	return false
}
