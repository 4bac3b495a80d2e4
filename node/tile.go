package node

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net"
	"net/http"
	"strconv"
	"sync"

	"terrane/region/terrain"
)

// slotted gives its slot back when it is closed.
type slotted struct {
	net.Conn
	once sync.Once
	free func()
}

// Close closes the connection and gives the slot back, once.
func (s *slotted) Close() error {
	err := s.Conn.Close()
	s.once.Do(s.free)
	return err
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// tileSide is the side of a map tile, in pixels and, at the nearest zoom, in metres.
const tileSide = 256

// serveTile answers with the map tile "map-<zoom>-<x>-<y>-objects.jpg". Where there is no region it is
// sea. x and y are grid squares of the tile's south-west corner, and zoom 1 is one square a tile.
func (w *World) serveTile(out http.ResponseWriter, r *http.Request) {
	var zoom, x, y int
	if _, err := fmt.Sscanf(r.PathValue("tile"), "map-%d-%d-%d-objects.jpg", &zoom, &x, &y); err != nil || zoom < 1 || zoom > 8 {
		http.NotFound(out, r)
		return
	}
	body, err := w.tile(zoom, x, y)
	if err != nil {
		http.Error(out, "The map cannot be drawn now.", http.StatusInternalServerError)
		return
	}
	out.Header().Set("Content-Type", "image/jpeg")
	out.Header().Set("Content-Length", strconv.Itoa(len(body)))
	out.Header().Set("Cache-Control", "public, max-age=3600")
	// A viewer that has gone does not want the tile.
	_, _ = out.Write(body)
}

// tile draws a tile from the ground of the regions on it.
func (w *World) tile(zoom, x, y int) ([]byte, error) {
	metres := 1 << (zoom - 1) // per pixel
	img := image.NewRGBA(image.Rect(0, 0, tileSide, tileSide))
	for py := range tileSide {
		for px := range tileSide {
			east, north := x*tileSide+px*metres, y*tileSide+(tileSide-1-py)*metres
			img.SetRGBA(px, py, w.paint(east, north))
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85})
	return b.Bytes(), err
}

// paint is the colour of the map at a place in metres from the corner of the grid.
func (w *World) paint(east, north int) color.RGBA {
	for _, r := range w.regions {
		e := r.registered()
		x, y := east-int(e.X), north-int(e.Y)
		if x < 0 || y < 0 || x >= int(e.SizeX) || y >= int(e.SizeY) {
			continue
		}
		ground := r.ground
		return shade(ground.At(x, y), ground.Normal(float32(x), float32(y)).X)
	}
	return deepSea
}

var deepSea = color.RGBA{29, 72, 96, 255}

// shade is the colour of ground of a height, lighter where it slopes to the west, as if the sun stood
// there.
func shade(height, slope float32) color.RGBA {
	base := color.RGBA{86, 125, 70, 255} // grass
	switch {
	case height < terrain.WaterHeight:
		depth := min((terrain.WaterHeight-height)/20, 1)
		return color.RGBA{uint8(60 - 31*depth), uint8(120 - 48*depth), uint8(140 - 44*depth), 255}
	case height < terrain.WaterHeight+1.5:
		base = color.RGBA{208, 190, 140, 255} // beach
	case height > 60:
		base = color.RGBA{120, 110, 100, 255} // rock
	}
	light := 1 - 0.5*min(max(slope, -0.6), 0.6)
	scale := func(c uint8) uint8 { return uint8(min(float32(c)*light, 255)) }
	return color.RGBA{scale(base.R), scale(base.G), scale(base.B), 255}
}
