package llsd

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"terrane/geom"
)

// U32 is the form of an unsigned 32-bit number in event queue bodies: binary, big-endian. Viewers
// read such fields from nothing else; an integer in their place is 0 to them.
func U32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// U64 is the form of an unsigned 64-bit number, as a region handle: binary, big-endian.
func U64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// IP4 is the form of an IPv4 address: binary, in network order.
func IP4(address [4]byte) []byte { return address[:] }

// Vec3 is the form of a position or direction: an array of three reals.
func Vec3(v geom.Vec3) Array { return Array{float64(v.X), float64(v.Y), float64(v.Z)} }

// nearest returns the int32 that is closest to n.
func nearest(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// truncate returns the integer part of f, or the int64 closest to it; NaN is 0.
func truncate(f float64) int64 {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// integer returns the int32 an integer written as text stands for.
func integer(text string) int32 {
	n := whole(text)
	if n > math.MaxInt32 && n <= math.MaxUint32 {
		return int32(uint32(n))
	}
	return nearest(n)
}

// whole returns the integer text stands for; a fraction is cut off, and what is no number is 0.
func whole(text string) int64 {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	f, _ := parseReal(text)
	return truncate(f)
}

// parseReal reads a number as C, .NET and the LLSD drafts write it, infinities and the several
// spellings of NaN included. The result is 0 when it is none.
func parseReal(text string) (f float64, ok bool) {
	text = strings.TrimSpace(text)
	if f, err := strconv.ParseFloat(text, 64); err == nil || math.IsInf(f, 0) {
		return f, true
	}
	unsigned := strings.TrimLeft(text, "+-")
	if len(unsigned) >= 3 && strings.EqualFold(unsigned[:3], "nan") {
		return math.NaN(), true
	}
	return 0, false
}

// appendReal writes the shortest text that reads back as f, without an exponent where that is not
// much longer: nan, inf and -inf for what is no number.
func appendReal(b []byte, f float64) []byte {
	switch {
	case f != f:
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	}
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

const dateLayout = "2006-01-02T15:04:05.999999Z"

// appendDate writes t in UTC, and nothing for the zero Time.
func appendDate(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return t.UTC().AppendFormat(b, dateLayout)
}

// parseDate reads a date with or without fraction, zone or time of day. What is none is the zero
// Time.
func parseDate(text string) time.Time {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return inRange(t.UTC())
		}
	}
	return time.Time{}
}

// inRange returns t when it can be written with a year of four digits, and otherwise the zero Time.
func inRange(t time.Time) time.Time {
	if year := t.Year(); year < 1 || year > 9999 {
		return time.Time{}
	}
	return t
}

// seconds returns t as binary LLSD has it, in seconds since 1970.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}

// fromSeconds is the reverse of seconds. What is outside the years 1 to 9999 is the zero Time.
func fromSeconds(s float64) time.Time {
	const first, last = -62135596800, 253402300799
	if !(s >= first && s <= last) {
		return time.Time{}
	}
	return time.UnixMicro(int64(math.Round(s * 1e6))).UTC()
}
