package console

import (
	"strings"

	"terrane/agent/steps"
)

// party is who takes part in a process, as the protocol's documents name them.
type party string

// The parties.
const (
	partyViewer     party = "Viewer"
	partyLogin      party = "Login"
	partyRegion     party = "Region"
	partyPresence   party = "Presence"
	partyGridUser   party = "Grid user"
	partyAvatar     party = "Avatar"
	partyInventory  party = "Inventory"
	partyFriends    party = "Friends"
	partyNeighbours party = "Neighbours"
	partyOthers     party = "Other viewers"
	partyJournal    party = "Journal"
	partyGrid       party = "Grid"

	// self stands in a table for whoever runs the process.
	self party = ""
)

// columns are the parties in the order of a diagram.
var columns = []party{
	partyViewer, partyLogin, partyRegion, partyPresence, partyGridUser, partyAvatar, partyInventory, partyFriends,
	partyNeighbours, partyOthers, partyJournal, partyGrid,
}

// runners are who runs a process, by its kind; all others are run by a region.
var runners = map[string]party{"login": partyLogin, "lapse": partyGrid}

// owners are the parties by the owner of a step, for steps that messages does not know.
var owners = map[string]party{
	"viewer": partyViewer, "region": partyRegion, "regions": partyRegion, "lane": partyRegion,
	"presence": partyPresence, "grid user": partyGridUser, "avatar": partyAvatar,
	"inventory": partyInventory, "friends": partyFriends, "neighbours": partyNeighbours, "journal": partyJournal,
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
	"end the old session":    {{self, partyRegion, "end the session", false}},
	"begin the session":      {{self, partyPresence, "login", false}},
	"read the inventory":     {{self, partyInventory, "GETINVENTORYSKELETON, GETACTIVEGESTURES", false}},
	"read the friends":       {{self, partyFriends, "getfriends", false}},
	"find where to":          {{self, partyGridUser, "getgriduserinfo", false}},
	"read the looks":         {{self, partyAvatar, "getavatar", false}},
	"announce the agent":     {{self, partyRegion, "QUERYACCESS, POST /agent/", false}},
	"grid user: logged in":   {{self, partyGridUser, "loggedin", false}},
	"take ownership":         {{self, partyPresence, "report", false}},
	"open the journal's row": {{self, partyJournal, "open row", false}},
	"remember the place":     {{self, partyGridUser, "setposition", false}},
	"save the looks":         {{self, partyAvatar, "setavatar", false}},

	"undo: begin the session":    {{self, partyPresence, "undo: logout", false}},
	"undo: announce the agent":   {{self, partyRegion, "undo: end the session", false}},
	"undo: grid user: logged in": {{self, partyGridUser, "undo: loggedout", false}},

	"answer the viewer":                      {{self, partyViewer, "LogoutReply", true}},
	"logout: answer the viewer: kicked":      {{self, partyViewer, "KickUser", true}},
	"logout: answer the viewer: region down": {{self, partyViewer, "KickUser", true}},
	"logout: answer the viewer: closed":      {{self, partyViewer, "DisableSimulator", true}},
	"let running processes finish":           {{self, partyRegion, "let running processes finish", false}},
	"take the agent out of the scene":        {{self, partyRegion, "presence, seat, controls, physics body", false}, {partyRegion, partyOthers, "KillObject", true}},
	"write the departure to the journal":     {{self, partyJournal, "departure", false}},
	"close child agents":                     {{self, partyNeighbours, "DELETE /agent/", false}, {partyNeighbours, partyViewer, "DisableSimulator", true}},
	"grid user: logged out":                  {{self, partyGridUser, "loggedout", false}},
	"presence: logged out":                   {{self, partyPresence, "logout", false}},
	"tell friends":                           {{self, partyPresence, "getagents", false}, {self, partyFriends, "status Online=False: OfflineNotification", false}},
	"arrival: tell friends": {
		{self, partyPresence, "getagents", false},
		{self, partyFriends, "status Online=True: OnlineNotification", false},
		{self, partyViewer, "OnlineNotification", true},
	},
	"note what is still owed":      {{self, partyJournal, "departure, with what is still owed", false}},
	"strike it from the journal":   {{self, partyJournal, "settled", false}},
	"linger, then nothing is left": {{self, partyViewer, "last acks, LogoutReply again if asked", true}},
}

// childSteps are the steps that name a neighbour after this beginning.
var childSteps = map[string][]arrow{
	"open child agent in ":  {{self, partyNeighbours, "POST /agent/", false}, {self, partyViewer, "EnableSimulator, EstablishAgentCommunication", true}},
	"close child agent in ": {{self, partyNeighbours, "DELETE /agent/", false}, {partyNeighbours, partyViewer, "DisableSimulator", true}},
}

// openings are what set a process off, by "kind" or "kind: detail"; closings what follows one that was done.
var (
	openings = map[string][]arrow{
		"login":        {{partyViewer, self, "login_to_simulator", false}},
		"arrival":      {{partyViewer, self, "CompleteAgentMovement", false}, {self, partyViewer, "AgentMovementComplete", true}},
		"logout: quit": {{partyViewer, self, "LogoutRequest", false}},
	}
	closings = map[string][]arrow{
		"login": {{self, partyViewer, "sim_ip, sim_port, circuit_code, seed_capability", true}},
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
		return []arrow{{partyLogin, partyViewer, "refused", true}}
	}
	return nil
}

func runnerOf(r *steps.Report) party {
	if p, ok := runners[r.Kind]; ok {
		return p
	}
	return partyRegion
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
