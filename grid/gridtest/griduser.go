package gridtest

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// GridUsers holds a grid user service to its contract. make gives each test an empty one.
func GridUsers(t *testing.T, make func(t *testing.T) grid.GridUsers) {
	t.Run("a user for whom nothing was written is not found", func(t *testing.T) {
		s := make(t)
		succeed(t, s.LoggedIn(t.Context(), uuid.New()))
		_, err := s.GridUser(t.Context(), uuid.New())
		refuse(t, err, grid.ErrNotFound)
	})
	t.Run("logging in marks a user online now and nothing else", func(t *testing.T) {
		s, want := make(t), knownUser()
		succeed(t, s.SetHome(t.Context(), want.User, want.Home))
		succeed(t, s.SetPosition(t.Context(), want.User, want.Last))
		began := time.Now()
		succeed(t, s.LoggedIn(t.Context(), want.User))
		got, err := s.GridUser(t.Context(), want.User)
		succeed(t, err)
		wantNow(t, got.Login, began)
		want.Online, want.Login = true, got.Login
		wantGridUser(t, s, want)
	})
	t.Run("logging out marks a user offline now and stores his last place", func(t *testing.T) {
		s, want := make(t), knownUser()
		succeed(t, s.SetHome(t.Context(), want.User, want.Home))
		succeed(t, s.LoggedIn(t.Context(), want.User))
		online, err := s.GridUser(t.Context(), want.User)
		succeed(t, err)
		began := time.Now()
		succeed(t, s.LoggedOut(t.Context(), want.User, want.Last))
		got, err := s.GridUser(t.Context(), want.User)
		succeed(t, err)
		wantNow(t, got.Logout, began)
		want.Login, want.Logout = online.Login, got.Logout
		wantGridUser(t, s, want)
	})
	t.Run("a position is the last place and nothing else", func(t *testing.T) {
		s, want := make(t), knownUser()
		succeed(t, s.SetPosition(t.Context(), want.User, grid.Place{Region: uuid.New()}))
		succeed(t, s.SetPosition(t.Context(), want.User, want.Last))
		want.Home = grid.Place{}
		wantGridUser(t, s, want)
	})
	t.Run("a home is stored and nothing else", func(t *testing.T) {
		s, want := make(t), knownUser()
		succeed(t, s.SetHome(t.Context(), want.User, grid.Place{Region: uuid.New()}))
		succeed(t, s.SetHome(t.Context(), want.User, want.Home))
		want.Last = grid.Place{}
		wantGridUser(t, s, want)
	})
	t.Run("positions keep every digit", func(t *testing.T) {
		s, want := make(t), knownUser()
		want.Home = grid.Place{}
		for _, v := range []geom.Vec3{{X: 0.1, Y: 1.0 / 3, Z: 4095.9998}, {X: -1e-7, Y: 1e9, Z: math.SmallestNonzeroFloat32}, {}} {
			want.Last.Position, want.Last.LookAt = v, geom.Vec3{X: v.Z, Y: v.X, Z: v.Y}
			succeed(t, s.SetPosition(t.Context(), want.User, want.Last))
			wantGridUser(t, s, want)
		}
	})
	t.Run("of many users those without a record are left out", func(t *testing.T) {
		s, ann, zoe := make(t), knownUser(), knownUser()
		ann.Home, zoe.Home = grid.Place{}, grid.Place{}
		for _, u := range []grid.GridUser{ann, zoe} {
			succeed(t, s.SetPosition(t.Context(), u.User, u.Last))
		}
		users := []uuid.UUID{zoe.User, ann.User, zoe.User}
		for range 1000 {
			users = append(users, uuid.New())
		}
		found, err := s.GridUsers(t.Context(), users)
		succeed(t, err)
		got := map[uuid.UUID]grid.GridUser{}
		for _, u := range found {
			got[u.User] = u
		}
		if len(found) != 2 || got[ann.User] != ann || got[zoe.User] != zoe {
			t.Errorf("found %+v", found)
		}
		found, err = s.GridUsers(t.Context(), nil)
		succeed(t, err)
		if len(found) != 0 {
			t.Errorf("of nobody it found %+v", found)
		}
	})
	t.Run("setters at once lose nothing of each other", func(t *testing.T) {
		s, want := make(t), knownUser()
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() { succeed(t, s.SetHome(t.Context(), want.User, want.Home)) })
			wait.Go(func() { succeed(t, s.SetPosition(t.Context(), want.User, want.Last)) })
		}
		wait.Wait()
		wantGridUser(t, s, want)
	})
}

