package packet

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	agent   = "11111111222233334444555555555555"
	session = "aaaaaaaabbbbccccddddeeeeeeeeeeee"
)

// vectors are whole packets as peers must be able to read them. The last ones were written by an
// OpenSimulator 0.9.2.2 and by a libopenmetaverse client visiting it.
var vectors = []struct {
	name     string
	datagram string // hex, blanks ignored
	flags    Flags
	sequence uint32
	body     string // hex
	acks     []uint32
}{
	{
		"UseCircuitCode", "40 00000001 00 ffff0003 78563412" + session + agent,
		Reliable, 1, "ffff0003 78563412" + session + agent, nil,
	},
	{
		"LogoutRequest", "40 0000004d 00 ffff00fc" + agent + session,
		Reliable, 77, "ffff00fc" + agent + session, nil,
	},
	{
		"LogoutRequest with acks", "50 0000004d 00 ffff00fc" + agent + session + "00000005 00000009 02",
		Reliable | HasAcks, 77, "ffff00fc" + agent + session,
		[]uint32{5, 9},
	},
	{
		"LogoutReply", "c0 0000012c 00 ffff0001fd" + agent + session + "01 0010",
		Reliable | ZeroCoded, 300, "ffff00fd" + agent + session + "01 00000000000000000000000000000000", nil,
	},
	{
		"PacketAck", "00 0000000c 00 fffffffb 02 05000000 09000000",
		0, 12, "fffffffb 02 05000000 09000000", nil,
	},
	{
		"StartPingCheck", "00 0000000d 00 01 07 05000000",
		0, 13, "01 07 05000000", nil,
	},
	{
		"PacketAck of OpenSimulator, sequence 0", "00 00000000 00 fffffffb 01 01000000",
		0, 0, "fffffffb 01 01000000", nil,
	},
	{
		"RegionHandshakeReply of libopenmetaverse",
		"d0 00000003 00 ffff000195 33333333 000b 40 60e89756e9814fab995257509383432e 0400 03 00000001 00000002 02",
		Reliable | ZeroCoded | HasAcks, 3,
		"ffff0095 33333333 0000000000000000000000 40 60e89756e9814fab995257509383432e 04000000",
		[]uint32{1, 2},
	},
	{
		"AgentUpdate of libopenmetaverse",
		"90 0000000c 00 04 33333333 000b 40 60e89756e9814fab995257509383432e 001c 43 0003 43 0002 a041" +
			"a4707d3f31082c3d0004119d2dbd1cc57f3f000b8002ab7d3f0003430005 0000000f 00000010 00000011 03",
		ZeroCoded | HasAcks, 12,
		"04 33333333 0000000000000000000000 40 60e89756e9814fab995257509383432e" + zeros(28) + "43" + zeros(3) + "43" + zeros(2) + "a041" +
			"a4707d3f31082c3d" + zeros(4) + "119d2dbd1cc57f3f" + zeros(11) + "8002ab7d3f" + zeros(3) + "43" + zeros(5),
		[]uint32{15, 16, 17},
	},
}

func TestGoldenPacketsAreRead(t *testing.T) {
	for _, v := range vectors {
		p, err := Parse(unhex(v.datagram))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if p.Flags != v.flags || p.Sequence != v.sequence || !slices.Equal(slices.Collect(p.Acks.All()), v.acks) {
			t.Errorf("%s: read as flags %#x, sequence %d, acks %v", v.name, p.Flags, p.Sequence, slices.Collect(p.Acks.All()))
		}
		if !bytes.Equal(p.Body, unhex(v.body)) {
			t.Errorf("%s: body\n got %x\nwant %x", v.name, p.Body, unhex(v.body))
		}
	}
}

func TestGoldenPacketsAreWritten(t *testing.T) {
	for _, v := range vectors {
		p := Packet{Flags: v.flags, Sequence: v.sequence, Body: unhex(v.body), Acks: acks(v.acks...)}
		got, err := Append([]byte("before"), p)
		if want := "before" + string(unhex(v.datagram)); err != nil || string(got) != want {
			t.Errorf("%s, %v:\n got %x\nwant %x", v.name, err, got, want)
		}
	}
}

func TestInvariant8_ZeroRuns(t *testing.T) {
	for _, v := range []struct {
		zeros int
		coded string
	}{{3, "0003"}, {255, "00ff"}, {256, "00ff0001"}, {600, "00ff00ff005a"}} {
		plain := make([]byte, v.zeros)
		if coded, ok := appendZeroCoded(nil, plain); !ok || !bytes.Equal(coded, unhex(v.coded)) {
			t.Errorf("%d zeros were written as %x, %v", v.zeros, coded, ok)
		}
		if back, err := zeroDecode(unhex(v.coded)); err != nil || !bytes.Equal(back, plain) {
			t.Errorf("%s was read as %d bytes, %v", v.coded, len(back), err)
		}
	}
}

func TestZeroCodingIsLeftOutUnlessShorter(t *testing.T) {
	for _, body := range []string{"01", "00", "0000", "ffff0003", "ff00ff00", "0100000200"} {
		got, err := Append(nil, Packet{Flags: ZeroCoded | Reliable, Sequence: 1, Body: unhex(body)})
		if want := unhex("40 00000001 00" + body); err != nil || !bytes.Equal(got, want) {
			t.Errorf("body %s was written as %x, %v", body, got, err)
		}
	}
	if got, _ := Append(nil, Packet{Flags: ZeroCoded, Body: unhex("000000")}); !bytes.Equal(got, unhex("80 00000000 00 0003")) {
		t.Errorf("three zeros were written as %x", got)
	}
}

