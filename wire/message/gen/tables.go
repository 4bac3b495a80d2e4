package main

import (
	"cmp"
	"fmt"
	"slices"
)

// sorted returns all messages in the order of their ids. Each name and each id is there once.
func sorted(subjects []*subject) ([]message, error) {
	var all []message
	for _, s := range subjects {
		all = append(all, s.messages...)
	}
	slices.SortFunc(all, func(a, b message) int { return cmp.Compare(a.id(), b.id()) })
	names := make(map[string]bool)
	for i, m := range all {
		if i > 0 && all[i-1].id() == m.id() {
			return nil, fmt.Errorf("%s and %s are both %s", all[i-1].name, m.name, numbered(&m))
		}
		for _, n := range m.names() {
			if names[n] {
				return nil, fmt.Errorf("%s is defined twice", n)
			}
			names[n] = true
		}
	}
	return all, nil
}

// names are the package's names for a message: its type, its constant, the types of its blocks.
func (m *message) names() []string {
	names := []string{m.name, m.name + "ID"}
	for i := range m.blocks {
		if b := &m.blocks[i]; b.repeated() {
			names = append(names, b.typeName(m))
		}
	}
	return names
}

// ids writes the constants.
func ids(messages []message) ([]byte, error) {
	var s source
	s.WriteString(header)
	s.comment("The messages by number.")
	s.p("const (")
	for i, m := range messages {
		if i > 0 && messages[i-1].frequency != m.frequency {
			s.p("")
		}
		s.p("%sID ID = %#x // %s", m.name, m.id(), numbered(&m))
	}
	s.p(")")
	return s.formatted("ids")
}

// infos writes the table behind Info and All.
func infos(messages []message) ([]byte, error) {
	senders := map[string]string{"viewer": "Viewer", "region": "Region", "either": "Either", "server": "Server"}
	grades := map[string]string{"deprecated": "Deprecated", "udp-deprecated": "UDPDeprecated", "udp-blacklisted": "UDPBlacklisted"}
	var s source
	s.WriteString(header)
	s.comment("infos lists the messages in the order of ID.")
	s.p("var infos = [...]Info{")
	for _, m := range messages {
		s.WriteString(fmt.Sprintf("{ID: %sID, Name: %q, Frequency: %s, Number: %d", m.name, m.name, title(m.frequency), m.number))
		if m.trusted {
			s.WriteString(", Trusted: true")
		}
		if m.zeroCoded {
			s.WriteString(", ZeroCoded: true")
		}
		if m.grade != "" {
			s.WriteString(", Deprecation: " + grades[m.grade])
		}
		s.p(", Sender: %s},", senders[m.sender])
	}
	s.p("}")
	return s.formatted("infos")
}

// makers writes New.
func makers(messages []message) ([]byte, error) {
	var s source
	s.WriteString(header)
	s.comment("New returns a new, empty message, or nil when no message has the number.")
	s.p("func New(id ID) Message {\nswitch id {")
	for _, m := range messages {
		s.p("case %sID:\nreturn new(%[1]s)", m.name)
	}
	s.p("}\nreturn nil\n}")
	return s.formatted("new")
}
