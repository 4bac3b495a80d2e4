package console

import (
	"strings"
	"testing"
	"time"
)

func TestDurationsAreShownWithThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 12_345: "12.3µs", 1_234_567: "1.23ms", 15_021 * time.Millisecond: "15s",
		62_345 * time.Millisecond: "1m2.3s", -1_234_567: "-1.23ms", 999_999_999: "1s",
	} {
		if got := short(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}

func TestWhatIsShownIsOnOneLineAndObeysNobody(t *testing.T) {
	for in, want := range map[string]string{
		"Ann Lee":                "Ann Lee",
		"Äön 李":                  "Äön 李",
		"a\nb\tc":                `a\nb\tc`,
		"\x1b]0;x\a":             `\x1b]0;x\a`,
		"\u202eevil":             `\u202eevil`,
		"\xff":                   `\ufffd`,
		strings.Repeat("x", 300): strings.Repeat("x", 200) + "...",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestTablesAreAligned(t *testing.T) {
	got := text(t, func(b *strings.Builder) error {
		return Table(b, []string{"NAME", "LEVEL", "STATE"}, [][]string{{"Ann Lee", "0", "enabled"}, {"Zoë\nRoe", "200", ""}})
	})
	want := "NAME      LEVEL  STATE\nAnn Lee   0      enabled\nZoë\\nRoe  200\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
