package node

import (
	"context"
	"time"

	"terrane/agent"
	"terrane/console"
	"terrane/viewer/session"

	"github.com/google/uuid"
)

// admin is the operator's calls on this running server.
func (w *World) admin() *console.Admin {
	return &console.Admin{
		Services: w.services, Lister: w.stores.accounts, Reports: w.reports,
		Regions: w.regionViews, Sessions: w.sessionViews, Journal: w.journalRows, Alert: w.alert,
	}
}

func (w *World) regionViews() []console.RegionView {
	views := make([]console.RegionView, 0, len(w.regions))
	for i, r := range w.regions {
		v := regionView(r.config, i)
		st, e := r.scene.Stats(), r.registered()
		v.UDPPort, v.Running, v.Boot = e.UDPPort, true, e.Boot
		v.Roots, v.Children, v.MaxAgents = st.Roots, st.Children, r.config.MaxAgents
		v.FramesPerSecond, v.FrameTime, v.TimeDilation = st.FramesPerSecond, st.FrameTime, st.TimeDilation
		v.LoopAge, v.Owed = r.loopAge(), len(r.host.Owed())
		views = append(views, v)
	}
	return views
}

func regionView(c RegionConfig, i int) console.RegionView {
	return console.RegionView{
		ID: c.ID, Name: c.Name, X: uint32(c.X), Y: uint32(c.Y), Size: c.Size, UDPPort: uint16(c.UDPPort), Default: i == 0,
	}
}

func (w *World) sessionViews() []console.SessionView {
	views := []console.SessionView{}
	for _, r := range w.regions {
		for _, s := range r.server.Snapshots() {
			views = append(views, sessionView(r.config.ID, s))
		}
	}
	return views
}

func sessionView(region uuid.UUID, s session.Snapshot) console.SessionView {
	a, c, st := s.Agent, s.Agent.Circuit, s.Stats
	why, _ := a.Why()
	v := console.SessionView{
		User: a.ID(), Name: a.Name(), Session: a.Session(), Region: region, Phase: phase(s, why),
		Root: a.Root(), Child: c.Child, Epoch: a.Fence().Epoch, Owned: a.Owned(), Ending: string(why),
		Viewer: c.Viewer, Age: time.Since(s.Began), Silence: s.Silence, Capabilities: s.Granted, Events: s.Events,
		PacketsIn: st.PacketsIn, PacketsOut: st.PacketsOut, Resent: st.Resent, Lost: st.Lost, Dropped: st.Dropped,
		Unacked: st.Unacked, Queued: st.Queued, Ping: st.Ping,
	}
	if s.Address.IsValid() {
		v.Address = s.Address.String()
	}
	for _, n := range a.Children() {
		v.Neighbours = append(v.Neighbours, n.Name)
	}
	return v
}

func phase(s session.Snapshot, why agent.Reason) string {
	switch {
	case why != "":
		return console.PhaseLingering
	case s.Agent.Root():
		return console.PhaseRoot
	case s.Address.IsValid():
		return console.PhaseChild
	}
	return console.PhasePending
}

func (w *World) journalRows(ctx context.Context, user uuid.UUID) ([]console.JournalRow, error) {
	var rows []console.JournalRow
	for _, r := range w.regions {
		more, err := rowsOf(ctx, r.host.Journal, user)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func rowsOf(ctx context.Context, j agent.Journal, user uuid.UUID) ([]console.JournalRow, error) {
	open, departed, err := j.RowsOf(ctx, user)
	if err != nil {
		return nil, err
	}
	var rows []console.JournalRow
	for _, d := range open {
		rows = append(rows, console.NewJournalRow(d, true))
	}
	for _, d := range departed {
		rows = append(rows, console.NewJournalRow(d, false))
	}
	return rows, nil
}

func (w *World) alert(region uuid.UUID, text string) {
	if r := w.near[region]; r != nil {
		r.server.Alert(text)
	}
}

// loopAges are the times since each region's loop last ended a frame, by name.
func (w *World) loopAges() map[string]time.Duration {
	ages := make(map[string]time.Duration, len(w.regions))
	for _, r := range w.regions {
		ages[r.config.Name] = r.loopAge()
	}
	return ages
}
