package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"terrane/agent/steps"
	"terrane/grid"

	"github.com/google/uuid"
)

// LoginRequest is what a viewer's login says, whichever way it came.
type LoginRequest struct {
	First, Last string
	Password    string // "$1$" and MD5, as viewers send it
	Start       string // "home", "last" or "uri:Region&x&y&z"; empty: last
	Viewer      string
	Channel     string
	MAC, ID0    string
	Address     netip.Addr // of the viewer
	ReachedAt   netip.Addr // of this server, as the viewer reached it
}

// Admission is what a login that succeeded gives the viewer.
type Admission struct {
	Account  grid.Account
	Circuit  grid.AgentCircuit
	Region   grid.Region
	Seed     string // URL of the seed capability
	Start    string // "home", "last", "url" or "safe": where the viewer has come to
	Place    grid.Place
	Home     grid.Place
	HomeAt   grid.Region // zero id: the home region is not known
	Folders  []grid.Folder
	Gestures []grid.Item
	Friends  []grid.Friend
	First    bool // nobody has ever logged in with this account
}

// Refusal is why somebody may not come in, for his viewer.
type Refusal struct {
	Reason  string // as viewers know it: RefusedKey, RefusedPresence
	Message string // for the user
	Cause   error  // for the operator; nil when the user alone can do something
}

// Reasons of a refusal. Key makes a viewer forget the saved password, so it is for credentials only.
const (
	RefusedKey      = "key"
	RefusedPresence = "presence"
)

// Error is the message and its cause.
func (r *Refusal) Error() string {
	if r.Cause != nil {
		return r.Message + " (" + r.Cause.Error() + ")"
	}
	return r.Message
}

// Unwrap is the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// Logins admits users to the grid.
type Logins struct {
	Services *Services
	Runner   *steps.Runner
	Terms    Terms
	MinLevel int // accounts below it are refused
	// Strict refuses a login whose wanted region takes nobody, instead of leading it to another.
	Strict bool
}

const wrongCredentials = "The name or the password is wrong. Check both, and Caps Lock, and try again."

// Login is the whole login. It either admits, and then the viewer is expected at the region, or leaves
// nothing behind: no session, no circuit, nobody online. The error is always a *Refusal.
func (l *Logins) Login(ctx context.Context, r LoginRequest) (*Admission, error) {
	in := &entering{Logins: l, LoginRequest: r}
	if refusal := in.identify(ctx); refusal != nil {
		return nil, refusal
	}
	p := &steps.Process{
		Kind: "login", Agent: in.account.ID, Name: in.account.Name(), Session: in.session, Detail: r.Start, Runner: l.Runner,
	}
	_, err := p.OrUndo(ctx,
		steps.Step{Name: "end the old session", Owner: "regions", Do: in.endOld, Timeout: l.Terms.LoginWait},
		steps.Step{Name: "begin the session", Owner: "presence", Do: in.begin, Undo: in.abandon, Timeout: 5 * time.Second},
		steps.Together(
			steps.Step{Name: "read the inventory", Owner: "inventory", Do: in.readInventory, Tries: 2},
			steps.Step{Name: "read the friends", Owner: "friends", Do: in.readFriends, Tries: 2},
			steps.Step{Name: "find where to", Owner: "grid user", Do: in.findPlace, Tries: 2},
		),
		steps.Step{Name: "read the looks", Owner: "avatar", Do: in.readLooks, Tries: 2},
		steps.Step{Name: "announce the agent", Owner: "region", Do: in.launch, Undo: in.withdraw, Timeout: 15 * time.Second},
		steps.Step{Name: "grid user: logged in", Owner: "grid user", Do: in.markOnline, Undo: in.markOffline, Tries: 2, Timeout: 5 * time.Second},
	)
	if err != nil {
		return nil, refused(err)
	}
	return in.admission(), nil
}

// refused makes of any error the refusal that a viewer can be told.
func refused(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return &Refusal{RefusedPresence, "The grid cannot let you in at the moment. Please try again in a minute.", err}
}

