package scene

import (
	"math"
	"testing"

	"terrane/geom"
	"terrane/region/avatar"
)

func TestTheLatestInputWinsAndIsTakenOnce(t *testing.T) {
	var in Input
	if _, fresh := in.take(); fresh {
		t.Error("an empty slot had something in it")
	}
	in.Put(AgentInput{Controls: avatar.AtPos, Far: 1})
	in.Put(AgentInput{Controls: avatar.AtNeg, Far: 2})
	got, fresh := in.take()
	if !fresh || got.Controls != avatar.AtNeg || got.Far != 2 {
		t.Errorf("%+v", got)
	}
	if _, fresh := in.take(); fresh {
		t.Error("taken twice")
	}
}

func TestWhatIsAskedForOnceIsNotLost(t *testing.T) {
	var in Input
	in.Put(AgentInput{Controls: avatar.AtPos | avatar.NudgeLeftPos | avatar.StandUp})
	in.Put(AgentInput{Controls: avatar.FinishAnim})
	in.Put(AgentInput{Controls: avatar.Fly})
	got, _ := in.take()
	if want := avatar.Fly | avatar.NudgeLeftPos | avatar.StandUp | avatar.FinishAnim; got.Controls != want {
		t.Errorf("controls %#x, want %#x", uint32(got.Controls), uint32(want))
	}
	in.Put(AgentInput{Controls: avatar.Fly})
	if got, _ := in.take(); got.Controls != avatar.Fly {
		t.Errorf("asked for again: %#x", uint32(got.Controls))
	}
}

func TestWhatIsNotFiniteIsRefused(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for name, a := range map[string]AgentInput{
		"body":   {Body: geom.Quat{X: nan}},
		"head":   {Head: geom.Quat{W: inf}},
		"camera": {Camera: geom.Vec3{Z: nan}},
		"at":     {CameraAt: geom.Vec3{X: inf}},
		"left":   {CameraLeft: geom.Vec3{Y: nan}},
		"up":     {CameraUp: geom.Vec3{Z: inf}},
		"far":    {Far: nan},
	} {
		in := Input{}
		in.Put(AgentInput{Far: 7})
		if in.Put(a) {
			t.Errorf("%s was accepted", name)
		}
		if got, _ := in.take(); got.Far != 7 {
			t.Errorf("%s changed the slot: %+v", name, got)
		}
	}
}
