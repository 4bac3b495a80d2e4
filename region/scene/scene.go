// Package scene is one region's world. One goroutine, the loop, owns everything in it: presences,
// avatars, their bodies and animations. Whoever wants something of it visits with a function:
//
//	err := region.Do(ctx, func(tx *scene.Tx) error {
//		left, there = tx.Leave(session)
//		return nil
//	})
//
// The Tx is the right to touch the world, and is worth nothing after the function has returned. What
// comes out of a visit is values. Code on the loop has no context, and so nothing to wait with: it
// never waits for a network, a disk, or another region.
//
// What a viewer holds down comes through an Input, a slot in which the latest AgentUpdate wins. What a
// viewer gets to see goes through a Feed: at the end of a frame the loop makes one immutable State of
// each avatar that changed and hands the same slice to every feed.
package scene

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"terrane/region/physics"

	"github.com/google/uuid"
)

var (
	// ErrClosed says that the region's loop has ended.
	ErrClosed = errors.New("region closed")
	// ErrRunning says that the region's loop has been started before.
	ErrRunning = errors.New("region loop already started")
)

// Config says what a region is. It does not change while the region runs.
type Config struct {
	ID     uuid.UUID
	Name   string
	Handle uint64 // the corner's metres from the grid's corner: x in the high half, y in the low
	// SizeX and SizeY are the region's extent in metres; 0 is 256.
	SizeX, SizeY int
	// Ground is the land, read on the loop only; nil is flat land of 21 m, as OpenSimulator makes it.
	Ground physics.Ground
	// WaterHeight is for those who tell viewers of it; the scene makes no use of it.
	WaterHeight float32
	// Engine moves bodies; nil is the built-in one. The region owns it.
	Engine physics.Engine
	// Rate is how many frames there are in a second; 0 is DefaultRate.
	Rate int
	// Inbox is how many visits may wait; 0 is DefaultInbox.
	Inbox int
	// OnFrame, when not nil, is told on the loop how long each frame took. It must not wait.
	OnFrame func(took time.Duration)
	// Log gets what nobody else is told: panics in offered visits and in frames. nil is silence.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.SizeX <= 0 {
		c.SizeX = 256
	}
	if c.SizeY <= 0 {
		c.SizeY = 256
	}
	if c.Ground == nil {
		c.Ground = physics.Flat(21)
	}
	if c.Engine == nil {
		c.Engine = physics.NewLand(physics.LandConfig{
			Ground: c.Ground, SizeX: float32(c.SizeX), SizeY: float32(c.SizeY),
		})
	}
	if c.Rate <= 0 {
		c.Rate = DefaultRate
	}
	if c.Inbox <= 0 {
		c.Inbox = DefaultInbox
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Region is one region's world and its loop. Its methods may be called from any goroutine, but for
// those that say otherwise.
type Region struct {
	cfg Config
	// inbox holds visits that wait for the loop, Config.Inbox at most. Full: Do waits, Offer refuses.
	inbox   chan *visit
	owned   atomic.Bool   // by Run, or by a Step or Visit under way
	closed  chan struct{} // closed when Run has ended
	picture atomic.Pointer[Picture]
	stats   statistics
	world   world // the loop's alone
}

// New makes a region. It does nothing until Run, or Step, is called.
func New(cfg Config) *Region {
	cfg = cfg.withDefaults()
	r := &Region{
		cfg:    cfg,
		inbox:  make(chan *visit, cfg.Inbox),
		closed: make(chan struct{}),
	}
	r.world = newWorld(cfg, &r.picture)
	r.stats.begin()
	return r
}

// Config is what the region was made with, defaults filled in.
func (r *Region) Config() Config { return r.cfg }

// Picture is the published whole: all avatars as they were last shown. It is never nil and never
// changed.
func (r *Region) Picture() *Picture { return r.picture.Load() }

// world is all that the loop owns.
type world struct {
	cfg      Config
	frame    uint64
	sessions map[uuid.UUID]*presence
	roots    map[uuid.UUID]*presence // by agent
	order    []*presence             // all presences, in the order of their coming
	figures  []*presence             // those with an avatar, in the order of their local ids
	gone     []*State                // taken out since the last frame, to be published once more
	lastID   uint32                  // local id given last
	picture  *atomic.Pointer[Picture]
}

func newWorld(cfg Config, picture *atomic.Pointer[Picture]) world {
	picture.Store(&Picture{})
	return world{
		cfg:      cfg,
		sessions: map[uuid.UUID]*presence{},
		roots:    map[uuid.UUID]*presence{},
		picture:  picture,
	}
}
