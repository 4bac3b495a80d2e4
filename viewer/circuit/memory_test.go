package circuit

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTheLastAcceptedAreRememberedWhateverThePeerSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m memory
		sequence := rapid.Uint32Range(0, sequenceMask).Draw(t, "first")
		var accepted []uint32
		for range rapid.IntRange(1, 40).Draw(t, "rounds") {
			for range rapid.IntRange(1, 300).Draw(t, "packets") {
				m.add(sequence)
				accepted = append(accepted, sequence)
				sequence = (sequence + rapid.Uint32Range(1, 3).Draw(t, "step")) & sequenceMask
			}
			m.settle(rapid.OneOf(rapid.Just(sequence), rapid.Just[uint32](0), rapid.Uint32()).Draw(t, "oldest unacked"))
		}
		for _, s := range accepted[max(0, len(accepted)-MinRemembered):] {
			if !m.has(s) {
				t.Fatalf("%d of the last %d is forgotten", s, MinRemembered)
			}
		}
	})
}

func TestWhatMayComeAgainIsRememberedLonger(t *testing.T) {
	var m memory
	m.settle(1)
	for s := uint32(1); s <= MaxRemembered; s++ {
		m.add(s)
	}
	if !m.has(1) {
		t.Fatal("1 is forgotten, though the peer may send it again")
	}
	m.add(MaxRemembered + 1)
	if m.has(1) || !m.has(2) {
		t.Fatal("more is remembered than there is room for")
	}
	m.settle(MaxRemembered - 10)
	m.add(MaxRemembered + 2)
	if n := len(m.known); n != MinRemembered {
		t.Fatalf("%d are remembered, though they are settled", n)
	}
	if m.settle(MaxRemembered + 3); !m.has(MaxRemembered + 2) {
		t.Fatal("the last is forgotten")
	}
}

func TestRememberingIsCountedModulo24Bits(t *testing.T) {
	for _, v := range []struct {
		a, b uint32
		want bool
	}{{1, 2, true}, {2, 1, false}, {2, 2, false}, {1<<24 - 1, 0, true}, {0, 1<<24 - 1, false}, {1<<24 - 5, 100, true}, {1 << 24, 1, true}} {
		if before(v.a, v.b) != v.want {
			t.Errorf("before(%d, %d) is %v", v.a, v.b, !v.want)
		}
	}
}
