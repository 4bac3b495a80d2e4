package authentication

import (
	"net/netip"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

func TestWaitsBeginAfterTheFreeFailuresAndDouble(t *testing.T) {
	f, now, s := newFailures(), time.Now(), ofAccount(uuid.New())
	for range freeForAccount - 1 {
		f.add(now, s)
		if wait := f.wait(now, s); wait > 0 {
			t.Fatalf("he waits %v already", wait)
		}
	}
	for _, want := range []int{10, 20, 40, 80, 160, 300, 300} {
		f.add(now, s)
		if got := f.wait(now, s); got != time.Duration(want)*time.Second {
			t.Errorf("he waits %v, not %d s", got, want)
		}
	}
	now = now.Add(longestWait)
	if wait := f.wait(now, s); wait > 0 {
		t.Errorf("he waits %v more", wait)
	}
}

func TestWhoKeepsGuessingIsHeldToOneGuessInTheLongestWait(t *testing.T) {
	f, now, s := newFailures(), time.Now(), ofAccount(uuid.New())
	guesses := 0
	for end := now.Add(24 * time.Hour); now.Before(end); guesses++ {
		f.add(now, s)
		now = now.Add(f.wait(now, s))
	}
	if most := int(24*time.Hour/longestWait) + 2*freeForAccount; guesses > most {
		t.Errorf("he had %d guesses in a day, not %d", guesses, most)
	}
}

func TestFailuresAreForgivenWithTime(t *testing.T) {
	f, now, s := newFailures(), time.Now(), ofAccount(uuid.New())
	for range 100 {
		f.add(now, s)
		if wait := f.wait(now, s); wait > 0 {
			t.Fatalf("he who errs now and then waits %v", wait)
		}
		now = now.Add(forgiveness)
	}
}

func TestForgettingLetsTheSubjectStartAfresh(t *testing.T) {
	f, now, s, other := newFailures(), time.Now(), ofAccount(uuid.New()), ofAccount(uuid.New())
	for range freeForAccount {
		f.add(now, s, other)
	}
	f.forget(s)
	f.forget(ofAccount(uuid.New()))
	if f.wait(now, s) > 0 || f.wait(now, other) == 0 {
		t.Errorf("he waits %v, the other %v", f.wait(now, s), f.wait(now, other))
	}
}

func TestAnIPv6NetworkIsOneSubject(t *testing.T) {
	of := func(a string) subject { return ofAddress(netip.MustParseAddr(a)) }
	for _, same := range [][2]string{
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff::2"},
		{"192.0.2.1", "::ffff:192.0.2.1"},
		{"fe80::1%eth0", "fe80::1%eth1"},
	} {
		if of(same[0]) != of(same[1]) {
			t.Errorf("%v are two", same)
		}
	}
	for _, different := range [][2]string{{"2001:db8:0:1::1", "2001:db8:0:2::1"}, {"192.0.2.1", "192.0.2.2"}} {
		if of(different[0]) == of(different[1]) {
			t.Errorf("%v are one", different)
		}
	}
	if got := subjects(grid.Attempt{Account: uuid.New()}); len(got) != 1 {
		t.Errorf("no address is counted: %v", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	f, now := newFailures(), time.Now()
	late := ofAddress(netip.MustParseAddr("192.0.2.1"))
	for range 3 * maxSubjects {
		f.add(now, ofAccount(uuid.New()), late)
	}
	if len(f.known) != maxSubjects || f.order.Len() != maxSubjects {
		t.Errorf("%d and %d are kept", len(f.known), f.order.Len())
	}
	if f.wait(now, late) == 0 {
		t.Error("who failed last was forgotten")
	}
}
