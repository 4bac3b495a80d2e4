package node

import (
	"context"
	"errors"
	"fmt"

	"terrane/agent"
	"terrane/grid"
	"terrane/grid/service/account"
	"terrane/grid/service/asset"
	"terrane/grid/service/authentication"
	"terrane/grid/service/avatar"
	"terrane/grid/service/friends"
	"terrane/grid/service/griduser"
	"terrane/grid/service/inventory"
	"terrane/grid/service/library"
	"terrane/grid/service/message"
	"terrane/grid/service/mute"
	"terrane/grid/service/preferences"
	"terrane/grid/service/presence"
	registry "terrane/grid/service/region"
	"terrane/store"
)

// stores are the databases of the grid's services.
type stores struct {
	grid     *store.DB // users and all that is theirs: synced fully
	presence *store.DB // who is online, and which regions: said again after a power cut
	assets   *store.DB // what the blobs are: synced fully
	accounts *account.Service
	contents *asset.Service
	library  *library.Library
}

func openStores(ctx context.Context, dir *folder) (*stores, error) {
	s := &stores{}
	for _, open := range []struct {
		to   **store.DB
		file string
		sync store.Sync
	}{
		{&s.grid, gridFile, store.SyncFull},
		{&s.presence, presenceFile, store.SyncNormal},
		{&s.assets, assetFile, store.SyncFull},
	} {
		db, err := store.Open(ctx, dir.file(open.file), store.Options{Sync: open.sync})
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*open.to = db
	}
	return s, nil
}

// services are the grid's services in this process, over the stores, and the regions of near.
func (s *stores) services(ctx context.Context, dir *folder, c Config, near local) (*agent.Services, error) {
	var err error
	keep := func(e error) { err = errors.Join(err, e) }
	var e error
	out := &agent.Services{
		Simulation: near, SessionEnder: near, RegionFriends: near, RegionMessages: near, Departures: near,
	}
	s.accounts, e = account.New(s.grid, account.Options{})
	keep(e)
	out.Accounts = s.accounts
	out.Authentication, e = authentication.New(s.grid, authentication.Options{})
	keep(e)
	out.GridUsers, e = griduser.New(s.grid, griduser.Options{})
	keep(e)
	out.Presences, e = presence.New(s.presence, presence.Options{Terms: leaseTerms(c)})
	keep(e)
	out.Friends, e = friends.New(s.grid)
	keep(e)
	out.Regions, e = registry.New(s.presence, registry.Options{})
	keep(e)
	out.Mutes, e = mute.New(s.grid, mute.Options{})
	keep(e)
	out.Preferences, e = preferences.New(s.grid)
	keep(e)
	out.Messages, e = message.New(s.grid, message.Options{})
	keep(e)
	out.Avatars, e = avatar.New(s.grid)
	keep(e)
	s.contents, e = asset.New(s.assets, asset.Options{Dir: dir.file(blobFolder)})
	keep(e)
	out.Assets = s.contents
	s.library = library.New()
	items, e := inventory.New(s.grid, inventory.Options{Outfit: s.library.Outfit()})
	keep(e)
	out.Inventory, out.Wardrobe = items, items
	if err != nil {
		return nil, err
	}
	if err := library.Seed(ctx, out.Assets); err != nil {
		return nil, fmt.Errorf("default content: %w", err)
	}
	return out, nil
}

// leaseTerms leave a viewer a little more time to open its circuit than its region waits for it, so
// that the region ends the session first.
func leaseTerms(c Config) grid.LeaseTerms {
	s := c.Session
	return grid.LeaseTerms{Pending: s.Pending.Duration + s.Renew.Duration, Owned: s.Lease.Duration}
}

func (s *stores) close() error {
	var errs []error
	for _, db := range []*store.DB{s.grid, s.presence, s.assets} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