// entering is a login under way.
type entering struct {
	*Logins
	LoginRequest

	account  grid.Account
	token    uuid.UUID
	session  uuid.UUID
	lease    grid.Lease
	held     grid.Held
	unheard  uuid.UUID // the region that did not answer when it was to end the old session
	folders  []grid.Folder
	gestures []grid.Item
	friends  []grid.Friend
	looks    grid.Avatar
	user     grid.GridUser
	wanted   []destination
	homeAt   grid.Region
	asked    []grid.Region // to which the agent was announced, whatever they answered
	came     destination
	circuit  grid.AgentCircuit
	seed     string
}

// identify checks who it is. It is no step of the process: a guess at a password leaves no trace.
func (in *entering) identify(ctx context.Context) *Refusal {
	account, err := in.Services.Accounts.AccountByName(ctx, in.LoginRequest.First, in.Last)
	if err != nil && !errors.Is(err, grid.ErrNotFound) {
		return refused(err)
	}
	// An unknown name is tried too, so that it takes as long and counts as much as a wrong password.
	token, err := in.Services.Authentication.Authenticate(ctx, grid.Attempt{
		Account: account.ID, Password: in.Password, Address: in.Address,
	})
	var often *grid.TooManyAttempts
	switch {
	case errors.As(err, &often):
		return &Refusal{RefusedPresence, "Too many failed attempts. Please wait " + often.Retry.Round(time.Second).String() + " and try again.", nil}
	case errors.Is(err, grid.ErrDenied), err == nil && account.ID == uuid.Nil:
		return &Refusal{RefusedKey, wrongCredentials, nil}
	case err != nil:
		return refused(err)
	case account.Level < grid.LevelResident:
		return &Refusal{RefusedPresence, "This account is disabled. Please ask the grid's operator.", nil}
	case account.Level < in.MinLevel:
		return &Refusal{RefusedPresence, "Logins are closed at the moment. Please try again later.", nil}
	}
	in.account, in.token, in.session = account, token, uuid.New()
	return nil
}

// endOld ends what is still there of an older session, where it lives, and waits until its departure
// can lose nothing any more. A region that does not answer in time is superseded by epoch.
func (in *entering) endOld(ctx context.Context) error {
	lease, err := in.Services.Presences.LeaseOf(ctx, in.account.ID)
	if errors.Is(err, grid.ErrNotFound) || err == nil && lease.Region == uuid.Nil {
		return nil
	}
	if err != nil {
		return err
	}
	owner, err := in.Services.Regions.RegionByID(ctx, lease.Region)
	if errors.Is(err, grid.ErrNotFound) {
		return nil // a region that is no more; nothing to wait for
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, in.Terms.EndWait)
	defer cancel()
	err = in.Services.SessionEnder.EndSession(ctx, owner, in.account.ID, lease.Session, "You have logged in from another place.")
	if err == nil {
		in.held, err = in.Services.Departures.HeldFor(ctx, owner, in.account.ID)
	}
	if err != nil && !errors.Is(err, grid.ErrNotFound) {
		in.unheard = owner.ID
		in.Runner.Logger().Warn("old session superseded", "agent", in.account.Name(), "region", owner.Name, "error", err)
	}
	return nil
}

func (in *entering) begin(ctx context.Context) (err error) {
	in.lease, err = in.Services.Presences.Begin(ctx, in.account.ID, in.session, in.token)
	return err
}

func (in *entering) abandon(ctx context.Context) error {
	if in.lease.Session == uuid.Nil {
		return nil
	}
	return in.Services.Presences.End(ctx, in.lease.Fence())
}

func (in *entering) readInventory(ctx context.Context) (err error) {
	if in.folders, err = in.Services.Inventory.Skeleton(ctx, in.account.ID); err != nil {
		return err
	}
	if len(in.folders) == 0 {
		if err = in.Services.Inventory.CreateInventory(ctx, in.account.ID); err != nil {
			return err
		}
		if in.folders, err = in.Services.Inventory.Skeleton(ctx, in.account.ID); err != nil {
			return err
		}
	}
	in.gestures, err = in.Services.Inventory.ActiveGestures(ctx, in.account.ID)
	return err
}

