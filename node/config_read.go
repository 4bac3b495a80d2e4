package node

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/google/uuid"
	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// ConfigError is what is wrong with a configuration, as one sentence.
type ConfigError struct {
	File    string // empty for a configuration that did not come from a file
	Line    int    // from 1; 0 when the key is not in the file
	Key     string // such as "session.silence" or "region[1].name"; empty when the text is not TOML
	Problem string // what follows the key in the sentence
}

// Error is the sentence: file, line, key, problem.
func (e *ConfigError) Error() string {
	var s strings.Builder
	s.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&s, ", line %d", e.Line)
	}
	if s.Len() > 0 {
		s.WriteString(": ")
	}
	if e.Key != "" {
		s.WriteString(e.Key + " ")
	}
	s.WriteString(e.Problem)
	return s.String()
}

// ReadConfig reads a configuration file: the defaults, with the file's keys over them. An unknown key, a
// value of the wrong kind or one that Validate refuses is a *ConfigError; a file that cannot be read is
// the error of os.ReadFile.
func ReadConfig(file string) (Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(file, text)
}

// ParseConfig is ReadConfig for a text that is at hand; file only names it in errors.
func ParseConfig(file string, text []byte) (Config, error) {
	written := findKeys(text)
	if err := written.checkKinds(file); err != nil {
		return Config{}, err
	}
	c := DefaultConfig()
	c.Regions = nil
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&c)
	if err != nil {
		return Config{}, explain(file, err)
	}
	for i, r := range c.Regions {
		c.Regions[i] = defaultRegion(r)
	}
	if err := c.Validate(); err != nil {
		var wrong *ConfigError
		if errors.As(err, &wrong) {
			wrong.File, wrong.Line = file, written.line(wrong.Key)
		}
		return Config{}, err
	}
	return c, nil
}

// explain turns an error of the decoder into our sentence.
func explain(file string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := &unknown.Errors[0]
		line, _ := first.Position()
		key := strings.Join(first.Key(), ".")
		return &ConfigError{file, line, key, fmt.Sprintf("is not known; the nearest key is %s", nearest(key))}
	}
	var wrong *toml.DecodeError
	if !errors.As(err, &wrong) {
		return &ConfigError{File: file, Problem: err.Error()}
	}
	line, _ := wrong.Position()
	key := strings.Join(wrong.Key(), ".")
	problem := strings.TrimPrefix(wrong.Error(), "toml: ")
	if strings.Contains(problem, "already") {
		return &ConfigError{file, line, key, "is there a second time"}
	}
	if k, ok := findKey(key); ok {
		return &ConfigError{file, line, key, "must be " + k.looks()}
	}
	return &ConfigError{File: file, Line: line, Problem: problem}
}

// configKey is one key or section of the file.
type configKey struct {
	path  string // "session" or "session.silence"
	name  string // the last part
	doc   string
	index []int // the field, from Config; of a region's key, from RegionConfig
	typ   reflect.Type
}

// configKeys are all sections and keys, in the order of the file: each section before its keys.
func configKeys() []configKey {
	var keys []configKey
	for section := range reflect.TypeFor[Config]().Fields() {
		keys = append(keys, newKey("", section, nil))
		above, inside := section.Index, section.Type
		if inside.Kind() == reflect.Slice {
			above, inside = nil, inside.Elem()
		}
		for field := range inside.Fields() {
			keys = append(keys, newKey(section.Tag.Get("toml")+".", field, above))
		}
	}
	return keys
}

func newKey(prefix string, f reflect.StructField, above []int) configKey {
	name := f.Tag.Get("toml")
	index := append(append([]int(nil), above...), f.Index...)
	return configKey{prefix + name, name, f.Tag.Get("doc"), index, f.Type}
}

// findKey finds a key by its path, whatever the case, as the decoder does.
func findKey(path string) (configKey, bool) {
	for _, k := range configKeys() {
		if strings.EqualFold(k.path, path) {
			return k, true
		}
	}
	return configKey{}, false
}

// looks says what a value of the key looks like.
func (k configKey) looks() string {
	switch k.typ {
	case reflect.TypeFor[Duration]():
		return `a time in quotes, such as "60s" or "1m30s"`
	case reflect.TypeFor[uuid.UUID]():
		return `a UUID in quotes, such as "` + uuid.NewString() + `"`
	case reflect.TypeFor[[]string]():
		return `a list of texts in quotes, such as ["one", "two"]`
	case reflect.TypeFor[[]RegionConfig]():
		return "written [[region]], once for each region"
	}
	switch k.typ.Kind() {
	case reflect.Struct:
		return "a section, written [" + k.path + "]"
	case reflect.String:
		return "a text in quotes"
	case reflect.Bool:
		return "true or false"
	default:
		return "a whole number"
	}
}

// takes reports whether the key's value may be written as kind.
func (k configKey) takes(kind unstable.Kind) bool {
	switch k.typ {
	case reflect.TypeFor[Duration](), reflect.TypeFor[uuid.UUID]():
		return kind == unstable.String
	case reflect.TypeFor[[]RegionConfig]():
		return kind == unstable.ArrayTable
	}
	switch k.typ.Kind() {
	case reflect.Struct:
		return kind == unstable.Table || kind == unstable.InlineTable
	case reflect.Slice:
		return kind == unstable.Array
	case reflect.String:
		return kind == unstable.String
	case reflect.Bool:
		return kind == unstable.Bool
	default:
		return kind == unstable.Integer
	}
}

// nearest is the known section or key that takes the fewest changes to reach from an unknown one. A key
// that only stands in the wrong section is near to the right one.
func nearest(unknown string) string {
	best, least := "", 0
	for _, k := range configKeys() {
		d := distance(unknown, k.path)
		if strings.Contains(k.path, ".") {
			d = min(d, 1+distance(unknown[strings.LastIndex(unknown, ".")+1:], k.name))
		}
		if best == "" || d < least {
			best, least = k.path, d
		}
	}
	return best
}

// distance counts the bytes to add, take away or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
