// Package node makes a server of the rooms: it is the only one that knows all others. What can be chosen
// about a server stands in Config.
package node

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Config is everything about a server that can be chosen. DefaultConfig has the defaults; ReadConfig
// reads a file; WriteConfig writes one. Each key's meaning stands once, in its doc tag, from which the
// written file takes its comments. The order of the fields is the order of the file.
//
// A Config is a value: it is made before the server starts and not changed after that.
type Config struct {
	Grid    GridConfig     `toml:"grid" doc:"What viewers are told of the grid, and who may enter."`
	Network NetworkConfig  `toml:"network" doc:"Where the server is reached."`
	Session SessionConfig  `toml:"session" doc:"The times that a session goes by, from login to logout."`
	Limits  LimitsConfig   `toml:"limits" doc:"What one viewer, or all of them, may ask for."`
	Log     LogConfig      `toml:"log" doc:"The log, written to standard error."`
	Trace   TraceConfig    `toml:"trace" doc:"The reports of logins, logouts and other processes; see \"terrane trace\"."`
	Regions []RegionConfig `toml:"region" doc:"The regions, one [[region]] each. Who has no home yet arrives in the first."`
}

// GridConfig is the section [grid].
type GridConfig struct {
	Name          string `toml:"name" doc:"The grid's name, as viewers show it in their list of grids."`
	Nick          string `toml:"nick" doc:"Its short name, by which viewers file it: letters, digits, - and _."`
	Welcome       string `toml:"welcome" doc:"Shown to whoever logs in; <USERNAME> becomes the user's name."`
	LoginURI      string `toml:"login_uri" doc:"The address of the login that viewers are told, such as \"http://world.example.org:9000/\". Empty: the one that the viewer asked at."`
	MinLevel      int    `toml:"min_level" doc:"The level that an account needs to log in: 0 for everybody, 200 for operators."`
	LoginFallback bool   `toml:"login_fallback" doc:"Whether a login goes to another region when the wanted one takes nobody. If false it is refused."`
}

// NetworkConfig is the section [network].
type NetworkConfig struct {
	Listen         string   `toml:"listen" doc:"The address and TCP port of HTTP: login, capabilities, metrics. No address: all of the machine's; port 0: a free one."`
	UDPPort        int      `toml:"udp_port" doc:"The UDP port of the first region; the others follow. 0: free ones."`
	ExternalHost   string   `toml:"external_host" doc:"The name or IPv4 address that viewers are sent to. Empty: the local address at which the login arrived."`
	TrustedProxies []string `toml:"trusted_proxies" doc:"Addresses and networks, such as \"10.0.0.0/8\", of reverse proxies. Only from them is X-Forwarded-For believed."`
}

// SessionConfig is the section [session].
type SessionConfig struct {
	Silence       Duration `toml:"silence" doc:"How long a viewer may say nothing before its session ends."`
	PausedSilence Duration `toml:"paused_silence" doc:"The same for a viewer that said it is busy (AgentPause)."`
	Pending       Duration `toml:"pending" doc:"How long a login waits for the viewer to open its circuit."`
	Linger        Duration `toml:"linger" doc:"How long a circuit answers repeated requests after its session has ended."`
	Lease         Duration `toml:"lease" doc:"How long a session counts as online after the region last renewed it. A crash leaves users online this long."`
	Renew         Duration `toml:"renew" doc:"How often a region renews its sessions; at most half of the lease."`
	LoginWait     Duration `toml:"login_wait" doc:"How long a login waits for the same user's former session, in all."`
	EndElsewhere  Duration `toml:"end_elsewhere" doc:"How much of that another region has to end it; at most login_wait."`
	SaveTimeout   Duration `toml:"save_timeout" doc:"How long one step of a logout waits for a service; what it did not finish is tried again later."`
	Shutdown      Duration `toml:"shutdown" doc:"How long a stopping server takes to log everybody out; more than save_timeout."`
}

// LimitsConfig is the section [limits].
type LimitsConfig struct {
	ClientBandwidth int   `toml:"client_bandwidth" doc:"Bytes per second that one region sends to one viewer, whatever the viewer asks for; at least 6250."`
	LoginsPerSecond int   `toml:"logins_per_second" doc:"Logins begun in one second; who comes above that is asked to try again."`
	HTTPBody        int64 `toml:"http_body" doc:"Bytes of the largest HTTP request: textures are uploaded in one."`
	HTTPConnections int   `toml:"http_connections" doc:"HTTP connections open at once. Each viewer holds one for its events, and some more."`
}

// LogConfig is the section [log].
type LogConfig struct {
	Level string `toml:"level" doc:"The least that is logged: debug, info, warn or error."`
	JSON  bool   `toml:"json" doc:"Whether lines are JSON, for machines, instead of text."`
}

// TraceConfig is the section [trace].
type TraceConfig struct {
	Keep         int    `toml:"keep" doc:"How many reports are kept in memory; the oldest go first."`
	OTLPEndpoint string `toml:"otlp_endpoint" doc:"Where spans are sent to, such as \"http://localhost:4318\" (OTLP over HTTP). Empty: nowhere."`
}

