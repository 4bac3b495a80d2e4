package console

import (
	"net/http"
	"strings"
	"testing"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// complete fails the test unless Ann has all that a login needs.
func complete(t *testing.T, r *rig, password string) grid.Account {
	t.Helper()
	a, err := r.services.Accounts.AccountByName(t.Context(), "ann", "lee")
	if err != nil {
		t.Fatal(err)
	}
	if a.Level != 0 || a.Invisible {
		t.Errorf("the account has level %d, hidden %v", a.Level, a.Invisible)
	}
	if got := r.auth.passwords[a.ID]; got != password {
		t.Errorf("the password is %q, want %q", got, password)
	}
	u, err := r.services.GridUsers.GridUser(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if want := (grid.Place{Region: welcomeID, Position: geom.Vec3{X: 128, Y: 128}, LookAt: geom.Vec3{Y: 1}}); u.Home != want {
		t.Errorf("home is %+v", u.Home)
	}
	if rows, err := r.services.Avatars.Avatar(t.Context(), a.ID); err != nil || rows["Wearable 0:0"] == "" {
		t.Errorf("looks %v, %v", rows, err)
	}
	return a
}

func TestACreatedUserHasAllThatTheFirstLoginNeeds(t *testing.T) {
	over(t, func(t *testing.T, r *rig) {
		u, err := r.CreateUser(t.Context(), NewUser{First: "Ann", Last: "Lee", Password: "secret", Email: "ann@example.org", ID: annID})
		if err != nil {
			t.Fatal(err)
		}
		if u.ID != annID || u.Name() != "Ann Lee" || u.State != StateEnabled || u.Created.IsZero() {
			t.Errorf("created %+v", u)
		}
		if a := complete(t, r, "secret"); a.Email != "ann@example.org" {
			t.Errorf("account %+v", a)
		}
	})
}

// TestAUserCreatedWithoutServerOrRegionsIsComplete: the owner of a new world comes before its regions.
func TestAUserCreatedWithoutServerOrRegionsIsComplete(t *testing.T) {
	r := newRig(t)
	u, err := CreateUser(t.Context(), r.services, NewUser{First: "Grid", Last: "Owner", Password: "secret", Level: grid.LevelGod})
	if err != nil {
		t.Fatal(err)
	}
	if u.ID == uuid.Nil || u.Level != grid.LevelGod || u.State != StateEnabled {
		t.Errorf("created %+v", u)
	}
}

func TestHomeIsInTheDefaultRegionThatIsOnline(t *testing.T) {
	r := newRig(t)
	r.register(t)
	u, err := CreateUser(t.Context(), r.services, NewUser{First: "Ann", Last: "Lee", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if g, err := r.services.GridUsers.GridUser(t.Context(), u.ID); err != nil || g.Home.Region != welcomeID {
		t.Errorf("home %+v, %v", g.Home, err)
	}
}

func TestACreationThatBreaksOffIsFinishedByAnotherWithTheSameName(t *testing.T) {
	for _, call := range []string{"SetPassword", "CreateInventory", "Outfit", "SetAvatar", "SetHome", "UpdateAccount"} {
		t.Run(call, func(t *testing.T) {
			r := newRig(t)
			r.fail[call] = true
			_, err := r.CreateUser(t.Context(), NewUser{First: "Ann", Last: "Lee", Password: "first"})
			says(t, err, http.StatusInternalServerError, `"Ann Lee" is begun but not finished`, "disk full", "create the user again with the same name")
			half, err := r.services.Accounts.AccountByName(t.Context(), "Ann", "Lee")
			if err != nil || half.Level != grid.LevelDisabled {
				t.Fatalf("a half-made account may log in: %+v, %v", half, err)
			}
			users, err := r.Users(t.Context())
			if err != nil || len(users) != 1 || users[0].State != StateUnfinished {
				t.Errorf("users %+v, %v", users, err)
			}

			_, err = r.CreateUser(t.Context(), NewUser{First: "Ann", Last: "Lee", Password: "second", ID: uuid.New()})
			says(t, err, http.StatusConflict, half.ID.String(), "leave --uuid out")
			says(t, r.Enable(t.Context(), "Ann", "Lee", 0), http.StatusConflict, `broke off: finish it with "terrane user create"`)
			says(t, r.SetPassword(t.Context(), "Ann", "Lee", "x"), http.StatusConflict, "broke off")

			r.fail[call] = false
			u, err := r.CreateUser(t.Context(), NewUser{First: "Ann", Last: "Lee", Password: "second"})
			if err != nil {
				t.Fatal(err)
			}
			if u.ID != half.ID || !u.Created.Equal(half.Created) {
				t.Errorf("begun as %v, finished as %v", half.ID, u.ID)
			}
			complete(t, r, "second")
		})
	}
}

func TestNamesAndIDsThatAreTakenAreRefused(t *testing.T) {
	r := newRig(t)
	r.ann(t)
	_, err := r.CreateUser(t.Context(), NewUser{First: "ANN", Last: "lee", Password: "other"})
	says(t, err, http.StatusConflict, `already a user "Ann Lee"`, "terrane user password")
	complete(t, r, "secret")
	_, err = r.CreateUser(t.Context(), NewUser{First: "Bob", Last: "Roe", Password: "other", ID: annID})
	says(t, err, http.StatusConflict, annID.String(), "leave --uuid out")
	if _, err := r.services.Accounts.AccountByName(t.Context(), "Bob", "Roe"); err == nil {
		t.Error("Bob is there")
	}
}

func TestOneNameIsCreatedOnceAtATime(t *testing.T) {
	r := newRig(t)
	r.auth.entered, r.auth.leave = make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := r.CreateUser(t.Context(), NewUser{First: "Ann", Last: "Lee", Password: "first"})
		done <- err
	}()
	<-r.auth.entered
	_, err := r.CreateUser(t.Context(), NewUser{First: "ann", Last: "lee", Password: "second"})
	says(t, err, http.StatusConflict, "being created right now")
	close(r.auth.leave)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	complete(t, r, "first")
	r.auth.entered = nil
	_, err = r.CreateUser(t.Context(), NewUser{First: "ann", Last: "lee", Password: "second"})
	says(t, err, http.StatusConflict, "already a user")
}

func TestBadUsersAreRefusedWithTheFix(t *testing.T) {
	r, good := newRig(t), NewUser{First: "Ann", Last: "Lee", Password: "secret"}
	for _, c := range []struct {
		name   string
		change func(*NewUser)
		words  []string
	}{
		{"no first name", func(u *NewUser) { u.First = "" }, []string{"first name is empty", "Resident"}},
		{"no last name", func(u *NewUser) { u.Last = "" }, []string{"last name is empty"}},
		{"long name", func(u *NewUser) { u.Last = strings.Repeat("e", 65) }, []string{"65 bytes", "at most 64"}},
		{"huge name", func(u *NewUser) { u.First = strings.Repeat("e", 64<<10) }, []string{"65536 bytes"}},
		{"space", func(u *NewUser) { u.First = "An n" }, []string{`"An n" has a space`, "one word"}},
		{"tab", func(u *NewUser) { u.First = "An\tn" }, []string{`"An\tn" has a space`}},
		{"escape sequence", func(u *NewUser) { u.First = "\x1b[2J" }, []string{`"\x1b[2J"`, "cannot be seen"}},
		{"visitor", func(u *NewUser) { u.Last = "@grid" }, []string{"visitors"}},
		{"no UTF-8", func(u *NewUser) { u.First = "\xff" }, []string{"not UTF-8"}},
		{"no password", func(u *NewUser) { u.Password = "" }, []string{"1 to 1024"}},
		{"long password", func(u *NewUser) { u.Password = strings.Repeat("p", 1025) }, []string{"1025 bytes", "at most 1024"}},
		{"password no UTF-8", func(u *NewUser) { u.Password = "\xff" }, []string{"not UTF-8"}},
		{"e-mail", func(u *NewUser) { u.Email = "ann at example" }, []string{"ann@example.org"}},
		{"e-mail with a line", func(u *NewUser) { u.Email = "a@b\nBcc: c@d" }, []string{"no e-mail address"}},
		{"long e-mail", func(u *NewUser) { u.Email = strings.Repeat("a", 250) + "@b.cd" }, []string{"255 bytes"}},
		{"level", func(u *NewUser) { u.Level = 256 }, []string{"256", "between -1 and 255"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := good
			c.change(&u)
			_, err := r.CreateUser(t.Context(), u)
			says(t, err, http.StatusBadRequest, c.words...)
			_, err = CreateUser(t.Context(), r.services, u)
			says(t, err, http.StatusBadRequest, c.words...)
			if users, err := r.Users(t.Context()); err != nil || len(users) != 0 {
				t.Errorf("users %v, %v", users, err)
			}
		})
	}
}

func TestTheLongestNamesAndPasswordAreTaken(t *testing.T) {
	r := newRig(t)
	u := NewUser{First: strings.Repeat("é", 32), Last: strings.Repeat("e", 64), Password: strings.Repeat("<", 1024), Level: -1}
	made, err := r.CreateUser(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if made.State != StateDisabled || r.auth.passwords[made.ID] != u.Password {
		t.Errorf("created %+v", made)
	}
}

func TestGeneratedPasswordsAreRandomAndNotAmbiguous(t *testing.T) {
	seen, used := map[string]bool{}, map[rune]int{}
	const n = 2000
	for range n {
		p := NewPassword()
		if len(p) != 16 || seen[p] {
			t.Fatalf("password %q", p)
		}
		seen[p] = true
		for _, r := range p {
			used[r]++
		}
	}
	for _, r := range "lo01IO" {
		if used[r] > 0 {
			t.Errorf("%q is taken for another", r)
		}
	}
	// Each letter is expected a thousand times, give or take 31: eight times that is no chance.
	for r, times := range used {
		if times < 750 || times > 1250 {
			t.Errorf("%q was used %d times", r, times)
		}
	}
	if len(used) != 32 {
		t.Errorf("%d letters, want 32", len(used))
	}
}
