package bot

import (
	"bytes"
	"time"

	"terrane/viewer/circuit"
	"terrane/wire/message"
	"terrane/wire/packet"

	"github.com/google/uuid"
)

// receive takes one datagram.
func (l *link) receive(datagram []byte, now time.Time) {
	p, err := packet.Parse(datagram)
	if err != nil {
		return // no packet of a region
	}
	verdict := l.circuit.Receive(p, now)
	if !isClosed(l.opened) {
		l.noticeOpening()
	}
	if verdict != circuit.Fresh {
		return
	}
	id, body, err := message.ParseID(p.Body)
	if err != nil {
		return
	}
	if id == message.LogoutReplyID {
		l.circuit.AcceptNow(p)
	} else {
		l.circuit.Accept(p)
	}
	l.hear(id, body, now)
}

// noticeOpening sees whether UseCircuitCode, the first that was sent and alone reliable, is acknowledged.
func (l *link) noticeOpening() {
	if s := l.circuit.Stats(); s.PacketsOut > 0 && s.Queued == 0 && s.Unacked == 0 && s.Lost == 0 {
		close(l.opened)
	}
}

// hear takes a message. What cannot be read is as if it had not come; what nobody wants is not read.
func (l *link) hear(id message.ID, body []byte, now time.Time) {
	switch id {
	case message.ImprovedTerseObjectUpdateID:
		if l.terse.Parse(body) == nil {
			l.terseUpdate(&l.terse, now)
		}
	case message.ObjectUpdateID:
		on(body, func(m *message.ObjectUpdate) { l.objectUpdate(m, now) })
	case message.KillObjectID:
		on(body, l.killObject)
	case message.RegionHandshakeID:
		on(body, l.regionHandshake)
	case message.AgentMovementCompleteID:
		on(body, func(m *message.AgentMovementComplete) { l.movementComplete(m, now) })
	case message.LogoutReplyID:
		l.logoutReply(now)
	case message.KickUserID:
		on(body, func(m *message.KickUser) { l.kickUser(m, now) })
	case message.DisableSimulatorID:
		l.disableSimulator(now)
	case message.LayerDataID:
	default:
		l.hearTalk(id, body)
	}
}

// on hands a message to whom it is for, if it can be read.
func on[M any, P interface {
	*M
	message.Message
}](body []byte, take func(P)) {
	m := P(new(M))
	if m.Parse(body) == nil {
		take(m)
	}
}

// regionHandshake answers the region at once: it shows nothing before.
func (l *link) regionHandshake(m *message.RegionHandshake) {
	s := &l.bot.session
	h := Handshake{
		Region: l.handle, ID: m.RegionInfo2.RegionID, Name: message.String(m.RegionInfo.SimName),
		Owner: m.RegionInfo.SimOwner, Water: m.RegionInfo.WaterHeight, IsChild: !l.root,
	}
	if len(m.RegionInfo4) > 0 {
		h.Protocol = m.RegionInfo4[0].RegionProtocols
	}
	l.view.enter(h)
	reply := &message.RegionHandshakeReply{}
	reply.AgentData.AgentID, reply.AgentData.SessionID = s.Agent, s.ID
	reply.RegionInfo.Flags = handshakeFlags
	l.answer(reply, reliably)
	if !l.root {
		l.answer(throttleMessage(s, l.bot.opts.Throttle), reliably)
	}
	l.bot.tell(h)
}

// handshakeFlags say that all objects are wanted (1) and that none is remembered from before (2).
const handshakeFlags = 1 | 2

// movementComplete notes the arrival. What is for another session means nothing, and a region that
// the login did not name is where a viewer does not want to be.
func (l *link) movementComplete(m *message.AgentMovementComplete, now time.Time) {
	s := &l.bot.session
	if !l.root || m.AgentData.AgentID != s.Agent || m.AgentData.SessionID != s.ID {
		return
	}
	if m.Data.RegionHandle != l.handle {
		l.end(&AnswerError{"region_x, region_y", "are not where AgentMovementComplete says the region is"})
		return
	}
	l.view.land(m.Data.Position)
	l.bot.tell(Arrived{
		Region: m.Data.RegionHandle, Position: m.Data.Position, LookAt: m.Data.LookAt,
		Channel: message.String(m.SimData.ChannelVersion),
	})
	if isClosed(l.arrived) {
		return
	}
	l.arrivedAt = now
	close(l.arrived)
	l.settle(now)
}

