package avatar

import "github.com/google/uuid"

// Movement is an animation the region chooses from how an avatar moves. An avatar has exactly one at
// any time.
type Movement uint8

// The movements.
const (
	Standing Movement = iota
	Walking
	Running
	TurningLeft
	TurningRight
	Crouching
	CrouchWalking
	Flying
	Hovering
	HoveringUp
	HoveringDown
	PreJumping
	Jumping
	Falling
	Landing
	SoftLanding
	StandingUp
	SittingOnGround
	movements // how many there are
)

// The animations that every viewer has built in, of those the region plays.
var (
	AnimStand      = uuid.MustParse("2408fe9e-df1d-1d7d-f4ff-1384fa7b350f")
	AnimWalk       = uuid.MustParse("6ed24bd8-91aa-4b12-ccc7-c97c857ab4e0")
	AnimRun        = uuid.MustParse("05ddbff8-aaa9-92a1-2b74-8fe77a29b445")
	AnimTurnLeft   = uuid.MustParse("56e0ba0d-4a9f-7f27-6117-32f2ebbf6135")
	AnimTurnRight  = uuid.MustParse("2d6daa51-3192-6794-8e2e-a15f8338ec30")
	AnimCrouch     = uuid.MustParse("201f3fdf-cb1f-dbec-201f-7333e328ae7c")
	AnimCrouchWalk = uuid.MustParse("47f5f6fb-22e5-ae44-f871-73aaaf4a6022")
	AnimFly        = uuid.MustParse("aec4610c-757f-bc4e-c092-c6e9caf18daf")
	AnimHover      = uuid.MustParse("4ae8016b-31b9-03bb-c401-b1ea941db41d")
	AnimHoverUp    = uuid.MustParse("62c5de58-cb33-5743-3d07-9e4cd4352864")
	AnimHoverDown  = uuid.MustParse("20f063ea-8306-2562-0b07-5c853b37b31e")
	AnimPreJump    = uuid.MustParse("7a4e87fe-de39-6fcb-6223-024b00893244")
	AnimJump       = uuid.MustParse("2305bd75-1ca9-b03b-1faa-b176b8a8c49e")
	AnimFall       = uuid.MustParse("666307d9-a860-572d-6fd4-c3ab8865c094")
	AnimLand       = uuid.MustParse("7a17b059-12b2-41b1-570a-186368b6aa6f")
	AnimSoftLand   = uuid.MustParse("f4f00d6e-b9fe-9292-f4cb-0ae06ea58d57")
	AnimStandUp    = uuid.MustParse("3da1d753-028a-5446-24f3-9c9b856d9422")
	AnimSitGround  = uuid.MustParse("1a2bd58e-87ff-0df8-0b4c-53e047b0bb6e") // the constrained one, as OpenSimulator plays it
	AnimType       = uuid.MustParse("c541c47f-e0c0-058b-ad1a-d6ae3a4584d9")
)

// Animation is the animation that shows a movement.
func (m Movement) Animation() uuid.UUID {
	return [movements]uuid.UUID{
		Standing:        AnimStand,
		Walking:         AnimWalk,
		Running:         AnimRun,
		TurningLeft:     AnimTurnLeft,
		TurningRight:    AnimTurnRight,
		Crouching:       AnimCrouch,
		CrouchWalking:   AnimCrouchWalk,
		Flying:          AnimFly,
		Hovering:        AnimHover,
		HoveringUp:      AnimHoverUp,
		HoveringDown:    AnimHoverDown,
		PreJumping:      AnimPreJump,
		Jumping:         AnimJump,
		Falling:         AnimFall,
		Landing:         AnimLand,
		SoftLanding:     AnimSoftLand,
		StandingUp:      AnimStandUp,
		SittingOnGround: AnimSitGround,
	}[m]
}

// MaxAnimations is how many animations an avatar plays beside its movement. AvatarAnimation counts them
// in one byte; nobody sees more than a handful at once.
const MaxAnimations = 62

// Playing is one animation an avatar plays.
type Playing struct {
	ID       uuid.UUID
	Sequence int32     // a higher number than before starts the animation again
	Source   uuid.UUID // the object that started it; the agent for its movement; zero: its viewer
}

// Animations is all that an avatar plays. Its zero value plays nothing: Begin comes first.
type Animations struct {
	agent    uuid.UUID
	movement Playing
	others   []Playing // in the order they were started
	last     int32     // sequence number given last
}

// Begin stands the avatar still, with sequence number 1.
func (a *Animations) Begin(agent uuid.UUID) {
	*a = Animations{agent: agent}
	a.Move(Standing)
}

// Move shows a movement. It reports whether that is another than before.
func (a *Animations) Move(m Movement) bool {
	id := m.Animation()
	if a.movement.ID == id {
		return false
	}
	a.movement = Playing{ID: id, Sequence: a.next(), Source: a.agent}
	return true
}

// Start plays an animation beside the movement. It reports whether anything changed: what plays already
// goes on, and beyond MaxAnimations nothing is started.
func (a *Animations) Start(id, source uuid.UUID) bool {
	if id == uuid.Nil || a.movement.ID == id || a.find(id) >= 0 || len(a.others) >= MaxAnimations {
		return false
	}
	a.others = append(a.others, Playing{ID: id, Sequence: a.next(), Source: source})
	return true
}

// Stop ends an animation that was started; the movement cannot be stopped. It reports whether anything
// changed.
func (a *Animations) Stop(id uuid.UUID) bool {
	i := a.find(id)
	if i < 0 {
		return false
	}
	a.others = append(a.others[:i], a.others[i+1:]...)
	return true
}

// List is all that plays, the movement first. The slice is the caller's.
func (a *Animations) List() []Playing {
	return append([]Playing{a.movement}, a.others...)
}

func (a *Animations) find(id uuid.UUID) int {
	for i, p := range a.others {
		if p.ID == id {
			return i
		}
	}
	return -1
}

func (a *Animations) next() int32 {
	a.last++
	return a.last
}
