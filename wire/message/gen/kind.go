package main

import (
	"strconv"
	"strings"
)

// kind is a type of fields. The methods that append and parse it have its name, but for fixed ones.
type kind struct {
	goType string
	least  int // bytes on the wire, for var1 and var2 those of an empty one
}

// kinds are the types of the template, but for fixedN, which are N bytes.
var kinds = map[string]kind{
	"u8":    {"uint8", 1},
	"u16":   {"uint16", 2},
	"u32":   {"uint32", 4},
	"u64":   {"uint64", 8},
	"s8":    {"int8", 1},
	"s16":   {"int16", 2},
	"s32":   {"int32", 4},
	"f32":   {"float32", 4},
	"f64":   {"float64", 8},
	"bool":  {"bool", 1},
	"uuid":  {"uuid.UUID", 16},
	"vec3":  {"geom.Vec3", 12},
	"vec3d": {"geom.Vec3d", 24},
	"vec4":  {"geom.Vec4", 16},
	"quat":  {"geom.Quat", 12},
	"ip":    {"[4]byte", 4},
	"port":  {"uint16", 2},
	"var1":  {"[]byte", 1},
	"var2":  {"[]byte", 2},
}

func kindOf(s string) (kind, bool) {
	if digits, ok := strings.CutPrefix(s, "fixed"); ok {
		n, err := strconv.Atoi(digits)
		return kind{"[" + digits + "]byte", n}, err == nil && n > 0
	}
	k, ok := kinds[s]
	return k, ok
}

func (f field) goType() string {
	k, _ := kindOf(f.kind)
	return k.goType
}

func (f field) fixed() bool { return strings.HasPrefix(f.kind, "fixed") }

func (f field) variable() bool { return f.kind == "var1" || f.kind == "var2" }

// least is the size of the smallest block on the wire.
func (b *block) least() int {
	sum := 0
	for _, f := range b.fields {
		k, _ := kindOf(f.kind)
		sum += k.least
	}
	return sum
}
