package gridtest

import (
	"slices"
	"sync"
	"testing"

	"terrane/grid"

	"github.com/google/uuid"
)

// Friends holds a friends service to its contract. make gives each test an empty one.
func Friends(t *testing.T, make func(t *testing.T) grid.Friends) {
	t.Run("a user without friends has none", func(t *testing.T) {
		s := make(t)
		succeed(t, s.StoreFriend(t.Context(), uuid.New(), uuid.New(), 0))
		wantFriends(t, s, uuid.New())
	})
	t.Run("an offer is pending for who it is made to", func(t *testing.T) {
		s, ann, zoe := make(t), uuid.New(), uuid.New()
		succeed(t, s.StoreFriend(t.Context(), zoe, ann, 0))
		wantFriends(t, s, zoe, grid.Friend{User: zoe, Friend: ann, Mine: 0, Theirs: grid.RightsNone})
		wantFriends(t, s, ann)
		found, err := s.FriendsOf(t.Context(), zoe)
		succeed(t, err)
		if len(found) != 1 || !found[0].Pending() {
			t.Errorf("the offer is %+v", found)
		}
	})
	t.Run("a friendship is two rows and each sees the other's rights", func(t *testing.T) {
		s, ann, zoe := make(t), uuid.New(), uuid.New()
		succeed(t, s.StoreFriend(t.Context(), ann, zoe, grid.RightSeeOnline))
		succeed(t, s.StoreFriend(t.Context(), zoe, ann, grid.RightSeeOnline|grid.RightModifyObjects))
		wantFriends(t, s, ann, grid.Friend{User: ann, Friend: zoe, Mine: 1, Theirs: 5})
		wantFriends(t, s, zoe, grid.Friend{User: zoe, Friend: ann, Mine: 5, Theirs: 1})
	})
	t.Run("storing again replaces", func(t *testing.T) {
		s, ann, zoe := make(t), uuid.New(), uuid.New()
		for rights := range 8 {
			succeed(t, s.StoreFriend(t.Context(), ann, zoe, rights))
			wantFriends(t, s, ann, grid.Friend{User: ann, Friend: zoe, Mine: rights, Theirs: grid.RightsNone})
		}
	})
	t.Run("the list is ordered by friend", func(t *testing.T) {
		s, ann := make(t), uuid.New()
		var want []grid.Friend
		for range 20 {
			want = append(want, grid.Friend{User: ann, Friend: uuid.New(), Mine: 1, Theirs: grid.RightsNone})
		}
		for _, f := range want {
			succeed(t, s.StoreFriend(t.Context(), ann, f.Friend, 1))
		}
		slices.SortFunc(want, func(a, b grid.Friend) int { return slices.Compare(a.Friend[:], b.Friend[:]) })
		wantFriends(t, s, ann, want...)
	})
	t.Run("deleting deletes one direction", func(t *testing.T) {
		s, ann, zoe, bob := make(t), uuid.New(), uuid.New(), uuid.New()
		for _, row := range [][2]uuid.UUID{{ann, zoe}, {zoe, ann}, {ann, bob}} {
			succeed(t, s.StoreFriend(t.Context(), row[0], row[1], 1))
		}
		succeed(t, s.DeleteFriend(t.Context(), ann, zoe))
		wantFriends(t, s, ann, grid.Friend{User: ann, Friend: bob, Mine: 1, Theirs: grid.RightsNone})
		wantFriends(t, s, zoe, grid.Friend{User: zoe, Friend: ann, Mine: 1, Theirs: grid.RightsNone})
	})
	t.Run("deleting what is not there succeeds", func(t *testing.T) {
		s, ann, zoe := make(t), uuid.New(), uuid.New()
		succeed(t, s.StoreFriend(t.Context(), ann, zoe, 1))
		succeed(t, s.DeleteFriend(t.Context(), zoe, ann))
		succeed(t, s.DeleteFriend(t.Context(), uuid.New(), uuid.New()))
		wantFriends(t, s, ann, grid.Friend{User: ann, Friend: zoe, Mine: 1, Theirs: grid.RightsNone})
		succeed(t, s.DeleteFriend(t.Context(), ann, zoe))
		succeed(t, s.DeleteFriend(t.Context(), ann, zoe))
		wantFriends(t, s, ann)
	})
	t.Run("both may store at once", func(t *testing.T) {
		s, ann, zoe := make(t), uuid.New(), uuid.New()
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() { succeed(t, s.StoreFriend(t.Context(), ann, zoe, 1)) })
			wait.Go(func() { succeed(t, s.StoreFriend(t.Context(), zoe, ann, 3)) })
		}
		wait.Wait()
		wantFriends(t, s, ann, grid.Friend{User: ann, Friend: zoe, Mine: 1, Theirs: 3})
		wantFriends(t, s, zoe, grid.Friend{User: zoe, Friend: ann, Mine: 3, Theirs: 1})
	})
}

func wantFriends(t tester, s grid.Friends, user uuid.UUID, want ...grid.Friend) {
	t.Helper()
	got, err := s.FriendsOf(t.Context(), user)
	succeed(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("friends are %+v, want %+v", got, want)
	}
}
