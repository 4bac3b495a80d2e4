package scene

import (
	"sync"

	"terrane/geom"
	"terrane/region/avatar"
)

// AgentInput is what an AgentUpdate says.
type AgentInput struct {
	Body, Head geom.Quat // rotations
	Camera     geom.Vec3 // where the camera is
	// CameraAt, CameraLeft and CameraUp are the camera's axes.
	CameraAt, CameraLeft, CameraUp geom.Vec3
	Far                            float32 // draw distance
	Controls                       avatar.Control
	Activity                       avatar.Activity
	Flags                          uint8 // avatar.HideTitle
}

// Input is a slot for one agent's AgentUpdates: the latest wins, but what an earlier one asked for once
// is not lost. The zero Input is empty and ready. Any goroutine may Put.
type Input struct {
	mu     sync.Mutex // held to copy, never across a call
	latest AgentInput // guarded by mu, as are all below
	once   avatar.Control
	fresh  bool
}

// Put replaces what is in the slot. It reports false, and changes nothing, when a number is not finite.
func (in *Input) Put(a AgentInput) bool {
	if !a.finite() {
		return false
	}
	once := a.Controls & avatar.Once
	in.mu.Lock()
	// Of sitting down and standing up only the latest wish counts.
	if once.Has(avatar.StandUp | avatar.SitOnGround) {
		in.once &^= avatar.StandUp | avatar.SitOnGround
	}
	in.once |= once
	in.latest, in.fresh = a, true
	in.mu.Unlock()
	return true
}

// take empties the slot. The controls have in them what was asked for once since the last time.
func (in *Input) take() (a AgentInput, fresh bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.fresh {
		return AgentInput{}, false
	}
	a = in.latest
	a.Controls = a.Controls&^avatar.Once | in.once
	in.once, in.fresh = 0, false
	return a, true
}

func (a *AgentInput) finite() bool {
	return a.Body.Finite() && a.Head.Finite() && a.Camera.Finite() &&
		a.CameraAt.Finite() && a.CameraLeft.Finite() && a.CameraUp.Finite() &&
		geom.Vec3{X: a.Far}.Finite()
}
