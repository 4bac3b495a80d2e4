package session

import (
	"bytes"
	"time"

	"terrane/wire/message"
)

// Phase is how far a session has come; phases are bits, so that a route can name several.
//
//	Pending ──UseCircuitCode──► Child ──CompleteAgentMovement──► Root
//	   │                          │                               │
//	   └───────────── whoever ends it, for whatever reason ───────┴──► Lingering ──► gone
type Phase uint8

// The phases. Lingering is a phase of the circuit alone: the agent has left.
const (
	Pending Phase = 1 << iota
	Child
	Root
	Lingering

	inside = Child | Root
)

// verdict is what becomes of a message.
type verdict uint8

const (
	refused     verdict = iota // not acknowledged: a reliable one comes again
	accepted                   // acknowledged in good time
	acceptedNow                // acknowledged with the next packet out
)

// route says when a viewer may say a message, how often, and who answers.
type route struct {
	in      Phase
	perSec  float32 // on average; a burst of twice that, or 10, is let through
	handler func(*Session, []byte) verdict
	named   bool // begins with AgentID and SessionID, which must be the circuit's
}

// to makes a route's handler of a method that takes the parsed message.
func to[M any, P interface {
	*M
	message.Message
}](handle func(*Session, P)) func(*Session, []byte) verdict {
	return func(s *Session, body []byte) verdict {
		m := P(new(M))
		if err := m.Parse(body); err != nil {
			s.server.Metrics.refused("malformed")
			return accepted // it would be no better if it came again
		}
		handle(s, m)
		return accepted
	}
}

// atOnce is to for what the viewer waits for: its acknowledgement goes out with the next packet.
func atOnce[M any, P interface {
	*M
	message.Message
}](handle func(*Session, P)) func(*Session, []byte) verdict {
	answer := to(handle)
	return func(s *Session, body []byte) verdict {
		if v := answer(s, body); v != accepted {
			return v
		}
		return acceptedNow
	}
}

// ignore is for what is meant for others, or is of no use: it is acknowledged and nothing else.
func ignore(*Session, []byte) verdict { return accepted }

const (
	named     = true
	anonymous = false
)

// Routes is everything that a viewer may say to a region. docs/compat.md is made from it.
var routes = map[message.ID]route{
	// Circuit and session.
	message.UseCircuitCodeID:        {Pending, 5, atOnce((*Session).useCircuitCode), anonymous},
	message.CompleteAgentMovementID: {Child | Root, 2, atOnce((*Session).completeMovement), named},
	message.RegionHandshakeReplyID:  {inside, 5, to((*Session).handshakeReply), named},
	message.AgentThrottleID:         {inside, 5, to((*Session).throttle), named},
	message.AgentPauseID:            {inside, 5, to((*Session).pause), named},
	message.AgentResumeID:           {inside, 5, to((*Session).resume), named},
	message.LogoutRequestID:         {inside | Lingering, 5, (*Session).logoutRequest, named},
	message.CloseCircuitID:          {inside | Lingering, 5, to((*Session).closeCircuit), anonymous},

	// Body and looks.
	message.AgentUpdateID:           {inside, 200, (*Session).agentUpdate, named},
	message.SetAlwaysRunID:          {Root, 10, to((*Session).setAlwaysRun), named},
	message.AgentAnimationID:        {Root, 30, to((*Session).agentAnimation), named},
	message.AgentHeightWidthID:      {inside, 10, ignore, named},
	message.AgentFOVID:              {inside, 10, ignore, named},
	message.AgentSetAppearanceID:    {Root, 5, to((*Session).setAppearance), named},
	message.AgentWearablesRequestID: {Root, 5, to((*Session).wearablesRequest), named},
	message.AgentIsNowWearingID:     {Root, 5, to((*Session).isNowWearing), named},
	message.AgentCachedTextureID:    {Root, 10, to((*Session).cachedTexture), named},

	// Talking.
	message.ChatFromViewerID:          {Root, 20, to((*Session).chat), named},
	message.ImprovedInstantMessageID:  {Root, 20, to((*Session).instantMessage), named},
	message.RetrieveInstantMessagesID: {Root, 2, to((*Session).retrieveMessages), named},
	message.ViewerEffectID:            {Root, 30, to((*Session).viewerEffect), named},

	// Friends and others.
	message.AcceptFriendshipID:        {Root, 5, to((*Session).acceptFriendship), named},
	message.DeclineFriendshipID:       {Root, 5, to((*Session).declineFriendship), named},
	message.TerminateFriendshipID:     {Root, 5, to((*Session).terminateFriendship), named},
	message.GrantUserRightsID:         {Root, 5, to((*Session).grantRights), named},
	message.UUIDNameRequestID:         {inside, 50, to((*Session).nameRequest), anonymous},
	message.UUIDGroupNameRequestID:    {inside, 50, ignore, anonymous},
	message.AvatarPickerRequestID:     {Root, 5, to((*Session).avatarPicker), named},
	message.AvatarPropertiesRequestID: {Root, 10, to((*Session).avatarProperties), named},
	message.MuteListRequestID:         {Root, 2, to((*Session).muteListRequest), named},
	message.UpdateMuteListEntryID:     {Root, 10, to((*Session).updateMute), named},
	message.RemoveMuteListEntryID:     {Root, 10, to((*Session).removeMute), named},

	message.RequestXferID:       {Root, 10, to((*Session).requestXfer), anonymous},
	message.ConfirmXferPacketID: {Root, 200, to((*Session).confirmXfer), anonymous},
	message.AbortXferID:         {Root, 10, to((*Session).abortXfer), anonymous},

	// About oneself.
	message.AgentDataUpdateRequestID:  {Root, 5, to((*Session).agentDataRequest), named},
	message.MoneyBalanceRequestID:     {Root, 5, to((*Session).moneyBalanceRequest), named},
	message.EconomyDataRequestID:      {inside, 5, to((*Session).economyDataRequest), anonymous},
	message.SetStartLocationRequestID: {Root, 2, to((*Session).setStartLocation), named},

	// The region and the map.
	message.RequestRegionInfoID:       {Root, 5, to((*Session).regionInfoRequest), named},
	message.MapBlockRequestID:         {Root, 20, to((*Session).mapBlockRequest), named},
	message.MapNameRequestID:          {Root, 10, to((*Session).mapNameRequest), named},
	message.MapItemRequestID:          {Root, 20, to((*Session).mapItemRequest), named},
	message.MapLayerRequestID:         {Root, 5, to((*Session).mapLayerRequest), named},
	message.ParcelPropertiesRequestID: {Root, 20, to((*Session).parcelPropertiesRequest), named},
	message.ParcelAccessListRequestID: {Root, 10, to((*Session).parcelAccessRequest), named},
	message.ParcelDwellRequestID:      {Root, 10, to((*Session).parcelDwellRequest), named},

	// Gods.
	message.RequestGodlikePowersID: {Root, 2, to((*Session).requestGod), named},
	message.GodKickUserID:          {Root, 5, to((*Session).godKick), named},
	message.EstateOwnerMessageID:   {Root, 10, to((*Session).estateOwnerMessage), named},

	// Travel between regions is not there yet; a viewer that asks is told so.
	message.TeleportLocationRequestID: {Root, 2, to((*Session).teleportRequest), named},
	message.TeleportLandmarkRequestID: {Root, 2, to((*Session).teleportLandmark), named},

	// What viewers say and nobody needs to answer.
	message.ViewerStatsID:            {inside, 5, ignore, named},
	message.VelocityInterpolateOnID:  {inside, 5, ignore, named},
	message.VelocityInterpolateOffID: {inside, 5, ignore, named},
	message.TrackAgentID:             {inside, 5, ignore, named},
	message.RequestMultipleObjectsID: {inside, 50, ignore, named},
	message.AgentRequestSitID:        {Root, 10, ignore, named},
	message.AgentSitID:               {Root, 10, ignore, named},
	message.ObjectSelectID:           {inside, 50, ignore, named},
	message.ObjectDeselectID:         {inside, 50, ignore, named},
	message.ActivateGesturesID:       {Root, 10, ignore, named},
	message.RequestImageID:           {inside, 100, ignore, named},
	message.UserInfoRequestID:        {Root, 5, to((*Session).userInfoRequest), named},
	message.GroupTitlesRequestID:     {Root, 5, ignore, named},
	message.EventInfoRequestID:       {Root, 5, ignore, named},
}

