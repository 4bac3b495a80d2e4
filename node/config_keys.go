package node

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// written are the keys and sections of a text, in its order.
type written []writtenKey

// writtenKey is one of them.
type writtenKey struct {
	path  string // "session.silence"; regions are counted: "region[0]", "region[0].name"
	plain string // the same without counting: "region.name"
	line  int    // from 1
	kind  unstable.Kind
}

// findKeys reads the keys of a text as far as it is TOML. Keys are in small letters: the decoder takes
// capital ones for the same.
func findKeys(text []byte) written {
	r := keyReader{counts: map[string]int{}}
	r.parser.Reset(text)
	var section writtenKey
	for r.parser.NextExpression() {
		switch e := r.parser.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			section = r.add(writtenKey{}, e, e.Kind)
		case unstable.KeyValue:
			r.addValue(section, e)
		}
	}
	return r.found
}

// keyReader collects keys.
type keyReader struct {
	parser unstable.Parser
	counts map[string]int // tables seen of each array, by its path
	found  written
}

// add notes the key of an expression that stands in a section.
func (r *keyReader) add(section writtenKey, e *unstable.Node, kind unstable.Kind) writtenKey {
	k := writtenKey{path: section.path, plain: section.plain, kind: kind}
	for parts := e.Key(); parts.Next(); {
		part := parts.Node()
		if k.plain != "" {
			k.path += "."
			k.plain += "."
		}
		name := strings.ToLower(string(part.Data))
		k.path += name
		k.plain += name
		if k.line == 0 {
			k.line = r.parser.Shape(part.Raw).Start.Line
		}
	}
	if kind == unstable.ArrayTable {
		n := r.counts[k.path]
		r.counts[k.path]++
		k.path = fmt.Sprintf("%s[%d]", k.path, n)
	}
	r.found = append(r.found, k)
	return k
}

// addValue notes a key and, when its value is an inline table, what that holds.
func (r *keyReader) addValue(section writtenKey, e *unstable.Node) {
	value := e.Value()
	k := r.add(section, e, value.Kind)
	if value.Kind == unstable.InlineTable {
		for pairs := value.Children(); pairs.Next(); {
			r.addValue(k, pairs.Node())
		}
	}
}

// checkKinds reports the first key whose value is of another kind than the configuration has it.
func (w written) checkKinds(file string) error {
	for _, at := range w {
		if k, ok := findKey(at.plain); ok && !k.takes(at.kind) {
			return &ConfigError{file, at.line, at.path, "must be " + k.looks()}
		}
	}
	return nil
}

// line is where a key stands, or the section in which it is missing, or 0.
func (w written) line(key string) int {
	section, _, _ := strings.Cut(key, ".")
	line := 0
	for _, at := range w {
		if at.path == key {
			return at.line
		}
		if at.path == section {
			line = at.line
		}
	}
	return line
}
