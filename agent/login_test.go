package agent

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terrane/agent/steps"
	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

var loginSteps = []string{
	"end the old session", "begin the session", "read the inventory", "read the friends", "find where to", "read the looks",
	"announce the agent", "grid user: logged in",
}

// nobodyIn fails the test unless nothing of a login is left anywhere.
func (w *world) nobodyIn(user grid.Account) {
	w.Helper()
	if u := w.gridUser(user); u.Online {
		w.Error("the grid user service has him online")
	}
	if l, err := w.services.Presences.LeaseOf(w.Context(), user.ID); !errors.Is(err, grid.ErrNotFound) {
		w.Errorf("he is present: %+v, %v", l, err)
	}
	for _, s := range w.sites {
		s.isEmpty()
	}
}

func TestInvariant4_ALoginThatFailsAtAnyStepLeavesNothing(t *testing.T) {
	for _, step := range loginSteps {
		for _, how := range []string{"fails", "hangs", "panics", "fails afterwards"} {
			t.Run(strings.ReplaceAll(step+" "+how, " ", "_"), func(t *testing.T) {
				inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
					ann := w.user("Ann")
					g := w.enter(ann, "uri:Welcome&100&90&30")
					place := g.stands()
					g.quit()
					w.after(time.Minute)
					switch how {
					case "fails":
						w.faults.at("login", step, w.fails)
					case "hangs":
						w.faults.at("login", step, w.hangs)
					case "panics":
						w.faults.at("login", step, w.panics)
					case "fails afterwards": // it was done, and nobody heard so
						w.faults.behind("login", step, func() { panic("no") })
					}
					in, err := w.try(ann, "last")
					var refusal *Refusal
					if in != nil || !errors.As(err, &refusal) || refusal.Reason != RefusedPresence || refusal.Message == "" {
						t.Fatalf("the login answered %+v, %v", in, err)
					}
					if !strings.Contains(err.Error(), step+": ") {
						t.Errorf("the operator is told %q", err)
					}
					w.after(DefaultTerms.Linger + time.Second)
					w.nobodyIn(ann)
					w.isOffline(ann, place)
					w.faults.mend()
					again := w.enter(ann, "last")
					w.isOnline(ann, again.agent.Session())
				})
			})
		}
	}
}

// lateRegions create the agent, and answer when nobody listens any more.
type lateRegions struct{ grid.Simulation }

func (l lateRegions) CreateAgent(ctx context.Context, to grid.Region, c grid.AgentCircuit) (string, error) {
	_, err := l.Simulation.CreateAgent(ctx, to, c)
	<-ctx.Done()
	return "", errors.Join(err, ctx.Err())
}

func TestInvariant4_ARegionThatAnswersTooLateIsToldToo(t *testing.T) {
	inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
		w.services.Simulation = lateRegions{w.services.Simulation}
		ann := w.user("Ann")
		if _, err := w.try(ann, "last"); err == nil {
			t.Fatal("the login succeeded")
		}
		w.after(DefaultTerms.Linger + time.Second)
		w.nobodyIn(ann)
	})
}

// The region that has the agent dies while the login fails: the services are told all the same.
func TestInvariant4_ALoginThatFailsWithItsRegionLeavesNobodyOnline(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		ann := w.user("Ann")
		w.faults.behind("login", "grid user: logged in", func() {
			for _, s := range w.sites {
				s.silent.Store(true)
			}
			panic("no")
		})
		if _, err := w.try(ann, "last"); err == nil {
			t.Fatal("the login succeeded")
		}
		w.isOffline(ann, grid.Place{})
	})
}

func TestInvariant4_ALoginThatNobodyWaitsForLeavesNothing(t *testing.T) {
	for _, step := range loginSteps {
		t.Run(strings.ReplaceAll(step, " ", "_"), func(t *testing.T) {
			inWorld(t, []string{"Welcome"}, func(w *world) {
				ann := w.user("Ann")
				ctx, cancel := context.WithCancel(w.Context())
				w.faults.at("login", step, func() error { cancel(); return ctx.Err() })
				if _, err := w.logins.Login(ctx, LoginRequest{First: "Ann", Last: "Lee", Password: password}); err == nil {
					t.Fatal("the login succeeded")
				}
				w.after(DefaultTerms.Linger + time.Second)
				w.nobodyIn(ann)
			})
		})
	}
}