// settle says what a viewer says first as the root agent, and begins to send AgentUpdate.
func (l *link) settle(now time.Time) {
	s := &l.bot.session
	size := &message.AgentHeightWidth{}
	size.AgentData.AgentID, size.AgentData.SessionID, size.AgentData.CircuitCode = s.Agent, s.ID, s.CircuitCode
	size.HeightWidthBlock.Height, size.HeightWidthBlock.Width = 768, 1024
	run := &message.SetAlwaysRun{}
	run.AgentData.AgentID, run.AgentData.SessionID = s.Agent, s.ID
	mutes := &message.MuteListRequest{}
	mutes.AgentData.AgentID, mutes.AgentData.SessionID = s.Agent, s.ID
	money := &message.MoneyBalanceRequest{}
	money.AgentData.AgentID, money.AgentData.SessionID = s.Agent, s.ID
	data := &message.AgentDataUpdateRequest{}
	data.AgentData.AgentID, data.AgentData.SessionID = s.Agent, s.ID
	wearables := &message.AgentWearablesRequest{}
	wearables.AgentData.AgentID, wearables.AgentData.SessionID = s.Agent, s.ID
	kept := &message.RetrieveInstantMessages{}
	kept.AgentData.AgentID, kept.AgentData.SessionID = s.Agent, s.ID

	l.answer(throttleMessage(s, l.bot.opts.Throttle), reliably)
	l.answer(size, reliably)
	y := l.desk.takeBody()
	l.steered.last = y
	l.sendAgentUpdate(y, reliably)
	l.next = now.Add(y.every)
	for _, m := range []message.Message{run, mutes, money, data, wearables, kept} {
		l.answer(m, reliably)
	}
}

// throttleMessage asks for rates in bits per second.
func throttleMessage(s *Session, rates [circuit.ThrottleCategories]float32) *message.AgentThrottle {
	m := &message.AgentThrottle{}
	m.AgentData.AgentID, m.AgentData.SessionID, m.AgentData.CircuitCode = s.Agent, s.ID, s.CircuitCode
	m.Throttle.Throttles = appendFloats(nil, rates[:])
	return m
}

// logoutReply ends the bot, whatever stands in it: the official viewer does not look either.
func (l *link) logoutReply(now time.Time) {
	switch {
	case !l.root:
	case l.leaving.IsZero():
		l.end(ErrUnasked)
	default:
		l.replyTook = now.Sub(l.leaving)
		l.answered.Store(true)
		l.end(l.reason)
	}
}

// kickUser asks to be logged out, though the region has said that it is over.
func (l *link) kickUser(m *message.KickUser, now time.Time) {
	reason := message.String(m.UserInfo.Reason)
	l.bot.tell(Kicked{Reason: reason})
	if l.root {
		l.depart(&KickedError{Reason: reason}, now)
	}
}

// disableSimulator forgets a neighbour. For its own region a viewer does as when it is kicked.
func (l *link) disableSimulator(now time.Time) {
	l.bot.tell(Disabled{Region: l.handle, IsChild: !l.root})
	if l.root {
		l.depart(ErrDisabled, now)
		return
	}
	l.end(ErrDisabled)
}

// hearTalk takes what only leads to events.
func (l *link) hearTalk(id message.ID, body []byte) {
	b := l.bot
	switch id {
	case message.ChatFromSimulatorID:
		if b.hears(KindChatHeard) {
			on(body, func(m *message.ChatFromSimulator) { b.tell(chatHeard(m)) })
		}
	case message.ImprovedInstantMessageID:
		if b.hears(KindMessageHeard) {
			on(body, func(m *message.ImprovedInstantMessage) { b.tell(messageHeard(m)) })
		}
	case message.OnlineNotificationID:
		if b.hears(KindFriendsChanged) {
			on(body, func(m *message.OnlineNotification) {
				b.tell(FriendsChanged{Online: true, Agents: ids(m.AgentBlock, func(a message.OnlineNotificationAgentBlock) uuid.UUID { return a.AgentID })})
			})
		}
	case message.OfflineNotificationID:
		if b.hears(KindFriendsChanged) {
			on(body, func(m *message.OfflineNotification) {
				b.tell(FriendsChanged{Agents: ids(m.AgentBlock, func(a message.OfflineNotificationAgentBlock) uuid.UUID { return a.AgentID })})
			})
		}
	case message.AlertMessageID:
		if b.hears(KindAlert) {
			on(body, func(m *message.AlertMessage) { b.tell(Alert{Text: message.String(m.AlertData.Message)}) })
		}
	case message.AgentAlertMessageID:
		if b.hears(KindAlert) {
			on(body, func(m *message.AgentAlertMessage) {
				b.tell(Alert{Text: message.String(m.AlertData.Message), Modal: m.AlertData.Modal})
			})
		}
	default:
		l.hearOther(id, body)
	}
}

// hearOther hands out any other message, with memory of its own.
func (l *link) hearOther(id message.ID, body []byte) {
	if !l.bot.hears(KindOther) {
		return
	}
	m := message.New(id)
	if m == nil || m.Parse(bytes.Clone(body)) != nil {
		return
	}
	l.bot.tell(Other{Region: l.handle, Message: m})
}

func ids[B any](blocks []B, id func(B) uuid.UUID) []uuid.UUID {
	all := make([]uuid.UUID, 0, len(blocks))
	for _, b := range blocks {
		all = append(all, id(b))
	}
	return all
}
