package prim

import (
	"strings"

	"github.com/google/uuid"
)

// The names that viewers know.
const (
	FirstName    = "FirstName"
	LastName     = "LastName"
	Title        = "Title"
	AttachItemID = "AttachItemID"
)

// readWrite is what stands between a name and its text: the type, who may change it, and who is
// told. Viewers require it and make nothing of it.
const readWrite = " STRING RW SV "

// AvatarNames returns an avatar's NameValue, without the NUL that ends it in messages. Title is the
// tag above the name, of the active group. Line ends and NULs, which would end a name, are left out.
func AvatarNames(first, last, title string) string {
	return FirstName + readWrite + oneLine(first) + "\n" +
		LastName + readWrite + oneLine(last) + "\n" +
		Title + readWrite + oneLine(title)
}

// AttachItem returns the NameValue of an attachment's root prim, without the NUL that ends it in
// messages: the inventory item that is worn. Without it a viewer cannot tell which of its items the
// object is, and shows that item as worn for ever, or never.
func AttachItem(item uuid.UUID) string { return AttachItemID + readWrite + item.String() }

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == 0 {
			return -1
		}
		return r
	}, s)
}

// NameValue returns the text of a name in a NameValue field, with or without its NUL, and whether
// the name is there.
func NameValue(field, name string) (text string, ok bool) {
	field, _, _ = strings.Cut(field, "\x00")
	for line := range strings.Lines(field) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
		if len(parts) == 5 && parts[0] == name {
			return parts[4], true
		}
	}
	return "", false
}
