package message

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// maxText is how much of a message's text is kept, in bytes: what fits in a viewer's packet with the
// NUL that ends it.
const maxText = 1023

// document is a message as OpenSimulator's column Message has it. The names and their order are those
// that .NET's serialiser gives its class GridInstantMessage.
type document struct {
	XMLName      xml.Name  `xml:"GridInstantMessage"`
	From         uuid.UUID `xml:"fromAgentID"`
	FromName     string    `xml:"fromAgentName"`
	To           uuid.UUID `xml:"toAgentID"`
	Dialog       uint8     `xml:"dialog"`
	FromGroup    bool      `xml:"fromGroup"`
	Text         string    `xml:"message"`
	ID           uuid.UUID `xml:"imSessionID"`
	Offline      uint8     `xml:"offline"`
	Position     position  `xml:"Position"`
	Bucket       string    `xml:"binaryBucket"` // base64
	ParentEstate uint32    `xml:"ParentEstateID"`
	Region       uuid.UUID `xml:"RegionID"`
	Timestamp    int64     `xml:"timestamp"`
}

type position struct {
	X, Y, Z float32
}

// encode writes a message's document. Characters that XML cannot carry become U+FFFD, a text longer than
// maxText is cut, and a position that is none becomes the region's corner.
func encode(m grid.InstantMessage) (string, error) {
	if !m.Position.Finite() {
		m.Position = geom.Vec3{}
	}
	d := document{
		From: m.From, FromName: m.FromName, To: m.To, Dialog: m.Dialog, FromGroup: m.Group, Text: kept(m.Text),
		ID: m.ID, Offline: 1, Position: position(m.Position), Bucket: base64.StdEncoding.EncodeToString(m.Bucket),
		ParentEstate: m.Estate, Region: m.Region, Timestamp: grid.Unix(m.At),
	}
	text, err := xml.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("write a message: %w", err)
	}
	return string(text), nil
}

// decode reads a message's document, ours or one that OpenSimulator wrote.
func decode(text string) (grid.InstantMessage, error) {
	var d document
	in := xml.NewDecoder(strings.NewReader(text))
	// The text came out of a column: it is UTF-8, though .NET declares the UTF-16 of its strings.
	in.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := in.Decode(&d); err != nil {
		return grid.InstantMessage{}, fmt.Errorf("read a message: %w", err)
	}
	where := geom.Vec3(d.Position)
	if !where.Finite() {
		return grid.InstantMessage{}, fmt.Errorf("read a message: position %v", where)
	}
	bucket, err := base64.StdEncoding.DecodeString(strings.TrimSpace(d.Bucket))
	if err != nil {
		return grid.InstantMessage{}, fmt.Errorf("read a message's bucket: %w", err)
	}
	return grid.InstantMessage{
		From: d.From, FromName: d.FromName, To: d.To, ID: d.ID, Dialog: d.Dialog, Text: d.Text,
		Offline: d.Offline != 0, Group: d.FromGroup, Estate: d.ParentEstate, Region: d.Region,
		Position: where, At: grid.FromUnix(d.Timestamp), Bucket: bucket,
	}, nil
}

// kept is what is kept of a text: what XML can carry, whole characters.
func kept(text string) string {
	text = strings.Map(legible, text)
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// legible is the character itself, or U+FFFD for one that XML 1.0 does not have.
func legible(r rune) rune {
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
		return utf8.RuneError
	}
	return r
}
