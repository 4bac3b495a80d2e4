package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Spread is how a number of durations is spread.
type Spread struct {
	Count         uint64
	P50, P99, Max time.Duration // quantiles are exact to one part in 64; all 0 when Count is
}

// MarshalJSON writes milliseconds.
func (s Spread) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"count": s.Count, "p50_ms": milliseconds(s.P50), "p99_ms": milliseconds(s.P99), "max_ms": milliseconds(s.Max),
	})
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Rates is how often walking bots were shown to others, in updates a second.
type Rates struct {
	Pairs uint64  `json:"pairs"` // of a bot that sees and a bot that is seen
	P50   float64 `json:"p50"`   // what half of them reach
	P99   float64 `json:"p99"`   // what all but one in a hundred reach
	Least float64 `json:"least"`
}

// Missing is what bots waited for in vain.
type Missing struct {
	Movements uint64 `json:"movements"` // turns that were never shown
	Chats     uint64 `json:"chats"`     // lines that were never heard by who said them
	Logouts   uint64 `json:"logouts"`   // LogoutReplies
}

// Traffic is the datagrams of all bots.
type Traffic struct {
	PacketsIn  uint64 `json:"packets_in"`
	PacketsOut uint64 `json:"packets_out"`
	BytesIn    uint64 `json:"bytes_in"` // with zero-coding undone
	BytesOut   uint64 `json:"bytes_out"`
	Resent     uint64 `json:"resent"`     // by bots
	Duplicates uint64 `json:"duplicates"` // by regions, of what had arrived
	GivenUp    uint64 `json:"given_up"`   // by bots, after four tries
}

// Summary is what a swarm has measured. Echoes and updates count from when all bots had tried to log in.
type Summary struct {
	Behaviour Behaviour     `json:"behaviour"`
	Bots      int           `json:"bots"`
	Took      time.Duration `json:"-"`

	Login    Spread `json:"login"`           // request to answer
	Circuit  Spread `json:"circuit"`         // UseCircuitCode to AgentMovementComplete
	Movement Spread `json:"movement_echo"`   // AgentUpdate with a new heading to the update that shows it
	Chat     Spread `json:"chat_echo"`       // line said to line heard
	Logout   Spread `json:"logout"`          // LogoutRequest to LogoutReply
	Gone     Spread `json:"gone_for_others"` // LogoutRequest to KillObject at another bot
	Updates  Rates  `json:"updates_per_second"`

	Refused  uint64 `json:"refused_logins"`
	Relogins uint64 `json:"relogins"`  // rounds of Relogin
	FirstTry uint64 `json:"first_try"` // of them, those that succeeded at the first attempt

	Missing  Missing           `json:"missing"`
	Traffic  Traffic           `json:"traffic"`
	Errors   map[string]uint64 `json:"errors"`   // by kind
	Examples map[string]string `json:"examples"` // the first error of each kind
}

// MarshalJSON adds how long it took, in seconds.
func (s Summary) MarshalJSON() ([]byte, error) {
	type plain Summary
	return json.Marshal(struct {
		plain
		Seconds float64 `json:"seconds"`
	}{plain(s), s.Took.Seconds()})
}

// String is a table for people.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d bots, %s, %s\n\n", s.Bots, s.Behaviour, s.Took.Round(time.Second/10))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tcount\tp50\tp99\tmax\tmissing\t")
	for _, row := range []struct {
		name string
		Spread
		missing uint64
	}{
		{"login", s.Login, 0},
		{"circuit", s.Circuit, 0},
		{"movement echo", s.Movement, s.Missing.Movements},
		{"chat echo", s.Chat, s.Missing.Chats},
		{"logout", s.Logout, s.Missing.Logouts},
		{"gone for others", s.Gone, 0},
	} {
		if row.Count+row.missing > 0 {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%d\t\n",
				row.name, row.Count, short(row.P50), short(row.P99), short(row.Max), row.missing)
		}
	}
	w.Flush()
	if s.Updates.Pairs > 0 {
		fmt.Fprintf(&b, "\nupdates seen of each walker: half %.1f/s, 99 of 100 at least %.1f/s, least %.1f/s (%d pairs)\n",
			s.Updates.P50, s.Updates.P99, s.Updates.Least, s.Updates.Pairs)
	}
	if s.Behaviour == Relogin {
		fmt.Fprintf(&b, "\nrelogins: %d, at the first attempt: %d\n", s.Relogins, s.FirstTry)
	}
	t := &s.Traffic
	fmt.Fprintf(&b, "\npackets: %d in, %d out; resent: %d, given up: %d, duplicates in: %d\n",
		t.PacketsIn, t.PacketsOut, t.Resent, t.GivenUp, t.Duplicates)
	if len(s.Errors) == 0 {
		b.WriteString("errors: none\n")
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Errors)) {
		fmt.Fprintf(&b, "errors: %d × %s, such as: %s\n", s.Errors[kind], kind, s.Examples[kind])
	}
	return b.String()
}

// short is a duration in milliseconds, as exact as tables need it.
func short(d time.Duration) string {
	ms := milliseconds(d)
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.2f s", ms/1000)
}

// Live is how a swarm does at the moment.
type Live struct {
	Elapsed             time.Duration
	InWorld, Bots       int
	Errors              uint64  // so far, refused logins among them
	PacketsIn, Out      float64 // a second, since the last Live
	Login, Echo, Logout Spread  // so far; Echo is that of movement, or of chat
}

// String is one line.
func (l Live) String() string {
	return fmt.Sprintf("%5s  %d of %d in world  %d errors  packets/s %.0f in %.0f out  login %s  echo %s  logout %s",
		l.Elapsed.Round(time.Second), l.InWorld, l.Bots, l.Errors, l.PacketsIn, l.Out,
		short(l.Login.P99), short(l.Echo.P99), short(l.Logout.P99))
}
