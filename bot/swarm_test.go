package bot

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"terrane/geom"

	"pgregory.net/rapid"
)

// swarm is one of the grid's users, so far without a behaviour.
func (g *fakeGrid) swarm(bots int) Swarm {
	return Swarm{Login: g.base + "/", Bots: bots, Password: "secret", HTTP: g.client, Dial: g.dial, Seed: 1}
}

// execute runs a swarm, which the test expects to be one.
func execute(t *testing.T, s Swarm) Summary {
	t.Helper()
	sum, err := s.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// well fails the test when something was missing or went wrong.
func well(t *testing.T, s Summary) {
	t.Helper()
	if s.Missing != (Missing{}) || len(s.Errors) != 0 {
		t.Errorf("missing %+v, errors %v %v", s.Missing, s.Errors, s.Examples)
	}
}

func TestWalkersAreMeasured(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		s := g.swarm(5)
		s.Behaviour, s.For, s.Ramp = Walk, 60*time.Second, 2
		sum := execute(t, s)
		well(t, sum)
		if sum.Login.Count != 5 || sum.Circuit.Count != 5 || sum.Logout.Count != 5 {
			t.Errorf("logins %+v, circuits %+v, logouts %+v", sum.Login, sum.Circuit, sum.Logout)
		}
		if n := sum.Movement.Count; n < 5*30 || n > 5*32+5 {
			t.Errorf("%d echoes of five that turn every other second for a minute", n)
		}
		// Each leaves 200 ms after the one before: four see the first go, three the second...
		if sum.Gone.Count != 4+3+2+1 {
			t.Errorf("%d times somebody was seen to go", sum.Gone.Count)
		}
		// The fake region shows a walker when it turns, every other second.
		if u := sum.Updates; u.Pairs != 20 || u.Least < 0.45 || u.P50 > 0.55 || u.P99 < u.Least {
			t.Errorf("updates %+v", u)
		}
		if sum.Took < 62*time.Second || sum.Took > 64*time.Second {
			t.Errorf("took %v", sum.Took)
		}
		if sum.Traffic.PacketsOut < 5*600 || sum.Traffic.PacketsIn == 0 {
			t.Errorf("traffic %+v", sum.Traffic)
		}
	})
}

func TestLostEchoesAreMissing(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, e *ether) {
		s := g.swarm(1)
		s.Behaviour, s.For = Walk, 20*time.Second
		time.AfterFunc(9900*time.Millisecond, func() {
			g.region.mu.Lock()
			defer g.region.mu.Unlock()
			for _, v := range g.region.visitors {
				v.local = 99 // moved, but nobody knows it by that id
			}
		})
		sum := execute(t, s)
		if n := sum.Missing.Movements; n < 3 || n > 6 {
			t.Errorf("%d are missing of ten, half of which were not shown", n)
		}
	})
}

func TestTalkersHearThemselves(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		s := g.swarm(3)
		s.Behaviour, s.For = Chat, 20*time.Second
		sum := execute(t, s)
		well(t, sum)
		if sum.Chat.Count != 3*4 {
			t.Errorf("%d lines", sum.Chat.Count)
		}
	})
}

func TestChurnLogsOutAndInAgain(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		s := g.swarm(2)
		s.Behaviour, s.For = Churn, 70*time.Second
		sum := execute(t, s)
		well(t, sum)
		if sum.Login.Count != 2*4 || sum.Logout.Count != 2*4 {
			t.Errorf("%d logins, %d logouts", sum.Login.Count, sum.Logout.Count)
		}
	})
}

func TestReloginCountsWhatSucceedsAtTheFirstAttempt(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		s := g.swarm(2)
		s.Behaviour, s.Rounds = Relogin, 10
		sum := execute(t, s)
		well(t, sum)
		if sum.Relogins != 20 || sum.FirstTry != 20 || sum.Logout.Count != 22 || sum.Login.Count != 22 {
			t.Errorf("%+v", sum)
		}
	})
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		s := g.swarm(1)
		s.Behaviour, s.Rounds = Relogin, 3
		g.slow = time.Second
		time.AfterFunc(1500*time.Millisecond, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.refuse = 4 // of the logins after the first
		})
		sum := execute(t, s)
		if sum.Relogins != 3 || sum.FirstTry != 2 || sum.Refused != 4 {
			t.Errorf("%+v", sum)
		}
	})
}

func TestRefusedLoginsAreCountedAndTheRestGoesOn(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.refuse = 2
		s := g.swarm(5)
		s.For = 10 * time.Second
		sum := execute(t, s)
		if sum.Refused != 2 || sum.Errors["login refused: presence"] != 2 || sum.Login.Count != 3 || sum.Logout.Count != 3 {
			t.Errorf("%+v", sum)
		}
		if !strings.Contains(sum.String(), "errors: 2 × login refused: presence, such as: bot: login refused") {
			t.Errorf("the table says\n%s", sum)
		}
	})
}

func TestRepliesThatDoNotComeAreMissing(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		g.region.with(quirks{noReply: true})
		s := g.swarm(3)
		s.For = 10 * time.Second
		sum := execute(t, s)
		if sum.Missing.Logouts != 3 || sum.Logout.Count != 0 {
			t.Errorf("%+v", sum)
		}
	})
}

