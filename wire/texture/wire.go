package texture

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/google/uuid"
)

// The scales of numbers that go as integers. A full turn is half of what a rotation can hold.
const (
	offsetScale   = 32767
	rotationScale = 32768 / (2 * math.Pi)
	glowScale     = 255
)

// value is a property as it is on the wire; what is shorter begins it.
type value [16]byte

// field says how a property goes on the wire.
type field struct {
	size  int
	write func(f Face) value
	read  func(f *Face, data []byte) // of at least size bytes
}

// fields are the properties in the order of the wire.
var fields = [...]field{
	uuidField(func(f *Face) *uuid.UUID { return &f.Texture }),
	{4, writeColor, readColor},
	repeatField(func(f *Face) *float32 { return &f.RepeatU }),
	repeatField(func(f *Face) *float32 { return &f.RepeatV }),
	offsetField(func(f *Face) *float32 { return &f.OffsetU }),
	offsetField(func(f *Face) *float32 { return &f.OffsetV }),
	{
		2,
		func(f Face) value { return short(turn(f.Rotation), rotationScale) },
		func(f *Face, data []byte) { f.Rotation = readShort(data, rotationScale) },
	},
	{
		1,
		func(f Face) value { return value{byte(f.Surface)} },
		func(f *Face, data []byte) { f.Surface = Surface(data[0]) },
	},
	{
		1,
		func(f Face) value { return value{byte(f.Media)} },
		func(f *Face, data []byte) { f.Media = Media(data[0]) },
	},
	{
		1,
		func(f Face) value { return value{byte(scaled(f.Glow, glowScale, 0, 255))} },
		func(f *Face, data []byte) { f.Glow = float32(data[0]) / glowScale },
	},
	uuidField(func(f *Face) *uuid.UUID { return &f.Material }),
}

func uuidField(of func(*Face) *uuid.UUID) field {
	return field{
		16,
		func(f Face) value { return value(*of(&f)) },
		func(f *Face, data []byte) { copy(of(f)[:], data) },
	}
}

func writeColor(f Face) value {
	return value{^f.Color.R, ^f.Color.G, ^f.Color.B, ^f.Color.A}
}

func readColor(f *Face, data []byte) {
	f.Color = Color{^data[0], ^data[1], ^data[2], ^data[3]}
}

func repeatField(of func(*Face) *float32) field {
	return field{
		4,
		func(f Face) (v value) {
			binary.LittleEndian.PutUint32(v[:], math.Float32bits(finite(*of(&f))))
			return v
		},
		func(f *Face, data []byte) {
			*of(f) = finite(math.Float32frombits(binary.LittleEndian.Uint32(data)))
		},
	}
}

// finite is v, or 1 when v is not a finite number.
func finite(v float32) float32 {
	if v-v != 0 {
		return 1
	}
	return v
}

func offsetField(of func(*Face) *float32) field {
	return field{
		2,
		func(f Face) value { return short(*of(&f), offsetScale) },
		func(f *Face, data []byte) { *of(f) = readShort(data, offsetScale) },
	}
}

// short is scale times v as an S16.
func short(v float32, scale float64) (s value) {
	binary.LittleEndian.PutUint16(s[:], uint16(scaled(v, scale, math.MinInt16, math.MaxInt16)))
	return s
}

func readShort(data []byte, scale float64) float32 {
	return float32(float64(int16(binary.LittleEndian.Uint16(data))) / scale)
}

// turn is an angle that looks as r does and is within a full turn.
func turn(r float32) float32 {
	const full = float32(2 * math.Pi)
	if r >= -full && r <= full {
		return r
	}
	return float32(math.Mod(float64(r), 2*math.Pi))
}

// scaled is scale times v, rounded and kept within low and high; 0 when v is no number.
func scaled(v float32, scale, low, high float64) int {
	if v != v {
		return 0
	}
	return int(math.Round(min(max(float64(v)*scale, low), high)))
}