func (in *entering) readFriends(ctx context.Context) (err error) {
	in.friends, err = in.Services.Friends.FriendsOf(ctx, in.account.ID)
	return err
}

// readLooks reads what he wears; who wears nothing yet is dressed, so that nobody is ever a cloud.
// What a journal still holds is newer than what the service has.
func (in *entering) readLooks(ctx context.Context) (err error) {
	if in.looks, err = in.Services.Avatars.Avatar(ctx, in.account.ID); err != nil {
		return err
	}
	if in.held.Avatar != nil {
		in.looks = in.held.Avatar
	}
	if in.looks["VisualParams"] != "" || in.looks["Wearable 0:0"] != "" {
		return nil
	}
	rows, err := in.Services.Wardrobe.Outfit(ctx, in.account.ID)
	if err != nil {
		return err
	}
	in.looks = rows
	if err := in.Services.Avatars.SetAvatarAs(ctx, in.account.ID, in.lease.Fence(), rows); err != nil {
		return err
	}
	in.folders, err = in.Services.Inventory.Skeleton(ctx, in.account.ID) // versions have risen
	return err
}

// launch announces the agent to the first of the wanted regions that takes it.
func (in *entering) launch(ctx context.Context) error {
	in.circuit = grid.AgentCircuit{
		Agent: in.account.ID, Session: in.session, Secure: in.token, Epoch: in.lease.Epoch,
		Code: circuitCode(), CapsPath: uuid.New(), First: in.account.First, Last: in.account.Last,
		Title: in.account.Title, Level: in.account.Level, ClientIP: in.Address, ReachedAt: in.ReachedAt,
		Viewer: in.Viewer, Channel: in.Channel, MAC: in.MAC, ID0: in.ID0, Avatar: in.looks,
	}
	var last error
	for _, to := range in.wanted {
		c := in.circuit
		c.Position, c.LookAt, c.Flags = to.Position, to.LookAt, to.flags|grid.TeleportViaLogin
		if in.account.Level >= grid.LevelGod {
			c.Flags |= grid.TeleportGodlike
		}
		seed, err := in.announce(ctx, to, c)
		if err == nil {
			in.came, in.circuit, in.seed = to, c, seed
			return nil
		}
		last = fmt.Errorf("%s: %w", to.region.Name, err)
	}
	if last == nil {
		last = errors.New("no region is online")
	}
	return &Refusal{RefusedPresence, "No region can take you at the moment. Please try again in a minute.", last}
}

func (in *entering) announce(ctx context.Context, to destination, c grid.AgentCircuit) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := in.Services.Simulation.QueryAccess(ctx, to.region, c.Agent, c.Position); err != nil {
		return "", err
	}
	in.asked = append(in.asked, to.region)
	return in.Services.Simulation.CreateAgent(ctx, to.region, c)
}

// withdraw takes the agent back from every region that may have it: one that answered too late has it too.
func (in *entering) withdraw(ctx context.Context) error {
	errs := make([]error, len(in.asked))
	var all sync.WaitGroup
	for i, r := range in.asked {
		all.Go(func() {
			errs[i] = in.Services.SessionEnder.EndSession(ctx, r, in.account.ID, in.session, "The login could not be completed.")
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (in *entering) markOnline(ctx context.Context) error {
	return in.Services.GridUsers.LoggedInAs(ctx, in.account.ID, in.lease.Fence())
}

func (in *entering) markOffline(ctx context.Context) error {
	return in.Services.GridUsers.LoggedOutAs(ctx, in.account.ID, in.lease.Fence(), in.user.Last, time.Now().UTC())
}

func (in *entering) admission() *Admission {
	return &Admission{
		Account: in.account, Circuit: in.circuit, Region: in.came.region, Seed: in.seed, Start: in.came.start,
		Place: in.came.Place, Home: in.user.Home, HomeAt: in.homeAt,
		Folders: in.folders, Gestures: in.gestures, Friends: in.friends, First: in.user.Login.IsZero(),
	}
}
