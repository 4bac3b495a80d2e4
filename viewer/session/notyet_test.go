package session

// notYetCases are the edge cases of logout that have no test of their own yet, and why.
var notYetCases = map[int]string{
	7:  "teleport between regions is not there yet",
	8:  "crossings and vehicles are not there yet",
	14: "there is no such mark here; stale closes come with teleport",
	20: "partly: seats and animations end with the presence; objects, vehicles and scripts are not there yet",
	21: "what is saved now is looks, which the journal holds until they are (E15, E22); items and objects are not there yet",
	24: "attachments are not there yet",
	30: "Hypergrid is not there yet",
}

// notYetInvariants are the invariants that have no test of their own yet, and why.
var notYetInvariants = map[int]string{
	5:  "terms of service, critical notices and second factors are not asked for yet",
	23: "ownership moves at login alone until there is teleport",
	24: "attachments are not there yet",
	37: "attachments are not there yet",
}

// askedFor are the names of capabilities that viewers of today ask for.
const askedFor = `
AbuseCategories AcceptFriendship AcceptGroupInvite AgentExperiences AgentPreferences AgentProfile AgentState
AttachmentResources AvatarPickerSearch AvatarRenderInfo CharacterProperties ChatSessionRequest
CopyInventoryFromNotecard CreateInventoryCategory DeclineFriendship DeclineGroupInvite DirectDelivery
DispatchRegionInfo EnvironmentSettings EstateAccess EstateChangeInfo EventQueueGet ExperiencePreferences
ExperienceQuery ExtEnvironment FetchInventory2 FetchInventoryDescendents2 FetchLib2 FetchLibDescendents2
FindExperienceByName GetAdminExperiences GetCreatorExperiences GetDisplayNames GetExperienceInfo GetExperiences
GetMesh GetMesh2 GetMetadata GetObjectCost GetObjectPhysicsData GetTexture GroupAPIv1 GroupExperiences
GroupMemberData GroupProposalBallot HomeLocation IncrementCOFVersion InterestList InventoryAPIv3
InventoryThumbnailUpload IsExperienceAdmin IsExperienceContributor LSLSyntax LandResources LibraryAPIv3 MapLayer
MapLayerGod MeshUploadFlag ModifyMaterialParams NavMeshGenerationStatus NewFileAgentInventory ObjectAnimation
ObjectMedia ObjectMediaNavigate ObjectNavMeshProperties ParcelPropertiesUpdate ParcelVoiceInfoRequest
ProductInfoRequest ProvisionVoiceAccountRequest ReadOfflineMsgs RegionExperiences RegionObjects
RemoteParcelRequest RenderMaterials RequestTaskInventory RequestTextureDownload ResourceCostSelected
RetrieveNavMeshSrc SearchStatRequest SearchStatTracking SendPostcard SendUserReport SendUserReportWithScreenshot
ServerReleaseNotes SetDisplayName SimConsoleAsync SimulatorFeatures StartGroupProposal TerrainNavMeshProperties
TextureStats UntrustedSimulatorMessage UpdateAgentInformation UpdateAgentLanguage UpdateAvatarAppearance
UpdateExperience UpdateGestureAgentInventory UpdateGestureTaskInventory UpdateMaterialAgentInventory
UpdateMaterialTaskInventory UpdateNotecardAgentInventory UpdateNotecardTaskInventory UpdateScriptAgent
UpdateScriptTask UpdateSettingsAgentInventory UpdateSettingsTaskInventory UploadAgentProfileImage
UploadBakedTexture UserInfo ViewerAsset ViewerBenefits ViewerMetrics ViewerStartAuction ViewerStats
VoiceSignalingRequest`
