package avatar

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// The names of the avatar service's rows.
const (
	rowType   = "AvatarType"
	rowSerial = "Serial"
	rowHeight = "AvatarHeight"
	rowParams = "VisualParams"
	rowWorn   = "Wearable " // and type ":" layer
)

// avatarType is the value of rowType: a viewer's avatar as opposed to what other clients may have.
const avatarType = "1"

// The heights that the avatar service holds. What is outside is read as oddHeight, as OpenSimulator does.
const (
	maxHeight = 10
	oddHeight = 1.771488
)

// FromRows is the appearance that the avatar service's rows describe. Body parts that are missing are
// the default ones, parameters likewise; rows it does not understand are kept in Rows. Texture, Hover
// and Bakes are not in the rows.
func FromRows(rows map[string]string) *Appearance {
	a := &Appearance{Size: DefaultSize, Rows: maps.Clone(rows)}
	a.takeSerial()
	a.takeHeight()
	a.takeParams()
	a.takeWorn()
	a.takeLegacy()
	delete(a.Rows, rowType)
	if len(a.Rows) == 0 {
		a.Rows = nil
	}
	a.complete()
	return a
}

// ToRows are the avatar service's rows for this appearance. The map is the caller's.
func (a *Appearance) ToRows() map[string]string {
	rows := make(map[string]string, len(a.Rows)+2*WearableTypes)
	maps.Copy(rows, a.Rows)
	rows[rowType] = avatarType
	rows[rowSerial] = strconv.FormatUint(uint64(a.Serial), 10)
	rows[rowHeight] = strconv.FormatFloat(float64(min(a.Size.Z, maxHeight)), 'f', -1, 32)
	if len(a.Params) > 0 {
		rows[rowParams] = formatParams(a.Params)
	}
	for kind, worn := range a.Worn {
		for layer, w := range worn {
			rows[wornRow(kind, layer)] = w.Item.String() + ":" + w.Asset.String()
		}
	}
	return rows
}

func (a *Appearance) takeSerial() {
	n, err := strconv.ParseUint(a.Rows[rowSerial], 10, 32)
	if err == nil {
		a.Serial = uint32(n)
	}
	delete(a.Rows, rowSerial)
}

func (a *Appearance) takeHeight() {
	text, there := a.Rows[rowHeight]
	if !there {
		return
	}
	delete(a.Rows, rowHeight)
	// Some services wrote the number in their own language, with a comma.
	h, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 32)
	if err != nil || !(h > 0 && h <= maxHeight) {
		h = oddHeight
	}
	a.Size.Z = float32(h)
	a.Size = ClampSize(a.Size)
}

func (a *Appearance) takeParams() {
	a.Params = parseParams(a.Rows[rowParams])
	if a.Params == nil {
		a.Params = DefaultParams()
	}
	delete(a.Rows, rowParams)
}

// takeWorn reads "Wearable type:layer". Layers need not be without gaps.
func (a *Appearance) takeWorn() {
	for kind := range a.Worn {
		for layer := range MaxLayers {
			name := wornRow(kind, layer)
			w, ok := parseWearing(a.Rows[name])
			if !ok {
				continue
			}
			a.Worn[kind] = append(a.Worn[kind], w)
			delete(a.Rows, name)
		}
	}
}

// takeLegacy reads the rows of old grids, for types that the newer rows do not mention.
func (a *Appearance) takeLegacy() {
	for kind, name := range legacyNames {
		item, err := uuid.Parse(a.Rows[name+"Item"])
		if err != nil {
			continue
		}
		asset, err := uuid.Parse(a.Rows[name+"Asset"])
		if err != nil {
			continue
		}
		if len(a.Worn[kind]) == 0 && item != uuid.Nil {
			a.Worn[kind] = []Wearing{{item, asset}}
		}
		delete(a.Rows, name+"Item")
		delete(a.Rows, name+"Asset")
	}
}

func wornRow(kind, layer int) string { return fmt.Sprintf("%s%d:%d", rowWorn, kind, layer) }

func parseWearing(s string) (Wearing, bool) {
	item, asset, ok := strings.Cut(s, ":")
	if !ok {
		return Wearing{}, false
	}
	var w Wearing
	var err error
	if w.Item, err = uuid.Parse(item); err != nil || w.Item == uuid.Nil {
		return Wearing{}, false
	}
	if w.Asset, err = uuid.Parse(asset); err != nil {
		return Wearing{}, false
	}
	return w, true
}

// parseParams reads decimal bytes, separated by commas; nil when that is not what s is.
func parseParams(s string) []byte {
	if n := strings.Count(s, ",") + 1; s == "" || n > MaxParams {
		return nil
	}
	var params []byte
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 8)
		if err != nil {
			return nil
		}
		params = append(params, byte(n))
	}
	return params
}

func formatParams(params []byte) string {
	text := make([]byte, 0, 4*len(params))
	for i, p := range params {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(p), 10)
	}
	return string(text)
}
