package prim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"terrane/geom"

	"github.com/google/uuid"
)

// Compressed is a Data of ObjectUpdateCompressed: a whole prim or plant that is not moving. Parts
// that are zero or empty are left out of it.
type Compressed struct {
	FullID   uuid.UUID
	LocalID  uint32
	PCode    PCode
	State    uint8 // an attachment's point, by AttachmentState; grass's species
	CRC      uint32
	Material Material
	// ClickAction is what a left click does, 0 to touch.
	ClickAction uint8
	Scale       geom.Vec3 // metres
	Position    geom.Vec3 // as in Motion
	Rotation    geom.Quat // as in Motion
	// Owner is needed for sound and particles, which can be muted by owner; otherwise it is zero.
	Owner           uuid.UUID
	AngularVelocity geom.Vec3 // radians a second, as a viewer goes on turning the object by itself
	ParentID        uint32    // zero for a root prim on the ground
	// Species is a plant's, and left out of what is none.
	Species uint8
	// Text hovers above the object, up to 254 bytes, in the TextColor of the function of that name.
	Text      string
	TextColor [4]byte
	MediaURL  string
	// Particles is a system of 86 bytes, or one in the longer form with its two lengths; what is
	// shorter is left out.
	Particles []byte
	// ExtraParams is a count and as many parameters: a U16 type, a U32 length, the value.
	ExtraParams []byte
	Sound       Sound
	// NameValue is AttachItem's on the root of an attachment.
	NameValue string
	Shape     Shape
	// TextureEntry is as in package texture, TextureAnim of 16 bytes.
	TextureEntry, TextureAnim []byte
}

// Sound is what an object plays as long as it is there.
type Sound struct {
	ID     uuid.UUID
	Gain   float32 // 0 to 1
	Flags  uint8
	Radius float32 // metres, beyond which it is silent; 0 is no bound
}

// The parts that a Data may have.
const (
	hasSpecies      = 0x002
	hasText         = 0x004
	hasOldParticles = 0x008
	hasSound        = 0x010
	hasParent       = 0x020
	hasTextureAnim  = 0x040
	hasTurning      = 0x080
	hasNameValue    = 0x100
	hasMediaURL     = 0x200
	hasParticles    = 0x400
	allParts        = 0x7FE
)

// oldParticles is the length of a particle system in the form without glow and blending.
const oldParticles = 86

func (c *Compressed) parts() (parts uint32) {
	for _, p := range [...]struct {
		part  uint32
		there bool
	}{
		{hasSpecies, c.PCode.Plant()},
		{hasText, c.Text != ""},
		{hasOldParticles, len(c.Particles) == oldParticles},
		{hasSound, c.Sound != Sound{}},
		{hasParent, c.ParentID != 0},
		{hasTextureAnim, len(c.TextureAnim) > 0},
		{hasTurning, c.AngularVelocity != geom.Vec3{}},
		{hasNameValue, c.NameValue != ""},
		{hasMediaURL, c.MediaURL != ""},
		{hasParticles, len(c.Particles) > oldParticles},
	} {
		if p.there {
			parts |= p.part
		}
	}
	return parts
}

