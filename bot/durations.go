package bot

import (
	"math"
	"math/bits"
	"sync"
	"time"
)

// finest is how finely durations are told apart: by one part in so many.
const finest = 64

// durations collects durations in little memory, however many come. The greatest is kept exactly, the
// quantiles to one part in 64.
type durations struct {
	mu      sync.Mutex
	buckets []uint64
	count   uint64
	max     time.Duration
}

// add takes one; what is below 0 counts as 0.
func (d *durations) add(took time.Duration) {
	took = max(took, 0)
	i := bucketOf(took)
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.buckets) <= i {
		d.buckets = append(d.buckets, 0)
	}
	d.buckets[i]++
	d.count++
	d.max = max(d.max, took)
}

// bucketOf numbers the buckets: one for each nanosecond below 2·finest, and finest for each power of two
// above.
func bucketOf(took time.Duration) int {
	shift := max(bits.Len64(uint64(took))-bits.Len64(finest), 0)
	return shift*finest + int(uint64(took)>>shift)
}

// bucketEnd is the longest duration in a bucket.
func bucketEnd(i int) time.Duration {
	shift := max(i/finest-1, 0)
	return time.Duration((uint64(i-shift*finest)+1)<<shift - 1)
}

// spread is what was collected.
func (d *durations) spread() Spread {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Spread{Count: d.count, P50: d.quantile(0.50), P99: d.quantile(0.99), Max: d.max}
}

// quantile is no less than that share of what was collected. mu is held.
func (d *durations) quantile(share float64) time.Duration {
	rank := uint64(math.Ceil(share * float64(d.count)))
	for i, n := range d.buckets {
		if n >= rank && rank > 0 {
			return min(bucketEnd(i), d.max)
		}
		rank -= n
	}
	return 0
}
