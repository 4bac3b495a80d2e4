package circuit

import "time"

// silence knows when the peer was last heard, and how long it may be silent. All times are served.
type silence struct {
	heard     time.Duration
	paused    bool
	suspected bool
	suspect   time.Duration // when suspected: something must be heard by then

	serial      uint32 // of the last AgentPause or AgentResume
	serialKnown bool
}

func (s *silence) hear(now time.Duration) {
	s.heard = now
	s.suspected = false
}

// until is when the peer is dead unless it is heard before.
func (s *silence) until(cfg *Config) time.Duration {
	if s.paused {
		return s.heard + cfg.PausedSilence
	}
	until := s.heard + cfg.Silence
	if s.suspected {
		until = min(until, s.suspect)
	}
	return until
}

// told takes AgentPause and AgentResume, which may overtake each other: the older one is nothing.
func (s *silence) told(paused bool, serial uint32) {
	if s.serialKnown && int32(serial-s.serial) <= 0 {
		return
	}
	s.paused, s.serial, s.serialKnown = paused, serial, true
}

// Pause says that the viewer announced to be silent for a while: AgentPause, with its serial number.
// One that is not newer than the last Pause or Resume is ignored.
func (c *Circuit) Pause(serial uint32) { c.silence.told(true, serial) }

// Resume ends what Pause began: AgentResume, with its serial number.
func (c *Circuit) Resume(serial uint32) { c.silence.told(false, serial) }

// Suspect says that something else speaks against the peer: its port is unreachable, its event
// queue gone, its circuit closed from its end. It is silent unless heard within grace. A paused
// peer has announced its silence and is not suspected.
func (c *Circuit) Suspect(grace time.Duration, now time.Time) {
	until := c.clock.tick(now) + grace
	if !c.silence.suspected || until < c.silence.suspect {
		c.silence.suspected, c.silence.suspect = true, until
	}
}

// SilentFor is how long, in served time, nothing has been heard of the peer.
func (c *Circuit) SilentFor(now time.Time) time.Duration {
	return c.clock.tick(now) - c.silence.heard
}
