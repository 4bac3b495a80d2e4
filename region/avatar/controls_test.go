package avatar

import (
	"testing"

	"terrane/geom"
)

func TestControlsHaveTheProtocolsBits(t *testing.T) {
	for _, c := range []struct {
		name string
		got  Control
		want uint32
	}{
		{"AT_POS", AtPos, 0x1},
		{"UP_POS", UpPos, 0x10},
		{"FAST_AT", FastAt, 0x400},
		{"FLY", Fly, 0x2000},
		{"STOP", Stop, 0x4000},
		{"FINISH_ANIM", FinishAnim, 0x8000},
		{"STAND_UP", StandUp, 0x10000},
		{"SIT_ON_GROUND", SitOnGround, 0x20000},
		{"MOUSELOOK", Mouselook, 0x40000},
		{"NUDGE_AT_POS", NudgeAtPos, 0x80000},
		{"NUDGE_UP_NEG", NudgeUpNeg, 0x1000000},
		{"TURN_LEFT", TurnLeft, 0x2000000},
		{"AWAY", Away, 0x8000000},
		{"ML_LBUTTON_UP", MLButtonUp, 0x80000000},
	} {
		if uint32(c.got) != c.want {
			t.Errorf("%s is %#x, want %#x", c.name, uint32(c.got), c.want)
		}
	}
}

func TestDirectionOfKeysAndNudges(t *testing.T) {
	for _, c := range []struct {
		held Control
		want geom.Vec3
	}{
		{0, geom.Vec3{}},
		{AtPos | FastAt, geom.Vec3{X: 1}},
		{AtPos | AtNeg, geom.Vec3{}},
		{AtNeg | LeftPos | UpNeg, geom.Vec3{X: -1, Y: 1, Z: -1}},
		{NudgeAtPos, geom.Vec3{X: 1}},
		{NudgeLeftNeg | NudgeUpPos, geom.Vec3{Y: -1, Z: 1}},
		{TurnLeft | YawPos | Fly | Stop, geom.Vec3{}},
	} {
		if got := c.held.Direction(); got != c.want {
			t.Errorf("%#x leads to %v, want %v", uint32(c.held), got, c.want)
		}
	}
}
