package authentication

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	// shortPassword is how many bytes of a password some viewers hash.
	shortPassword = 16
	// viewerPrefix is what viewers put before the MD5.
	viewerPrefix = "$1$"
	saltBytes    = 16
	hashBytes    = 32
)

// cost is what a slow hash costs whoever computes it. The limits are on what is read from a row:
// nothing there may make the server spend more.
type cost struct {
	KiB     uint32
	Passes  uint32
	Threads uint8
}

// present is what new hashes cost: the lowest that OWASP's password storage page recommends for Argon2id.
var present = cost{KiB: 19 * 1024, Passes: 2, Threads: 1}

// limit is the most that is accepted.
var limit = cost{KiB: 64 * 1024, Passes: 8, Threads: 4}

// parseDigest reads what a viewer sends for a password, with its prefix or without, and is the 32 digits
// in lower case.
func parseDigest(s string) (digest string, sound bool) {
	s = strings.TrimPrefix(s, viewerPrefix)
	if _, err := hex.DecodeString(s); err != nil || len(s) != 2*md5.Size {
		return "", false
	}
	return strings.ToLower(s), true
}

func digestOf(clear string) string {
	sum := md5.Sum([]byte(clear))
	return hex.EncodeToString(sum[:])
}

// password is a row of the table auth. All of it may be empty: then no digest matches.
type password struct {
	md5, md5Salt    string // OpenSimulator's
	slow, slowShort string // over the digest of all of the password, and of its first bytes
}

// newPassword takes as long as two slow hashes when the password is longer than viewers may hash.
func newPassword(clear string) (password, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return password{}, err
	}
	p := password{slow: hashed(digestOf(clear), salt).String()}
	if len(clear) > shortPassword {
		p.slowShort = hashed(digestOf(clear[:shortPassword]), salt).String()
	}
	return p, nil
}

// matches takes as long as one slow hash, whatever the password is. better is set when it matches by
// OpenSimulator's hash alone. The error says that the row is damaged.
func (p password) matches(digest string) (right bool, better password, err error) {
	if p.slow == "" {
		fresh, err := slowly(digest)
		if err != nil || p.md5 == "" || !same(p.md5, digestOf(digest+":"+p.md5Salt)) {
			return false, password{}, err
		}
		return true, password{slow: fresh}, nil
	}
	want, err := parseHash(p.slow)
	if err != nil {
		return false, password{}, err
	}
	got := want.cost.hash(digest, want.salt)
	right = subtle.ConstantTimeCompare(got, want.sum) == 1
	if p.slowShort != "" {
		short, err := parseHash(p.slowShort)
		if err != nil {
			return false, password{}, err
		}
		right = right || subtle.ConstantTimeCompare(got, short.sum) == 1
	}
	return right, password{}, nil
}

// slowly is the slow hash of a digest with a new salt.
func slowly(digest string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return hashed(digest, salt).String(), nil
}

func same(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(a)), []byte(b)) == 1
}

// slowHash is an Argon2id hash with all that it takes to compute it again.
type slowHash struct {
	cost
	salt, sum []byte
}

func hashed(digest string, salt []byte) slowHash {
	return slowHash{cost: present, salt: salt, sum: present.hash(digest, salt)}
}

func (c cost) hash(digest string, salt []byte) []byte {
	return argon2.IDKey([]byte(digest), salt, c.Passes, c.KiB, c.Threads, hashBytes)
}

// String is the usual text form, "$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>".
func (h slowHash) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.KiB, h.Passes, h.Threads, b64(h.salt), b64(h.sum))
}

// parseHash reads what String wrote.
func parseHash(s string) (slowHash, error) {
	var h slowHash
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprint("v=", argon2.Version) {
		return h, fmt.Errorf("a password's hash is not Argon2id version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.KiB, &h.Passes, &h.Threads); err != nil {
		return h, fmt.Errorf("a password's cost: %w", err)
	}
	if !h.within(limit) {
		return h, fmt.Errorf("a password's cost %q is not accepted", parts[3])
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, fmt.Errorf("a password's salt: %w", err)
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return h, fmt.Errorf("a password's hash: %w", err)
	}
	if len(h.sum) != hashBytes || len(h.salt) == 0 || h.String() != s {
		return h, errors.New("a password's hash is malformed")
	}
	return h, nil
}

func (c cost) within(most cost) bool {
	return c.KiB >= 8*uint32(c.Threads) && c.KiB <= most.KiB &&
		c.Passes >= 1 && c.Passes <= most.Passes && c.Threads >= 1 && c.Threads <= most.Threads
}
