package llsd

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"terrane/wire/xmltext"
)

// URI is a text that names a resource. Nothing checks that it does.
type URI string

// Array is a sequence of values. A nil Array is an empty one.
type Array []any

// Map is a set of values with names. A nil Map is an empty one that cannot be written to.
type Map map[string]any

// The limits of every reader.
const (
	// MaxSize is how many bytes a document may have: what OpenSimulator takes as a request body.
	// Whoever expects less says so to the HTTP server.
	MaxSize = 78_905_344
	// MaxDepth is how many arrays and maps may stand in one another; no known body has a dozen.
	MaxDepth = 64
	// MaxElements is how many values and keys a document may have, so that a body of empty maps
	// cannot take many times its size in memory.
	MaxElements = 1 << 20
)

// ErrMalformed is wrapped by the error of every reader about what is not the form it reads.
var ErrMalformed = xmltext.ErrMalformed

// ErrLimit is wrapped by the error of every reader about what is over MaxSize, MaxDepth or
// MaxElements.
var ErrLimit = xmltext.ErrLimit

// Canonical returns v as one of the types readers return. Integers of other sizes become the nearest
// int32, except that a uint32 keeps its bits, as masks are written; float32 widens; slices and maps
// of such values become an Array or a Map. It panics for any other type, which is a mistake in the
// program, a uint64 among them: U64 says how those are written.
func Canonical(v any) any {
	switch v := v.(type) {
	case nil, bool, int32, float64, string, uuid.UUID, time.Time, URI, []byte, Array, Map:
		return v
	case int:
		return nearest(int64(v))
	case int8:
		return int32(v)
	case int16:
		return int32(v)
	case int64:
		return nearest(v)
	case uint8:
		return int32(v)
	case uint16:
		return int32(v)
	case uint32:
		return int32(v)
	case float32:
		return float64(v)
	case []any:
		return Array(v)
	case []string:
		return arrayOf(v)
	case []uuid.UUID:
		return arrayOf(v)
	case []Map:
		return arrayOf(v)
	case map[string]any:
		return Map(v)
	case map[string]string:
		m := make(Map, len(v))
		for key, text := range v {
			m[key] = text
		}
		return m
	}
	panic(fmt.Sprintf("llsd: a %T is no value", v))
}

func arrayOf[T any](s []T) Array {
	a := make(Array, len(s))
	for i, v := range s {
		a[i] = v
	}
	return a
}

// sortedKeys has the keys of the maps being written, outermost first, so that a whole tree is sorted
// in one slice.
type sortedKeys []string

// push returns the keys of m in order; they are valid until the matching pop.
func (k *sortedKeys) push(m Map) []string {
	from := len(*k)
	for key := range m {
		*k = append(*k, key)
	}
	keys := (*k)[from:]
	slices.Sort(keys)
	return keys
}

func (k *sortedKeys) pop(keys []string) { *k = (*k)[:len(*k)-len(keys)] }