func TestSwarmLeavesWhenItsContextEnds(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		s := g.swarm(3)
		s.Behaviour, s.For, s.Ramp = Walk, time.Hour, 0.1
		sum, err := s.Run(within(t, 15*time.Second), nil)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Login.Count != 2 || sum.Logout.Count != 2 || sum.Took > 17*time.Second {
			t.Errorf("%+v", sum)
		}
		well(t, sum)
	})
}

func TestProgressIsToldOnceASecond(t *testing.T) {
	story(t, func(t *testing.T, g *fakeGrid, _ *ether) {
		s := g.swarm(4)
		s.Behaviour, s.For = Walk, 9500*time.Millisecond
		var all []Live
		if _, err := s.Run(t.Context(), func(l Live) { all = append(all, l) }); err != nil {
			t.Fatal(err)
		}
		if len(all) != 10 {
			t.Fatalf("told %d times", len(all))
		}
		l := all[7]
		if l.InWorld != 4 || l.Bots != 4 || l.Out < 40 || l.Out > 60 || l.PacketsIn == 0 || l.Errors != 0 || l.Login.Count != 4 {
			t.Errorf("%+v", l)
		}
		if !strings.Contains(l.String(), "4 of 4 in world  0 errors") {
			t.Errorf("the line says %q", l)
		}
	})
}

func TestSwarmThatCannotBeIsAnError(t *testing.T) {
	for name, s := range map[string]Swarm{
		"no bots": {Login: "http://grid/"}, "no grid": {Bots: 1}, "no such behaviour": {Login: "http://grid/", Bots: 1, Behaviour: "fly"},
		"loss": {Login: "http://grid/", Bots: 1, Loss: 2}, "no rounds": {Login: "http://grid/", Bots: 1, Behaviour: Relogin},
	} {
		if _, err := s.Run(context.Background(), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSwarmOverARelayThatLoses(t *testing.T) {
	g := newLoopbackGrid(t)
	s := g.swarm(4)
	s.Behaviour, s.For, s.Loss, s.Leave = Walk, 2*time.Second, 0.05, 100*time.Millisecond
	sum := execute(t, s)
	if len(sum.Errors) != 0 || sum.Logout.Count != 4 {
		t.Errorf("%+v", sum)
	}
}

// A walker that goes straight on for two seconds at a run's 5.2 m/s stays within its radius.
func TestWalkersStayNearAndTurnPlainly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		origin := geom.Vec3{X: 128, Y: 128}
		at, heading := origin, float32(0)
		for range 200 {
			next := nextHeading(random, origin, at, heading)
			if angle(next-heading) < leastTurn-0.001 {
				t.Fatalf("turned from %v to %v", heading, next)
			}
			heading = next
			sin, cos := math.Sincos(float64(heading))
			at = at.Add(geom.Vec3{X: float32(cos), Y: float32(sin)}.Mul(5.2 * 2))
			if d := at.Distance(origin); d > walkRadius+1 {
				t.Fatalf("%v m away", d)
			}
		}
	})
}

func TestSummaryIsATableAndJSON(t *testing.T) {
	s := Summary{
		Behaviour: Walk, Bots: 100, Took: 61234 * time.Millisecond,
		Login:    Spread{100, 12 * time.Millisecond, 51 * time.Millisecond, 52 * time.Millisecond},
		Movement: Spread{3000, 33 * time.Millisecond, 66 * time.Millisecond, 1200 * time.Millisecond},
		Logout:   Spread{100, 800 * time.Microsecond, 4 * time.Millisecond, 5 * time.Millisecond},
		Updates:  Rates{9900, 15, 14.5, 13}, Missing: Missing{Movements: 2},
		Traffic: Traffic{PacketsIn: 1000, PacketsOut: 500},
	}
	const table = `100 bots, walk, 1m1.2s

                 count      p50      p99      max  missing
          login    100  12.0 ms  51.0 ms  52.0 ms        0
  movement echo   3000  33.0 ms  66.0 ms   1.20 s        2
         logout    100  0.80 ms  4.00 ms  5.00 ms        0

updates seen of each walker: half 15.0/s, 99 of 100 at least 14.5/s, least 13.0/s (9900 pairs)

packets: 1000 in, 500 out; resent: 0, given up: 0, duplicates in: 0
errors: none
`
	if got := s.String(); got != table {
		t.Errorf("table is\n%s\nwant\n%s", got, table)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Seconds float64
		Bots    int
		Logout  struct {
			Count int
			P99   float64 `json:"p99_ms"`
		}
		Updates struct{ P99 float64 } `json:"updates_per_second"`
	}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Seconds != 61.234 || back.Bots != 100 || back.Logout.Count != 100 || back.Logout.P99 != 4 || back.Updates.P99 != 14.5 {
		t.Errorf("JSON is %s", text)
	}
}

func TestErrorsAreCountedByTheirKind(t *testing.T) {
	for want, err := range map[string]error{
		"login refused: key": &RefusedError{Reason: "key"}, "kicked": &KickedError{}, "login answer: sim_ip": &AnswerError{"sim_ip", ""},
		"no seed": ErrNoSeed, "no circuit": ErrNoCircuit, "no arrival": ErrNoArrival, "disabled": ErrDisabled,
		"timeout": context.DeadlineExceeded, "other": ErrUnasked,
	} {
		if got := errorKind(err); got != want {
			t.Errorf("%v is counted as %q, want %q", err, got, want)
		}
	}
}

func TestUsersAreNumbered(t *testing.T) {
	if first, last := (Swarm{}).Name(7); first != "First" || last != "Bot_7" {
		t.Errorf("named %s %s", first, last)
	}
}
