package agent

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"terrane/geom"
	"terrane/grid"

	"github.com/google/uuid"
)

// destination is one place that a login may lead to.
type destination struct {
	grid.Place
	region grid.Region
	start  string // what the viewer is told: home, last, url, safe
	flags  uint32 // teleport flags
}

// middle is where one arrives in a region when nothing better is known. The region finds the ground.
var middle = geom.Vec3{X: 128, Y: 128}

// north is the direction one looks then.
var north = geom.Vec3{Y: 1}

// elsewhere is how many other regions are tried when the wanted one takes nobody.
const elsewhere = 5

// findPlace lists where the login may lead to, the wanted place first and then the safe ones.
func (in *entering) findPlace(ctx context.Context) error {
	user, err := in.Services.GridUsers.GridUser(ctx, in.account.ID)
	if err != nil && !errors.Is(err, grid.ErrNotFound) {
		return err
	}
	in.user = user
	if in.held.Last.Region != uuid.Nil {
		in.user.Last = in.held.Last
	}
	if err := in.heldAtLast(ctx); err != nil {
		return err
	}
	in.wanted = nil
	if in.homeAt, err = in.regionOf(ctx, in.user.Home); err != nil {
		return err
	}
	switch start := in.Start; {
	case start == "home":
		err = in.want(ctx, in.user.Home, "home", grid.TeleportViaHome)
	case strings.HasPrefix(start, "uri:"):
		err = in.wantNamed(ctx, start)
	default:
		err = in.want(ctx, in.user.Last, "last", grid.TeleportViaLocation)
	}
	if err != nil {
		return err
	}
	if in.Strict && len(in.wanted) > 0 {
		return nil
	}
	return in.wantSafe(ctx)
}

// heldAtLast asks the region where he was last whether its journal knows better than the services:
// they may have been down when he left. It waits for what ending the old session has left of the time
// there is.
func (in *entering) heldAtLast(ctx context.Context) error {
	if in.held.Fence.Epoch != 0 {
		return nil
	}
	last, err := in.regionOf(ctx, in.user.Last)
	if err != nil || last.ID == uuid.Nil || last.ID == in.unheard {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, max(in.Terms.LoginWait-in.Terms.EndWait, time.Second))
	defer cancel()
	held, err := in.Services.Departures.HeldFor(ctx, last, in.account.ID)
	if err != nil {
		return nil // nothing is held, or nobody can say: the services know best
	}
	in.held = held
	if held.Last.Region != uuid.Nil {
		in.user.Last = held.Last
	}
	return nil
}

// regionOf is the region of a place; the zero region when there is none, or it is no more.
func (in *entering) regionOf(ctx context.Context, p grid.Place) (grid.Region, error) {
	if p.Region == uuid.Nil {
		return grid.Region{}, nil
	}
	r, err := in.Services.Regions.RegionByID(ctx, p.Region)
	if errors.Is(err, grid.ErrNotFound) {
		return grid.Region{}, nil
	}
	return r, err
}

func (in *entering) want(ctx context.Context, p grid.Place, start string, flags uint32) error {
	r, err := in.regionOf(ctx, p)
	if err != nil || r.ID == uuid.Nil {
		return err
	}
	in.add(r, p, start, flags)
	return nil
}

// wantNamed reads "uri:Region Name&x&y&z"; a part that is no number takes the middle's place. Names
// of other grids, with an "@", are not known here.
func (in *entering) wantNamed(ctx context.Context, uri string) error {
	name, position := parseStart(uri)
	r, err := in.Services.Regions.RegionByName(ctx, name)
	if errors.Is(err, grid.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	in.add(r, grid.Place{Region: r.ID, Position: position, LookAt: north}, "url", grid.TeleportViaRegionID)
	return nil
}

func parseStart(uri string) (name string, position geom.Vec3) {
	parts := strings.Split(strings.TrimPrefix(uri, "uri:"), "&")
	position = middle
	for i, to := range []*float32{&position.X, &position.Y, &position.Z} {
		if i+1 < len(parts) {
			if f, err := strconv.ParseFloat(strings.TrimSpace(parts[i+1]), 32); err == nil {
				*to = float32(f)
			}
		}
	}
	if !position.Finite() {
		position = middle
	}
	return strings.TrimSpace(parts[0]), position
}

// wantSafe adds the default regions, the fallback regions, and whatever else is online.
func (in *entering) wantSafe(ctx context.Context) error {
	var x, y uint32
	if len(in.wanted) > 0 {
		x, y = in.wanted[0].region.X, in.wanted[0].region.Y
	}
	defaults, err := in.Services.Regions.DefaultRegions(ctx)
	if err != nil {
		return err
	}
	fallbacks, err := in.Services.Regions.FallbackRegions(ctx, x, y)
	if err != nil {
		return err
	}
	online, err := in.Services.Regions.OnlineRegions(ctx, x, y, elsewhere)
	if err != nil {
		return err
	}
	for _, r := range append(append(defaults, fallbacks...), online...) {
		in.add(r, grid.Place{Region: r.ID, Position: middle, LookAt: north}, "safe", grid.TeleportViaRegionID)
	}
	return nil
}

// add adds a destination in a region that is online and not wanted already, with the position kept inside.
func (in *entering) add(r grid.Region, p grid.Place, start string, flags uint32) {
	if r.Flags&grid.RegionOnline == 0 || len(in.wanted) > elsewhere {
		return
	}
	for _, d := range in.wanted {
		if d.region.ID == r.ID {
			return
		}
	}
	if r.Flags&grid.RegionNoDirectLogin != 0 {
		return
	}
	inside := geom.Box{
		Min: geom.Vec3{X: edge, Y: edge},
		Max: geom.Vec3{X: float32(r.SizeX) - edge, Y: float32(r.SizeY) - edge, Z: ceiling},
	}
	p.Position = inside.Clamp(p.Position)
	if p.LookAt == (geom.Vec3{}) {
		p.LookAt = north
	}
	in.wanted = append(in.wanted, destination{Place: p, region: r, start: start, flags: flags})
}
