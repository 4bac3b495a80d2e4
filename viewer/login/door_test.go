package login

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/agent"
	"terrane/geom"
	"terrane/grid"
	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"

	"github.com/google/uuid"
)

// guard is an Admitter that notes who comes and says what the test wants.
type guard struct {
	mu        sync.Mutex
	asked     []agent.LoginRequest
	admission *agent.Admission
	err       error
	hold      chan struct{} // nil: nobody is held
}

func (g *guard) Login(ctx context.Context, r agent.LoginRequest) (*agent.Admission, error) {
	g.mu.Lock()
	g.asked = append(g.asked, r)
	g.mu.Unlock()
	if g.hold != nil {
		<-g.hold
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return g.admission, g.err
}

func (g *guard) requests() []agent.LoginRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

// busy waits until so many logins have begun.
func (g *guard) busy(n int) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for len(g.requests()) < n {
		<-look.C
	}
}

// id is an id that ends in a number.
func id(n byte) (u uuid.UUID) {
	u = uuid.MustParse("11111111-2222-3333-4444-555555555500")
	u[15] = n
	return u
}

// admission is one account's, with something of everything.
func admission() *agent.Admission {
	region := grid.Region{
		ID: id(30), Name: "Welcome", X: 256000, Y: 256256, SizeX: 256, SizeY: 512, UDPPort: 9000, HTTPPort: 9100, Access: grid.AccessMature,
	}
	return &agent.Admission{
		Account: grid.Account{ID: id(1), First: "Ann", Last: "Lee & Co"},
		Circuit: grid.AgentCircuit{Agent: id(1), Session: id(2), Secure: id(3), Code: 1<<31 - 1},
		Region:  region,
		Seed:    "http://127.0.0.1:9100/CAPS/11111111-2222-3333-4444-5555555555040000/",
		Start:   "last",
		Place:   grid.Place{Region: region.ID, Position: geom.Vec3{X: 10, Y: 20.5, Z: 30}, LookAt: geom.Vec3{X: 0.99, Y: 0.042}},
		Home:    grid.Place{Region: region.ID, Position: geom.Vec3{X: 128, Y: 127.25, Z: 30}, LookAt: geom.Vec3{Y: 1}},
		HomeAt:  region,
		Folders: []grid.Folder{
			{ID: id(40), Name: "My Inventory", Type: grid.FolderRoot, Version: 3},
			{ID: id(41), Parent: id(40), Name: "Current <Outfit>", Type: grid.FolderCurrentOutfit, Version: 65535},
			{ID: id(42), Parent: id(40), Name: "More", Type: grid.FolderNone, Version: 1},
		},
		Gestures: []grid.Item{{ID: id(50), Asset: id(51)}},
		Friends: []grid.Friend{
			{User: id(1), Friend: id(60), Mine: 1, Theirs: 3},
			{User: id(1), Friend: id(61), Mine: 0, Theirs: grid.RightsNone},
		},
	}
}

func newDoor(t testing.TB, g *guard) (*Door, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	d := &Door{
		Logins: g, Log: slog.New(slog.NewTextHandler(log, nil)), Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Grid: Grid{
			Name: "A <Grid>", Nick: "agrid", Welcome: "Welcome, <USERNAME>!", Extra: map[string]string{"about": "http://example.com/?a=1&b=2"},
			Library: []grid.Folder{{ID: grid.LibraryRoot, Name: "Library", Type: grid.FolderRoot, Version: 1}},
		},
	}
	d.Init()
	return d, log
}

// call is a login request as a viewer sends it.
func call() llsd.Map {
	sum := md5.Sum([]byte("secret"))
	return llsd.Map{
		"first": "Ann", "last": "Lee", "passwd": "$1$" + hex.EncodeToString(sum[:]), "start": "uri:Welcome&10&20&30",
		"channel": "Some Viewer", "version": "1.2.3", "platform": "lnx", "mac": "aa:bb", "id0": "cc",
		"options": llsd.Array{"inventory-root", "buddy-list"}, "agree_to_tos": true, "address_size": 64,
	}
}

