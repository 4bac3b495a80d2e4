package message_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"terrane/geom"
	"terrane/wire/message"
)

// TestInvariant6_EveryMessageComesBack fills each message with random content and sends it there and back, into
// a new struct and into one that held something else.
func TestInvariant6_EveryMessageComesBack(t *testing.T) {
	for i := range message.All() {
		random := rand.New(rand.NewPCG(uint64(i.ID), 1))
		used := message.New(i.ID)
		for range 10 {
			m := randomMessage(random, i.ID)
			sent, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := message.Parse(sent)
			if err != nil {
				t.Fatal(err)
			}
			_, body, err := message.ParseID(sent)
			if err != nil {
				t.Fatal(err)
			}
			if err := used.Parse(body); err != nil {
				t.Fatal(err)
			}
			if !same(reflect.ValueOf(m), reflect.ValueOf(got)) {
				t.Fatalf("%s arrives as\n%+v, not\n%+v", i.Name, got, m)
			}
			if !same(reflect.ValueOf(got), reflect.ValueOf(used)) {
				t.Fatalf("%s is\n%+v in a used struct,\n%+v in a new one", i.Name, used, got)
			}
			if again, err := got.Append([]byte("x")); err != nil || !bytes.Equal(again[1:], sent) {
				t.Fatalf("%s is sent as %x\nand comes back as %x, %v", i.Name, sent, again, err)
			}
		}
	}
}

// TestInvariant7_TruncatedMessagesAreToleratedOrMalformed cuts each message at every place: it is read when the
// cut is between two blocks, and otherwise refused with its name.
func TestInvariant7_TruncatedMessagesAreToleratedOrMalformed(t *testing.T) {
	for i := range message.All() {
		m := randomMessage(rand.New(rand.NewPCG(uint64(i.ID), 2)), i.ID)
		sent, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, body, err := message.ParseID(sent)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for n := range len(body) {
			err := m.Parse(body[:n:n])
			var malformed *message.MalformedError
			switch {
			case err == nil:
				read++
			case !errors.As(err, &malformed) || malformed.Message != i.ID || malformed.Block == "":
				t.Fatalf("%s cut at %d gives %v", i.Name, n, err)
			}
		}
		if blocks := reflect.TypeOf(m).Elem().NumField(); read > blocks {
			t.Errorf("%s can be cut at %d places, but has %d blocks", i.Name, read, blocks)
		}
	}
}

// FuzzParse reads anything, and asks that what was accepted be sent and read again as the same.
func FuzzParse(f *testing.F) {
	for i := range message.All() {
		b, err := randomMessage(rand.New(rand.NewPCG(uint64(i.ID), 3)), i.ID).Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)*2/3])
	}
	for _, packet := range packets {
		f.Add(unhex(f, packet))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := message.Parse(b)
		if err != nil {
			return
		}
		sent, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		back, err := message.Parse(sent)
		if err != nil {
			t.Fatalf("%x of %x: %v", sent, b, err)
		}
		again, err := back.Append(nil)
		if err != nil || !bytes.Equal(sent, again) {
			t.Fatalf("%x is sent as %x and then as %x, %v", b, sent, again, err)
		}
	})
}

func randomMessage(random *rand.Rand, id message.ID) message.Message {
	m := message.New(id)
	fill(random, reflect.ValueOf(m).Elem())
	return m
}

// fill sets every number to something, every list to 0 to 5 blocks and every variable field to 0 to
// 40 bytes.
func fill(random *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[geom.Quat]() {
			v.Set(reflect.ValueOf(geom.Quat{
				X: random.Float32() - 0.5, Y: random.Float32() - 0.5, Z: random.Float32() - 0.5, W: random.Float32(),
			}.Norm()))
			return
		}
		for i := range v.NumField() {
			fill(random, v.Field(i))
		}
	case reflect.Slice:
		n := random.IntN(6)
		if v.Type().Elem().Kind() == reflect.Uint8 {
			n = random.IntN(41)
		}
		if n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(random, v.Index(i))
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(random.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Int8, reflect.Int16, reflect.Int32:
		v.SetInt(int64(random.Uint64()) >> (64 - v.Type().Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(random.Float32()))
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 1)
	default:
		panic("a field of type " + v.Type().String())
	}
}

// same compares two messages. An empty list is as good as none, and the fourth part of a rotation,
// which is not sent, may differ by what float32 loses.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer:
		return same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type() == reflect.TypeFor[geom.Quat]() && a.Type().Field(i).Name == "W" {
				return math.Abs(a.Field(i).Float()-b.Field(i).Float()) < 1e-3
			}
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}
