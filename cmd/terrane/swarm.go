package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"terrane/bot"
	"terrane/console"

	"golang.org/x/sync/errgroup"
)

// swarm is the command "terrane swarm".
type swarm struct {
	Login       string        `default:"http://127.0.0.1:9000/" placeholder:"URI" help:"Where viewers log in; http://127.0.0.1:9000/ by default."`
	Bots        int           `default:"10" placeholder:"N" help:"How many; 10 by default."`
	Ramp        float64       `default:"10" placeholder:"N" help:"Logins a second at the beginning; 10 by default, 0 for all at once."`
	For         time.Duration `default:"30s" placeholder:"TIME" help:"How long they stay once all have logged in; 30s by default."`
	Behaviour   bot.Behaviour `default:"idle" enum:"idle,walk,chat,churn,relogin" placeholder:"WHAT" help:"idle, walk, chat, churn (out and in again every 20 s) or relogin (at once, --rounds times)."`
	Rounds      int           `default:"10" placeholder:"N" help:"Of relogin: how often each bot logs out and in again; 10 by default."`
	First       string        `default:"First" placeholder:"NAME" help:"First name of all bots; First by default."`
	Last        string        `default:"Bot_" placeholder:"NAME" help:"Beginning of their last names, which go on with 0, 1 and so on; Bot_ by default."`
	Password    string        `placeholder:"PASSWORD" help:"The password of all of them."`
	CreateUsers bool          `help:"Have the server of --data create the users. Those that are there are given the password; without --password it is a random one."`
	Start       string        `default:"last" placeholder:"WHERE" help:"last, home, or uri:Region&x&y&z; last by default."`
	Leave       time.Duration `default:"1s" placeholder:"TIME" help:"In what time they all log out at the end; 1s by default."`
	Loss        float64       `placeholder:"SHARE" help:"Share of UDP packets that is lost each way, 0 to 1."`
	NoChildren  bool          `help:"Look into no neighbour: measure one region, not its surroundings."`
	JSON        bool          `name:"json" help:"Print JSON, for machines."`
}

// Help is the text of --help.
func (*swarm) Help() string {
	return `Logs viewers without windows in, lets them live, logs them out again, and prints how long they waited for
everything, what they missed, and what went wrong. It works against any grid of the OpenSimulator
family. Ctrl-C ends it early.

    terrane swarm --bots 20 --behaviour walk --create-users
    terrane swarm --bots 1 --behaviour relogin --rounds 1000 --create-users
    terrane swarm --login http://grid.example.org:8002/ --first Load --last Bot --password secret --bots 5`
}

// Run runs the swarm.
func (c *swarm) Run(e *env) error {
	s := bot.Swarm{
		Login: c.Login, Bots: c.Bots, Ramp: c.Ramp, For: c.For, Behaviour: c.Behaviour, Rounds: c.Rounds, First: c.First, Last: c.Last,
		Password: c.Password, Start: c.Start, Leave: c.Leave, Loss: c.Loss, NoChildren: c.NoChildren,
	}
	if err := c.prepare(e, &s); err != nil {
		return err
	}
	stopped := context.AfterFunc(e.ctx, e.unhook) // a second signal does not wait for the bots
	defer stopped()
	show := newTicker(e)
	result, err := s.Run(e.ctx, show.live)
	show.end()
	switch {
	case err != nil:
		return err
	case c.JSON:
		err = writeJSON(e.out, result)
	default:
		_, err = fmt.Fprint(e.out, result)
	}
	if err == nil && result.Login.Count == 0 && e.ctx.Err() == nil {
		err = fmt.Errorf("nobody could log in at %s: is a grid there, and do the users exist", c.Login)
	}
	return err
}

// prepare sees to it that the bots' users can log in.
func (c *swarm) prepare(e *env, s *bot.Swarm) error {
	switch {
	case c.Bots < 1:
		return errors.New("a swarm has at least one bot: give --bots a number from 1")
	case !c.CreateUsers && c.Password == "":
		return errors.New("the bots need a password: give it with --password, or have users created with --create-users")
	case !c.CreateUsers:
		return nil
	case c.Password == "":
		s.Password = console.NewPassword()
	}
	return e.callServer("so it cannot create users: start it, name its folder with --data, or leave --create-users out",
		func(server *console.Client) error { return createBots(e.ctx, server, s) })
}

// createdAtOnce is how many users are created side by side: hashing a password takes a core for a while.
const createdAtOnce = 4

func createBots(ctx context.Context, server *console.Client, s *bot.Swarm) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(createdAtOnce)
	for n := range s.Bots {
		all.Go(func() error {
			first, last := s.Name(n)
			_, err := server.CreateUser(ctx, console.NewUser{First: first, Last: last, Password: s.Password})
			var refused *console.Error
			if errors.As(err, &refused) && refused.Status == http.StatusConflict {
				return server.SetPassword(ctx, first, last, s.Password)
			}
			return err
		})
	}
	return all.Wait()
}

// ticker shows how a swarm does: on a terminal one line that is written anew every second, elsewhere a line
// every five seconds.
type ticker struct {
	env      *env
	terminal bool
	seconds  int
}

func newTicker(e *env) *ticker {
	t := &ticker{env: e}
	if f, ok := e.err.(*os.File); ok {
		info, err := f.Stat()
		t.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return t
}

// seldom is how many seconds are between two lines that stay.
const seldom = 5

// clearLine goes to the beginning of a terminal's line and erases it.
const clearLine = "\r\x1b[K"

func (t *ticker) live(l bot.Live) {
	t.seconds++
	switch {
	case t.terminal:
		fmt.Fprint(t.env.err, clearLine+l.String())
	case t.seconds%seldom == 0:
		fmt.Fprintln(t.env.err, l)
	}
}

func (t *ticker) end() {
	if t.terminal {
		fmt.Fprint(t.env.err, clearLine)
	}
}
