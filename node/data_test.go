package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terrane/console"
) // shortTerms let a test see a lease run out.
const shortTerms = `
[session]
lease = "3s"
renew = "1s"
linger = "300ms"
pending = "2s"
`

// newData is a data folder with short terms and the accounts "Test Ann" and "Test Ben".
func newData(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	c := DefaultConfig()
	var text strings.Builder
	if err := WriteConfig(&text, c); err != nil {
		t.Fatal(err)
	}
	// What the written file says of the section is commented out where it is the default.
	config := strings.Replace(text.String(), "[session]", strings.TrimSpace(shortTerms), 1)
	if err := os.WriteFile(filepath.Join(data, configFile), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	h, done, err := Offline(t.Context(), data, "")
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	client := console.NewClient(console.Local(h))
	for _, last := range []string{"Ann", "Ben"} {
		if _, err := client.CreateUser(t.Context(), console.NewUser{First: "Test", Last: last, Password: "secret"}); err != nil {
			t.Fatal(err)
		}
	}
	return data
}
