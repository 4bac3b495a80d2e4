// Package texture has the texture entry: how the faces of a prim, or the layers and bakes of an
// avatar, are textured. It is the field TextureEntry of messages and of object assets.
//
// An entry is a value of every property for all faces, each followed by exceptions: a mask of faces
// and their value. The faces of a prim are at most 9, of a mesh 8; an avatar has one for each Index.
package texture

import "github.com/google/uuid"

// MaxFaces is how many faces an entry can tell apart: as many as an avatar has.
const MaxFaces = 45

// Color is red, green, blue and opacity: 255 is full, and an A of 255 is opaque. On the wire each
// byte is subtracted from 255, so that white is zeros.
type Color struct{ R, G, B, A uint8 }

// White is opaque white: a texture as it is.
var White = Color{255, 255, 255, 255}

// Face is how one face is textured.
type Face struct {
	// Texture is the image's asset.
	Texture uuid.UUID
	Color   Color
	// RepeatU and RepeatV are how often the texture fits on the face, across and up; negative flips
	// it. They are finite: Parse reads anything else as 1.
	RepeatU, RepeatV float32
	// OffsetU and OffsetV shift the texture by -1 to 1 of its width and height, in steps of 1/32767.
	OffsetU, OffsetV float32
	// Rotation turns the texture about the face's middle, in radians and steps of 2π/32768. Parse
	// gives -2π up to 2π.
	Rotation float32
	Surface  Surface
	Media    Media
	// Glow is 0 to 1, in steps of 1/255.
	Glow float32
	// Material is the asset with normal and specular maps, or zero.
	Material uuid.UUID
}

// Plain is an opaque white face with texture once on it.
func Plain(texture uuid.UUID) Face {
	return Face{Texture: texture, Color: White, RepeatU: 1, RepeatV: 1}
}

// Surface packs bump map, shininess and full brightness.
type Surface uint8

// NewSurface packs a bump map (0 none, 1 bright, 2 dark, 3 and on the viewer's own patterns, up to
// 31), a shininess (0 none to 3 high) and whether the face is lit whatever the light.
func NewSurface(bump, shiny uint8, fullBright bool) Surface {
	s := Surface(bump&0x1F | shiny<<6)
	if fullBright {
		s |= 0x20
	}
	return s
}

// Bump is the bump map, 0 none to 31.
func (s Surface) Bump() uint8 { return uint8(s) & 0x1F }

// Shiny is 0 none to 3 high.
func (s Surface) Shiny() uint8 { return uint8(s) >> 6 }

// FullBright reports whether the face is lit whatever the light.
func (s Surface) FullBright() bool { return s&0x20 != 0 }

// Media packs whether a face shows media, and how the texture is mapped.
type Media uint8

// The bits of Media; what is in neither is unused. MappingMask holds 0 for the default mapping, 2
// planar, 4 spherical, 6 cylindrical.
const (
	HasMedia    Media = 0x01
	MappingMask Media = 0x06
)

// Entry is how all faces are textured. The zero Entry is that of Parse(nil): no texture anywhere.
type Entry struct {
	// Default is the face that every face is which is not in Faces.
	Default Face
	// Faces are the faces, from 0 to MaxFaces-1, that are not as Default.
	Faces map[int]Face
}

// Face returns how face i is textured.
func (e Entry) Face(i int) Face {
	if f, ok := e.Faces[i]; ok {
		return f
	}
	return e.Default
}

// Set textures face i, which is 0 to MaxFaces-1; Append leaves others out. It writes to e.Faces, so
// that what was copied from e changes too.
func (e *Entry) Set(i int, f Face) {
	if f == e.Default {
		delete(e.Faces, i)
		return
	}
	if e.Faces == nil {
		e.Faces = make(map[int]Face)
	}
	e.Faces[i] = f
}
