package gridtest

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"terrane/grid"

	"github.com/google/uuid"
)

// Authentication holds an authentication service to its contract, as far as OpenSimulator's HTTP form
// carries it. make gives each test an empty one.
func Authentication(t *testing.T, make func(t *testing.T) grid.Authentication) {
	t.Run("Password", func(t *testing.T) { authPassword(t, make) })
	t.Run("Token", func(t *testing.T) { authToken(t, make) })
}

func authPassword(t *testing.T, make func(t *testing.T) grid.Authentication) {
	t.Run("a wrong password and an account without one are denied", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "secret")
		for _, a := range []grid.Attempt{
			{Account: account, Password: viewerHash("Secret")},
			{Account: account, Password: "secret"},
			{Account: account, Password: ""},
			{Account: uuid.New(), Password: viewerHash("secret")},
			{Account: uuid.New(), Password: viewerHash("")},
		} {
			token, err := s.Authenticate(t.Context(), a)
			refuse(t, err, grid.ErrDenied)
			if token != uuid.Nil {
				t.Error("a denied attempt got a token")
			}
		}
	})
	t.Run("the MD5 is taken with the viewers' prefix and without", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "secret")
		wantToken(t, s, account, viewerHash("secret"))
		wantToken(t, s, account, strings.TrimPrefix(viewerHash("secret"), "$1$"))
	})
	t.Run("a new password takes the place of the old", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "old")
		succeed(t, s.SetPassword(t.Context(), account, "new"))
		wantToken(t, s, account, viewerHash("new"))
		wantDenied(t, s, account, viewerHash("old"))
	})
	t.Run("of a long password all or the first sixteen bytes are accepted", func(t *testing.T) {
		const long = "correct horse battery staple"
		s := make(t)
		account := newPassword(t, s, long)
		wantToken(t, s, account, viewerHash(long))
		wantToken(t, s, account, viewerHash(long[:16]))
		wantDenied(t, s, account, viewerHash(long[:15]))
		wantDenied(t, s, account, viewerHash(long[:17]))
	})
	t.Run("sixteen bytes may end inside a letter", func(t *testing.T) {
		const long = "öööööööaööööö"
		s := make(t)
		account := newPassword(t, s, long)
		wantToken(t, s, account, viewerHash(long))
		wantToken(t, s, account, viewerHash(long[:16]))
	})
	t.Run("a long password's beginning is forgotten with it", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "correct horse battery staple")
		succeed(t, s.SetPassword(t.Context(), account, "new"))
		wantDenied(t, s, account, viewerHash("correct horse ba"))
	})
	t.Run("a password has 1 to 1024 bytes", func(t *testing.T) {
		s, account := make(t), uuid.New()
		for _, clear := range []string{"", strings.Repeat("x", 1025)} {
			refuse(t, s.SetPassword(t.Context(), account, clear), grid.ErrDenied)
		}
		wantDenied(t, s, account, viewerHash(""))
		for _, clear := range []string{"x", strings.Repeat("x", 1024)} {
			succeed(t, s.SetPassword(t.Context(), account, clear))
			wantToken(t, s, account, viewerHash(clear))
		}
	})
	t.Run("accounts with the same password are two", func(t *testing.T) {
		s := make(t)
		ann, zoe := newPassword(t, s, "secret"), newPassword(t, s, "secret")
		succeed(t, s.SetPassword(t.Context(), ann, "changed"))
		wantToken(t, s, zoe, viewerHash("secret"))
		wantDenied(t, s, ann, viewerHash("secret"))
	})
	t.Run("many may log in at once", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "secret")
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if _, err := s.Authenticate(t.Context(), grid.Attempt{Account: account, Password: viewerHash("secret")}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	})
}

