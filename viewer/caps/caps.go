// Package caps has the capabilities of a viewer's session: URLs that nobody else knows, handed out by
// the seed capability, each good for one thing. The event queue is one of them.
//
// A session has one Set for each region it has an agent in. The set exists from the moment the agent
// is announced, before any circuit, and dies with the session: afterwards all its URLs are 404.
package caps

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"terrane/wire/llsd"

	"github.com/google/uuid"
)

const (
	prefix     = "/CAPS/"
	seedSuffix = "0000" // OpenSimulator's seed paths are CAPS/<uuid>0000/

	maxSeed = 64 << 10 // bytes of a seed request; viewers ask for about 120 names in 4 KiB
	maxBody = 8 << 20  // bytes of any other request; a baked texture has up to 6 MiB
)

// Handler answers one capability. The request's context ends with the session.
type Handler func(w http.ResponseWriter, r *http.Request)

// Registry finds capabilities by their URLs. It is an http.Handler for the path /CAPS/.
type Registry struct {
	mu    sync.RWMutex
	paths map[string]entry
	Count func(name string, status int) // told of every request; nil: nobody is
}

type entry struct {
	set  *Set
	name string
	h    Handler
}

// NewRegistry is an empty registry.
func NewRegistry() *Registry { return &Registry{paths: make(map[string]entry)} }

// Set is the capabilities of one session in one region.
type Set struct {
	Queue   *Queue
	Dropped func() // told when a viewer's poll of the event queue is cut off; set before the first request

	registry *Registry
	base     string // "http://host:port"
	seed     string // path of the seed capability
	ctx      context.Context
	cancel   context.CancelFunc

	mu       sync.Mutex
	urls     map[string]string
	handlers map[string]Handler
	closed   bool
	asked    chan struct{} // closed by the first seed request
	once     sync.Once
}

// New makes the set of a session. base is the address of this server as the viewer reaches it,
// "http://host:port"; path makes the seed's URL. handlers are the capabilities besides the event
// queue, by name.
func (g *Registry) New(base string, path uuid.UUID, handlers map[string]Handler) *Set {
	s := &Set{
		Queue: NewQueue(), registry: g, base: base, seed: prefix + path.String() + seedSuffix,
		urls: make(map[string]string), handlers: handlers, asked: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	g.add(s.seed, entry{s, "seed", s.serveSeed})
	return s
}

// Seed is the URL of the seed capability.
func (s *Set) Seed() string { return s.base + s.seed + "/" }

// Asked is closed when the viewer has asked for its capabilities.
func (s *Set) Asked() <-chan struct{} { return s.asked }

// URL is the URL of a capability, the same at each call, or "" when there is none of that name.
func (s *Set) URL(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if url, ok := s.urls[name]; ok || s.closed {
		return url
	}
	h := s.handlers[name]
	if name == "EventQueueGet" {
		h = s.serveQueue
	}
	if h == nil {
		return ""
	}
	return s.add(name, h)
}

// Once makes a URL for one request, such as the second half of an upload. It ends with the set.
func (s *Set) Once(name string, h Handler) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ""
	}
	path := prefix + uuid.NewString()
	s.registry.add(path, entry{s, name, func(w http.ResponseWriter, r *http.Request) {
		s.registry.remove(s, path)
		h(w, r)
	}})
	s.urls[path] = s.base + path
	return s.base + path
}

func (s *Set) add(name string, h Handler) string {
	path := prefix + uuid.NewString()
	s.registry.add(path, entry{s, name, h})
	s.urls[name] = s.base + path
	return s.urls[name]
}

// Granted are the names of the capabilities that the viewer has asked for, in order.
func (s *Set) Granted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.urls))
	for name := range s.urls {
		if !strings.HasPrefix(name, prefix) { // not those for one request
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Close ends all capabilities: their URLs are not there any more, and the contexts of requests that are
// being answered end.
func (s *Set) Close() {
	s.Queue.Close()
	s.mu.Lock()
	s.closed = true
	paths := []string{s.seed}
	for _, url := range s.urls {
		paths = append(paths, strings.TrimPrefix(url, s.base))
	}
	s.mu.Unlock()
	s.registry.remove(s, paths...)
	s.cancel()
}

func (g *Registry) add(path string, e entry) {
	g.mu.Lock()
	g.paths[path] = e
	g.mu.Unlock()
}

// remove forgets those of the paths that are the set's: a seed's path may be a later set's by now.
func (g *Registry) remove(s *Set, paths ...string) {
	g.mu.Lock()
	for _, p := range paths {
		if g.paths[p].set == s {
			delete(g.paths, p)
		}
	}
	g.mu.Unlock()
}

// Len is how many URLs are known.
func (g *Registry) Len() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.paths)
}

// ServeHTTP finds the capability of a URL; what is unknown is 404.
func (g *Registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := "/" + strings.Trim(r.URL.Path, "/")
	g.mu.RLock()
	e, ok := g.paths[path]
	if !ok { // capabilities that have paths of their own below theirs
		if i := strings.IndexByte(path[min(len(prefix), len(path)):], '/'); i >= 0 {
			e, ok = g.paths[path[:len(prefix)+i]]
		}
	}
	g.mu.RUnlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(e.set.ctx, cancel)()
	status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	e.h(status, r.WithContext(ctx))
	if g.Count != nil {
		g.Count(e.name, status.status)
	}
}

// statusWriter remembers the status for the count.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status and passes it on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// serveSeed answers a list of names with the URLs of those that are known.
func (s *Set) serveSeed(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxSeed)
	v, ok := Read(w, r)
	if !ok {
		return
	}
	urls := make(llsd.Map)
	for _, name := range llsd.AsArray(v).Strings() {
		if url := s.URL(name); url != "" {
			urls[name] = url
		}
	}
	s.once.Do(func() { close(s.asked) })
	Write(w, urls)
}

// serveQueue answers a poll of the event queue.
func (s *Set) serveQueue(w http.ResponseWriter, r *http.Request) {
	v, ok := Read(w, r)
	if !ok {
		return
	}
	m := llsd.AsMap(v)
	reply, answer := s.Queue.Poll(r.Context(), m.Int("ack"), m.Bool("done"))
	switch answer {
	case Events:
		if reply.Events == nil {
			reply.Events = llsd.Array{}
		}
		Write(w, llsd.Map{"id": reply.ID, "events": reply.Events})
	case NotThere:
		http.NotFound(w, r)
	case CutOff:
		if s.Dropped != nil && s.ctx.Err() == nil {
			s.Dropped()
		}
	default:
		http.Error(w, "Upstream error: nothing happened", http.StatusBadGateway)
	}
}