// AppendCompressed appends a Data of ObjectUpdateCompressed to dst.
func AppendCompressed(dst []byte, c *Compressed) []byte {
	parts := c.parts()
	dst = append(dst, c.FullID[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, c.LocalID)
	dst = append(dst, uint8(c.PCode), c.State)
	dst = binary.LittleEndian.AppendUint32(dst, c.CRC)
	dst = append(dst, uint8(c.Material), c.ClickAction)
	dst = appendVec3(dst, c.Scale)
	dst = appendVec3(dst, c.Position)
	dst = appendQuat(dst, c.Rotation)
	dst = binary.LittleEndian.AppendUint32(dst, parts)
	dst = append(dst, c.Owner[:]...)
	if parts&hasTurning != 0 {
		dst = appendVec3(dst, c.AngularVelocity)
	}
	if parts&hasParent != 0 {
		dst = binary.LittleEndian.AppendUint32(dst, c.ParentID)
	}
	if parts&hasSpecies != 0 {
		dst = append(dst, c.Species)
	}
	if parts&hasText != 0 {
		dst = append(appendText(dst, c.Text), c.TextColor[:]...)
	}
	if parts&hasMediaURL != 0 {
		dst = appendText(dst, c.MediaURL)
	}
	if parts&hasOldParticles != 0 {
		dst = append(dst, c.Particles...)
	}
	if len(c.ExtraParams) == 0 {
		dst = append(dst, 0)
	}
	dst = append(dst, c.ExtraParams...)
	if parts&hasSound != 0 {
		dst = append(dst, c.Sound.ID[:]...)
		dst = appendF32(dst, c.Sound.Gain)
		dst = append(dst, c.Sound.Flags)
		dst = appendF32(dst, c.Sound.Radius)
	}
	if parts&hasNameValue != 0 {
		dst = appendText(dst, c.NameValue)
	}
	dst = appendShape(dst, &c.Shape)
	dst = appendCounted(dst, c.TextureEntry)
	if parts&hasTextureAnim != 0 {
		dst = appendCounted(dst, c.TextureAnim)
	}
	if parts&hasParticles != 0 {
		dst = append(dst, c.Particles...)
	}
	return dst
}

// ParseCompressed reads a Data of ObjectUpdateCompressed. Its slices are parts of data. What
// follows the last part is left alone; a part that is not known here is an error, as nothing after
// it could be found.
func ParseCompressed(data []byte) (c Compressed, err error) {
	r := reader{data: data}
	c.FullID, c.LocalID = r.uuid(), r.u32()
	c.PCode, c.State, c.CRC = PCode(r.u8()), r.u8(), r.u32()
	c.Material, c.ClickAction = Material(r.u8()), r.u8()
	c.Scale, c.Position, c.Rotation = r.vec3(), r.vec3(), r.quat()
	parts := r.u32()
	c.Owner = r.uuid()
	if unknown := parts &^ allParts; unknown != 0 {
		return Compressed{}, fmt.Errorf("compressed update: unknown parts %#x", unknown)
	}
	if parts&hasTurning != 0 {
		c.AngularVelocity = r.vec3()
	}
	if parts&hasParent != 0 {
		c.ParentID = r.u32()
	}
	if parts&hasSpecies != 0 {
		c.Species = r.u8()
	}
	if parts&hasText != 0 {
		c.Text = r.text()
		copy(c.TextColor[:], r.take(len(c.TextColor)))
	}
	if parts&hasMediaURL != 0 {
		c.MediaURL = r.text()
	}
	if parts&hasOldParticles != 0 {
		c.Particles = r.take(oldParticles)
	}
	c.ExtraParams = r.extraParams()
	if parts&hasSound != 0 {
		c.Sound = Sound{ID: r.uuid(), Gain: r.f32(), Flags: r.u8(), Radius: r.f32()}
	}
	if parts&hasNameValue != 0 {
		c.NameValue = r.text()
	}
	c.Shape = r.shape()
	c.TextureEntry = r.counted()
	if parts&hasTextureAnim != 0 {
		c.TextureAnim = r.counted()
	}
	if parts&hasParticles != 0 {
		c.Particles = r.particles()
	}
	if r.failed {
		return Compressed{}, fmt.Errorf("compressed update: %w", errTruncated)
	}
	return c, nil
}

// appendText appends s up to its first NUL, and a NUL.
func appendText(dst []byte, s string) []byte {
	s, _, _ = strings.Cut(s, "\x00")
	return append(append(dst, s...), 0)
}

func (r *reader) text() string {
	end := bytes.IndexByte(r.data, 0)
	if end < 0 {
		r.failed = true
		return ""
	}
	s := string(r.take(end))
	r.take(1)
	return s
}

func appendCounted(dst, b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(b))), b...)
}

// extraParams takes a count and as many parameters; nothing when there are none.
func (r *reader) extraParams() []byte {
	start := r.data
	n := r.u8()
	for range n {
		r.u16() // the type
		r.counted()
	}
	if r.failed || n == 0 {
		return nil
	}
	return start[:len(start)-len(r.data)]
}

// particles takes a system in the longer form: its two halves, each with its length.
func (r *reader) particles() []byte {
	start := r.data
	r.counted()
	r.counted()
	if r.failed {
		return nil
	}
	return start[:len(start)-len(r.data)]
}
