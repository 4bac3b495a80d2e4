package session

import (
	"context"
	"errors"
	"time"

	"terrane/geom"
	"terrane/grid"
	"terrane/wire/message"

	"github.com/google/uuid"
)

const (
	maxMessage = 1023 // bytes of an instant message's text
	maxBucket  = 1024 // bytes of its binary bucket
)

// instantMessage is a message to another user. What the server itself has to do with it depends on its
// dialog; a dialog it does not know is delivered as it is.
func (s *Session) instantMessage(m *message.ImprovedInstantMessage) {
	b := m.MessageBlock
	im := grid.InstantMessage{
		From: s.id(), FromName: s.agent.Name(), To: b.ToAgentID, ID: b.ID, Dialog: b.Dialog,
		Text: message.String(b.Message), Estate: b.ParentEstateID, Region: s.server.Region().ID,
		Position: s.life.position, At: time.Now().UTC(), Bucket: append([]byte(nil), b.BinaryBucket...),
	}
	if b.FromGroup || b.ToAgentID == uuid.Nil || len(im.Text) > maxMessage || len(im.Bucket) > maxBucket {
		s.server.Metrics.refused("instant message")
		return
	}
	switch im.Dialog {
	case grid.DialogFriendshipOffered:
		s.offerFriendship(im)
	case grid.DialogMessage, grid.DialogInventoryOffered, grid.DialogInventoryAccepted, grid.DialogInventoryDeclined,
		grid.DialogBusyAutoResponse:
		s.deliverMessage(im, true)
	case grid.DialogTypingStart, grid.DialogTypingStop:
		s.deliverMessage(im, false)
	default:
		s.server.Metrics.unhandled("ImprovedInstantMessage")
	}
}

// deliverMessage brings a message to its recipient, wherever he is; if he is nowhere, it is kept for him
// when keep is set.
func (s *Session) deliverMessage(im grid.InstantMessage, keep bool) {
	s.ask(func(ctx context.Context) func() {
		err := s.server.reach(ctx, im)
		if err == nil || !keep {
			return nil
		}
		if err := s.server.Services.Messages.StoreMessage(ctx, im); err != nil {
			return func() { s.alert("The message could not be kept: too many wait for this user already.") }
		}
		if im.Dialog != grid.DialogMessage {
			return nil
		}
		return func() {
			s.sendMessage(grid.InstantMessage{
				From: im.To, FromName: "Message", To: s.id(), ID: im.ID, Dialog: grid.DialogBusyAutoResponse,
				Text: "User not online: the message is kept and will be delivered later.", At: time.Now(),
			})
		}
	})
}

// reach delivers a message to a user who is online, or is grid.ErrNotFound.
func (s *Server) reach(ctx context.Context, im grid.InstantMessage) error {
	if a := s.Host.FindRoot(im.To); a != nil {
		a.Link.Message(im)
		return nil
	}
	to, err := s.Host.Friendships.RegionOf(ctx, im.To)
	if err != nil {
		return err
	}
	return s.Services.RegionMessages.DeliverMessage(ctx, to, im)
}

// keep stores a message that came for somebody who had just left.
func (s *Server) keep(im grid.InstantMessage) {
	s.sessions.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), askTimeout)
		defer cancel()
		if err := s.Services.Messages.StoreMessage(ctx, im); err != nil {
			s.Log.Warn("message not kept", "to", im.To, "error", err)
		}
	})
}

// sendMessage shows the viewer a message.
func (s *Session) sendMessage(im grid.InstantMessage) {
	m := &message.ImprovedInstantMessage{}
	m.AgentData.AgentID = im.From
	b := &m.MessageBlock
	b.FromGroup, b.ToAgentID, b.ParentEstateID = im.Group, im.To, im.Estate
	b.RegionID, b.Position, b.Dialog, b.ID = im.Region, im.Position, im.Dialog, im.ID
	if im.Offline {
		b.Offline = 1
	}
	if !im.At.IsZero() {
		b.Timestamp = uint32(im.At.Unix())
	}
	b.FromAgentName = message.TextMax(im.FromName, message.MaxVariable1)
	b.Message = message.TextMax(im.Text, maxMessage+1)
	b.BinaryBucket = im.Bucket
	if len(b.BinaryBucket) == 0 {
		b.BinaryBucket = []byte{0}
	}
	if !b.Position.Finite() {
		b.Position = geom.Vec3{}
	}
	s.send(m, reliable)
}

// retrieveMessages delivers what was kept while the user was away. What the viewer is not there to
// take any more is kept again.
func (s *Session) retrieveMessages(*message.RetrieveInstantMessages) {
	s.ask(func(ctx context.Context) func() {
		// Once they are taken they are nowhere else: the end of the session must not come in between.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
		defer cancel()
		kept, err := s.server.Services.Messages.TakeMessages(ctx, s.id())
		if err != nil {
			s.server.Log.Warn("offline messages not read", "agent", s.agent.Name(), "error", err)
			return nil
		}
		for _, im := range kept {
			im.Offline = true
			if !s.do(func() { s.showOrKeep(im) }) {
				s.server.keep(im)
			}
		}
		return nil
	})
}

// showOrKeep shows a message, or keeps it for the user's next session when this one is on its way out.
func (s *Session) showOrKeep(im grid.InstantMessage) {
	if s.phase == Lingering {
		s.server.keep(im)
		return
	}
	s.sendMessage(im)
}

// alert shows the user a text in a box that goes away by itself.
func (s *Session) alert(text string) { s.sendAlert(text, false) }

func (s *Session) sendAlert(text string, modal bool) {
	m := &message.AgentAlertMessage{}
	m.AgentData.AgentID = s.id()
	m.AlertData.Modal = modal
	m.AlertData.Message = message.TextMax(text, message.MaxVariable1)
	s.send(m, reliable)
}

// missing reports whether an error says that something does not exist.
func missing(err error) bool { return errors.Is(err, grid.ErrNotFound) }
