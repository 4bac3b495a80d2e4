package node

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"terrane/grid"

	"github.com/google/uuid"
)

const (
	// maxName is how many bytes a name of a grid or region may have: viewers cut longer ones.
	maxName = 63
	// maxSize is the longest side of a region in metres that viewers can draw.
	maxSize = 4096
	// maxSquare is the last column and row of the grid: a handle counts metres in 32 bits.
	maxSquare = 1<<32/256 - 1
	// minBandwidth is the least that OpenSimulator grants a viewer, in bytes per second.
	minBandwidth = 6250
	// minBody is the least HTTP body in bytes with which a viewer can still log in.
	minBody = 64 << 10
)

// Validate reports the first thing that is wrong, in the order of the file, as a *ConfigError that
// names the key and no file. It looks at nothing but the values: whether a port is free shows at start.
func (c Config) Validate() error {
	return cmp.Or(
		c.Grid.check(),
		c.Network.check(),
		c.Session.check(),
		c.Limits.check(),
		c.Log.check(),
		c.Trace.check(),
		c.checkRegions(),
	)
}

// wrong is a *ConfigError, as an error that is nil when there is none.
func wrong(key, problem string, args ...any) error {
	return &ConfigError{Key: key, Problem: fmt.Sprintf(problem, args...)}
}

var nick = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)

func (g GridConfig) check() error {
	switch {
	case !plain(g.Name, maxName):
		return wrong("grid.name", "must have 1 to %d bytes, no control characters and no blanks around it", maxName)
	case !nick.MatchString(g.Nick):
		return wrong("grid.nick", "must be made of letters, digits, - and _")
	case g.LoginURI != "" && !isHTTP(g.LoginURI):
		return wrong("grid.login_uri", `must be empty or an address such as "http://world.example.org:9000/"`)
	case g.MinLevel < 0:
		return wrong("grid.min_level", "must not be negative")
	}
	return nil
}

func (n NetworkConfig) check() error {
	if _, port, err := net.SplitHostPort(n.Listen); err != nil || !isPort(port) {
		return wrong("network.listen", `must be an address and a port, such as ":9000" or "127.0.0.1:9000"`)
	}
	if !portInRange(n.UDPPort) {
		return wrong("network.udp_port", "must be from 0 to 65535")
	}
	if err := checkHost(n.ExternalHost); err != nil {
		return err
	}
	for _, text := range n.TrustedProxies {
		if _, err := parseNetwork(text); err != nil {
			return wrong("network.trusted_proxies", `holds %q, which is no address and no network such as "10.0.0.0/8"`, text)
		}
	}
	return nil
}

func checkHost(host string) error {
	const key = "network.external_host"
	if addr, err := netip.ParseAddr(host); err == nil {
		if !addr.Is4() {
			return wrong(key, "must be an IPv4 address or a name that has one: viewers know no other")
		}
		return nil
	}
	if strings.ContainsAny(host, ":/ \t\r\n") {
		return wrong(key, "must be a name or an IPv4 address alone, without scheme or port")
	}
	return nil
}

func (s SessionConfig) check() error {
	for _, d := range []struct {
		key   string
		value Duration
	}{
		{"silence", s.Silence},
		{"paused_silence", s.PausedSilence},
		{"pending", s.Pending},
		{"linger", s.Linger},
		{"lease", s.Lease},
		{"renew", s.Renew},
		{"login_wait", s.LoginWait},
		{"end_elsewhere", s.EndElsewhere},
		{"save_timeout", s.SaveTimeout},
		{"shutdown", s.Shutdown},
	} {
		if d.value.Duration <= 0 {
			return wrong("session."+d.key, "must be longer than nothing")
		}
	}
	switch {
	case s.PausedSilence.Duration < s.Silence.Duration:
		return wrong("session.paused_silence", "must be at least silence")
	case s.Renew.Duration > s.Lease.Duration/2:
		return wrong("session.renew", "must be at most half of lease, so that one lost renewal ends no session")
	case s.EndElsewhere.Duration > s.LoginWait.Duration:
		return wrong("session.end_elsewhere", "must be at most login_wait")
	case s.Shutdown.Duration <= s.SaveTimeout.Duration:
		return wrong("session.shutdown", "must be longer than save_timeout")
	}
	return nil
}

