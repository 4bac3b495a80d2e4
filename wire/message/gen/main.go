// Command gen writes the structs and tables of package message from the definitions in its folder
// def. It is run by go generate, in the folder of the package.
//
// Each file of definitions is one subject, and becomes one file of Go:
//
//	# What the messages of this file are about, up to the first empty line.
//
//	# What the message is for; optional. It becomes the end of the struct's comment.
//	LogoutReply low 253 trusted zerocoded from region
//		AgentData: AgentID, SessionID uuid
//		InventoryData[]: ItemID uuid
//
// The line of a message has its name, frequency (high, medium, low, fixed) and number, trust
// (trusted, untrusted), coding (zerocoded, plain) and sender (viewer, region, either, server), and at
// the end perhaps deprecated, udp-deprecated or udp-blacklisted.
//
// Below it, indented by a tab, is a line for each block, in the order of the wire: its name, with []
// when it is a list and [n] when it occurs n times, a colon, and fields as in a Go struct on one
// line. A line indented by two tabs continues the one before. The types are
//
//	u8 u16 u32 u64 s8 s16 s32 f32 f64 bool uuid vec3 vec3d vec4 quat ip port
//	var1 var2     bytes after a length of one or two bytes
//	fixedN        N bytes
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	files, err := generate(os.DirFS("def"))
	if err != nil {
		return err
	}
	stale, err := fs.Glob(os.DirFS("."), "*_gen.go")
	if err != nil {
		return err
	}
	for _, f := range stale {
		if _, ok := files[f]; !ok {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	for f, source := range files {
		if err := os.WriteFile(f, source, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the generated files by name: one for each file of definitions, and the tables.
func generate(definitions fs.FS) (map[string][]byte, error) {
	subjects, err := read(definitions)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, s := range subjects {
		if files[s.name+"_gen.go"], err = structs(s); err != nil {
			return nil, err
		}
	}
	messages, err := sorted(subjects)
	if err != nil {
		return nil, err
	}
	for name, write := range map[string]func([]message) ([]byte, error){
		"ids_gen.go":   ids,
		"infos_gen.go": infos,
		"new_gen.go":   makers,
	} {
		if _, clash := files[name]; clash {
			return nil, fmt.Errorf("a subject has the name of %s", name)
		}
		if files[name], err = write(messages); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func read(definitions fs.FS) ([]*subject, error) {
	names, err := fs.Glob(definitions, "*.def")
	if err != nil {
		return nil, err
	}
	var subjects []*subject
	for _, name := range names {
		f, err := definitions.Open(name)
		if err != nil {
			return nil, err
		}
		s, err := parse(strings.TrimSuffix(path.Base(name), ".def"), f)
		f.Close()
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, s)
	}
	return subjects, nil
}
