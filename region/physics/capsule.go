package physics

import (
	"math"

	"terrane/geom"
)

// capsule is an avatar's body on a Land.
type capsule struct {
	land     *Land // nil once removed
	position geom.Vec3
	velocity geom.Vec3
	drive    Drive
	half     float32 // of its height
	radius   float32
	onGround bool
	plane    geom.Vec4
}

func (c *capsule) Drive(d Drive) {
	if !d.Velocity.Finite() {
		d.Velocity = geom.Vec3{}
	}
	d.Velocity = slower(d.Velocity)
	c.drive = d
}

func (c *capsule) Push(v geom.Vec3) {
	if !v.Finite() || c.land == nil {
		return
	}
	c.velocity = slower(c.velocity.Add(v))
	if c.velocity.Z > 0 && v.Z > 0 {
		c.onGround = false
	}
}

func (c *capsule) Place(p geom.Vec3) {
	if c.land == nil {
		return
	}
	c.put(p)
	c.velocity = geom.Vec3{}
	c.feel()
}

func (c *capsule) Resize(s geom.Vec3) {
	if c.land == nil {
		return
	}
	feet := c.position.Z - c.half
	c.size(s)
	c.position.Z = min(feet+c.half, Ceiling)
	c.follow(0)
	c.feel()
}

func (c *capsule) State() State {
	return State{Position: c.position, Velocity: c.velocity, OnGround: c.onGround, Plane: c.plane}
}

func (c *capsule) Remove() {
	if c.land != nil {
		c.land.remove(c)
		c.land = nil
	}
}

func (c *capsule) size(s geom.Vec3) {
	if !s.Finite() {
		s = geom.Vec3{}
	}
	c.half = min(max(s.Z, thinnest), thickest) / 2
	c.radius = min(max(s.X, s.Y, thinnest), thickest) / 2
}

// put sets the centre, inside the region and not under the ground.
func (c *capsule) put(p geom.Vec3) {
	if !p.Finite() {
		p = geom.Vec3{X: c.land.cfg.SizeX / 2, Y: c.land.cfg.SizeY / 2}
	}
	c.position = c.land.inside.Clamp(p)
	floor := c.floor(c.position.X, c.position.Y)
	c.position.Z = max(c.position.Z, floor)
	c.onGround = c.position.Z <= floor+foothold
}

// floor is the height of the centre of a capsule that stands at a point. Land whose height is not a
// number is no obstacle.
func (c *capsule) floor(x, y float32) float32 {
	h := c.land.cfg.Ground.Height(x, y)
	if !(h >= -Ceiling && h <= Ceiling) {
		return -Ceiling
	}
	return h + c.half
}

func (c *capsule) move(s step) {
	switch {
	case c.drive.Flying:
		c.fly(s)
	case c.onGround:
		c.walk(s)
	default:
		c.fall(s)
	}
	c.velocity = slower(c.velocity)
	c.stopAtWalls()
}

// fly goes where the avatar wants and keeps it above the ground unless it wants down.
func (c *capsule) fly(s step) {
	want := c.drive.Velocity
	if low := c.floor(c.position.X, c.position.Y) - c.half + hoverHeight - c.position.Z; low > foothold && want.Z >= 0 {
		want.Z = max(want.Z, low*liftRate)
	}
	var way geom.Vec3
	c.velocity.X, way.X = s.approach(c.velocity.X, want.X)
	c.velocity.Y, way.Y = s.approach(c.velocity.Y, want.Y)
	c.velocity.Z, way.Z = s.approach(c.velocity.Z, want.Z)
	c.position = c.position.Add(way)
	c.rest(want)
	c.touchDown()
}

// fall is free fall, with the avatar still steering.
func (c *capsule) fall(s step) {
	want := geom.Vec3{X: c.drive.Velocity.X, Y: c.drive.Velocity.Y}
	if c.position.Z-c.floor(c.position.X, c.position.Y) < clutch {
		if down, slides := c.slope(c.position); slides {
			want = without(want, down)
		}
	}
	var way geom.Vec3
	c.velocity.X, way.X = s.approach(c.velocity.X, want.X)
	c.velocity.Y, way.Y = s.approach(c.velocity.Y, want.Y)
	way.Z = c.velocity.Z*s.dt - Gravity*s.dt*s.dt/2
	c.velocity.Z -= Gravity * s.dt
	c.position = c.position.Add(c.refuseClimb(way))
	c.touchDown()
}

// touchDown ends a flight or a fall where it meets the ground.
func (c *capsule) touchDown() {
	floor := c.floor(c.position.X, c.position.Y)
	c.onGround = c.position.Z <= floor && (c.velocity.Z <= 0 || c.drive.Flying)
	if c.position.Z <= floor {
		c.position.Z = floor
		if c.onGround {
			c.velocity.Z = max(c.velocity.Z, 0)
		}
	}
}

