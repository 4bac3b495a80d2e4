package xmlrpc

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"terrane/wire/llsd"
)

// manyFolders is a login answer with the inventory of a new resident of some years.
func manyFolders() llsd.Map {
	var folders llsd.Array
	for i := range 60 {
		folders = append(folders, llsd.Map{
			"name": fmt.Sprint("Folder ", i), "folder_id": uuid.UUID{0: 1, 15: byte(i)}, "parent_id": uuid.UUID{0: 1},
			"type_default": i, "version": 1,
		})
	}
	return llsd.Map{
		"login": "true", "agent_id": uuid.Max, "session_id": uuid.Max, "secure_session_id": uuid.Max, "circuit_code": 12345678,
		"sim_ip": "127.0.0.1", "sim_port": 9000, "region_x": 256000, "region_y": 256000,
		"seed_capability":    "http://127.0.0.1:9000/CAPS/43458ecf-4a58-4181-b5ce-91c8e6c5eff20000/",
		"inventory-skeleton": folders,
	}
}

func BenchmarkLoginRequestRead(b *testing.B) {
	document := []byte(loginRequest)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseCall(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoginAnswerWrite(b *testing.B) {
	answer := manyFolders()
	var document []byte
	b.ReportAllocs()
	for b.Loop() {
		document = AppendResponse(document[:0], answer)
	}
	b.SetBytes(int64(len(document)))
}

func BenchmarkLoginAnswerRead(b *testing.B) {
	document := AppendResponse(nil, manyFolders())
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseResponse(document); err != nil {
			b.Fatal(err)
		}
	}
}
