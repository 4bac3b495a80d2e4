package avatar

import (
	"testing"

	"github.com/google/uuid"
)

func TestAnAvatarBeginsStandingWithSequenceOne(t *testing.T) {
	agent := uuid.New()
	var a Animations
	a.Begin(agent)
	list := a.List()
	if len(list) != 1 || list[0] != (Playing{AnimStand, 1, agent}) {
		t.Errorf("plays %v", list)
	}
}

func TestSequenceNumbersRiseWithEveryStart(t *testing.T) {
	dance := uuid.New()
	var a Animations
	a.Begin(uuid.New())
	if !a.Move(Walking) || a.Move(Walking) {
		t.Error("walking was not new, or was new twice")
	}
	if !a.Start(dance, uuid.Nil) || a.Start(dance, uuid.Nil) {
		t.Error("the dance was not new, or was new twice")
	}
	a.Stop(dance)
	a.Start(dance, uuid.Nil)
	list := a.List()
	if len(list) != 2 || list[0].Sequence != 2 || list[1] != (Playing{dance, 4, uuid.Nil}) {
		t.Errorf("plays %v", list)
	}
}

func TestTheMovementIsNotStartedOrStoppedByHand(t *testing.T) {
	var a Animations
	a.Begin(uuid.New())
	if a.Start(AnimStand, uuid.Nil) || a.Stop(AnimStand) || a.Start(uuid.Nil, uuid.Nil) {
		t.Error("something changed")
	}
}

func TestAnimationsAreBounded(t *testing.T) {
	var a Animations
	a.Begin(uuid.New())
	for range MaxAnimations + 10 {
		a.Start(uuid.New(), uuid.Nil)
	}
	if n := len(a.List()); n != MaxAnimations+1 {
		t.Errorf("plays %d", n)
	}
}

func TestAListDoesNotChangeAfterwards(t *testing.T) {
	one, two := uuid.New(), uuid.New()
	var a Animations
	a.Begin(uuid.New())
	a.Start(one, uuid.Nil)
	a.Start(two, uuid.Nil)
	list := a.List()
	a.Stop(one)
	if list[1].ID != one || list[2].ID != two {
		t.Errorf("became %v", list)
	}
}
