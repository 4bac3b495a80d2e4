package llsd

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
)

// seedNames is what a viewer asks a seed capability for.
func seedNames() Array {
	var names Array
	for i := range 111 {
		names = append(names, fmt.Sprintf("FetchInventoryDescendents%d", i))
	}
	return names
}

func seedAnswer() Map {
	urls := Map{}
	for i, name := range seedNames()[:50] {
		urls[name.(string)] = fmt.Sprint("http://127.0.0.1:9000/", uuid.UUID{0: 1, 15: byte(i)})
	}
	return urls
}

func BenchmarkSeedRequestRead(b *testing.B) {
	document := AppendXML(nil, seedNames())
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseXML(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSeedAnswerWrite(b *testing.B) {
	answer := seedAnswer()
	var document []byte
	b.ReportAllocs()
	for b.Loop() {
		document = AppendXML(document[:0], answer)
	}
	b.SetBytes(int64(len(document)))
}

func BenchmarkWrite(b *testing.B) {
	v := sample()
	for name, f := range forms {
		b.Run(name, func(b *testing.B) {
			var document []byte
			b.ReportAllocs()
			for b.Loop() {
				document = f.write(document[:0], v)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for name, f := range forms {
		document := f.write(nil, sample())
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(document)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.parse(document); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
