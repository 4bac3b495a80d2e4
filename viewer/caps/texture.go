package caps

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"terrane/grid"
	"terrane/wire/llsd"

	"github.com/google/uuid"
)

// maxBake is how large a baked texture may be, in bytes: OpenSimulator's.
const maxBake = 6 << 20

// uploadBake gives a URL to which the viewer sends a baked texture.
func (o *Owner) uploadBake(w http.ResponseWriter, _ *http.Request) {
	Write(w, llsd.Map{"state": "upload", "uploader": o.Set().Once("UploadBakedTexture", o.takeBake)})
}

// takeBake stores a baked texture. It is temporary: it may be forgotten when nobody has asked for it
// for a day, and the viewer makes it again.
func (o *Owner) takeBake(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBake))
	if err != nil {
		http.Error(w, "The texture is too large, or ended early.", http.StatusRequestEntityTooLarge)
		return
	}
	if !isJPEG2000(data) {
		http.Error(w, "The texture is not JPEG 2000.", http.StatusBadRequest)
		return
	}
	id, err := o.Services.Assets.PutAsset(r.Context(), grid.Asset{
		AssetInfo: grid.AssetInfo{
			ID: uuid.New(), Type: grid.AssetTexture, Name: "Baked texture", Creator: o.Agent, Temporary: true, Created: time.Now().UTC(),
		},
		Data: data,
	})
	if err != nil {
		http.Error(w, "The texture cannot be stored now.", http.StatusServiceUnavailable)
		return
	}
	Write(w, llsd.Map{"state": "complete", "new_asset": id, "new_inventory_item": uuid.Nil})
}

// isJPEG2000 looks at how the bytes begin: a code stream, or the box of a JP2 file.
func isJPEG2000(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0xFF, 0x4F, 0xFF, 0x51}) ||
		bytes.HasPrefix(data, []byte{0, 0, 0, 12, 'j', 'P', ' ', ' '})
}

// public are the kinds of assets that may be fetched by whoever knows the id, by the names that
// viewers give them in ViewerAsset. Scripts, notecards and objects are not among them.
var public = map[string]int8{
	"texture_id": grid.AssetTexture, "sound_id": grid.AssetSound, "animatn_id": grid.AssetAnimation,
	"gesture_id": grid.AssetGesture, "clothing_id": grid.AssetClothing, "bodypart_id": grid.AssetBodyPart,
	"landmark_id": grid.AssetLandmark, "mesh_id": grid.AssetMesh, "settings_id": grid.AssetSettings, "material_id": grid.AssetMaterial,
}

var contentTypes = map[int8]string{
	grid.AssetTexture: "image/x-j2c", grid.AssetSound: "application/ogg", grid.AssetMesh: "application/vnd.ll.mesh",
}

func (o *Owner) getTexture(w http.ResponseWriter, r *http.Request) {
	o.serveAsset(w, r, r.URL.Query().Get("texture_id"), grid.AssetTexture)
}

func (o *Owner) viewerAsset(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.URL.Query() {
		if kind, ok := public[name]; ok {
			o.serveAsset(w, r, values[0], kind)
			return
		}
	}
	http.Error(w, "The asset's kind is not known, or not fetched this way.", http.StatusNotFound)
}

// serveAsset answers with an asset, or the part of it that is asked for. An asset never changes, so that
// viewers and proxies may keep it for as long as they like.
func (o *Owner) serveAsset(w http.ResponseWriter, r *http.Request, text string, kind int8) {
	id, err := uuid.Parse(text)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	a, err := o.Services.Assets.Asset(r.Context(), id)
	switch {
	case errors.Is(err, grid.ErrNotFound), err == nil && a.Type != kind:
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, "The asset cannot be read now.", http.StatusServiceUnavailable)
		return
	}
	contentType := contentTypes[a.Type]
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("ETag", `"`+id.String()+`"`)
	if beyond(r.Header.Get("Range"), len(a.Data)) {
		// Viewers ask from where their cache ends, and take a 416 for a broken asset.
		r.Header.Del("Range")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.Data))
}

// beyond reports whether a range begins after the end of what there is.
func beyond(header string, size int) bool {
	from, _, ok := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	if !ok {
		return false
	}
	start, err := strconv.Atoi(from)
	return err == nil && start >= size
}
