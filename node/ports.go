package node

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// ports are the sockets of a server. They are bound before anything is written.
type ports struct {
	http net.Listener
	udp  []*net.UDPConn // of the regions, in their order
}

// socketBuffer is how many bytes of datagrams the system keeps for a region: what a hundred viewers
// send in a tenth of a second, many times over.
const socketBuffer = 4 << 20

// bind binds all ports of a configuration, or none. The error names the key to change.
func bind(c Config) (*ports, error) {
	p := &ports{}
	var err error
	if p.http, err = net.Listen("tcp", c.Network.Listen); err != nil {
		return nil, bindError(c.Network.Listen, "network.listen", "--listen", err)
	}
	host, _, _ := net.SplitHostPort(c.Network.Listen)
	for i, port := range c.UDPPorts() {
		conn, err := bindUDP(host, port)
		if err != nil {
			p.close()
			key := "network.udp_port"
			if c.Regions[i].UDPPort != 0 {
				key = regionKey(i, "udp_port")
			}
			return nil, bindError("UDP port "+strconv.Itoa(port)+" of region "+c.Regions[i].Name, key, "--udp-port", err)
		}
		p.udp = append(p.udp, conn)
	}
	return p, nil
}

func bindUDP(host string, port int) (*net.UDPConn, error) {
	at, err := net.ResolveUDPAddr("udp4", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", at)
	if err != nil {
		return nil, err
	}
	// The system may grant less; viewers then send again a little more often.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	return conn, nil
}

func bindError(what, key, flag string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is taken by another program: change %s in the configuration, or use %s", what, key, flag)
	}
	return fmt.Errorf("%s cannot be opened (%s, %s): %w", what, key, flag, err)
}

func (p *ports) close() {
	if p.http != nil {
		p.http.Close()
	}
	for _, c := range p.udp {
		c.Close()
	}
}
