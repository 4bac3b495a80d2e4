package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"terrane/agent"
	"terrane/agent/steps"
	"terrane/grid"
	"terrane/region/parcel"
	"terrane/region/scene"
	"terrane/region/terrain"
	"terrane/store"
	"terrane/viewer/caps"
	"terrane/viewer/session"

	"github.com/google/uuid"
)

// region is one region of this process, with all that belongs to it.
type region struct {
	config RegionConfig
	entry  atomic.Pointer[grid.Region] // as it is registered
	db     *store.DB
	ground *terrain.Map
	scene  *scene.Region
	host   *agent.Host
	server *session.Server
	log    *slog.Logger
	framed atomic.Int64 // unix nanoseconds of the end of the last frame

	stop    context.CancelFunc // of the loop and of what the host does by itself
	running sync.WaitGroup
}

// onFrame notes when the loop ended its last frame, for monitors.
func (r *region) onFrame(count func(time.Duration)) func(time.Duration) {
	return func(took time.Duration) {
		r.framed.Store(time.Now().UnixNano())
		count(took)
	}
}

// loopAge is how long ago the loop ended its last frame.
func (r *region) loopAge() time.Duration { return time.Since(time.Unix(0, r.framed.Load())) }

func (r *region) registered() grid.Region { return *r.entry.Load() }

// shared is what the regions of a process have in common.
type shared struct {
	config   Config
	dir      *folder
	services *agent.Services
	friends  *agent.Friendships
	runner   *steps.Runner
	caps     *caps.Registry
	base     func(netip.Addr) string
	handlers func(*session.Session) map[string]caps.Handler
	metrics  *session.Metrics
	onFrame  func(region string) func(time.Duration)
	owner    uuid.UUID
	boot     uuid.UUID
	httpPort uint16
	log      *slog.Logger
}

// islandSeed makes the island that new regions lie on. It is the same for all, so that neighbours join.
const islandSeed = 1

// openRegion makes a region of its configuration and socket. It does nothing until it is begun.
func openRegion(ctx context.Context, s *shared, c RegionConfig, conn *net.UDPConn, first bool) (*region, error) {
	db, err := store.Open(ctx, s.dir.file(regionFolder, c.ID.String()+".sqlite"), store.Options{Sync: store.SyncFull, Readers: 1})
	if err != nil {
		return nil, fmt.Errorf("region %s: %w", c.Name, err)
	}
	journal, err := agent.OpenJournal(ctx, db)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("region %s: %w", c.Name, err), db.Close())
	}
	ground, parcels, err := s.land(c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("region %s: %w", c.Name, err), db.Close())
	}
	entry := entryOf(s, c, conn, first)
	r := &region{config: c, db: db, ground: ground, log: s.log.With("region", c.Name)}
	r.entry.Store(&entry)
	r.scene = scene.New(scene.Config{
		ID: c.ID, Name: c.Name, Handle: entry.Handle(), SizeX: c.Size, SizeY: c.Size, Ground: ground,
		WaterHeight: terrain.WaterHeight, OnFrame: r.onFrame(s.onFrame(c.Name)), Log: r.log,
	})
	t := s.config.Session
	r.host = &agent.Host{
		Region: r.registered, Boot: s.boot, Scene: r.scene, Journal: journal, Services: s.services,
		Friendships: s.friends, Runner: s.runner, Terms: terms(s.config), Log: r.log,
	}
	r.host.Init()
	r.server = session.NewServer(session.Config{
		Region: r.registered,
		Estate: session.Estate{
			ID: 1, Owner: s.owner, Flags: session.DefaultRegionFlags, MaxAgents: c.MaxAgents,
			CacheID: uuid.NewSHA1(c.ID, []byte("object cache")),
			Land:    &session.Land{Ground: ground, Parcels: parcels}, Paint: terrain.DefaultPaint(),
		},
		Scene: r.scene, Host: r.host, Services: s.services, Caps: s.caps, Base: s.base, Handlers: s.handlers,
		Conn: conn, Log: r.log, Metrics: s.metrics,
		Terms: session.Terms{
			Silence: t.Silence.Duration, PausedSilence: t.PausedSilence.Duration, Pending: t.Pending.Duration,
			Linger: t.Linger.Duration, MaxRate: s.config.Limits.ClientBandwidth,
		},
	})
	return r, nil
}

