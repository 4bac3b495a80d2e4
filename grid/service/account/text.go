package account

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// formatServices writes the column ServiceURLs as OpenSimulator does: "Key=Value", both URL-encoded,
// separated by blanks.
func formatServices(services map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(services)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(url.QueryEscape(k) + "=" + url.QueryEscape(services[k]))
	}
	return b.String()
}

// parseServices reads what formatServices wrote. Parts that are no pair, or are not encoded as they
// should be, are passed over: an old row must not keep its user out.
func parseServices(s string) map[string]string {
	var out map[string]string
	for part := range strings.FieldsSeq(s) {
		k, v, pair := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		if !pair || err != nil {
			continue
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out
}
