package node

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/store"
	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"
)

// start brings a world up in this process, on free ports.
func start(t *testing.T, data string) *World {
	t.Helper()
	w, err := Start(t.Context(), freePorts(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, w) })
	return w
}

func freePorts(data string) Options {
	listen, udp := "127.0.0.1:0", 0
	return Options{Data: data, Listen: &listen, UDPPort: &udp, Log: io.Discard}
}

func stop(t *testing.T, w *World) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), w.ShutdownTime())
	defer cancel()
	if err := w.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, body
}

func TestAWorldStartsFromNothingAndAgain(t *testing.T) {
	data := filepath.Join(t.TempDir(), "made", "here")
	var told bytes.Buffer
	o := freePorts(data)
	o.Out = &told
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told.String(), "Grid Owner, password ") {
		t.Errorf("told %q", told.String())
	}
	if names := strings.Join(w.Regions(), " "); names != "Welcome Harbour" {
		t.Errorf("regions %s", names)
	}
	stop(t, w)
	told.Reset()
	if w, err = Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer stop(t, w)
	if told.Len() != 0 {
		t.Errorf("told again %q", told.String())
	}
}

func TestASecondServerOnAFolderIsRefused(t *testing.T) {
	data := t.TempDir()
	start(t, data)
	_, err := Start(t.Context(), freePorts(data))
	if !errors.Is(err, errLocked) || !strings.Contains(err.Error(), data) {
		t.Errorf("error %v", err)
	}
}

func TestATakenPortLeavesNothingHalfMade(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := filepath.Join(t.TempDir(), "data")
	o := freePorts(data)
	address := taken.Addr().String()
	o.Listen = &address
	_, err = Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "network.listen") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestAnErrorInTheConfigurationNamesKeyFileAndLine(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(data, configFile)
	if err := os.WriteFile(file, []byte("[session]\nsilense = \"1m\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), freePorts(data))
	for _, part := range []string{file, "line 2", "session.silense", "session.silence"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

func TestAFolderOfANewerVersionIsRefused(t *testing.T) {
	data := t.TempDir()
	w, err := Start(t.Context(), freePorts(data))
	if err != nil {
		t.Fatal(err)
	}
	stop(t, w)
	db, err := store.Open(t.Context(), filepath.Join(data, gridFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), insertNewerVersion)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), freePorts(data))
	var newer *store.NewerError
	if !errors.As(err, &newer) || !strings.Contains(err.Error(), gridFile) {
		t.Errorf("error %v", err)
	}
}

func TestMonitorsAreAnswered(t *testing.T) {
	w := start(t, t.TempDir())
	if status, body := get(t, w.LoginURI()+"healthz"); status != http.StatusOK || !strings.Contains(string(body), "ready") {
		t.Errorf("health: %d %s", status, body)
	}
	status, body := get(t, w.LoginURI()+"metrics")
	for _, name := range []string{"terrane_frame_seconds", "terrane_leases", "terrane_departures_owed", "go_goroutines"} {
		if status != http.StatusOK || !strings.Contains(string(body), name) {
			t.Errorf("metrics: %d, %s is missing", status, name)
		}
	}
}

func TestMapTilesShowLandAndSea(t *testing.T) {
	w := start(t, t.TempDir())
	colours := func(path string) map[string]bool {
		status, body := get(t, w.LoginURI()+path)
		img, err := jpeg.Decode(bytes.NewReader(body))
		if status != http.StatusOK || err != nil {
			t.Fatalf("%s: %d %v", path, status, err)
		}
		seen := make(map[string]bool)
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, 128).RGBA()
			seen[fmt.Sprint(r>>12, g>>12, b>>12)] = true
		}
		return seen
	}
	if land := colours("map-1-1000-1000-objects.jpg"); len(land) < 4 {
		t.Errorf("the land has %d colours", len(land))
	}
	if sea := colours("map-1-2000-2000-objects.jpg"); len(sea) != 1 {
		t.Errorf("the sea has %d colours", len(sea))
	}
	if status, _ := get(t, w.LoginURI()+"map-9-1-1-objects.jpg"); status != http.StatusNotFound {
		t.Errorf("zoom 9: %d", status)
	}
}

// guess tries to log in and answers with the reason that viewers are given.
func guess(t *testing.T, w *World, first, last, password string) llsd.Map {
	sum := md5.Sum([]byte(password))
	body := xmlrpc.AppendCall(nil, "login_to_simulator", llsd.Map{
		"first": first, "last": last, "passwd": "$1$" + hex.EncodeToString(sum[:]), "start": "last",
	})
	r, err := http.Post(w.LoginURI(), "text/xml", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return nil
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
		return nil
	}
	v, err := xmlrpc.ParseResponse(text)
	if err != nil {
		t.Error(err)
	}
	return llsd.AsMap(v)
}

// Ten thousand wrong passwords cost next to nothing after the first few, and leave nothing behind: no
// trace, no session. The right password of another account still gets in.
func TestTenThousandWrongPasswordsAreRefusedCheaply(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 10,000 requests")
	}
	data := newData(t)
	o := freePorts(data)
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, w)
	w.door.PerSecond = 0
	w.door.Init()
	var (
		all     sync.WaitGroup
		mu      sync.Mutex // guards reasons
		reasons = make(map[string]int)
	)
	for range 8 {
		all.Go(func() {
			for range 1250 {
				m := guess(t, w, "Test", "Ann", "wrong")
				mu.Lock()
				reasons[m.String("reason")]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if reasons["key"] == 0 || reasons["key"] > 50 || reasons["key"]+reasons["presence"] != 10000 {
		t.Errorf("reasons %v", reasons)
	}
	if kept := w.reports.All(); len(kept) != 0 {
		t.Errorf("%d traces of guesses are kept", len(kept))
	}
}

// A client that sends its request byte by byte is cut off, and holds up nobody meanwhile.
func TestASlowClientHoldsUpNobody(t *testing.T) {
	w := start(t, t.TempDir())
	for range 50 {
		c, err := net.Dial("tcp", w.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n<?xml"); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if status, _ := get(t, w.LoginURI()+"get_grid_info"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("an honest request took %v", took)
	}
}
