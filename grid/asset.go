package grid

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Asset types that the grid itself looks at; the numbers are the protocol's.
const (
	AssetTexture   int8 = 0
	AssetSound     int8 = 1
	AssetLandmark  int8 = 3
	AssetClothing  int8 = 5
	AssetObject    int8 = 6
	AssetNotecard  int8 = 7
	AssetScript    int8 = 10
	AssetBodyPart  int8 = 13
	AssetAnimation int8 = 20
	AssetGesture   int8 = 21
	AssetLink      int8 = 24
	AssetLinkDir   int8 = 25
	AssetMesh      int8 = 49
	AssetSettings  int8 = 56
	AssetMaterial  int8 = 57
)

// MaxAsset is the largest asset taken, 64 MiB: OpenSimulator's services refuse bodies of about 75 MiB,
// which base64 makes of it.
const MaxAsset = 64 << 20

// AssetInfo is what is known of an asset besides its content.
type AssetInfo struct {
	ID          uuid.UUID
	Type        int8
	Name        string // at most 64 bytes; longer is cut
	Description string // likewise
	Creator     uuid.UUID
	Flags       int
	Temporary   bool // may be forgotten after a day without use: baked textures
	Created     time.Time
	Size        int
	Hash        [32]byte // SHA-256 of the content
}

// Asset is a piece of content that never changes under its id.
type Asset struct {
	AssetInfo
	Data []byte // shared: nobody writes to it
}

// Assets is the asset service.
type Assets interface {
	// Asset is an asset with its content, or ErrNotFound.
	Asset(ctx context.Context, id uuid.UUID) (Asset, error)
	// AssetInfo is an asset without its content, or ErrNotFound.
	AssetInfo(ctx context.Context, id uuid.UUID) (AssetInfo, error)
	// AssetsExist says of each id whether there is such an asset, in the order asked.
	AssetsExist(ctx context.Context, ids []uuid.UUID) ([]bool, error)
	// PutAsset stores an asset under its id, or a random one when that is zero, and answers with it
	// when the content is on disk. Putting the same again succeeds; other content under an id that
	// is taken is ErrConflict; more than MaxAsset is ErrDenied.
	PutAsset(ctx context.Context, a Asset) (uuid.UUID, error)
	// DeleteAsset deletes; what is not there succeeds.
	DeleteAsset(ctx context.Context, id uuid.UUID) error
}
