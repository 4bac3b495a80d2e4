package console

import (
	"crypto/rand"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxName is how long each of the two names may be, in bytes: OpenSimulator's columns.
	maxName = 64
	// maxPassword is how long a password may be, in bytes.
	maxPassword = 1024
	// maxEmail is the longest address that mail can be sent to, in bytes (RFC 5321, with its errata).
	maxEmail = 254
	// maxLevel is the highest user level: viewers are told of it in one byte.
	maxLevel = 255
)

// checkName says what is wrong with a first or last name, and how to mend it. What a viewer cannot enter,
// or splits in the wrong place, is refused here, so that whoever is created can log in.
func checkName(which, name string) error {
	switch {
	case name == "":
		return wrong("the %s name is empty: every user has a first and a last name; where one is enough, take Resident as the last name", which)
	case len(name) > maxName:
		return wrong("the %s name has %d bytes: take one of at most %d", which, len(name), maxName)
	case !utf8.ValidString(name):
		return wrong("the %s name is not UTF-8: write it in a terminal that is set to UTF-8", which)
	}
	for _, r := range name {
		switch {
		case unicode.IsSpace(r):
			return wrong("the %s name %s has a space: viewers split a name there, so write it as one word", which, shown(name))
		case r == '@':
			return wrong("the %s name %s has an @, which marks visitors from other grids: leave it out", which, shown(name))
		case !unicode.IsPrint(r):
			return wrong("the %s name %s has a character that cannot be seen: leave it out", which, shown(name))
		}
	}
	return nil
}

func checkPassword(password string) error {
	switch {
	case password == "":
		return wrong("the password is empty: give one of 1 to %d bytes", maxPassword)
	case len(password) > maxPassword:
		return wrong("the password has %d bytes: give one of at most %d", len(password), maxPassword)
	case !utf8.ValidString(password):
		return wrong("the password is not UTF-8, so viewers could not send it: write it in a terminal that is set to UTF-8")
	}
	return nil
}

func checkEmail(email string) error {
	local, domain, at := strings.Cut(email, "@")
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	switch {
	case email == "":
		return nil
	case len(email) > maxEmail:
		return wrong("the e-mail address has %d bytes: no address is longer than %d", len(email), maxEmail)
	case !at || local == "" || domain == "" || !utf8.ValidString(email) || strings.ContainsFunc(email, odd):
		return wrong("%s is no e-mail address: write it like ann@example.org, or leave it out", shown(email))
	}
	return nil
}

func checkLevel(level, least int) error {
	if level < least || level > maxLevel {
		return wrong("the level %d is not between %d and %d: 0 is everybody's, 200 and more may kick and alert", level, least, maxLevel)
	}
	return nil
}

// letters are those of generated passwords: 32, so that each is five bits, and none that is taken for
// another (l and 1, o and 0).
const letters = "abcdefghijkmnpqrstuvwxyz23456789"

// NewPassword is a random password of 80 bits. It has 16 characters, because some viewers use no more.
func NewPassword() string {
	b := make([]byte, 16)
	rand.Read(b)
	for i := range b {
		b[i] = letters[b[i]%byte(len(letters))]
	}
	return string(b)
}
