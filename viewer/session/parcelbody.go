package session

import (
	"time"

	"terrane/geom"
	"terrane/region/parcel"
	"terrane/wire/llsd"
)

// parcelBody is a parcel as ParcelProperties carries it. Flags are binary; what is counted is an integer.
func parcelBody(p parcel.Parcel, shape parcel.Shape, maxPrims int, sequence int32, snap bool) llsd.Map {
	m := p.Media
	return llsd.Map{
		"ParcelData": llsd.Array{llsd.Map{
			"LocalID": p.LocalID, "Name": p.Name, "Desc": p.Desc,
			"OwnerID": p.Owner, "IsGroupOwned": p.GroupOwned, "GroupID": p.Group,
			"Area": shape.Area, "AABBMin": point(shape.Min), "AABBMax": point(shape.Max), "Bitmap": shape.Bitmap,
			"ParcelFlags": llsd.U32(uint32(p.Flags)), "Status": int(p.Status), "Category": int(p.Category),
			"ClaimDate": date(p.Claimed), "ClaimPrice": p.ClaimPrice,
			"SalePrice": p.SalePrice, "AuthBuyerID": p.Buyer, "AuctionID": llsd.U32(p.AuctionID),
			"PassPrice": p.PassPrice, "PassHours": p.PassHours,
			"LandingType": int(p.Landing), "UserLocation": point(p.LandAt), "UserLookAt": point(p.LookAt), "SnapshotID": p.Snapshot,
			"MusicURL": p.MusicURL, "MediaURL": m.URL, "MediaID": m.Texture, "MediaAutoScale": m.AutoScale,
			"OtherCleanTime": int(p.AutoReturn / time.Minute),
			"SeeAVs":         p.SeeAvatars, "AnyAVSounds": p.AnySounds, "GroupAVSounds": p.GroupSounds,
			"MaxPrims": maxPrims, "ParcelPrimBonus": 1.0, "SimWideMaxPrims": objectCapacity, "SimWideTotalPrims": 0,
			"OwnerPrims": 0, "GroupPrims": 0, "OtherPrims": 0, "SelectedPrims": 0, "TotalPrims": 0,
			"OtherCount": 0, "PublicCount": 0, "SelfCount": 0, "RentPrice": 0,
			"RegionDenyAnonymous": false, "RegionDenyIdentified": false, "RegionDenyTransacted": false, "RegionPushOverride": false,
			"RequestResult": 0, "SequenceID": sequence, "SnapSelection": snap,
		}},
		"MediaData": llsd.Array{llsd.Map{
			"MediaDesc": m.Desc, "MediaHeight": m.Height, "MediaWidth": m.Width, "MediaLoop": m.Loop, "MediaType": m.Type,
			"ObscureMedia": m.HideURL, "ObscureMusic": m.HideMusicURL,
		}},
		"AgeVerificationBlock":   llsd.Array{llsd.Map{"RegionDenyAgeUnverified": false}},
		"RegionAllowAccessBlock": llsd.Array{llsd.Map{"RegionAllowAccessOverride": true}},
		"ParcelExtendedFlags":    llsd.Array{llsd.Map{"Flags": llsd.U32(0)}},
		"ParcelEnvironmentBlock": llsd.Array{llsd.Map{
			"ParcelEnvironmentVersion": p.Environment, "RegionAllowEnvironmentOverride": false,
		}},
	}
}

func point(v geom.Vec3) llsd.Array { return llsd.Array{v.X, v.Y, v.Z} }

// date is a time, or the integer 0 for none, as OpenSimulator writes it.
func date(t time.Time) any {
	if t.IsZero() {
		return 0
	}
	return t
}
