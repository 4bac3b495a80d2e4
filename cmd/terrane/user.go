package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"terrane/console"
	"terrane/grid"

	"github.com/google/uuid"
)

// users are the commands "terrane user ...".
type users struct {
	Create   userCreate   `cmd:"" help:"Create a user."`
	List     userList     `cmd:"" help:"List all users."`
	Password userPassword `cmd:"" help:"Give a user another password."`
	Disable  userDisable  `cmd:"" help:"Bar a user from logging in, and end the session."`
	Enable   userEnable   `cmd:"" help:"Let a disabled user log in again."`
	Kick     userKick     `cmd:"" help:"End a user's session."`
}

// named is a user on the command line.
type named struct {
	First string `arg:"" help:"First name."`
	Last  string `arg:"" help:"Last name."`
}

func (n named) name() string { return n.First + " " + n.Last }

type userCreate struct {
	named
	Password *string   `placeholder:"PASSWORD" help:"The password, 1 to 1024 bytes. Without it one is made, and printed."`
	Email    string    `placeholder:"ADDRESS" help:"E-mail address."`
	UUID     uuid.UUID `name:"uuid" placeholder:"UUID" help:"The user's id, such as one has on another grid. Default: a random one."`
	Level    int       `default:"0" placeholder:"N" help:"0, the default, for everybody; 200 and more for who may kick and alert."`
}

// Help is the text of --help.
func (*userCreate) Help() string {
	return `The user has all that the first login needs: inventory, clothes to wear, and a home in the first
region. Other users see the command line while it runs, so leave the password out when there are any.

    terrane user create Ann Lee
    terrane user create Bob Roe --password secret --email bob@example.org --level 200`
}

// Run creates the user.
func (c *userCreate) Run(e *env) error {
	password, made := given(c.Password)
	return e.call(func(server *console.Client) error {
		u, err := server.CreateUser(e.ctx, console.NewUser{
			First: c.First, Last: c.Last, Password: password, Email: c.Email, ID: c.UUID, Level: c.Level,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s is created, with the id %s.\n", u.Name(), u.ID)
		return tell(e, password, made)
	})
}

// given is the password of the command line, or a new one.
func given(password *string) (p string, made bool) {
	if password != nil {
		return *password, false
	}
	return console.NewPassword(), true
}

// tell says a password that was made.
func tell(e *env, password string, made bool) error {
	if !made {
		return nil
	}
	_, err := fmt.Fprintf(e.out, "The password is %s and is shown only now.\n", password)
	return err
}

type userList struct {
	JSON bool `name:"json" help:"Print JSON, for machines."`
}

// Help is the text of --help.
func (*userList) Help() string {
	return `NOW says online for who has a session open.

    terrane user list
    terrane user list --json | jq -r '.[] | select(.online) | .first + " " + .last'`
}

// Run lists the users.
func (c *userList) Run(e *env) error {
	return e.look(func(server *console.Client) error {
		list, err := server.Users(e.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(e.out, list)
		}
		rows := make([][]string, len(list))
		for i, u := range list {
			online := ""
			if u.Online {
				online = "online"
			}
			rows[i] = []string{u.Name(), u.ID.String(), strconv.Itoa(u.Level), u.State, day(u.Created), day(u.LastLogin), online}
		}
		return console.Table(e.out, []string{"NAME", "ID", "LEVEL", "STATE", "CREATED", "LAST LOGIN", "NOW"}, rows)
	})
}

// day is a point in time for a table, by the clock of whoever reads it.
func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func writeJSON(w io.Writer, v any) error {
	j := json.NewEncoder(w)
	j.SetIndent("", "  ")
	return j.Encode(v)
}

type userPassword struct {
	named
	Password *string `placeholder:"PASSWORD" help:"The password, 1 to 1024 bytes. Without it one is made, and printed."`
}

// Help is the text of --help.
func (*userPassword) Help() string {
	return `A session that is open goes on.

    terrane user password Ann Lee
    terrane user password Ann Lee --password secret`
}

// Run sets the password.
func (c *userPassword) Run(e *env) error {
	password, made := given(c.Password)
	return e.look(func(server *console.Client) error {
		if err := server.SetPassword(e.ctx, c.First, c.Last, password); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s has another password.\n", c.name())
		return tell(e, password, made)
	})
}

type userDisable struct{ named }

// Help is the text of --help.
func (*userDisable) Help() string {
	return `Nothing of the user is lost; "terrane user enable" undoes it.

    terrane user disable Ann Lee`
}

// Run disables the user.
func (c *userDisable) Run(e *env) error {
	return e.look(func(server *console.Client) error {
		ended, err := server.Disable(e.ctx, c.First, c.Last)
		if err != nil {
			return err
		}
		said := " is disabled."
		if ended {
			said = " is disabled, and the session is ended."
		}
		_, err = fmt.Fprintln(e.out, c.name()+said)
		return err
	})
}

type userEnable struct {
	named
	Level int `default:"0" placeholder:"N" help:"The level from now on: 0, the default, for everybody; 200 and more for who may kick and alert. The former one is not remembered."`
}

// Help is the text of --help.
func (*userEnable) Help() string {
	return `The password, and all that is the user's, is as before.

    terrane user enable Ann Lee
    terrane user enable Grid Owner --level 200`
}

// Run enables the user.
func (c *userEnable) Run(e *env) error {
	return e.look(func(server *console.Client) error {
		if err := server.Enable(e.ctx, c.First, c.Last, c.Level); err != nil {
			return err
		}
		said := " may log in."
		if c.Level >= grid.LevelGod {
			said = " may log in, kick and alert."
		}
		_, err := fmt.Fprintln(e.out, c.name()+said)
		return err
	})
}

type userKick struct {
	named
	Reason string `placeholder:"TEXT" help:"Shown to the user."`
}

// Help is the text of --help.
func (*userKick) Help() string {
	return `The session ends as with every logout: all that is the user's is saved.

    terrane user kick Ann Lee --reason "We restart in a minute."`
}

// Run ends the session.
func (c *userKick) Run(e *env) error {
	return e.callServer("so nobody is online", func(server *console.Client) error {
		if err := server.Kick(e.ctx, c.First, c.Last, c.Reason); err != nil {
			return err
		}
		_, err := fmt.Fprintln(e.out, c.name()+" is thrown out.")
		return err
	})
}
