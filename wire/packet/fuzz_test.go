package packet

import (
	"bytes"
	"testing"
)

// FuzzParse holds that whatever can be read is within bounds and can be written and read again.
func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(v.datagram))
	}
	for _, v := range refused {
		f.Add(unhex(v.datagram))
	}
	f.Fuzz(func(t *testing.T, datagram []byte) {
		before := bytes.Clone(datagram)
		p, err := Parse(datagram)
		if !bytes.Equal(datagram, before) {
			t.Fatal("reading changed the datagram")
		}
		if err != nil {
			return
		}
		if len(p.Body) == 0 || HeaderSize+len(p.Body) > MaxSize || p.Acks.Len() > MaxAcks {
			t.Fatalf("%d bytes and %d acks were read", len(p.Body), p.Acks.Len())
		}
		again, err := Append(nil, p)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", p, err)
		}
		back, err := Parse(again)
		if err != nil || back.Sequence != p.Sequence || !bytes.Equal(back.Body, p.Body) || !bytes.Equal(back.Acks, p.Acks) {
			t.Fatalf("%+v came back as %+v, %v", p, back, err)
		}
	})
}

// FuzzZeroDecode holds that what decodes was a coding of that, and that coding brings it back.
func FuzzZeroDecode(f *testing.F) {
	for _, s := range []string{"0003", "00ff0001", "00ff00ff005a", "ffff000194", "0000", "00", "01000001"} {
		f.Add(unhex(s))
	}
	f.Fuzz(func(t *testing.T, coded []byte) {
		plain, err := zeroDecode(coded)
		if err != nil {
			return
		}
		if HeaderSize+len(plain) > MaxSize {
			t.Fatalf("%d bytes", len(plain))
		}
		again, shorter := appendZeroCoded(nil, plain)
		if !shorter {
			return
		}
		if len(again) >= len(plain) || len(again) > len(coded) {
			t.Fatalf("%d bytes were coded as %d, before as %d", len(plain), len(again), len(coded))
		}
		if back, err := zeroDecode(again); err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("%x came back as %x, %v", plain, back, err)
		}
	})
}
