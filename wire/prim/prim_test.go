package prim

import (
	"math"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestAttachmentPointsHaveTheirHalvesSwapped(t *testing.T) {
	// The right hand, point 6, is state 96 in OpenSimulator's ObjectUpdate.
	if got := AttachmentState(6); got != 96 {
		t.Errorf("point 6 is state %d", got)
	}
	if got := AttachmentState(38); got != 0x62 {
		t.Errorf("point 38 is state %#x", got)
	}
	for point := range 256 {
		if back := AttachmentPoint(AttachmentState(uint8(point))); int(back) != point {
			t.Errorf("point %d comes back as %d", point, back)
		}
	}
}

func TestNamesOfOpenSimulatorsAvatar(t *testing.T) {
	const want = "FirstName STRING RW SV Load\nLastName STRING RW SV Bot_40\nTitle STRING RW SV "
	if got := AvatarNames("Load", "Bot_40", ""); got != want {
		t.Errorf("written as %q", got)
	}
	for name, text := range map[string]string{FirstName: "Load", LastName: "Bot_40", Title: ""} {
		if got, ok := NameValue(want+"\x00", name); !ok || got != text {
			t.Errorf("%s is read as %q, %v", name, got, ok)
		}
	}
}

func TestNameOfOpenSimulatorsAttachment(t *testing.T) {
	const item = "150cea36-7dcd-4ba8-a163-3d7f355142ce"
	const want = "AttachItemID STRING RW SV " + item
	if got := AttachItem(uuid.MustParse(item)); got != want {
		t.Errorf("written as %q", got)
	}
	if got, ok := NameValue(want, AttachItemID); !ok || got != item {
		t.Errorf("read as %q, %v", got, ok)
	}
	if got, ok := NameValue(want, Title); ok {
		t.Errorf("a title is read: %q", got)
	}
}

func TestNoNameCanPutAnotherInItsPlace(t *testing.T) {
	field := AvatarNames("Ann\nLastName STRING RW SV Fake", "Lee\r\x00", "a b  c")
	if got, _ := NameValue(field, LastName); got != "Lee" {
		t.Errorf("the last name is read as %q", got)
	}
	if got, _ := NameValue(field, Title); got != "a b  c" {
		t.Errorf("the title is read as %q", got)
	}
}

func FuzzNameValue(f *testing.F) {
	f.Add(AvatarNames("Ann", "Lee", "a title"), FirstName)
	f.Add(AttachItem(uuid.Nil)+"\x00", AttachItemID)
	f.Fuzz(func(t *testing.T, field, name string) {
		if text, ok := NameValue(field, name); len(text) > len(field) || !ok && text != "" {
			t.Fatalf("%q is read as %q, %v", field, text, ok)
		}
	})
}

func TestQuantaOfShapes(t *testing.T) {
	for name, row := range map[string]struct{ got, want float32 }{
		"a cut from 0":         {Begin(0), 0},
		"a cut from a quarter": {Begin(12500), 0.25},
		"a cut to 1":           {End(0), 1},
		"a cut to a quarter":   {End(37500), 0.25},
		"a full end":           {Scale(100), 1},
		"a pointed end":        {Scale(200), 0},
		"a double end":         {Scale(0), 2},
		"a half":               {Hundredths(50), 0.5},
		"a half to the left":   {Hundredths(-50), -0.5},
		"one revolution":       {Revolutions(0), 1},
		"four revolutions":     {Revolutions(200), 4},
	} {
		if math.Abs(float64(row.got-row.want)) > 1e-6 {
			t.Errorf("%s is %v, not %v", name, row.got, row.want)
		}
	}
}

func TestQuantaComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.Uint16Range(0, cutQuanta).Draw(t, "cut")
		scale := rapid.Uint8Range(0, 200).Draw(t, "scale, revolutions")
		hundredth := rapid.Int8().Draw(t, "hundredth")
		if got := BeginQuanta(Begin(cut)); got != cut {
			t.Fatalf("a beginning of %d came back as %d", cut, got)
		}
		if got := EndQuanta(End(cut)); got != cut {
			t.Fatalf("an end of %d came back as %d", cut, got)
		}
		if got := ScaleQuanta(Scale(scale)); got != scale {
			t.Fatalf("a scale of %d came back as %d", scale, got)
		}
		if got := RevolutionsQuanta(Revolutions(scale)); got != scale {
			t.Fatalf("revolutions of %d came back as %d", scale, got)
		}
		if got := HundredthsQuanta(Hundredths(hundredth)); got != hundredth {
			t.Fatalf("a hundredth of %d came back as %d", hundredth, got)
		}
	})
}

func TestQuantaAreKeptInRange(t *testing.T) {
	nan := float32(math.NaN())
	if BeginQuanta(-1) != 0 || BeginQuanta(2) != cutQuanta || EndQuanta(9) != 0 || EndQuanta(-9) != cutQuanta {
		t.Errorf("a cut is out of range")
	}
	if ScaleQuanta(5) != 0 || ScaleQuanta(-5) != 200 || RevolutionsQuanta(0) != 0 || RevolutionsQuanta(100) != 200 {
		t.Errorf("a scale or revolutions are out of range")
	}
	if HundredthsQuanta(-9) != -128 || HundredthsQuanta(9) != 127 || HundredthsQuanta(nan) != 0 {
		t.Errorf("a hundredth is out of range")
	}
}
