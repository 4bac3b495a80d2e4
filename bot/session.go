package bot

import (
	"fmt"
	"net/netip"
	"net/url"

	"terrane/wire/llsd"

	"github.com/google/uuid"
)

// AnswerError is a login's answer that some viewer could not use.
type AnswerError struct {
	Field string // its name in the answer
	Why   string
}

// Error names the field.
func (e *AnswerError) Error() string { return fmt.Sprintf("bot: login answer: %s %s", e.Field, e.Why) }

// Session is what a login answered.
type Session struct {
	Agent, ID, Secure uuid.UUID // agent_id, session_id, secure_session_id
	First, Last       string
	CircuitCode       uint32
	Sim               netip.AddrPort // where the region is to be reached, by UDP
	Seed              string
	RegionX, RegionY  int // of the region's south-west corner, metres from the grid's
	InventoryRoot     uuid.UUID
	Friends           []Friend
	StartLocation     string // "home", "last", "url" or "safe"

	// Answer is all that was answered, also what a bot has no use for. It must not be changed.
	Answer llsd.Map
}

// Friend is one row of buddy-list; rights are 1 to see online, 2 to see on the map, 4 to modify objects.
type Friend struct {
	ID         uuid.UUID
	Has, Given int // what the friend grants this user, and this user the friend
}

// Handle is the region's, as messages name it.
func (s Session) Handle() uint64 { return uint64(uint32(s.RegionX))<<32 | uint64(uint32(s.RegionY)) }

// readAnswer takes an answer as the strictest of viewers does: the official one wants login to be text,
// libopenmetaverse wants integers for numbers and an address for sim_ip, node-metaverse arrays for
// lists.
func readAnswer(m llsd.Map) (Session, error) {
	r := answerReader{m: m}
	if login := m["login"]; login != "true" {
		return Session{}, refusal(m, login)
	}
	s := Session{
		Agent: r.id("agent_id"), ID: r.id("session_id"), Secure: r.id("secure_session_id"),
		First: r.text("first_name"), Last: r.text("last_name"),
		CircuitCode: uint32(r.number("circuit_code", 1, 1<<31-1)),
		Seed:        r.text("seed_capability"),
		RegionX:     r.number("region_x", 0, 1<<31-1), RegionY: r.number("region_y", 0, 1<<31-1),
		StartLocation: m.String("start_location"),
		Answer:        m,
	}
	s.Sim = netip.AddrPortFrom(r.address("sim_ip"), uint16(r.number("sim_port", 1, 1<<16-1)))
	if u, err := url.Parse(s.Seed); err != nil || u.Host == "" {
		r.fail("seed_capability", "is no URL")
	}
	s.InventoryRoot = r.root()
	s.Friends = r.friends()
	r.check()
	if r.err != nil {
		return Session{}, r.err
	}
	return s, nil
}

// refusal is what became of a login that is not "true".
func refusal(m llsd.Map, login any) error {
	switch login {
	case "false", "indeterminate", false:
		return &RefusedError{Reason: m.String("reason"), Message: m.String("message"), MessageID: m.String("message_id")}
	}
	return &AnswerError{"login", `is not the text "true"`}
}

// answerReader keeps the first fault it meets.
type answerReader struct {
	m   llsd.Map
	err error
}

func (r *answerReader) fail(field, why string) {
	if r.err == nil {
		r.err = &AnswerError{field, why}
	}
}

func (r *answerReader) text(field string) string {
	s, ok := r.m[field].(string)
	if !ok || s == "" {
		r.fail(field, "is not there, or no text")
	}
	return s
}

func (r *answerReader) id(field string) uuid.UUID { return r.idIn(r.m, field) }

// idIn reads an id, as text or, in LLSD, as one.
func (r *answerReader) idIn(m llsd.Map, field string) uuid.UUID {
	id := m.UUID(field)
	if id == uuid.Nil {
		r.fail(field, "is no id, or the zero one")
	}
	return id
}

func (r *answerReader) number(field string, least, most int) int {
	n := r.numberIn(r.m, field)
	if n < least || n > most {
		r.fail(field, "is out of range")
	}
	return n
}

func (r *answerReader) numberIn(m llsd.Map, field string) int {
	n, ok := m[field].(int32)
	if !ok {
		r.fail(field, "is no integer")
	}
	return int(n)
}

func (r *answerReader) address(field string) netip.Addr {
	a, err := netip.ParseAddr(r.text(field))
	if err != nil || !a.Is4() {
		r.fail(field, "is no IPv4 address")
	}
	return a
}

// list is the maps of an array; a field that is absent is an empty one.
func (r *answerReader) list(field string) []llsd.Map {
	if !r.m.Has(field) {
		return nil
	}
	a, ok := r.m[field].(llsd.Array)
	if !ok {
		r.fail(field, "is no array")
		return nil
	}
	maps := make([]llsd.Map, 0, len(a))
	for _, v := range a {
		m, ok := v.(llsd.Map)
		if !ok {
			r.fail(field, "has an element that is no map")
			return nil
		}
		maps = append(maps, m)
	}
	return maps
}

func (r *answerReader) root() uuid.UUID {
	folders := r.list("inventory-root")
	if len(folders) != 1 {
		r.fail("inventory-root", "does not hold one folder")
		return uuid.Nil
	}
	return r.idIn(folders[0], "folder_id")
}

func (r *answerReader) friends() []Friend {
	var friends []Friend
	for _, m := range r.list("buddy-list") {
		friends = append(friends, Friend{
			ID: r.idIn(m, "buddy_id"), Has: r.numberIn(m, "buddy_rights_has"), Given: r.numberIn(m, "buddy_rights_given"),
		})
	}
	return friends
}

// check looks at what a bot has no use for and viewers fail over.
func (r *answerReader) check() {
	for _, field := range []string{"inventory-skeleton", "inventory-skel-lib"} {
		for _, folder := range r.list(field) {
			r.idIn(folder, "folder_id")
			r.numberIn(folder, "type_default")
			r.numberIn(folder, "version")
		}
	}
	for _, field := range []string{
		"inventory-lib-root", "inventory-lib-owner", "gestures", "login-flags", "initial-outfit", "ui-config",
		"global-textures", "event_categories", "event_notifications", "classified_categories",
	} {
		r.list(field)
	}
	for _, field := range []string{"region_size_x", "region_size_y", "seconds_since_epoch", "max-agent-groups"} {
		if r.m.Has(field) {
			r.numberIn(r.m, field)
		}
	}
	for _, field := range []string{"look_at", "home"} {
		if !r.m.Has(field) {
			continue
		}
		if _, err := llsd.ParseNotation([]byte(r.text(field))); err != nil {
			r.fail(field, "is no LLSD notation")
		}
	}
}