func authToken(t *testing.T, make func(t *testing.T) grid.Authentication) {
	t.Run("each login has its own token and all are valid", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "secret")
		one, two := wantToken(t, s, account, viewerHash("secret")), wantToken(t, s, account, viewerHash("secret"))
		if one == two {
			t.Error("two logins got the same token")
		}
		succeed(t, s.VerifyToken(t.Context(), account, one, 0))
		succeed(t, s.VerifyToken(t.Context(), account, two, 0))
	})
	t.Run("a token that was not given out is denied", func(t *testing.T) {
		s := make(t)
		ann, zoe := newPassword(t, s, "secret"), newPassword(t, s, "secret")
		token := wantToken(t, s, ann, viewerHash("secret"))
		refuse(t, s.VerifyToken(t.Context(), ann, uuid.New(), time.Minute), grid.ErrDenied)
		refuse(t, s.VerifyToken(t.Context(), zoe, token, time.Minute), grid.ErrDenied)
		refuse(t, s.VerifyToken(t.Context(), ann, uuid.Nil, time.Minute), grid.ErrDenied)
		refuse(t, s.VerifyToken(t.Context(), uuid.New(), token, time.Minute), grid.ErrDenied)
	})
	t.Run("releasing ends a token and no other", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "secret")
		one, two := wantToken(t, s, account, viewerHash("secret")), wantToken(t, s, account, viewerHash("secret"))
		succeed(t, s.ReleaseToken(t.Context(), account, one))
		refuse(t, s.VerifyToken(t.Context(), account, one, 0), grid.ErrDenied)
		succeed(t, s.VerifyToken(t.Context(), account, two, 0))
	})
	t.Run("releasing a token that is not there succeeds", func(t *testing.T) {
		s := make(t)
		account := newPassword(t, s, "secret")
		token := wantToken(t, s, account, viewerHash("secret"))
		succeed(t, s.ReleaseToken(t.Context(), account, uuid.New()))
		succeed(t, s.ReleaseToken(t.Context(), uuid.New(), token))
		succeed(t, s.VerifyToken(t.Context(), account, token, 0))
		succeed(t, s.ReleaseToken(t.Context(), account, token))
		succeed(t, s.ReleaseToken(t.Context(), account, token))
	})
}

// TokenLife holds an authentication service to how long its tokens stay valid. make gives each test an empty
// one that goes by the clock now.
func TokenLife(t *testing.T, make func(t *testing.T, now func() time.Time) grid.Authentication) {
	for name, c := range map[string]struct{ asked, lives time.Duration }{
		"a token lives as long as asked for":                {10 * time.Minute, 10 * time.Minute},
		"a token lives for 30 minutes when nothing is said": {0, 30 * time.Minute},
		"a token lives for 30 minutes at most":              {24 * time.Hour, 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			for _, verified := range []bool{false, true} {
				clock := newClock()
				s := make(t, clock.Now)
				account := newPassword(t, s, "secret")
				first := c.asked
				if verified {
					first = time.Minute
				}
				token, err := s.Authenticate(t.Context(), grid.Attempt{Account: account, Password: viewerHash("secret"), Lifetime: first})
				succeed(t, err)
				if verified {
					clock.move(time.Minute - time.Second)
					succeed(t, s.VerifyToken(t.Context(), account, token, c.asked))
				}
				clock.move(c.lives - time.Second)
				succeed(t, s.VerifyToken(t.Context(), account, token, time.Second))
				clock.move(time.Minute + time.Second)
				refuse(t, s.VerifyToken(t.Context(), account, token, c.asked), grid.ErrDenied)
			}
		})
	}
	t.Run("a token that has run out stays so", func(t *testing.T) {
		clock := newClock()
		s := make(t, clock.Now)
		account := newPassword(t, s, "secret")
		token := wantToken(t, s, account, viewerHash("secret"))
		clock.move(30 * time.Minute)
		for range 2 {
			refuse(t, s.VerifyToken(t.Context(), account, token, 0), grid.ErrDenied)
		}
		succeed(t, s.ReleaseToken(t.Context(), account, token))
	})
}

