package e2e

import "testing"

// TestStories plays all stories. Those that leave the server alone share one, with users of their own.
func TestStories(t *testing.T) {
	prepare(t)
	look(t)
	binary := build(t)
	shared := newWorld(t, binary)

	t.Run("of users", func(t *testing.T) {
		for spot, s := range []struct {
			name, script string
			users        []string
		}{
			{"a user is shown the region and leaves it", "login", []string{"Ann"}},
			{"two users see each other come, walk and go", "sight", []string{"Ann", "Ben"}},
			{"two users talk, also when one is away", "words", []string{"Ann", "Ben"}},
			{"friends know when the other comes and goes", "friends", []string{"Ann", "Ben"}},
			{"who logs out is let in again at once", "relogin", []string{"Ann", "Ben"}},
			{"who is still logging out is let in again", "overlap", []string{"Ann"}},
			{"whose viewer was killed is let in at once", "death", []string{"Ann", "Ben"}},
			{"who does not know the password is refused", "refused", []string{"Ann"}},
			{"the newer of two viewers is let in and the older thrown out", "twice", []string{"Ann", "Ben"}},
		} {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				users := shared.users(t, s.script, spot, s.users...)
				shared.play(t, s.script, told{Users: users}).endsWell(t)
			})
		}
		t.Run("a shutdown logs everybody out, who land where they were", func(t *testing.T) {
			t.Parallel()
			shutdown(t, newWorld(t, binary))
		})
		t.Run("a killed server lets everybody in at once when it is back", func(t *testing.T) {
			t.Parallel()
			crash(t, newWorld(t, binary))
		})
	})
	shared.shutDown(t)
}

func shutdown(t *testing.T, w *world) {
	users := w.users(t, "shutdown", 0, "Ann", "Ben")
	leaving := w.play(t, "shutdown", told{Users: users})
	places := leaving.says(t, "standing", "places")
	w.shutDown(t)
	leaving.endsWell(t)

	w.start(t)
	w.play(t, "back", told{Users: users, Places: places}).endsWell(t)
	w.shutDown(t)
}

func crash(t *testing.T, w *world) {
	users := w.users(t, "crash", 0, "Ann", "Ben")
	lost := w.play(t, "stay", told{Users: users})
	lost.says(t, "in", "event")
	w.server.kill()
	lost.kill()

	w.start(t)
	w.play(t, "back", told{Users: users}).endsWell(t)
	w.shutDown(t)
}
