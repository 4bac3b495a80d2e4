package console

import (
	"strings"

	"terrane/agent/steps"
)

// party is who takes part in a process, as the protocol's documents name them.
type party string

// The parties.
const (
	viewer     party = "Viewer"
	door       party = "Login"
	region     party = "Region"
	presence   party = "Presence"
	gridUser   party = "Grid user"
	looks      party = "Avatar"
	inventory  party = "Inventory"
	friends    party = "Friends"
	neighbours party = "Neighbours"
	others     party = "Other viewers"
	journal    party = "Journal"
	watch      party = "Grid"

	// self stands in a table for whoever runs the process.
	self party = ""
)

// columns are the parties in the order of a diagram.
var columns = []party{
	viewer, door, region, presence, gridUser, looks, inventory, friends, neighbours, others, journal, watch,
}

// runners are who runs a process, by its kind; all others are run by a region.
var runners = map[string]party{"login": door, "lapse": watch}

// owners are the parties by the owner of a step, for steps that messages does not know.
var owners = map[string]party{
	"viewer": viewer, "region": region, "regions": region, "lane": region, "presence": presence, "grid user": gridUser,
	"avatar": looks, "inventory": inventory, "friends": friends, "neighbours": neighbours, "journal": journal,
}

// arrow is one message of a diagram.
type arrow struct {
	from, to party
	text     string // the message, as the protocol names it
	answer   bool   // what comes back, or goes to a viewer: drawn dashed
}

// messages are the real messages of the steps. A key is the step's name, or "kind: name" or
// "kind: name: detail" where the same step says something else; the longest that fits is taken.
var messages = map[string][]arrow{
	"end the old session":    {{self, region, "end the session: you have logged in from another place", false}},
	"begin the session":      {{self, presence, "login", false}},
	"read the inventory":     {{self, inventory, "GETINVENTORYSKELETON, GETACTIVEGESTURES", false}},
	"read the friends":       {{self, friends, "getfriends", false}},
	"find where to":          {{self, gridUser, "getgriduserinfo", false}},
	"read the looks":         {{self, looks, "getavatar", false}},
	"announce the agent":     {{self, region, "QUERYACCESS, POST /agent/", false}},
	"grid user: logged in":   {{self, gridUser, "loggedin", false}},
	"take ownership":         {{self, presence, "report", false}},
	"open the journal's row": {{self, journal, "open row", false}},
	"remember the place":     {{self, gridUser, "setposition", false}},
	"save the looks":         {{self, looks, "setavatar", false}},

	"undo: begin the session":    {{self, presence, "undo: logout", false}},
	"undo: announce the agent":   {{self, region, "undo: end the session", false}},
	"undo: grid user: logged in": {{self, gridUser, "undo: loggedout", false}},

	"answer the viewer":                      {{self, viewer, "LogoutReply", true}},
	"logout: answer the viewer: kicked":      {{self, viewer, "KickUser", true}},
	"logout: answer the viewer: region down": {{self, viewer, "KickUser", true}},
	"logout: answer the viewer: closed":      {{self, viewer, "DisableSimulator", true}},
	"let running processes finish":           {{self, region, "let running processes finish", false}},
	"take the agent out of the scene":        {{self, region, "presence, seat, controls, physics body", false}, {region, others, "KillObject", true}},
	"write the departure to the journal":     {{self, journal, "departure", false}},
	"close child agents":                     {{self, neighbours, "DELETE /agent/", false}, {neighbours, viewer, "DisableSimulator", true}},
	"grid user: logged out":                  {{self, gridUser, "loggedout", false}},
	"presence: logged out":                   {{self, presence, "logout", false}},
	"tell friends":                           {{self, presence, "getagents", false}, {self, friends, "status Online=False: OfflineNotification", false}},
	"arrival: tell friends": {
		{self, presence, "getagents", false},
		{self, friends, "status Online=True: OnlineNotification", false},
		{self, viewer, "OnlineNotification", true},
	},
	"strike it from the journal":   {{self, journal, "settled", false}},
	"linger, then nothing is left": {{self, viewer, "last acks, LogoutReply again if asked", true}},
}

// childSteps are the steps that name a neighbour after this beginning.
var childSteps = map[string][]arrow{
	"open child agent in ":  {{self, neighbours, "POST /agent/", false}, {self, viewer, "EnableSimulator, EstablishAgentCommunication", true}},
	"close child agent in ": {{self, neighbours, "DELETE /agent/", false}, {neighbours, viewer, "DisableSimulator", true}},
}

// openings are what set a process off, by "kind" or "kind: detail"; closings what follows one that was done.
var (
	openings = map[string][]arrow{
		"login":        {{viewer, self, "login_to_simulator", false}},
		"arrival":      {{viewer, self, "CompleteAgentMovement", false}, {self, viewer, "AgentMovementComplete", true}},
		"logout: quit": {{viewer, self, "LogoutRequest", false}},
	}
	closings = map[string][]arrow{
		"login": {{self, viewer, "sim_ip, sim_port, circuit_code, seed_capability", true}},
	}
)

// arrowsOf are the messages of a step, the runner of the process put in.
func arrowsOf(r *steps.Report, name, owner string) []arrow {
	for _, key := range []string{r.Kind + ": " + name + ": " + r.Detail, r.Kind + ": " + name, name} {
		if known, ok := messages[key]; ok {
			return by(runnerOf(r), known)
		}
	}
	for prefix, known := range childSteps {
		if neighbour, ok := strings.CutPrefix(name, prefix); ok {
			out := by(runnerOf(r), known)
			out[0].text += " to " + neighbour
			return out
		}
	}
	to, ok := owners[owner]
	if !ok {
		to = runnerOf(r)
	}
	return []arrow{{runnerOf(r), to, name, false}}
}

func opening(r *steps.Report) []arrow {
	if known, ok := openings[r.Kind+": "+r.Detail]; ok {
		return by(runnerOf(r), known)
	}
	return by(runnerOf(r), openings[r.Kind])
}

func closing(r *steps.Report) []arrow {
	if r.Outcome == steps.Done {
		return by(runnerOf(r), closings[r.Kind])
	}
	if r.Kind == "login" && r.Outcome == steps.Failed {
		return []arrow{{door, viewer, "refused", true}}
	}
	return nil
}

func runnerOf(r *steps.Report) party {
	if p, ok := runners[r.Kind]; ok {
		return p
	}
	return region
}

// by is a copy of arrows with the runner where self stands.
func by(runner party, arrows []arrow) []arrow {
	out := make([]arrow, len(arrows))
	for i, a := range arrows {
		if a.from == self {
			a.from = runner
		}
		if a.to == self {
			a.to = runner
		}
		out[i] = a
	}
	return out
}
