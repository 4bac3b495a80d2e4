package avatar

import (
	"errors"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"

	"terrane/geom"

	"github.com/google/uuid"
)

const (
	itemA  = "db5a4e5f-9da3-44c8-992d-1181c5795498"
	assetA = "16499ebb-3208-ec27-2def-481881728f47"
)

func TestWhoHasNoRowsHasTheDefaults(t *testing.T) {
	a := FromRows(nil)
	if !reflect.DeepEqual(a, Default()) {
		t.Errorf("%+v", a)
	}
	if len(a.Params) != 218 || a.Size != (geom.Vec3{X: 0.45, Y: 0.6, Z: 1.9}) {
		t.Errorf("%d parameters, size %v", len(a.Params), a.Size)
	}
	for kind := range Shirt {
		if len(a.Worn[kind]) != 1 {
			t.Errorf("%d body parts of type %d", len(a.Worn[kind]), kind)
		}
	}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
}

func TestRowsAreUnderstoodAndNothingIsLost(t *testing.T) {
	rows := map[string]string{
		"AvatarType":   "1",
		"Serial":       "7",
		"AvatarHeight": "1.82",
		"Wearable 0:0": itemA + ":" + assetA,
		"Wearable 4:1": itemA + ":" + assetA,
		"VisualParams": "0,1,255",
		"_ap_5":        itemA + "," + assetA,
		"Wearable 4:9": "from another day",
		"Halo":         "golden",
	}
	before := maps.Clone(rows)
	a := FromRows(rows)
	if !maps.Equal(rows, before) {
		t.Error("the rows given were changed")
	}
	if a.Serial != 7 || a.Size.Z != 1.82 || string(a.Params) != "\x00\x01\xff" {
		t.Errorf("%+v", a)
	}
	shirt := []Wearing{{uuid.MustParse(itemA), uuid.MustParse(assetA)}}
	if !reflect.DeepEqual(a.Worn[Shirt], shirt) || !reflect.DeepEqual(a.Worn[Shape], shirt) {
		t.Errorf("worn: %v", a.Worn)
	}
	back := a.ToRows()
	for name, want := range map[string]string{
		"AvatarType": "1", "Serial": "7", "AvatarHeight": "1.82", "VisualParams": "0,1,255",
		"Wearable 0:0": itemA + ":" + assetA, "Wearable 4:0": itemA + ":" + assetA,
		"Wearable 1:0": "77c41e39-38f9-f75a-024e-585989bfabc9:77c41e39-38f9-f75a-024e-585989bbabbb",
		"_ap_5":        before["_ap_5"], "Wearable 4:9": "from another day", "Halo": "golden",
	} {
		if back[name] != want {
			t.Errorf("%s is %q, want %q", name, back[name], want)
		}
	}
	if !reflect.DeepEqual(FromRows(back), a) {
		t.Errorf("came back as %+v", FromRows(back))
	}
}

func TestRowsOfOldGridsAreUnderstood(t *testing.T) {
	a := FromRows(map[string]string{
		"BodyItem": itemA, "BodyAsset": assetA,
		"UnderShirtItem": itemA, "UnderShirtAsset": assetA,
		"ShirtItem": itemA, "ShirtAsset": assetA,
		"Wearable 4:0": assetA + ":" + itemA,
		"SkirtItem":    "00000000-0000-0000-0000-000000000000", "SkirtAsset": "00000000-0000-0000-0000-000000000000",
		"PantsItem": itemA,
	})
	if len(a.Worn[Shape]) != 1 || a.Worn[Shape][0].Item.String() != itemA || len(a.Worn[Undershirt]) != 1 {
		t.Errorf("worn: %v", a.Worn)
	}
	if len(a.Worn[Shirt]) != 1 || a.Worn[Shirt][0].Item.String() != assetA {
		t.Errorf("the old row won over the new: %v", a.Worn[Shirt])
	}
	if len(a.Worn[Skirt]) != 0 {
		t.Errorf("a skirt of nothing: %v", a.Worn[Skirt])
	}
	if want := (map[string]string{"PantsItem": itemA}); !maps.Equal(a.Rows, want) {
		t.Errorf("kept rows %v, want the half pair alone", a.Rows)
	}
}

