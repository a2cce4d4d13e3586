package bot

import (
	"context"
	"fmt"
	"sync"

	"github.com/gotd/td/telegram/updates"

	"rollcall/internal/membership"
)

// dateLag is how far the stored date may be behind, in seconds. A date alone is not worth a write: asking from an earlier one
// brings nothing twice, since pts and qts say what is asked for.
const dateLag = 60

// position is td's StateStorage over ours. Only the manager's goroutine writes.
type position struct {
	store State
	bot   membership.UserID
	stop  context.CancelCauseFunc // ends Listen

	mu     sync.Mutex
	failed error               // guarded by mu: the first failure; nothing is written after it
	at     membership.BotState // guarded by mu: where the feed stands; date and seq may be ahead of the store
	stored membership.BotState // guarded by mu
	moved  chan struct{}       // guarded by mu: closed when at changes
}

func newPosition(store State, bot membership.UserID, stop context.CancelCauseFunc) *position {
	return &position{store: store, bot: bot, stop: stop, moved: make(chan struct{})}
}

// fail records the first failure and ends Listen. It returns the failure on record.
func (p *position) fail(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil {
		p.failed = err
		p.stop(err)
	}
	return p.failed
}

func (p *position) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

func (p *position) now() membership.BotState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// took notes that the sink has stored a position together with its effect, as far as it was ahead.
func (p *position) took(b membership.Batch) {
	var to membership.BotState
	if b.State != nil {
		to = *b.State
	}
	p.move(func(s *membership.BotState) {
		s.Pts, s.Qts = max(s.Pts, to.Pts), max(s.Qts, to.Qts, b.Qts)
		s.Date, s.Seq = max(s.Date, to.Date), max(s.Seq, to.Seq)
	}, true)
}

// move changes where the feed stands, in memory.
func (p *position) move(change func(*membership.BotState), stored bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.at)
	if stored {
		change(&p.stored)
	}
	close(p.moved)
	p.moved = make(chan struct{})
}

// write stores a change, and date and seq as they stand with it.
func (p *position) write(ctx context.Context, change func(*membership.BotState)) error {
	if err := p.failure(); err != nil {
		return err
	}
	at := p.now()
	all := func(s *membership.BotState) {
		s.Date, s.Seq = at.Date, at.Seq
		change(s)
	}
	if err := p.store.UpdateBotState(ctx, p.bot, all); err != nil {
		return p.fail(fmt.Errorf("store the bot's position: %w", err))
	}
	p.move(all, true)
	return nil
}

// reach waits until everything up to qts was taken in.
func (p *position) reach(ctx context.Context, qts int) error {
	for {
		p.mu.Lock()
		at, failed, moved := p.at.Qts, p.failed, p.moved
		p.mu.Unlock()
		switch {
		case failed != nil:
			return failed
		case at >= qts:
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("the server is at update %d, we are at %d: %w", qts, at, ctx.Err())
		}
	}
}

// GetState reads the stored position. One without a date never came from a server: the first getState is still to come.
func (p *position) GetState(ctx context.Context, _ int64) (updates.State, bool, error) {
	s, found, err := p.store.BotState(ctx, p.bot)
	if err != nil {
		return updates.State{}, false, fmt.Errorf("read the bot's position: %w", err)
	}
	p.move(func(at *membership.BotState) { *at = s }, true)
	return updates.State{Pts: s.Pts, Qts: s.Qts, Date: s.Date, Seq: s.Seq}, found && s.Date != 0, nil
}

// SetState stores a position that the server stated, unless the sink has stored it with its effect; it alone may go backwards.
func (p *position) SetState(ctx context.Context, _ int64, s updates.State) error {
	to := membership.BotState{Pts: s.Pts, Qts: s.Qts, Date: s.Date, Seq: s.Seq}
	p.mu.Lock()
	there := p.at == to && p.stored == to
	p.mu.Unlock()
	if there {
		return p.failure()
	}
	return p.write(ctx, func(at *membership.BotState) { *at = to })
}

// SetPts stores where the messages stand, unless the sink has with what they say: td calls it after the handler, or with the server's word
// after a difference too long.
func (p *position) SetPts(ctx context.Context, _ int64, pts int) error {
	if err := p.failure(); err != nil {
		return err
	}
	if p.now().Pts >= pts {
		return nil
	}
	return p.write(ctx, func(at *membership.BotState) { at.Pts = pts })
}

// SetQts is answered from memory: the sink has moved qts with its effect.
func (p *position) SetQts(ctx context.Context, _ int64, qts int) error {
	if p.now().Qts >= qts {
		return nil
	}
	return p.write(ctx, func(at *membership.BotState) { at.Qts = max(at.Qts, qts) })
}

// SetDate keeps the date for the next write, or writes when the stored one is old.
func (p *position) SetDate(ctx context.Context, _ int64, date int) error {
	p.move(func(at *membership.BotState) { at.Date = max(at.Date, date) }, false)
	p.mu.Lock()
	lag := p.at.Date - p.stored.Date
	p.mu.Unlock()
	if lag < dateLag {
		return p.failure()
	}
	return p.write(ctx, func(*membership.BotState) {})
}

// SetSeq keeps the containers' number for the next write; nothing is asked by it.
func (p *position) SetSeq(_ context.Context, _ int64, seq int) error {
	p.move(func(at *membership.BotState) { at.Seq = seq }, false)
	return p.failure()
}

// SetDateSeq is SetSeq and SetDate.
func (p *position) SetDateSeq(ctx context.Context, user int64, date, seq int) error {
	if err := p.SetSeq(ctx, user, seq); err != nil {
		return err
	}
	return p.SetDate(ctx, user, date)
}

// GetChannelPts knows no channel.
func (*position) GetChannelPts(context.Context, int64, int64) (int, bool, error) {
	return 0, false, nil
}

// SetChannelPts forgets: channels are not followed.
func (*position) SetChannelPts(context.Context, int64, int64, int) error { return nil }

// ForEachChannels has none to show.
func (*position) ForEachChannels(context.Context, int64, func(context.Context, int64, int) error) error {
	return nil
}

// everybodyKnown is td's store of access hashes for a bot, which needs none: without it each message of somebody new would be
// asked for a second time.
type everybodyKnown struct{}

func (everybodyKnown) SetUserAccessHash(context.Context, int64, int64, int64) error { return nil }

func (everybodyKnown) GetUserAccessHash(context.Context, int64, int64) (int64, bool, error) {
	return 0, true, nil
}

func (everybodyKnown) SetChannelAccessHash(context.Context, int64, int64, int64) error { return nil }

func (everybodyKnown) GetChannelAccessHash(context.Context, int64, int64) (int64, bool, error) {
	return 0, true, nil
}
