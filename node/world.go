// Package node puts a server together: it is the only room that knows all others. Its constructor calls
// are plain; which end of a contract a region is given is decided here and nowhere else.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"terrane/agent"
	"terrane/agent/steps"
	"terrane/console"
	"terrane/viewer/caps"
	"terrane/viewer/login"
	"terrane/viewer/session"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Options are what the command line says. Pointers that are nil leave the configuration as it is.
type Options struct {
	Data         string // the data folder; made when it is not there
	Config       string // another configuration file than the data folder's
	Listen       *string
	UDPPort      *int
	ExternalHost *string
	JSONLog      *bool
	Out          io.Writer // what the operator is told once, such as the owner's password
	Log          io.Writer // nil: standard error
	// Before and After are called around every step of every process; see steps.Runner. Tests use them.
	Before func(kind, step string) error
	After  func(kind, step string)
}

// World is a running server.
type World struct {
	config   Config
	dir      *folder
	log      *slog.Logger
	out      io.Writer
	stores   *stores
	services *agent.Services
	reports  *steps.Ring
	runner   *steps.Runner
	regions  []*region
	near     local
	door     *login.Door
	caps     *caps.Registry
	lapses   *agent.Lapses
	registry *prometheus.Registry
	metrics  *console.Metrics
	tracing  func(context.Context) error

	listener net.Listener
	control  net.Listener
	web      []*http.Server
	stopping chan struct{}
	serving  sync.WaitGroup
	stop     context.CancelFunc // of what the world does by itself
}

// Start brings a world up: when it returns, viewers can log in. Nothing is left behind when it fails.
func Start(ctx context.Context, o Options) (*World, error) {
	c, err := loadConfig(o.Data, o.Config, DefaultConfig())
	if err != nil {
		return nil, err
	}
	if err := o.override(&c); err != nil {
		return nil, err
	}
	ports, err := bind(c)
	if err != nil {
		return nil, err
	}
	w, err := open(ctx, o, c, ports)
	if err != nil {
		ports.close()
		return nil, err
	}
	return w, nil
}

// override puts what the command line says over the configuration.
func (o Options) override(c *Config) error {
	if o.Listen != nil {
		c.Network.Listen = *o.Listen
	}
	if o.UDPPort != nil {
		c.Network.UDPPort = *o.UDPPort
		for i := range c.Regions {
			c.Regions[i].UDPPort = 0
		}
	}
	if o.ExternalHost != nil {
		c.Network.ExternalHost = *o.ExternalHost
	}
	if o.JSONLog != nil && *o.JSONLog {
		c.Log.JSON = true
	}
	return c.Validate()
}

