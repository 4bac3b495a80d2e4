package bot

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"

	"github.com/google/uuid"
)

// fakeGrid is the login service and the capabilities of one or two fake regions.
type fakeGrid struct {
	base   string // URL before the path
	client *http.Client
	dial   func(context.Context, netip.AddrPort) (net.Conn, error)
	region *fakeRegion
	second *fakeRegion // its neighbour, or nil
	stop   chan struct{}

	mu       sync.Mutex
	change   func(llsd.Map) llsd.Map // of the answer to a login; nil: none
	refuse   int                     // how many logins are refused yet
	slow     time.Duration           // what a login takes
	seedErrs int                     // how many seed requests fail yet
	queues   map[string]*fakeQueue   // by "session/region"
	polls    []poll
	logins   int
	code     uint32
}

// fakeQueue is the event queue of one session in one region.
type fakeQueue struct {
	events chan llsd.Array // each a reply
	lose   int             // how many replies are not given but kept, as if the answer was lost
	kept   llsd.Map
	id     int
	answer int // status of every poll, 0 for the right one
}

// poll is one request of a bot.
type poll struct {
	ack  any
	done bool
	at   time.Time
}

// newEtherGrid is a grid in memory, for tests in virtual time.
func newEtherGrid(t *testing.T) (*fakeGrid, *ether) {
	e := newEther()
	at := func(port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 9}), port)
	}
	g := &fakeGrid{base: "http://grid", dial: e.Dial, queues: make(map[string]*fakeQueue), stop: make(chan struct{})}
	g.region = newFakeRegion(e.open(at(9000), netip.AddrPort{}), at(9000), "Welcome", 256000, 256000)
	g.second = newFakeRegion(e.open(at(9001), netip.AddrPort{}), at(9001), "Harbour", 256256, 256000)
	g.client = &http.Client{Transport: direct{g}}
	t.Cleanup(func() {
		close(g.stop)
		g.region.close()
		g.second.close()
	})
	return g, e
}

// newLoopbackGrid is a grid on loopback sockets.
func newLoopbackGrid(t testing.TB) *fakeGrid {
	g := &fakeGrid{queues: make(map[string]*fakeQueue), stop: make(chan struct{})}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	g.region = newFakeRegion(conn, conn.LocalAddr().(*net.UDPAddr).AddrPort(), "Welcome", 256000, 256000)
	server := httptest.NewServer(g)
	g.base = server.URL
	t.Cleanup(func() {
		close(g.stop)
		g.region.close()
		server.CloseClientConnections()
		server.Close()
	})
	return g
}

// options are those of a user of the grid.
func (g *fakeGrid) options(first string, rec *Recorder) Options {
	o := Options{
		LoginURI: g.base + "/", First: first, Last: "Lee", Password: "secret", HTTP: g.client, Dial: g.dial,
	}
	if rec != nil {
		o.Event = rec.Take
	}
	return o
}

// login logs a user in whom the test expects to get in.
func (g *fakeGrid) login(t testing.TB, o Options) *Bot {
	t.Helper()
	b, err := Login(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func (g *fakeGrid) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch part := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); part[0] {
	case "":
		g.serveLogin(w, r, body)
	case "seed":
		g.serveSeed(w, strings.Join(part[1:], "/"))
	case "queue":
		g.serveQueue(w, r, strings.Join(part[1:], "/"), body)
	default:
		http.NotFound(w, r)
	}
}

func (g *fakeGrid) serveLogin(w http.ResponseWriter, r *http.Request, body []byte) {
	asLLSD := r.Header.Get("Content-Type") == llsdXML
	var request llsd.Map
	if asLLSD {
		v, _ := llsd.ParseXML(body)
		request = llsd.AsMap(v)
	} else {
		call, _ := xmlrpc.ParseCall(body)
		request = call.Struct()
	}
	time.Sleep(g.slow)
	answer := g.admit(request)
	if asLLSD {
		w.Write(llsd.AppendXML(nil, answer))
	} else {
		w.Write(xmlrpc.AppendResponse(nil, answer))
	}
}

