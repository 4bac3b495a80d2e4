package circuit

import "time"

// What a circuit allows, and why. Times are served time: see clock.
const (
	// Silence is how long a peer may say nothing before its circuit is dead. It is what
	// OpenSimulator allows; a viewer that loads or opens a dialog serves no UDP for many seconds.
	Silence = 60 * time.Second

	// PausedSilence takes the place of Silence between AgentPause and AgentResume, as in
	// OpenSimulator.
	PausedSilence = 300 * time.Second

	// PingInterval is how often the peer is pinged: what viewers and OpenSimulator do. A viewer
	// gives a circuit up after 100 s without an answer to its own.
	PingInterval = 5 * time.Second

	// MaxGap is how much of the time between two calls counts. A caller is asked to come every
	// PingInterval; the second beyond it is more than a busy scheduler takes, and all of it is a
	// small part of Silence.
	MaxGap = PingInterval + time.Second

	// AckDelay is how long an acknowledgement waits for company. Peers send again after 250 ms at
	// the earliest (OpenSimulator), official viewers after one second.
	AckDelay = 100 * time.Millisecond

	// AcksPerPacket is how many acknowledgements go together: the official viewer stops at 251,
	// and a PacketAck of 250 is 1011 bytes long.
	AcksPerPacket = 250

	// MaxOwed is how many acknowledgements may wait between two calls of Flush. Beyond it they
	// are not noted: the peer sends again and is acknowledged then.
	MaxOwed = 4 * AcksPerPacket

	// FirstResend is when an unacknowledged packet goes out again as long as no ping has been
	// answered; later it is clamp(5 x ping, MinResend, MaxResend). All three are OpenSimulator's.
	FirstResend = time.Second
	MinResend   = 250 * time.Millisecond
	MaxResend   = 3 * time.Second

	// MaxUnacked is how many packets may be in flight before only resends and Control go out, as
	// in OpenSimulator: a peer that does not keep up is not helped by more.
	MaxUnacked = 50

	// MaxInFlight is how many packets may be in flight at all. Only Control gets that far, and a
	// peer that acknowledges none of a thousand is not coming back: ErrTooSlow.
	MaxInFlight = 1024

	// MaxQueuePackets and MaxQueueBytes bound each category's queue. The Task throttle's default
	// rate takes about a minute to empty a full one, as long as Silence; the ground of a region of
	// 256 m takes less than a tenth of one.
	MaxQueuePackets = 2048
	MaxQueueBytes   = 1 << 20

	// MinRemembered is how many accepted sequence numbers are remembered whatever the peer says
	// of its oldest unacknowledged one: some say 0, some do not say the oldest. OpenSimulator
	// remembers as many.
	MinRemembered = 1024

	// MaxRemembered is how many are remembered of a peer that never lets one be forgotten.
	MaxRemembered = 8192

	// Burst is how much of a category's rate may go at once after a pause, as in OpenSimulator.
	// One packet may always go, however long, and is paid for afterwards.
	Burst = 10 * time.Millisecond

	// pace is how often Flush is asked for when a throttle is all it waits for: often enough to
	// lose nothing of Burst, seldom enough that a thousand busy circuits leave time to work.
	pace = Burst / 2

	// MaxRate is the greatest sum of a peer's throttles in bytes per second unless Config says
	// otherwise: OpenSimulator's default.
	MaxRate = 640_000

	// minMaxRate is the least such sum: OpenSimulator's, and more than the least rates add up to.
	minMaxRate = 6_250

	// maxSpare is how many buffers are kept for reuse, and spareSize how long, in bytes, a kept
	// one may be: enough for a full flight, so that a busy circuit allocates nothing, and no more
	// than 128 KiB in an idle one.
	maxSpare  = 64
	spareSize = 2048
)
