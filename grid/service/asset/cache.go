package asset

import (
	"container/list"
	"sync"
)

// cache keeps the contents used last, up to a number of bytes.
type cache struct {
	limit int // in bytes; below zero it keeps nothing

	mu   sync.Mutex
	used list.List // of entry, the latest first
	by   map[hash]*list.Element
	size int // bytes in used
}

type entry struct {
	hash hash
	data []byte
}

func newCache(limit int) *cache {
	return &cache{limit: limit, by: map[hash]*list.Element{}}
}

func (c *cache) get(h hash) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.by[h]
	if !ok {
		return nil, false
	}
	c.used.MoveToFront(e)
	return e.Value.(entry).data, true
}

// put keeps a content, unless it is so large that little else would find room.
func (c *cache) put(h hash, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.by[h]; ok || c.limit < 0 || len(data) > c.limit/2 {
		return
	}
	c.by[h] = c.used.PushFront(entry{h, data})
	c.size += len(data)
	for c.size > c.limit {
		c.drop(c.used.Back())
	}
}

func (c *cache) remove(h hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.by[h]; ok {
		c.drop(e)
	}
}

func (c *cache) drop(e *list.Element) {
	gone := c.used.Remove(e).(entry)
	delete(c.by, gone.hash)
	c.size -= len(gone.data)
}
