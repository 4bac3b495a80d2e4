// Package physics moves the avatars of a region: what an engine promises, and the engine that is built
// in, capsules on terrain.
//
// An engine belongs to one region's loop and is used by nothing else, so nothing here is locked.
// Lengths are metres, speeds metres a second, axes the region's: x east, y north, z up. The same calls
// in the same order give the same positions, to the bit.
package physics

import "terrane/geom"

// The figures of the world, as OpenSimulator has them.
const (
	// Gravity is how fast what falls gains speed, in metres a second, each second.
	Gravity = 9.8
	// TerminalSpeed is the fastest anything falls: BulletSim's AvatarTerminalVelocity.
	TerminalSpeed = 54
	// EdgeMargin is how near the region's border an avatar's centre may come. An avatar that is put
	// outside is put here by OpenSimulator too.
	EdgeMargin = 0.5
	// MaxSpeed bounds each part of a velocity: a terse update cannot say more than 128.
	MaxSpeed = 127
	// Ceiling bounds how high anything rises, so that a flight that nobody ends stays a number that
	// float32 resolves to the millimetre.
	Ceiling = 10000
)

// Ground is the shape of the land.
type Ground interface {
	// Height is the land's height at a point, also for points outside the region.
	Height(x, y float32) float32
}

// Flat is land of one height.
type Flat float32

// Height is the same everywhere.
func (f Flat) Height(_, _ float32) float32 { return float32(f) }

// NoPlane is the collision plane of what touches nothing.
var NoPlane = geom.Vec4{W: 1}

// Spec says what a new body is.
type Spec struct {
	Position geom.Vec3 // of its centre
	Velocity geom.Vec3
	Size     geom.Vec3 // of the box around it; a part that is not positive is taken as 0.1
	Flying   bool      // gravity does not pull it
}

// Drive is what an avatar wants to do. It holds until it is changed.
type Drive struct {
	// Velocity is where to, and how fast. On the ground only x and y count; in the air without flying,
	// likewise.
	Velocity geom.Vec3
	Flying   bool
}

// State is how a body is after a step.
type State struct {
	Position geom.Vec3 // of its centre
	Velocity geom.Vec3
	OnGround bool
	// Plane is the surface it touches: the normal, pointing up, and the surface's distance from the
	// region's corner along it. NoPlane in the air.
	Plane geom.Vec4
}

// Engine moves the bodies of one region.
type Engine interface {
	// Add puts a body into the world. A position outside the region or under the ground is corrected;
	// one that is not finite becomes the region's middle.
	Add(Spec) Body
	// Bodies is how many bodies are in the world.
	Bodies() int
	// Step moves all bodies on by dt seconds. It allocates nothing.
	Step(dt float32)
}

// Body is one avatar in the world. After Remove its methods do nothing and its State stays as it was.
type Body interface {
	// Drive says what the avatar wants from now on. What is not finite is taken as no wish to move.
	Drive(Drive)
	// Push adds to the velocity at once: a jump. What is not finite is ignored.
	Push(geom.Vec3)
	// Place puts the body elsewhere, at rest; a position is corrected as Add does.
	Place(geom.Vec3)
	// Resize changes the size; the feet stay where they are.
	Resize(geom.Vec3)
	// State is how the body is.
	State() State
	// Remove takes the body out of the world. Doing it again changes nothing.
	Remove()
}
