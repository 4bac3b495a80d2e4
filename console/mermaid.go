package console

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"terrane/agent/steps"
)

// WriteTraceMermaid writes reports as one Mermaid sequence diagram, each report a section of it. On the
// arrows stand the messages as the protocol names them, with when after the start of the process the step
// began and how long it took. A cross ends the arrow of a step that failed; steps that were not due are
// left out.
func WriteTraceMermaid(w io.Writer, reports []*steps.Report) error {
	d := diagram{}
	for _, r := range reports {
		d.section(r)
	}
	_, err := io.WriteString(w, d.text())
	return err
}

// diagram is a sequence diagram being drawn.
type diagram struct {
	lines []string
	seen  []party
}

func (d *diagram) text() string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for _, p := range columns {
		if slices.Contains(d.seen, p) {
			fmt.Fprintf(&b, "    participant %s\n", named(p))
		}
	}
	for _, line := range d.lines {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

// id is a party's name as Mermaid takes it: one word, such as GridUser.
func id(p party) string {
	words := strings.Fields(string(p))
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func named(p party) string {
	if id(p) == string(p) {
		return id(p)
	}
	return id(p) + " as " + string(p)
}

func (d *diagram) section(r *steps.Report) {
	over := d.parties(r)
	d.add("rect rgb(245, 245, 245)")
	d.add("Note over %s: %s, %s, began %s", over, escape(title(r)), outcome(r), r.Began.Format(clock))
	for _, a := range opening(r) {
		d.draw(a, "", false)
	}
	for _, l := range r.Steps {
		d.step(r, l)
	}
	for _, a := range closing(r) {
		d.draw(a, " (+"+short(r.Took)+")", r.Outcome == steps.Failed)
	}
	d.add("end")
}

// parties notes who takes part in a process, and says over whom its title stands: the first and the last.
func (d *diagram) parties(r *steps.Report) string {
	all := slices.Concat(opening(r), closing(r))
	for _, l := range r.Steps {
		if l.Outcome != steps.Skipped {
			all = append(all, arrowsOf(r, l.Name, l.Owner)...)
		}
	}
	here := []party{runnerOf(r)}
	for _, a := range all {
		here = append(here, a.sender, a.to)
	}
	d.seen = append(d.seen, here...)
	var ordered []string
	for _, p := range columns {
		if slices.Contains(here, p) {
			ordered = append(ordered, id(p))
		}
	}
	if len(ordered) == 1 {
		return ordered[0]
	}
	return ordered[0] + "," + ordered[len(ordered)-1]
}

// step draws the messages of a step. The first that the runner sends shows the times, and what went wrong.
func (d *diagram) step(r *steps.Report, l *steps.Line) {
	if l.Outcome == steps.Skipped {
		return
	}
	times := " (+" + short(l.After) + ", " + short(l.Took)
	switch {
	case l.Outcome == steps.Running:
		times = " (+" + short(l.After) + ", not ended"
	case l.Tries > 1:
		times += fmt.Sprintf(", %d tries", l.Tries)
	}
	times += ")"
	failed := l.Outcome == steps.Failed
	if failed {
		times += " failed: " + escape(strings.TrimPrefix(l.Error, l.Name+": "))
	}
	for i, a := range arrowsOf(r, l.Name, l.Owner) {
		if i > 0 {
			times = ""
		}
		if i > 0 && failed {
			break // nobody knows how far it came
		}
		d.draw(a, times, failed)
	}
}

func (d *diagram) draw(a arrow, after string, failed bool) {
	line := "->>"
	switch {
	case failed && a.told:
		line = "--x"
	case failed:
		line = "-x"
	case a.told:
		line = "-->>"
	}
	d.add("%s%s%s: %s%s", id(a.sender), line, id(a.to), escape(a.text), after)
}

func (d *diagram) add(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

// escape makes a text safe inside a line of a diagram: "#" and ";" would end it, "&", "<" and ">" would be
// taken for markup, "%" for a directive and "$" for a formula.
func escape(s string) string {
	return strings.NewReplacer("#", "#35;", ";", "#59;", "&", "#amp;", "<", "#lt;", ">", "#gt;", "%", "#37;", "$", "#36;").Replace(plain(s))
}
