package library

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"

	"terrane/grid"

	"github.com/google/uuid"
)

//go:embed content
var content embed.FS

// A seed is an asset that every world has, and the file of its content.
type seed struct {
	id   uuid.UUID
	kind int8
	name string
	file string // below content
}

// seeds are the default wearables, the textures that viewers ask for when they show these, a prim that was
// just made or bare ground, and what a new notecard and a new script begin with. The textures are noise
// and arithmetic made visible, as JPEG 2000 codestreams.
func seeds() []seed {
	id := uuid.MustParse
	all := []seed{
		{id("5748decc-f629-461c-9a36-a35a221fe21f"), grid.AssetTexture, "Blank", "textures/white.j2c"},
		{id("7ca39b4c-bd19-4699-aff7-f93fd03d3e7b"), grid.AssetTexture, "Default Hair", "textures/hair.j2c"},
		{id("6522e74d-1660-4e7f-b601-6f48c1659a77"), grid.AssetTexture, "Default Iris", "textures/iris.j2c"},
		{id("89556747-24cb-43ed-920b-47caed15465f"), grid.AssetTexture, "Plywood", "textures/plywood.j2c"},
		{id("b8d3965a-ad78-bf43-699b-bff8eca6c975"), grid.AssetTexture, "Dirt", "textures/dirt.j2c"},
		{id("abb783e6-3e93-26c0-248a-247666855da3"), grid.AssetTexture, "Grass", "textures/grass.j2c"},
		{id("179cdabd-398a-9b6b-1391-4dc333ba321f"), grid.AssetTexture, "Mountain", "textures/mountain.j2c"},
		{id("beb169c7-11ea-fff2-efe5-0f24dc881df2"), grid.AssetTexture, "Rock", "textures/rock.j2c"},
		{id("4b6a777d-7bcd-4fc4-b06f-929b21e32925"), grid.AssetNotecard, "New Note", "texts/notecard.txt"},
		{id("2074003b-8d5f-40e5-8b20-581c1c50aedb"), grid.AssetScript, "New Script", "texts/script.txt"},
	}
	for _, g := range garments {
		all = append(all, seed{g.asset, g.assetType(), g.name, "wearables/" + wearableFiles[g.kind]})
	}
	return all
}

// wearableFiles are the contents of the garments, by wearable type. Their parameters are those that the
// inventory service's default visual parameters transmit.
var wearableFiles = []string{"shape.txt", "skin.txt", "hair.txt", "eyes.txt", "shirt.txt", "pants.txt"}

// Seed puts the assets that every world has into the asset service. Those that are there already stay,
// also when their content is another: a world that came from elsewhere has its own.
func Seed(ctx context.Context, assets grid.Assets) error {
	all := seeds()
	ids := make([]uuid.UUID, len(all))
	for n, s := range all {
		ids[n] = s.id
	}
	there, err := assets.AssetsExist(ctx, ids)
	if err != nil {
		return fmt.Errorf("seed the library: %w", err)
	}
	for n, s := range all {
		if there[n] {
			continue
		}
		if err := s.put(ctx, assets); err != nil {
			return fmt.Errorf("seed the library with %q: %w", s.name, err)
		}
	}
	return nil
}

func (s seed) put(ctx context.Context, assets grid.Assets) error {
	data, err := content.ReadFile(path.Join("content", s.file))
	if err != nil {
		return err
	}
	_, err = assets.PutAsset(ctx, grid.Asset{
		AssetInfo: grid.AssetInfo{ID: s.id, Type: s.kind, Name: s.name, Creator: grid.LibraryOwner},
		Data:      data,
	})
	if errors.Is(err, grid.ErrConflict) {
		return nil // another server seeds the same store, with content of its own
	}
	return err
}