func TestOddHeightsAreRepaired(t *testing.T) {
	for text, want := range map[string]float32{
		"1,75": 1.75, "1.75": 1.75, "0": oddHeight, "-1": oddHeight, "11": oddHeight, "NaN": oddHeight, "tall": oddHeight,
		"0.01": minSide,
	} {
		if a := FromRows(map[string]string{"AvatarHeight": text}); a.Size.Z != want {
			t.Errorf("%q became %v, want %v", text, a.Size.Z, want)
		}
	}
}

func TestWhatIsNoParameterListIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "1,,2", "1,256", "a", "-1", strings.Repeat("1,", 255) + "1"} {
		if a := FromRows(map[string]string{"VisualParams": text}); len(a.Params) != 218 {
			t.Errorf("%.20q became %d parameters", text, len(a.Params))
		}
	}
	if a := FromRows(map[string]string{"VisualParams": strings.Repeat("1,", 254) + "1"}); len(a.Params) != 255 {
		t.Errorf("255 parameters became %d", len(a.Params))
	}
}

func TestImpossibleAppearancesAreNamed(t *testing.T) {
	for name, spoil := range map[string]func(*Appearance){
		"texture": func(a *Appearance) { a.Texture = make([]byte, MaxTexture+1) },
		"params":  func(a *Appearance) { a.Params = make([]byte, 256) },
		"bakes":   func(a *Appearance) { a.Bakes = make([]Bake, MaxBakes+1) },
		"face":    func(a *Appearance) { a.Bakes = []Bake{{Face: 45}} },
		"size":    func(a *Appearance) { a.Size.X = 33 },
		"NaN":     func(a *Appearance) { a.Size.X = float32(math.NaN()) },
		"hover":   func(a *Appearance) { a.Hover = 2.1 },
		"layers":  func(a *Appearance) { a.Worn[Shirt] = make([]Wearing, MaxLayers+1) },
	} {
		a := Default()
		spoil(a)
		if err := a.Check(); !errors.Is(err, ErrAppearance) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoAppearanceIsImpossible(t *testing.T) {
	if err := (*Appearance)(nil).Check(); !errors.Is(err, ErrAppearance) {
		t.Error(err)
	}
}

func TestSizesAreClamped(t *testing.T) {
	inf := float32(math.Inf(1))
	if got := ClampSize(geom.Vec3{X: 0, Y: 40, Z: 2}); got != (geom.Vec3{X: 0.1, Y: 32, Z: 2}) {
		t.Errorf("clamped to %v", got)
	}
	if got := ClampSize(geom.Vec3{X: inf}); got != DefaultSize {
		t.Errorf("infinite: %v", got)
	}
	if got := BodySize(DefaultSize); got.X != 0.45 || got.Y != 0.6 || math.Abs(float64(got.Z-2.1)) > 1e-6 {
		t.Errorf("body %v", got)
	}
	if got := BodySize(geom.Vec3{}); got != (geom.Vec3{X: 0.2, Y: 0.3, Z: 1.2}) {
		t.Errorf("smallest body %v", got)
	}
	if ClampHover(5) != 2 || ClampHover(-5) != -2 || ClampHover(float32(math.NaN())) != 0 || ClampHover(1) != 1 {
		t.Error("hover is not clamped")
	}
}

func FuzzRows(f *testing.F) {
	for name, value := range Default().ToRows() {
		f.Add(name, value, "_ap_5", itemA)
	}
	f.Add("Wearable 4:1", itemA+":"+assetA, "ShirtItem", itemA)
	f.Add("AvatarHeight", "1,75", "Wearable 4:7", "x:y:z")
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string) {
		a := FromRows(map[string]string{name: value, name2: value2})
		if err := a.Check(); err != nil {
			t.Fatal(err)
		}
		rows := a.ToRows()
		b := FromRows(rows)
		if !maps.Equal(rows, b.ToRows()) {
			t.Fatalf("%v became %v", rows, b.ToRows())
		}
	})
}
