package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"terrane/viewer/caps"
	"terrane/viewer/session"
	"terrane/wire/llsd"
)

// What an HTTP client may take its time for. Answers have no bound of their own: an event queue holds
// its request, and large assets go over slow lines.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 60 * time.Second
	idleTimeout   = 75 * time.Second // longer than OpenSimulator's clients keep a connection
	maxHeader     = 16 << 10
)

// serve opens the doors: HTTP for viewers, the socket for the operator.
func (w *World) serve(ctx context.Context) error {
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	w.serving.Go(func() { w.lapses.Run(alive, lapseLook(w.config.Session.Lease.Duration)) })
	w.serving.Go(func() { w.expireBakes(alive) })
	control, err := listenControl(w.dir.path)
	if err != nil {
		return err
	}
	w.control = control
	w.serveOn(limitConnections(w.listener, w.config.Limits.HTTPConnections), w.publicMux())
	w.serveOn(control, w.admin())
	return nil
}

// lapseLook is how often lapsed leases are looked for: often enough that a lease that ran out is ended
// within a tenth of its length.
func lapseLook(lease time.Duration) time.Duration {
	return min(max(lease/10, 100*time.Millisecond), 5*time.Second)
}

// What is temporary, such as baked textures, is forgotten when nobody has asked for it for so long; it is
// looked for so often.
const (
	keepTemporary = 48 * time.Hour
	expireEvery   = time.Hour
)

func (w *World) expireBakes(ctx context.Context) {
	t := time.NewTicker(expireEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			if n, err := w.stores.contents.Expire(ctx, now.Add(-keepTemporary)); err != nil {
				w.log.Warn("temporary assets not expired", "error", err)
			} else if n > 0 {
				w.log.Info("temporary assets expired", "assets", n)
			}
		}
	}
}

func (w *World) serveOn(l net.Listener, h http.Handler) {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	w.web = append(w.web, s)
	w.serving.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			w.log.Error("HTTP ended", "address", l.Addr(), "error", err)
		}
	})
}

// publicMux is what viewers and monitors may ask for.
func (w *World) publicMux() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", w.door)
	mux.HandleFunc("GET /get_grid_info", w.door.ServeInfo)
	mux.HandleFunc("GET /json_grid_info", w.door.ServeJSONInfo)
	mux.Handle("/CAPS/", w.caps)
	mux.HandleFunc("GET /{tile}", w.serveTile)
	w.mountMonitors(mux)
	return http.MaxBytesHandler(mux, w.config.Limits.HTTPBody)
}

// capabilities are those of one session.
func (w *World) capabilities(s *session.Session) map[string]caps.Handler {
	o := &caps.Owner{
		Agent: s.Agent().ID(), Services: w.services, Library: w.stores.library, Features: features(),
		Set: s.Caps, SetHover: s.SetHover, SetHome: s.SetHome,
	}
	return o.Handlers()
}

// features is what SimulatorFeatures says: what this server can do beyond what every one can.
func features() llsd.Map {
	return llsd.Map{
		"MaxAgentAttachments": 38, "MaxTextureResolution": 2048, "BakesOnMeshEnabled": true,
		"MeshRezEnabled": false, "MeshUploadEnabled": false, "MeshXferEnabled": false, "PhysicsMaterialsEnabled": false,
		"PhysicsShapeTypes": llsd.Map{"convex": false, "none": true, "prim": true},
		"OpenSimExtras": llsd.Map{
			"say-range": 20, "whisper-range": 10, "shout-range": 100, "SimulatorFPS": 45.0, "SimulatorFPSFactor": 1.0,
			"MaxPrimScale": 64.0, "MinPrimScale": 0.01, "ExportSupported": false,
		},
	}
}

// ControlSocket is where the server of a data folder listens for its operator.
func ControlSocket(data string) string {
	path := filepath.Join(data, controlFile)
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if len(path) < maxSocketPath {
		return path
	}
	return filepath.Join(os.TempDir(), "terrane-"+shortHash(path)+".sock")
}

// maxSocketPath is how long the system lets the path of a socket be.
const maxSocketPath = 100

// listenControl opens the operator's socket. The folder is locked, so a socket that is there already
// is a dead server's.
func listenControl(data string) (net.Listener, error) {
	path := ControlSocket(data)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), l.Close())
	}
	return l, nil
}

// limitConnections lets at most n connections be open at once; more wait to be accepted.
func limitConnections(l net.Listener, n int) net.Listener {
	return &limited{Listener: l, slots: make(chan struct{}, n), done: make(chan struct{})}
}

type limited struct {
	net.Listener
	slots chan struct{}
	done  chan struct{}
}

// Accept waits for a slot and then for a connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &slotted{Conn: c, free: func() { <-l.slots }}, nil
}

// Close ends a waiting Accept too.
func (l *limited) Close() error {
	close(l.done)
	return l.Listener.Close()
}
