package bot

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"terrane/wire/message"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// story runs a test in virtual time with a grid of two regions.
func story(t *testing.T, f func(t *testing.T, g *fakeGrid, e *ether)) {
	synctest.Test(t, func(t *testing.T) {
		g, e := newEtherGrid(t)
		f(t, g, e)
	})
}

// within is a context for what must have happened after d.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// await fails the test when an event does not come.
func await[E Event](t testing.TB, rec *Recorder, match func(E) bool) E {
	t.Helper()
	e, err := Await(within(t, 5*time.Second), rec, match)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestALifeOverLoopbackSockets(t *testing.T) {
	g := newLoopbackGrid(t)
	var annHears, bobHears Recorder
	ann := g.login(t, g.options("Ann", &annHears))
	bob := g.login(t, g.options("Bob", &bobHears))

	await(t, &annHears, func(s AvatarSeen) bool { return s.Avatar.Name() == "Bob Lee" })
	if err := ann.Say("Good morning"); err != nil {
		t.Fatal(err)
	}
	chat := await(t, &bobHears, func(c ChatHeard) bool { return c.Text == "Good morning" })
	if chat.From != "Ann Lee" || chat.Source != ann.Session().Agent || chat.Type != Say {
		t.Errorf("heard %+v", chat)
	}
	if err := bob.IM(ann.Session().Agent, "psst"); err != nil {
		t.Fatal(err)
	}
	im := await[MessageHeard](t, &annHears, nil)
	if im.From != bob.Session().Agent || im.Text != "psst" || im.Dialog != DialogMessage {
		t.Errorf("heard %+v", im)
	}
	if err := bob.Walk(1); err != nil {
		t.Fatal(err)
	}
	if echo := await[Echoed](t, &bobHears, nil); echo.Took <= 0 {
		t.Errorf("echo took %v", echo.Took)
	}
	if took, err := bob.Logout(t.Context()); err != nil || took <= 0 {
		t.Fatalf("logout took %v: %v", took, err)
	}
	gone := await[Killed](t, &annHears, nil)
	if gone.Agent != bob.Session().Agent || gone.Name != "Bob Lee" {
		t.Errorf("gone: %+v", gone)
	}
	if _, there := ann.Avatar(bob.Session().Agent); there {
		t.Error("Bob is still to be seen")
	}
}

func TestLoginDoesWhatAnOfficialViewerDoesInItsOrder(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		synctest.Wait()
		var order []message.ID
		for _, h := range g.region.log() {
			order = append(order, h.m.ID())
		}
		want := []message.ID{
			message.UseCircuitCodeID, message.CompleteAgentMovementID, message.RegionHandshakeReplyID,
			message.AgentThrottleID, message.AgentHeightWidthID, message.AgentUpdateID, message.SetAlwaysRunID,
		}
		if len(order) < len(want) {
			t.Fatalf("heard %v", order)
		}
		for i, id := range want {
			if order[i] != id {
				t.Fatalf("heard %v, want %v first", order, want)
			}
		}
		if polls := g.asked(); len(polls) != 1 || polls[0].ack != nil || polls[0].done {
			t.Errorf("the event queue was asked %+v", polls)
		}
		if b.Region().Name != "Welcome" || b.Region().Water != 20 {
			t.Errorf("region is %+v", b.Region())
		}
		if p := b.Position(); p.X != 128 || p.Z != 25 {
			t.Errorf("position is %v", p)
		}
		if arrived := await[Arrived](t, &rec, nil); arrived.Region != g.region.handle {
			t.Errorf("arrived: %+v", arrived)
		}
		if b.Capability("SimulatorFeatures") == "" || b.Capability("Teapot") != "" {
			t.Error("capabilities are not those of the seed")
		}
	})
}

func TestLoginByLLSD(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		o := g.options("Ann", nil)
		o.LLSD = true
		if b := g.login(t, o); b.Session().First != "Ann" {
			t.Errorf("session %+v", b.Session())
		}
	})
}

