package store

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldingJoinsWhatDiffersInCaseAlone(t *testing.T) {
	for _, same := range [][2]string{{"ANN", "ann"}, {"Ödegård", "öDEGÅRD"}, {"ΣΊΣΥΦΟΣ", "σίσυφος"}, {"K", "\u212a"}} {
		if Fold(same[0]) != Fold(same[1]) {
			t.Errorf("%q and %q stay apart", same[0], same[1])
		}
	}
	if Fold("Ann") == Fold("Anne") {
		t.Error("different names were joined")
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if f := Fold(a); Fold(f) != f {
			t.Errorf("%q folds to %q and that to %q", a, f, Fold(f))
		}
		if (Fold(a) == Fold(b)) != strings.EqualFold(a, b) {
			t.Errorf("%q and %q do not fold as they compare", a, b)
		}
	})
}
