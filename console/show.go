package console

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// maxShown is how much of a text from outside is shown, in runes.
const maxShown = 200

// plain is a text from outside as it may be shown on a terminal: on one line, without anything that the
// terminal would obey, and not longer than a line should be.
func plain(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxShown {
			b.WriteString("...")
			break
		}
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

// shown is a name from outside in quotes, for a sentence.
func shown(s string) string { return `"` + plain(s) + `"` }

// short is a duration with three digits that count.
func short(d time.Duration) string {
	if d < 0 {
		return "-" + short(-d)
	}
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

// age is a duration for people: in milliseconds below a second, and in whole seconds above.
func age(d time.Duration) string {
	if d < time.Second && d > -time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// when is a point in time, by the clock that now goes by, and how long before now it was.
func when(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.IsZero():
		return "never"
	case t.After(now):
		return t.Format(time.DateTime) + " (in " + age(t.Sub(now)) + ")"
	}
	return t.Format(time.DateTime) + " (" + age(now.Sub(t)) + " ago)"
}

// Table writes rows in aligned columns, two blanks apart, under an upper-case heading. What is in it is
// made safe for a terminal.
func Table(w io.Writer, heading []string, rows [][]string) error {
	return table(w, "", heading, rows)
}

func table(w io.Writer, indent string, heading []string, rows [][]string) error {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, plain(cell))
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(indent+line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
