package node

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// fileOf is the file that WriteConfig makes of c.
func fileOf(t interface{ Fatal(...any) }, c Config) []byte {
	var out bytes.Buffer
	if err := WriteConfig(&out, c); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// defaultKey is a line of the file that shows a default.
var defaultKey = regexp.MustCompile(`(?m)^#(\w+ = )`)

func TestWrittenDefaultsReadBackAsTheDefaults(t *testing.T) {
	want := DefaultConfig()
	file := fileOf(t, want)
	for name, text := range map[string][]byte{
		"as written":              file,
		"with every # taken away": defaultKey.ReplaceAll(file, []byte("$1")),
	} {
		got, err := ParseConfig("terrane.toml", text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
	}
}

func TestWrittenFileShowsEveryKeyUnderItsMeaning(t *testing.T) {
	file := defaultKey.ReplaceAll(fileOf(t, DefaultConfig()), []byte("$1"))
	words := strings.Join(strings.Fields(strings.ReplaceAll(string(file), "\n#", "\n")), " ")
	for _, k := range configKeys() {
		shown := k.doc + " " + k.name + " = "
		switch k.typ.Kind() {
		case reflect.Struct, reflect.Slice:
			if !strings.Contains(k.path, ".") {
				shown = k.doc + " ["
			}
		}
		if !strings.Contains(words, shown) {
			t.Errorf("%s is not shown as %q", k.path, shown)
		}
	}
}

func TestEveryKeyHasANameAndAMeaning(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range configKeys() {
		if k.name == "" || k.name != strings.ToLower(k.name) || seen[k.path] {
			t.Errorf("%q is no name for a key, or there twice", k.path)
		}
		seen[k.path] = true
		if !strings.HasSuffix(k.doc, ".") || strings.Contains(k.doc, "\n") {
			t.Errorf("%s: %q is no sentence", k.path, k.doc)
		}
	}
}

func TestWrittenFileLeavesDefaultsOpen(t *testing.T) {
	c := DefaultConfig()
	c.Session.Lease = Duration{1500 * time.Millisecond}
	file := string(fileOf(t, c))
	for _, line := range []string{"\nlease = \"1.5s\"\n", "\n#renew = \"30s\"\n", "\nx = 1000\n"} {
		if !strings.Contains(file, line) {
			t.Errorf("%q is not in\n%s", line, file)
		}
	}
}

func TestDefaultsAreValidAndRegionsNew(t *testing.T) {
	a, b := DefaultConfig(), DefaultConfig()
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	ids := map[uuid.UUID]bool{}
	for _, r := range slices.Concat(a.Regions, b.Regions) {
		ids[r.ID] = true
	}
	if len(ids) != 4 {
		t.Errorf("two worlds have %d regions between them, want 4", len(ids))
	}
}

func TestAnyValidConfigSurvivesItsFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultConfig()
		c.Grid.Welcome = rapid.String().Draw(t, "welcome")
		c.Grid.Name = rapid.StringMatching(`[\pL"\\#\[]{1,9}`).Draw(t, "name")
		c.Network.ExternalHost = rapid.SampledFrom([]string{"", "10.1.2.3", "world.example.org"}).Draw(t, "host")
		c.Network.TrustedProxies = rapid.SliceOf(rapid.SampledFrom([]string{"::1", "10.0.0.0/8"})).Draw(t, "proxies")
		c.Session.Silence = Duration{time.Duration(rapid.Int64Range(1, int64(5*time.Minute)).Draw(t, "silence"))}
		c.Limits.HTTPBody = rapid.Int64Min(minBody).Draw(t, "body")
		c.Log.JSON = rapid.Bool().Draw(t, "json")
		for i := range c.Regions {
			c.Regions[i].Name = fmt.Sprint(i, rapid.StringMatching(`[\pL"\\#\[]{0,9}`).Draw(t, "region"))
			c.Regions[i].Y = rapid.IntRange(0, maxSquare).Draw(t, "y")
			c.Regions[i].MaxAgents = rapid.IntRange(1, 1000).Draw(t, "agents")
			c.Regions[i].Access = rapid.SampledFrom([]Access{"pg", "mature", "adult"}).Draw(t, "access")
		}
		file := fileOf(t, c)
		got, err := ParseConfig("terrane.toml", file)
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		if !reflect.DeepEqual(got, c) {
			t.Fatalf("got  %+v\nwant %+v", got, c)
		}
	})
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	id := uuid.New()
	got, err := ParseConfig("", []byte("[session]\nsilence = \"3s\"\n[[region]]\nid = \""+id.String()+"\"\nname = \"Only\""))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Session.Silence = seconds(3)
	want.Regions = []RegionConfig{{ID: id, Name: "Only", Size: 256, Access: "mature", MaxAgents: 100}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWrongFileIsOneSentenceThatNamesFileLineAndKey(t *testing.T) {
	const sound = "[[region]]\nid = \"11111111-2222-4333-8444-555555555555\"\nname = \"A\"\n"
	for _, c := range []struct{ text, want string }{
		{"\n[session]\nsilense = \"60s\"", "a.toml, line 3: session.silense is not known; the nearest key is session.silence"},
		{"[sesion]\n", "a.toml, line 1: sesion is not known; the nearest key is session"},
		{"[grid]\nsilence = \"60s\"", "a.toml, line 2: grid.silence is not known; the nearest key is session.silence"},
		{"lease = \"60s\"", "a.toml, line 1: lease is not known; the nearest key is session.lease"},
		{sound + "titel = \"B\"", "a.toml, line 4: region.titel is not known; the nearest key is region.size"},
		{"[session]\nsilence = 60", `a.toml, line 2: session.silence must be a time in quotes, such as "60s" or "1m30s"`},
		{"[session]\nsilence = \"60 sec\"", `a.toml, line 2: session.silence must be a time in quotes, such as "60s" or "1m30s"`},
		{"[session.silence]\nduration = 5", `a.toml, line 1: session.silence must be a time in quotes, such as "60s" or "1m30s"`},
		{"session = { silence = 1 }", `a.toml, line 1: session.silence must be a time in quotes, such as "60s" or "1m30s"`},
		{"session = \"long\"", "a.toml, line 1: session must be a section, written [session]"},
		{"[[session]]", "a.toml, line 1: session[0] must be a section, written [session]"},
		{"[grid]\nname = 1", "a.toml, line 2: grid.name must be a text in quotes"},
		{"grid.name = 1", "a.toml, line 1: grid.name must be a text in quotes"},
		{"[grid]\nmin_level = 1.5", "a.toml, line 2: grid.min_level must be a whole number"},
		{"[grid]\nmin_level = 99999999999999999999", "a.toml, line 2: grid.min_level must be a whole number"},
		{"[log]\njson = \"yes\"", "a.toml, line 2: log.json must be true or false"},
		{"[log]\nJSON = 1", "a.toml, line 2: log.json must be true or false"},
		{"[network]\ntrusted_proxies = \"::1\"", `a.toml, line 2: network.trusted_proxies must be a list of texts in quotes, such as ["one", "two"]`},
		{"[network]\ntrusted_proxies = [1]", `a.toml, line 2: network.trusted_proxies must be a list of texts in quotes, such as ["one", "two"]`},
		{"[region]\nname = \"A\"", "a.toml, line 1: region must be written [[region]], once for each region"},
		{"region = [{ name = \"A\" }]", "a.toml, line 1: region must be written [[region]], once for each region"},
		{"[[region]]\nid = [1, 2]", "a.toml, line 2: region[0].id must be a UUID in quotes, such as "},
		{"[[region]]\nid = \"A\"", "a.toml, line 2: region.id must be a UUID in quotes, such as "},
		{"[grid]\nname = \"A\"\nname = \"B\"", "a.toml, line 3: name is there a second time"},
		{"[grid]\n[grid]", "a.toml, line 2: grid is there a second time"},
		{"[grid]\nname", "a.toml, line 2: expected '=' after key"},
		{"[grid]\nname = \"\xff\"", "a.toml, line 2: invalid UTF-8 character in basic string"},
		{"", "a.toml: region is missing: a world needs at least one [[region]]"},
		{sound + "\n[[region]]\nname = \"B\"", "a.toml, line 5: region[1].id is missing; write id = "},
		{sound + "size = 100", "a.toml, line 4: region[0].size must be a multiple of 256 up to 4096"},
		{sound + "[log]\nlevel = \"loud\"", "a.toml, line 5: log.level must be debug, info, warn or error"},
		{"[session]\nlease = \"3s\"\n" + sound, "a.toml, line 1: session.renew must be at most half of lease, so that one lost renewal ends no session"},
	} {
		_, err := ParseConfig("a.toml", []byte(c.text))
		var wrong *ConfigError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v is no *ConfigError", c.text, err)
			continue
		}
		if got := err.Error(); !strings.HasPrefix(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%q:\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	for _, c := range []struct {
		key    string
		change func(*Config)
	}{
		{"", func(c *Config) { c.Network.UDPPort = 0 }},
		{"", func(c *Config) { c.Network.Listen = "[::1]:0" }},
		{"", func(c *Config) { c.Network.TrustedProxies = []string{"::1", "10.0.0.0/8"} }},
		{"", func(c *Config) { c.Session.Lease, c.Session.Renew = seconds(3), seconds(1) }},
		{"", func(c *Config) { c.Regions[0].X = maxSquare; c.Regions[0].Y = maxSquare }},
		{"grid.name", func(c *Config) { c.Grid.Name = "" }},
		{"grid.name", func(c *Config) { c.Grid.Name = "a\nb" }},
		{"grid.name", func(c *Config) { c.Grid.Name = strings.Repeat("a", 64) }},
		{"grid.nick", func(c *Config) { c.Grid.Nick = "my grid" }},
		{"grid.login_uri", func(c *Config) { c.Grid.LoginURI = "world.example.org" }},
		{"grid.min_level", func(c *Config) { c.Grid.MinLevel = -1 }},
		{"network.listen", func(c *Config) { c.Network.Listen = "9000" }},
		{"network.listen", func(c *Config) { c.Network.Listen = ":http" }},
		{"network.listen", func(c *Config) { c.Network.Listen = ":70000" }},
		{"network.udp_port", func(c *Config) { c.Network.UDPPort = -1 }},
		{"network.external_host", func(c *Config) { c.Network.ExternalHost = "::1" }},
		{"network.external_host", func(c *Config) { c.Network.ExternalHost = "http://world.example.org" }},
		{"network.trusted_proxies", func(c *Config) { c.Network.TrustedProxies = []string{"10.0.0.0/40"} }},
		{"session.silence", func(c *Config) { c.Session.Silence = Duration{} }},
		{"session.paused_silence", func(c *Config) { c.Session.PausedSilence = seconds(59) }},
		{"session.pending", func(c *Config) { c.Session.Pending = seconds(-1) }},
		{"session.linger", func(c *Config) { c.Session.Linger = Duration{} }},
		{"session.lease", func(c *Config) { c.Session.Lease = Duration{} }},
		{"session.renew", func(c *Config) { c.Session.Renew = seconds(46) }},
		{"session.login_wait", func(c *Config) { c.Session.LoginWait = Duration{} }},
		{"session.end_elsewhere", func(c *Config) { c.Session.EndElsewhere = seconds(9) }},
		{"session.save_timeout", func(c *Config) { c.Session.SaveTimeout = Duration{} }},
		{"session.shutdown", func(c *Config) { c.Session.Shutdown = c.Session.SaveTimeout }},
		{"limits.client_bandwidth", func(c *Config) { c.Limits.ClientBandwidth = 6249 }},
		{"limits.logins_per_second", func(c *Config) { c.Limits.LoginsPerSecond = 0 }},
		{"limits.http_body", func(c *Config) { c.Limits.HTTPBody = 1000 }},
		{"limits.http_connections", func(c *Config) { c.Limits.HTTPConnections = 0 }},
		{"log.level", func(c *Config) { c.Log.Level = "INFO" }},
		{"trace.keep", func(c *Config) { c.Trace.Keep = 0 }},
		{"trace.otlp_endpoint", func(c *Config) { c.Trace.OTLPEndpoint = "localhost:4318" }},
		{"region", func(c *Config) { c.Regions = nil }},
		{"region[1].id", func(c *Config) { c.Regions[1].ID = uuid.Nil }},
		{"region[1].id", func(c *Config) { c.Regions[1].ID = c.Regions[0].ID }},
		{"region[1].name", func(c *Config) { c.Regions[1].Name = "a&b" }},
		{"region[1].name", func(c *Config) { c.Regions[1].Name = "WELCOME" }},
		{"region[1].x", func(c *Config) { c.Regions[1].X = 1000 }},
		{"region[1].x", func(c *Config) { c.Regions[0].Size = 512 }},
		{"region[1].x", func(c *Config) { c.Regions[1].X = -1 }},
		{"region[0].x", func(c *Config) { c.Regions[0].X, c.Regions[0].Size = maxSquare, 512 }},
		{"region[1].y", func(c *Config) { c.Regions[1].Y = maxSquare + 1 }},
		{"region[1].size", func(c *Config) { c.Regions[1].Size = 4352 }},
		{"region[0].udp_port", func(c *Config) { c.Regions[0].UDPPort = 65536 }},
		{"region[1].udp_port", func(c *Config) { c.Network.UDPPort = 65535 }},
		{"region[1].udp_port", func(c *Config) { c.Regions[1].UDPPort = 9000 }},
		{"region[1].access", func(c *Config) { c.Regions[1].Access = "Mature" }},
		{"region[1].max_agents", func(c *Config) { c.Regions[1].MaxAgents = -1 }},
	} {
		config := DefaultConfig()
		c.change(&config)
		err := config.Validate()
		key := ""
		if wrong := (*ConfigError)(nil); errors.As(err, &wrong) {
			key = wrong.Key
		}
		if key != c.key {
			t.Errorf("got %v, want %q named", err, c.key)
		}
	}
}

func TestReadConfigNamesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "terrane.toml")
	if _, err := ReadConfig(file); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), file) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(file, fileOf(t, DefaultConfig()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(file); err != nil {
		t.Errorf("sound file: %v", err)
	}
	if err := os.WriteFile(file, []byte("[x]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(file); err == nil || !strings.HasPrefix(err.Error(), file+", line 1: x ") {
		t.Errorf("wrong file: %v", err)
	}
}

func TestUDPPortsFollowEachOther(t *testing.T) {
	for _, c := range []struct {
		first int
		own   []int
		want  []int
	}{
		{9000, []int{0, 0, 0}, []int{9000, 9001, 9002}},
		{9000, []int{0, 9100, 0}, []int{9000, 9100, 9101}},
		{9000, []int{9100, 0}, []int{9100, 9101}},
		{0, []int{0, 0}, []int{0, 0}},
		{0, []int{0, 9100, 0}, []int{0, 9100, 0}},
	} {
		config := Config{Network: NetworkConfig{UDPPort: c.first}}
		for _, port := range c.own {
			config.Regions = append(config.Regions, RegionConfig{UDPPort: port})
		}
		if got := config.UDPPorts(); !slices.Equal(got, c.want) {
			t.Errorf("first %d, own %v: got %v, want %v", c.first, c.own, got, c.want)
		}
	}
}

func TestProxiesTakesAddressesAndNetworks(t *testing.T) {
	got := NetworkConfig{TrustedProxies: []string{"127.0.0.1", "::1", "10.0.0.0/8"}}.Proxies()
	want := []netip.Prefix{
		netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8"),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAccessHasTheRegistrysLevel(t *testing.T) {
	for access, want := range map[Access]uint8{
		"pg": grid.AccessPG, "mature": grid.AccessMature, "adult": grid.AccessAdult, "Adult": 0, "": 0,
	} {
		if got := access.Level(); got != want {
			t.Errorf("%q: got %d, want %d", access, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"silense", "silence", 1},
		{"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// FuzzParseConfig checks that no text does harm, and that what is read is also written and read again.
func FuzzParseConfig(f *testing.F) {
	f.Add([]byte("[[region]]\nid = \"11111111-2222-4333-8444-555555555555\"\nname = \"A\"\n#size = 512\nx = 1_000\n"))
	f.Add([]byte("[grid]\nwelcome = \"\"\"\none\\u0007two\"\"\"\n[session]\nlease = \"1.5h\"\n"))
	f.Add([]byte("session = { silence = 1 }\nnetwork.trusted_proxies = [\"::1\"]\n[[region]]\nid.x = [{}]\n"))
	f.Add([]byte("[grid]\nnaem = 'A'\n[grid]\n[log]\nJSON = true\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseConfig("a.toml", text)
		if err != nil {
			if wrong := (*ConfigError)(nil); !errors.As(err, &wrong) {
				t.Fatalf("%v is no *ConfigError", err)
			}
			return
		}
		again, err := ParseConfig("a.toml", fileOf(t, c))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, c) {
			t.Fatalf("got  %+v\nwant %+v", again, c)
		}
	})
}
