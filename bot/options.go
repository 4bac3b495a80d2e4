package bot

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"terrane/viewer/circuit"
)

// Stage is how far a login goes.
type Stage int

// The stages. A bot that stops before InWorld is a viewer that has crashed, or lost its way, there: it
// can only be ended, by Die.
const (
	InWorld      Stage = iota
	AfterLogin         // the grid has admitted the user; nothing was said to the region
	AfterSeed          // the capabilities are known; no circuit was opened
	AfterCircuit       // the circuit is open and the event queue asked; the agent is not root
)

// Timeouts is how long a bot waits for each thing; 0 is the official viewer's patience.
type Timeouts struct {
	Login   time.Duration // for the answer to a login; 40 s
	Request time.Duration // for the answer of a capability other than the event queue; 30 s
	Circuit time.Duration // for the ack of UseCircuitCode, sent four times 5 s apart; 20 s
	Arrival time.Duration // for AgentMovementComplete; 240 s
	Logout  time.Duration // for LogoutReply; 6 s
}

// Options is who logs in where, and what he does differently from an official viewer. Only LoginURI,
// First, Last and Password are needed.
type Options struct {
	LoginURI    string
	First, Last string
	Password    string // as typed; or "$1$" and the MD5 of it in hexadecimal

	// Start is "home", "last" or "uri:Region&x&y&z"; "last" when empty.
	Start string

	// LLSD makes the login travel as LLSD, as libopenmetaverse's does, and not by XML-RPC.
	LLSD bool

	// Channel and Version are the viewer's name; "terrane bot" and "1.0.0" when empty.
	Channel, Version string

	// HTTP does the login and all capabilities; nil: a client of the bot's own.
	HTTP *http.Client

	// Dial opens the way to a region: a connection that keeps datagrams apart, which the bot closes.
	// Relay.Dial is one. nil: UDP from the address Local, or from any.
	Dial  func(ctx context.Context, sim netip.AddrPort) (net.Conn, error)
	Local netip.Addr

	Timeouts Timeouts

	// Every is how often AgentUpdate is sent when nothing changes; 1 s when 0, and no less often.
	Every time.Duration

	// Far is the draw distance in metres; 128 when 0.
	Far float32

	// Throttle is what AgentThrottle asks for in bits per second, in its order; 1.5 Mbit/s together
	// when zero.
	Throttle [circuit.ThrottleCategories]float32

	// NoChildren leaves alone the neighbours that the region names.
	NoChildren bool

	// Event is told what the bot hears of the kinds in Hears. It is called by the goroutines of the
	// circuits and event queues, from several at once if there are several: it must not wait. Events of
	// one circuit come in their order. nil: nobody is told.
	Event func(Event)

	// Hears is what Event is told; 0 is everything. A message that only leads to other events is not
	// even parsed.
	Hears Kinds

	// Stop is the stage at which Login returns.
	Stop Stage
}

// fill gives every zero field its meaning.
func (o *Options) fill() {
	setDefault(&o.Start, "last")
	setDefault(&o.Channel, "terrane bot")
	setDefault(&o.Version, "1.0.0")
	setDefault(&o.Timeouts.Login, 40*time.Second)
	setDefault(&o.Timeouts.Request, 30*time.Second)
	setDefault(&o.Timeouts.Circuit, 20*time.Second)
	setDefault(&o.Timeouts.Arrival, 240*time.Second)
	setDefault(&o.Timeouts.Logout, 6*time.Second)
	setDefault(&o.Every, maxEvery)
	setDefault(&o.Far, 128)
	setDefault(&o.Throttle, split(1.5*1000*1000))
	setDefault(&o.Hears, Everything)
	o.Every = min(o.Every, maxEvery)
	if o.Event == nil {
		o.Hears = 0
	}
	if o.Dial == nil {
		local := o.Local
		o.Dial = func(ctx context.Context, sim netip.AddrPort) (net.Conn, error) { return dialUDP(ctx, local, sim) }
	}
}

func setDefault[T comparable](to *T, value T) {
	var zero T
	if *to == zero {
		*to = value
	}
}

// maxEvery is how long a viewer is without an AgentUpdate at most.
const maxEvery = time.Second

// split shares bits per second out as one does who wants to see others move, and little else.
func split(bits float32) [circuit.ThrottleCategories]float32 {
	//        resend land  wind   cloud  task  texture asset
	shares := [...]float32{0.05, 0.04, 0.002, 0.002, 0.85, 0.036, 0.02}
	for i := range shares {
		shares[i] *= bits
	}
	return shares
}

// dialUDP connects a socket, so that the system lets through what comes from the region alone.
func dialUDP(ctx context.Context, local netip.Addr, sim netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	if local.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	conn, err := d.DialContext(ctx, "udp4", sim.String())
	if err != nil {
		return nil, err
	}
	if u, ok := conn.(*net.UDPConn); ok {
		// A smaller buffer than asked for loses datagrams sooner, which is what networks do.
		_ = u.SetReadBuffer(readBuffer)
	}
	return conn, nil
}

// readBuffer is how many bytes may wait in a socket: a region's whole ground and a crowd's updates.
const readBuffer = 1 << 20
