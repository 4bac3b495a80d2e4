package scene

import (
	"testing"

	"terrane/geom"
	"terrane/region/avatar"

	"github.com/google/uuid"
)

// crowd is a region with n avatars, far enough apart, and their inputs and feeds.
func crowd(tb testing.TB, n int) (*Region, []*Input, []*Feed) {
	r := New(Config{})
	inputs, feeds := make([]*Input, n), make([]*Feed, n)
	if err := r.Visit(func(tx *Tx) error {
		for i := range n {
			inputs[i], feeds[i] = &Input{}, NewFeed()
			_, err := tx.Arrive(Arrival{
				Agent: uuid.New(), Session: uuid.New(), First: "Ann", Last: "Lee", Root: true,
				Landing: Landing{Position: geom.Vec3{X: float32(i%10)*20 + 30, Y: float32(i/10)*20 + 30}},
				Feed:    feeds[i], Input: inputs[i],
			})
			if err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		tb.Fatal(err)
	}
	r.Step(frame)
	for _, f := range feeds {
		f.Take()
	}
	return r, inputs, feeds
}

func TestAnAgentUpdateAllocatesNothing(t *testing.T) {
	r, inputs, _ := crowd(t, 100)
	angle := float32(0)
	if n := testing.AllocsPerRun(100, func() {
		angle += 0.1
		for _, in := range inputs {
			in.Put(AgentInput{Body: geom.AboutZ(angle), Controls: avatar.AtPos | avatar.NudgeLeftPos})
		}
		r.world.inputs()
	}); n != 0 {
		t.Errorf("%v allocations for 100 updates", n)
	}
}

func TestAFrameInWhichNothingChangesAllocatesNothing(t *testing.T) {
	r, inputs, _ := crowd(t, 100)
	if n := testing.AllocsPerRun(100, func() {
		for _, in := range inputs {
			in.Put(AgentInput{Camera: geom.Vec3{X: 1}})
		}
		r.Step(frame)
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// BenchmarkFrame100Walking is a frame in which 100 avatars walk in circles, read by 100 feeds: every one
// of them changes every frame.
func BenchmarkFrame100Walking(b *testing.B) {
	r, inputs, feeds := crowd(b, 100)
	angle := float32(0)
	b.ReportAllocs()
	for b.Loop() {
		angle += 0.05
		for _, in := range inputs {
			in.Put(AgentInput{Body: geom.AboutZ(angle), Controls: avatar.AtPos})
		}
		r.Step(frame)
		for _, f := range feeds {
			f.Take()
		}
	}
}

// BenchmarkFrame100Straight is the same with avatars that walk straight on.
func BenchmarkFrame100Straight(b *testing.B) {
	r, inputs, feeds := crowd(b, 100)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if n++; n%90 == 1 {
			for _, in := range inputs {
				in.Put(AgentInput{Body: geom.AboutZ(float32(n)), Controls: avatar.AtPos})
			}
		}
		r.Step(frame)
		for _, f := range feeds {
			f.Take()
		}
	}
}

// BenchmarkAgentUpdate is one AgentUpdate put into its slot and applied by the loop, with 100 presences.
func BenchmarkAgentUpdate(b *testing.B) {
	r, inputs, _ := crowd(b, 100)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		inputs[n%len(inputs)].Put(AgentInput{Body: geom.AboutZ(float32(n)), Controls: avatar.AtPos})
		if n++; n%len(inputs) == 0 {
			r.world.inputs()
		}
	}
}

func BenchmarkDo(b *testing.B) {
	r := New(Config{})
	go func() { _ = r.Run(b.Context()) }() // ends with the benchmark
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Do(b.Context(), nothing); err != nil {
			b.Fatal(err)
		}
	}
}