// Attempts holds an authentication service to how it treats who guesses. make gives each test an empty one
// that goes by the clock now.
func Attempts(t *testing.T, make func(t *testing.T, now func() time.Time) grid.Authentication) {
	t.Run("too many failures on one account are refused, then even the right password", func(t *testing.T) {
		clock := newClock()
		s := make(t, clock.Now)
		account, bystander := newPassword(t, s, "secret"), newPassword(t, s, "secret")
		from := func() netip.Addr { return netip.AddrFrom16(uuid.New()) }
		refused := guessUntilRefused(t, s, func() grid.Attempt {
			return grid.Attempt{Account: account, Password: viewerHash("guess"), Address: from()}
		})
		_, err := s.Authenticate(t.Context(), grid.Attempt{Account: account, Password: viewerHash("secret"), Address: from()})
		wantTooMany(t, err)
		wantToken(t, s, bystander, viewerHash("secret"))

		clock.move(refused.Retry - time.Millisecond)
		_, err = s.Authenticate(t.Context(), grid.Attempt{Account: account, Password: viewerHash("secret")})
		wantTooMany(t, err)
		clock.move(time.Millisecond)
		wantToken(t, s, account, viewerHash("secret"))
	})
	t.Run("who goes on guessing waits longer", func(t *testing.T) {
		clock := newClock()
		s := make(t, clock.Now)
		guess := func() grid.Attempt { return grid.Attempt{Account: uuid.Max, Password: viewerHash("guess")} }
		first := guessUntilRefused(t, s, guess)
		clock.move(first.Retry)
		if second := guessUntilRefused(t, s, guess); second.Retry <= first.Retry {
			t.Errorf("he waits %v after %v", second.Retry, first.Retry)
		}
	})
	t.Run("too many failures from one address are refused for all accounts", func(t *testing.T) {
		clock := newClock()
		s := make(t, clock.Now)
		account := newPassword(t, s, "secret")
		here, elsewhere := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		refused := guessUntilRefused(t, s, func() grid.Attempt {
			return grid.Attempt{Account: uuid.New(), Password: viewerHash("guess"), Address: here}
		})
		attempt := grid.Attempt{Account: account, Password: viewerHash("secret"), Address: here}
		_, err := s.Authenticate(t.Context(), attempt)
		wantTooMany(t, err)
		attempt.Address = elsewhere
		_, err = s.Authenticate(t.Context(), attempt)
		succeed(t, err)
		clock.move(refused.Retry)
		attempt.Address = here
		_, err = s.Authenticate(t.Context(), attempt)
		succeed(t, err)
	})
	t.Run("no address is not limited by address", func(t *testing.T) {
		s := make(t, newClock().Now)
		for range 25 {
			_, err := s.Authenticate(t.Context(), grid.Attempt{Account: uuid.New(), Password: viewerHash("guess")})
			refuse(t, err, grid.ErrDenied)
			if errors.As(err, new(*grid.TooManyAttempts)) {
				t.Fatal("it was refused as one guess too many")
			}
		}
	})
	t.Run("those who know their passwords are never too many", func(t *testing.T) {
		s := make(t, newClock().Now)
		account := newPassword(t, s, "secret")
		for range 25 {
			_, err := s.Authenticate(t.Context(), grid.Attempt{
				Account: account, Password: viewerHash("secret"), Address: netip.MustParseAddr("192.0.2.1"),
			})
			succeed(t, err)
		}
	})
}

// guessUntilRefused goes on until the service has had enough.
func guessUntilRefused(t tester, s grid.Authentication, guess func() grid.Attempt) *grid.TooManyAttempts {
	t.Helper()
	for range 200 {
		_, err := s.Authenticate(t.Context(), guess())
		refuse(t, err, grid.ErrDenied)
		var refused *grid.TooManyAttempts
		if errors.As(err, &refused) {
			if refused.Retry <= 0 {
				t.Errorf("he is to try again in %v", refused.Retry)
			}
			return refused
		}
	}
	t.Fatal("200 guesses were looked at")
	return nil
}

func wantTooMany(t tester, err error) {
	t.Helper()
	refuse(t, err, grid.ErrDenied)
	if !errors.As(err, new(*grid.TooManyAttempts)) {
		t.Errorf("error is %v, want too many attempts", err)
	}
}

// newPassword sets the password of a new account.
func newPassword(t tester, s grid.Authentication, clear string) (account uuid.UUID) {
	t.Helper()
	account = uuid.New()
	succeed(t, s.SetPassword(t.Context(), account, clear))
	return account
}

// viewerHash is what a viewer sends for a password.
func viewerHash(clear string) string {
	sum := md5.Sum([]byte(clear))
	return "$1$" + hex.EncodeToString(sum[:])
}

func wantToken(t tester, s grid.Authentication, account uuid.UUID, password string) uuid.UUID {
	t.Helper()
	token, err := s.Authenticate(t.Context(), grid.Attempt{Account: account, Password: password})
	succeed(t, err)
	if token == uuid.Nil {
		t.Errorf("the token is zero")
	}
	return token
}

func wantDenied(t tester, s grid.Authentication, account uuid.UUID, password string) {
	t.Helper()
	_, err := s.Authenticate(t.Context(), grid.Attempt{Account: account, Password: password})
	refuse(t, err, grid.ErrDenied)
}
