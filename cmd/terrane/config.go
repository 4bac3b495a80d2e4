package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// configure are the commands "terrane config ...".
type configure struct {
	Check configCheck `cmd:"" help:"Check a configuration file."`
}

type configCheck struct{}

// Help is the text of --help.
func (*configCheck) Help() string {
	return `Says whether a server would take the file; if not, which key in which line is wrong, and how.

    terrane config check
    terrane config check --config new.toml`
}

// Run checks the file.
func (c *configCheck) Run(e *env) error {
	file := e.config
	if file == "" {
		file = configFile(e.data)
	}
	regions, err := readConfig(file)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no configuration file %s: the first \"terrane serve\" writes one, or name another with --config", file)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%s is right: %d regions: %s.\n", file, len(regions), strings.Join(regions, ", "))
	return err
}

// version is the command "terrane version".
type version struct{}

// Help is the text of --help.
func (*version) Help() string {
	return `Name it when you report a fault.

    terrane version`
}

// Run prints the version.
func (*version) Run(e *env) error {
	_, err := fmt.Fprintf(e.out, "terrane %s, %s, %s/%s\n", thisVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// thisVersion is the module's version, or of a build from a checkout the commit, with a mark when there
// were changes beside it.
func thisVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, changed := "of unknown version", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changes"
		}
	}
	return commit + changed
}
