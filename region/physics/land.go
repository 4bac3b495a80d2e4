package physics

import (
	"math"
	"slices"

	"terrane/geom"
)

// The built-in engine's figures.
const (
	// response is the time in which the difference between the wanted speed and the real one shrinks
	// to a third. OpenSimulator's controller takes 0.55 of it away in each step of 1/50 s.
	response = 0.025
	// stillness is the speed below which a body that wants to stand stands.
	stillness = 0.01
	// steep is the upward part of a normal below which a slope is too steep to climb or stand on:
	// about 66 degrees. OpenSimulator pushes avatars off such ground.
	steep = 0.4
	// steepest is the rise per metre of such a slope.
	steepest = 2.29
	// slideSpeed is how fast a body slides down what is too steep.
	slideSpeed = 4
	// foothold is the drop, beyond what a slope explains, that feet follow without leaving the ground.
	foothold = 0.05
	// grip is the rise, beyond what a slope explains, that is climbed: the error of a float32.
	grip = 0.001
	// hoverHeight is how high above the ground a flying avatar's centre is lifted unless it flies down:
	// OpenSimulator's minimum_ground_flight_offset.
	hoverHeight = 3
	// liftRate is how much of the missing height is made good each second, as a speed.
	liftRate = 4
	// sideways is the upward part of a normal below which an edge is not shown as a plane underfoot:
	// viewers would lay the avatar flat. OpenSimulator stands it up, too.
	sideways = 0.1
	// normalStep is how far from a point the land is probed for its slope.
	normalStep = 0.5
	// probe is how far down a slope is looked to tell a slope from its foot.
	probe = 0.1
	// sheer is the drop per metre beyond which a slope is not slid down but fallen from.
	sheer = 10
	// clutch is how near the ground a falling body is that cannot steer up a slope too steep for it.
	clutch = 2
	// thinnest and thickest are the least and the most a body measures in any direction.
	thinnest = 0.1
	thickest = 64
)

// LandConfig says what a Land is made of.
type LandConfig struct {
	Ground       Ground  // required
	SizeX, SizeY float32 // of the region
	// PassThrough lets avatars walk through each other; otherwise those who meet are held apart.
	PassThrough bool
}

// Land is the built-in engine: upright capsules on terrain, walls at the region's edge, no objects.
// Water is ignored: an avatar walks on the bottom.
type Land struct {
	cfg    LandConfig
	bodies []*capsule // in the order of their coming
	inside geom.Box   // where centres may be
}

// NewLand makes an empty world on cfg's ground.
func NewLand(cfg LandConfig) *Land {
	return &Land{cfg: cfg, inside: geom.Box{
		Min: geom.Vec3{X: EdgeMargin, Y: EdgeMargin, Z: -Ceiling},
		Max: geom.Vec3{X: cfg.SizeX - EdgeMargin, Y: cfg.SizeY - EdgeMargin, Z: Ceiling},
	}}
}

// Add puts a capsule onto or above the land.
func (l *Land) Add(s Spec) Body {
	c := &capsule{land: l}
	c.size(s.Size)
	c.put(s.Position)
	if s.Velocity.Finite() {
		c.velocity = slower(s.Velocity)
	}
	c.drive.Flying = s.Flying
	c.feel()
	l.bodies = append(l.bodies, c)
	return c
}

// Bodies is how many capsules there are.
func (l *Land) Bodies() int { return len(l.bodies) }

// Step moves the capsules one after the other in the order of their coming, and then holds those apart
// that meet.
func (l *Land) Step(dt float32) {
	if dt <= 0 {
		return
	}
	s := stepOf(dt)
	for _, c := range l.bodies {
		c.move(s)
	}
	if !l.cfg.PassThrough {
		l.separate(dt)
	}
	for _, c := range l.bodies {
		c.feel()
	}
}

func (l *Land) remove(c *capsule) {
	if i := slices.Index(l.bodies, c); i >= 0 {
		l.bodies = slices.Delete(l.bodies, i, i+1)
	}
}

// normal is the direction that stands upright on the land.
func (l *Land) normal(x, y float32) geom.Vec3 {
	h := l.cfg.Ground.Height
	n := geom.Vec3{
		X: h(x-normalStep, y) - h(x+normalStep, y),
		Y: h(x, y-normalStep) - h(x, y+normalStep),
		Z: 2 * normalStep,
	}
	if n = n.Norm(); !n.Finite() || n.Z <= 0 {
		return geom.Vec3{Z: 1}
	}
	return n
}

// step is one stretch of time, with what all bodies need to know of it.
type step struct {
	dt   float32
	kept float32 // share of a difference in speed that is left after dt
	way  float32 // how long that difference acts in all, in seconds
}

func stepOf(dt float32) step {
	kept := float32(math.Exp(-float64(dt) / response))
	return step{dt: dt, kept: kept, way: response * (1 - kept)}
}

// approach is the speed after a step that goes from v towards want, and the way made meanwhile. It is
// the exact solution, so that a path does not depend on the length of the steps.
func (s step) approach(v, want float32) (speed, way float32) {
	d := v - want
	return want + d*s.kept, want*s.dt + d*s.way
}

func slower(v geom.Vec3) geom.Vec3 {
	all := geom.Vec3{X: MaxSpeed, Y: MaxSpeed, Z: MaxSpeed}
	v = geom.Box{Min: all.Mul(-1), Max: all}.Clamp(v)
	v.Z = max(v.Z, -TerminalSpeed)
	return v
}
