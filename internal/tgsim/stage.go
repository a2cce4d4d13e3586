package tgsim

import (
	"fmt"
	"strings"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

// Stage is the simulator as scenarios see it. What they are told, it may be told too.
func (s *Server) Stage() scenario.Stage {
	return scenario.Stage{World: s.world, Clock: s.clock, Faults: s.board, Clients: s}
}

// makeWorld makes the world and whatever else is there before the first client.
func (s *Server) makeWorld(o Options) error {
	s.clock, s.board, s.skew = o.Clock, fault.NewBoard(o.Seed), clock.New()
	if s.clock == nil {
		s.clock = clock.New()
	}
	for _, r := range o.Faults {
		s.board.Add(r)
	}
	s.world = world.New(world.Options{
		Seed: o.Seed, Members: o.Members, NoPassword: o.NoPassword, Now: s.clock.Now, Chatter: o.Chatter,
		Profile: o.Profile, SearchCap: o.SearchCap, Search: o.Search, Lists: o.Lists, Churn: o.Churn, Groups: o.Groups,
		Messages: o.Messages, Joins: o.Joins, MinUsers: o.MinUsers,
	})
	named := make(map[string]string) // username → title of the groups beside the watched one
	for _, g := range s.world.Groups()[1:] {
		named[g.Username] = g.Title
	}
	for _, g := range o.Groups {
		if g.Username != "" && named[strings.ToLower(g.Username)] != g.Title {
			return fmt.Errorf("the group %q cannot be called @%s: the name is taken", g.Title, g.Username)
		}
	}
	if !o.Hidden {
		return nil
	}
	if err := s.world.HideMembers(s.world.Owner(), s.world.Group().ID, true); err != nil {
		return fmt.Errorf("hide the group's members: %w", err)
	}
	return nil
}

// faults is the board and, where it lets pass, what the options say.
type faults struct {
	board *fault.Board
	given mtproto.Faults // may be nil
}

// Answer implements mtproto.Faults.
func (f faults) Answer(key mtproto.KeyID, method uint32) mtproto.Verdict {
	v := f.board.Answer(key, method)
	if v.Fault == mtproto.Pass && f.given != nil {
		return f.given.Answer(key, method)
	}
	return v
}

// Push implements mtproto.Faults.
func (f faults) Push(key mtproto.KeyID, u tg.UpdatesClass) mtproto.Verdict {
	v := f.board.Push(key, u)
	if v.Fault == mtproto.Pass && f.given != nil {
		return f.given.Push(key, u)
	}
	return v
}

// logins are the methods as the board asks them.
type logins struct {
	methods    *rpc.Server
	owner, bot world.UserID
}

// Whose implements fault.Methods.
func (l logins) Whose(key mtproto.KeyID) fault.Account {
	id := l.methods.Whose(key)
	a := fault.Account{ID: int64(id)}
	switch id {
	case l.owner:
		a.Role = fault.Owner
	case l.bot:
		a.Role = fault.Bot
	default: // somebody else
	}
	return a
}

// Impose implements fault.Methods.
func (l logins) Impose(account int64, method string, seconds int) error {
	return l.methods.Impose(world.UserID(account), method, seconds)
}

// SetBudgets changes how often accounts may call what; nil is rpc.DefaultBudgets.
func (s *Server) SetBudgets(b rpc.Budgets) {
	s.methods.SetBudgets(b)
	s.world.Tell(0, "calls have other budgets: "+s.methods.Budgets().String())
}

// RenewToken gives the bot another token and ends its logins.
func (s *Server) RenewToken(bot world.UserID) (string, error) {
	token, err := s.methods.RenewToken(bot)
	if err != nil {
		return "", err
	}
	s.world.Tell(bot, "got another token")
	return token, s.state.saveLogins(s.methods)
}

// EndLogins ends every login of the account; what its clients call then is answered so.
func (s *Server) EndLogins(account world.UserID, why rpc.Ending) error {
	if err := s.methods.End(account, why); err != nil {
		return err
	}
	return s.state.saveLogins(s.methods)
}

// killed has the login of a key that was used over two connections be dead after a restart, too.
func (s *Server) killed(key mtproto.KeyID) error {
	s.methods.EndKey(key, rpc.Duplicated)
	return s.state.saveLogins(s.methods)
}

// Cut ends the account's connections. Its logins last.
func (s *Server) Cut(account world.UserID) {
	s.methods.Cut(account)
	s.world.Tell(account, "was cut off")
}

// Move moves the account to another DC; its clients are answered USER_MIGRATE_X.
func (s *Server) Move(account world.UserID, dc int) error {
	if err := s.methods.Move(account, dc); err != nil {
		return err
	}
	s.world.Tell(account, fmt.Sprintf("was moved to DC %d", dc))
	return s.state.saveLogins(s.methods)
}

// Skew makes the clock that clients see differ so from the real time: in message ids, salts, the key exchange and the
// configuration. Dates of what happens are the world's. Options.Protocol.Now overrides it.
func (s *Server) Skew(d time.Duration) {
	s.skew.Skew(d)
	s.world.Tell(0, fmt.Sprintf("the clock that clients see is wrong by %s", d))
}

// NewStage makes the world of the options without serving it: nobody connects, and what is done to clients has no effect.
func NewStage(o Options) (scenario.Stage, error) {
	var s Server
	if err := s.makeWorld(o); err != nil {
		return scenario.Stage{}, err
	}
	return scenario.Stage{World: s.world, Clock: s.clock, Faults: s.board, Clients: noClients(s.world, o.DCs)}, nil
}