// Guesses at a password are no process: they leave no report.
func TestInvariant3_EveryRefusalHasItsReasonAndKeyIsForCredentials(t *testing.T) {
	for name, row := range map[string]struct {
		level   int
		request LoginRequest
		spoil   func(*world)
		reason  string
		report  bool
	}{
		"wrong password":                 {request: LoginRequest{Password: "$1$wrong"}, reason: RefusedKey},
		"no password":                    {reason: RefusedKey},
		"unknown name":                   {request: LoginRequest{First: "Nobody", Password: password}, reason: RefusedKey},
		"no name":                        {request: LoginRequest{First: " ", Password: password}, reason: RefusedKey},
		"too many guesses":               {request: LoginRequest{Password: "$1$often"}, reason: RefusedPresence},
		"disabled":                       {level: grid.LevelDisabled, request: LoginRequest{Password: password}, reason: RefusedPresence},
		"disabled, and a wrong password": {level: grid.LevelDisabled, request: LoginRequest{Password: "$1$wrong"}, reason: RefusedKey},
		"logins closed": {
			request: LoginRequest{Password: password}, reason: RefusedPresence,
			spoil: func(w *world) { w.logins.MinLevel = 100 },
		},
		"no accounts": {
			request: LoginRequest{Password: password}, reason: RefusedPresence,
			spoil: func(w *world) { w.services.Accounts = noAccounts{} },
		},
		"no authentication": {
			request: LoginRequest{Password: password}, reason: RefusedPresence,
			spoil: func(w *world) { w.services.Authentication = noPasswords{} },
		},
		"no region takes him": {
			request: LoginRequest{Password: password}, reason: RefusedPresence, report: true,
			spoil: func(w *world) {
				for _, s := range w.sites {
					s.full.Store(true)
				}
			},
		},
		"no region is online": {
			request: LoginRequest{Password: password}, reason: RefusedPresence, report: true,
			spoil: func(w *world) {
				for id := range w.sites {
					if err := w.services.Regions.DeregisterRegion(w.Context(), id); err != nil {
						w.Error(err)
					}
				}
			},
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
				ann, err := w.services.Accounts.CreateAccount(w.Context(), grid.Account{First: "Ann", Last: "Lee", Level: row.level})
				if err != nil {
					t.Fatal(err)
				}
				if row.spoil != nil {
					row.spoil(w)
				}
				r := row.request
				if r.First == "" {
					r.First = "Ann"
				}
				r.Last = "Lee"
				_, err = w.logins.Login(w.Context(), r)
				var refusal *Refusal
				if !errors.As(err, &refusal) || refusal.Reason != row.reason || refusal.Message == "" {
					t.Fatalf("the login answered %+v", err)
				}
				if reports := w.logins.Runner.Ring.All(); (len(reports) > 0) != row.report {
					t.Errorf("there are %d reports", len(reports))
				}
				w.nobodyIn(ann)
			})
		})
	}
}

// accountService is grid.Accounts under a name that none of its methods has.
type accountService = grid.Accounts

type noAccounts struct{ accountService }

func (noAccounts) AccountByName(context.Context, string, string) (grid.Account, error) {
	return grid.Account{}, errBroken
}

type noPasswords struct{ grid.Authentication }

func (noPasswords) Authenticate(context.Context, grid.Attempt) (uuid.UUID, error) {
	return uuid.Nil, errBroken
}