// route finds out what a viewer has said and has it answered. Whatever may not be said now, or not
// by him, changes nothing.
func (s *Session) route(body []byte, now time.Time) verdict {
	id, rest, err := message.ParseID(body)
	if err != nil {
		s.server.Metrics.refused("malformed")
		return accepted
	}
	r, ok := routes[id]
	if !ok {
		return s.unrouted(id)
	}
	switch {
	case r.named && !s.names(rest):
		s.server.Metrics.refused("wrong agent or session")
		s.server.unheard.warn("message refused: not this circuit's agent and session", "message", id.String(), "agent", s.agent.Name())
		return refused
	case r.in&s.phase == 0:
		s.server.Metrics.refused("wrong phase")
		return accepted
	case !s.allowed.take(id, r.perSec, now):
		s.server.Metrics.refused("too often")
		return refused
	}
	return r.handler(s, rest)
}

// unrouted takes what no route is for.
func (s *Session) unrouted(id message.ID) verdict {
	if info, known := id.Info(); !known {
		s.server.Metrics.refused("unknown message")
	} else if info.Trusted {
		s.server.Metrics.refused("trusted message")
		s.server.unheard.warn("message refused: only servers say it", "message", info.Name, "agent", s.agent.Name())
	} else {
		s.server.Metrics.unhandled(info.Name)
	}
	return accepted
}

// names reports whether a body begins with this circuit's agent and session.
func (s *Session) names(body []byte) bool {
	a, n := s.agent.ID(), s.agent.Session()
	return len(body) >= 32 && bytes.Equal(body[:16], a[:]) && bytes.Equal(body[16:32], n[:])
}

// budget bounds how often a viewer may say each message.
type budget struct {
	of map[message.ID]*allowance
}

type allowance struct {
	left float32
	at   time.Time
}

// minBurst is how many of any message may come at once.
const minBurst = 10

func (b *budget) take(id message.ID, perSec float32, now time.Time) bool {
	burst := max(2*perSec, minBurst)
	a := b.of[id]
	if a == nil {
		if b.of == nil {
			b.of = make(map[message.ID]*allowance)
		}
		a = &allowance{left: burst, at: now}
		b.of[id] = a
	}
	a.left = min(burst, a.left+perSec*float32(now.Sub(a.at).Seconds()))
	a.at = now
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}

// Handled lists what a viewer may say, for the documentation.
func Handled() map[message.ID]bool {
	out := make(map[message.ID]bool, len(routes))
	for id := range routes {
		out[id] = true
	}
	return out
}
