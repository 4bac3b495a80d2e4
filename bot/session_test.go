package bot

import (
	"errors"
	"testing"

	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"

	"github.com/google/uuid"
)

func TestAnswerIsRead(t *testing.T) {
	s, err := readAnswer(goldenAnswer())
	if err != nil {
		t.Fatal(err)
	}
	if s.Sim.String() != "127.0.0.1:9000" || s.CircuitCode != 7 || s.Handle() != 0x0003E8000003E800 {
		t.Errorf("session %+v", s)
	}
	if len(s.Friends) != 1 || s.Friends[0].Has != 1 || s.Friends[0].Given != 3 {
		t.Errorf("friends %+v", s.Friends)
	}
}

// What one viewer or another stumbles over is an error, and names the field.
func TestAnswerThatAViewerCannotUseIsRefused(t *testing.T) {
	for _, row := range []struct {
		field string
		value any // nil: the field is left out
	}{
		{"login", true},
		{"login", "yes"},
		{"login", nil},
		{"agent_id", nil},
		{"agent_id", uuid.Nil.String()},
		{"session_id", "none"},
		{"secure_session_id", nil},
		{"first_name", nil},
		{"circuit_code", "7"},
		{"circuit_code", int32(0)},
		{"circuit_code", int32(-7)},
		{"sim_ip", "localhost"},
		{"sim_ip", "::1"},
		{"sim_port", "9000"},
		{"sim_port", int32(0)},
		{"sim_port", int32(70000)},
		{"seed_capability", ""},
		{"seed_capability", "CAPS/1"},
		{"region_x", "256000"},
		{"region_size_x", "256"},
		{"look_at", "(1,0,0)"},
		{"home", "{"},
		{"inventory-root", nil},
		{"inventory-root", llsd.Array{}},
		{"inventory-root", llsd.Map{"folder_id": uuid.NewString()}},
		{"inventory-skeleton", llsd.Map{}},
		{"inventory-skeleton", llsd.Array{"folder"}},
		{"inventory-skeleton", llsd.Array{llsd.Map{"folder_id": uuid.NewString(), "type_default": "8", "version": int32(1)}}},
		{"buddy-list", llsd.Array{llsd.Map{"buddy_id": uuid.NewString(), "buddy_rights_has": "1", "buddy_rights_given": int32(1)}}},
		{"login-flags", llsd.Map{}},
		{"seconds_since_epoch", "now"},
	} {
		m := goldenAnswer()
		if m[row.field] = row.value; row.value == nil {
			delete(m, row.field)
		}
		_, err := readAnswer(m)
		var wrong *AnswerError
		if !errors.As(err, &wrong) {
			t.Errorf("%s = %v: %v", row.field, row.value, err)
			continue
		}
		in := map[string]string{"inventory-root": "inventory-root", "inventory-skeleton": "type_default", "buddy-list": "buddy_rights_has"}
		if wrong.Field != row.field && wrong.Field != in[row.field] {
			t.Errorf("%s = %v: %v", row.field, row.value, err)
		}
	}
}

func TestPasswordIsHashedAsViewersDo(t *testing.T) {
	const want = "$1$5ebe2294ecd0e0f08eab7690d2a6ee69"
	if got := hashed("secret"); got != want {
		t.Errorf("hashed to %s", got)
	}
	if got := hashed(want); got != want {
		t.Errorf("hashed again to %s", got)
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(xmlrpc.AppendResponse(nil, goldenAnswer()))
	f.Add(xmlrpc.AppendResponse(nil, llsd.Map{"login": "false", "reason": "key", "message": "No."}))
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := xmlrpc.ParseResponse(body)
		if err != nil {
			return
		}
		s, err := readAnswer(llsd.AsMap(v))
		if err == nil && (s.Agent == uuid.Nil || !s.Sim.IsValid() || s.Sim.Port() == 0 || s.CircuitCode == 0) {
			t.Errorf("taken for a session: %+v", s)
		}
	})
}
