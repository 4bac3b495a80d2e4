package llsd

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"terrane/geom"
)

// AsString returns v as text: a number in decimal, true as "true", an id, date or URI written out,
// false and everything else as "".
func AsString(v any) string {
	switch v := Canonical(v).(type) {
	case string:
		return v
	case URI:
		return string(v)
	case bool:
		if v {
			return "true"
		}
	case int32:
		return strconv.Itoa(int(v))
	case float64:
		return string(appendReal(nil, v))
	case uuid.UUID:
		return v.String()
	case time.Time:
		return string(appendDate(nil, v))
	}
	return ""
}

// AsBool returns whether v is true: a number other than 0, an id other than zero, an array or map
// that is not empty, and, as OpenSimulator has it, any text but "", "0" and "false".
func AsBool(v any) bool {
	switch v := Canonical(v).(type) {
	case bool:
		return v
	case int32:
		return v != 0
	case float64:
		return v != 0 && v == v
	case string:
		return v != "" && v != "0" && !strings.EqualFold(v, "false")
	case uuid.UUID:
		return v != uuid.Nil
	case Array:
		return len(v) > 0
	case Map:
		return len(v) > 0
	}
	return false
}

// AsInt returns v as a whole number: true as 1, a fraction cut off, text read as a number, a date in
// seconds since 1970, binary of 4 or 8 bytes as its big-endian number. Everything else is 0. Text,
// reals and dates may lie outside the range of an LLSD integer.
func AsInt(v any) int {
	switch v := Canonical(v).(type) {
	case bool:
		if v {
			return 1
		}
	case int32:
		return int(v)
	case float64:
		return int(truncate(v))
	case string:
		return int(whole(v))
	case time.Time:
		return int(seconds(v))
	case []byte, Array:
		switch b := AsBytes(v); len(b) {
		case 4:
			return int(int32(binary.BigEndian.Uint32(b)))
		case 8:
			return int(binary.BigEndian.Uint64(b))
		}
	}
	return 0
}

// AsUint32 returns v as an unsigned number: binary as U32 has it, the bits of an integer, or what
// AsInt gives, the nearest there is.
func AsUint32(v any) uint32 {
	n := AsInt(v)
	if n < 0 {
		return uint32(nearest(int64(n)))
	}
	return uint32(min(n, math.MaxUint32))
}

// AsUint64 returns v as an unsigned number: binary as U64 or U32 has it, decimal text as
// OpenSimulator's services write handles, the bits of an integer, or what AsInt gives. Below 0 a
// real or text is 0.
func AsUint64(v any) uint64 {
	switch v := Canonical(v).(type) {
	case int32:
		return uint64(uint32(v))
	case string:
		if n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 64); err == nil {
			return n
		}
	case []byte, Array:
		if b := AsBytes(v); len(b) == 4 {
			return uint64(binary.BigEndian.Uint32(b))
		}
		return uint64(AsInt(v))
	}
	return uint64(max(AsInt(v), 0))
}

// AsReal returns v as a number: true as 1, text read as a number, a date in seconds since 1970.
// Everything else is 0.
func AsReal(v any) float64 {
	switch v := Canonical(v).(type) {
	case float64:
		return v
	case string:
		f, _ := parseReal(v)
		return f
	case time.Time:
		return seconds(v)
	case bool, int32:
		return float64(AsInt(v))
	}
	return 0
}

// AsUUID returns v as an id: text of 36 characters, or of 32 without hyphens, is one. Everything
// else is the zero id.
func AsUUID(v any) uuid.UUID {
	switch v := Canonical(v).(type) {
	case uuid.UUID:
		return v
	case string:
		return parseUUID(v)
	}
	return uuid.Nil
}

func parseUUID(text string) uuid.UUID {
	text = strings.TrimSpace(text)
	if len(text) != 36 && len(text) != 32 {
		return uuid.Nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// AsTime returns v as a date in UTC: text as readers take it, a number as seconds since 1970.
// Everything else is the zero Time.
func AsTime(v any) time.Time {
	switch v := Canonical(v).(type) {
	case time.Time:
		return v
	case string:
		return parseDate(v)
	case int32, float64:
		return fromSeconds(AsReal(v))
	}
	return time.Time{}
}

// AsURI returns v as a URI: a text is one. Everything else is "".
func AsURI(v any) URI {
	switch v := v.(type) {
	case URI:
		return v
	case string:
		return URI(v)
	}
	return ""
}

// AsBytes returns the bytes of v: binary, which is not copied, or an array of numbers from 0 to 255,
// as binary is in JSON. Everything else is nil.
func AsBytes(v any) []byte {
	switch v := Canonical(v).(type) {
	case []byte:
		return v
	case Array:
		b := make([]byte, len(v))
		for i, part := range v {
			n, ok := part.(int32)
			if !ok || n < 0 || n > 255 {
				return nil
			}
			b[i] = byte(n)
		}
		return b
	}
	return nil
}

// AsVec3 returns v as a vector: an array of at least three numbers, or the text "<1, 2, 3>".
// Everything else is the zero vector, and so is one with a part that is NaN or infinite.
func AsVec3(v any) geom.Vec3 {
	var vec geom.Vec3
	switch v := Canonical(v).(type) {
	case string:
		vec, _ = geom.ParseVec3(v) // what is no vector is the zero one, as in every conversion
	case Array:
		if len(v) >= 3 {
			vec = geom.Vec3{X: float32(v.Real(0)), Y: float32(v.Real(1)), Z: float32(v.Real(2))}
		}
	}
	if !vec.Finite() {
		return geom.Vec3{}
	}
	return vec
}

// AsArray returns v when it is an array, and otherwise nil.
func AsArray(v any) Array {
	a, _ := Canonical(v).(Array)
	return a
}

// AsMap returns v when it is a map, and otherwise nil, of which every member is absent.
func AsMap(v any) Map {
	m, _ := Canonical(v).(Map)
	return m
}