// open makes the world of a configuration whose ports are bound.
func open(ctx context.Context, o Options, c Config, p *ports) (_ *World, err error) {
	dir, err := openFolder(o.Data)
	if err != nil {
		return nil, err
	}
	w := &World{
		config: c, dir: dir, out: o.Out, listener: p.http, log: newLog(c, o.Log), stopping: make(chan struct{}),
		reports: steps.NewRing(c.Trace.Keep), registry: prometheus.NewRegistry(),
	}
	if w.out == nil {
		w.out = io.Discard
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.discard(context.WithoutCancel(ctx)))
		}
	}()
	if err := dir.keepConfig(c); err != nil {
		return nil, err
	}
	w.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if w.stores, err = openStores(ctx, dir); err != nil {
		return nil, err
	}
	w.near = make(local)
	if w.services, err = w.stores.services(ctx, dir, c, w.near); err != nil {
		return nil, err
	}
	if err := w.observe(ctx, o); err != nil {
		return nil, err
	}
	owner, err := w.owner(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.openRegions(ctx, p, owner); err != nil {
		return nil, err
	}
	w.openDoor()
	if err := w.serve(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// newLog is the log as the configuration wants it.
func newLog(c Config, to io.Writer) *slog.Logger {
	if to == nil {
		to = os.Stderr
	}
	o := &slog.HandlerOptions{Level: c.Log.Slog()}
	if c.Log.JSON {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}

func (w *World) openRegions(ctx context.Context, p *ports, owner uuid.UUID) error {
	s := &shared{
		config: w.config, dir: w.dir, services: w.services, friends: &agent.Friendships{Services: w.services},
		runner: w.runner, caps: caps.NewRegistry(), owner: owner, boot: uuid.New(),
		httpPort: uint16(p.http.Addr().(*net.TCPAddr).Port), log: w.log,
		metrics: session.NewMetrics(w.registry), onFrame: w.metrics.Frames(),
	}
	w.caps = s.caps
	s.base = reachedBase(w.config.Network.ExternalHost, s.httpPort)
	s.handlers = w.capabilities
	for i, c := range w.config.Regions {
		r, err := openRegion(ctx, s, c, p.udp[i], i == 0)
		if err != nil {
			return err
		}
		w.regions = append(w.regions, r)
		w.near[c.ID] = r
	}
	for _, r := range w.regions {
		if err := r.begin(ctx, w.services); err != nil {
			return err
		}
	}
	w.lapses = &agent.Lapses{Services: w.services, Friendships: s.friends, Runner: w.runner}
	return nil
}

func (w *World) openDoor() {
	c := w.config
	w.door = &login.Door{
		Logins: &agent.Logins{Services: w.services, Runner: w.runner, Terms: terms(c), MinLevel: c.Grid.MinLevel, Strict: !c.Grid.LoginFallback},
		Grid:   login.Grid{Name: c.Grid.Name, Nick: c.Grid.Nick, Welcome: c.Grid.Welcome, Library: w.stores.library.Skeleton()},
		Log:    w.log, Proxies: c.Network.Proxies(), Host: c.Network.ExternalHost, Metrics: login.NewMetrics(w.registry),
		PerSecond: c.Limits.LoginsPerSecond,
	}
	w.door.Init()
}

// LoginURI is the address at which viewers of this machine log in.
func (w *World) LoginURI() string {
	if w.config.Grid.LoginURI != "" {
		return w.config.Grid.LoginURI
	}
	at := w.listener.Addr().(*net.TCPAddr)
	host := w.config.Network.ExternalHost
	if host == "" {
		host = at.IP.String()
		if at.IP.IsUnspecified() {
			host = "127.0.0.1"
		}
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(at.Port)) + "/"
}

// Regions are the names of the regions, in their order.
func (w *World) Regions() []string {
	names := make([]string, len(w.regions))
	for i, r := range w.regions {
		names[i] = r.config.Name
	}
	return names
}

// ShutdownTime is how long Stop may take, as configured.
func (w *World) ShutdownTime() time.Duration { return w.config.Session.Shutdown.Duration }

// Stop takes the world down: no more logins, then everyone out at once, then what is left to the
// journals, and the regions leave the grid. It takes no longer than ctx for the viewers, and what is not
// done by then is finished by the next start.
func (w *World) Stop(ctx context.Context) error {
	close(w.stopping)
	w.door.Close()
	var out sync.WaitGroup
	for _, r := range w.regions {
		out.Go(func() { r.shutDown(ctx) })
	}
	out.Wait()
	w.stop()
	for _, s := range w.web {
		if err := s.Shutdown(ctx); err != nil {
			s.Close()
		}
	}
	w.serving.Wait()
	return w.discard(context.WithoutCancel(ctx))
}

// discard closes what is open, last first.
func (w *World) discard(ctx context.Context) error {
	for _, r := range w.regions {
		r.end(ctx, w.services.Regions)
	}
	var errs []error
	if w.tracing != nil {
		errs = append(errs, w.tracing(ctx))
	}
	if w.stores != nil {
		errs = append(errs, w.stores.close())
	}
	if w.control != nil {
		w.control.Close()
	}
	errs = append(errs, w.dir.close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("shutting down: %w", err)
	}
	return nil
}