// walk keeps the feet on the land, slower uphill and down, and not up what is too steep.
func (c *capsule) walk(s step) {
	want, follow := c.surface(geom.Vec3{X: c.drive.Velocity.X, Y: c.drive.Velocity.Y})
	var way geom.Vec3
	c.velocity.X, way.X = s.approach(c.velocity.X, want.X)
	c.velocity.Y, way.Y = s.approach(c.velocity.Y, want.Y)
	way = c.refuseClimb(way)

	before := c.position.Z
	c.position.X += way.X
	c.position.Y += way.Y
	floor := c.floor(c.position.X, c.position.Y)
	if before-floor > way.Len()*follow+foothold {
		c.onGround = false // over an edge: the fall begins with the next step
		c.velocity.Z = 0
		return
	}
	c.position.Z = floor
	c.velocity.Z = (floor - before) / s.dt
	c.rest(want)
}

// surface turns a wish to walk into a horizontal velocity on the slope underfoot: the speed along the
// ground is what is wanted, and too steep a slope carries the body down. follow is the drop per metre
// that the feet follow.
func (c *capsule) surface(wish geom.Vec3) (want geom.Vec3, follow float32) {
	if down, slides := c.slope(c.position); slides {
		return without(wish, down).Add(down.Mul(slideSpeed)), sheer
	}
	if wish == (geom.Vec3{}) {
		return wish, steepest
	}
	d := wish.Norm()
	rise := (c.floor(c.position.X+d.X*probe, c.position.Y+d.Y*probe) - c.floor(c.position.X, c.position.Y)) / probe
	rise = min(max(rise, -steepest), steepest)
	return wish.Mul(1 / float32(math.Sqrt(float64(1+rise*rise)))), steepest
}

// slope is the direction down the slope at a point and whether it is too steep to stand on. At the foot
// of a slope, where the ground on the lower side is level, one stands.
func (c *capsule) slope(p geom.Vec3) (down geom.Vec3, slides bool) {
	n := c.land.normal(p.X, p.Y)
	down = geom.Vec3{X: n.X, Y: n.Y}.Norm()
	if n.Z >= steep {
		return down, false
	}
	drop := c.floor(p.X, p.Y) - c.floor(p.X+down.X*probe, p.Y+down.Y*probe)
	return down, drop > probe*steepest
}

// without takes out of v what leads against dir.
func without(v, dir geom.Vec3) geom.Vec3 {
	return v.Sub(dir.Mul(min(v.Dot(dir), 0)))
}

// refuseClimb takes out of a way what leads up ground that is too steep. The z of the way stays.
func (c *capsule) refuseClimb(way geom.Vec3) geom.Vec3 {
	if c.climbable(way) {
		return way
	}
	down, _ := c.slope(c.position.Add(way))
	if less := without(way, down); less != way {
		c.velocity = without(c.velocity, down)
		way = less
	}
	if c.climbable(way) {
		return way
	}
	c.velocity.X, c.velocity.Y = 0, 0
	return geom.Vec3{Z: way.Z}
}

// climbable reports whether a way ends in the air or on ground that is not too steep to get onto.
func (c *capsule) climbable(way geom.Vec3) bool {
	to := c.position.Add(way)
	floor := c.floor(to.X, to.Y)
	if floor <= to.Z {
		return true
	}
	length := float32(math.Hypot(float64(way.X), float64(way.Y)))
	return floor-c.position.Z <= length*steepest+grip
}

// rest stops what is all but still and wants to be.
func (c *capsule) rest(want geom.Vec3) {
	if want == (geom.Vec3{}) && c.velocity.Len2() < stillness*stillness {
		c.velocity = geom.Vec3{}
	}
}

// stopAtWalls keeps the centre inside the region; what ran into a wall has no speed into it.
func (c *capsule) stopAtWalls() {
	p := c.land.inside.Clamp(c.position)
	if p == c.position {
		return
	}
	if p.X != c.position.X {
		c.velocity.X = 0
	}
	if p.Y != c.position.Y {
		c.velocity.Y = 0
	}
	if p.Z != c.position.Z {
		c.velocity.Z = 0
	}
	c.position = p
	c.follow(0)
}

// follow keeps the feet on the land after the body was moved aside by dist: over an edge it begins to
// fall.
func (c *capsule) follow(dist float32) {
	floor := c.floor(c.position.X, c.position.Y)
	if c.onGround && c.position.Z-floor > dist*steepest+foothold {
		c.onGround = false
	}
	if c.onGround || c.position.Z < floor {
		c.position.Z = floor
	}
}

// feel works out the plane underfoot.
func (c *capsule) feel() {
	if !c.onGround {
		c.plane = NoPlane
		return
	}
	n := c.land.normal(c.position.X, c.position.Y)
	if n.Z < sideways {
		n = geom.Vec3{Z: 1}
	}
	feet := c.position
	feet.Z -= c.half
	c.plane = geom.Vec4{X: n.X, Y: n.Y, Z: n.Z, W: n.Dot(feet)}
}
