package main

import (
	"fmt"

	"terrane/console"
)

// trace is the command "terrane trace".
type trace struct {
	Agent  string `placeholder:"NAME" help:"Only of this user, by full name or id."`
	Last   uint   `default:"20" placeholder:"N" help:"How many at most, the latest; 20 by default, 0 for all that are kept."`
	Format string `default:"text" enum:"text,json,mermaid" placeholder:"FORMAT" help:"text, which is the default, json, or mermaid, which is a sequence diagram."`
}

// Help is the text of --help.
func (*trace) Help() string {
	return `Everything that takes long, such as logging in and out, is a list of steps; the server keeps a report
of the latest 1,000. A report shows who did what, how often it was tried, when after the start it began,
how long it took, and what became of it; "!" marks what failed.

    terrane trace --agent "Ann Lee" --last 1
    terrane trace --agent "Ann Lee" --format mermaid > visit.mmd`
}

// Run prints the reports.
func (c *trace) Run(e *env) error {
	return e.callServer("and reports are kept only while one does", func(server *console.Client) error {
		reports, err := server.Trace(e.ctx, c.Agent, int(c.Last))
		if err != nil {
			return err
		}
		switch {
		case c.Format == "json":
			return console.WriteTraceJSON(e.out, reports)
		case c.Format == "mermaid":
			return console.WriteTraceMermaid(e.out, reports)
		case len(reports) == 0:
			_, err := fmt.Fprintln(e.out, "There are no such reports: nobody has come or gone since the server started, or it is long ago.")
			return err
		}
		return console.WriteTraceText(e.out, reports)
	})
}

// explain is the command "terrane explain".
type explain struct {
	named
	JSON bool `name:"json" help:"Print JSON, for machines."`
}

// Help is the text of --help.
func (*explain) Help() string {
	return `Shows what each service and region has of a user: account, grid user, presence lease, circuits,
capabilities, journal, avatar. Below stands in what they disagree, what that means, and what will
happen or is to be done.

    terrane explain Ann Lee`
}

// Run explains.
func (c *explain) Run(e *env) error {
	return e.look(func(server *console.Client) error {
		records, err := server.Explain(e.ctx, c.First, c.Last)
		if err != nil {
			return err
		}
		if c.JSON {
			return console.WriteExplanationJSON(e.out, records)
		}
		return console.WriteExplanationText(e.out, records)
	})
}
