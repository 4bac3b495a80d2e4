package console

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"terrane/agent/steps"
)

func (a *Admin) trace(r *http.Request) (any, error) {
	if a.Reports == nil {
		return nil, &Error{http.StatusServiceUnavailable, "no server runs on this data folder, and reports are kept only while one does"}
	}
	last := 0
	if text := r.FormValue("last"); text != "" {
		var err error
		if last, err = strconv.Atoi(text); err != nil || last < 0 {
			return nil, wrong("%s is no number of reports: write one from 1, or 0 for all", shown(text))
		}
	}
	return pick(a.Reports.All(), r.FormValue("agent"), last), nil
}

// pick are the reports of one agent, by name or id, or all when that is empty; of these the last, or all
// when last is 0.
func pick(reports []*steps.Report, agent string, last int) []*steps.Report {
	agent = strings.Join(strings.Fields(agent), " ")
	picked := []*steps.Report{}
	for _, r := range reports {
		if agent == "" || strings.EqualFold(agent, r.Name) || strings.EqualFold(agent, r.Agent.String()) {
			picked = append(picked, r)
		}
	}
	if last > 0 && len(picked) > last {
		picked = picked[len(picked)-last:]
	}
	return picked
}

// WriteTraceJSON writes reports as they are, in an array.
func WriteTraceJSON(w io.Writer, reports []*steps.Report) error {
	if reports == nil {
		reports = []*steps.Report{}
	}
	return writeJSON(w, reports)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// clock is how a point in time is written where milliseconds count, by the clock of the server.
const clock = "2006-01-02 15:04:05.000 -0700"

// WriteTraceText writes reports for reading: for each a line that says what it was and a table of its
// steps. What failed is marked with "!" and followed by its error.
func WriteTraceText(w io.Writer, reports []*steps.Report) error {
	for i, r := range reports {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := writeReport(w, r); err != nil {
			return err
		}
	}
	return nil
}

func writeReport(w io.Writer, r *steps.Report) error {
	head := title(r) + ": " + outcome(r) + "\n  session " + r.Session.String() +
		", began " + r.Began.Format(clock)
	if r.Error != "" {
		head += "\n  error: " + plain(r.Error)
	}
	if _, err := fmt.Fprintln(w, head); err != nil {
		return err
	}
	rows := make([][]string, len(r.Steps))
	for i, l := range r.Steps {
		rows[i] = row(l)
	}
	return table(w, "  ", []string{" ", "STEP", "OWNER", "TRIES", "AFTER", "TOOK", "OUTCOME"}, rows)
}

// title is what a process was, whose, where and why: "logout of Ann Lee in Welcome (quit)".
func title(r *steps.Report) string {
	s := plain(r.Kind) + " of " + plain(r.Name)
	if r.Region != "" {
		s += " in " + plain(r.Region)
	}
	if r.Detail != "" {
		s += " (" + plain(r.Detail) + ")"
	}
	return s
}

// outcome is how a process ended, and after how long.
func outcome(r *steps.Report) string {
	if r.Outcome == steps.Running {
		return "still running"
	}
	return string(r.Outcome) + " in " + short(r.Took)
}

func row(l *steps.Line) []string {
	mark, outcome := "", string(l.Outcome)
	took := short(l.Took)
	switch l.Outcome {
	case steps.Failed:
		mark, outcome = "!", outcome+": "+strings.TrimPrefix(l.Error, l.Name+": ")
	case steps.Skipped, steps.Running:
		took = ""
	}
	tries := ""
	if l.Tries > 0 {
		tries = strconv.Itoa(l.Tries)
	}
	return []string{mark, l.Name, l.Owner, tries, "+" + short(l.After), took, outcome}
}
