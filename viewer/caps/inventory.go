package caps

import (
	"context"
	"errors"
	"net/http"

	"terrane/geom"
	"terrane/grid"
	"terrane/wire/llsd"

	"github.com/google/uuid"
)

// foldersBound is how many folders, and itemsBound how many items, one request is answered for. Viewers
// ask for a few dozen.
const (
	foldersBound = 1024
	itemsBound   = 4096
)

// part is a vector as a map of X, Y and Z.
func part(m llsd.Map) geom.Vec3 {
	return geom.Vec3{X: float32(m.Real("X")), Y: float32(m.Real("Y")), Z: float32(m.Real("Z"))}
}

func (o *Owner) fetchFolders(w http.ResponseWriter, r *http.Request) {
	o.folders(w, r, o.Agent, func(ctx context.Context, id uuid.UUID) (grid.Content, error) {
		return o.Services.Inventory.FolderContent(ctx, o.Agent, id)
	}, o.linked)
}

func (o *Owner) fetchLibraryFolders(w http.ResponseWriter, r *http.Request) {
	o.folders(w, r, grid.LibraryOwner, func(_ context.Context, id uuid.UUID) (grid.Content, error) {
		return o.Library.FolderContent(id)
	}, func(context.Context, []grid.Item) []grid.Item { return nil })
}

// folders answers a request for the content of folders. What links point at comes before the links, as
// viewers need it.
func (o *Owner) folders(w http.ResponseWriter, r *http.Request, owner uuid.UUID,
	read func(context.Context, uuid.UUID) (grid.Content, error), linked func(context.Context, []grid.Item) []grid.Item,
) {
	v, ok := Read(w, r)
	if !ok {
		return
	}
	found, bad := llsd.Array{}, llsd.Array{}
	wanted := llsd.AsMap(v).Array("folders").Maps()
	for _, ask := range wanted[:min(len(wanted), foldersBound)] {
		id := ask.UUID("folder_id")
		if id == uuid.Nil {
			continue
		}
		content, err := read(r.Context(), id)
		switch {
		case errors.Is(err, grid.ErrNotFound):
			bad = append(bad, llsd.Map{"folder_id": id, "error": "Not found"})
		case err != nil:
			http.Error(w, "The inventory cannot be read now.", http.StatusServiceUnavailable)
			return
		default:
			found = append(found, folderBody(content, owner, ask, linked(r.Context(), content.Items)))
		}
	}
	answer := llsd.Map{"folders": found}
	if len(bad) > 0 {
		answer["bad_folders"] = bad
	}
	Write(w, answer)
}

// linked are the items of the owner that links point at.
func (o *Owner) linked(ctx context.Context, items []grid.Item) []grid.Item {
	var targets []uuid.UUID
	for _, i := range items {
		if i.AssetType == grid.AssetLink {
			targets = append(targets, i.Asset)
		}
	}
	if len(targets) == 0 {
		return nil
	}
	found, err := o.Services.Inventory.Items(ctx, o.Agent, targets)
	if err != nil {
		return nil // the viewer fetches them by itself
	}
	return found
}

func folderBody(c grid.Content, owner uuid.UUID, ask llsd.Map, linked []grid.Item) llsd.Map {
	categories, items := llsd.Array{}, llsd.Array{}
	if !ask.Has("fetch_folders") || ask.Bool("fetch_folders") {
		for _, f := range c.Folders {
			categories = append(categories, llsd.Map{
				"category_id": f.ID, "parent_id": f.Parent, "name": f.Name, "type_default": int(f.Type), "version": f.Version,
			})
		}
	}
	if !ask.Has("fetch_items") || ask.Bool("fetch_items") {
		for _, i := range linked {
			items = append(items, itemBody(i))
		}
		for _, i := range c.Items {
			items = append(items, itemBody(i))
		}
	}
	return llsd.Map{
		"folder_id": c.Folder.ID, "agent_id": owner, "owner_id": owner, "version": c.Folder.Version,
		"descendents": len(c.Folders) + len(c.Items), "categories": categories, "items": items,
	}
}

// itemBody is an item as the inventory capabilities show it.
func itemBody(i grid.Item) llsd.Map {
	return llsd.Map{
		"item_id": i.ID, "parent_id": i.Folder, "asset_id": i.Asset, "type": int(i.AssetType), "inv_type": int(i.InvType),
		"name": i.Name, "desc": i.Description, "flags": i.Flags, "created_at": int(grid.Unix(i.Created)),
		"permissions": llsd.Map{
			"creator_id": i.Creator, "owner_id": i.Owner, "group_id": i.GroupID, "is_owner_group": i.GroupOwned,
			"base_mask": i.Base, "owner_mask": i.Current, "group_mask": i.Group, "everyone_mask": i.Everyone, "next_owner_mask": i.Next,
		},
		"sale_info": llsd.Map{"sale_price": i.SalePrice, "sale_type": int(i.SaleType)},
	}
}

func (o *Owner) fetchItems(w http.ResponseWriter, r *http.Request) {
	ids, ok := wantedItems(w, r)
	if !ok {
		return
	}
	items, err := o.Services.Inventory.Items(r.Context(), o.Agent, ids)
	if err != nil {
		http.Error(w, "The inventory cannot be read now.", http.StatusServiceUnavailable)
		return
	}
	writeItems(w, o.Agent, items)
}

func (o *Owner) fetchLibraryItems(w http.ResponseWriter, r *http.Request) {
	ids, ok := wantedItems(w, r)
	if !ok {
		return
	}
	var items []grid.Item
	for _, id := range ids {
		if i, err := o.Library.Item(id); err == nil {
			items = append(items, i)
		}
	}
	writeItems(w, grid.LibraryOwner, items)
}

func wantedItems(w http.ResponseWriter, r *http.Request) ([]uuid.UUID, bool) {
	v, ok := Read(w, r)
	if !ok {
		return nil, false
	}
	wanted := llsd.AsMap(v).Array("items").Maps()
	var ids []uuid.UUID
	for _, ask := range wanted[:min(len(wanted), itemsBound)] {
		ids = append(ids, ask.UUID("item_id"))
	}
	return ids, true
}

func writeItems(w http.ResponseWriter, owner uuid.UUID, items []grid.Item) {
	bodies := llsd.Array{}
	for _, i := range items {
		bodies = append(bodies, itemBody(i))
	}
	Write(w, llsd.Map{"agent_id": owner, "items": bodies})
}
