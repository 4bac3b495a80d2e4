package message

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// foreign is a row as OpenSimulator's serialiser writes it.
const foreign = `<?xml version="1.0" encoding="utf-16"?>
<GridInstantMessage xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <fromAgentID>11111111-2222-3333-4444-555555555555</fromAgentID>
  <fromAgentName>Ann Lee</fromAgentName>
  <toAgentID>66666666-7777-8888-9999-aaaaaaaaaaaa</toAgentID>
  <dialog>4</dialog>
  <fromGroup>true</fromGroup>
  <message>1 &lt; 2 &amp; more</message>
  <imSessionID>bbbbbbbb-cccc-dddd-eeee-ffffffffffff</imSessionID>
  <offline>1</offline>
  <Position>
    <X>128</X>
    <Y>64.5</Y>
    <Z>1E-07</Z>
  </Position>
  <binaryBucket>BgD/</binaryBucket>
  <ParentEstateID>1</ParentEstateID>
  <RegionID>cccccccc-dddd-eeee-ffff-000000000000</RegionID>
  <timestamp>1714979289</timestamp>
</GridInstantMessage>`

var foreignMessage = grid.InstantMessage{
	From: uuid.MustParse("11111111-2222-3333-4444-555555555555"), FromName: "Ann Lee",
	To: uuid.MustParse("66666666-7777-8888-9999-aaaaaaaaaaaa"),
	ID: uuid.MustParse("bbbbbbbb-cccc-dddd-eeee-ffffffffffff"), Dialog: grid.DialogInventoryOffered,
	Text: "1 < 2 & more", Offline: true, Group: true, Estate: 1,
	Region:   uuid.MustParse("cccccccc-dddd-eeee-ffff-000000000000"),
	Position: geom.Vec3{X: 128, Y: 64.5, Z: 1e-7},
	At:       time.Unix(1714979289, 0).UTC(), Bucket: []byte{6, 0, 0xFF},
}

func TestOpenSimulatorsRowIsRead(t *testing.T) {
	got, err := decode(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if !equal(got, foreignMessage) {
		t.Errorf("read %+v, want %+v", got, foreignMessage)
	}
}

func TestNoRowIsHalfRead(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":         "",
		"another thing":   "<Other/>",
		"cut short":       foreign[:len(foreign)/2],
		"no base64":       "<GridInstantMessage><binaryBucket>!</binaryBucket></GridInstantMessage>",
		"no id":           "<GridInstantMessage><fromAgentID>x</fromAgentID></GridInstantMessage>",
		"no place":        "<GridInstantMessage><Position><X>NaN</X></Position></GridInstantMessage>",
		"no small number": "<GridInstantMessage><dialog>256</dialog></GridInstantMessage>",
	} {
		if m, err := decode(text); err == nil {
			t.Errorf("%s was read as %+v", name, m)
		}
	}
}

func TestATextIsCutToWhatXMLCarries(t *testing.T) {
	for name, text := range map[string]string{
		"no characters":      strings.Repeat("\x80", 2000),
		"control characters": strings.Repeat("\x01", 2000),
		"long":               strings.Repeat("é", 2000),
	} {
		m := foreignMessage
		m.Text = text
		own, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(own)
		if err != nil || len(got.Text) > maxText || len(got.Text) < maxText-3 || got.Text != kept(text) {
			t.Errorf("%s became %q, %v", name, got.Text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	own, err := encode(foreignMessage)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Add(foreign)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := decode(text)
		if err != nil {
			return
		}
		m.Offline = true // as all are once encoded
		m.Text = kept(m.Text)
		again, err := encode(m)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", m, err)
		}
		same, err := decode(again)
		if err != nil || !equal(same, m) {
			t.Errorf("%+v became %+v, %v", m, same, err)
		}
	})
}

func equal(a, b grid.InstantMessage) bool {
	bucketsEqual := bytes.Equal(a.Bucket, b.Bucket)
	a.Bucket, b.Bucket = nil, nil
	at, bt := a.At, b.At
	a.At, b.At = time.Time{}, time.Time{}
	return bucketsEqual && at.Equal(bt) && a.From == b.From && a.FromName == b.FromName && a.To == b.To &&
		a.ID == b.ID && a.Dialog == b.Dialog && a.Text == b.Text && a.Offline == b.Offline && a.Group == b.Group &&
		a.Estate == b.Estate && a.Region == b.Region && a.Position == b.Position
}
