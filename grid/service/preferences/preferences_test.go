package preferences_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"terrane/grid"
	"terrane/grid/gridtest"
	"terrane/grid/service/preferences"
	"terrane/store"

	"github.com/google/uuid"
)

func open(t *testing.T) *preferences.Service {
	t.Helper()
	s, err := preferences.New(store.Memory(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	gridtest.Preferences(t, func(t *testing.T) grid.PreferenceService { return open(t) })
}

func TestWhatNoViewerCanMeanIsDenied(t *testing.T) {
	s, user := open(t), uuid.New()
	for name, spoil := range map[string]func(*grid.Preferences){
		"unknown rating":   func(p *grid.Preferences) { p.Access = "X" },
		"no rating":        func(p *grid.Preferences) { p.Access = "" },
		"too high":         func(p *grid.Preferences) { p.Hover = 2.01 },
		"too low":          func(p *grid.Preferences) { p.Hover = -2.01 },
		"no height at all": func(p *grid.Preferences) { p.Hover = float32(math.NaN()) },
		"a long language":  func(p *grid.Preferences) { p.Language = strings.Repeat("x", 33) },
	} {
		p := grid.DefaultPreferences(user)
		spoil(&p)
		if err := s.SetPreferences(t.Context(), p); !errors.Is(err, grid.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Preferences(t.Context(), user); !errors.Is(err, grid.ErrNotFound) {
		t.Errorf("something was stored: %v", err)
	}
}
