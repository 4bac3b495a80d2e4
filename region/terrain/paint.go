package terrain

import "github.com/google/uuid"

// Corner is a corner of a region, in the order in which RegionHandshake has them (00, 01, 10, 11).
type Corner int

// The corners.
const (
	SouthWest Corner = iota
	NorthWest
	SouthEast
	NorthEast
)

// Paint says how viewers texture the ground: with four textures, one above the other.
type Paint struct {
	// Detail are the textures' assets from the lowest to the highest.
	Detail [4]uuid.UUID
	// Start is the height in metres up to which there is the lowest texture alone, and Range four
	// times the metres from one texture to the next, at each Corner; between corners, and between
	// textures, viewers blend.
	Start, Range [4]float32
}

// The textures that every viewer brings along.
var (
	Dirt     = uuid.MustParse("b8d3965a-ad78-bf43-699b-bff8eca6c975")
	Grass    = uuid.MustParse("abb783e6-3e93-26c0-248a-247666855da3")
	Mountain = uuid.MustParse("179cdabd-398a-9b6b-1391-4dc333ba321f")
	Rock     = uuid.MustParse("beb169c7-11ea-fff2-efe5-0f24dc881df2")
)

// DefaultPaint is OpenSimulator's: dirt up to 10 m, and then grass, mountain and rock, each 15 m
// above the one before.
func DefaultPaint() Paint {
	return Paint{
		Detail: [4]uuid.UUID{Dirt, Grass, Mountain, Rock},
		Start:  [4]float32{10, 10, 10, 10},
		Range:  [4]float32{60, 60, 60, 60},
	}
}
