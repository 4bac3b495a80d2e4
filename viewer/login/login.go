// Package login is the door of the grid for viewers: login by XML-RPC and LLSD on one URI, and what
// viewers ask about the grid before anybody logs in.
//
// What a login does stands in agent/login.go; here it is read from, and written for, viewers.
package login

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"terrane/agent"
	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

const (
	// maxRequest is how long a login may be, in bytes; the longest known is about 4 KiB.
	maxRequest = 64 << 10
	// maxName and maxText bound what a login may say, in bytes.
	maxName = 64
	maxText = 256
	// atOnce is how many logins are worked on at the same time; more wait for their turn.
	atOnce = 64
)

// Door answers logins and questions about the grid. Its fields are set before it serves.
type Door struct {
	Logins  Admitter
	Grid    Grid
	Log     *slog.Logger
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	// Host is the host that viewers reach this grid by; empty: the address they came to.
	Host    string
	Metrics *Metrics
	// PerSecond is how many logins are begun in one second; more wait a little, and are then asked to try
	// again. 0 is no bound.
	PerSecond int

	pace   *rate.Limiter
	turns  chan struct{}
	closed chan struct{}
}

// Admitter lets users in, or refuses with an *agent.Refusal.
type Admitter interface {
	Login(ctx context.Context, r agent.LoginRequest) (*agent.Admission, error)
}

// Metrics counts logins.
type Metrics struct{ logins *prometheus.CounterVec }

// NewMetrics registers the metrics with r; nil registers them nowhere.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "terrane", Name: "logins_total", Help: "Logins, by outcome.",
	}, []string{"outcome"})}
	if r != nil {
		r.MustRegister(m.logins)
	}
	return m
}

// Init makes the door ready to serve.
func (d *Door) Init() {
	d.turns, d.closed = make(chan struct{}, atOnce), make(chan struct{})
	if d.Metrics == nil {
		d.Metrics = NewMetrics(nil)
	}
	d.pace = rate.NewLimiter(rate.Inf, 1)
	if d.PerSecond > 0 {
		d.pace = rate.NewLimiter(rate.Limit(d.PerSecond), d.PerSecond)
	}
}

// Close refuses every login from now on.
func (d *Door) Close() { close(d.closed) }

func (d *Door) isClosed() bool {
	select {
	case <-d.closed:
		return true
	default:
		return false
	}
}

// ServeHTTP answers a POST with a login or a method call, and a GET with where to go.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		d.page(w)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "Log in with POST.", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "The request is too long, or ended early.", http.StatusRequestEntityTooLarge)
		return
	}
	if isLLSD(r.Header.Get("Content-Type"), body) {
		d.serveLLSD(w, r, body)
		return
	}
	d.serveXMLRPC(w, r, body)
}

// isLLSD tells the two forms of a login apart: by content type, and by what the body begins with.
func isLLSD(contentType string, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return strings.HasPrefix(kind, "application/llsd") || strings.Contains(string(body[:min(len(body), 128)]), "<llsd>")
}

func (d *Door) serveLLSD(w http.ResponseWriter, r *http.Request, body []byte) {
	v, err := llsd.Parse(r.Header.Get("Content-Type"), body)
	m := llsd.AsMap(v)
	if err != nil || m == nil {
		d.Metrics.logins.WithLabelValues("malformed").Inc()
		http.Error(w, "The request is not an LLSD map.", http.StatusBadRequest)
		return
	}
	write(w, "application/llsd+xml", llsd.AppendXML(nil, d.login(r, m)))
}

func (d *Door) serveXMLRPC(w http.ResponseWriter, r *http.Request, body []byte) {
	call, err := xmlrpc.ParseCall(body)
	if err != nil {
		d.Metrics.logins.WithLabelValues("malformed").Inc()
		http.Error(w, "The request is not an XML-RPC call.", http.StatusBadRequest)
		return
	}
	var answer llsd.Map
	switch call.Method {
	case "login_to_simulator":
		answer = d.login(r, llsd.AsMap(call.Params.At(0)))
	case "get_grid_info":
		answer = d.Grid.info(d.base(r)).llsd()
	default:
		fault := &xmlrpc.Fault{Code: -32601, Message: "There is no method of this name here."}
		write(w, "text/xml", xmlrpc.AppendFault(nil, fault))
		return
	}
	write(w, "text/xml", xmlrpc.AppendResponse(nil, answer))
}