func TestRefusalSaysReasonAndMessage(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		o := g.options("Ann", nil)
		o.Password = "wrong"
		var refused *RefusedError
		if _, err := Login(t.Context(), o); !errors.As(err, &refused) || refused.Reason != "key" || refused.Message != "No." {
			t.Fatalf("err = %v", err)
		}
	})
}

func TestSeedIsAskedFourTimesAndThenTheSessionTakenBack(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.seedErrs = 3
		g.login(t, g.options("Ann", nil)).Close()
		if n := len(said[*message.LogoutRequest](g.region)); n != 0 {
			t.Fatalf("%d LogoutRequests", n)
		}
		g.seedErrs = 4
		if _, err := Login(t.Context(), g.options("Bob", nil)); !errors.Is(err, ErrNoSeed) {
			t.Fatalf("err = %v", err)
		}
		synctest.Wait()
		if n := len(said[*message.LogoutRequest](g.region)); n != 1 {
			t.Fatalf("%d LogoutRequests, want 1 without a circuit", n)
		}
	})
}

func TestUseCircuitCodeIsSentFourTimesFiveSecondsApart(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.region.with(quirks{deaf: true})
		begun := time.Now()
		if _, err := Login(t.Context(), g.options("Ann", nil)); !errors.Is(err, ErrNoCircuit) {
			t.Fatalf("err = %v", err)
		}
		if took := time.Since(begun); took < 15*time.Second || took > 20*time.Second {
			t.Errorf("gave up after %v", took)
		}
		var at []time.Duration
		for _, h := range g.region.log() {
			if _, ok := h.m.(*message.UseCircuitCode); ok {
				at = append(at, h.at.Sub(begun).Round(time.Second))
			}
		}
		if want := []time.Duration{0, 5 * time.Second, 10 * time.Second, 15 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("sent after %v", at)
		}
	})
}

func TestLostUseCircuitCodeIsSentAgain(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		left := 2
		e.lose = func(_, to netip.AddrPort, _ []byte) bool {
			if to == g.region.at && left > 0 {
				left--
				return true
			}
			return false
		}
		b := g.login(t, g.options("Ann", nil))
		if took := b.Timings().Circuit; took < 5*time.Second || took > 6*time.Second {
			t.Errorf("circuit took %v", took)
		}
	})
}

func TestNoArrivalEndsWithLogoutRequest(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.region.with(quirks{noArrival: true})
		begun := time.Now()
		if _, err := Login(t.Context(), g.options("Ann", nil)); !errors.Is(err, ErrNoArrival) {
			t.Fatalf("err = %v", err)
		}
		if took := time.Since(begun); took != 240*time.Second {
			t.Errorf("gave up after %v", took)
		}
		synctest.Wait()
		if n := len(said[*message.LogoutRequest](g.region)); n != 1 {
			t.Errorf("%d LogoutRequests", n)
		}
	})
}

func TestArrivalOfAnotherSessionIsNone(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.region.with(quirks{wrongSession: true})
		if p := g.login(t, g.options("Ann", nil)).Position(); p.X != 128 {
			t.Errorf("position is %v", p)
		}
	})
}

func TestArrivalInAnUnknownRegionIsAnError(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.region.with(quirks{wrongHandle: true})
		var wrong *AnswerError
		if _, err := Login(t.Context(), g.options("Ann", nil)); !errors.As(err, &wrong) {
			t.Fatalf("err = %v", err)
		}
	})
}

func TestLoginEndsWithItsContext(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.region.with(quirks{deaf: true})
		if _, err := Login(within(t, 3*time.Second), g.options("Ann", nil)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("err = %v", err)
		}
	})
}