// request is a POST to the login URI as it arrives.
func request(contentType string, body []byte) *http.Request {
	r := httptest.NewRequest("POST", "http://grid.example:9100/", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.RemoteAddr = "192.0.2.7:4321"
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9100}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(at)))
}

func serve(d *Door, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// byXMLRPC and byLLSD log in, and answer with what came.
func byXMLRPC(t testing.TB, d *Door, m llsd.Map) llsd.Map {
	t.Helper()
	w := serve(d, request("text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", m)))
	v, err := xmlrpc.ParseResponse(w.Body.Bytes())
	if err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/xml" {
		t.Fatalf("%d %s %v", w.Code, w.Header(), err)
	}
	return llsd.AsMap(v)
}

func byLLSD(t testing.TB, d *Door, m llsd.Map) llsd.Map {
	t.Helper()
	w := serve(d, request("application/llsd+xml", llsd.AppendXML(nil, m)))
	v, err := llsd.ParseXML(w.Body.Bytes())
	if err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/llsd+xml" {
		t.Fatalf("%d %s %v", w.Code, w.Header(), err)
	}
	return llsd.AsMap(v)
}

func TestWhatAViewerSaysReachesTheLogin(t *testing.T) {
	for name, login := range map[string]func(testing.TB, *Door, llsd.Map) llsd.Map{"XML-RPC": byXMLRPC, "LLSD": byLLSD} {
		g := &guard{admission: admission()}
		d, _ := newDoor(t, g)
		if m := login(t, d, call()); m.String("login") != "true" {
			t.Errorf("%s: %v", name, m)
		}
		want := agent.LoginRequest{
			First: "Ann", Last: "Lee", Password: call().String("passwd"), Start: "uri:Welcome&10&20&30", Viewer: "1.2.3",
			Channel: "Some Viewer", MAC: "aa:bb", ID0: "cc", Address: netip.MustParseAddr("192.0.2.7"), ReachedAt: netip.MustParseAddr("127.0.0.1"),
		}
		if got := g.requests(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: asked for %+v", name, got)
		}
	}
}

func TestOneURITakesBothForms(t *testing.T) {
	d, _ := newDoor(t, &guard{admission: admission()})
	body := llsd.AppendXML(nil, call())
	for _, contentType := range []string{"application/llsd+xml", "application/llsd+xml; charset=utf-8", "application/xml", "text/xml", ""} {
		w := serve(d, request(contentType, body))
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "application/llsd+xml" {
			t.Errorf("LLSD as %q: %d %s", contentType, w.Code, got)
		}
	}
	body = xmlrpc.AppendCall(nil, "login_to_simulator", call())
	for _, contentType := range []string{"text/xml", "text/xml; charset=UTF-8", "application/xml", ""} {
		w := serve(d, request(contentType, body))
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "text/xml" {
			t.Errorf("XML-RPC as %q: %d %s", contentType, w.Code, got)
		}
	}
}

func TestAWebLoginKeyIsAPassword(t *testing.T) {
	g := &guard{admission: admission()}
	d, _ := newDoor(t, g)
	m := call()
	delete(m, "passwd")
	m["web_login_key"] = id(9)
	byXMLRPC(t, d, m)
	if got := g.requests()[0].Password; got != "$1$"+id(9).String() {
		t.Errorf("password %q", got)
	}
}

