package bot

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"terrane/wire/llsd"
)

func event(name string) llsd.Map { return llsd.Map{"message": name, "body": llsd.Map{"name": name}} }

func names(rec *Recorder) []string {
	var all []string
	for _, e := range Recorded[QueueEvent](rec) {
		all = append(all, e.Name)
	}
	return all
}

func TestEventsComeInOrderAndAreAcknowledged(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		g.push(b, event("One"), event("Two"))
		g.push(b, event("Three"))
		synctest.Wait()
		if got := names(&rec); len(got) != 3 || got[0] != "One" || got[1] != "Two" || got[2] != "Three" {
			t.Errorf("events %v", got)
		}
		polls := g.asked()
		if len(polls) != 3 || llsd.AsInt(polls[1].ack) != 1 || llsd.AsInt(polls[2].ack) != 2 {
			t.Errorf("polls %+v", polls)
		}
	})
}

func TestHeldRequestWithoutEventsIsAskedAgainAtOnce(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.login(t, g.options("Ann", nil))
		time.Sleep(200 * time.Second)
		if n := len(g.asked()); n != 6 {
			t.Errorf("%d polls in 200 s, each held 35 s", n)
		}
	})
}

func TestQueueThatFailsAtOnceIsAskedLessAndLess(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		synctest.Wait()
		g.spoil(b, func(q *fakeQueue) { q.answer = http.StatusBadGateway })
		time.Sleep(10 * time.Minute)
		polls := g.asked()
		if len(polls) != 1+maxFailures {
			t.Fatalf("%d polls", len(polls))
		}
		for i := 2; i < len(polls); i++ {
			if pause := polls[i].at.Sub(polls[i-1].at); pause != firstPause+time.Duration(i-1)*morePause {
				t.Errorf("pause %d: %v", i-1, pause)
			}
		}
		if n := len(Recorded[QueueLost](&rec)); n != 1 {
			t.Errorf("%d events say that it is lost", n)
		}
	})
}

func TestLostAnswerIsAskedForByItsOldAck(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		g.spoil(b, func(q *fakeQueue) { q.lose = 1 })
		g.push(b, event("One"))
		time.Sleep(time.Minute)
		if got := names(&rec); len(got) != 1 || got[0] != "One" {
			t.Errorf("events %v", got)
		}
	})
}

func TestQueueThatIsNotThereIsNotAskedAgain(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		synctest.Wait()
		g.spoil(b, func(q *fakeQueue) { q.answer = http.StatusNotFound })
		time.Sleep(10 * time.Minute)
		if n := len(g.asked()); n != 2 {
			t.Errorf("%d polls", n)
		}
		if n := len(Recorded[QueueLost](&rec)); n != 1 {
			t.Errorf("%d events say that it is lost", n)
		}
		if b.Err() != nil {
			t.Error(b.Err())
		}
	})
}
