package login

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"terrane/agent"
	"terrane/geom"
	"terrane/grid"
	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"

	"github.com/google/uuid"
)

// admits is an Admitter that lets everybody in, or refuses, and notes what was asked.
type admits struct {
	refusal error
	asked   []agent.LoginRequest
}

var (
	root    = uuid.MustParse("00000000-0000-0000-0000-000000000001")
	outfit  = uuid.MustParse("00000000-0000-0000-0000-000000000002")
	ann     = uuid.MustParse("11111111-2222-3333-4444-555555555555")
	session = uuid.MustParse("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")
)

func (a *admits) Login(_ context.Context, r agent.LoginRequest) (*agent.Admission, error) {
	a.asked = append(a.asked, r)
	if a.refusal != nil {
		return nil, a.refusal
	}
	region := grid.Region{ID: root, Name: "Welcome", X: 256000, Y: 256000, SizeX: 256, SizeY: 256, UDPPort: 9000, Access: grid.AccessMature}
	return &agent.Admission{
		Account: grid.Account{ID: ann, First: "Ann", Last: "Lee"},
		Circuit: grid.AgentCircuit{Agent: ann, Session: session, Secure: root, Code: 0x12345678},
		Region:  region, Seed: "http://127.0.0.1:9000/CAPS/x0000/", Start: "home",
		Place:  grid.Place{Region: root, Position: geom.Vec3{X: 128, Y: 128, Z: 25}, LookAt: geom.Vec3{Y: 1}},
		Home:   grid.Place{Region: root, Position: geom.Vec3{X: 128, Y: 128, Z: 30}, LookAt: geom.Vec3{Y: 1}},
		HomeAt: region,
		Folders: []grid.Folder{
			{ID: root, Owner: ann, Name: "My Inventory", Type: grid.FolderRoot, Version: 1},
			{ID: outfit, Owner: ann, Parent: root, Name: "Current Outfit", Type: grid.FolderCurrentOutfit, Version: 3},
		},
		Friends: []grid.Friend{
			{User: ann, Friend: outfit, Mine: 1, Theirs: 3},
			{User: ann, Friend: root, Theirs: grid.RightsNone},
		},
	}, nil
}

func door(a *admits) (*Door, *bytes.Buffer) {
	var log bytes.Buffer
	d := &Door{
		Logins: a, Grid: Grid{Name: "Test & Co", Nick: "test", Welcome: "Hello, <USERNAME>!"},
		Log: slog.New(slog.NewTextHandler(&log, nil)), Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	d.Init()
	return d, &log
}

// post sends a body as a viewer at 192.0.2.7 does who reached 127.0.0.1.
func post(d *Door, contentType string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "http://127.0.0.1:9000/", bytes.NewReader(body))
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9000})))
	r.RemoteAddr = "192.0.2.7:1234"
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

var who = llsd.Map{"first": "Ann", "last": "Lee", "passwd": "$1$5ebe2294ecd0e0f08eab7690d2a6ee69", "start": "home", "channel": "Test"}