// RegionConfig is one [[region]]. What is left out of Size, Access and MaxAgents has the default.
type RegionConfig struct {
	ID        uuid.UUID `toml:"id" doc:"The region's identity. It never changes, or the region is another one and starts empty."`
	Name      string    `toml:"name" doc:"Its name; no two are the same."`
	X         int       `toml:"x" doc:"Its column on the grid, in squares of 256 m. Regions side by side are neighbours."`
	Y         int       `toml:"y" doc:"Its row."`
	Size      int       `toml:"size" doc:"The length of its sides in metres: a multiple of 256, at most 4096."`
	UDPPort   int       `toml:"udp_port" doc:"Its UDP port. 0: the one after the region before it."`
	Access    Access    `toml:"access" doc:"Whom it is fit for: pg, mature or adult."`
	MaxAgents int       `toml:"max_agents" doc:"How many avatars may be in it at once."`
}

// DefaultConfig is a world that runs on one machine with nothing chosen: two regions side by side. Each
// call gives the two new identities, so a server calls it once in a world's life and keeps what
// WriteConfig makes of it.
func DefaultConfig() Config {
	return Config{
		Grid: GridConfig{
			Name:          "Terrane",
			Nick:          "terrane",
			Welcome:       "Welcome, <USERNAME>!",
			LoginFallback: true,
		},
		Network: NetworkConfig{
			Listen:         ":9000",
			UDPPort:        9000,
			TrustedProxies: []string{},
		},
		Session: SessionConfig{
			Silence:       seconds(60),
			PausedSilence: seconds(300),
			Pending:       seconds(120),
			Linger:        seconds(15),
			Lease:         seconds(90),
			Renew:         seconds(30),
			LoginWait:     seconds(8),
			EndElsewhere:  seconds(5),
			SaveTimeout:   seconds(5),
			Shutdown:      seconds(25),
		},
		Limits: LimitsConfig{
			ClientBandwidth: 640_000,
			LoginsPerSecond: 50,
			HTTPBody:        16 << 20,
			HTTPConnections: 4096,
		},
		Log:   LogConfig{Level: "info"},
		Trace: TraceConfig{Keep: 1000},
		Regions: []RegionConfig{
			defaultRegion(RegionConfig{ID: uuid.New(), Name: "Welcome", X: 1000, Y: 1000}),
			defaultRegion(RegionConfig{ID: uuid.New(), Name: "Harbour", X: 1001, Y: 1000}),
		},
	}
}

// defaultRegion is r with the defaults for what it leaves out.
func defaultRegion(r RegionConfig) RegionConfig {
	if r.Size == 0 {
		r.Size = 256
	}
	if r.Access == "" {
		r.Access = "mature"
	}
	if r.MaxAgents == 0 {
		r.MaxAgents = 100
	}
	return r
}

// UDPPorts are the UDP ports of the regions, in their order; 0 for a free one.
func (c Config) UDPPorts() []int {
	ports := make([]int, len(c.Regions))
	next := c.Network.UDPPort
	for i, r := range c.Regions {
		if r.UDPPort != 0 {
			next = r.UDPPort
		}
		ports[i] = next
		if c.Network.UDPPort == 0 {
			next = 0
		} else {
			next++
		}
	}
	return ports
}

// Proxies are the networks of TrustedProxies; of a single address it is the network of that address.
// What Validate refuses is left out.
func (n NetworkConfig) Proxies() []netip.Prefix {
	networks := make([]netip.Prefix, 0, len(n.TrustedProxies))
	for _, text := range n.TrustedProxies {
		if network, err := parseNetwork(text); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Prefix(addr.BitLen())
	}
	return netip.ParsePrefix(text)
}

// logLevels are the levels by their names.
var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// Slog is the level as the logger has it; Info for a name that Validate refuses.
func (l LogConfig) Slog() slog.Level { return logLevels[l.Level] }

// Access says whom a region is fit for: "pg", "mature" or "adult".
type Access string

// accessLevels are the levels by their names.
var accessLevels = map[Access]uint8{
	"pg": grid.AccessPG, "mature": grid.AccessMature, "adult": grid.AccessAdult,
}

// Level is the level as the region registry and the viewers have it; 0 for a name that Validate refuses.
func (a Access) Level() uint8 { return accessLevels[a] }

// Duration is a time.Duration that is written as text, "60s" or "1m30s". A bare number is refused: nobody
// could tell its unit.
type Duration struct {
	time.Duration `toml:"-"`
}

func seconds(n int) Duration { return Duration{time.Duration(n) * time.Second} }

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("duration: %w", err)
	}
	d.Duration = parsed
	return nil
}

// text writes whole seconds as such, "300s", and all else as time.Duration does.
func (d Duration) text() string {
	if d.Duration%time.Second == 0 {
		return strconv.FormatInt(int64(d.Duration/time.Second), 10) + "s"
	}
	return d.String()
}
