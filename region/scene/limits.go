package scene

import "time"

// The bounds and figures of a region, each with its reason.
const (
	// DefaultRate is how many frames there are in a second: as many as in Second Life, for whose frames
	// viewers were made. OpenSimulator has 11 and reports five times as many.
	DefaultRate = 45
	// DefaultInbox is how many visits may wait. At a tenth of a millisecond each they are one frame.
	DefaultInbox = 256
	// MaxStep is the longest time one frame makes up for. After a longer stall the world has simply stood
	// still, and TimeDilation says so; a step of seconds would carry a walker through a hill.
	MaxStep = 100 * time.Millisecond

	// MaxFrames is how many frames a feed holds for its reader, two seconds' worth. A reader further
	// behind starts afresh from the whole.
	MaxFrames = 2 * DefaultRate
	// MaxEvents is how many events a feed holds. Beyond, the oldest chat is dropped and counted.
	MaxEvents = 256

	// MaxChat is how long a chat text may be, in bytes: ChatFromSimulator carries 1024 with its end.
	MaxChat = 1023
	// WhisperRange, SayRange and ShoutRange are how far one is heard, in metres.
	WhisperRange = 10
	SayRange     = 20
	ShoutRange   = 100

	// MaxName bounds first name, last name and title, in bytes: a NameValue holds all three.
	MaxName = 63
)
