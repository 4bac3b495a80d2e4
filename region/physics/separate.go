package physics

import (
	"math"

	"terrane/geom"
)

// apartSpeed is how fast bodies that overlap are moved apart: faster than anyone runs, so that nobody
// runs through another, and slow enough that those who arrive on one spot do not jump.
const apartSpeed = 6

// goldenAngle sends bodies that stand on the very same spot in directions that never coincide.
const goldenAngle = 2.399963

// separate holds bodies apart that overlap. Who walks gives way to who stands; of two alike each gives
// half.
func (l *Land) separate(dt float32) {
	limit := apartSpeed * dt
	for i, a := range l.bodies {
		for j, b := range l.bodies[i+1:] {
			dx, dy := b.position.X-a.position.X, b.position.Y-a.position.Y
			reach := a.radius + b.radius
			d2 := dx*dx + dy*dy
			if d2 >= reach*reach || !a.level(b) {
				continue
			}
			d := float32(math.Sqrt(float64(d2)))
			var away geom.Vec3 // from a to b
			if d > 1e-4 {
				away = geom.Vec3{X: dx / d, Y: dy / d}
			} else {
				sin, cos := math.Sincos(float64(j+1) * goldenAngle)
				away = geom.Vec3{X: float32(cos), Y: float32(sin)}
			}
			share := yielding(a, b)
			gap := min(reach-d, limit)
			a.giveWay(away.Mul(-1), gap*share)
			b.giveWay(away, gap*(1-share))
		}
	}
}

// level reports whether two bodies are at heights at which they can touch.
func (c *capsule) level(o *capsule) bool {
	dz := c.position.Z - o.position.Z
	return max(dz, -dz) < c.half+o.half
}

// yielding is the share of the distance that a gives.
func yielding(a, b *capsule) float32 {
	moves, other := a.drive.Velocity != (geom.Vec3{}), b.drive.Velocity != (geom.Vec3{})
	switch {
	case moves == other:
		return 0.5
	case moves:
		return 1
	default:
		return 0
	}
}

// giveWay moves a body aside by dist and takes from its velocity what leads back.
func (c *capsule) giveWay(dir geom.Vec3, dist float32) {
	if dist <= 0 {
		return
	}
	c.position = c.position.Add(dir.Mul(dist))
	if into := c.velocity.Dot(dir); into < 0 {
		c.velocity = c.velocity.Sub(dir.Mul(into))
	}
	c.stopAtWalls()
	c.follow(dist)
}
