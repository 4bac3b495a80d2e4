package asset

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCacheKeepsTheLatestWithinItsLimit compares it with a list that is searched.
func TestCacheKeepsTheLatestWithinItsLimit(t *testing.T) {
	const limit = 100
	rapid.Check(t, func(t *rapid.T) {
		c := newCache(limit)
		var model []entry // the latest last
		index := func(h hash) int {
			for n, e := range model {
				if e.hash == h {
					return n
				}
			}
			return -1
		}
		draw := func(t *rapid.T) hash {
			return hash{rapid.Byte().Filter(func(b byte) bool { return b < 9 }).Draw(t, "hash")}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				h, data := draw(t), make([]byte, rapid.IntRange(0, 60).Draw(t, "size"))
				c.put(h, data)
				if index(h) >= 0 || len(data) > limit/2 {
					return
				}
				model = append(model, entry{h, data})
				size := 0
				for n := len(model) - 1; n >= 0; n-- {
					if size += len(model[n].data); size > limit {
						model = model[n+1:]
						break
					}
				}
			},
			"get": func(t *rapid.T) {
				h := draw(t)
				data, ok := c.get(h)
				n := index(h)
				if ok != (n >= 0) || ok && len(data) != len(model[n].data) {
					t.Fatalf("got %v, %v", data, ok)
				}
				if ok {
					e := model[n]
					model = append(append(model[:n:n], model[n+1:]...), e)
				}
			},
			"remove": func(t *rapid.T) {
				h := draw(t)
				c.remove(h)
				if n := index(h); n >= 0 {
					model = append(model[:n:n], model[n+1:]...)
				}
			},
			"": func(t *rapid.T) {
				size := 0
				for _, e := range model {
					size += len(e.data)
				}
				if c.size != size || len(c.by) != len(model) || c.used.Len() != len(model) || size > limit {
					t.Fatalf("%d bytes of %d, want %d of %d", c.size, len(c.by), size, len(model))
				}
			},
		})
	})
}

func TestACacheBelowZeroKeepsNothing(t *testing.T) {
	c := newCache(-1)
	c.put(hash{1}, nil)
	c.put(hash{2}, []byte("x"))
	if len(c.by) != 0 {
		t.Errorf("it keeps %d", len(c.by))
	}
}
