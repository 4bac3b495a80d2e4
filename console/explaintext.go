package console

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// WriteExplanationJSON writes the records, and in what they disagree, as one JSON object.
func WriteExplanationJSON(w io.Writer, e Explanation) error {
	return writeJSON(w, struct {
		Explanation
		Disagreements []Finding `json:"disagreements"`
	}{e, Disagreements(e)})
}

// WriteExplanationText writes the records, and below them in what they disagree, for reading.
func WriteExplanationText(w io.Writer, e Explanation) error {
	p := &page{w: w}
	p.account(&e)
	p.gridUser(&e)
	p.lease(&e)
	p.circuits(&e)
	p.journal(&e)
	p.avatar(&e)
	p.unread(&e)
	p.disagreements(Disagreements(e))
	return p.err
}

// page writes lines until one cannot be written.
type page struct {
	w   io.Writer
	err error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// field writes a line of a record: what it is, and its value.
func (p *page) field(name, format string, args ...any) {
	p.line("  %-9s %s", name, fmt.Sprintf(format, args...))
}

func (p *page) table(heading []string, rows [][]string) {
	if p.err == nil {
		p.err = table(p.w, "  ", heading, rows)
	}
}

func (p *page) account(e *Explanation) {
	u := e.Account
	p.line("%s", plain(u.Name()))
	p.field("id", "%s", u.ID)
	p.field("asked", "%s", e.At.Format(clock))
	p.field("account", "%s, level %d, created %s", u.State, u.Level, when(u.Created, e.At))
	if u.Email != "" {
		p.field("e-mail", "%s", plain(u.Email))
	}
	if !e.Running {
		p.field("server", "none runs on this data folder: there are no circuits")
	}
}

func (p *page) gridUser(e *Explanation) {
	p.line("\nGrid user")
	g := e.GridUser
	if g == nil {
		p.absent(e, recordGridUser, "no record: never logged in, and no home")
		return
	}
	p.field("state", "%s", map[bool]string{true: "online", false: "offline"}[g.Online])
	p.field("login", "%s", when(g.Login, e.At))
	p.field("logout", "%s", when(g.Logout, e.At))
	p.field("last", "%s", g.Last.text())
	p.field("home", "%s", g.Home.text())
}

// absent says that a record is not there, or was not read.
func (p *page) absent(e *Explanation, record, nothing string) {
	if !e.knows(record) {
		nothing = "could not be read"
	}
	p.line("  %s", nothing)
}

func (p PlaceRecord) text() string {
	switch {
	case p.Region == uuid.Nil:
		return "nowhere yet"
	case p.Name == "":
		return "unknown region " + p.Region.String()
	}
	return fmt.Sprintf("%s <%.1f, %.1f, %.1f>", plain(p.Name), p.Position.X, p.Position.Y, p.Position.Z)
}

func (p *page) lease(e *Explanation) {
	p.line("\nPresence")
	l := e.Lease
	if l == nil {
		nothing := "no session is open"
		if e.Epoch > 0 {
			nothing += fmt.Sprintf("; the latest had epoch %d", e.Epoch)
		}
		p.absent(e, recordPresence, nothing)
		return
	}
	p.field("session", "%s", l.Session)
	p.field("epoch", "%d", l.Epoch)
	if l.Region == uuid.Nil {
		p.field("owner", "none yet: logged in, not arrived")
	} else {
		p.field("owner", "%s, boot %s", e.called(l.Region), l.Boot)
	}
	p.field("began", "%s", when(l.Began, e.At))
	p.field("expires", "%s", when(l.Expires, e.At))
}

func (p *page) circuits(e *Explanation) {
	p.line("\nCircuits")
	if len(e.Sessions) == 0 {
		p.line("  none")
		return
	}
	rows := make([][]string, len(e.Sessions))
	for i, s := range e.Sessions {
		rows[i] = []string{
			e.called(s.Region), s.kind(), s.state(), s.Session.String(), strconv.FormatUint(s.Epoch, 10), s.Address, age(s.Age), age(s.Silence),
			strconv.FormatUint(s.Resent, 10), strconv.Itoa(s.Unacked), strconv.Itoa(s.Queued), strconv.Itoa(s.Events), age(s.Ping),
		}
	}
	p.table([]string{
		"REGION", "AGENT", "PHASE", "SESSION", "EPOCH", "ADDRESS", "AGE", "SILENCE", "RESENT", "UNACKED", "QUEUED", "EVENTS", "PING",
	}, rows)
	for _, s := range e.Sessions {
		p.capabilities(e, s)
	}
}

func (s SessionView) kind() string {
	if s.Root {
		return "root"
	}
	if s.Child {
		return "child"
	}
	return "arriving"
}

func (s SessionView) state() string {
	if s.Ending != "" {
		return s.Phase + ": " + s.Ending
	}
	return s.Phase
}

func (p *page) capabilities(e *Explanation, s SessionView) {
	if len(s.Capabilities) == 0 {
		p.line("  %s: no capabilities asked for", e.called(s.Region))
		return
	}
	p.line("  %s: %d capabilities:", e.called(s.Region), len(s.Capabilities))
	for some := range slices.Chunk(s.Capabilities, 5) {
		p.line("    %s", plain(strings.Join(some, " ")))
	}
}

func (p *page) journal(e *Explanation) {
	p.line("\nJournal")
	if len(e.Journal) == 0 {
		p.absent(e, recordJournal, "nothing")
		return
	}
	rows := make([][]string, len(e.Journal))
	for i, r := range e.Journal {
		state, owed := "open", ""
		if !r.Open {
			state, owed = "departed: "+r.Reason, "nothing"
		}
		if len(r.Owed) > 0 {
			owed = strings.Join(r.Owed, "; ")
		}
		rows[i] = []string{e.called(r.Region), r.Session.String(), strconv.FormatUint(r.Epoch, 10), state, e.age(r.At), owed}
	}
	p.table([]string{"REGION", "SESSION", "EPOCH", "ROW", "AGE", "OWED"}, rows)
}

func (p *page) avatar(e *Explanation) {
	p.line("\nAvatar")
	a := e.Avatar
	if a == nil {
		p.absent(e, recordAvatar, "nothing")
		return
	}
	serial := "no serial"
	if a.Serial != "" {
		serial = "serial " + plain(a.Serial)
	}
	dressed := "dressed"
	if !a.Dressed {
		dressed = "not dressed"
	}
	p.line("  %s, %d rows, %s, attachments on %d points", serial, a.Rows, dressed, a.Attachments)
}

func (p *page) unread(e *Explanation) {
	if len(e.Unread) == 0 {
		return
	}
	p.line("\nCould not be read")
	for _, u := range e.Unread {
		p.field(u.Record, "%s", plain(u.Error))
	}
}

func (p *page) disagreements(found []Finding) {
	p.line("\nWhat disagrees")
	if len(found) == 0 {
		p.line("  nothing")
		return
	}
	for i, f := range found {
		p.line("  %d. %s", i+1, f.What)
		p.line("     It means: %s", f.Means)
		p.line("     Then: %s", f.Then)
	}
}