func TestInvariant3_EveryRefusalHasAReasonThatViewersKnow(t *testing.T) {
	known := map[string]bool{agent.RefusedKey: true, agent.RefusedPresence: true}
	for name, row := range map[string]struct {
		change func(*Door, *guard, llsd.Map)
		reason string
		logged bool
	}{
		"no first name":     {func(_ *Door, _ *guard, m llsd.Map) { delete(m, "first") }, agent.RefusedKey, false},
		"no last name":      {func(_ *Door, _ *guard, m llsd.Map) { m["last"] = " " }, agent.RefusedKey, false},
		"no password":       {func(_ *Door, _ *guard, m llsd.Map) { delete(m, "passwd") }, agent.RefusedKey, false},
		"nothing at all":    {func(_ *Door, _ *guard, m llsd.Map) { clear(m) }, agent.RefusedKey, false},
		"a long name":       {func(_ *Door, _ *guard, m llsd.Map) { m["first"] = strings.Repeat("x", maxName+1) }, agent.RefusedKey, false},
		"a list for a name": {func(_ *Door, _ *guard, m llsd.Map) { m["first"] = llsd.Array{"Ann"} }, agent.RefusedKey, false},
		"wrong credentials": {func(_ *Door, g *guard, _ llsd.Map) {
			g.err = &agent.Refusal{Reason: agent.RefusedKey, Message: "wrong"}
		}, agent.RefusedKey, false},
		"refused by the grid": {func(_ *Door, g *guard, _ llsd.Map) {
			g.err = &agent.Refusal{Reason: agent.RefusedPresence, Message: "full", Cause: errors.New("no region")}
		}, agent.RefusedPresence, true},
		"an error of the grid": {func(_ *Door, g *guard, _ llsd.Map) { g.err = grid.ErrUnavailable }, agent.RefusedPresence, true},
		"no address":           {func(_ *Door, g *guard, _ llsd.Map) { g.admission.Region.Host = "\x00 no host" }, agent.RefusedPresence, true},
		"going down":           {func(d *Door, _ *guard, _ llsd.Map) { d.Close() }, agent.RefusedPresence, false},
	} {
		t.Run(name, func(t *testing.T) {
			for form, login := range map[string]func(testing.TB, *Door, llsd.Map) llsd.Map{"XML-RPC": byXMLRPC, "LLSD": byLLSD} {
				g := &guard{admission: admission()}
				d, log := newDoor(t, g)
				m := call()
				row.change(d, g, m)
				answer := login(t, d, m)
				if answer["login"] != "false" {
					t.Errorf("%s: login is %T %v, and must be the text false", form, answer["login"], answer["login"])
				}
				if reason := answer.String("reason"); reason != row.reason || !known[reason] || answer.String("message") == "" {
					t.Errorf("%s: %v", form, answer)
				}
				if len(answer) != 3 {
					t.Errorf("%s: a refusal says %v", form, answer.Keys())
				}
				if logged := strings.Contains(log.String(), "login refused"); logged != row.logged {
					t.Errorf("%s: the log has %q", form, log)
				}
				for _, secret := range []string{call().String("passwd"), "secret"} {
					if strings.Contains(log.String(), secret) {
						t.Errorf("%s: the log has the password", form)
					}
				}
			}
		})
	}
}

func TestAfterTheEndNobodyIsLetIn(t *testing.T) {
	g := &guard{admission: admission()}
	d, _ := newDoor(t, g)
	d.Close()
	for range 50 {
		if m := byXMLRPC(t, d, call()); m.String("login") != "false" {
			t.Fatal("somebody was let in")
		}
	}
	if n := len(g.requests()); n != 0 {
		t.Errorf("%d logins were begun", n)
	}
}

func TestAForwardedAddressIsBelievedOfKnownProxiesAlone(t *testing.T) {
	for name, row := range map[string]struct {
		peer  string
		lines []string
		want  string
	}{
		"nobody forwards":             {"192.0.2.7:1", nil, "192.0.2.7"},
		"a stranger forwards":         {"192.0.2.7:1", []string{"1.2.3.4"}, "192.0.2.7"},
		"a proxy forwards":            {"10.1.2.3:1", []string{"1.2.3.4"}, "1.2.3.4"},
		"the viewer has lied":         {"10.1.2.3:1", []string{"6.6.6.6, 1.2.3.4"}, "1.2.3.4"},
		"the viewer's lie has a line": {"10.1.2.3:1", []string{"6.6.6.6", "1.2.3.4"}, "1.2.3.4"},
		"a proxy says nothing":        {"10.1.2.3:1", nil, "10.1.2.3"},
		"a proxy says nonsense":       {"10.1.2.3:1", []string{"nobody"}, "10.1.2.3"},
		"IPv6 that is IPv4":           {"[::ffff:10.1.2.3]:1", []string{"::ffff:1.2.3.4"}, "1.2.3.4"},
		"no address":                  {"nowhere", []string{"1.2.3.4"}, ""},
	} {
		d, _ := newDoor(t, &guard{})
		r := request("text/xml", nil)
		r.RemoteAddr = row.peer
		for _, line := range row.lines {
			r.Header.Add("X-Forwarded-For", line)
		}
		want, _ := netip.ParseAddr(row.want)
		if got := d.client(r); got != want {
			t.Errorf("%s: %v, not %v", name, got, want)
		}
	}
}

