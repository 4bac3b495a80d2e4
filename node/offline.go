package node

import (
	"context"
	"errors"
	"net/http"

	"terrane/agent"
	"terrane/console"
	"terrane/store"

	"github.com/google/uuid"
)

// Offline is the operator's calls on a data folder that no server runs on. The second result closes it.
func Offline(ctx context.Context, data, config string) (http.Handler, func() error, error) {
	c, err := loadConfig(data, config, DefaultConfig())
	if err != nil {
		return nil, nil, err
	}
	dir, err := openFolder(data)
	if err != nil {
		return nil, nil, err
	}
	stores, err := openStores(ctx, dir)
	if err != nil {
		return nil, nil, errors.Join(err, dir.close())
	}
	done := func() error { return errors.Join(stores.close(), dir.close()) }
	if err := dir.keepConfig(c); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	services, err := stores.services(ctx, dir, c, nil)
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	a := &console.Admin{
		Services: services, Lister: stores.accounts,
		Regions: func() []console.RegionView {
			var views []console.RegionView
			for i, r := range c.Regions {
				views = append(views, regionView(r, i))
			}
			return views
		},
		Journal: func(ctx context.Context, user uuid.UUID) ([]console.JournalRow, error) {
			return offlineRows(ctx, dir, c, user)
		},
	}
	return a, done, nil
}

// offlineRows reads the journals of regions that do not run.
func offlineRows(ctx context.Context, dir *folder, c Config, user uuid.UUID) (rows []console.JournalRow, err error) {
	for _, r := range c.Regions {
		db, err := store.Open(ctx, dir.file(regionFolder, r.ID.String()+".sqlite"), store.Options{Sync: store.SyncFull, Readers: 1})
		if err != nil {
			return nil, err
		}
		journal, err := agent.OpenJournal(ctx, db)
		if err == nil {
			var more []console.JournalRow
			more, err = rowsOf(ctx, journal, user)
			rows = append(rows, more...)
		}
		if err = errors.Join(err, db.Close()); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
