package scene

import (
	"terrane/geom"

	"github.com/google/uuid"
)

// Event is something that a presence is told, once, in the order in which it happened. It is one of the
// types in this file, and is never changed.
type Event interface{ event() }

// ChatHeard is what somebody said within hearing.
type ChatHeard struct {
	FromName   string
	Source     uuid.UUID // the agent or object that spoke
	Owner      uuid.UUID // of the object; an agent is its own
	SourceType SourceType
	ChatType   ChatType
	Audible    Audible
	Position   geom.Vec3 // of the source
	Text       string    // valid UTF-8, at most MaxChat bytes, without NUL
}

// Alert is a notice from the region to its user.
type Alert struct {
	Text  string
	Modal bool // it has to be clicked away
}

// Kicked tells a user that he is being thrown out. Whoever tells it ends the session too.
type Kicked struct {
	Reason string // in words for the user
}

func (*ChatHeard) event() {}
func (*Alert) event()     {}
func (*Kicked) event()    {}

// Tell puts an event into a presence's feed, after all that happened before.
func (tx *Tx) Tell(session uuid.UUID, e Event) error {
	p, err := tx.world().presence(session)
	if err != nil {
		return err
	}
	p.feed.Tell(e)
	return nil
}
