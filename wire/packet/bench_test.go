package packet

import "testing"

func BenchmarkParse(b *testing.B) {
	for name, datagram := range map[string][]byte{
		"plain with acks": unhex(vectors[2].datagram),
		"zero-coded":      unhex(vectors[8].datagram),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(datagram); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	p := Packet{Flags: Reliable | ZeroCoded, Sequence: 1, Body: unhex(vectors[8].body)}
	buffer := make([]byte, 0, MTU)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Append(buffer, p); err != nil {
			b.Fatal(err)
		}
	}
}