func TestHostileRequestsReachNobody(t *testing.T) {
	nested := func(open, shut string, n int) []byte {
		return []byte(strings.Repeat(open, n) + strings.Repeat(shut, n))
	}
	head := "<?xml version=\"1.0\"?><methodCall><methodName>login_to_simulator</methodName><params><param><value>"
	tail := "</value></param></params></methodCall>"
	long := call()
	long["first"] = strings.Repeat("x", 60<<10)
	longer := call()
	longer["first"] = strings.Repeat("x", 64<<10)
	latin := call()
	latin["first"] = "MARK"
	for name, row := range map[string]struct {
		contentType string
		body        []byte
	}{
		"nothing":               {"text/xml", nil},
		"no XML":                {"text/xml", []byte("hello")},
		"half of it":            {"text/xml", []byte(head + "<struct><member><name>first</name>")},
		"no call":               {"text/xml", []byte("<methodResponse/>")},
		"an entity":             {"text/xml", []byte("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" + head + "<string>&b;</string>" + tail)},
		"a bomb of arrays":      {"text/xml", []byte(head + string(nested("<array><data><value>", "</value></data></array>", 500)) + tail)},
		"a bomb of structs":     {"text/xml", []byte(head + string(nested("<struct><member><name>a</name><value>", "</value></member></struct>", 500)) + tail)},
		"64 KiB of names":       {"text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", longer)},
		"a name of 60 KiB":      {"text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", long)},
		"LLSD that is none":     {"application/llsd+xml", []byte("<llsd><map>")},
		"LLSD that is no map":   {"application/llsd+xml", []byte("<llsd><array><string>Ann</string></array></llsd>")},
		"a bomb of LLSD":        {"application/llsd+xml", append([]byte("<llsd>"), nested("<array>", "</array>", 5000)...)},
		"LLSD with an entity":   {"application/llsd+xml", []byte("<!DOCTYPE x [<!ENTITY a \"Ann\">]><llsd><map><key>first</key><string>&a;</string></map></llsd>")},
		"a binary bomb":         {"application/llsd+binary", append([]byte("<? LLSD/Binary ?>\n"), bytes.Repeat([]byte{'[', 0x7F, 0xFF, 0xFF, 0xFF}, 1000)...)},
		"a name of 60 KiB LLSD": {"application/llsd+xml", llsd.AppendXML(nil, long)},
	} {
		g := &guard{admission: admission()}
		d, log := newDoor(t, g)
		w := serve(d, request(row.contentType, row.body))
		if w.Code/100 != 4 && !strings.Contains(w.Body.String(), "false") {
			t.Errorf("%s: %d %.200s", name, w.Code, w.Body)
		}
		if n := len(g.requests()); n != 0 {
			t.Errorf("%s: %d logins were begun", name, n)
		}
		if w.Body.Len() > 2000 || log.Len() > 500 {
			t.Errorf("%s: the answer has %d bytes, the log %d", name, w.Body.Len(), log.Len())
		}
	}
}

func TestNamesThatAreNotUTF8AreRefusedOrCleaned(t *testing.T) {
	g := &guard{admission: admission()}
	d, _ := newDoor(t, g)
	for _, contentType := range []string{"text/xml", "application/llsd+xml"} {
		body := llsd.AppendXML(nil, call())
		if contentType == "text/xml" {
			body = xmlrpc.AppendCall(nil, "login_to_simulator", call())
		}
		serve(d, request(contentType, bytes.ReplaceAll(body, []byte("Ann"), []byte("A\xFF\xFEn"))))
	}
	for _, r := range g.requests() {
		if r.First != strings.ToValidUTF8(r.First, "") {
			t.Errorf("a name of %q", r.First)
		}
	}
}

