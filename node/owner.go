package node

import (
	"context"
	"errors"
	"fmt"

	"terrane/console"
	"terrane/grid"

	"github.com/google/uuid"
)

// The owner's account of a world that started with nothing.
const (
	ownerFirst = "Grid"
	ownerLast  = "Owner"
)

// owner is the account that a new world belongs to. In a world without any account it is made, and its
// password is printed, once.
func (w *World) owner(ctx context.Context) (uuid.UUID, error) {
	a, err := w.services.Accounts.AccountByName(ctx, ownerFirst, ownerLast)
	if err == nil {
		return a.ID, nil
	}
	if !errors.Is(err, grid.ErrNotFound) {
		return uuid.Nil, err
	}
	any := false
	if err := w.stores.accounts.ListAccounts(ctx, func(grid.Account) bool { any = true; return false }); err != nil {
		return uuid.Nil, err
	}
	if any {
		return uuid.Nil, nil // somebody runs this world under other names
	}
	password := console.NewPassword()
	made, err := console.CreateUser(ctx, w.services, console.NewUser{
		First: ownerFirst, Last: ownerLast, Password: password, Level: grid.LevelGod, Home: w.config.Regions[0].ID,
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("owner's account: %w", err)
	}
	fmt.Fprintf(w.out, "The owner of this world is %s %s, password %s\n(shown only now; \"terrane user password\" sets another)\n",
		ownerFirst, ownerLast, password)
	return made.ID, nil
}
