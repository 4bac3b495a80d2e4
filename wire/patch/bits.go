package patch

// bitWriter appends bits to buf.
//
// A value is laid out as its little-endian bytes in turn, each from its high bit to its low; the
// last byte, when it is a part only, gives its low bits. So 10 bits of 0x226 are 0010 0110 10.
type bitWriter struct {
	buf     []byte
	pending uint32 // the last bits written, fewer than a byte, in the low end
	n       int    // how many bits are pending
}

func (w *bitWriter) bits(v uint32, n int) {
	for ; n > 8; n -= 8 {
		w.part(v&0xFF, 8)
		v >>= 8
	}
	w.part(v&(1<<n-1), n)
}

// part writes up to 8 bits from the high one down.
func (w *bitWriter) part(v uint32, n int) {
	w.pending = w.pending<<n | v
	w.n += n
	if w.n >= 8 {
		w.n -= 8
		w.buf = append(w.buf, byte(w.pending>>w.n))
		w.pending &= 1<<w.n - 1
	}
}

// length is the number of bits written, with those that buf began with.
func (w *bitWriter) length() int { return len(w.buf)*8 + w.n }

// bytes ends the stream with zero bits to the byte.
func (w *bitWriter) bytes() []byte {
	if w.n > 0 {
		w.part(0, 8-w.n)
	}
	return w.buf
}

// bitReader takes bits as bitWriter lays them out.
type bitReader struct {
	data []byte
	pos  int // in bits
}

// bits returns the next n bits, up to 32. When fewer are left it returns false, and so does every
// call after it.
func (r *bitReader) bits(n int) (v uint32, ok bool) {
	if n > len(r.data)*8-r.pos {
		r.pos = len(r.data) * 8
		return 0, false
	}
	shift := 0
	for ; n > 8; n -= 8 {
		v |= r.part(8) << shift
		shift += 8
	}
	return v | r.part(n)<<shift, true
}

// part takes up to 8 bits that are known to be there.
func (r *bitReader) part(n int) uint32 {
	at, used := r.pos>>3, r.pos&7
	two := uint32(r.data[at]) << 8
	if used+n > 8 {
		two |= uint32(r.data[at+1])
	}
	r.pos += n
	return two >> (16 - used - n) & (1<<n - 1)
}
