package authentication

import (
	"bytes"
	"strings"
	"testing"
)

// phc is a test vector of the Argon2 reference implementation: of "password", with the salt "somesalt".
const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

func TestAHashIsReadAndWrittenInTheUsualForm(t *testing.T) {
	h, err := parseHash(phc)
	if err != nil {
		t.Fatal(err)
	}
	if h.cost != (cost{KiB: 65536, Passes: 2, Threads: 1}) || string(h.salt) != "somesalt" {
		t.Errorf("it was read as %+v", h)
	}
	if !bytes.Equal(h.hash("password", h.salt), h.sum) {
		t.Error("it is the hash of something else")
	}
	if h.String() != phc {
		t.Errorf("it was written as %s", h)
	}
	if got := hashed("x", []byte("0123456789abcdef")).String(); !strings.HasPrefix(got, "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$") {
		t.Errorf("a new one was written as %s", got)
	}
}

func TestAHashThatIsDamagedOrTooDearIsRefused(t *testing.T) {
	good := hashed("x", []byte("0123456789abcdef")).String()
	for _, change := range [][2]string{
		{"$argon2id$", "$argon2i$"},
		{"v=19", "v=16"},
		{"m=19456", "m=1000000"},
		{"m=19456", "m=7"},
		{"t=2", "t=0"},
		{"t=2", "t=1000"},
		{"p=1", "p=0"},
		{"p=1", "p=200"},
		{"p=1", "p=1,x=1"},
		{"p=1", "p=01"},
		{"$MDEy", "$!!!!"},
		{"$MDEyMzQ1Njc4OWFiY2RlZg$", "$$"},
		{good[len(good)-4:], ""},
		{good, ""},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if _, err := parseHash(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestADamagedRowIsAnErrorAndNotAPassword(t *testing.T) {
	for _, p := range []password{{slow: "damaged"}, {slow: hashed("x", []byte("salt")).String(), slowShort: "damaged"}} {
		if right, _, err := p.matches("x"); right || err == nil {
			t.Errorf("%+v matched: %v, %v", p, right, err)
		}
	}
}

func TestADigestIsThirtyTwoHexadecimalDigits(t *testing.T) {
	const digest = "5ebe2294ecd0e0f08eab7690d2a6ee69"
	for _, s := range []string{digest, "$1$" + digest, strings.ToUpper(digest)} {
		if got, sound := parseDigest(s); got != digest || !sound {
			t.Errorf("%q was read as %q, %v", s, got, sound)
		}
	}
	for _, s := range []string{"", "$1$", digest[1:], digest + "00", "$1$$1$" + digest, "g" + digest[1:], " " + digest} {
		if got, sound := parseDigest(s); sound {
			t.Errorf("%q was read as %q", s, got)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(hashed("x", []byte("0123456789abcdef")).String())
	f.Add(phc)
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err == nil && (h.String() != s || !h.within(limit)) {
			t.Errorf("%q was read as %q", s, h)
		}
	})
}

func FuzzParseDigest(f *testing.F) {
	f.Add("$1$5ebe2294ecd0e0f08eab7690d2a6ee69")
	f.Fuzz(func(t *testing.T, s string) {
		digest, sound := parseDigest(s)
		if !sound {
			return
		}
		if again, sound := parseDigest(viewerPrefix + digest); !sound || again != digest {
			t.Errorf("%q was read as %q and that as %q", s, digest, again)
		}
	})
}

func BenchmarkMatches(b *testing.B) {
	p, err := newPassword("secret")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if right, _, err := p.matches(digestOf("secret")); err != nil || !right {
			b.Fatal(right, err)
		}
	}
}
