package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"terrane/agent"
	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// NewUser is a user to be created.
type NewUser struct {
	First    string    `json:"first"`
	Last     string    `json:"last"`
	Password string    `json:"password"`
	Email    string    `json:"email,omitempty"`
	ID       uuid.UUID `json:"id,omitzero"` // zero: a random one
	Level    int       `json:"level"`       // grid.LevelDisabled to 255
	// Home is the region he calls home. Zero: the first default region that is online; when there is
	// none he has no home, and his first login leads to whatever region is.
	Home uuid.UUID `json:"home,omitzero"`
}

// Check says what is wrong with it, as an *Error with the fix in it, or is nil.
func (u NewUser) Check() error {
	for _, err := range []error{
		checkName("first", u.First), checkName("last", u.Last), checkPassword(u.Password), checkEmail(u.Email),
		checkLevel(u.Level, grid.LevelDisabled),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// CreateUser makes a user with all that the first login needs: account, password, inventory, outfit and
// home. Until all of it is there the account is disabled and hidden. When a step fails, the error says
// so; creating the same name again goes on with what is there.
func CreateUser(ctx context.Context, s *agent.Services, u NewUser) (UserView, error) {
	if err := u.Check(); err != nil {
		return UserView{}, err
	}
	account, err := begin(ctx, s.Accounts, u)
	if err != nil {
		return UserView{}, err
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"password", func() error { return s.Authentication.SetPassword(ctx, account.ID, u.Password) }},
		{"inventory", func() error { return s.Inventory.CreateInventory(ctx, account.ID) }},
		{"outfit", func() error { return dress(ctx, s, account.ID) }},
		{"home", func() error { return settle(ctx, s, account.ID, u.Home) }},
		{"account", func() error { return s.Accounts.UpdateAccount(ctx, account) }},
	} {
		if err := step.do(); err != nil {
			return UserView{}, &Error{statusOf(err), fmt.Sprintf(
				"%s is begun but not finished, the %s failed (%v): create the user again with the same name, which goes on from there",
				shown(account.Name()), step.name, err)}
		}
	}
	return viewOf(account), nil
}

// begin is the account as it is to be in the end. In the service it stands unfinished: made now, or left
// by a creation that broke off.
func begin(ctx context.Context, accounts grid.Accounts, u NewUser) (grid.Account, error) {
	account := grid.Account{ID: u.ID, First: u.First, Last: u.Last, Email: u.Email, Level: u.Level}
	old, err := accounts.AccountByName(ctx, u.First, u.Last)
	switch {
	case err == nil && !unfinished(old):
		return account, &Error{http.StatusConflict, fmt.Sprintf(
			"there is already a user %s: take another name, or set that user's password with \"terrane user password\"", shown(old.Name()))}
	case err == nil && u.ID != uuid.Nil && u.ID != old.ID:
		return account, &Error{http.StatusConflict, fmt.Sprintf(
			"%s is begun, but not finished, with the id %s: leave --uuid out, or give that one", shown(old.Name()), old.ID)}
	case err == nil:
		account.ID, account.Created = old.ID, old.Created
		return account, nil
	case !errors.Is(err, grid.ErrNotFound):
		return account, err
	}
	hidden := account
	hidden.Level, hidden.Invisible = grid.LevelDisabled, true
	made, err := accounts.CreateAccount(ctx, hidden)
	if errors.Is(err, grid.ErrConflict) {
		return account, &Error{http.StatusConflict, fmt.Sprintf(
			"the id %s is another user's: leave --uuid out, and a new one is made", u.ID)}
	}
	account.ID, account.Created = made.ID, made.Created
	return account, err
}

// unfinished reports whether an account is one whose creation broke off. No other is both disabled and
// hidden: disabling hides nobody.
func unfinished(a grid.Account) bool { return a.Level == grid.LevelDisabled && a.Invisible }

func dress(ctx context.Context, s *agent.Services, user uuid.UUID) error {
	looks, err := s.Wardrobe.Outfit(ctx, user)
	if err != nil {
		return err
	}
	return s.Avatars.SetAvatar(ctx, user, looks)
}

// settle gives a user his home: where OpenSimulator puts it, in the middle of the first default region;
// the region finds the ground.
func settle(ctx context.Context, s *agent.Services, user, region uuid.UUID) error {
	if region == uuid.Nil {
		online, err := s.Regions.DefaultRegions(ctx)
		if err != nil || len(online) == 0 {
			return err
		}
		region = online[0].ID
	}
	return s.GridUsers.SetHome(ctx, user, grid.Place{
		Region: region, Position: geom.Vec3{X: 128, Y: 128}, LookAt: geom.Vec3{Y: 1},
	})
}
