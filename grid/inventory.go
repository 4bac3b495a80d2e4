package grid

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Folder types that the grid itself looks at.
const (
	FolderNone          int16 = -1
	FolderTexture       int16 = 0
	FolderCallingCard   int16 = 2
	FolderClothing      int16 = 5
	FolderRoot          int16 = 8
	FolderBodyPart      int16 = 13
	FolderTrash         int16 = 14
	FolderLostAndFound  int16 = 16
	FolderCurrentOutfit int16 = 46
	FolderOutfit        int16 = 47
	FolderMyOutfits     int16 = 48
)

// The library that every user sees and nobody owns; the ids are OpenSimulator's, known to viewers.
var (
	LibraryOwner = uuid.MustParse("11111111-1111-0000-0000-000100bba000")
	LibraryRoot  = uuid.MustParse("00000112-000f-0000-0000-000100bba000")
)

// Permission bits of an item.
const (
	PermTransfer uint32 = 0x2000
	PermModify   uint32 = 0x4000
	PermCopy     uint32 = 0x8000
	PermMove     uint32 = 0x80000
	PermAll      uint32 = 0x8E000
)

// Folder is an inventory folder.
type Folder struct {
	ID      uuid.UUID
	Owner   uuid.UUID
	Parent  uuid.UUID // zero for the root
	Name    string
	Type    int16
	Version int // rises by one with every change of what is in it; 1 to 65535, then again
}

// Item is an inventory item. A link is an item of type AssetLink or AssetLinkDir whose Asset is the
// id of the item or folder it points at.
type Item struct {
	ID          uuid.UUID
	Folder      uuid.UUID
	Owner       uuid.UUID
	Creator     uuid.UUID
	CreatorData string // of a foreign creator: "url;name"
	Asset       uuid.UUID
	AssetType   int8
	InvType     int8
	Name        string // at most 63 bytes
	Description string // at most 127 bytes
	Base        uint32
	Current     uint32
	Group       uint32
	Everyone    uint32
	Next        uint32
	GroupID     uuid.UUID
	GroupOwned  bool
	SalePrice   int32
	SaleType    uint8
	Flags       uint32
	Created     time.Time
}

// Content is what is directly in a folder.
type Content struct {
	Folder  Folder
	Folders []Folder
	Items   []Item
}

// Inventory is the inventory service. Every call names the owner, and no call reads or changes
// what another owns: that is ErrNotFound. Each change raises the version of the folders
// it touches, in the same transaction.
type Inventory interface {
	// CreateInventory makes what is missing of a user's default folders. Doing it again succeeds.
	CreateInventory(ctx context.Context, owner uuid.UUID) error
	// Skeleton lists all folders, parents before children, the root first; empty when the
	// user has no inventory.
	Skeleton(ctx context.Context, owner uuid.UUID) ([]Folder, error)
	// FolderForType is the folder of a system type; FolderRoot is the root. ErrNotFound when there is none.
	FolderForType(ctx context.Context, owner uuid.UUID, t int16) (Folder, error)
	// FolderContent lists what is in a folder, by name; ErrNotFound when it is not the owner's.
	FolderContent(ctx context.Context, owner, folder uuid.UUID) (Content, error)
	// Items are those of the ids that exist and are the owner's, in the order asked.
	Items(ctx context.Context, owner uuid.UUID, ids []uuid.UUID) ([]Item, error)
	// ActiveGestures are the gestures with flag 1.
	ActiveGestures(ctx context.Context, owner uuid.UUID) ([]Item, error)
	// AddFolder adds a folder below one of the owner's; ErrConflict when the id is taken or a system
	// type is already there.
	AddFolder(ctx context.Context, f Folder) error
	// UpdateFolder changes name, parent and type (FolderNone and FolderOutfit only); system folders
	// are ErrDenied, and so is a move below itself.
	UpdateFolder(ctx context.Context, f Folder) error
	// DeleteFolders deletes folders with all that is in them; system folders are ErrDenied.
	DeleteFolders(ctx context.Context, owner uuid.UUID, ids []uuid.UUID) error
	// PurgeFolder deletes all that is in a folder and keeps it.
	PurgeFolder(ctx context.Context, owner, folder uuid.UUID) error
	// AddItem adds an item; ErrConflict when the id is taken.
	AddItem(ctx context.Context, i Item) error
	// UpdateItem replaces an item, also its folder, or is ErrNotFound.
	UpdateItem(ctx context.Context, i Item) error
	// MoveItems moves items, each to the folder at the same index; all or none.
	MoveItems(ctx context.Context, owner uuid.UUID, ids, folders []uuid.UUID) error
	// DeleteItems deletes items; those that are not there are passed over.
	DeleteItems(ctx context.Context, owner uuid.UUID, ids []uuid.UUID) error
}

// Wardrobe dresses a new user: what is to be there before the first login, so that no avatar is ever a
// cloud.
type Wardrobe interface {
	// Outfit makes copies of the default body parts and clothing in the user's folders, links them in
	// Current Outfit, and answers with the rows for the avatar service. A user who has an outfit keeps
	// it: doing it again answers the same rows.
	Outfit(ctx context.Context, owner uuid.UUID) (Avatar, error)
}
