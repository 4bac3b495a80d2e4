package region

import (
	"context"
	"database/sql"
	"strings"

	"terrane/grid"
	"terrane/store"
)

func one(ctx context.Context, tx *sql.Tx, where string, args ...any) (grid.Region, error) {
	found, err := query(ctx, tx, where, args...)
	if err != nil {
		return grid.Region{}, err
	}
	if len(found) == 0 {
		return grid.Region{}, grid.ErrNotFound
	}
	return found[0], nil
}

func query(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]grid.Region, error) {
	rows, err := tx.QueryContext(ctx, `SELECT uuid, ScopeID, regionName, regionSecret, serverIP, serverPort, serverHttpPort, serverURI,
		locX, locY, sizeX, sizeY, regionMapTexture, owner_uuid, access, flags, last_seen, Boot FROM regions `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []grid.Region
	for rows.Next() {
		var r grid.Region
		var seen int64
		err := rows.Scan(store.UUID(&r.ID), store.UUID(&r.Scope), &r.Name, &r.Secret, &r.Host, &r.UDPPort, &r.HTTPPort, &r.ServerURI,
			&r.X, &r.Y, &r.SizeX, &r.SizeY, store.UUID(&r.MapTile), store.UUID(&r.Owner), &r.Access, &r.Flags, &seen, store.UUID(&r.Boot))
		if err != nil {
			return nil, err
		}
		r.LastSeen = grid.FromUnix(seen)
		out = append(out, r)
	}
	return out, rows.Err()
}

func write(tx *sql.Tx, r grid.Region) error {
	_, err := tx.Exec(`INSERT INTO regions (uuid, ScopeID, regionHandle, regionName, regionSecret, serverIP, serverPort, serverHttpPort,
			serverURI, locX, locY, sizeX, sizeY, regionMapTexture, owner_uuid, access, flags, last_seen, NameKey, Boot)
		VALUES (?`+strings.Repeat(", ?", 19)+`)
		ON CONFLICT (uuid) DO UPDATE SET ScopeID = excluded.ScopeID, regionHandle = excluded.regionHandle,
			regionName = excluded.regionName, regionSecret = excluded.regionSecret, serverIP = excluded.serverIP,
			serverPort = excluded.serverPort, serverHttpPort = excluded.serverHttpPort, serverURI = excluded.serverURI,
			locX = excluded.locX, locY = excluded.locY, sizeX = excluded.sizeX, sizeY = excluded.sizeY,
			regionMapTexture = excluded.regionMapTexture, owner_uuid = excluded.owner_uuid, access = excluded.access,
			flags = excluded.flags, last_seen = excluded.last_seen, NameKey = excluded.NameKey, Boot = excluded.Boot`,
		r.ID, r.Scope, int64(r.Handle()), r.Name, r.Secret, r.Host, r.UDPPort, r.HTTPPort,
		r.ServerURI, r.X, r.Y, r.SizeX, r.SizeY, r.MapTile, r.Owner, r.Access, r.Flags, grid.Unix(r.LastSeen), store.Fold(r.Name), r.Boot)
	return err
}