func (g *fakeGrid) admit(request llsd.Map) llsd.Map {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.logins++
	if request.String("passwd") != hashed("secret") {
		return llsd.Map{"login": "false", "reason": "key", "message": "No."}
	}
	if g.refuse > 0 {
		g.refuse--
		return llsd.Map{"login": "false", "reason": "presence", "message": "Not now."}
	}
	g.code++
	s := Session{
		Agent: uuid.NewSHA1(uuid.NameSpaceOID, []byte(request.String("first")+request.String("last"))),
		ID:    uuid.New(), Secure: uuid.New(), CircuitCode: g.code, Sim: g.region.at,
		First: request.String("first"), Last: request.String("last"),
	}
	answer := goldenAnswer()
	answer["agent_id"], answer["session_id"], answer["secure_session_id"] = s.Agent.String(), s.ID.String(), s.Secure.String()
	answer["first_name"], answer["last_name"] = s.First, s.Last
	answer["circuit_code"] = int32(s.CircuitCode)
	answer["sim_ip"], answer["sim_port"] = g.region.at.Addr().String(), int32(g.region.at.Port())
	answer["seed_capability"] = g.base + "/seed/" + s.ID.String() + "/0"
	for i, r := range []*fakeRegion{g.region, g.second} {
		if r == nil {
			continue
		}
		r.mu.Lock()
		r.pending[s.CircuitCode] = s
		r.mu.Unlock()
		g.queues[fmt.Sprintf("%s/%d", s.ID, i)] = &fakeQueue{events: make(chan llsd.Array, 16)}
	}
	if g.change != nil {
		return g.change(answer)
	}
	return answer
}

// goldenAnswer is a login's answer that every viewer understands.
func goldenAnswer() llsd.Map {
	root := uuid.MustParse("11111111-2222-3333-4444-555555555555").String()
	return llsd.Map{
		"login": "true", "agent_id": uuid.NewString(), "session_id": uuid.NewString(), "secure_session_id": uuid.NewString(),
		"first_name": "Ann", "last_name": "Lee", "circuit_code": int32(7), "sim_ip": "127.0.0.1", "sim_port": int32(9000),
		"http_port": int32(0), "seed_capability": "http://127.0.0.1:9000/CAPS/1/", "region_x": int32(256000),
		"region_y": int32(256000), "look_at": "[r0.99,r0.042,r0]", "start_location": "last", "seconds_since_epoch": int32(1),
		"home":               "{'region_handle':[r256000, r256000], 'position':[r128, r128, r30], 'look_at':[r0, r1, r0]}",
		"inventory-root":     llsd.Array{llsd.Map{"folder_id": root}},
		"inventory-skeleton": llsd.Array{llsd.Map{"folder_id": root, "parent_id": uuid.Nil.String(), "name": "My Inventory", "type_default": int32(8), "version": int32(1)}},
		"buddy-list":         llsd.Array{llsd.Map{"buddy_id": root, "buddy_rights_has": int32(1), "buddy_rights_given": int32(3)}},
		"login-flags":        llsd.Array{llsd.Map{"ever_logged_in": "Y"}},
	}
}

func (g *fakeGrid) serveSeed(w http.ResponseWriter, key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seedErrs > 0 {
		g.seedErrs--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Write(llsd.AppendXML(nil, llsd.Map{eventQueueGet: g.base + "/queue/" + key, "SimulatorFeatures": g.base + "/features"}))
}

func (g *fakeGrid) serveQueue(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	v, _ := llsd.ParseXML(body)
	asked := llsd.AsMap(v)
	g.mu.Lock()
	g.polls = append(g.polls, poll{asked["ack"], asked.Bool("done"), time.Now()})
	q, status := g.queues[key], http.StatusNotFound
	if q != nil {
		status = q.answer
	}
	if status != 0 {
		g.mu.Unlock()
		w.WriteHeader(status)
		return
	}
	if asked.Bool("done") {
		delete(g.queues, key)
		g.mu.Unlock()
		w.Write(llsd.AppendXML(nil, llsd.Map{"events": llsd.Array{}, "id": q.id}))
		return
	}
	if q.kept != nil && asked.Int("ack") != q.kept.Int("id") {
		kept := q.kept
		g.mu.Unlock()
		w.Write(llsd.AppendXML(nil, kept))
		return
	}
	g.mu.Unlock()
	hold := time.NewTimer(35 * time.Second)
	defer hold.Stop()
	select {
	case events := <-q.events:
		g.mu.Lock()
		defer g.mu.Unlock()
		q.id++
		q.kept = llsd.Map{"events": events, "id": q.id}
		if q.lose > 0 {
			q.lose--
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Write(llsd.AppendXML(nil, q.kept))
	case <-hold.C:
		w.WriteHeader(http.StatusBadGateway)
	case <-r.Context().Done():
	case <-g.stop:
	}
}

// push gives a bot's event queue one reply.
func (g *fakeGrid) push(b *Bot, events ...llsd.Map) {
	var all llsd.Array
	for _, e := range events {
		all = append(all, e)
	}
	g.queue(b).events <- all
}

func (g *fakeGrid) queue(b *Bot) *fakeQueue {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.queues[b.session.ID.String()+"/0"]
}

// spoil changes a bot's event queue.
func (g *fakeGrid) spoil(b *Bot, change func(*fakeQueue)) {
	q := g.queue(b)
	g.mu.Lock()
	defer g.mu.Unlock()
	change(q)
}

func (g *fakeGrid) asked() []poll {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]poll(nil), g.polls...)
}
