package main

import (
	"context"
	"net/http"
	"path/filepath"

	"terrane/node"
)

// What the commands need of package node, in one place.

// world is a server that runs in this process.
type world struct{ *node.World }

// startWorld brings a world up, as the command line says.
func startWorld(e *env, s *serve) (world, error) {
	w, err := node.Start(e.ctx, node.Options{
		Data: e.data, Config: e.config, Listen: s.Listen, UDPPort: s.UDPPort, ExternalHost: s.ExternalHost,
		JSONLog: s.JSONLog, Out: e.out,
	})
	return world{w}, err
}

// stop takes it down, in the time that the configuration allows.
func (w world) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), w.ShutdownTime())
	defer cancel()
	return w.Stop(ctx)
}

// controlSocket is where the server of a data folder listens for its operator.
func controlSocket(data string) string { return node.ControlSocket(data) }

// offline answers an operator's calls on a data folder on which no server runs, until it is closed.
func offline(e *env) (http.Handler, func() error, error) {
	return node.Offline(e.ctx, e.data, e.config)
}

// readConfig reads a configuration and answers with the names of its regions.
func readConfig(file string) (regions []string, err error) {
	c, err := node.ReadConfig(file)
	for _, r := range c.Regions {
		regions = append(regions, r.Name)
	}
	return regions, err
}

// configFile is where a data folder has its configuration.
func configFile(data string) string { return filepath.Join(data, "config.toml") }
