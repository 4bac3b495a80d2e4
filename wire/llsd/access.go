package llsd

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"terrane/geom"
)

// Has reports whether m has a member of that name, be it undef.
func (m Map) Has(key string) bool {
	_, ok := m[key]
	return ok
}

// Keys returns the names of the members in order.
func (m Map) Keys() []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// String returns a member as AsString does; an absent one is "".
func (m Map) String(key string) string { return AsString(m[key]) }

// Bool returns a member as AsBool does; an absent one is false.
func (m Map) Bool(key string) bool { return AsBool(m[key]) }

// Int returns a member as AsInt does; an absent one is 0.
func (m Map) Int(key string) int { return AsInt(m[key]) }

// Uint32 returns a member as AsUint32 does; an absent one is 0.
func (m Map) Uint32(key string) uint32 { return AsUint32(m[key]) }

// Uint64 returns a member as AsUint64 does; an absent one is 0.
func (m Map) Uint64(key string) uint64 { return AsUint64(m[key]) }

// Real returns a member as AsReal does; an absent one is 0.
func (m Map) Real(key string) float64 { return AsReal(m[key]) }

// UUID returns a member as AsUUID does; an absent one is zero.
func (m Map) UUID(key string) uuid.UUID { return AsUUID(m[key]) }

// Time returns a member as AsTime does; an absent one is the zero Time.
func (m Map) Time(key string) time.Time { return AsTime(m[key]) }

// URI returns a member as AsURI does; an absent one is "".
func (m Map) URI(key string) URI { return AsURI(m[key]) }

// Bytes returns a member as AsBytes does; an absent one is nil.
func (m Map) Bytes(key string) []byte { return AsBytes(m[key]) }

// Vec3 returns a member as AsVec3 does; an absent one is zero.
func (m Map) Vec3(key string) geom.Vec3 { return AsVec3(m[key]) }

// Array returns a member that is an array; any other is nil.
func (m Map) Array(key string) Array { return AsArray(m[key]) }

// Map returns a member that is a map; any other is nil, of which every member is absent.
func (m Map) Map(key string) Map { return AsMap(m[key]) }

// At returns an element; one that is not there is nil.
func (a Array) At(i int) any {
	if i < 0 || i >= len(a) {
		return nil
	}
	return a[i]
}

// String returns an element as AsString does; one that is not there is "".
func (a Array) String(i int) string { return AsString(a.At(i)) }

// Int returns an element as AsInt does; one that is not there is 0.
func (a Array) Int(i int) int { return AsInt(a.At(i)) }

// Real returns an element as AsReal does; one that is not there is 0.
func (a Array) Real(i int) float64 { return AsReal(a.At(i)) }

// Array returns an element that is an array; any other is nil.
func (a Array) Array(i int) Array { return AsArray(a.At(i)) }

// Map returns an element that is a map; any other is nil, of which every member is absent.
func (a Array) Map(i int) Map { return AsMap(a.At(i)) }

// Maps returns the elements that are maps, in order.
func (a Array) Maps() []Map {
	maps := make([]Map, 0, len(a))
	for _, v := range a {
		if m := AsMap(v); m != nil {
			maps = append(maps, m)
		}
	}
	return maps
}

// Strings returns every element as AsString does.
func (a Array) Strings() []string {
	texts := make([]string, len(a))
	for i, v := range a {
		texts[i] = AsString(v)
	}
	return texts
}

// UUIDs returns every element as AsUUID does.
func (a Array) UUIDs() []uuid.UUID {
	ids := make([]uuid.UUID, len(a))
	for i, v := range a {
		ids[i] = AsUUID(v)
	}
	return ids
}
