package grid

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Region flags of the registry, with OpenSimulator's values.
const (
	RegionDefault       = 1
	RegionFallback      = 2
	RegionOnline        = 4
	RegionNoDirectLogin = 8
	RegionPersistent    = 16
	RegionLockedOut     = 32
	RegionNoMove        = 64
	RegionReservation   = 128
	RegionAuthenticate  = 256
	RegionHyperlink     = 512
	RegionDefaultHG     = 1024
)

// Access levels of a region.
const (
	AccessPG     = 13
	AccessMature = 21
	AccessAdult  = 42
)

// Region is a region's entry in the registry. X, Y and the sizes are in metres, X and Y from the
// corner of the grid; sizes are multiples of 256, at most 4096.
type Region struct {
	ID        uuid.UUID
	Scope     uuid.UUID
	Name      string
	X, Y      uint32
	SizeX     uint32
	SizeY     uint32
	Host      string // name or address that viewers and peers reach it by; empty: the address a login arrives at
	UDPPort   uint16
	HTTPPort  uint16
	ServerURI string // ends in "/"; empty when Host is
	MapTile   uuid.UUID
	Access    uint8
	Flags     int
	Owner     uuid.UUID
	Secret    string
	Boot      uuid.UUID // of the process that registered it
	LastSeen  time.Time
}

// Handle is the region's handle: its corner in metres, X in the high half.
func (r Region) Handle() uint64 { return uint64(r.X)<<32 | uint64(r.Y) }

// GridX is the region's column in squares of 256 m.
func (r Region) GridX() uint32 { return r.X / 256 }

// GridY is the region's row in squares of 256 m.
func (r Region) GridY() uint32 { return r.Y / 256 }

// Endpoint is the UDP endpoint as "host:port".
func (r Region) Endpoint() string {
	return net.JoinHostPort(r.Host, strconv.Itoa(int(r.UDPPort)))
}

// Overlaps reports whether two regions share ground.
func (r Region) Overlaps(o Region) bool {
	return r.X < o.X+o.SizeX && o.X < r.X+r.SizeX && r.Y < o.Y+o.SizeY && o.Y < r.Y+r.SizeY
}

// Regions is the region registry.
type Regions interface {
	// RegisterRegion adds a region, or updates it when its id is already there at that place (or
	// elsewhere: then it has moved). ErrConflict when its ground or its name (whatever the case) is
	// another's; ErrDenied when the entry is malformed or locked out. It sets RegionOnline and keeps the
	// flags that the registry has for it.
	RegisterRegion(ctx context.Context, r Region) error
	// DeregisterRegion takes it out, or only offline when RegionPersistent is set. One that is not there
	// succeeds.
	DeregisterRegion(ctx context.Context, id uuid.UUID) error
	// RegionByID, RegionByName (whole name, whatever the case) and RegionAt (metres; the region whose ground
	// holds the point) find one or are ErrNotFound.
	RegionByID(ctx context.Context, id uuid.UUID) (Region, error)
	RegionByName(ctx context.Context, name string) (Region, error)
	RegionAt(ctx context.Context, x, y uint32) (Region, error)
	// SearchRegions finds by part of the name, an exact match first, then by name.
	SearchRegions(ctx context.Context, part string, limit int) ([]Region, error)
	// RegionsIn are those that overlap the rectangle, bounds in metres and included.
	RegionsIn(ctx context.Context, minX, minY, maxX, maxY uint32) ([]Region, error)
	// Neighbours are those that touch a region, also at a corner; ErrNotFound for an unknown one.
	Neighbours(ctx context.Context, id uuid.UUID) ([]Region, error)
	// DefaultRegions are the online ones flagged RegionDefault; FallbackRegions those flagged
	// RegionFallback, the nearest to the point first; OnlineRegions all that are online, likewise.
	DefaultRegions(ctx context.Context) ([]Region, error)
	FallbackRegions(ctx context.Context, x, y uint32) ([]Region, error)
	OnlineRegions(ctx context.Context, x, y uint32, limit int) ([]Region, error)
	// SetRegionFlags replaces the flags but RegionOnline, or is ErrNotFound.
	SetRegionFlags(ctx context.Context, id uuid.UUID, flags int) error
}
