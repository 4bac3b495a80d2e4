package main

import (
	"errors"
	"fmt"
)

// serve is the command "terrane serve".
type serve struct {
	Listen       *string `placeholder:"ADDRESS" help:"Address and TCP port of HTTP, such as \":9000\". No address: all of the machine's; port 0: a free one."`
	UDPPort      *int    `name:"udp-port" placeholder:"PORT" help:"UDP port of the first region; the others follow. 0: free ones."`
	ExternalHost *string `placeholder:"HOST" help:"Name or IPv4 address that viewers are sent to. Default: the address at which they arrive."`
	JSONLog      *bool   `name:"json-log" help:"Log lines are JSON."`
}

// Help is the text of --help.
func (*serve) Help() string {
	return `The first start makes the data folder, with a configuration file that explains itself, and prints the
owner's password once. A line says when viewers can log in, and where. Ctrl-C or SIGTERM takes
everybody out in good order; a second one ends the server at once, and the next start finishes.

A world of your own, and a second one beside it:

    terrane
    terrane --data ./second --listen :9100 --udp-port 9100

Behind a router that lets TCP 9000 and UDP 9000-9001 through:

    terrane --external-host world.example.org`
}

// Run serves until a signal says stop.
func (s *serve) Run(e *env) error {
	w, err := startWorld(e, s)
	if err != nil {
		if e.ctx.Err() != nil {
			return errors.New("stopped before the world was ready")
		}
		return err
	}
	fmt.Fprintf(e.out, "The world is ready. Viewers log in at %s\n", w.LoginURI())
	<-e.ctx.Done()
	e.unhook()
	fmt.Fprintln(e.out, "Stopping: everybody is being logged out.")
	return w.stop()
}
