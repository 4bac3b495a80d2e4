package circuit

import (
	"math"
	"time"
)

// ThrottleCategories is how many rates an AgentThrottle has.
const ThrottleCategories = 7

// lane is one rate of an AgentThrottle, in bytes per second.
type lane struct {
	category Category
	least    float64
	initial  float64 // before the first AgentThrottle
}

// resends is the category of what is sent again; nobody can Send by it.
const resends = categories

// lanes are in the order of AgentThrottle. The numbers are OpenSimulator's.
var lanes = [ThrottleCategories]lane{
	{resends, 1000, 6625},
	{Land, 1000, 9125},
	{Wind, 50, 1750},
	{Cloud, 50, 1750},
	{Task, 1000, 18500},
	{Texture, 1000, 18500},
	{Asset, 1000, 10500},
}

// throttle holds the buckets of a circuit. Their rates add up to no more than the region allows a
// viewer, so what they let through together does too.
type throttle struct {
	queues [Control]bucket // of each category but Control
	resend bucket
	limit  float64 // of the sum, bytes per second

	generation      uint32 // of the last AgentThrottle
	generationKnown bool
}

func newThrottle(limit int) throttle {
	t := throttle{limit: float64(limit)}
	var rates [ThrottleCategories]float64
	for i, lane := range lanes {
		rates[i] = lane.initial
		t.bucket(lane).at = -Burst // it begins full
	}
	t.set(rates)
	return t
}

// set gives each bucket its rate: no less than the least, and what all want beyond that reduced in
// proportion until the sum is within the limit.
func (t *throttle) set(rates [ThrottleCategories]float64) {
	least, beyond := 0.0, 0.0
	for i, lane := range lanes {
		rates[i] = min(max(rates[i]-lane.least, 0), t.limit)
		least += lane.least
		beyond += rates[i]
	}
	scale := 1.0
	if least+beyond > t.limit {
		scale = (t.limit - least) / beyond
	}
	for i, lane := range lanes {
		t.bucket(lane).rate = lane.least + rates[i]*scale
	}
}

func (t *throttle) bucket(l lane) *bucket {
	if l.category == resends {
		return &t.resend
	}
	return &t.queues[l.category]
}

// SetThrottle takes an AgentThrottle: its GenCounter and its rates in bits per second, in the order
// resend, land, wind, cloud, task, texture, asset. A generation older than the last is ignored; the
// same again is not, since official viewers never count it up. What is no number counts as 0.
func (c *Circuit) SetThrottle(generation uint32, bits [ThrottleCategories]float32) {
	t := &c.throttle
	if t.generationKnown && int32(generation-t.generation) < 0 {
		return
	}
	t.generation, t.generationKnown = generation, true
	var rates [ThrottleCategories]float64
	for i, b := range bits {
		if rate := float64(b) / 8; !math.IsNaN(rate) {
			rates[i] = rate
		}
	}
	t.set(rates)
}

// Rates are the throttles in force, bytes per second, in the order of AgentThrottle.
func (c *Circuit) Rates() [ThrottleCategories]float64 {
	var rates [ThrottleCategories]float64
	for i, lane := range lanes {
		rates[i] = c.throttle.bucket(lane).rate
	}
	return rates
}

// bucket lets bytes through at a rate. Whoever is not in debt may send one packet, of any length,
// and is in debt for what Burst does not cover.
type bucket struct {
	rate  float64       // bytes per second, above 0
	level float64       // bytes; below 0 is debt
	at    time.Duration // when level was right
}

// may reports whether a packet may go now. Less than a byte is no debt, lest rounding makes one.
func (b *bucket) may(now time.Duration) bool {
	b.level = min(b.level+b.rate*(now-b.at).Seconds(), b.rate*Burst.Seconds())
	b.at = now
	return b.level > -1
}

// pay takes size bytes.
func (b *bucket) pay(size int) { b.level -= float64(size) }

// free is when a packet may go, if that is not past.
func (b *bucket) free() time.Duration {
	return b.at + time.Duration(math.Ceil(max(-b.level, 0)/b.rate*float64(time.Second)))
}
