package console

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// MaxLoopAge is how long ago a region's loop may have ended a frame before the server counts as ill: a
// frame takes 22 ms, and a visit that takes seconds is a fault.
const MaxLoopAge = 5 * time.Second

// Health answers whether a server that is up is well, for load balancers and monitors: 200 when viewers
// can log in and the loops of all regions run, else 503.
type Health struct {
	// Stopping is closed when the server takes nobody in any more.
	Stopping <-chan struct{}
	// Regions tells, by the name of each region, how long ago its loop ended a frame.
	Regions func() map[string]time.Duration
}

// health is what Health answers.
type health struct {
	State   string         `json:"state"` // ready, ill or stopping
	Regions []regionHealth `json:"regions"`
}

type regionHealth struct {
	Name    string  `json:"name"`
	LoopAge float64 `json:"loop_age_seconds"`
	Healthy bool    `json:"healthy"`
}

// ServeHTTP answers GET and HEAD.
func (h Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, &Error{http.StatusMethodNotAllowed, "this can only be read"})
		return
	}
	now, status := h.now(), http.StatusOK
	if now.State != "ready" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Cache-Control", "no-store")
	answer(w, status, now)
}

func (h Health) now() health {
	now := health{State: "ready", Regions: []regionHealth{}}
	ages := h.Regions()
	for _, name := range slices.Sorted(maps.Keys(ages)) {
		well := ages[name] <= MaxLoopAge
		now.Regions = append(now.Regions, regionHealth{name, ages[name].Seconds(), well})
		if !well {
			now.State = "ill"
		}
	}
	select {
	case <-h.Stopping:
		now.State = "stopping"
	default:
	}
	return now
}

// MetricsHandler answers what a registry holds in the form of Prometheus. Anybody may ask, so only few are
// answered at once.
func MetricsHandler(from prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(from, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}
