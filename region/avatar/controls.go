package avatar

import "terrane/geom"

// Control is what AgentUpdate's ControlFlags say: which keys the user holds and what he asks for.
type Control uint32

// The bits of Control, with the protocol's values (AGENT_CONTROL_*).
const (
	AtPos        Control = 1 << iota // forward
	AtNeg                            // back
	LeftPos                          // sideways to the left
	LeftNeg                          // sideways to the right
	UpPos                            // up: jumps, or rises in flight
	UpNeg                            // down: crouches, or sinks in flight
	PitchPos                         // unused by viewers
	PitchNeg                         // unused by viewers
	YawPos                           // turning left by key
	YawNeg                           // turning right by key
	FastAt                           // with AtPos and AtNeg: not a nudge
	FastLeft                         // likewise for LeftPos and LeftNeg
	FastUp                           // likewise for UpPos and UpNeg
	Fly                              // wants to fly, as long as it is set
	Stop                             // holds back: slow on foot, still when nothing else is held
	FinishAnim                       // the viewer has seen the end of a jump's or landing's animation
	StandUp                          // asks to stand up, once
	SitOnGround                      // asks to sit down where it is, once
	Mouselook                        // sees through the avatar's eyes
	NudgeAtPos                       // a tap on a key: a small step forward
	NudgeAtNeg                       // a small step back
	NudgeLeftPos                     // a small step to the left
	NudgeLeftNeg                     // a small step to the right
	NudgeUpPos                       // a little up
	NudgeUpNeg                       // a little down
	TurnLeft                         // turning left, for the animation: the rotation comes as BodyRotation
	TurnRight                        // turning right
	Away                             // the user is away from his keyboard
	LButtonDown                      // mouse button pressed, once
	LButtonUp                        // mouse button released, once
	MLButtonDown                     // the same in mouselook
	MLButtonUp                       // the same in mouselook
)

// Nudges are the taps. They arrive in one AgentUpdate and are gone in the next.
const Nudges = NudgeAtPos | NudgeAtNeg | NudgeLeftPos | NudgeLeftNeg | NudgeUpPos | NudgeUpNeg

// Once is what asks for something a single time; an AgentUpdate that carries it must not be lost to a
// later one.
const Once = Nudges | FinishAnim | StandUp | SitOnGround | LButtonDown | LButtonUp | MLButtonDown | MLButtonUp

// Held are the keys that move as long as they are held.
const Held = AtPos | AtNeg | LeftPos | LeftNeg | UpPos | UpNeg

// nudgeShift is how far a nudge's bit is from that of the key it taps.
const nudgeShift = 19

// Moves is what is held, with nudges as if their keys were.
func (c Control) Moves() Control { return (c | (c&Nudges)>>nudgeShift) & Held }

// Has reports whether any of these bits is set.
func (c Control) Has(bits Control) bool { return c&bits != 0 }

// Direction is where the keys lead, seen from the avatar: x forward, y left, z up. Each part is -1, 0 or
// 1; opposite keys cancel.
func (c Control) Direction() geom.Vec3 {
	m := c.Moves()
	return geom.Vec3{
		X: axis(m, AtPos, AtNeg),
		Y: axis(m, LeftPos, LeftNeg),
		Z: axis(m, UpPos, UpNeg),
	}
}

func axis(c, pos, neg Control) float32 {
	switch c & (pos | neg) {
	case pos:
		return 1
	case neg:
		return -1
	default:
		return 0
	}
}

// Activity is what AgentUpdate's State byte says the user does. It travels in the avatar's updates.
type Activity uint8

// The bits of Activity.
const (
	TypingText Activity = 4
	Editing    Activity = 16
)

// HideTitle is the bit of AgentUpdate's Flags with which a user hides his group title.
const HideTitle uint8 = 1

// Info tells what an avatar is doing, in the bits of llGetAgentInfo.
type Info uint16

// The bits of Info, with the script language's values (AGENT_*).
const (
	InfoFlying    Info = 0x1
	InfoMouselook Info = 0x8
	InfoSitting   Info = 0x10
	InfoAway      Info = 0x40
	InfoWalking   Info = 0x80
	InfoInAir     Info = 0x100
	InfoTyping    Info = 0x200
	InfoCrouching Info = 0x400
	InfoAlwaysRun Info = 0x1000
)
