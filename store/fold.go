package store

import (
	"strings"
	"unicode"
)

// Fold makes of a name what all its spellings in upper and lower case have in common, for a column of
// its own to be compared and ordered by: databases differ in what they hold for the same letter. Each letter is
// replaced by the first, in Unicode's order, of those that differ from it in case alone. Fold(Fold(s)) is Fold(s).
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		first := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			first = min(first, f)
		}
		return first
	}, s)
}
