package console

import (
	"net/http"
	"strings"
	"testing"

	"terrane/grid"

	"github.com/google/uuid"
)

func TestUsersAreListedByNameWithWhatTheirSessionsSay(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		if users, err := r.Users(t.Context()); err != nil || users == nil || len(users) != 0 {
			t.Errorf("of an empty grid: %v, %v", users, err)
		}
		r.register(t)
		r.ann(t)
		for _, name := range []string{"Zoe", "Bob"} {
			if _, err := r.CreateUser(t.Context(), NewUser{First: name, Last: "Roe", Password: "x", Level: 200}); err != nil {
				t.Fatal(err)
			}
		}
		r.arrive(t)
		if _, err := r.Disable(t.Context(), "Bob", "Roe"); err != nil {
			t.Fatal(err)
		}
		users, err := r.Users(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range users {
			line := u.Name() + " " + u.State
			if u.Online {
				line += " online"
			}
			if !u.LastLogin.IsZero() {
				line += " came"
			}
			got = append(got, line)
		}
		if want := "Ann Lee enabled online came, Bob Roe disabled, Zoe Roe enabled"; strings.Join(got, ", ") != want {
			t.Errorf("got %v", got)
		}
	})
}

func TestAPasswordIsSet(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		r.ann(t)
		if err := r.SetPassword(t.Context(), "ann", "LEE", "new"); err != nil {
			t.Fatal(err)
		}
		complete(t, r, "new")
		says(t, r.SetPassword(t.Context(), "Ann", "Lee", ""), http.StatusBadRequest, "empty")
		says(t, r.SetPassword(t.Context(), "Bob", "Roe", "new"), http.StatusNotFound, `no user "Bob Roe"`, "terrane user list")
	})
}

func TestDisablingEndsTheSessionAndEnablingLetsInAgain(t *testing.T) {
	r := newRig(t)
	r.register(t)
	r.ann(t)
	r.arrive(t)
	ended, err := r.Disable(t.Context(), "Ann", "Lee")
	if err != nil || !ended {
		t.Fatalf("ended %v, %v", ended, err)
	}
	if len(r.world.ended) != 1 || !strings.HasPrefix(r.world.ended[0], "Welcome "+sessionID.String()+" Your account") {
		t.Errorf("ended %q", r.world.ended)
	}
	if a, err := r.services.Accounts.Account(t.Context(), annID); err != nil || a.Level != grid.LevelDisabled || a.Invisible {
		t.Errorf("account %+v, %v", a, err)
	}
	if err := r.Enable(t.Context(), "Ann", "Lee", 200); err != nil {
		t.Fatal(err)
	}
	if a, err := r.services.Accounts.Account(t.Context(), annID); err != nil || a.Level != 200 {
		t.Errorf("account %+v, %v", a, err)
	}
	says(t, r.Enable(t.Context(), "Ann", "Lee", -1), http.StatusBadRequest, "between 0 and 255")
}

func TestDisablingWithoutAServerEndsNothing(t *testing.T) {
	r := newRig(t).offline()
	r.register(t)
	r.ann(t)
	r.arrive(t)
	if ended, err := r.Disable(t.Context(), "Ann", "Lee"); err != nil || ended || len(r.world.ended) > 0 {
		t.Errorf("ended %v, %v", ended, err)
	}
}

func TestADisabledUserWhoseSessionDoesNotEndIsToldOf(t *testing.T) {
	r := newRig(t)
	r.register(t)
	r.ann(t)
	r.arrive(t)
	r.world.err = grid.ErrUnavailable
	_, err := r.Disable(t.Context(), "Ann", "Lee")
	says(t, err, http.StatusServiceUnavailable, `"Ann Lee" is disabled, but`, "terrane user kick")
}

func TestAKickEndsTheSessionWhereItLives(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		r.register(t)
		r.ann(t)
		says(t, r.Kick(t.Context(), "Ann", "Lee", ""), http.StatusNotFound, `"Ann Lee" is not online`)
		r.arrive(t)
		if err := r.Kick(t.Context(), "Ann", "Lee", "Enough."); err != nil {
			t.Fatal(err)
		}
		if want := "Welcome " + sessionID.String() + " Enough."; len(r.world.ended) != 1 || r.world.ended[0] != want {
			t.Errorf("ended %q", r.world.ended)
		}
		says(t, r.Kick(t.Context(), "Ann", "Lee", strings.Repeat("x", 255)), http.StatusBadRequest, "255 bytes", "at most 254")
		says(t, r.Kick(t.Context(), "Ann", "Lee", " "), http.StatusBadRequest, "empty")
	})
}

func TestAKickReachesASessionThatTheGridDoesNotKnow(t *testing.T) {
	r := newRig(t)
	r.register(t)
	r.ann(t)
	r.world.sessions = []SessionView{
		{User: annID, Session: otherID, Region: welcomeID, Root: true, Phase: PhaseRoot},
		{User: annID, Session: uuid.New(), Region: welcomeID, Child: true, Phase: PhaseChild},
		{User: annID, Session: uuid.New(), Region: welcomeID, Root: true, Phase: PhaseLingering, Ending: "quit"},
		{User: uuid.New(), Session: uuid.New(), Region: welcomeID, Root: true, Phase: PhaseRoot},
	}
	if err := r.Kick(t.Context(), "Ann", "Lee", "Enough."); err != nil {
		t.Fatal(err)
	}
	if want := "Welcome " + otherID.String() + " Enough."; len(r.world.ended) != 1 || r.world.ended[0] != want {
		t.Errorf("ended %q", r.world.ended)
	}
}

func TestAlertsGoToOneRegionOrAll(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		shown, err := r.Alert(t.Context(), "", "Restart at noon.")
		if err != nil || strings.Join(shown, " ") != "Welcome Harbour" {
			t.Errorf("shown in %v, %v", shown, err)
		}
		if shown, err = r.Alert(t.Context(), "HARBOUR", "Storm."); err != nil || strings.Join(shown, " ") != "Harbour" {
			t.Errorf("shown in %v, %v", shown, err)
		}
		want := []string{welcomeID.String() + " Restart at noon.", harbourID.String() + " Restart at noon.", harbourID.String() + " Storm."}
		if strings.Join(r.world.alerts, "|") != strings.Join(want, "|") {
			t.Errorf("alerts %q", r.world.alerts)
		}
		_, err = r.Alert(t.Context(), "Nowhere", "Storm.")
		says(t, err, http.StatusNotFound, `no region "Nowhere"`)
		_, err = r.Alert(t.Context(), "", "")
		says(t, err, http.StatusBadRequest, "empty")
	})
}

func TestWithoutAServerWhatNeedsOneIsRefused(t *testing.T) {
	r := newRig(t).offline()
	r.ann(t)
	says(t, r.Kick(t.Context(), "Ann", "Lee", ""), http.StatusServiceUnavailable, "no server runs")
	_, err := r.Alert(t.Context(), "", "Storm.")
	says(t, err, http.StatusServiceUnavailable, "no server runs")
	_, err = r.Trace(t.Context(), "", 0)
	says(t, err, http.StatusServiceUnavailable, "no server runs")
}

func TestRegionsAreListed(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		regions, err := r.Regions(t.Context())
		if err != nil || len(regions) != 2 || regions[0] != r.admin.Regions()[0] {
			t.Errorf("regions %+v, %v", regions, err)
		}
	})
}
