package bot

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQuantilesAreNearTheTrueOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/2), 1, 300).Draw(t, "durations")
		shift := rapid.IntRange(0, 60).Draw(t, "shift") // so that small ones are drawn too
		var d durations
		for i := range all {
			all[i] >>= shift
			d.add(time.Duration(all[i]))
		}
		slices.Sort(all)
		s := d.spread()
		if s.Count != uint64(len(all)) || int64(s.Max) != all[len(all)-1] {
			t.Fatalf("%+v", s)
		}
		for share, got := range map[float64]time.Duration{0.5: s.P50, 0.99: s.P99} {
			want := all[int(math.Ceil(share*float64(len(all))))-1]
			if int64(got) < want || int64(got)-want > want/finest {
				t.Fatalf("quantile %v is %d, want %d", share, got, want)
			}
		}
	})
}

func TestNothingCollectedIsNothing(t *testing.T) {
	var d durations
	if s := d.spread(); s != (Spread{}) {
		t.Errorf("%+v", s)
	}
	d.add(-time.Second)
	if s := d.spread(); s != (Spread{Count: 1}) {
		t.Errorf("%+v", s)
	}
}

func BenchmarkAddDuration(b *testing.B) {
	var d durations
	b.ReportAllocs()
	for b.Loop() {
		d.add(17 * time.Millisecond)
	}
}
