package console

import (
	"fmt"

	"github.com/google/uuid"
)

// What the grid's records say of a session: the lease, which is the truth about who is online, and the
// grid user record.

func (e *Explanation) onlineWithoutLease() []Finding {
	if e.GridUser == nil || !e.GridUser.Online || e.Lease != nil || !e.knows(recordPresence) {
		return nil
	}
	then := "It hinders no login. The next logout puts it right."
	for _, row := range e.Journal {
		if len(row.Owed) > 0 || row.Open {
			then = "The departure in the journal puts it right."
		}
	}
	return one("The grid user record says online, but no session is open.",
		"A logout was not told to the grid user service. Others may see the user as online.", then)
}

func (e *Explanation) leaseWithoutOnline() []Finding {
	l := e.Lease
	if l == nil || l.Region == uuid.Nil || !e.knows(recordGridUser) || e.GridUser != nil && e.GridUser.Online {
		return nil
	}
	if e.leaving(l.Session) {
		return nil // the grid user is told before the presence
	}
	return one("A session is open, but the grid user record does not say online.",
		"The grid user service was not told of the login, or a program outside told it of a logout.",
		"The logout puts it right. Until then others may see the user as offline.")
}

func (e *Explanation) leaseRanOut() []Finding {
	l := e.Lease
	if l == nil || e.At.Before(l.Expires) {
		return nil
	}
	then := "The grid ends the session within seconds, and tells the grid user service and friends. If it stays, look for " +
		"\"lapse\" in \"terrane trace\"."
	if !e.Running {
		then = "The first seconds of the next start end it. A login does not wait for that."
	}
	return one(fmt.Sprintf("The lease ran out %s ago, and the session is still open.", e.age(l.Expires)),
		"The region that owns it has not renewed it: it is down, or cannot reach the presence service.", then)
}

func (e *Explanation) loginWithoutCircuit() []Finding {
	l := e.Lease
	if l == nil || l.Region != uuid.Nil || e.At.Before(l.Began.Add(settling)) || !e.At.Before(l.Expires) {
		return nil
	}
	for _, s := range e.Sessions {
		if s.Session == l.Session && s.Address != "" {
			return nil // the viewer is on its way into the region
		}
	}
	return one(fmt.Sprintf("The user logged in %s ago, but the viewer has opened no circuit.", e.age(l.Began)),
		"The viewer failed after the login, or its UDP packets do not reach the region: look at firewalls and --external-host.",
		"The session ends when the region stops waiting, at the latest in "+age(l.Expires.Sub(e.At))+". A new login does not wait for it.")
}

func (e *Explanation) leaseRegionGone() []Finding {
	l := e.Lease
	if l == nil || l.Region == uuid.Nil || l.Registered || !e.knows(recordRegions) {
		return nil
	}
	return one("The session is owned by "+e.called(l.Region)+", which is not registered with the grid.",
		"The region has been shut down, or cannot reach the region registry.",
		e.untilLapse())
}

func (e *Explanation) leaseOfEarlierProcess() []Finding {
	l := e.Lease
	if l == nil || !l.Registered || l.Boot == uuid.Nil || l.RegionBoot == uuid.Nil || l.Boot == l.RegionBoot {
		return nil
	}
	return one("The session is owned by an earlier process of "+e.called(l.Region)+".",
		"That process ended without a logout: it crashed, or was killed.",
		"The region finishes the logout from its journal. Without a row there, "+lower(e.untilLapse()))
}

func (e *Explanation) leaseUnknownToRegion() []Finding {
	l := e.Lease
	if !e.Running || l == nil || l.Region == uuid.Nil || !l.Here || e.leaving(l.Session) {
		return nil
	}
	for _, s := range e.Sessions {
		if s.Session == l.Session && s.Region == l.Region {
			return nil
		}
	}
	return one(e.called(l.Region)+" owns the session, but does not know it.",
		"The session's end was not told to the presence service, and no journal row remembers it.",
		e.untilLapse())
}

// untilLapse says when a lease ends that nobody renews.
func (e *Explanation) untilLapse() string {
	if !e.At.Before(e.Lease.Expires) {
		return "The grid ends the session, whose lease has run out."
	}
	return "Nobody renews the lease; in " + age(e.Lease.Expires.Sub(e.At)) + " it runs out, and the grid ends the session. " +
		"A login does not wait for that."
}

// lower begins a sentence in small letters, to go on with it after a comma.
func lower(sentence string) string {
	if sentence == "" {
		return ""
	}
	return string(sentence[0]|0x20) + sentence[1:]
}
