package caps

import (
	"net/http"
	"time"

	"terrane/grid"
	"terrane/wire/llsd"

	"github.com/google/uuid"
)

// namesBound is how many names one request is answered for. Viewers ask for 90 at most.
const namesBound = 256

// namesFor is how long viewers may keep a name.
const namesFor = 24 * time.Hour

// displayNames looks up names. Nobody has a display name of his own: it is the name of the account.
func (o *Owner) displayNames(w http.ResponseWriter, r *http.Request) {
	var ids []uuid.UUID
	bad := llsd.Array{}
	for _, text := range r.URL.Query()["ids"] {
		id, err := uuid.Parse(text)
		if err != nil || len(ids) == namesBound {
			bad = append(bad, text)
			continue
		}
		ids = append(ids, id)
	}
	found, err := o.Services.Accounts.Accounts(r.Context(), ids)
	if err != nil {
		http.Error(w, "Names cannot be looked up now.", http.StatusServiceUnavailable)
		return
	}
	known := make(map[uuid.UUID]bool, len(found))
	agents := llsd.Array{}
	for _, a := range found {
		known[a.ID] = true
		agents = append(agents, nameBody(a))
	}
	for _, id := range ids {
		if !known[id] {
			bad = append(bad, id)
		}
	}
	Write(w, llsd.Map{"agents": agents, "bad_ids": bad})
}

func nameBody(a grid.Account) llsd.Map {
	username := a.First + "." + a.Last
	if a.Last == "Resident" {
		username = a.First
	}
	return llsd.Map{
		"id": a.ID, "username": username, "display_name": a.Name(), "is_display_name_default": true,
		"legacy_first_name": a.First, "legacy_last_name": a.Last,
		"display_name_next_update": time.Unix(0, 0).UTC(), "display_name_expires": time.Now().Add(namesFor).UTC(),
	}
}
