package texture

import "github.com/google/uuid"

// DefaultAvatar is the texture of an avatar's face that has none: an avatar whose bakes are this
// one is shown as a cloud or in grey.
var DefaultAvatar = uuid.MustParse("c228d1cf-4b5d-4ba8-84f4-899a0796aa97")

// Index is a face of an avatar: the textures of what is worn, and the bakes made of them.
type Index int

// The faces of an avatar. The baked ones are all that other viewers need.
const (
	HeadBodypaint Index = iota
	UpperShirt
	LowerPants
	EyesIris
	Hair
	UpperBodypaint
	LowerBodypaint
	LowerShoes
	HeadBaked
	UpperBaked
	LowerBaked
	EyesBaked
	LowerSocks
	UpperJacket
	LowerJacket
	UpperGloves
	UpperUndershirt
	LowerUnderpants
	Skirt
	SkirtBaked
	HairBaked
	LowerAlpha
	UpperAlpha
	HeadAlpha
	EyesAlpha
	HairAlpha
	HeadTattoo
	UpperTattoo
	LowerTattoo
	HeadUniversalTattoo
	UpperUniversalTattoo
	LowerUniversalTattoo
	SkirtTattoo
	HairTattoo
	EyesTattoo
	LeftArmTattoo
	LeftLegTattoo
	Aux1Tattoo
	Aux2Tattoo
	Aux3Tattoo
	LeftArmBaked
	LeftLegBaked
	Aux1Baked
	Aux2Baked
	Aux3Baked
)

// Bake is a place in the order of bakes.
type Bake int

// The bakes in their order. Viewers of before bakes on mesh know those before LegacyBakes.
const (
	BakeHead Bake = iota
	BakeUpper
	BakeLower
	BakeEyes
	BakeSkirt
	BakeHair
	BakeLeftArm
	BakeLeftLeg
	BakeAux1
	BakeAux2
	BakeAux3

	LegacyBakes = 6
	BakeCount   = 11
)

// Index returns the face that shows bake b, which must be from BakeHead to BakeAux3.
func (b Bake) Index() Index {
	return [BakeCount]Index{
		HeadBaked, UpperBaked, LowerBaked, EyesBaked, SkirtBaked, HairBaked,
		LeftArmBaked, LeftLegBaked, Aux1Baked, Aux2Baked, Aux3Baked,
	}[b]
}

// Bake returns the image of bake b, and false when the avatar has none: zero or DefaultAvatar.
func (e Entry) Bake(b Bake) (uuid.UUID, bool) {
	id := e.Face(int(b.Index())).Texture
	return id, id != uuid.Nil && id != DefaultAvatar
}