// FencedGridUsers holds a grid user service to its contract, epochs included. make gives each test an
// empty one that goes by the clock now.
func FencedGridUsers(t *testing.T, make func(t *testing.T, now func() time.Time) grid.FencedGridUsers) {
	t.Run("GridUsers", func(t *testing.T) {
		GridUsers(t, func(t *testing.T) grid.GridUsers { return make(t, time.Now) })
	})
	fresh := func(t *testing.T) (grid.FencedGridUsers, *clock) {
		c := newClock()
		return make(t, c.Now), c
	}
	writes := map[string]func(grid.FencedGridUsers, *testing.T, grid.GridUser, grid.Fence, time.Time) error{
		"LoggedInAs": func(s grid.FencedGridUsers, t *testing.T, u grid.GridUser, f grid.Fence, _ time.Time) error {
			return s.LoggedInAs(t.Context(), u.User, f)
		},
		"LoggedOutAs": func(s grid.FencedGridUsers, t *testing.T, u grid.GridUser, f grid.Fence, at time.Time) error {
			return s.LoggedOutAs(t.Context(), u.User, f, u.Home, at)
		},
		"SetPositionAs": func(s grid.FencedGridUsers, t *testing.T, u grid.GridUser, f grid.Fence, _ time.Time) error {
			return s.SetPositionAs(t.Context(), u.User, f, u.Home)
		},
	}
	for name, write := range writes {
		t.Run(name+" with a lower epoch is superseded and writes nothing", func(t *testing.T) {
			s, c := fresh(t)
			u := knownUser()
			succeed(t, s.LoggedInAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 7}))
			succeed(t, s.SetPositionAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 8}, u.Last))
			before, err := s.GridUser(t.Context(), u.User)
			succeed(t, err)
			c.move(time.Hour)
			for _, f := range []grid.Fence{{Session: uuid.New(), Epoch: 7}, {Session: uuid.New(), Epoch: 1}, {Session: uuid.New()}} {
				refuse(t, write(s, t, u, f, c.Now()), grid.ErrSuperseded)
				wantGridUser(t, s, before)
			}
		})
		t.Run(name+" with a higher epoch raises it", func(t *testing.T) {
			s, c := fresh(t)
			u := knownUser()
			succeed(t, write(s, t, u, grid.Fence{Session: uuid.New(), Epoch: 5}, c.Now()))
			succeed(t, write(s, t, u, grid.Fence{Session: uuid.New(), Epoch: 9}, c.Now()))
			refuse(t, s.SetPositionAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 8}, u.Last), grid.ErrSuperseded)
			succeed(t, s.SetPositionAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 9}, u.Last))
		})
		t.Run(name+" with the zero fence is never refused and raises nothing", func(t *testing.T) {
			s, c := fresh(t)
			u := knownUser()
			succeed(t, s.SetPositionAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 5}, u.Last))
			succeed(t, write(s, t, u, grid.Fence{}, c.Now()))
			succeed(t, s.SetPositionAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 5}, u.Last))
			refuse(t, s.SetPositionAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 4}, u.Last), grid.ErrSuperseded)
		})
		t.Run(name+" twice is the same as once", func(t *testing.T) {
			s, c := fresh(t)
			u, f, at := knownUser(), grid.Fence{Session: uuid.New(), Epoch: 5}, c.Now()
			succeed(t, s.LoggedInAs(t.Context(), u.User, grid.Fence{Session: f.Session, Epoch: 4}))
			succeed(t, write(s, t, u, f, at))
			once, err := s.GridUser(t.Context(), u.User)
			succeed(t, err)
			c.move(time.Minute)
			succeed(t, write(s, t, u, f, at))
			wantGridUser(t, s, once)
		})
	}
	t.Run("a session is online from its login and offline since its logout", func(t *testing.T) {
		s, c := fresh(t)
		want, f := knownUser(), grid.Fence{Session: uuid.New(), Epoch: 1}
		want.Home = grid.Place{}
		want.Online, want.Login = true, c.Now()
		succeed(t, s.LoggedInAs(t.Context(), want.User, f))
		succeed(t, s.SetPositionAs(t.Context(), want.User, f, want.Last))
		wantGridUser(t, s, want)
		want.Online, want.Logout = false, c.Now().Add(time.Minute)
		c.move(time.Hour)
		succeed(t, s.LoggedOutAs(t.Context(), want.User, f, want.Last, want.Logout))
		wantGridUser(t, s, want)
	})
	t.Run("the unfenced setters are never refused", func(t *testing.T) {
		s, _ := fresh(t)
		u := knownUser()
		succeed(t, s.LoggedInAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: 5}))
		succeed(t, s.LoggedOut(t.Context(), u.User, u.Last))
		succeed(t, s.LoggedIn(t.Context(), u.User))
		succeed(t, s.SetPosition(t.Context(), u.User, u.Home))
		succeed(t, s.SetHome(t.Context(), u.User, u.Home))
	})
	t.Run("each user has his own epoch", func(t *testing.T) {
		s, _ := fresh(t)
		succeed(t, s.LoggedInAs(t.Context(), uuid.New(), grid.Fence{Session: uuid.New(), Epoch: 5}))
		succeed(t, s.LoggedInAs(t.Context(), uuid.New(), grid.Fence{Session: uuid.New(), Epoch: 1}))
	})
	t.Run("of many writers the highest epoch wins", func(t *testing.T) {
		s, _ := fresh(t)
		u := knownUser()
		var wait sync.WaitGroup
		for epoch := uint64(1); epoch <= 30; epoch++ {
			wait.Go(func() {
				last := grid.Place{Region: u.Last.Region, Position: geom.Vec3{X: float32(epoch)}}
				err := s.SetPositionAs(t.Context(), u.User, grid.Fence{Session: uuid.New(), Epoch: epoch}, last)
				if err != nil && !errors.Is(err, grid.ErrSuperseded) {
					t.Errorf("epoch %d: %v", epoch, err)
				}
			})
		}
		wait.Wait()
		got, err := s.GridUser(t.Context(), u.User)
		succeed(t, err)
		if got.Last.Position.X != 30 {
			t.Errorf("epoch %v wrote last", got.Last.Position.X)
		}
	})
}

// knownUser is a user with a home and a last place.
func knownUser() grid.GridUser {
	place := func(x float32) grid.Place {
		return grid.Place{Region: uuid.New(), Position: geom.Vec3{X: x, Y: 128, Z: 21.5}, LookAt: geom.Vec3{Y: 1}}
	}
	return grid.GridUser{User: uuid.New(), Home: place(1), Last: place(2)}
}

// wantNow allows for tables and forms that hold whole seconds.
func wantNow(t tester, got, began time.Time) {
	t.Helper()
	if got.Before(began.Truncate(time.Second)) || got.After(time.Now().Add(time.Second)) {
		t.Errorf("the time is %v and it is now %v", got, began)
	}
}

func wantGridUser(t tester, s grid.GridUsers, want grid.GridUser) {
	t.Helper()
	got, err := s.GridUser(t.Context(), want.User)
	succeed(t, err)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("grid user is %+v, want %+v", got, want)
	}
}
