package caps

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"terrane/wire/llsd"
)

// poll asks in the background and gives what came, and when.
func poll(q *Queue, ack int, done bool) chan polled {
	out := make(chan polled, 1)
	go func() {
		r, a := q.Poll(context.Background(), ack, done)
		out <- polled{r, a}
	}()
	return out
}

type polled struct {
	Reply
	answer Answer
}

func TestInvariant20_ALostReplyIsGivenAgainUntilItIsAcknowledged(t *testing.T) {
	q := NewQueue()
	push(t, q, "one")
	first := <-poll(q, 0, false)
	push(t, q, "two")
	again := <-poll(q, 0, false)
	if again.ID != first.ID || len(again.Events) != 1 {
		t.Fatalf("first %+v, again %+v", first, again)
	}
	next := <-poll(q, first.ID, false)
	if next.ID == first.ID || len(next.Events) != 1 || llsd.AsMap(next.Events[0]).String("message") != "two" {
		t.Errorf("after the acknowledgement: %+v", next)
	}
}

func TestInvariant20_AnEmptyQueueIsNotAnsweredSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		began := time.Now()
		got := <-poll(q, 0, false)
		if got.answer != Nothing || time.Since(began) != Hold {
			t.Errorf("answer %v after %v", got.answer, time.Since(began))
		}
	})
}

func TestOrderIsKept(t *testing.T) {
	q := NewQueue()
	for _, name := range []string{"a", "b", "c"} {
		push(t, q, name)
	}
	got := ""
	for _, e := range (<-poll(q, 0, false)).Events {
		got += llsd.AsMap(e).String("message")
	}
	if got != "abc" {
		t.Errorf("order %s", got)
	}
}

func TestAnEventEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		held := poll(q, 0, false)
		synctest.Wait()
		push(t, q, "now")
		if got := <-held; got.answer != Events || len(got.Events) != 1 {
			t.Errorf("%+v", got)
		}
	})
}

func TestANewerRequestTakesTheOlderOnesPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		older := poll(q, 0, false)
		synctest.Wait()
		newer := poll(q, 0, false)
		if got := <-older; got.answer != Replaced {
			t.Errorf("older: %v", got.answer)
		}
		synctest.Wait()
		push(t, q, "x")
		if got := <-newer; got.answer != Events {
			t.Errorf("newer: %v", got.answer)
		}
	})
}

func TestE28_AHeldRequestIsAnsweredWhenTheSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		held := poll(q, 0, false)
		synctest.Wait()
		q.Finish()
		if got := <-held; got.answer != Events || len(got.Events) != 0 {
			t.Errorf("held: %+v", got)
		}
		if got := <-poll(q, 0, true); got.answer != Events {
			t.Errorf("the viewer's last request: %v", got.answer)
		}
		q.Close()
		if got := <-poll(q, 0, true); got.answer != NotThere {
			t.Errorf("after the end: %v", got.answer)
		}
	})
}

func TestAQueueNobodyAsksForIsBounded(t *testing.T) {
	q := NewQueue()
	for range queueBound {
		push(t, q, "x")
	}
	if err := q.Push("one more", nil); err != ErrQueueFull {
		t.Errorf("error %v", err)
	}
}

func TestARequestThatWasCutOffLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		ctx, hangUp := context.WithCancel(t.Context())
		answer := make(chan Answer)
		go func() {
			_, a := q.Poll(ctx, 0, false)
			answer <- a
		}()
		synctest.Wait()
		hangUp()
		if a := <-answer; a != CutOff {
			t.Errorf("answer %v", a)
		}
		push(t, q, "later")
		if got := <-poll(q, 0, false); len(got.Events) != 1 {
			t.Errorf("%+v", got)
		}
	})
}

func push(t *testing.T, q *Queue, name string) {
	t.Helper()
	if err := q.Push(name, llsd.Map{}); err != nil {
		t.Fatal(err)
	}
}
