package avatar

import (
	"errors"
	"fmt"

	"terrane/geom"

	"github.com/google/uuid"
)

// The bounds of an appearance. What exceeds them is refused.
const (
	// MaxTexture bounds a texture entry in bytes: 45 faces that each differ in every property are about
	// 3,000.
	MaxTexture = 4096
	// MaxParams is how many visual parameters there can be: AvatarAppearance counts them in one byte.
	MaxParams = 255
	// MaxBakes is how many baked textures there can be: one for each face an avatar has.
	MaxBakes = Faces
	// Faces is how many textures an avatar's texture entry names.
	Faces = 45
	// MaxHover is how far above or below its place an avatar may be shown, in metres.
	MaxHover = 2
)

// ErrAppearance says that an appearance exceeds its bounds; what wraps it says which.
var ErrAppearance = errors.New("impossible appearance")

// Appearance is how an avatar looks. It is a value that is never changed once it is made: whoever wants
// another makes a copy and gives it slices and maps of its own where they differ.
type Appearance struct {
	// Serial rises with every change.
	Serial uint32
	// Texture is the texture entry, as the viewer sent it; nil before it has sent one.
	Texture []byte
	// Params are the visual parameters, as the viewer sent them, in the order of their ids.
	Params []byte
	// Size is the avatar's box as the viewer works it out from its shape.
	Size geom.Vec3
	// Hover is how far above its place the avatar is shown, -MaxHover to MaxHover.
	Hover float32
	// Worn are the wearables by type, the innermost layer first.
	Worn [WearableTypes][]Wearing
	// Bakes say from what the baked textures were made.
	Bakes []Bake
	// Rows are the rows of the avatar service that say something else: attachments ("_ap_<point>"), and
	// what this version does not know. They are kept as they are.
	Rows map[string]string
}

// Bake tells a baked texture's origin: viewers look it up to spare themselves the baking.
type Bake struct {
	Face  uint8     // below Faces
	Cache uuid.UUID // a hash over the assets baked, made by the viewer
}

// Default is the appearance of who has none yet.
func Default() *Appearance {
	a := &Appearance{Params: DefaultParams(), Size: DefaultSize}
	a.complete()
	return a
}

// complete puts in the body parts that are missing.
func (a *Appearance) complete() {
	for kind, part := range defaultParts {
		if len(a.Worn[kind]) == 0 {
			a.Worn[kind] = []Wearing{part}
		}
	}
}

// Check reports what of an appearance exceeds its bounds, with an error that wraps ErrAppearance.
func (a *Appearance) Check() error {
	switch {
	case a == nil:
		return fmt.Errorf("%w: none", ErrAppearance)
	case len(a.Texture) > MaxTexture:
		return fmt.Errorf("%w: %d bytes of texture entry", ErrAppearance, len(a.Texture))
	case len(a.Params) > MaxParams:
		return fmt.Errorf("%w: %d visual parameters", ErrAppearance, len(a.Params))
	case len(a.Bakes) > MaxBakes:
		return fmt.Errorf("%w: %d bakes", ErrAppearance, len(a.Bakes))
	case !a.Size.Finite() || ClampSize(a.Size) != a.Size:
		return fmt.Errorf("%w: size %v", ErrAppearance, a.Size)
	case !(a.Hover >= -MaxHover && a.Hover <= MaxHover):
		return fmt.Errorf("%w: hover %v", ErrAppearance, a.Hover)
	}
	for kind, worn := range a.Worn {
		if len(worn) > MaxLayers {
			return fmt.Errorf("%w: %d wearables of type %d", ErrAppearance, len(worn), kind)
		}
	}
	for _, b := range a.Bakes {
		if b.Face >= Faces {
			return fmt.Errorf("%w: a bake of face %d", ErrAppearance, b.Face)
		}
	}
	return nil
}

// DefaultSize is the box of an avatar of which nothing is known.
var DefaultSize = geom.Vec3{X: 0.45, Y: 0.6, Z: 1.9}

// The bounds of a size, for each side.
const (
	minSide = 0.1
	maxSide = 32
)

// ClampSize is the size nearest to s that an avatar may have: each side 0.1 to 32 m. What is not finite
// becomes DefaultSize.
func ClampSize(s geom.Vec3) geom.Vec3 {
	if !s.Finite() {
		return DefaultSize
	}
	return geom.Box{
		Min: geom.Vec3{X: minSide, Y: minSide, Z: minSide},
		Max: geom.Vec3{X: maxSide, Y: maxSide, Z: maxSide},
	}.Clamp(s)
}

// BodySize is the box that collides for an avatar of size s, as OpenSimulator has it: a little higher
// than the avatar, and never thinner than a person. An avatar's position is the centre of this box.
func BodySize(s geom.Vec3) geom.Vec3 {
	s = ClampSize(s)
	return geom.Vec3{X: max(s.X, 0.2), Y: max(s.Y, 0.3), Z: max(s.Z+0.2, 1.2)}
}

// ClampHover is the hover nearest to h that is allowed.
func ClampHover(h float32) float32 {
	if h != h {
		return 0
	}
	return min(max(h, -MaxHover), MaxHover)
}
