package bot

import (
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
)

// pair is one bot that sees another.
type pair struct{ observer, seen uuid.UUID }

// rates measures how often each walking bot is shown to each other one.
type rates struct {
	begun  time.Time
	before map[pair]uint64 // updates seen before it began
	all    []float64       // updates a second, of every pair that lasted, least first
}

// beginMeasuring lets echoes count, and notes what has been seen so far of walkers: others do not move.
// What is measured before tells more about the logins than about the life after them.
func (r *run) beginMeasuring() {
	r.settled.Store(true)
	if r.swarm.Behaviour == Walk {
		r.rates.begun, r.rates.before = time.Now(), r.sightings()
	}
}

// endMeasuring makes rates of what has been seen since.
func (r *run) endMeasuring() {
	took := time.Since(r.rates.begun).Seconds()
	if r.rates.before == nil || took <= 0 {
		return
	}
	for p, n := range r.sightings() {
		// Who is not among those before has come in sight since; who has fewer came anew.
		if before := r.rates.before[p]; n >= before {
			r.rates.all = append(r.rates.all, float64(n-before)/took)
		}
	}
	slices.Sort(r.rates.all)
}

// sightings are how many updates each bot has seen of each other one.
func (r *run) sightings() map[pair]uint64 {
	all := make(map[pair]uint64)
	walkers := make(map[uuid.UUID]bool)
	for _, m := range r.members {
		if b := m.current(); b != nil {
			walkers[b.Session().Agent] = true
		}
	}
	for _, m := range r.members {
		b := m.current()
		if b == nil {
			continue
		}
		self := b.Session().Agent
		for _, a := range b.Avatars() {
			if a.Agent != self && walkers[a.Agent] {
				all[pair{self, a.Agent}] = a.Updates
			}
		}
	}
	return all
}

// spread sums the rates up.
func (r *rates) spread() Rates {
	if len(r.all) == 0 {
		return Rates{}
	}
	at := func(share float64) float64 {
		return r.all[max(int(math.Ceil(share*float64(len(r.all))))-1, 0)]
	}
	return Rates{Pairs: uint64(len(r.all)), P50: at(0.50), P99: at(0.01), Least: r.all[0]}
}
