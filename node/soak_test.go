package node

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terrane/bot"
)

// TestSoakComingAndGoing has users come and go in every way there is, for as long as TERRANE_SOAK says:
// they log out, die without a word, come back while they leave, and stop half way in. Nobody is ever
// refused, and afterwards nothing is left of anybody.
func TestSoakComingAndGoing(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("TERRANE_SOAK"))
	if err != nil {
		t.Skip("set TERRANE_SOAK to a duration, as \"make soak\" does")
	}
	w, err := Start(t.Context(), freePorts(newData(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, w)
	const users = 16
	crowd(t, w, users)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var (
		all   sync.WaitGroup
		lives atomic.Int64
	)
	for i := range users {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := live(ctx, w, i); err != nil && ctx.Err() == nil {
					t.Errorf("user %d: %v", i, err)
					return
				}
				lives.Add(1)
			}
		})
	}
	all.Wait()
	settle(t, w)
	if n := w.caps.Len(); n != 0 {
		t.Errorf("%d capabilities are left", n)
	}
	t.Logf("%d lives in %v", lives.Load(), length)
}

// live is one life of a user, and one of the ways to end it.
func live(ctx context.Context, w *World, i int) error {
	o := bot.Options{
		LoginURI: w.LoginURI(), First: "Crowd", Last: fmt.Sprint(i), Password: "secret",
		HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	end := rand.IntN(5)
	if end == 4 {
		o.Stop = bot.Stage(rand.IntN(4))
	}
	b, err := bot.Login(ctx, o)
	if err != nil {
		return err
	}
	defer b.Close()
	if o.Stop != bot.InWorld {
		return nil
	}
	if err := b.Walk(rand.Float32() * 6); err != nil {
		return err
	}
	rest := time.NewTimer(rand.N(2 * time.Second))
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
	switch end {
	case 0:
		b.Die()
		return nil
	case 1:
		return b.RequestLogout(context.WithoutCancel(ctx)) // and comes back without waiting for the reply
	default:
		_, err := b.Logout(context.WithoutCancel(ctx))
		return err
	}
}
