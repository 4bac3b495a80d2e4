package parcel

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Listed is an entry of an access or ban list.
type Listed struct {
	Agent uuid.UUID
	// Expires is when the entry ends; zero is never.
	Expires time.Time
}

// The lists' bits in ParcelAccessListRequest and its reply, and in each of its entries.
const (
	AccessListFlag = 1
	BanListFlag    = 2
)

// Live returns those of a list that have not ended at a time.
func Live(list []Listed, now time.Time) []Listed {
	return slices.DeleteFunc(slices.Clone(list), func(l Listed) bool { return l.ended(now) })
}

func (l Listed) ended(now time.Time) bool { return !l.Expires.IsZero() && !now.Before(l.Expires) }

func has(list []Listed, agent uuid.UUID, now time.Time) bool {
	return slices.ContainsFunc(list, func(l Listed) bool { return l.Agent == agent && !l.ended(now) })
}

// Visitor is an agent who wants something of a parcel.
type Visitor struct {
	Agent  uuid.UUID
	Groups []uuid.UUID // those the agent is in
	// Manager says that the agent manages the estate, or acts as a god: nothing is closed to it.
	Manager bool
}

// in reports whether v is in a group.
func (v Visitor) in(group uuid.UUID) bool {
	return group != uuid.Nil && slices.Contains(v.Groups, group)
}

// OwnedBy reports whether the parcel is an agent's own, not a group's.
func (p *Parcel) OwnedBy(agent uuid.UUID) bool {
	return !p.GroupOwned && p.Owner == agent && agent != uuid.Nil
}

// master reports whether v may do anything on p.
func (p *Parcel) master(v Visitor) bool { return v.Manager || p.OwnedBy(v.Agent) }

// Refusal is why a visitor may not enter a parcel.
type Refusal int

// The reasons, of which the first is none.
const (
	NotRefused Refusal = iota
	Banned
	NotListed  // only the access list, or that and the group, may enter
	NotInGroup // only the group may enter
)

// Refuses tells whether v may enter p at a time, and if not, why. The owner and estate managers
// always may.
func (p *Parcel) Refuses(v Visitor, now time.Time) Refusal {
	switch byGroup, byList := p.Flags.Has(UseAccessGroup), p.Flags.Has(UseAccessList); {
	case p.master(v):
		return NotRefused
	case p.Flags.Has(UseBanList) && has(p.Bans, v.Agent, now):
		return Banned
	case byGroup && v.in(p.Group), byList && has(p.Access, v.Agent, now):
		return NotRefused
	case byList:
		return NotListed
	case byGroup:
		return NotInGroup
	default:
		return NotRefused
	}
}

// MayBuild reports whether v may make objects on p.
func (p *Parcel) MayBuild(v Visitor) bool {
	return p.master(v) || p.Flags.Has(CreateObjects) || p.Flags.Has(CreateGroupObjects) && v.in(p.Group)
}

// MayRun reports whether scripts run on p in an object of that owner and group. On the parcel of a
// group those of the group's own objects do.
func (p *Parcel) MayRun(owner, group uuid.UUID) bool {
	return p.Flags.Has(AllowOtherScripts) ||
		p.Owner == owner && owner != uuid.Nil ||
		p.Flags.Has(AllowGroupScripts) && p.Group == group && group != uuid.Nil
}
