// Package console is the operators' side of a server: looking after accounts, seeing what the server
// does, and finding out what has become of a user's session.
//
// Admin answers the operators' calls, as JSON over HTTP: on the control socket of a running server, or
// in the process of a command when no server runs. Client makes the calls. Trace and Explanation are
// values that both sides know; how they are shown is here too. What the public may see of a server,
// its health and its metrics, is in health.go and metrics.go.
//
// Durations in JSON are whole nanoseconds, times are RFC 3339.
package console

import (
	"context"
	"net/http"
	"sync"

	"terrane/agent"
	"terrane/agent/steps"
	"terrane/grid"

	"github.com/google/uuid"
)

// Admin answers the operators' calls. It is an http.Handler, and asks nobody who he is: whoever can reach
// it may do everything, so it is served on a socket that only the server's own user can open.
//
// Its fields are set before the first call and not changed afterwards.
type Admin struct {
	Services *agent.Services
	Lister   grid.AccountLister
	// Reports are the latest processes. Nil: no server runs.
	Reports *steps.Ring
	// Regions are the regions of the configuration, the one for newcomers first.
	Regions func() []RegionView
	// Sessions are the circuits of this process, on their way out too. Nil: no server runs.
	Sessions func() []SessionView
	// Journal is what the regions' journals hold of a user.
	Journal func(ctx context.Context, user uuid.UUID) ([]JournalRow, error)
	// Alert shows a text to everybody in a region of this process. Nil: no server runs.
	Alert func(region uuid.UUID, text string)

	mu      sync.Mutex
	created map[string]bool // names that are being created right now; guarded by mu
}

// calls is everything that an operator may ask for.
var calls = map[string]func(*Admin, *http.Request) (any, error){
	"GET /users":           (*Admin).listUsers,
	"POST /users":          (*Admin).createUser,
	"POST /users/password": (*Admin).setPassword,
	"POST /users/disable":  (*Admin).disableUser,
	"POST /users/enable":   (*Admin).enableUser,
	"POST /users/kick":     (*Admin).kickUser,
	"GET /regions":         (*Admin).listRegions,
	"POST /alert":          (*Admin).alert,
	"GET /trace":           (*Admin).trace,
	"GET /explain":         (*Admin).explain,
}

// ServeHTTP answers one call: 200 with the result, or another status with {"error": "..."}.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, ok := calls[r.Method+" "+r.URL.Path]
	if !ok {
		refuse(w, &Error{http.StatusNotFound, "the server knows no such call; is it of another version than this command?"})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	result, err := call(a, r)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, result)
}

// running reports whether a server runs in this process.
func (a *Admin) running() bool { return a.Sessions != nil }

func (a *Admin) sessions() []SessionView {
	if a.Sessions == nil {
		return nil
	}
	return a.Sessions()
}

func (a *Admin) regions() []RegionView {
	if a.Regions == nil {
		return nil
	}
	return a.Regions()
}

func (a *Admin) listRegions(*http.Request) (any, error) {
	regions := a.regions()
	if regions == nil {
		regions = []RegionView{}
	}
	return regions, nil
}
