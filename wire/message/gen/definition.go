package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// subject is one file of definitions.
type subject struct {
	name     string
	about    []string // the lines of the comment that opens the file
	messages []message
}

// message is one message as defined.
type message struct {
	name      string
	doc       []string // comment lines above the message
	frequency string   // high, medium, low, fixed
	number    uint16   // within its frequency
	trusted   bool
	zeroCoded bool
	sender    string // viewer, region, either, server
	grade     string // empty, deprecated, udp-deprecated, udp-blacklisted
	blocks    []block
}

// block is one block of a message.
type block struct {
	name   string
	list   bool // occurs any number of times
	times  int  // otherwise: 0 occurs once, n occurs n times
	fields []field
}

// field is one field of a block.
type field struct{ name, kind string }

// id is the message number as the package has it: its wire bytes as one big-endian number.
func (m *message) id() uint32 {
	switch m.frequency {
	case "high":
		return uint32(m.number)
	case "medium":
		return 0xff00 | uint32(m.number)
	case "low":
		return 0xffff0000 | uint32(m.number)
	default:
		return 0xffffff00 | uint32(m.number)
	}
}

var (
	nameForm   = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	blockStart = regexp.MustCompile(`^([A-Za-z0-9]+)(?:\[([0-9]*)\])?:(.*)$`)
)

// taken are the names a block cannot have, because the methods of a message have them.
var taken = []string{"ID", "Append", "Parse"}

// parse reads the definitions of one subject.
func parse(subjectName string, from io.Reader) (*subject, error) {
	p := parser{subject: &subject{name: subjectName}}
	lines := bufio.NewScanner(from)
	n := 0
	for lines.Scan() {
		n++
		if err := p.line(lines.Text()); err != nil {
			return nil, fmt.Errorf("%s.def:%d: %w", subjectName, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s.def: %w", subjectName, err)
	}
	if err := p.endBlock(); err != nil {
		return nil, fmt.Errorf("%s.def:%d: %w", subjectName, n, err)
	}
	return p.subject, nil
}

type parser struct {
	subject *subject
	opened  bool     // the comment that opens the file has ended
	comment []string // the comment lines just read
	fields  string   // the text of the fields of the last block, gathered over its lines
}

func (p *parser) line(s string) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unprintable) {
		return fmt.Errorf("%q has what cannot stand in a comment or a name", s)
	}
	if rest, ok := strings.CutPrefix(s, "\t\t"); ok {
		if p.fields == "" {
			return fmt.Errorf("nothing to continue")
		}
		p.fields += " " + rest
		return nil
	}
	if err := p.endBlock(); err != nil {
		return err
	}
	if rest, ok := strings.CutPrefix(s, "\t"); ok {
		return p.block(rest)
	}
	if rest, ok := strings.CutPrefix(s, "#"); ok {
		p.comment = append(p.comment, strings.TrimSpace(rest))
		return nil
	}
	if s == "" {
		if !p.opened {
			p.subject.about, p.opened = p.comment, true
		}
		p.comment = nil
		return nil
	}
	return p.message(s)
}

func (p *parser) message(s string) error {
	words := strings.Fields(s)
	if len(words) == 7 {
		words = append(words, "")
	}
	if len(words) != 8 || words[5] != "from" {
		return fmt.Errorf("%q is not: name frequency number trust coding from sender [grade]", s)
	}
	number, err := strconv.ParseUint(words[2], 0, 16)
	if err != nil {
		return fmt.Errorf("message number: %w", err)
	}
	for _, w := range []struct {
		word    string
		allowed []string
	}{
		{words[1], []string{"high", "medium", "low", "fixed"}},
		{words[3], []string{"trusted", "untrusted"}},
		{words[4], []string{"zerocoded", "plain"}},
		{words[6], []string{"viewer", "region", "either", "server"}},
		{words[7], []string{"", "deprecated", "udp-deprecated", "udp-blacklisted"}},
	} {
		if !slices.Contains(w.allowed, w.word) {
			return fmt.Errorf("%q is none of %q", w.word, w.allowed)
		}
	}
	if !nameForm.MatchString(words[0]) {
		return fmt.Errorf("%q cannot name a message", words[0])
	}
	if number == 0 || words[1] != "low" && number > 0xff || words[1] == "low" && number >= 0xfffa {
		return fmt.Errorf("%d is no number of frequency %s", number, words[1])
	}
	p.subject.messages = append(p.subject.messages, message{
		name:      words[0],
		doc:       p.comment,
		frequency: words[1],
		number:    uint16(number),
		trusted:   words[3] == "trusted",
		zeroCoded: words[4] == "zerocoded",
		sender:    words[6],
		grade:     words[7],
	})
	p.comment = nil
	return nil
}

func (p *parser) block(s string) error {
	parts := blockStart.FindStringSubmatch(s)
	if parts == nil || !nameForm.MatchString(parts[1]) || slices.Contains(taken, parts[1]) {
		return fmt.Errorf("%q does not begin with a block name and a colon", s)
	}
	if len(p.subject.messages) == 0 {
		return fmt.Errorf("a block before any message")
	}
	m := &p.subject.messages[len(p.subject.messages)-1]
	if slices.ContainsFunc(m.blocks, func(b block) bool { return b.name == parts[1] }) {
		return fmt.Errorf("a second block %s", parts[1])
	}
	b := block{name: parts[1], list: strings.Contains(s, "[]:")}
	if parts[2] != "" {
		n, err := strconv.Atoi(parts[2])
		if err != nil || n < 2 || n > 255 {
			return fmt.Errorf("a block cannot occur %s times", parts[2])
		}
		b.times = n
	}
	m.blocks = append(m.blocks, b)
	p.fields = strings.TrimSpace(parts[3])
	if p.fields == "" {
		return fmt.Errorf("block %s without fields", b.name)
	}
	return nil
}

// endBlock takes apart the fields gathered since the last block began.
func (p *parser) endBlock() error {
	if p.fields == "" {
		return nil
	}
	m := &p.subject.messages[len(p.subject.messages)-1]
	b := &m.blocks[len(m.blocks)-1]
	for group := range strings.SplitSeq(p.fields, ";") {
		names, kind, ok := cutLast(strings.TrimSpace(group), " ")
		if _, known := kindOf(kind); !ok || !known {
			return fmt.Errorf("%q does not end in a type", group)
		}
		for n := range strings.SplitSeq(names, ",") {
			n = strings.TrimSpace(n)
			if !nameForm.MatchString(n) || slices.ContainsFunc(b.fields, func(f field) bool { return f.name == n }) {
				return fmt.Errorf("%q cannot name a field of %s", n, b.name)
			}
			b.fields = append(b.fields, field{n, kind})
		}
	}
	p.fields = ""
	return nil
}

func unprintable(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
