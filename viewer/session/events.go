package session

import (
	"net/netip"

	"terrane/grid"
	"terrane/wire/llsd"

	"github.com/google/uuid"
)

// event is one entry of an event queue.
type event struct {
	name string
	body llsd.Map
}

// enableSimulator tells the viewer to open a circuit to a neighbour. Numbers that the viewer reads as
// U32 and U64, and addresses, are binary: an integer in their place is read as 0.
func enableSimulator(r grid.Region, at netip.AddrPort) event {
	ip := at.Addr().As4()
	return event{"EnableSimulator", llsd.Map{"SimulatorInfo": llsd.Array{llsd.Map{
		"Handle":      llsd.U64(r.Handle()),
		"IP":          ip[:],
		"Port":        int(at.Port()),
		"RegionSizeX": llsd.U32(r.SizeX),
		"RegionSizeY": llsd.U32(r.SizeY),
	}}}}
}

// establishCommunication gives the viewer the capabilities of a neighbour.
func establishCommunication(agent uuid.UUID, at netip.AddrPort, seed string) event {
	return event{"EstablishAgentCommunication", llsd.Map{
		"agent-id":        agent,
		"sim-ip-and-port": at.String(),
		"seed-capability": seed,
	}}
}