func terms(c Config) agent.Terms {
	t := agent.DefaultTerms
	t.Renew, t.Linger, t.Save = c.Session.Renew.Duration, c.Session.Linger.Duration, c.Session.SaveTimeout.Duration
	t.LoginWait, t.EndWait = c.Session.LoginWait.Duration, c.Session.EndElsewhere.Duration
	return t
}

// land is the ground of a region, a piece of the island that all regions of the configuration share, and
// the one parcel on it, which is the owner's and open to all.
func (s *shared) land(c RegionConfig) (*terrain.Map, *parcel.Map, error) {
	var squares []terrain.Square
	for _, r := range s.config.Regions {
		for x := range r.Size / terrain.SideUnit {
			for y := range r.Size / terrain.SideUnit {
				squares = append(squares, terrain.Square{X: r.X + x, Y: r.Y + y})
			}
		}
	}
	ground, err := terrain.NewIsland(islandSeed, squares...).Region(terrain.Square{X: c.X, Y: c.Y}, c.Size, c.Size)
	if err != nil {
		return nil, nil, err
	}
	parcels, err := parcel.New(c.Size, c.Size, parcel.Open(uuid.NewSHA1(c.ID, []byte("parcel")), c.Name, s.owner))
	return ground, parcels, err
}

func entryOf(s *shared, c RegionConfig, conn *net.UDPConn, first bool) grid.Region {
	e := grid.Region{
		ID: c.ID, Name: c.Name, X: uint32(c.X) * 256, Y: uint32(c.Y) * 256, SizeX: uint32(c.Size), SizeY: uint32(c.Size),
		Host: s.config.Network.ExternalHost, UDPPort: uint16(conn.LocalAddr().(*net.UDPAddr).Port), HTTPPort: s.httpPort,
		Access: c.Access.Level(), Owner: s.owner, Boot: s.boot, MapTile: uuid.NewSHA1(c.ID, []byte("map tile")),
	}
	if e.Host != "" {
		e.ServerURI = "http://" + net.JoinHostPort(e.Host, strconv.Itoa(int(e.HTTPPort))) + "/"
	}
	e.Flags = grid.RegionFallback
	if first {
		e.Flags |= grid.RegionDefault
	}
	return e
}

// begin reads the journal, registers the region and brings it to life. What a crash left undone is
// finished from here on; no login waits for it.
func (r *region) begin(ctx context.Context, services *agent.Services) error {
	crashed, owed, err := r.host.Recover(ctx)
	if err != nil {
		return fmt.Errorf("journal of region %s: %w", r.config.Name, err)
	}
	if crashed+owed > 0 {
		r.log.Info("finishing what the journal holds", "crashed sessions", crashed, "departures", owed)
	}
	if err := services.Regions.RegisterRegion(ctx, r.registered()); err != nil {
		return fmt.Errorf("region %s cannot be registered: %w", r.config.Name, err)
	}
	if err := services.Regions.SetRegionFlags(ctx, r.config.ID, r.registered().Flags); err != nil {
		return fmt.Errorf("region %s cannot be registered: %w", r.config.Name, err)
	}
	alive, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.framed.Store(time.Now().UnixNano())
	r.running.Go(func() {
		if err := r.scene.Run(alive); err != nil && !errors.Is(err, context.Canceled) {
			r.log.Error("region loop ended", "error", err)
		}
	})
	r.running.Go(func() { r.host.Run(alive) })
	r.running.Go(func() {
		if err := r.server.Run(); err != nil {
			r.log.Error("socket not read any more", "error", err)
		}
	})
	return nil
}

// shutDown takes everyone out. What is not done when ctx ends stands in the journal.
func (r *region) shutDown(ctx context.Context) {
	r.server.Refuse()
	r.server.Hurry()
	if err := r.host.EndAll(ctx, "The region is being shut down. Please log in again later."); err != nil {
		r.log.Warn("not everybody has left in time; the journal has the rest", "error", err)
	}
}

// end stops the region's goroutines and closes its store. It comes after shutDown, or without it when the
// region never began.
func (r *region) end(ctx context.Context, regions grid.Regions) {
	r.server.Close()
	if r.stop != nil {
		if err := regions.DeregisterRegion(ctx, r.config.ID); err != nil {
			r.log.Warn("region not deregistered", "error", err)
		}
		r.stop()
	}
	r.running.Wait()
	if err := r.db.Close(); err != nil {
		r.log.Error("region's store not closed", "error", err)
	}
}
