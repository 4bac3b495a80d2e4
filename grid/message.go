package grid

import (
	"context"
	"time"

	"terrane/geom"

	"github.com/google/uuid"
)

// Dialog numbers of an instant message that the server itself looks at.
const (
	DialogMessage            uint8 = 0
	DialogMessageBox         uint8 = 1
	DialogInventoryOffered   uint8 = 4
	DialogInventoryAccepted  uint8 = 5
	DialogInventoryDeclined  uint8 = 6
	DialogTypingStart        uint8 = 41
	DialogTypingStop         uint8 = 42
	DialogBusyAutoResponse   uint8 = 20
	DialogFriendshipOffered  uint8 = 38
	DialogFriendshipAccepted uint8 = 39
	DialogFriendshipDeclined uint8 = 40
	DialogKick               uint8 = 250 // grid to region: end this user's session
)

// InstantMessage is one message from one user to another.
type InstantMessage struct {
	From     uuid.UUID
	FromName string
	To       uuid.UUID
	ID       uuid.UUID // of the conversation, or of what is offered
	Dialog   uint8
	Text     string // at most 1023 bytes
	Offline  bool   // it was kept until the recipient came
	Group    bool   // from a group
	Estate   uint32
	Region   uuid.UUID
	Position geom.Vec3
	At       time.Time
	Bucket   []byte // depends on Dialog; at most 1024 bytes
}

// MaxOfflineMessages is how many messages are kept for one user; OpenSimulator's MaxOfflineIMs.
const MaxOfflineMessages = 25

// OfflineMessages is the offline message service.
type OfflineMessages interface {
	// StoreMessage keeps a message until its recipient comes; ErrDenied when MaxOfflineMessages wait.
	StoreMessage(ctx context.Context, m InstantMessage) error
	// TakeMessages answers with what waits for a user, the oldest first, and forgets it.
	TakeMessages(ctx context.Context, user uuid.UUID) ([]InstantMessage, error)
}