func TestLoginStopsAtTheStageThatIsWanted(t *testing.T) {
	for stage, want := range map[Stage]int{AfterLogin: 0, AfterSeed: 0, AfterCircuit: 1} {
		story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
			o := g.options("Ann", nil)
			o.Stop = stage
			b := g.login(t, o)
			time.Sleep(3 * time.Second)
			if n := len(g.region.log()); n != want {
				t.Errorf("stage %d: %d messages", stage, n)
			}
			if b.Err() != nil {
				t.Errorf("stage %d: %v", stage, b.Err())
			}
			b.Die()
			if !errors.Is(b.Err(), ErrDied) {
				t.Errorf("stage %d: after Die %v", stage, b.Err())
			}
		})
	}
}

func TestAgentUpdateIsSentOnceASecondAndWhenSomethingChanges(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		b := g.login(t, g.options("Ann", nil))
		count := func() int { return len(said[*message.AgentUpdate](g.region)) }
		synctest.Wait()
		before := count()
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if n := count() - before; n != 10 {
			t.Errorf("%d AgentUpdates in 10 s", n)
		}
		before = count()
		if err := errors.Join(b.Walk(math.Pi/2), b.Pace(100*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := count() - before; n == 0 {
			t.Error("a change is not told at once")
		}
		before = count()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := count() - before; n < 99 || n > 101 {
			t.Errorf("%d AgentUpdates in 10 s at ten a second", n)
		}
		updates := said[*message.AgentUpdate](g.region)
		last := updates[len(updates)-1].AgentData
		if last.ControlFlags != walking || angle(last.BodyRotation.Heading()-math.Pi/2) > 0.001 || last.Far != 128 {
			t.Errorf("last AgentUpdate: %+v", last)
		}
	})
}

func TestEchoIsMeasuredFromTheOrderToTheUpdateThatShowsIt(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		var rec Recorder
		b := g.login(t, g.options("Ann", &rec))
		synctest.Wait()
		for i, order := range []func() error{
			func() error { return b.Walk(2) },
			func() error { return b.Turn(-2) },
			b.Stop,
		} {
			if err := order(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if n := len(Recorded[Echoed](&rec)); n != i+1 {
				t.Errorf("%d echoes after order %d", n, i)
			}
		}
		if err := b.Turn(-2); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(Recorded[Echoed](&rec)); n != 3 {
			t.Errorf("an order that changes nothing has an echo")
		}
		if b.Position().X != 128 {
			t.Errorf("position is %v", b.Position())
		}
	})
}

func TestAvatarsAreShownWithTheirLastMovement(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		ann, bob := g.login(t, g.options("Ann", nil)), g.login(t, g.options("Bob", nil))
		synctest.Wait()
		if n := len(ann.Avatars()); n != 2 {
			t.Fatalf("Ann sees %d avatars", n)
		}
		time.Sleep(time.Second)
		if err := bob.Walk(1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a, ok := ann.Avatar(bob.Session().Agent)
		if !ok || a.Name() != "Bob Lee" || a.Updates != 1 || a.Updated.Sub(a.Since) != time.Second {
			t.Fatalf("Ann sees %+v", a)
		}
		if angle(a.Rotation.Heading()-1) > turnSeen || a.Velocity.Len() < 2.9 || a.Region != g.region.handle {
			t.Errorf("Ann sees %+v", a)
		}
	})
}

func TestNothingOfABotIsLeftWhenItHasDied(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		b := g.login(t, g.options("Ann", nil))
		synctest.Wait()
		before := len(g.region.log())
		b.Die()
		b.Close()
		synctest.Wait()
		if n := len(g.region.log()); n != before {
			t.Errorf("it has said %v", g.region.log()[before].m.ID())
		}
		if err := b.Say("boo"); !errors.Is(err, ErrGone) {
			t.Errorf("err = %v", err)
		}
		if err := b.Walk(1); !errors.Is(err, ErrGone) {
			t.Errorf("err = %v", err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.ports) != 2 {
			t.Errorf("%d sockets are open, besides the regions'", len(e.ports)-2)
		}
		if polls := g.asked(); polls[len(polls)-1].done {
			t.Error("the event queue was told")
		}
	})
}
