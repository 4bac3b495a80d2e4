package caps

import (
	"context"
	"net/http"

	"terrane/agent"
	"terrane/grid"
	"terrane/wire/llsd"

	"github.com/google/uuid"
)

// Library is the inventory that everybody sees and nobody owns.
type Library interface {
	// FolderContent is what is directly in a folder, or grid.ErrNotFound.
	FolderContent(folder uuid.UUID) (grid.Content, error)
	// Item is one item, or grid.ErrNotFound.
	Item(id uuid.UUID) (grid.Item, error)
}

// Owner is whose capabilities they are, and what they may do with his session. All fields are
// required.
type Owner struct {
	Agent    uuid.UUID
	Services *agent.Services
	Library  Library
	Features llsd.Map // what SimulatorFeatures says
	Set      func() *Set
	SetHover func(metres float32)
	SetHome  func(ctx context.Context, home grid.Place) error
}

// Handlers are the owner's capabilities by name. A name that is not here is not granted, and viewers
// do without.
func (o *Owner) Handlers() map[string]Handler {
	return map[string]Handler{
		"SimulatorFeatures":          o.features,
		"FetchInventoryDescendents2": o.fetchFolders,
		"FetchInventory2":            o.fetchItems,
		"FetchLibDescendents2":       o.fetchLibraryFolders,
		"FetchLib2":                  o.fetchLibraryItems,
		"GetDisplayNames":            o.displayNames,
		"AgentPreferences":           o.preferences,
		"UpdateAgentLanguage":        o.preferences,
		"UpdateAgentInformation":     o.preferences,
		"HomeLocation":               o.homeLocation,
		"UploadBakedTexture":         o.uploadBake,
		"GetTexture":                 o.getTexture,
		"ViewerAsset":                o.viewerAsset,
	}
}

// Names are all capabilities that are granted, for the documentation.
func Names() []string {
	names := []string{"EventQueueGet"}
	for name := range (&Owner{}).Handlers() {
		names = append(names, name)
	}
	return names
}

func (o *Owner) features(w http.ResponseWriter, _ *http.Request) { Write(w, o.Features) }

// homeLocation makes a place in this region the user's home.
func (o *Owner) homeLocation(w http.ResponseWriter, r *http.Request) {
	v, ok := Read(w, r)
	if !ok {
		return
	}
	at := llsd.AsMap(v).Map("HomeLocation")
	place := grid.Place{Position: part(at.Map("LocationPos")), LookAt: part(at.Map("LocationLookAt"))}
	if !place.Position.Finite() || !place.LookAt.Finite() {
		http.Error(w, "There is no such place.", http.StatusBadRequest)
		return
	}
	if err := o.SetHome(r.Context(), place); err != nil {
		Write(w, llsd.Map{"success": false, "message": "Your home could not be set. Please try again."})
		return
	}
	Write(w, llsd.Map{"success": true})
}
