package bot

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"terrane/viewer/circuit"
	"terrane/wire/message"
)

func TestLogoutWaitsForTheReplyAndSaysThatTheQueueIsDone(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		b := g.login(t, g.options("Ann", nil))
		synctest.Wait()
		took, err := b.Logout(t.Context())
		if err != nil || took < 0 {
			t.Fatalf("took %v: %v", took, err)
		}
		if b.Err() != nil {
			t.Errorf("Err = %v", b.Err())
		}
		polls := g.asked()
		if last := polls[len(polls)-1]; !last.done {
			t.Errorf("last poll: %+v", last)
		}
		if s := b.Stats(); s.Unacked != 0 || s.AcksOwed != 0 {
			t.Errorf("the reply is not acknowledged: %+v", s)
		}
		if err := b.Say("boo"); !errors.Is(err, ErrGone) {
			t.Errorf("err = %v", err)
		}
		if _, err := b.Logout(t.Context()); err != nil {
			t.Errorf("again: %v", err)
		}
	})
}

func TestLogoutIsGivenUpAfterSixSeconds(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		g.region.with(quirks{noReply: true})
		synctest.Wait()
		begun := time.Now()
		if _, err := b.Logout(t.Context()); !errors.Is(err, ErrNoReply) {
			t.Fatalf("err = %v", err)
		}
		if took := time.Since(begun); took != 6*time.Second {
			t.Errorf("gave up after %v", took)
		}
		if polls := g.asked(); polls[len(polls)-1].done {
			t.Error("the event queue was told though nobody answers")
		}
	})
}

func TestLostLogoutRequestIsSentAgainAfterASecond(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		b := g.login(t, g.options("Ann", nil))
		synctest.Wait()
		until := time.Now().Add(500 * time.Millisecond)
		e.lose = func(_, to netip.AddrPort, _ []byte) bool { return to == g.region.at && time.Now().Before(until) }
		if took, err := b.Logout(t.Context()); err != nil || took.Round(100*time.Millisecond) != time.Second {
			t.Fatalf("took %v: %v", took, err)
		}
	})
}

func TestNoAgentUpdateAfterLogoutRequest(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		g.region.with(quirks{noReply: true})
		synctest.Wait()
		before := len(said[*message.AgentUpdate](g.region))
		if err := b.RequestLogout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.Walk(1); !errors.Is(err, ErrGone) {
			t.Errorf("err = %v", err)
		}
		time.Sleep(5 * time.Second)
		if n := len(said[*message.AgentUpdate](g.region)); n != before {
			t.Errorf("%d AgentUpdates", n-before)
		}
	})
}

func TestRequestLogoutReturnsWithoutTheReplyAndMayBeRepeated(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		g.region.with(quirks{noReply: true})
		synctest.Wait()
		for range 2 {
			if err := b.RequestLogout(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if n := len(said[*message.LogoutRequest](g.region)); n != 2 {
			t.Errorf("%d LogoutRequests", n)
		}
		if _, err := b.Logout(t.Context()); !errors.Is(err, ErrNoReply) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestKickedBotAsksToBeLoggedOutAndSaysWhyItEnded(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		kick := &message.KickUser{}
		kick.UserInfo.Reason = message.Text("Enough.")
		g.region.tell(b.Session().Agent, kick)
		<-b.Done()
		var kicked *KickedError
		if !errors.As(b.Err(), &kicked) || kicked.Reason != "Enough." {
			t.Errorf("Err = %v", b.Err())
		}
		if len(Recorded[Kicked](&rec)) != 1 {
			t.Error("no event says so")
		}
		if n := len(said[*message.LogoutRequest](g.region)); n != 1 {
			t.Errorf("%d LogoutRequests", n)
		}
	})
}

func TestDisableSimulatorOfTheRootRegionEndsTheBot(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		g.region.with(quirks{noReply: true})
		g.region.tell(b.Session().Agent, &message.DisableSimulator{})
		<-b.Done()
		if !errors.Is(b.Err(), ErrDisabled) {
			t.Errorf("Err = %v", b.Err())
		}
	})
}

func TestUnaskedLogoutReplyEndsTheBot(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		g.region.tell(b.Session().Agent, &message.LogoutReply{})
		<-b.Done()
		if !errors.Is(b.Err(), ErrUnasked) {
			t.Errorf("Err = %v", b.Err())
		}
	})
}

func TestSilentRegionIsGivenUpAfterAHundredSeconds(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		b := g.login(t, g.options("Ann", nil))
		synctest.Wait()
		e.mu.Lock()
		e.lose = func(from, _ netip.AddrPort, _ []byte) bool { return from == g.region.at }
		e.mu.Unlock()
		begun := time.Now()
		<-b.Done()
		if took := time.Since(begun); !errors.Is(b.Err(), circuit.ErrSilent) || took < 95*time.Second || took > 101*time.Second {
			t.Errorf("after %v: %v", took, b.Err())
		}
	})
}

func TestPausedBotIsSilentUntilItResumes(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		time.Sleep(time.Second)
		if err := b.Pause(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(said[*message.AgentPause](g.region)); n != 1 {
			t.Fatalf("%d AgentPauses", n)
		}
		before := len(g.region.log())
		time.Sleep(2 * time.Minute)
		if n := len(g.region.log()); n != before {
			t.Errorf("it has said %v", g.region.log()[before].m.ID())
		}
		if err := b.Resume(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		resumed := said[*message.AgentResume](g.region)
		if len(resumed) != 1 || resumed[0].AgentData.SerialNum != 2 {
			t.Errorf("AgentResume: %+v", resumed)
		}
		if b.Err() != nil {
			t.Error(b.Err())
		}
		if _, err := b.Logout(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestPausedBotDies(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		if err := b.Pause(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.Die()
		if !errors.Is(b.Err(), ErrDied) {
			t.Errorf("Err = %v", b.Err())
		}
	})
}

func TestMoreThanALinkCanTakeIsRefused(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		if err := b.Pause(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		d := &b.root.desk
		for range maxLetters {
			if err := d.put(letter{body: []byte{1}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.put(letter{body: []byte{1}}); !errors.Is(err, ErrBusy) {
			t.Errorf("err = %v", err)
		}
	})
}
