package scene

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"terrane/geom"
	"terrane/region/avatar"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func (a *actor) heard() []*ChatHeard {
	var all []*ChatHeard
	for _, e := range a.feed.Take().Events {
		if c, ok := e.(*ChatHeard); ok {
			all = append(all, c)
		}
	}
	return all
}

func TestChatCarriesAsFarAsItsKind(t *testing.T) {
	s := newStage(t)
	speaker := s.enter(100, 100)
	at := map[string]*actor{
		"himself": speaker,
		"9 m":     s.enter(109, 100),
		"19 m":    s.enter(119, 100),
		"99 m":    s.enter(199, 100),
		"101 m":   s.enter(201, 100),
	}
	for _, c := range []struct {
		kind  ChatType
		hears []string
	}{
		{Whisper, []string{"himself", "9 m"}},
		{Say, []string{"himself", "9 m", "19 m"}},
		{Shout, []string{"himself", "9 m", "19 m", "99 m"}},
	} {
		s.visit(func(tx *Tx) error { return tx.Say(speaker.session, c.kind, PublicChannel, "hello") })
		hears := map[string]bool{}
		for _, name := range c.hears {
			hears[name] = true
		}
		for name, who := range at {
			got := who.heard()
			if (len(got) == 1) != hears[name] {
				t.Errorf("kind %d at %s: heard %d times", c.kind, name, len(got))
			}
			for _, h := range got {
				want := ChatHeard{
					FromName: "Ann Lee", Source: speaker.agent, Owner: speaker.agent, SourceType: FromAgent,
					ChatType: c.kind, Audible: FullyAudible, Position: speaker.now().Position, Text: "hello",
				}
				if *h != want {
					t.Errorf("heard %+v", h)
				}
			}
		}
	}
}

func TestAChildHearsWhereItsAgentIs(t *testing.T) {
	s := newStage(t)
	speaker := s.enter(2, 100)
	near, far := s.look(-10, 100), s.look(-40, 100)
	s.visit(func(tx *Tx) error { return tx.Say(speaker.session, Say, PublicChannel, "hello") })
	if len(near.heard()) != 1 || len(far.heard()) != 0 {
		t.Error("the border was a wall, or none")
	}
}

func TestOtherChannelsAreNotForPeople(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.visit(func(tx *Tx) error {
		return errors.Join(
			tx.Say(a.session, Say, 5, "secret"),
			tx.Say(a.session, Shout, -1, "secret"),
			tx.Say(a.session, Say, PublicChannel, ""),
			tx.Say(a.session, Say, PublicChannel, "\x00hidden"),
		)
	})
	if got := a.heard(); len(got) != 0 {
		t.Errorf("heard %+v", got[0])
	}
}

func TestTypingIsHeardAndShown(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	s.pass(frame)
	a.feed.Take()
	say := func(kind ChatType) {
		s.visit(func(tx *Tx) error { return tx.Say(a.session, kind, 7, "ignored") })
		s.pass(frame)
	}
	say(StartTyping)
	b := a.feed.Take()
	if c := b.Events[0].(*ChatHeard); c.ChatType != StartTyping || c.Text != "" {
		t.Errorf("heard %+v", c)
	}
	if len(b.Changes) != 1 || len(b.Changes[0].State.Animations) != 2 || b.Changes[0].State.Animations[1].ID != avatar.AnimType {
		t.Errorf("shown %+v", b.Changes)
	}
	say(StopTyping)
	b = a.feed.Take()
	if c := b.Events[0].(*ChatHeard); c.ChatType != StopTyping {
		t.Errorf("heard %+v", c)
	}
	if len(b.Changes) != 1 || len(b.Changes[0].State.Animations) != 1 {
		t.Errorf("shown %+v", b.Changes)
	}
}

func TestChatOfAnUnknownKindIsRefused(t *testing.T) {
	s := newStage(t)
	a := s.enter(100, 100)
	if err := s.Visit(func(tx *Tx) error { return tx.Say(a.session, 3, 0, "x") }); !errors.Is(err, ErrChat) {
		t.Errorf("error %v", err)
	}
}

func TestChatTextIsCutAtARune(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"hello", "hello"},
		{"a\x00b", "a"},
		{"a\xffb", "a\uFFFDb"},
		{strings.Repeat("a", 1023), strings.Repeat("a", 1023)},
		{strings.Repeat("a", 1024), strings.Repeat("a", 1023)},
		{strings.Repeat("é", 600), strings.Repeat("é", 511)},
		{strings.Repeat("€", 400), strings.Repeat("€", 341)},
	} {
		if got := chatText(c.in); got != c.want {
			t.Errorf("%.20q became %.20q of %d bytes, want %d", c.in, got, len(got), len(c.want))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "text"))
		got := chatText(in)
		if len(got) > MaxChat || !utf8.ValidString(got) || strings.ContainsRune(got, 0) {
			t.Fatalf("%q", got)
		}
	})
}

func TestEventsReachThePresenceTheyAreFor(t *testing.T) {
	s := newStage(t)
	a, other := s.enter(100, 100), s.look(0, 0)
	s.visit(func(tx *Tx) error {
		if err := tx.Tell(uuid.New(), &Alert{}); err != ErrNoPresence {
			t.Errorf("told nobody: %v", err)
		}
		return tx.Tell(a.session, &Kicked{Reason: "enough"})
	})
	got := a.feed.Take().Events
	if len(got) != 1 || got[0].(*Kicked).Reason != "enough" {
		t.Errorf("told %v", got)
	}
	if got := other.feed.Take().Events; len(got) != 0 {
		t.Errorf("the other was told %v", got)
	}
}

func TestWhoSpeaksIsHeardFromWhereHeIs(t *testing.T) {
	s := newStage(t)
	a, b := s.enter(10, 100), s.enter(200, 100)
	s.visit(func(tx *Tx) error {
		if err := tx.Place(a.session, geom.Vec3{X: 195, Y: 100}, geom.Vec3{}); err != nil {
			return err
		}
		return tx.Say(a.session, Whisper, PublicChannel, "boo")
	})
	if got := b.heard(); len(got) != 1 || got[0].Position.X != 195 {
		t.Errorf("heard %v", got)
	}
}
