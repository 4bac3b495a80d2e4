package main

// append writes the method Append of a message.
func (s *source) append(m *message) {
	s.comment("Append writes the number and the body; see [Message].")
	if len(m.blocks) == 0 {
		s.p("func (*%s) Append(b []byte) ([]byte, error) { return appendID(b, %[1]sID), nil }\n", m.name)
		return
	}
	s.p("func (m *%s) Append(b []byte) ([]byte, error) {", m.name)
	s.p("w := begin(b, %sID)", m.name)
	for i := range m.blocks {
		b := &m.blocks[i]
		if b.list {
			s.p("w.count(%q, len(m.%s))", b.name, b.name)
		}
		if b.repeated() {
			s.p("for i := range m.%s {", b.name)
			s.p("e := &m.%s[i]", b.name)
			s.appendFields("e", b)
			s.p("}")
		} else {
			s.appendFields("m."+b.name, b)
		}
	}
	s.p("return w.end()\n}\n")
}

func (s *source) appendFields(in string, b *block) {
	for _, f := range b.fields {
		switch {
		case f.fixed():
			s.p("w.raw(%s.%s[:])", in, f.name)
		case f.variable():
			s.p("w.%s(%q, %q, %s.%s)", f.kind, b.name, f.name, in, f.name)
		default:
			s.p("w.%s(%s.%s)", f.kind, in, f.name)
		}
	}
}

// parse writes the method Parse of a message.
func (s *source) parse(m *message) {
	s.comment("Parse reads a body; see [Message].")
	if len(m.blocks) == 0 {
		s.p("func (*%s) Parse([]byte) error { return nil }", m.name)
		return
	}
	s.p("func (m *%s) Parse(body []byte) error {", m.name)
	s.p("r := reader{rest: body, id: %sID}", m.name)
	s.reset(m)
	for i := range m.blocks {
		b := &m.blocks[i]
		switch {
		case b.list:
			s.p("m.%s = resize(m.%[1]s, r.count(%[1]q, %d))", b.name, b.least())
			s.p("for i := range m.%s {", b.name)
			s.p("e := &m.%s[i]", b.name)
			s.parseFields("e", b)
		case b.repeated():
			s.p("if r.block(%q) {", b.name)
			s.p("for i := range m.%s {", b.name)
			s.p("e := &m.%s[i]", b.name)
			s.parseFields("e", b)
			s.p("}")
		default:
			s.p("if r.block(%q) {", b.name)
			s.parseFields("m."+b.name, b)
		}
		s.p("}")
	}
	s.p("return r.err()\n}")
}

// reset empties a message but for the room its lists have, unless it is lists alone, which are set
// in any case.
func (s *source) reset(m *message) {
	lists := 0
	for _, b := range m.blocks {
		if b.list {
			lists++
		}
	}
	switch lists {
	case len(m.blocks):
		return
	case 0:
		s.p("*m = %s{}", m.name)
		return
	}
	s.p("*m = %s{", m.name)
	for _, b := range m.blocks {
		if b.list {
			s.p("%s: m.%[1]s,", b.name)
		}
	}
	s.p("}")
}

func (s *source) parseFields(in string, b *block) {
	for _, f := range b.fields {
		if f.fixed() {
			s.p("copy(%s.%s[:], r.take(%[2]q, len(%[1]s.%[2]s)))", in, f.name)
		} else {
			s.p("%s.%s = r.%s(%[2]q)", in, f.name, f.kind)
		}
	}
}