func TestInvariant1_BothFormsOfTheAnswerAreWhatViewersRead(t *testing.T) {
	d, _ := door(&admits{})
	w := post(d, "text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", who))
	byXML, err := xmlrpc.ParseResponse(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	text := w.Body.String()
	for _, number := range []string{"circuit_code", "sim_port", "http_port", "region_x", "region_y", "region_size_x", "seconds_since_epoch", "max-agent-groups"} {
		if !regexp.MustCompile("<name>" + number + `</name>\s*<value>\s*<(i4|int)>`).MatchString(text) {
			t.Errorf("%s is not written as an integer", number)
		}
	}
	byLLSD, err := llsd.ParseXML(post(d, "application/llsd+xml", llsd.AppendXML(nil, who)).Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for form, v := range map[string]any{"XML-RPC": byXML, "LLSD": byLLSD} {
		m := llsd.AsMap(v)
		if login, ok := m["login"].(string); !ok || login != "true" {
			t.Errorf("%s: login is %#v", form, m["login"])
		}
		for key, want := range map[string]string{
			"agent_id": ann.String(), "session_id": session.String(), "sim_ip": "127.0.0.1", "first_name": "Ann",
			"seed_capability": "http://127.0.0.1:9000/CAPS/x0000/", "start_location": "home", "message": "Hello, Ann Lee!",
		} {
			if got := m.String(key); got != want {
				t.Errorf("%s: %s is %q", form, key, got)
			}
		}
		if m.Int("circuit_code") != 0x12345678 || m.Int("sim_port") != 9000 || m.Int("region_x") != 256000 {
			t.Errorf("%s: numbers %v %v %v", form, m["circuit_code"], m["sim_port"], m["region_x"])
		}
		if r := m.Array("inventory-root"); len(r) != 1 || r.Map(0).String("folder_id") != root.String() {
			t.Errorf("%s: inventory-root %v", form, r)
		}
		if s := m.Array("inventory-skeleton"); len(s) != 2 || s.Map(1).Int("type_default") != 46 || s.Map(1).String("parent_id") != root.String() {
			t.Errorf("%s: skeleton %v", form, s)
		}
		if b := m.Array("buddy-list"); len(b) != 1 || b.Map(0).Int("buddy_rights_has") != 3 || b.Map(0).Int("buddy_rights_given") != 1 {
			t.Errorf("%s: an offer that waits is no friend: %v", form, b)
		}
		for _, list := range []string{"gestures", "event_categories", "classified_categories", "login-flags", "ui-config", "global-textures", "inventory-lib-root", "inventory-lib-owner"} {
			if _, ok := m[list].(llsd.Array); !ok {
				t.Errorf("%s: %s is no array but %#v", form, list, m[list])
			}
		}
	}
}

func TestInvariant2_HomeHasABlankAfterEachCommaAndMetres(t *testing.T) {
	d, _ := door(&admits{})
	v, _ := xmlrpc.ParseResponse(post(d, "text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", who)).Body.Bytes())
	home := llsd.AsMap(v).String("home")
	if home != "{'region_handle':[r256000, r256000], 'position':[r128, r128, r30], 'look_at':[r0, r1, r0]}" {
		t.Errorf("home is %s", home)
	}
	if parsed, err := llsd.ParseNotation([]byte(home)); err != nil || llsd.AsMap(parsed).Array("region_handle").Real(1) != 256000 {
		t.Errorf("home reads as %v, %v", parsed, err)
	}
}

func TestInvariant3_EveryRefusalHasAReasonThatViewersKnow(t *testing.T) {
	for name, c := range map[string]struct {
		refusal error
		ask     llsd.Map
		want    string
	}{
		"a wrong password":   {&agent.Refusal{Reason: agent.RefusedKey, Message: "no"}, who, "key"},
		"a full region":      {&agent.Refusal{Reason: agent.RefusedPresence, Message: "no"}, who, "presence"},
		"a failing service":  {errors.New("disk on fire"), who, "presence"},
		"no name":            {nil, llsd.Map{"passwd": "$1$x"}, "key"},
		"a name of 64 KB":    {nil, llsd.Map{"first": strings.Repeat("x", 60000), "last": "Lee", "passwd": "$1$x"}, "key"},
		"nothing whatsoever": {nil, llsd.Map{}, "key"},
	} {
		a := &admits{refusal: c.refusal}
		d, _ := door(a)
		v, err := xmlrpc.ParseResponse(post(d, "text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", c.ask)).Body.Bytes())
		m := llsd.AsMap(v)
		if err != nil || m.String("login") != "false" || m.String("reason") != c.want || m.String("message") == "" {
			t.Errorf("%s: %v %v", name, m, err)
		}
		if c.refusal == nil && len(a.asked) != 0 {
			t.Errorf("%s: the grid was asked", name)
		}
		if strings.Contains(m.String("message"), "disk") {
			t.Errorf("%s: the user is told of the operator's trouble", name)
		}
	}
}

