package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// The states of an account.
const (
	StateEnabled    = "enabled"
	StateDisabled   = "disabled"
	StateUnfinished = "unfinished" // its creation broke off: creating the same name again finishes it
)

// UserView is one user.
type UserView struct {
	ID        uuid.UUID `json:"id"`
	First     string    `json:"first"`
	Last      string    `json:"last"`
	Email     string    `json:"email,omitempty"`
	Level     int       `json:"level"`
	State     string    `json:"state"`
	Created   time.Time `json:"created"`
	LastLogin time.Time `json:"last_login,omitzero"` // zero: never
	Online    bool      `json:"online"`              // a session is open
}

// Name is the full name.
func (u UserView) Name() string { return u.First + " " + u.Last }

func viewOf(a grid.Account) UserView {
	state := StateEnabled
	switch {
	case unfinished(a):
		state = StateUnfinished
	case a.Level < grid.LevelResident:
		state = StateDisabled
	}
	return UserView{ID: a.ID, First: a.First, Last: a.Last, Email: a.Email, Level: a.Level, State: state, Created: a.Created}
}

// userCall is what a call about one user says.
type userCall struct {
	First    string `json:"first"`
	Last     string `json:"last"`
	Password string `json:"password,omitempty"`
	Level    int    `json:"level,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

type kickResult struct {
	Ended bool `json:"ended"`
}

// usersAtOnce is how many users one question to a service is about.
const usersAtOnce = 500

func (a *Admin) listUsers(r *http.Request) (any, error) {
	users := []UserView{}
	err := a.Lister.ListAccounts(r.Context(), func(account grid.Account) bool {
		users = append(users, viewOf(account))
		return true
	})
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(users, usersAtOnce) {
		if err := a.fillIn(r.Context(), some); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// fillIn adds what other services know of users.
func (a *Admin) fillIn(ctx context.Context, users []UserView) error {
	ids := make([]uuid.UUID, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	records, err := a.Services.GridUsers.GridUsers(ctx, ids)
	if err != nil {
		return err
	}
	present, err := a.Services.Presences.PresencesOf(ctx, ids)
	if err != nil {
		return err
	}
	logins, online := make(map[uuid.UUID]time.Time), make(map[uuid.UUID]bool)
	for _, u := range records {
		logins[u.User] = u.Login
	}
	for _, p := range present {
		online[p.User] = true
	}
	for i := range users {
		u := &users[i]
		u.LastLogin, u.Online = logins[u.ID], online[u.ID]
	}
	return nil
}

func (a *Admin) createUser(r *http.Request) (any, error) {
	var u NewUser
	if err := read(r, &u); err != nil {
		return nil, err
	}
	if err := u.Check(); err != nil {
		return nil, err
	}
	name := strings.ToLower(u.First + " " + u.Last)
	if !a.claim(name) {
		return nil, &Error{http.StatusConflict, shown(u.First+" "+u.Last) + " is being created right now, by another command"}
	}
	defer a.release(name)
	if u.Home == uuid.Nil {
		u.Home = a.newcomers()
	}
	return CreateUser(r.Context(), a.Services, u)
}

// claim notes that a name is being created; it is false when it is already.
func (a *Admin) claim(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.created[name] {
		return false
	}
	if a.created == nil {
		a.created = make(map[string]bool)
	}
	a.created[name] = true
	return true
}

func (a *Admin) release(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.created, name)
}

// newcomers is the region for newcomers, whether it is online or not; zero when there is none.
func (a *Admin) newcomers() uuid.UUID {
	for _, r := range a.regions() {
		if r.Default {
			return r.ID
		}
	}
	return uuid.Nil
}

// named reads a call about one user, and finds him.
func (a *Admin) named(r *http.Request) (userCall, grid.Account, error) {
	var c userCall
	if err := read(r, &c); err != nil {
		return c, grid.Account{}, err
	}
	account, err := a.find(r.Context(), c.First, c.Last)
	return c, account, err
}

func (a *Admin) find(ctx context.Context, first, last string) (grid.Account, error) {
	account, err := a.Services.Accounts.AccountByName(ctx, first, last)
	if errors.Is(err, grid.ErrNotFound) {
		err = &Error{http.StatusNotFound, fmt.Sprintf("there is no user %s: \"terrane user list\" shows all", shown(first+" "+last))}
	}
	return account, err
}

// finished refuses what makes no sense for an account whose creation broke off.
func finished(account grid.Account) error {
	if !unfinished(account) {
		return nil
	}
	return &Error{http.StatusConflict, fmt.Sprintf(
		"the creation of %s broke off: finish it with \"terrane user create\" and the same name", shown(account.Name()))}
}

func (a *Admin) setPassword(r *http.Request) (any, error) {
	c, account, err := a.named(r)
	if err != nil {
		return nil, err
	}
	if err := checkPassword(c.Password); err != nil {
		return nil, err
	}
	if err := finished(account); err != nil {
		return nil, err
	}
	return viewOf(account), a.Services.Authentication.SetPassword(r.Context(), account.ID, c.Password)
}

func (a *Admin) disableUser(r *http.Request) (any, error) {
	_, account, err := a.named(r)
	if err != nil {
		return nil, err
	}
	account.Level = grid.LevelDisabled
	if err := a.Services.Accounts.UpdateAccount(r.Context(), account); err != nil {
		return nil, err
	}
	if !a.running() {
		return kickResult{}, nil
	}
	ended, err := a.end(r.Context(), account.ID, "Your account has been disabled by the grid's operator.")
	if err != nil {
		return nil, &Error{statusOf(err), fmt.Sprintf(
			"%s is disabled, but the session that is open could not be ended (%v): try \"terrane user kick\"", shown(account.Name()), err)}
	}
	return kickResult{ended}, nil
}

func (a *Admin) enableUser(r *http.Request) (any, error) {
	c, account, err := a.named(r)
	if err != nil {
		return nil, err
	}
	if err := checkLevel(c.Level, grid.LevelResident); err != nil {
		return nil, err
	}
	if err := finished(account); err != nil {
		return nil, err
	}
	account.Level = c.Level
	return viewOf(account), a.Services.Accounts.UpdateAccount(r.Context(), account)
}
