package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"terrane/grid"

	"github.com/google/uuid"
)

const (
	// endTimeout is how long a region may take to end a session; see docs/architecture.md.
	endTimeout = 8 * time.Second
	// maxText is how long a text for viewers may be, in bytes: the protocol has one byte for the length
	// of an alert, and counts a last zero.
	maxText = 254
)

func (a *Admin) kickUser(r *http.Request) (any, error) {
	c, account, err := a.named(r)
	if err != nil {
		return nil, err
	}
	if err := a.needServer("so nobody is online"); err != nil {
		return nil, err
	}
	if c.Reason == "" {
		c.Reason = "You have been thrown out by the grid's operator."
	}
	if err := checkText("reason", c.Reason); err != nil {
		return nil, err
	}
	ended, err := a.end(r.Context(), account.ID, c.Reason)
	if err == nil && !ended {
		err = &Error{http.StatusNotFound, shown(account.Name()) + " is not online"}
	}
	return kickResult{ended}, err
}

// end ends all sessions of a user: the one that the grid knows, and those that a region of this process
// has without the grid's knowing.
func (a *Admin) end(ctx context.Context, user uuid.UUID, why string) (ended bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	regions := make(map[uuid.UUID]uuid.UUID) // by session
	for _, s := range a.sessions() {
		if s.User == user && !s.Child && s.live() {
			regions[s.Session] = s.Region
		}
	}
	lease, err := a.Services.Presences.LeaseOf(ctx, user)
	switch {
	case err == nil && lease.Region != uuid.Nil:
		regions[lease.Session] = lease.Region
	case err != nil && !errors.Is(err, grid.ErrNotFound):
		return false, err
	}
	for session, region := range regions {
		owner, err := a.Services.Regions.RegionByID(ctx, region)
		if err == nil {
			err = a.Services.SessionEnder.EndSession(ctx, owner, user, session, why)
		}
		if err != nil {
			return ended, fmt.Errorf("the region does not end the session: %w", err)
		}
		ended = true
	}
	return ended, nil
}

// alertCall is a text for everybody in a region.
type alertCall struct {
	Region string `json:"region,omitempty"` // empty: in all regions
	Text   string `json:"text"`
}

func (a *Admin) alert(r *http.Request) (any, error) {
	var c alertCall
	if err := read(r, &c); err != nil {
		return nil, err
	}
	if err := a.needServer("so there is nobody to read it"); err != nil {
		return nil, err
	}
	if err := checkText("text", c.Text); err != nil {
		return nil, err
	}
	names := []string{}
	for _, region := range a.regions() {
		if c.Region == "" || strings.EqualFold(c.Region, region.Name) {
			a.Alert(region.ID, c.Text)
			names = append(names, region.Name)
		}
	}
	if len(names) == 0 {
		return nil, &Error{http.StatusNotFound, fmt.Sprintf("there is no region %s: \"terrane region list\" shows all", shown(c.Region))}
	}
	return names, nil
}

// needServer refuses what only a running server can do.
func (a *Admin) needServer(hence string) error {
	if a.running() {
		return nil
	}
	return &Error{http.StatusServiceUnavailable, "no server runs on this data folder, " + hence}
}

func checkText(what, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return wrong("the %s is empty: say what the viewers are to show", what)
	case len(text) > maxText:
		return wrong("the %s has %d bytes: viewers take at most %d", what, len(text), maxText)
	case !utf8.ValidString(text):
		return wrong("the %s is not UTF-8: write it in a terminal that is set to UTF-8", what)
	}
	return nil
}
