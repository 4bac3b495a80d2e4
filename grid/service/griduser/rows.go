package griduser

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"terrane/geom"
	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
)

// record is a row of GridUser.
type record struct {
	key   string // UserID: the user's UUID, or a foreign visitor's whole id
	user  grid.GridUser
	epoch uint64     // highest seen
	login grid.Fence // of who marked the user online last; zero when nobody fenced did
}

// query finds the users' records, one for each who has any. A visitor may have several, when the address
// of his home has changed: the one that was used last counts.
func query(ctx context.Context, tx *sql.Tx, users []uuid.UUID) ([]record, error) {
	var all []record
	for in, args := range store.In(users) {
		found, err := rowsOf(ctx, tx, in, args)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return latest(all), nil
}

func rowsOf(ctx context.Context, tx *sql.Tx, in string, args []any) ([]record, error) {
	rows, err := tx.QueryContext(ctx, `SELECT UserID, HomeRegionID, HomePosition, HomeLookAt, LastRegionID, LastPosition, LastLookAt,
		Online, Login, Logout, Epoch, LoginSession, LoginEpoch FROM GridUser WHERE substr(UserID, 1, 36) IN `+in, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// latest keeps of each user's records the one that was used last.
func latest(all []record) []record {
	used := func(r record) int64 { return max(grid.Unix(r.user.Login), grid.Unix(r.user.Logout)) }
	slices.SortFunc(all, func(a, b record) int {
		return cmp.Or(slices.Compare(a.user.User[:], b.user.User[:]), cmp.Compare(used(b), used(a)), cmp.Compare(a.key, b.key))
	})
	return slices.CompactFunc(all, func(a, b record) bool { return a.user.User == b.user.User })
}

func scan(rows *sql.Rows) (record, error) {
	var r record
	var online string
	var login, logout, epoch, loginEpoch int64
	u := &r.user
	err := rows.Scan(&r.key, store.UUID(&u.Home.Region), vector(&u.Home.Position), vector(&u.Home.LookAt),
		store.UUID(&u.Last.Region), vector(&u.Last.Position), vector(&u.Last.LookAt),
		&online, &login, &logout, &epoch, store.UUID(&r.login.Session), &loginEpoch)
	if err != nil {
		return record{}, err
	}
	u.User, err = uuid.Parse(r.key[:36])
	if err != nil {
		return record{}, fmt.Errorf("user %q: %w", r.key, err)
	}
	u.Online = strings.EqualFold(strings.TrimSpace(online), "true")
	u.Login, u.Logout = grid.FromUnix(login), grid.FromUnix(logout)
	r.epoch, r.login.Epoch = uint64(epoch), uint64(loginEpoch)
	return r, nil
}

func write(tx *sql.Tx, r record) error {
	u := r.user
	online := "False"
	if u.Online {
		online = "True"
	}
	_, err := tx.Exec(`INSERT INTO GridUser (UserID, HomeRegionID, HomePosition, HomeLookAt, LastRegionID, LastPosition, LastLookAt,
			Online, Login, Logout, Epoch, LoginSession, LoginEpoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (UserID) DO UPDATE SET HomeRegionID = excluded.HomeRegionID, HomePosition = excluded.HomePosition,
			HomeLookAt = excluded.HomeLookAt, LastRegionID = excluded.LastRegionID, LastPosition = excluded.LastPosition,
			LastLookAt = excluded.LastLookAt, Online = excluded.Online, Login = excluded.Login, Logout = excluded.Logout,
			Epoch = excluded.Epoch, LoginSession = excluded.LoginSession, LoginEpoch = excluded.LoginEpoch`,
		r.key, u.Home.Region, u.Home.Position.String(), u.Home.LookAt.String(),
		u.Last.Region, u.Last.Position.String(), u.Last.LookAt.String(),
		online, grid.Unix(u.Login), grid.Unix(u.Logout), int64(r.epoch), r.login.Session, int64(r.login.Epoch))
	return err
}

// vector reads "<1, 2, 3>". What is none, as old grids' tables may hold, is the zero vector.
func vector(v *geom.Vec3) sql.Scanner { return (*vectorColumn)(v) }

type vectorColumn geom.Vec3

// Scan implements sql.Scanner.
func (v *vectorColumn) Scan(src any) error {
	text, isText := src.(string)
	if !isText {
		return fmt.Errorf("a %T is no vector", src)
	}
	read, err := geom.ParseVec3(text)
	if err != nil {
		read = geom.Vec3{}
	}
	*v = vectorColumn(read)
	return nil
}
