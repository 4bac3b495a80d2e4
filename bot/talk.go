package bot

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"terrane/wire/message"

	"github.com/google/uuid"
)

// ChatType is how loud something is said, in the protocol's numbers.
type ChatType uint8

// The types of chat. The last two come with no text.
const (
	Whisper     ChatType = 0
	Say         ChatType = 1
	Shout       ChatType = 2
	TypingStart ChatType = 4
	TypingStop  ChatType = 5
)

// Dialog is what an instant message is about, in the protocol's numbers.
type Dialog uint8

// The dialogs that a bot knows by name.
const (
	DialogMessage            Dialog = 0
	DialogFriendshipOffered  Dialog = 38
	DialogFriendshipAccepted Dialog = 39
	DialogFriendshipDeclined Dialog = 40
)

// Say says something aloud.
func (b *Bot) Say(text string) error { return b.Chat(text, Say, 0) }

// Chat says something as loud as wanted, on a channel: people hear channel 0, scripts any.
func (b *Bot) Chat(text string, how ChatType, channel int32) error {
	m := &message.ChatFromViewer{}
	m.AgentData.AgentID, m.AgentData.SessionID = b.session.Agent, b.session.ID
	m.ChatData.Message, m.ChatData.Type, m.ChatData.Channel = message.Text(text), uint8(how), channel
	return b.Send(m)
}

// IM sends an instant message to a user.
func (b *Bot) IM(to uuid.UUID, text string) error {
	// The session of two people is their ids, put together in a way that is the same for both.
	both := b.session.Agent
	for i := range both {
		both[i] ^= to[i]
	}
	return b.Message(to, DialogMessage, both, text, nil)
}

// Message sends an instant message of any dialog. The bucket is what goes with some.
func (b *Bot) Message(to uuid.UUID, dialog Dialog, id uuid.UUID, text string, bucket []byte) error {
	m := &message.ImprovedInstantMessage{}
	m.AgentData.AgentID, m.AgentData.SessionID = b.session.Agent, b.session.ID
	d := &m.MessageBlock
	d.ToAgentID, d.Dialog, d.ID, d.Position = to, uint8(dialog), id, b.Position()
	d.Timestamp = uint32(time.Now().Unix())
	d.FromAgentName = message.Text(b.session.First + " " + b.session.Last)
	d.Message, d.BinaryBucket = message.Text(text), bucket
	if len(bucket) == 0 {
		d.BinaryBucket = []byte{0}
	}
	return b.Send(m)
}

// OfferFriendship offers friendship to a user.
func (b *Bot) OfferFriendship(to uuid.UUID, text string) error {
	return b.Message(to, DialogFriendshipOffered, uuid.New(), text, nil)
}

// AcceptFriendship says yes to an offer, a MessageHeard of DialogFriendshipOffered.
func (b *Bot) AcceptFriendship(offer MessageHeard) error {
	m := &message.AcceptFriendship{}
	m.AgentData.AgentID, m.AgentData.SessionID = b.session.Agent, b.session.ID
	m.TransactionBlock.TransactionID = offer.ID
	m.FolderData = []message.AcceptFriendshipFolderData{{FolderID: b.session.InventoryRoot}}
	return b.Send(m)
}

// DeclineFriendship says no to an offer.
func (b *Bot) DeclineFriendship(offer MessageHeard) error {
	m := &message.DeclineFriendship{}
	m.AgentData.AgentID, m.AgentData.SessionID = b.session.Agent, b.session.ID
	m.TransactionBlock.TransactionID = offer.ID
	return b.Send(m)
}

func chatHeard(m *message.ChatFromSimulator) ChatHeard {
	d := &m.ChatData
	return ChatHeard{
		From: message.String(d.FromName), Source: d.SourceID, SourceType: d.SourceType, Type: ChatType(d.ChatType),
		Text: message.String(d.Message), Position: d.Position,
	}
}

func messageHeard(m *message.ImprovedInstantMessage) MessageHeard {
	d := &m.MessageBlock
	return MessageHeard{
		From: m.AgentData.AgentID, FromName: message.String(d.FromAgentName), To: d.ToAgentID,
		Dialog: Dialog(d.Dialog), ID: d.ID, Text: message.String(d.Message), Offline: d.Offline != 0,
		Sent: d.Timestamp, Region: d.RegionID, Bucket: bytes.Clone(d.BinaryBucket),
	}
}

func appendFloats(b []byte, floats []float32) []byte {
	for _, f := range floats {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}