func (l LimitsConfig) check() error {
	switch {
	case l.ClientBandwidth < minBandwidth:
		return wrong("limits.client_bandwidth", "must be at least %d bytes per second", minBandwidth)
	case l.LoginsPerSecond < 1:
		return wrong("limits.logins_per_second", "must be at least 1")
	case l.HTTPBody < minBody:
		return wrong("limits.http_body", "must be at least %d bytes", minBody)
	case l.HTTPConnections < 1:
		return wrong("limits.http_connections", "must be at least 1")
	}
	return nil
}

func (l LogConfig) check() error {
	if _, ok := logLevels[l.Level]; !ok {
		return wrong("log.level", "must be debug, info, warn or error")
	}
	return nil
}

func (t TraceConfig) check() error {
	switch {
	case t.Keep < 1:
		return wrong("trace.keep", "must be at least 1")
	case t.OTLPEndpoint != "" && !isHTTP(t.OTLPEndpoint):
		return wrong("trace.otlp_endpoint", `must be empty or an address such as "http://localhost:4318"`)
	}
	return nil
}

func (c Config) checkRegions() error {
	if len(c.Regions) == 0 {
		return wrong("region", "is missing: a world needs at least one [[region]]")
	}
	ports := c.UDPPorts()
	for i, r := range c.Regions {
		if err := r.check(i); err != nil {
			return err
		}
		if !portInRange(ports[i]) {
			return wrong(regionKey(i, "udp_port"), "would be %d, above 65535", ports[i])
		}
		for j, other := range c.Regions[:i] {
			if err := checkBeside(i, r, other, ports[i], ports[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// check looks at the i-th region by itself.
func (r RegionConfig) check(i int) error {
	switch {
	case r.ID == uuid.Nil:
		return wrong(regionKey(i, "id"), `is missing; write id = "%s" for a new region`, uuid.New())
	case !plain(r.Name, maxName) || strings.ContainsAny(r.Name, "&@"):
		return wrong(regionKey(i, "name"), "must have 1 to %d bytes, no control characters, no blanks around it, no & and no @", maxName)
	case r.Size < 256 || r.Size > maxSize || r.Size%256 != 0:
		return wrong(regionKey(i, "size"), "must be a multiple of 256 up to %d", maxSize)
	case r.X < 0 || r.X+r.Size/256-1 > maxSquare:
		return wrong(regionKey(i, "x"), "must be from 0 to %d, for the whole region", maxSquare)
	case r.Y < 0 || r.Y+r.Size/256-1 > maxSquare:
		return wrong(regionKey(i, "y"), "must be from 0 to %d, for the whole region", maxSquare)
	case !portInRange(r.UDPPort):
		return wrong(regionKey(i, "udp_port"), "must be from 0 to 65535")
	case r.Access.Level() == 0:
		return wrong(regionKey(i, "access"), "must be pg, mature or adult")
	case r.MaxAgents < 1:
		return wrong(regionKey(i, "max_agents"), "must be at least 1")
	}
	return nil
}

// checkBeside looks at what the i-th region shares with one before it.
func checkBeside(i int, r, other RegionConfig, port, otherPort int) error {
	switch {
	case r.ID == other.ID:
		return wrong(regionKey(i, "id"), "is also the id of %q", other.Name)
	case strings.EqualFold(r.Name, other.Name):
		return wrong(regionKey(i, "name"), "%q is also the name of another region", r.Name)
	case r.ground().Overlaps(other.ground()):
		return wrong(regionKey(i, "x"), "and y put %q on the ground of %q", r.Name, other.Name)
	case port == otherPort && port != 0:
		return wrong(regionKey(i, "udp_port"), "%d is also the port of %q", port, other.Name)
	}
	return nil
}

// ground is the region's place as the registry has it.
func (r RegionConfig) ground() grid.Region {
	return grid.Region{X: uint32(r.X) * 256, Y: uint32(r.Y) * 256, SizeX: uint32(r.Size), SizeY: uint32(r.Size)}
}

func regionKey(i int, name string) string { return fmt.Sprintf("region[%d].%s", i, name) }

// plain reports whether a name is neither empty nor too long and can be shown on one line.
func plain(name string, most int) bool {
	return strings.TrimSpace(name) == name && name != "" && len(name) <= most &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && portInRange(n)
}

func portInRange(n int) bool { return n >= 0 && n <= 65535 }
