package agent

import "terrane/grid"

// Services are the grid's services and the other regions, as this process reaches them.
type Services struct {
	Accounts       grid.Accounts
	Authentication grid.Authentication
	GridUsers      grid.FencedGridUsers
	Presences      grid.Leases
	Friends        grid.Friends
	Avatars        grid.FencedAvatars
	Inventory      grid.Inventory
	Wardrobe       grid.Wardrobe
	Assets         grid.Assets
	Regions        grid.Regions
	Mutes          grid.Mutes
	Preferences    grid.PreferenceService
	Messages       grid.OfflineMessages

	Simulation     grid.Simulation
	SessionEnder   grid.SessionEnder
	RegionFriends  grid.RegionFriends
	RegionMessages grid.RegionMessages
	Departures     grid.Departures
}