// Append appends e as it is on the wire to dst. It ends with a zero byte, as OpenSimulator's do:
// an entry of one face takes 64 bytes. A number outside its field's range is sent as the nearest
// within.
func (e Entry) Append(dst []byte) []byte {
	for _, field := range fields {
		dst = e.appendField(dst, field)
	}
	return dst
}

// appendField appends the default and the exceptions of one property. The value of the highest face
// comes first, as viewers have it.
func (e Entry) appendField(dst []byte, field field) []byte {
	standard := field.write(e.Default)
	dst = append(dst, standard[:field.size]...)
	if len(e.Faces) == 0 {
		return append(dst, 0)
	}
	var values [MaxFaces]value
	var left uint64 // the faces whose value differs and has not been written yet
	for i, f := range e.Faces {
		if i < 0 || i >= MaxFaces {
			continue
		}
		if values[i] = field.write(f); values[i] != standard {
			left |= 1 << i
		}
	}
	for first := MaxFaces - 1; first >= 0; first-- {
		if left>>first&1 == 0 {
			continue
		}
		var alike uint64
		for i := range first + 1 {
			if left>>i&1 == 1 && values[i] == values[first] {
				alike |= 1 << i
			}
		}
		left &^= alike
		dst = appendMask(dst, alike)
		dst = append(dst, values[first][:field.size]...)
	}
	return append(dst, 0)
}

// appendMask appends a mask of faces: seven bits to a byte, the highest first, 0x80 for "more".
func appendMask(dst []byte, mask uint64) []byte {
	shift := 0
	for mask>>(shift+7) != 0 {
		shift += 7
	}
	for ; shift > 0; shift -= 7 {
		dst = append(dst, 0x80|byte(mask>>shift))
	}
	return append(dst, byte(mask)&0x7F)
}

// maskBytes is how long a mask of 64 faces is.
const maskBytes = 10

var (
	errShort = errors.New("texture entry: shorter than a texture's id")
	errMask  = errors.New("texture entry: a mask of more than 64 faces")
)

// Parse reads an entry. Nothing at all is the zero Entry. An entry that is cut short has, for what
// is missing, the properties of Plain, and exceptions as far as they are whole: senders differ in
// how they end one. What follows the last property is left alone, and so are faces from MaxFaces
// on. It fails for less than a texture's id and for a mask of more than 64 faces.
func Parse(data []byte) (Entry, error) {
	if len(data) == 0 {
		return Entry{}, nil
	}
	if len(data) < len(uuid.Nil) {
		return Entry{}, errShort
	}
	e := Entry{Default: Plain(uuid.Nil)}
	var faces [MaxFaces]Face
	for i := range faces {
		faces[i] = e.Default
	}
	for _, field := range fields {
		if len(data) < field.size {
			break
		}
		field.read(&e.Default, data)
		for i := range faces {
			field.read(&faces[i], data)
		}
		data = data[field.size:]
		var err error
		if data, err = parseExceptions(data, field, &faces); err != nil {
			return Entry{}, err
		}
	}
	for i, f := range faces {
		e.Set(i, f)
	}
	return e, nil
}

// parseExceptions reads the exceptions of one property and returns what follows them.
func parseExceptions(data []byte, field field, faces *[MaxFaces]Face) (rest []byte, err error) {
	for {
		mask, rest, err := parseMask(data)
		if mask == 0 || err != nil {
			return rest, err
		}
		if len(rest) < field.size {
			return nil, nil
		}
		for i := range faces {
			if mask>>i&1 == 1 {
				field.read(&faces[i], rest)
			}
		}
		data = rest[field.size:]
	}
}

// parseMask reads one mask; 0 when the data ends before it does.
func parseMask(data []byte) (mask uint64, rest []byte, err error) {
	for i, b := range data {
		if i == maskBytes || mask>>57 != 0 {
			return 0, nil, errMask
		}
		mask = mask<<7 | uint64(b&0x7F)
		if b&0x80 == 0 {
			return mask, data[i+1:], nil
		}
	}
	return 0, nil, nil
}
