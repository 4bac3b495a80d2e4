package avatar

import "github.com/google/uuid"

// Wearing is one wearable an avatar wears.
type Wearing struct {
	Item  uuid.UUID // in the agent's inventory
	Asset uuid.UUID
}

// The types of wearables, with the protocol's numbers. The first four are body parts: exactly one of
// each is worn. The others are clothing, worn in layers.
const (
	Shape = iota
	Skin
	Hair
	Eyes
	Shirt
	Pants
	Shoes
	Socks
	Jacket
	Gloves
	Undershirt
	Underpants
	Skirt
	Alpha
	Tattoo
	Physics
	Universal
	WearableTypes // how many there are
)

// MaxLayers is how many wearables of one type are worn: what OpenSimulator's rows hold.
const MaxLayers = 5

// The body parts of who has none: items and assets of OpenSimulator's library.
var defaultParts = [...]Wearing{
	Shape: {uuid.MustParse("66c41e39-38f9-f75a-024e-585989bfaba9"), uuid.MustParse("66c41e39-38f9-f75a-024e-585989bfab73")},
	Skin:  {uuid.MustParse("77c41e39-38f9-f75a-024e-585989bfabc9"), uuid.MustParse("77c41e39-38f9-f75a-024e-585989bbabbb")},
	Hair:  {uuid.MustParse("d342e6c1-b9d2-11dc-95ff-0800200c9a66"), uuid.MustParse("d342e6c0-b9d2-11dc-95ff-0800200c9a66")},
	Eyes:  {uuid.MustParse("cdc31054-eed8-4021-994f-4e0c6e861b50"), uuid.MustParse("4bb6fa4d-1cd2-498a-a84c-95c1a0e745a7")},
}

// legacyNames are the rows in which old grids keep wearables: <name>Item and <name>Asset.
var legacyNames = [...]string{
	Shape:      "Body",
	Skin:       "Skin",
	Hair:       "Hair",
	Eyes:       "Eyes",
	Shirt:      "Shirt",
	Pants:      "Pants",
	Shoes:      "Shoes",
	Socks:      "Socks",
	Jacket:     "Jacket",
	Gloves:     "Gloves",
	Undershirt: "UnderShirt",
	Underpants: "UnderPants",
	Skirt:      "Skirt",
}
