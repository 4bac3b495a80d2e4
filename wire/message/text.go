package message

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// String returns the text in b, which ends at the first NUL or, without one, with b. What is not
// UTF-8 becomes U+FFFD, so that the text may be stored and sent on. It is a copy.
func String(b []byte) string {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

// Text returns s with the NUL that ends every text on the wire; it is not cut, so that Append may
// refuse it.
func Text(s string) []byte {
	b := make([]byte, len(s)+1)
	copy(b, s)
	return b
}

// TextMax returns s with its NUL in at most most bytes, as [MaxVariable1]. What is too long is cut
// between two characters of its UTF-8. A most below 1 leaves nothing at all, not even the NUL.
func TextMax(s string, most int) []byte {
	if most < 1 {
		return nil
	}
	if len(s) > most-1 {
		cut := most - 1
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	return Text(s)
}