func TestALoginComesToWhereItWants(t *testing.T) {
	for name, row := range map[string]struct {
		start  string
		spoil  func(*world, map[string]*site)
		region string
		told   string
		at     geom.Vec3
		flags  uint32
	}{
		"home":              {start: "home", region: "Harbour", told: "home", at: geom.Vec3{X: 11, Y: 12, Z: 30}, flags: grid.TeleportViaHome},
		"last":              {start: "last", region: "Swamp", told: "last", at: geom.Vec3{X: 100, Y: 90, Z: 30}, flags: grid.TeleportViaLocation},
		"nowhere special":   {region: "Swamp", told: "last", at: geom.Vec3{X: 100, Y: 90, Z: 30}, flags: grid.TeleportViaLocation},
		"a named place":     {start: "uri:harbour&10.5&20.25&30", region: "Harbour", told: "url", at: geom.Vec3{X: 10.5, Y: 20.25, Z: 30}, flags: grid.TeleportViaRegionID},
		"a region's middle": {start: "uri:Harbour", region: "Harbour", told: "url", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID},
		"beyond the edge":   {start: "uri:Harbour&-5&300&99999", region: "Harbour", told: "url", at: geom.Vec3{X: 0.5, Y: 255.5, Z: ceiling}, flags: grid.TeleportViaRegionID},
		"no numbers":        {start: "uri:Harbour&a&&Inf", region: "Harbour", told: "url", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID},
		"unknown region":    {start: "uri:Nowhere&1&2&3", region: "Welcome", told: "safe", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID},
		"another grid":      {start: "uri:Harbour@example.org:8002&1&2&3", region: "Welcome", told: "safe", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID},
		"last is full": {
			start: "last", region: "Welcome", told: "safe", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID,
			spoil: func(_ *world, s map[string]*site) { s["Swamp"].full.Store(true) },
		},
		"last does not answer": {
			start: "last", region: "Welcome", told: "safe", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID,
			spoil: func(_ *world, s map[string]*site) { s["Swamp"].silent.Store(true) },
		},
		"last and the default are full": {
			start: "last", region: "Harbour", told: "safe", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID,
			spoil: func(_ *world, s map[string]*site) { s["Swamp"].full.Store(true); s["Welcome"].full.Store(true) },
		},
		"home is no more": {
			start: "home", region: "Welcome", told: "safe", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID,
			spoil: func(w *world, s map[string]*site) {
				if err := w.services.Regions.DeregisterRegion(w.Context(), s["Harbour"].at.ID); err != nil {
					w.Error(err)
				}
			},
		},
		"nobody logs in there directly": {
			start: "uri:Harbour&1&2&3", region: "Welcome", told: "safe", at: geom.Vec3{X: 128, Y: 128}, flags: grid.TeleportViaRegionID,
			spoil: func(w *world, s map[string]*site) {
				if err := w.services.Regions.SetRegionFlags(w.Context(), s["Harbour"].at.ID, grid.RegionNoDirectLogin); err != nil {
					w.Error(err)
				}
			},
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			inWorld(t, []string{"Welcome", "Harbour", "Swamp"}, func(w *world) {
				ann := w.user("Ann")
				g := w.enter(ann, "uri:Swamp&100&90&30")
				g.quit()
				w.after(time.Minute)
				sites := map[string]*site{}
				for _, s := range w.sites {
					sites[s.at.Name] = s
				}
				home := at(sites["Harbour"], 11, 12, 30)
				if err := w.services.GridUsers.SetHome(w.Context(), ann.ID, home); err != nil {
					t.Fatal(err)
				}
				if row.spoil != nil {
					row.spoil(w, sites)
				}
				in, err := w.try(ann, row.start)
				if err != nil {
					t.Fatal(err)
				}
				if in.Region.Name != row.region || in.Start != row.told || in.Place.Position.Distance(row.at) > 0.5 {
					t.Errorf("he came to %s, %s, at %v", in.Region.Name, in.Start, in.Place)
				}
				if in.Circuit.Flags != row.flags|grid.TeleportViaLogin {
					t.Errorf("with flags %#x", in.Circuit.Flags)
				}
				if in.Circuit.Position != in.Place.Position || in.Place.LookAt == (geom.Vec3{}) || in.Place.Region != in.Region.ID {
					t.Errorf("the circuit says %v, the answer %v", in.Circuit.Position, in.Place)
				}
			})
		})
	}
}

func TestAStrictLoginGoesNowhereElse(t *testing.T) {
	inWorld(t, []string{"Welcome", "Harbour"}, func(w *world) {
		w.logins.Strict = true
		ann := w.user("Ann")
		g := w.enter(ann, "uri:Harbour&1&2&30")
		g.site.full.Store(true)
		var refusal *Refusal
		if _, err := w.try(ann, "uri:Harbour&1&2&30"); !errors.As(err, &refusal) || refusal.Reason != RefusedPresence {
			t.Errorf("the login answered %v", err)
		}
		if _, err := w.try(ann, "uri:Nowhere"); err != nil {
			t.Errorf("who wants nothing that there is, is led somewhere: %v", err)
		}
	})
}

func TestAnAdmissionHasAllThatTheViewerNeeds(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		ann, bob := w.user("Ann"), w.user("Bob")
		w.befriend(ann, bob, grid.RightSeeOnline)
		in, err := w.logins.Login(w.Context(), LoginRequest{First: "aNN", Last: "LEE", Password: password, Viewer: "v", Channel: "c", MAC: "m", ID0: "i"})
		if err != nil {
			t.Fatal(err)
		}
		c := in.Circuit
		if in.Account.ID != ann.ID || c.Agent != ann.ID || c.First != "Ann" || c.Code == 0 || c.Code >= 1<<31 || c.Secure == uuid.Nil || c.CapsPath == uuid.Nil || c.Epoch == 0 {
			t.Errorf("the circuit is %+v", c)
		}
		if c.Viewer != "v" || c.Channel != "c" || c.MAC != "m" || c.ID0 != "i" || in.Seed == "" {
			t.Errorf("the circuit is %+v, the seed %q", c, in.Seed)
		}
		if len(in.Folders) < 10 || in.Folders[0].Type != grid.FolderRoot || len(in.Friends) != 1 || !in.First {
			t.Errorf("%d folders, friends %v, first %v", len(in.Folders), in.Friends, in.First)
		}
		if c.Avatar["Wearable 0:0"] == "" || w.avatar(ann)["Wearable 0:0"] != c.Avatar["Wearable 0:0"] {
			t.Errorf("a newcomer is not dressed: %v", c.Avatar)
		}
		again, err := w.try(ann, "")
		if err != nil || again.First || again.Circuit.Session == c.Session || again.Circuit.Epoch <= c.Epoch {
			t.Errorf("the second login is %+v, %v", again, err)
		}
		folders := func(f []grid.Folder) (v []int) {
			for _, f := range f {
				v = append(v, f.Version)
			}
			return v
		}
		if !slices.Equal(folders(in.Folders), folders(again.Folders)) {
			t.Error("the first answer had folders of an older version than what dressing him had made")
		}
	})
}