func TestBombsAndRubbishAreRefusedBeforeAnybodyIsAsked(t *testing.T) {
	a := &admits{}
	d, log := door(a)
	for name, body := range map[string]string{
		"an entity":    `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><methodCall><methodName>&a;</methodName></methodCall>`,
		"depth":        "<methodCall><methodName>login_to_simulator</methodName><params><param>" + strings.Repeat("<value><array><data>", 500),
		"no XML":       "GET / HTTP/1.1",
		"far too long": "<methodCall>" + strings.Repeat(" ", maxRequest),
		"LLSD depth":   "<llsd>" + strings.Repeat("<array>", 500),
		"a cut body":   "<methodCall><methodName>login_to_sim",
	} {
		if w := post(d, "text/xml", []byte(body)); w.Code/100 != 4 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if len(a.asked) != 0 {
		t.Errorf("the grid was asked %d times", len(a.asked))
	}
	ask := llsd.Map{"first": "Eve\nlevel=ERROR msg=forged", "last": "Lee", "passwd": "$1$x"}
	a.refusal = errors.New("said\nlevel=ERROR msg=forged")
	post(d, "text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", ask))
	for line := range strings.Lines(log.String()) {
		if strings.HasPrefix(line, "level=ERROR") {
			t.Errorf("a line of the log was forged:\n%s", log)
		}
	}
}

func TestForwardedAddressesAreBelievedOfKnownProxiesAlone(t *testing.T) {
	d, _ := door(&admits{})
	for _, c := range []struct{ peer, forwarded, want string }{
		{"192.0.2.7:1", "203.0.113.9", "192.0.2.7"},
		{"10.1.2.3:1", "203.0.113.9", "203.0.113.9"},
		{"10.1.2.3:1", "198.51.100.1, 203.0.113.9", "203.0.113.9"}, // what the proxy itself has seen
		{"10.1.2.3:1", "rubbish", "10.1.2.3"},
		{"[::ffff:192.0.2.7]:1", "", "192.0.2.7"},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if got := d.client(r).String(); got != c.want {
			t.Errorf("%s, forwarded for %q: %s", c.peer, c.forwarded, got)
		}
	}
}

func TestTheGridTellsAboutItselfInThreeForms(t *testing.T) {
	d, _ := door(&admits{})
	get := func(h http.HandlerFunc) string {
		w := httptest.NewRecorder()
		h(w, httptest.NewRequest("GET", "http://grid.example:9000/get_grid_info", nil))
		if w.Header().Get("Content-Length") == "" {
			t.Error("no Content-Length, which OpenSimulator's clients need")
		}
		return w.Body.String()
	}
	if xml := get(d.ServeInfo); !strings.Contains(xml, "<gridname>Test &amp; Co</gridname>") || !strings.Contains(xml, "<login>http://grid.example:9000/</login>") {
		t.Errorf("XML: %s", xml)
	}
	if v, err := llsd.ParseJSON([]byte(get(d.ServeJSONInfo))); err != nil || llsd.AsMap(v).String("gridname") != "Test & Co" {
		t.Errorf("JSON: %v %v", v, err)
	}
	v, err := xmlrpc.ParseResponse(post(d, "text/xml", xmlrpc.AppendCall(nil, "get_grid_info", llsd.Map{})).Body.Bytes())
	if err != nil || llsd.AsMap(v).String("platform") != "OpenSim" {
		t.Errorf("XML-RPC: %v %v", v, err)
	}
	_, err = xmlrpc.ParseResponse(post(d, "text/xml", xmlrpc.AppendCall(nil, "no_such_method", llsd.Map{})).Body.Bytes())
	var fault *xmlrpc.Fault
	if !errors.As(err, &fault) {
		t.Errorf("an unknown method: %v", err)
	}
}

func TestAClosedDoorSaysSo(t *testing.T) {
	a := &admits{}
	d, _ := door(a)
	d.Close()
	v, _ := xmlrpc.ParseResponse(post(d, "text/xml", xmlrpc.AppendCall(nil, "login_to_simulator", who)).Body.Bytes())
	if m := llsd.AsMap(v); m.String("reason") != "presence" || len(a.asked) != 0 {
		t.Errorf("%v, asked %d times", m, len(a.asked))
	}
}
