package scene

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"terrane/region/avatar"

	"github.com/google/uuid"
)

// ErrChat says that something cannot be said that way.
var ErrChat = errors.New("impossible chat")

// ChatType is how something is said, with the protocol's numbers.
type ChatType uint8

// The chat types that avatars use.
const (
	Whisper     ChatType = 0
	Say         ChatType = 1
	Shout       ChatType = 2
	StartTyping ChatType = 4
	StopTyping  ChatType = 5
)

// SourceType is what spoke, with the protocol's numbers.
type SourceType uint8

// The source types.
const (
	FromSystem SourceType = 0
	FromAgent  SourceType = 1
	FromObject SourceType = 2
)

// Audible is how well a hearer hears, with the protocol's numbers.
type Audible int8

// The levels. Who hears at all hears fully.
const (
	NotAudible    Audible = -1
	BarelyAudible Audible = 0
	FullyAudible  Audible = 1
)

// PublicChannel is the channel that people hear. Others are for scripts.
const PublicChannel = 0

// Say lets an avatar speak, or begin and end to type. Roots and children within range hear it, the
// speaker too: on PublicChannel, the only one that viewers hear. Text is cut at the first NUL and to
// MaxChat bytes; what is not UTF-8 in it is replaced. Saying nothing is not heard.
func (tx *Tx) Say(session uuid.UUID, kind ChatType, channel int32, text string) error {
	w := tx.world()
	p, err := w.root(session)
	if err != nil {
		return err
	}
	var reach float32
	switch kind {
	case Whisper:
		reach = WhisperRange
	case Say, StartTyping, StopTyping:
		reach = SayRange
	case Shout:
		reach = ShoutRange
	default:
		return fmt.Errorf("%w: type %d", ErrChat, kind)
	}
	switch kind {
	case StartTyping:
		text, channel = "", PublicChannel
		p.figure.typing(true)
	case StopTyping:
		text, channel = "", PublicChannel
		p.figure.typing(false)
	default:
		if text = chatText(text); text == "" {
			return nil
		}
	}
	if channel != PublicChannel {
		return nil
	}
	w.heard(reach, &ChatHeard{
		FromName:   p.name(),
		Source:     p.agent,
		Owner:      p.agent,
		SourceType: FromAgent,
		ChatType:   kind,
		Audible:    FullyAudible,
		Position:   p.place(),
		Text:       text,
	})
	return nil
}

// heard tells everybody within reach.
func (w *world) heard(reach float32, c *ChatHeard) {
	for _, p := range w.order {
		if p.place().Sub(c.Position).Len2() <= reach*reach {
			p.feed.Tell(c)
		}
	}
}

// typing plays the animation of who types. Viewers ask for it by themselves as well; it plays once.
func (f *figure) typing(on bool) {
	if on && f.animations.Start(avatar.AnimType, uuid.Nil) || !on && f.animations.Stop(avatar.AnimType) {
		f.changed |= Animation
	}
}

// chatText is text as it can be sent.
func chatText(text string) string {
	text, _, _ = strings.Cut(text, "\x00")
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= MaxChat {
		return text
	}
	end := MaxChat
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