// login is one login, whichever way it came.
func (d *Door) login(r *http.Request, m llsd.Map) llsd.Map {
	select {
	case <-d.closed:
	case <-r.Context().Done():
		return nil
	case d.turns <- struct{}{}:
		defer func() { <-d.turns }()
	}
	if d.isClosed() {
		return d.refuse(&agent.Refusal{Reason: agent.RefusedPresence, Message: "The grid is being shut down. Please try again in a few minutes."})
	}
	if refusal := d.wait(r.Context()); refusal != nil {
		return d.refuse(refusal)
	}
	request, refusal := d.request(r, m)
	if refusal != nil {
		return d.refuse(refusal)
	}
	// A viewer that hangs up may have been admitted already: the process decides, not the connection.
	admission, err := d.Logins.Login(context.WithoutCancel(r.Context()), request)
	if err != nil {
		var refusal *agent.Refusal
		if !errors.As(err, &refusal) {
			refusal = &agent.Refusal{Reason: agent.RefusedPresence, Message: "The grid cannot let you in at the moment.", Cause: err}
		}
		return d.refuse(refusal)
	}
	answer, err := d.answer(r, request, admission)
	if err != nil {
		return d.refuse(&agent.Refusal{Reason: agent.RefusedPresence, Message: "The grid has no address that your viewer can reach. Please tell its operator.", Cause: err})
	}
	d.Metrics.logins.WithLabelValues("in").Inc()
	return answer
}

// patience is how long a login waits when too many come at once. Viewers wait 40 s.
const patience = 10 * time.Second

// wait lets a login begin when its turn has come.
func (d *Door) wait(ctx context.Context) *agent.Refusal {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := d.pace.Wait(ctx); err != nil {
		return &agent.Refusal{Reason: agent.RefusedPresence, Message: "Too many are logging in at the moment. Please try again in a minute."}
	}
	return nil
}

func (d *Door) refuse(r *agent.Refusal) llsd.Map {
	d.Metrics.logins.WithLabelValues(r.Reason).Inc()
	if r.Cause != nil {
		d.Log.Warn("login refused", "reason", r.Reason, "message", r.Message, "error", r.Cause)
	}
	return llsd.Map{"login": "false", "reason": r.Reason, "message": r.Message}
}

// request reads what a viewer says. What is missing or out of bounds is refused before anybody is
// asked.
func (d *Door) request(r *http.Request, m llsd.Map) (agent.LoginRequest, *agent.Refusal) {
	q := agent.LoginRequest{
		First: strings.TrimSpace(m.String("first")), Last: strings.TrimSpace(m.String("last")),
		Password: m.String("passwd"), Start: m.String("start"),
		Viewer: m.String("version"), Channel: m.String("channel"), MAC: m.String("mac"), ID0: m.String("id0"),
		Address: d.client(r), ReachedAt: reachedAt(r),
	}
	if q.Password == "" {
		if key := m.String("web_login_key"); key != "" {
			q.Password = "$1$" + key
		}
	}
	if q.First == "" || q.Last == "" || q.Password == "" {
		return q, &agent.Refusal{Reason: agent.RefusedKey, Message: "Name and password are needed to log in."}
	}
	if len(q.First) > maxName || len(q.Last) > maxName || !utf8.ValidString(q.First+q.Last) {
		return q, &agent.Refusal{Reason: agent.RefusedKey, Message: "This is not a name. Names have at most 64 letters."}
	}
	for _, text := range []*string{&q.Password, &q.Start, &q.Viewer, &q.Channel, &q.MAC, &q.ID0} {
		*text = cut(*text)
	}
	return q, nil
}

// cut is as much of a text as maxText allows, in whole letters.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// client is the address that a request came from. What a proxy says is believed only of known ones.
func (d *Door) client(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	from := peer.Addr().Unmap()
	for _, p := range d.Proxies {
		if !p.Contains(from) {
			continue
		}
		// Some proxies add a line of their own below what the viewer said.
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if told, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			return told.Unmap()
		}
	}
	return from
}

// reachedAt is the address of this machine at which a request arrived.
func reachedAt(r *http.Request) netip.Addr {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	a, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// base is this server's address as the request reached it, "http://host:port/".
func (d *Door) base(r *http.Request) string {
	host := r.Host
	if d.Host != "" {
		_, port, err := net.SplitHostPort(host)
		if err != nil {
			port = "80"
		}
		host = net.JoinHostPort(d.Host, port)
	}
	return "http://" + host + "/"
}

// write answers with a length, which OpenSimulator's clients need.
func write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	// A viewer that has gone does not want the answer.
	_, _ = w.Write(body)
}
