package main

import (
	"fmt"
	"strconv"
	"strings"

	"terrane/console"
)

// regions are the commands "terrane region ...".
type regions struct {
	List regionList `cmd:"" help:"List the regions, and how they do."`
}

type regionList struct {
	JSON bool `name:"json" help:"Print JSON, for machines."`
}

// Help is the text of --help.
func (*regionList) Help() string {
	return `Regions are made in the configuration file, one [[region]] each. While the server runs there are also
how many avatars are in each, how many viewers only look in from a neighbour, and the frames
per second, of which 45 are full speed.

    terrane region list`
}

// Run lists the regions.
func (c *regionList) Run(e *env) error {
	return e.look(func(server *console.Client) error {
		list, err := server.Regions(e.ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(e.out, list)
		}
		rows := make([][]string, len(list))
		for i, r := range list {
			rows[i] = regionRow(r)
		}
		return console.Table(e.out, []string{"NAME", "AT", "SIZE", "UDP", "STATE", "AVATARS", "LOOKING IN", "FRAMES", "OWED"}, rows)
	})
}

func regionRow(r console.RegionView) []string {
	row := []string{r.Name, fmt.Sprintf("%d,%d", r.X, r.Y), strconv.Itoa(r.Size), port(r.UDPPort)}
	if !r.Running {
		return append(row, "stopped", "", "", "", "")
	}
	return append(row, "running", fmt.Sprintf("%d of %d", r.Roots, r.MaxAgents), strconv.Itoa(r.Children),
		fmt.Sprintf("%.1f/s", r.FramesPerSecond), strconv.Itoa(r.Owed))
}

func port(p uint16) string {
	if p == 0 {
		return "follows"
	}
	return strconv.Itoa(int(p))
}

type alert struct {
	Text   string `arg:"" help:"What the viewers show."`
	Region string `placeholder:"NAME" help:"Only to who is in this region."`
}

// Help is the text of --help.
func (*alert) Help() string {
	return `Viewers show it as an alert of the grid.

    terrane alert "The world restarts at noon."
    terrane alert --region Harbour "A storm is coming."`
}

// Run shows the text.
func (c *alert) Run(e *env) error {
	return e.callServer("so there is nobody to read it", func(server *console.Client) error {
		shown, err := server.Alert(e.ctx, c.Region, c.Text)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "Shown to everybody in %s.\n", strings.Join(shown, ", "))
		return err
	})
}
