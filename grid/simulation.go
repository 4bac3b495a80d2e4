package grid

import (
	"context"
	"net/netip"

	"terrane/geom"

	"github.com/google/uuid"
)

// Teleport flags, with the protocol's values.
const (
	TeleportViaLandmark uint32 = 8
	TeleportViaLocation uint32 = 0x10
	TeleportViaHome     uint32 = 0x20
	TeleportViaLogin    uint32 = 0x80
	TeleportGodlike     uint32 = 0x200
	TeleportViaRegionID uint32 = 0x1000
	TeleportIsFlying    uint32 = 0x2000
)

// AgentCircuit announces an agent to a region: its viewer will soon open a circuit there.
type AgentCircuit struct {
	Agent    uuid.UUID
	Session  uuid.UUID
	Secure   uuid.UUID
	Epoch    uint64 // of the session's lease when this was sent
	Code     uint32 // circuit code, 1 to 2^31-1
	CapsPath uuid.UUID
	Child    bool // a view into a neighbour, not an arrival
	First    string
	Last     string
	Title    string
	Level    int // user level
	Position geom.Vec3
	LookAt   geom.Vec3
	Flags    uint32 // teleport flags
	Far      float32
	ClientIP netip.Addr
	// ReachedAt is the address at which the viewer reached the login service. A region without a Host of its
	// own tells the viewer to find it there.
	ReachedAt netip.Addr
	Viewer    string
	Channel   string
	MAC       string
	ID0       string
	Avatar    Avatar            // looks as the avatar service has them
	Root      uuid.UUID         // for a child: the region that asked for it
	Children  map[uint64]string // seed capabilities by region handle
}

// Name is the agent's full name.
func (a AgentCircuit) Name() string { return a.First + " " + a.Last }

// AgentPosition tells a child agent's region where its agent is and looks. Positions are relative to
// the receiving region's corner and may lie outside it.
type AgentPosition struct {
	Agent    uuid.UUID
	Session  uuid.UUID
	Position geom.Vec3
	Velocity geom.Vec3
	Camera   geom.Vec3
	Far      float32
	Throttle []byte // as AgentThrottle carries it; nil: unchanged
}

// Simulation is what a region does for the login service and for its neighbours, wherever they are.
// to names the region that is asked.
type Simulation interface {
	// QueryAccess asks whether an agent may come; ErrDenied, with the reason for its user, when not.
	QueryAccess(ctx context.Context, to Region, agent uuid.UUID, position geom.Vec3) error
	// CreateAgent announces an agent. From the moment it succeeds the capabilities exist. Announcing the
	// same session again succeeds; a newer session ends the older.
	CreateAgent(ctx context.Context, to Region, a AgentCircuit) (seed string, err error)
	// UpdateAgent tells where the agent of a child is; ErrNotFound when it has no such child.
	UpdateAgent(ctx context.Context, to Region, p AgentPosition) error
	// CloseAgent closes the child agent of a session; closing one that is not there succeeds. It
	// never ends a root agent.
	CloseAgent(ctx context.Context, to Region, agent, session uuid.UUID) error
}

// SessionEnder ends sessions where they live.
type SessionEnder interface {
	// EndSession asks the region that owns a session to end it, and answers when the session's departure is
	// journalled there: then nothing of it can be lost any more and a new session may begin. A session
	// that is not there succeeds. why is shown to the user who is thrown out; empty: he asked himself.
	EndSession(ctx context.Context, owner Region, agent uuid.UUID, session uuid.UUID, why string) error
}

// StatusNotice tells a region that a friend of someone who is there has come or gone.
type StatusNotice struct {
	From   uuid.UUID // who came or went
	To     uuid.UUID // who is to be told
	Online bool
	Epoch  uint64 // of From; a receiver drops what is older than what it has seen. 0: unknown
}

// RegionFriends is what regions tell each other about friends.
type RegionFriends interface {
	// Status says that a friend came or went. ErrNotFound when To is not in that region.
	Status(ctx context.Context, to Region, n StatusNotice) error
	// FriendshipOffered, FriendshipApproved, FriendshipDenied and FriendshipTerminated and RightsGranted
	// tell a user who is in that region; ErrNotFound when he is not.
	FriendshipOffered(ctx context.Context, to Region, m InstantMessage) error
	FriendshipApproved(ctx context.Context, to Region, from uuid.UUID, fromName string, user uuid.UUID) error
	FriendshipDenied(ctx context.Context, to Region, from uuid.UUID, fromName string, user uuid.UUID) error
	FriendshipTerminated(ctx context.Context, to Region, from, user uuid.UUID) error
	RightsGranted(ctx context.Context, to Region, from, user uuid.UUID, before, now int) error
}

// RegionMessages delivers instant messages to who is in a region.
type RegionMessages interface {
	// DeliverMessage hands a message to its recipient; ErrNotFound when he is not in that region.
	DeliverMessage(ctx context.Context, to Region, m InstantMessage) error
}

// Held is what a region's journal still holds of a user and the services do not have yet.
type Held struct {
	Fence  Fence
	Last   Place  // zero region: the grid user service has it
	Avatar Avatar // nil: the avatar service has it
}

// Departures answers for sessions that have left a region but are not yet saved everywhere.
type Departures interface {
	// AwaitDeparture returns when no departure of this agent is on its way to the journal any more.
	AwaitDeparture(ctx context.Context, at Region, agent uuid.UUID) error
	// HeldFor is what the journal holds of an agent, or ErrNotFound when it owes nothing.
	HeldFor(ctx context.Context, at Region, agent uuid.UUID) (Held, error)
}