func TestWhatIsTooLongIsCutAndNotHalfALetter(t *testing.T) {
	g := &guard{admission: admission()}
	d, _ := newDoor(t, g)
	m := call()
	for _, key := range []string{"passwd", "start", "version", "channel", "mac", "id0"} {
		m[key] = "x" + strings.Repeat("é", maxText)
	}
	byXMLRPC(t, d, m)
	r := g.requests()[0]
	for _, got := range []string{r.Password, r.Start, r.Viewer, r.Channel, r.MAC, r.ID0} {
		if len(got) > maxText || strings.ToValidUTF8(got, "") != got {
			t.Errorf("%d bytes, ends in %q", len(got), got[len(got)-3:])
		}
	}
}

func TestNoMoreLoginsThanThereIsRoomForAreWorkedOn(t *testing.T) {
	g := &guard{admission: admission(), hold: make(chan struct{})}
	d, _ := newDoor(t, g)
	var done sync.WaitGroup
	for range atOnce + 20 {
		done.Go(func() { byXMLRPC(t, d, call()) })
	}
	g.busy(atOnce)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	r := request("text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", call()))
	serve(d, r.WithContext(gone)) // who has hung up does not wait
	if n := len(g.requests()); n != atOnce {
		t.Errorf("%d logins are worked on", n)
	}
	close(g.hold)
	done.Wait()
	if n := len(g.requests()); n != atOnce+20 {
		t.Errorf("%d logins were worked on in the end", n)
	}
}

func TestAViewerThatHangsUpIsStillAdmitted(t *testing.T) {
	g := &guard{admission: admission(), hold: make(chan struct{})}
	d, _ := newDoor(t, g)
	r := request("text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", call()))
	ctx, hangUp := context.WithCancel(r.Context())
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- serve(d, r.WithContext(ctx)) }()
	g.busy(1)
	hangUp()
	close(g.hold)
	if w := <-done; !strings.Contains(w.Body.String(), "seed_capability") {
		t.Errorf("the login ended with its connection: %s", w.Body)
	}
}

func TestOtherMethodsAndPaths(t *testing.T) {
	d, _ := newDoor(t, &guard{})
	if w := serve(d, request("text/xml", xmlrpc.AppendCall(nil, "nobody_knows_this"))); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<fault>") {
		t.Errorf("an unknown method: %d %s", w.Code, w.Body)
	}
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "PUT": 405, "DELETE": 405} {
		if w := serve(d, httptest.NewRequest(method, "/", nil)); w.Code != want {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := serve(d, httptest.NewRequest("GET", "/else", nil)); w.Code != http.StatusNotFound {
		t.Errorf("another path: %d", w.Code)
	}
	w := serve(d, httptest.NewRequest("GET", "/", nil))
	if text := w.Body.String(); !strings.Contains(text, "A &lt;Grid&gt;") || strings.Contains(text, "A <Grid>") {
		t.Errorf("the page: %s", text)
	}
}

// A login request must be answered whatever it holds, and admit nobody with a name out of bounds.
func FuzzLogin(f *testing.F) {
	f.Add("text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", call()))
	f.Add("text/xml", xmlrpc.AppendCall(nil, "get_grid_info"))
	f.Add("application/llsd+xml", llsd.AppendXML(nil, call()))
	f.Add("application/llsd+binary", []byte("<? LLSD/Binary ?>\n{"))
	f.Add("application/llsd+notation", []byte("{'first':'Ann','last':'Lee','passwd':'$1$x'}"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		g := &guard{admission: admission()}
		d, _ := newDoor(t, g)
		w := serve(d, request(contentType, body))
		if w.Body.Len() == 0 {
			t.Error("no answer")
		}
		for _, r := range g.requests() {
			if len(r.First) > maxName || len(r.Last) > maxName || r.First == "" || r.Last == "" || r.Password == "" {
				t.Errorf("%+v", r)
			}
		}
	})
}
