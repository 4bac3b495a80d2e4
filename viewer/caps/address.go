package caps

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"terrane/grid"
)

// resolveTimeout is how long a region's host name may take to be resolved.
const resolveTimeout = 5 * time.Second

// ViewerAddress is where a viewer finds a region's UDP port: viewers need an IPv4 address. A region
// without a host of its own is where the viewer reached the login service.
func ViewerAddress(r grid.Region, reached netip.Addr) (netip.AddrPort, error) {
	if r.Host == "" {
		if !reached.Is4() {
			return netip.AddrPort{}, fmt.Errorf("%s: no IPv4 address is known for it: set external_host", r.Name)
		}
		return netip.AddrPortFrom(reached, r.UDPPort), nil
	}
	if a, err := netip.ParseAddr(r.Host); err == nil && a.Unmap().Is4() {
		return netip.AddrPortFrom(a.Unmap(), r.UDPPort), nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", r.Host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	return netip.AddrPortFrom(found[0].Unmap(), r.UDPPort), nil
}
