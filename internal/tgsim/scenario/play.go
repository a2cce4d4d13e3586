package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// Clients is the side of a simulator that talks to clients.
type Clients interface {
	SetBudgets(b rpc.Budgets)
	// EndLogins ends every login of the account; its calls are answered so.
	EndLogins(account world.UserID, why rpc.Ending) error
	// Cut ends the account's connections.
	Cut(account world.UserID)
	ExpireSalts()
	// RenewToken gives the bot another token and ends its logins.
	RenewToken(bot world.UserID) (string, error)
	// Move moves the account to another DC.
	Move(account world.UserID, dc int) error
	// Skew makes the clock that is in the server's message ids differ so from the real time.
	Skew(d time.Duration)
}

// Stage is what scenarios are played on.
type Stage struct {
	World  *world.World
	Clock  *clock.Clock // the world's
	Faults *fault.Board
	// Clients may be nil: then there are none, and what is done to them has no effect.
	Clients Clients
}

// Player plays scenarios.
type Player struct {
	Stage
	Seed uint64 // of who is who
	// Wait returns when the clock shows until. Nil moves the clock there at once.
	Wait func(ctx context.Context, until time.Time) error
	// Told is called before each line, if it is not nil.
	Told func(at time.Time, l Line)
}

// play is a scenario under way.
type play struct {
	Player
	cast  *cast
	begun time.Time // moved by what "clock" skips
}

// Play does what the scenario says, in its time. It ends with the first line that cannot be done.
func (p Player) Play(ctx context.Context, s *Scenario) error {
	people, err := newCast(p.World, p.Seed)
	if err != nil {
		return err
	}
	run := &play{Player: p, cast: people, begun: p.Clock.Now()}
	last := time.Duration(0)
	for _, l := range s.lines {
		last = l.when.from(last)
		if err := run.until(ctx, run.begun.Add(last)); err != nil {
			return fmt.Errorf("line %d: wait for its time: %w", l.Number, err)
		}
		if p.Told != nil {
			p.Told(p.Clock.Now(), l)
		}
		if err := l.step.run(run); err != nil {
			return fmt.Errorf("line %d: %s: %w", l.Number, l.step, plainly(err))
		}
	}
	return nil
}

// refusal is Telegram's, in words.
type refusal struct{ said *tgerr.Error }

func (r refusal) Error() string {
	return fmt.Sprintf("Telegram refuses: %s (%d)", r.said.Message, r.said.Code)
}

func (r refusal) Unwrap() error { return r.said }

// plainly words what Telegram says for people.
func plainly(err error) error {
	said, ok := tgerr.As(err)
	if !ok || err.Error() != said.Error() { // it has words already
		return err
	}
	return refusal{said}
}

// until waits for the time, and has what is due by then happen.
func (p *play) until(ctx context.Context, due time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch now := p.Clock.Now(); {
	case !due.After(now):
	case p.Wait == nil:
		if err := p.Clock.Forward(due.Sub(now)); err != nil {
			return err
		}
	default:
		if err := p.Wait(ctx, due); err != nil {
			return err
		}
	}
	p.World.Pass()
	return nil
}

func (s actStep) run(p *play) error {
	a := Act{Action: s.verb, Group: s.group, Text: s.text}
	var err error
	if s.takes != title {
		if a.User, err = p.cast.find(s.who); err != nil {
			return err
		}
	}
	if s.by != (who{}) {
		if a.By, err = p.cast.find(s.by); err != nil {
			return err
		}
	}
	if s.until > 0 {
		until := p.Clock.Now().Add(s.until)
		a.Until = &until
	}
	return a.Do(p.World)
}

func (s refusedStep) run(p *play) error {
	err := s.act.run(p)
	refusal, ok := tgerr.As(err)
	switch {
	case err == nil:
		return errors.New("it was not refused")
	case !ok:
		return err
	case refusal.Message != s.name && refusal.Type != s.name:
		return fmt.Errorf("it was refused otherwise: %w", plainly(err))
	}
	return nil
}

func (s faultStep) run(p *play) error {
	if s.rule == nil {
		p.Faults.Clear()
		return nil
	}
	p.Faults.Add(*s.rule)
	return nil
}

func (s budgetStep) run(p *play) error {
	if p.Clients != nil {
		p.Clients.SetBudgets(s.budgets)
	}
	return nil
}

func (s clockStep) run(p *play) error {
	if err := p.Clock.Forward(s.by); err != nil {
		return err
	}
	p.begun = p.begun.Add(s.by)
	p.World.Pass()
	return nil
}

func (s skewStep) run(p *play) error {
	if p.Clients != nil {
		p.Clients.Skew(s.by)
	}
	return nil
}

func (s endStep) run(p *play) error {
	id, err := p.cast.somebody(s.who)
	if err != nil || p.Clients == nil {
		return err
	}
	return p.Clients.EndLogins(id, s.why)
}

func (s cutStep) run(p *play) error {
	id, err := p.cast.somebody(s.who)
	if err != nil || p.Clients == nil {
		return err
	}
	p.Clients.Cut(id)
	return nil
}

func (s moveStep) run(p *play) error {
	id, err := p.cast.somebody(s.who)
	if err != nil || p.Clients == nil {
		return err
	}
	return p.Clients.Move(id, s.dc)
}

func (tokenStep) run(p *play) error {
	if p.Clients == nil {
		return nil
	}
	_, err := p.Clients.RenewToken(p.World.Bot())
	return err
}

func (saltStep) run(p *play) error {
	if p.Clients != nil {
		p.Clients.ExpireSalts()
	}
	return nil
}

func (s raidStep) run(p *play) error {
	p.World.Raid(s.size, s.over)
	return nil
}

func (s churnStep) run(p *play) error {
	p.World.SetChurn(s.every)
	return nil
}

func (s expectStep) run(p *play) error {
	id, err := p.cast.somebody(s.who)
	if err != nil {
		return err
	}
	status, inside, err := p.status(id, s.group)
	if err != nil {
		return err
	}
	in := map[bool]string{true: "in", false: "out"}[inside]
	if status != s.status || s.in != "" && s.in != in {
		return fmt.Errorf("%d is %s and %s", id, status, in)
	}
	return nil
}
