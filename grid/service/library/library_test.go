package library_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"terrane/grid"
	"terrane/grid/service/asset"
	"terrane/grid/service/library"
	"terrane/store"

	"github.com/google/uuid"
)

func assets(t *testing.T) grid.Assets {
	t.Helper()
	s, err := asset.New(store.Memory(t), asset.Options{Dir: filepath.Join(t.TempDir(), "assets")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func seeded(t *testing.T) grid.Assets {
	t.Helper()
	s := assets(t)
	if err := library.Seed(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheLibraryIsATreeOfTheLibrarysOwner(t *testing.T) {
	l := library.New()
	known := map[uuid.UUID]bool{}
	for n, f := range l.Skeleton() {
		if f.Owner != grid.LibraryOwner || f.Version < 1 {
			t.Errorf("%+v", f)
		}
		if root := f.ID == grid.LibraryRoot; root != (n == 0) || root != (f.Parent == uuid.Nil) || !root && !known[f.Parent] {
			t.Errorf("%q is at place %d below %s", f.Name, n, f.Parent)
		}
		known[f.ID] = true
	}
	if len(known) < 3 {
		t.Errorf("%d folders", len(known))
	}
}

func TestFoldersHaveTheItemsThatAreFoundByID(t *testing.T) {
	l := library.New()
	var folders, items int
	for _, f := range l.Skeleton() {
		c, err := l.FolderContent(f.ID)
		if err != nil || c.Folder != f {
			t.Fatalf("%q: %+v, %v", f.Name, c.Folder, err)
		}
		folders += len(c.Folders)
		for n, i := range c.Items {
			items++
			if found, err := l.Item(i.ID); err != nil || found != i || i.Folder != f.ID || i.Owner != grid.LibraryOwner {
				t.Errorf("%q: %+v, %v", i.Name, found, err)
			}
			if n > 0 && c.Items[n-1].Name > i.Name {
				t.Errorf("%q comes after %q", i.Name, c.Items[n-1].Name)
			}
		}
	}
	if folders != len(l.Skeleton())-1 || items != len(l.Outfit()) {
		t.Errorf("%d folders and %d items lie in folders", folders, items)
	}
	if _, err := l.FolderContent(uuid.New()); !errors.Is(err, grid.ErrNotFound) {
		t.Errorf("unknown folder: %v", err)
	}
	if _, err := l.Item(uuid.New()); !errors.Is(err, grid.ErrNotFound) {
		t.Errorf("unknown item: %v", err)
	}
}

func TestReadersCannotChangeTheLibrary(t *testing.T) {
	l := library.New()
	l.Skeleton()[0].Name = "Mine"
	l.Outfit()[0].Name = "Mine"
	if l.Skeleton()[0].Name == "Mine" || l.Outfit()[0].Name == "Mine" {
		t.Error("a reader's change is seen by the next")
	}
}

// wearable is what a viewer reads of a wearable's text.
type wearable struct {
	name     string
	kind     int
	params   map[int]float64
	textures map[int]uuid.UUID
}

// The head of a wearable's text, in the form that viewers of version 22 write.
var head = regexp.MustCompile(`^LLWearable version 22\n([^\n]+)\n[^\n]*\n` +
	`\tpermissions 0\n\t{\n` +
	`\t\tbase_mask\t([0-9a-f]{8})\n\t\towner_mask\t[0-9a-f]{8}\n\t\tgroup_mask\t[0-9a-f]{8}\n` +
	`\t\teveryone_mask\t[0-9a-f]{8}\n\t\tnext_owner_mask\t[0-9a-f]{8}\n` +
	`\t\tcreator_id\t([0-9a-f-]{36})\n\t\towner_id\t[0-9a-f-]{36}\n\t\tlast_owner_id\t[0-9a-f-]{36}\n` +
	`\t\tgroup_id\t[0-9a-f-]{36}\n\t}\n` +
	`\tsale_info\t0\n\t{\n\t\tsale_type\tnot\n\t\tsale_price\t\d+\n\t}\n`)

func readWearable(text string) (w wearable, err error) {
	m := head.FindStringSubmatch(text)
	if m == nil {
		return w, errors.New("the head is malformed")
	}
	w = wearable{name: m[1], params: map[int]float64{}, textures: map[int]uuid.UUID{}}
	lines := strings.Split(strings.TrimSuffix(text[len(m[0]):], "\n"), "\n")
	count := func(key string) (n int) {
		if err == nil {
			_, err = fmt.Sscanf(lines[0], key+" %d", &n)
			lines = lines[1:]
		}
		return n
	}
	pair := func() (int, string) {
		number, value, _ := strings.Cut(lines[0], " ")
		lines = lines[1:]
		n, e := strconv.Atoi(number)
		err = errors.Join(err, e)
		return n, value
	}
	w.kind = count("type")
	for range count("parameters") {
		id, weight := pair()
		f, e := strconv.ParseFloat(weight, 64)
		w.params[id], err = f, errors.Join(err, e)
	}
	for range count("textures") {
		index, id := pair()
		u, e := uuid.Parse(id)
		w.textures[index], err = u, errors.Join(err, e)
	}
	if len(lines) != 0 {
		err = errors.Join(err, fmt.Errorf("%d lines follow", len(lines)))
	}
	return w, err
}

func TestTheDefaultWearablesAreWhatViewersRead(t *testing.T) {
	s := seeded(t)
	// The avatar textures that each wearable type has, and how many parameters avatar_lad.xml gives it.
	textures := [][]int{nil, {0, 5, 6}, {4}, {3}, {1}, {2}}
	params := []int{82, 26, 39, 2, 10, 9}
	for n, i := range library.New().Outfit() {
		a, err := s.Asset(t.Context(), i.Asset)
		if err != nil {
			t.Fatalf("%s: %v", i.Name, err)
		}
		w, err := readWearable(string(a.Data))
		if err != nil {
			t.Errorf("%s: %v", i.Name, err)
		}
		if w.kind != n || int(i.Flags) != n || w.name != i.Name || a.Name != i.Name || a.Type != i.AssetType || i.InvType != 18 {
			t.Errorf("item %+v, asset %+v, text %q of type %d", i, a.AssetInfo, w.name, w.kind)
		}
		if len(w.params) != params[n] || !slices.Equal(slices.Sorted(maps.Keys(w.textures)), textures[n]) {
			t.Errorf("%s has %d parameters and textures %v", i.Name, len(w.params), w.textures)
		}
		for _, id := range w.textures {
			noTexture := uuid.MustParse("c228d1cf-4b5d-4ba8-84f4-899a0796aa97") // viewers draw it as none
			if info, err := s.AssetInfo(t.Context(), id); id != noTexture && (err != nil || info.Type != grid.AssetTexture) {
				t.Errorf("%s shows %s: %+v, %v", i.Name, id, info, err)
			}
		}
	}
}

func TestShirtAndPantsAreColoured(t *testing.T) {
	s := seeded(t)
	for n, colour := range map[int][]int{4: {803, 804, 805}, 5: {806, 807, 808}} {
		a, err := s.Asset(t.Context(), library.New().Outfit()[n].Asset)
		if err != nil {
			t.Fatal(err)
		}
		w, err := readWearable(string(a.Data))
		if err != nil {
			t.Fatal(err)
		}
		if w.params[colour[0]] == w.params[colour[2]] {
			t.Errorf("%s is grey: %v", w.name, w.params)
		}
	}
}

// TestTexturesAreCodestreams looks at what every JPEG 2000 codestream begins and ends with.
func TestTexturesAreCodestreams(t *testing.T) {
	s := seeded(t)
	for _, id := range []string{
		"5748decc-f629-461c-9a36-a35a221fe21f", "7ca39b4c-bd19-4699-aff7-f93fd03d3e7b",
		"6522e74d-1660-4e7f-b601-6f48c1659a77", "89556747-24cb-43ed-920b-47caed15465f",
		"b8d3965a-ad78-bf43-699b-bff8eca6c975", "abb783e6-3e93-26c0-248a-247666855da3",
		"179cdabd-398a-9b6b-1391-4dc333ba321f", "beb169c7-11ea-fff2-efe5-0f24dc881df2",
	} {
		a, err := s.Asset(t.Context(), uuid.MustParse(id))
		if err != nil {
			t.Fatal(err)
		}
		if a.Type != grid.AssetTexture || !strings.HasPrefix(string(a.Data), "\xff\x4f\xff\x51") || !strings.HasSuffix(string(a.Data), "\xff\xd9") {
			t.Errorf("%q is no texture", a.Name)
		}
	}
}

func TestSeedingAgainSucceeds(t *testing.T) {
	if err := library.Seed(t.Context(), seeded(t)); err != nil {
		t.Error(err)
	}
}

func TestSeedingKeepsWhatAWorldBroughtAlong(t *testing.T) {
	s, shape := assets(t), library.New().Outfit()[0].Asset
	own := grid.Asset{AssetInfo: grid.AssetInfo{ID: shape, Type: grid.AssetBodyPart}, Data: []byte("another shape")}
	if _, err := s.PutAsset(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	for _, service := range []grid.Assets{s, unknowing{s}} {
		if err := library.Seed(t.Context(), service); err != nil {
			t.Error(err)
		}
	}
	if got, err := s.Asset(t.Context(), shape); err != nil || string(got.Data) != "another shape" {
		t.Errorf("the shape is %q, %v", got.Data, err)
	}
}

// unknowing is an asset service in which everything comes into being just after one has asked.
type unknowing struct{ grid.Assets }

func (unknowing) AssetsExist(_ context.Context, ids []uuid.UUID) ([]bool, error) {
	return make([]bool, len(ids)), nil
}

func TestSeedingFailsWithItsAssetService(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, service := range []grid.Assets{assets(t), unknowing{assets(t)}} {
		if err := library.Seed(ctx, service); !errors.Is(err, grid.ErrUnavailable) {
			t.Errorf("error is %v", err)
		}
	}
}
