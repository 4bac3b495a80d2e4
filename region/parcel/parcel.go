// Package parcel is the land of a region: who owns which part of it, and what may be done there.
//
// A Parcel is the values of one piece of land, a Map says which square of 4 by 4 m belongs to which.
// Both are pictures that never change, so that the region's loop can hand them to every session; the
// slices in them are not to be written to.
package parcel

import (
	"time"

	"terrane/geom"

	"github.com/google/uuid"
)

// Flags are what may be done on a parcel, as ParcelFlags has it.
type Flags uint32

// The flags. "Others" are all but the owner; "the group" is the parcel's.
const (
	AllowFly              Flags = 1 << 0
	AllowOtherScripts     Flags = 1 << 1 // others' scripts run
	ForSale               Flags = 1 << 2
	AllowLandmark         Flags = 1 << 3
	AllowTerraform        Flags = 1 << 4 // others may change the ground
	AllowDamage           Flags = 1 << 5
	CreateObjects         Flags = 1 << 6 // others may build
	ForSaleObjects        Flags = 1 << 7
	UseAccessGroup        Flags = 1 << 8  // only the group may enter
	UseAccessList         Flags = 1 << 9  // only Access may enter
	UseBanList            Flags = 1 << 10 // Bans may not enter
	UsePassList           Flags = 1 << 11 // passes are sold
	ShowDirectory         Flags = 1 << 12
	AllowDeedToGroup      Flags = 1 << 13
	ContributeWithDeed    Flags = 1 << 14
	SoundLocal            Flags = 1 << 15 // sounds stay within
	SellParcelObjects     Flags = 1 << 16 // objects are sold along
	AllowPublish          Flags = 1 << 17
	MaturePublish         Flags = 1 << 18
	URLWebPage            Flags = 1 << 19 // the media address is a page
	URLRawHTML            Flags = 1 << 20 // the media address is HTML itself
	RestrictPushObject    Flags = 1 << 21
	DenyAnonymous         Flags = 1 << 22
	AllowGroupScripts     Flags = 1 << 25 // the group's objects' scripts run
	CreateGroupObjects    Flags = 1 << 26 // the group may build
	AllowAllObjectEntry   Flags = 1 << 27 // others' objects may come in
	AllowGroupObjectEntry Flags = 1 << 28 // the group's objects may come in
	AllowVoiceChat        Flags = 1 << 29
	UseEstateVoiceChannel Flags = 1 << 30
	DenyAgeUnverified     Flags = 1 << 31
)

// OpenToAll lets everybody fly, build, run scripts, bring objects, make landmarks and talk. It is
// what OpenSimulator gives to new land, and as much for groups.
const OpenToAll = AllowFly | AllowOtherScripts | AllowLandmark | CreateObjects | AllowDeedToGroup |
	AllowGroupScripts | CreateGroupObjects | AllowAllObjectEntry | AllowGroupObjectEntry | AllowVoiceChat

// Landing is where visitors arrive who teleport to a parcel.
type Landing uint8

// The kinds of landing.
const (
	LandingBlocked  Landing = 0 // none may teleport in
	LandingPoint    Landing = 1 // all arrive at Parcel.LandAt
	LandingAnywhere Landing = 2 // each arrives where it wants to
)

// Status is how land is held.
type Status uint8

// The kinds of holding.
const (
	Leased       Status = 0
	LeasePending Status = 1
	Abandoned    Status = 2
)

// Parcel is one piece of land, without its shape, which its Map has.
type Parcel struct {
	// LocalID is from 1, and never another parcel's as long as the region has this one.
	LocalID int32
	// GlobalID names the parcel in the grid.
	GlobalID   uuid.UUID
	Name, Desc string // up to 63 and 255 bytes

	// Owner is an agent, or a group when GroupOwned; zero is public land.
	Owner      uuid.UUID
	GroupOwned bool
	Group      uuid.UUID // the group the land is set to
	Flags      Flags
	Status     Status
	Category   uint8     // of the search directory, 0 none
	Claimed    time.Time // when Owner got it
	ClaimPrice int32

	// SalePrice counts with ForSale, and then Buyer is who alone may buy it, or zero.
	SalePrice int32
	Buyer     uuid.UUID
	// AuctionID is of the auction the land is in, 0 none.
	AuctionID uint32
	// PassPrice buys PassHours on the Access list, with UsePassList.
	PassPrice int32
	PassHours float32

	Landing Landing
	// LandAt is metres from the region's corner, LookAt a direction; for LandingPoint.
	LandAt, LookAt geom.Vec3
	Snapshot       uuid.UUID // the picture shown of it

	MusicURL string
	Media    Media

	// AutoReturn is after how long others' objects are returned; 0 is never. Viewers show minutes.
	AutoReturn time.Duration
	// SeeAvatars says that avatars on the parcel and off it see and hear each other; AnySounds that
	// all avatars' sounds are heard, GroupSounds that the group's are.
	SeeAvatars, AnySounds, GroupSounds bool
	// Environment is the version of the parcel's own sky and water, -1 when it has the region's.
	Environment int32

	// Access and Bans count with UseAccessList and UseBanList.
	Access, Bans []Listed
}

// Media is what faces that show the parcel's media play.
type Media struct {
	URL, Type, Desc string // Type is a MIME type, "none/none" for none
	Texture         uuid.UUID
	AutoScale, Loop bool
	Width, Height   int32 // pixels, 0 as it is
	// HideURL and HideMusicURL keep the addresses from all but the owner.
	HideURL, HideMusicURL bool
}

// Open returns land of an owner where everybody may do everything but change the ground. The id is
// the parcel's GlobalID.
func Open(id uuid.UUID, name string, owner uuid.UUID) Parcel {
	return Parcel{
		GlobalID:    id,
		Name:        name,
		Owner:       owner,
		Flags:       OpenToAll,
		Landing:     LandingAnywhere,
		Media:       Media{Type: "none/none"},
		SeeAvatars:  true,
		AnySounds:   true,
		GroupSounds: true,
		Environment: -1,
	}
}

// Has reports whether all of flags are set.
func (f Flags) Has(flags Flags) bool { return f&flags == flags }
