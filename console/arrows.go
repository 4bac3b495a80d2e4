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
	sender, to party
	text       string // the message, as the protocol names it
	told       bool   // it asks for nothing: an answer, or what a viewer is told; drawn dashed
}

// asks is a message that wants something done, from whoever runs the process.
func asks(to party, text string) arrow { return arrow{to: to, text: text} }

// tells is a message that only tells something.
func tells(to party, text string) arrow { return arrow{to: to, text: text, told: true} }

// from is the message from somebody else.
func (a arrow) from(sender party) arrow {
	a.sender = sender
	return a
}

// messages are the real messages of the steps. A key is the step's name, or "kind: name" or
// "kind: name: detail" where the same step says something else; the longest that fits is taken.
var messages = map[string][]arrow{
	"end the old session":    {asks(partyRegion, "end the session")},
	"begin the session":      {asks(partyPresence, "login")},
	"read the inventory":     {asks(partyInventory, "GETINVENTORYSKELETON, GETACTIVEGESTURES")},
	"read the friends":       {asks(partyFriends, "getfriends")},
	"find where to":          {asks(partyGridUser, "getgriduserinfo")},
	"read the looks":         {asks(partyAvatar, "getavatar")},
	"announce the agent":     {asks(partyRegion, "QUERYACCESS, POST /agent/")},
	"grid user: logged in":   {asks(partyGridUser, "loggedin")},
	"take ownership":         {asks(partyPresence, "report")},
	"open the journal's row": {asks(partyJournal, "open row")},
	"remember the place":     {asks(partyGridUser, "setposition")},
	"save the looks":         {asks(partyAvatar, "setavatar")},

	"undo: begin the session":    {asks(partyPresence, "undo: logout")},
	"undo: announce the agent":   {asks(partyRegion, "undo: end the session")},
	"undo: grid user: logged in": {asks(partyGridUser, "undo: loggedout")},

	"answer the viewer":                      {tells(partyViewer, "LogoutReply")},
	"logout: answer the viewer: kicked":      {tells(partyViewer, "KickUser")},
	"logout: answer the viewer: region down": {tells(partyViewer, "KickUser")},
	"logout: answer the viewer: closed":      {tells(partyViewer, "DisableSimulator")},
	"let running processes finish":           {asks(partyRegion, "let running processes finish")},
	"take the agent out of the scene": {
		asks(partyRegion, "presence, seat, controls, physics body"),
		tells(partyOthers, "KillObject").from(partyRegion),
	},
	"write the departure to the journal": {asks(partyJournal, "departure")},
	"close child agents": {
		asks(partyNeighbours, "DELETE /agent/"),
		tells(partyViewer, "DisableSimulator").from(partyNeighbours),
	},
	"grid user: logged out": {asks(partyGridUser, "loggedout")},
	"presence: logged out":  {asks(partyPresence, "logout")},
	"tell friends": {
		asks(partyPresence, "getagents"),
		asks(partyFriends, "status Online=False: OfflineNotification"),
	},
	"arrival: tell friends": {
		asks(partyPresence, "getagents"),
		asks(partyFriends, "status Online=True: OnlineNotification"),
		tells(partyViewer, "OnlineNotification"),
	},
	"note what is still owed":      {asks(partyJournal, "departure, with what is still owed")},
	"strike it from the journal":   {asks(partyJournal, "settled")},
	"linger, then nothing is left": {tells(partyViewer, "last acks, LogoutReply again if asked")},
}

// childSteps are the steps that name a neighbour after this beginning.
var childSteps = map[string][]arrow{
	"open child agent in ":  {asks(partyNeighbours, "POST /agent/"), tells(partyViewer, "EnableSimulator, EstablishAgentCommunication")},
	"close child agent in ": {asks(partyNeighbours, "DELETE /agent/"), tells(partyViewer, "DisableSimulator").from(partyNeighbours)},
}

// openings are what set a process off, by "kind" or "kind: detail"; closings what follows one that was done.
var (
	openings = map[string][]arrow{
		"login":        {asks(self, "login_to_simulator").from(partyViewer)},
		"arrival":      {asks(self, "CompleteAgentMovement").from(partyViewer), tells(partyViewer, "AgentMovementComplete")},
		"logout: quit": {asks(self, "LogoutRequest").from(partyViewer)},
	}
	closings = map[string][]arrow{
		"login": {tells(partyViewer, "sim_ip, sim_port, circuit_code, seed_capability")},
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
	return by(runnerOf(r), []arrow{asks(to, name)})
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
		return by(runnerOf(r), []arrow{tells(partyViewer, "refused")})
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
		if a.sender == self {
			a.sender = runner
		}
		if a.to == self {
			a.to = runner
		}
		out[i] = a
	}
	return out
}