func TestGodsComeWithTheirPowers(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		if _, err := w.services.Accounts.CreateAccount(w.Context(), grid.Account{First: "God", Last: "Lee", Level: grid.LevelGod}); err != nil {
			t.Fatal(err)
		}
		w.logins.MinLevel = grid.LevelGod
		in, err := w.try(grid.Account{First: "God", Last: "Lee"}, "last")
		if err != nil || in.Circuit.Flags&grid.TeleportGodlike == 0 || in.Circuit.Level != grid.LevelGod {
			t.Errorf("%+v, %v", in, err)
		}
	})
}

// Two viewers log in as the same user at the same moment: both are let in, the one whose epoch is higher
// stays.
func TestTwoLoginsAtOnceLeaveOneSession(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		ann := w.user("Ann")
		answers := make(chan *Admission, 2)
		for range 2 {
			go func() {
				in, err := w.try(ann, "last")
				if err != nil && !strings.Contains(err.Error(), "superseded") {
					t.Error(err)
				}
				answers <- in
			}()
		}
		var last *Admission
		for range 2 {
			if in := <-answers; in != nil && (last == nil || in.Circuit.Epoch > last.Circuit.Epoch) {
				last = in
			}
		}
		if last == nil {
			t.Fatal("nobody was let in")
		}
		g := w.sites[last.Region.ID].guest(last.Circuit.Session)
		g.arrive()
		w.after(time.Minute)
		w.isOnline(ann, last.Circuit.Session)
		if n := len(g.site.Agents()); n != 1 {
			t.Errorf("%d agents", n)
		}
	})
}

func TestCircuitCodesArePositiveAndRandom(t *testing.T) {
	seen := map[uint32]bool{}
	for range 1000 {
		code := circuitCode()
		if code == 0 || code > math.MaxInt32 || seen[code] {
			t.Fatalf("code %d", code)
		}
		seen[code] = true
	}
}

func TestAReportOfALoginNamesEveryStep(t *testing.T) {
	inWorld(t, []string{"Welcome"}, func(w *world) {
		w.enter(w.user("Ann"), "last")
		all := w.logins.Runner.Ring.All()
		if len(all) != 1 || all[0].Kind != "login" || all[0].Outcome != steps.Done {
			t.Fatalf("reports %+v", all)
		}
		var names []string
		for _, l := range all[0].Steps {
			names = append(names, l.Name)
		}
		if !slices.Equal(sorted(names), sorted(loginSteps)) {
			t.Errorf("steps %q", names)
		}
		synctest.Wait()
	})
}

func TestAStartIsAlwaysAPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, z := rapid.Float32Range(0, 256).Draw(t, "x"), rapid.Float32Range(0, 256).Draw(t, "y"), rapid.Float32Range(0, 4000).Draw(t, "z")
		name := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9 ']{0,20}[A-Za-z0-9]`).Draw(t, "name")
		want := geom.Vec3{X: x, Y: y, Z: z}
		got, at := parseStart("uri:" + name + "&" + num(x) + "& " + num(y) + "&" + num(z))
		if got != name || at != want {
			t.Errorf("%q at %v, not %q at %v", got, at, name, want)
		}
	})
}

func num(f float32) string { return strconv.FormatFloat(float64(f), 'f', -1, 32) }

func FuzzStart(f *testing.F) {
	for _, s := range []string{"uri:Welcome&128&128&30", "uri:A B&1.5&2.5&3.5&4", "uri:&&&", "uri:x&NaN&Inf&-Inf", "uri:x&1e99", "home", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if name, at := parseStart(s); !at.Finite() || strings.TrimSpace(name) != name {
			t.Errorf("%q is read as %q at %v", s, name, at)
		}
	})
}
