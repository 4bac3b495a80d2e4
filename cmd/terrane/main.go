// Command terrane is a virtual world for the viewers of the Second Life and OpenSimulator family. Without
// a command it runs a world; the other commands look after one, whether its server runs or not.
//
//	terrane                                 a world, in ./terrane-data
//	terrane user create Ann Lee             somebody to live in it
//	terrane trace --agent "Ann Lee"         what happened at her logins and logouts
//	terrane explain Ann Lee                 what the records say of her session, and what disagrees
//	terrane swarm --bots 20 --create-users  twenty headless viewers, and how long they waited
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	os.Exit(run(&env{ctx: ctx, unhook: stop, out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// commands is the command line. The flags before the commands are for all of them.
type commands struct {
	Data   string `default:"./terrane-data" placeholder:"FOLDER" help:"The world's data folder; ./terrane-data by default."`
	Config string `placeholder:"FILE" help:"Another configuration file than the data folder's."`

	Serve   serve     `cmd:"" default:"withargs" help:"Run a world. This is what terrane does without a command."`
	User    users     `cmd:"" help:"Look after accounts, while the server runs or not."`
	Region  regions   `cmd:"" help:"Look at regions."`
	Alert   alert     `cmd:"" help:"Show a text to everybody in the world."`
	Trace   trace     `cmd:"" help:"Show the latest logins, logouts and other processes, step by step."`
	Explain explain   `cmd:"" help:"Show every record of a user's sessions, and what disagrees."`
	Swarm   swarm     `cmd:"" help:"Log many headless viewers in and measure."`
	Conf    configure `cmd:"" name:"config" help:"Look after the configuration."`
	Version version   `cmd:"" help:"Show which version this is."`
}

// Help is what terrane --help says besides the list of commands.
func (*commands) Help() string {
	return `Start a world, and then a viewer at the address that is printed:

    terrane
    terrane user create Ann Lee --password secret`
}

// env is what a command has to do with.
type env struct {
	ctx      context.Context // ends with the first signal to stop
	unhook   func()          // lets the next signal end the process at once
	out, err io.Writer
	data     string
	config   string
}

// run runs one command and answers with the exit code: 0, or 1 after one sentence about what is wrong.
func run(e *env, args []string) int {
	line := &commands{}
	parser, err := kong.New(line,
		kong.Name("terrane"),
		kong.Description("A virtual world for the viewers of the Second Life and OpenSimulator family."),
		kong.Writers(e.out, e.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}))
	if err != nil {
		return e.fail(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return e.fail(hinted(err, args))
	}
	e.data, e.config = line.Data, line.Config
	if err := parsed.Run(e); err != nil {
		return e.fail(err)
	}
	return 0
}

// fail says what is wrong, on one line.
func (e *env) fail(err error) int {
	fmt.Fprintln(e.err, "terrane: "+strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
	return 1
}

// hinted is an error of the command line with the place where it is explained. Who has not written "serve"
// did not mean it.
func hinted(err error, args []string) error {
	command := "terrane"
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil {
		if node := wrong.Context.Selected(); node != nil && (node.Name != "serve" || slices.Contains(args, "serve")) {
			command = node.FullPath()
		}
	}
	return fmt.Errorf("%w; see \"%s --help\"", err, command)
}
