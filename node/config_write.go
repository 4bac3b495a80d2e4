package node

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/google/uuid"
)

// preamble begins the written file.
const preamble = `# The configuration of a terrane server. It is read once, at start.
#
# Every key is here. A key with a # before it has its default, which is the value shown; take the #
# away to set another. An unknown key is an error.
`

// commentWidth is how many columns the comments of the written file take.
const commentWidth = 100

// WriteConfig writes c as a file that ReadConfig reads as c again: every key with its meaning, those that
// have their default with a # before them.
func WriteConfig(w io.Writer, c Config) error {
	var out bytes.Buffer
	out.WriteString(preamble)
	defaults, value := reflect.ValueOf(DefaultConfig()), reflect.ValueOf(c)
	for _, k := range configKeys() {
		switch section, _, inside := strings.Cut(k.path, "."); {
		case k.typ == reflect.TypeFor[[]RegionConfig]():
			out.WriteString("\n")
			comment(&out, k.doc)
			writeRegions(&out, c.Regions)
		case !inside:
			out.WriteString("\n")
			comment(&out, k.doc)
			fmt.Fprintf(&out, "[%s]\n", section)
		case section != "region":
			out.WriteString("\n")
			comment(&out, k.doc)
			writeKey(&out, k.name, value.FieldByIndex(k.index), defaults.FieldByIndex(k.index))
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// writeRegions explains the keys at the first region and only lists them for the others.
func writeRegions(out *bytes.Buffer, regions []RegionConfig) {
	defaults := reflect.ValueOf(defaultRegion(RegionConfig{}))
	for i, r := range regions {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString("[[region]]\n")
		for _, k := range configKeys() {
			if !strings.HasPrefix(k.path, "region.") {
				continue
			}
			if i == 0 {
				out.WriteString("\n")
				comment(out, k.doc)
			}
			writeKey(out, k.name, reflect.ValueOf(r).FieldByIndex(k.index), defaults.FieldByIndex(k.index))
		}
	}
}

// writeKey writes one line. Where a region stands is said even when it is at the default, zero.
func writeKey(out *bytes.Buffer, name string, value, byDefault reflect.Value) {
	text := tomlText(value)
	if text == tomlText(byDefault) && name != "x" && name != "y" {
		out.WriteString("#")
	}
	fmt.Fprintf(out, "%s = %s\n", name, text)
}

// tomlText is a value as the file has it.
func tomlText(v reflect.Value) string {
	switch v := v.Interface().(type) {
	case Duration:
		return quote(v.text())
	case uuid.UUID:
		return quote(v.String())
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	if v.Kind() == reflect.String {
		return quote(v.String())
	}
	return fmt.Sprint(v.Interface())
}

// quote writes a TOML basic string.
func quote(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&out, `\u%04X`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// comment writes a text as comment lines of commentWidth at most.
func comment(out *bytes.Buffer, text string) {
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > commentWidth {
			out.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	out.WriteString(line + "\n")
}
