package bot

import (
	"context"
	"fmt"
	"time"

	"terrane/wire/llsd"
)

const (
	llsdXML       = "application/llsd+xml"
	eventQueueGet = "EventQueueGet"

	// maxAnswer is how many bytes an answer of a capability may have.
	maxAnswer = 16 << 20

	// seedTries is how often the official viewer asks the seed capability of a login.
	seedTries = 4
)

// capabilities are the names a bot asks the seed for: those that viewers do not get along without.
var capabilities = llsd.Array{
	"AgentPreferences", "AttachmentResources", "ChatSessionRequest", "CopyInventoryFromNotecard",
	"CreateInventoryCategory", "DispatchRegionInfo", "EnvironmentSettings", eventQueueGet, "ExtEnvironment",
	"FetchInventory2", "FetchInventoryDescendents2", "FetchLib2", "FetchLibDescendents2", "GetDisplayNames",
	"GetMesh", "GetMesh2", "GetObjectCost", "GetObjectPhysicsData", "GetTexture", "GroupMemberData", "HomeLocation",
	"InventoryAPIv3", "LandResources", "LibraryAPIv3", "ModifyMaterialParams", "NewFileAgentInventory",
	"ObjectAnimation", "ObjectMedia", "ObjectMediaNavigate", "ParcelPropertiesUpdate", "ParcelVoiceInfoRequest",
	"ProvisionVoiceAccountRequest", "ReadOfflineMsgs", "RemoteParcelRequest", "RenderMaterials", "ResourceCostSelected",
	"SetDisplayName", "SimulatorFeatures", "UpdateAgentInformation", "UpdateAgentLanguage", "UpdateAvatarAppearance",
	"UpdateGestureAgentInventory", "UpdateGestureTaskInventory", "UpdateMaterialAgentInventory",
	"UpdateMaterialTaskInventory", "UpdateNotecardAgentInventory", "UpdateNotecardTaskInventory", "UpdateScriptAgent",
	"UpdateScriptTask", "UpdateSettingsAgentInventory", "UpdateSettingsTaskInventory", "UploadBakedTexture", "UserInfo",
	"ViewerAsset", "VoiceSignalingRequest",
}

// requestSeed asks a seed capability for URLs, with a growing wait between tries.
func (b *Bot) requestSeed(ctx context.Context, seed string) (map[string]string, error) {
	var err error
	for try := range seedTries {
		if try > 0 && !wait(ctx, time.Duration(try)*time.Second) {
			return nil, ctx.Err()
		}
		var answer any
		if answer, err = b.Ask(ctx, seed, capabilities); err != nil {
			continue
		}
		urls := make(map[string]string)
		for name, url := range llsd.AsMap(answer) {
			urls[name] = llsd.AsString(url)
		}
		if urls[eventQueueGet] == "" {
			return nil, fmt.Errorf("%w: it has no %s", ErrNoSeed, eventQueueGet)
		}
		return urls, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("%w: %w", ErrNoSeed, err)
}

// Capability is the URL of a capability of the root region, or "" when the region has none of that name.
func (b *Bot) Capability(name string) string { return b.caps[name] }

// Ask posts a value to a capability's URL as LLSD and returns the answer, which is nil when it is empty.
// Whatever is not answered with status 200 is an error.
func (b *Bot) Ask(ctx context.Context, url string, v any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, b.opts.Timeouts.Request)
	defer cancel()
	body, err := post(ctx, b.http, url, llsdXML, llsd.AppendXML(nil, v), maxAnswer)
	if err != nil || len(body) == 0 {
		return nil, err
	}
	return llsd.ParseXML(body)
}

// wait lets d pass and reports whether it did before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
