package bot

import (
	"time"

	"terrane/geom"
	"terrane/wire/llsd"
	"terrane/wire/message"

	"github.com/google/uuid"
)

// Kinds is a set of kinds of events.
type Kinds uint32

// The kinds, one to each event.
const (
	KindHandshake Kinds = 1 << iota
	KindArrived
	KindAvatarSeen
	KindKilled
	KindChatHeard
	KindMessageHeard
	KindFriendsChanged
	KindAlert
	KindKicked
	KindDisabled
	KindEchoed
	KindQueueEvent
	KindQueueLost
	KindOther

	Everything Kinds = 1<<iota - 1
)

// Event is something the bot heard: one of the types of this file, by value. Nothing in it is used again
// by the bot.
type Event interface{ Kind() Kinds }

// Handshake is a RegionHandshake, which the bot has answered.
type Handshake struct {
	Region   uint64 // handle
	ID       uuid.UUID
	Name     string
	Owner    uuid.UUID
	Water    float32 // height in metres
	IsChild  bool    // of a neighbour
	Protocol uint64  // RegionProtocols
}

// Arrived is AgentMovementComplete: the bot is the root agent there.
type Arrived struct {
	Region           uint64
	Position, LookAt geom.Vec3
	Channel          string // the simulator's version
}

// AvatarSeen is the first ObjectUpdate of an avatar, be it the bot's own.
type AvatarSeen struct{ Avatar Avatar }

// Killed is one object of a KillObject.
type Killed struct {
	Region  uint64
	LocalID uint32
	Agent   uuid.UUID // of the avatar it was; zero for what the bot did not know
	Name    string    // the avatar's
}

// ChatHeard is ChatFromSimulator.
type ChatHeard struct {
	From       string
	Source     uuid.UUID // the agent or object
	SourceType uint8     // 0 system, 1 agent, 2 object
	Type       ChatType
	Text       string
	Position   geom.Vec3
}

// MessageHeard is ImprovedInstantMessage.
type MessageHeard struct {
	From     uuid.UUID
	FromName string
	To       uuid.UUID
	Dialog   Dialog
	ID       uuid.UUID // of the session, the offer or the transaction
	Text     string
	Offline  bool // it was kept while this user was away
	Sent     uint32
	Region   uuid.UUID
	Bucket   []byte
}

// FriendsChanged is OnlineNotification or OfflineNotification.
type FriendsChanged struct {
	Online bool
	Agents []uuid.UUID
}

// Alert is AlertMessage or AgentAlertMessage.
type Alert struct {
	Text  string
	Modal bool
}

// Kicked is KickUser. The bot answers it with a LogoutRequest, as the official viewer does.
type Kicked struct{ Reason string }

// Disabled is DisableSimulator: the circuit to that region has ended. Of the root region it ends the bot.
type Disabled struct {
	Region  uint64
	IsChild bool
}

// Echoed says that the bot's avatar has been shown to do what the bot last told it: turn, walk or stop.
type Echoed struct {
	Took time.Duration // from the AgentUpdate that told it to the update that showed it
}

// QueueEvent is one event of an event queue.
type QueueEvent struct {
	Region uint64 // whose queue it was
	Name   string
	Body   llsd.Map
}

// QueueLost means that the bot asks for no more events of a region: it is not there any more, has failed
// ten times in a row, or did not answer the last request of a bot that was logged out.
type QueueLost struct {
	Region uint64
	Err    error
}

// Other is a message that makes no event of its own. Movements and terrain are not among them.
type Other struct {
	Region  uint64
	Message message.Message
}

// Kind is KindHandshake.
func (Handshake) Kind() Kinds { return KindHandshake }

// Kind is KindArrived.
func (Arrived) Kind() Kinds { return KindArrived }

// Kind is KindAvatarSeen.
func (AvatarSeen) Kind() Kinds { return KindAvatarSeen }

// Kind is KindKilled.
func (Killed) Kind() Kinds { return KindKilled }

// Kind is KindChatHeard.
func (ChatHeard) Kind() Kinds { return KindChatHeard }

// Kind is KindMessageHeard.
func (MessageHeard) Kind() Kinds { return KindMessageHeard }

// Kind is KindFriendsChanged.
func (FriendsChanged) Kind() Kinds { return KindFriendsChanged }

// Kind is KindAlert.
func (Alert) Kind() Kinds { return KindAlert }

// Kind is KindKicked.
func (Kicked) Kind() Kinds { return KindKicked }

// Kind is KindDisabled.
func (Disabled) Kind() Kinds { return KindDisabled }

// Kind is KindEchoed.
func (Echoed) Kind() Kinds { return KindEchoed }

// Kind is KindQueueEvent.
func (QueueEvent) Kind() Kinds { return KindQueueEvent }

// Kind is KindQueueLost.
func (QueueLost) Kind() Kinds { return KindQueueLost }

// Kind is KindOther.
func (Other) Kind() Kinds { return KindOther }

// hears reports whether anybody wants events of a kind, so that others need not even be made.
func (b *Bot) hears(k Kinds) bool { return b.opts.Hears&k != 0 }

// tell hands an event to whoever wants its kind.
func (b *Bot) tell(e Event) {
	if b.hears(e.Kind()) {
		b.opts.Event(e)
	}
}