func TestExtraHeaderIsSkipped(t *testing.T) {
	p, err := Parse(unhex("50 00000007 03 aabbcc 01 07 00000005 00000006 01"))
	if err != nil || !bytes.Equal(p.Body, unhex("01 07 00000005")) || p.Acks.Len() != 1 {
		t.Fatalf("read as %+v, %v", p, err)
	}
}

// refused is what Parse must not read.
var refused = []struct {
	name     string
	datagram string
	err      error
}{
	{"nothing", "", ErrShort},
	{"a header alone", "40 00000001 00", ErrShort},
	{"an extra header to the end", "00 00000001 02 0107", ErrShort},
	{"an extra header beyond the end", "00 00000001 ff 0107", ErrShort},
	{"an ack count alone", "10 00000001 00 00", ErrAcks},
	{"acks in the place of the body", "10 00000001 00 00000001 01", ErrAcks},
	{"acks that reach into the header", "10 00000001 00 0107 ff", ErrAcks},
	{"a zero without its count", "80 00000001 00 01 00", ErrZeroCode},
	{"a run of no zeros", "80 00000001 00 01 0000 05", ErrZeroCode},
	{"a zero bomb", "80 00000001 00" + strings.Repeat("00ff", 4000), ErrLong},
	{"one zero too many", "80 00000001 00" + strings.Repeat("00ff", 32) + "001b", ErrLong},
	{"a datagram without end", "00 00000001 00" + strings.Repeat("01", MaxSize), ErrLong},
}

func TestInvariant7_WhatIsNoPacketIsRefusedWithoutAllocating(t *testing.T) {
	for _, v := range refused {
		datagram := unhex(v.datagram)
		if _, err := Parse(datagram); !errors.Is(err, v.err) {
			t.Errorf("%s: %v, want %v", v.name, err, v.err)
		}
		if n := testing.AllocsPerRun(10, func() { _, _ = Parse(datagram) }); n != 0 {
			t.Errorf("%s: %v allocations", v.name, n)
		}
	}
}

func TestWhatNoPeerCanReceiveIsNotWritten(t *testing.T) {
	for _, v := range []struct {
		name string
		p    Packet
		err  error
	}{
		{"no body", Packet{Acks: acks(1)}, ErrShort},
		{"a long body", Packet{Body: bytes.Repeat([]byte{1}, MaxSize-HeaderSize+1)}, ErrLong},
		{"a body that is long when decoded", Packet{Flags: ZeroCoded, Body: make([]byte, MaxSize-HeaderSize+1)}, ErrLong},
		{"a body that is long with its acks", Packet{Body: bytes.Repeat([]byte{1}, MaxSize-HeaderSize), Acks: acks(1)}, ErrLong},
		{"too many acks", Packet{Body: []byte{1}, Acks: acks(make([]uint32, MaxAcks+1)...)}, ErrAcks},
		{"half an ack", Packet{Body: []byte{1}, Acks: Acks{0, 0}}, ErrAcks},
	} {
		if got, err := Append([]byte("kept"), v.p); !errors.Is(err, v.err) || string(got) != "kept" {
			t.Errorf("%s: %q, %v", v.name, got, err)
		}
	}
	if _, err := Append(nil, Packet{Body: bytes.Repeat([]byte{1}, MaxSize-HeaderSize)}); err != nil {
		t.Errorf("the longest body: %v", err)
	}
}

func TestPacketsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 0, 1, 255}), 1, 2000).Draw(t, "body")
		p := Packet{
			Flags:    Flags(rapid.Byte().Draw(t, "flags")),
			Sequence: rapid.Uint32().Draw(t, "sequence"),
			Body:     body,
			Acks:     acks(rapid.SliceOfN(rapid.Uint32(), 0, MaxAcks).Draw(t, "acks")...),
		}
		datagram, err := Append(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		if plain := HeaderSize + len(body) + len(p.Acks) + 1; len(datagram) > plain {
			t.Fatalf("%d bytes grew to %d", plain, len(datagram))
		}
		back, err := Parse(datagram)
		if err != nil {
			t.Fatalf("%x: %v", datagram, err)
		}
		const free = ZeroCoded | HasAcks // follow from the body and the acks
		if back.Flags&^free != p.Flags&^free || back.Flags.Has(HasAcks) != (p.Acks.Len() > 0) ||
			back.Sequence != p.Sequence || !bytes.Equal(back.Body, p.Body) || !bytes.Equal(back.Acks, p.Acks) {
			t.Fatalf("%+v came back as %+v", p, back)
		}
	})
}

func TestWrittenPacketsCanBeAmended(t *testing.T) {
	datagram := unhex("40 00000001 00 0107")
	SetSequence(datagram, 0x01020304)
	MarkResent(datagram)
	if got, want := AppendAcks(datagram, []uint32{5, 9}), unhex("70 01020304 00 0107 00000005 00000009 02"); !bytes.Equal(got, want) {
		t.Fatalf("got %x, want %x", got, want)
	}
}

func TestPlainPacketsAreReadInPlace(t *testing.T) {
	datagram := unhex(vectors[2].datagram)
	if n := testing.AllocsPerRun(100, func() {
		p, err := Parse(datagram)
		if err != nil || &p.Body[0] != &datagram[HeaderSize] {
			t.Fatal("the body is not a part of the datagram")
		}
		for range p.Acks.All() {
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	p, _ := Parse(datagram)
	_ = append(p.Body, 0xee) // must not reach the acks behind it
	if slices.Collect(p.Acks.All())[0] != 5 {
		t.Error("appending to the body wrote over the acks")
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func zeros(n int) string { return strings.Repeat("00", n) }

func acks(sequences ...uint32) Acks {
	if len(sequences) == 0 {
		return nil
	}
	b := AppendAcks([]byte{0}, sequences)
	return Acks(b[1 : len(b)-1])
}
