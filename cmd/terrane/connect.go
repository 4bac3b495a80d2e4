package main

import (
	"errors"
	"fmt"
	"net"
	"os"

	"terrane/console"
)

// call has an operator's calls answered by the server that runs on the data folder, or else by this process,
// which then has the folder for itself for as long as do takes.
func (e *env) call(do func(*console.Client) error) error {
	if e.serverRuns() {
		return do(console.NewClient(console.Socket(controlSocket(e.data))))
	}
	h, done, err := offline(e)
	if err != nil {
		return err
	}
	return errors.Join(do(console.NewClient(console.Local(h))), done())
}

// look is call for what changes nothing: it makes no data folder where there is none.
func (e *env) look(do func(*console.Client) error) error {
	if _, err := os.Stat(e.data); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no data folder %s: name the world's with --data, or start a new one with \"terrane\"", e.data)
	}
	return e.call(do)
}

// callServer is call for what only a running server can answer; hence says why.
func (e *env) callServer(hence string, do func(*console.Client) error) error {
	if !e.serverRuns() {
		return fmt.Errorf("no server runs on %s, %s", e.data, hence)
	}
	return do(console.NewClient(console.Socket(controlSocket(e.data))))
}

// serverRuns reports whether somebody answers at the control socket. One that a server left behind when it
// was killed refuses.
func (e *env) serverRuns() bool {
	conn, err := net.Dial("unix", controlSocket(e.data))
	if err != nil {
		return false
	}
	// Nothing was said, so nothing can be lost.
	_ = conn.Close()
	return true
}
