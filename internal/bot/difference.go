package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

const (
	// differenceBatch is how many updates of a difference go to the sink at once: a bot's may have a hundred thousand.
	differenceBatch = 1000

	// A question for the difference that failed is asked again after a second, and then ever later.
	retryFirst, retryLast = time.Second, time.Minute
)

// UpdatesGetState is passed on.
func (f *feed) UpdatesGetState(ctx context.Context) (*tg.UpdatesState, error) {
	s, err := f.api.UpdatesGetState(ctx)
	if err != nil {
		return nil, tlmap.Failure("updates.getState", err)
	}
	return s, nil
}

// UpdatesGetChannelDifference is never asked for: channels are not followed.
func (*feed) UpdatesGetChannelDifference(
	context.Context, *tg.UpdatesGetChannelDifferenceRequest,
) (tg.UpdatesChannelDifferenceClass, error) {
	return nil, errors.ErrUnsupported
}

// UpdatesGetDifference asks for what was missed, takes it in, and leaves to the manager only where we are now.
func (f *feed) UpdatesGetDifference(ctx context.Context, r *tg.UpdatesGetDifferenceRequest) (tg.UpdatesDifferenceClass, error) {
	if err := f.at.failure(); err != nil {
		return nil, err
	}
	if f.rewind.CompareAndSwap(true, false) {
		return f.restart(ctx, "the server's count of updates was behind ours")
	}
	d, err := f.api.UpdatesGetDifference(ctx, r)
	if err != nil {
		return f.missed(ctx, tlmap.Failure("updates.getDifference", err))
	}
	f.misses = 0
	return f.absorb(ctx, d)
}

func (f *feed) absorb(ctx context.Context, d tg.UpdatesDifferenceClass) (tg.UpdatesDifferenceClass, error) {
	switch d := d.(type) {
	case *tg.UpdatesDifference:
		if err := f.takeAll(ctx, d.NewMessages, d.OtherUpdates, d.Users, d.State.Qts); err != nil {
			return nil, err
		}
		return &tg.UpdatesDifference{State: d.State}, nil
	case *tg.UpdatesDifferenceSlice:
		if err := f.takeAll(ctx, d.NewMessages, d.OtherUpdates, d.Users, d.IntermediateState.Qts); err != nil {
			return nil, err
		}
		return &tg.UpdatesDifferenceSlice{IntermediateState: d.IntermediateState}, nil
	case *tg.UpdatesDifferenceTooLong:
		if err := f.lost(ctx, "Telegram no longer had all that the bot had missed"); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// takeAll takes a difference in. The position goes with the last batch: what comes before it may come again.
func (f *feed) takeAll(ctx context.Context, messages []tg.MessageClass, us []tg.UpdateClass, users []tg.UserClass, qts int) error {
	all := slices.Clone(us)
	for _, m := range messages {
		all = append(all, &tg.UpdateNewMessage{Message: m})
	}
	for len(all) > differenceBatch {
		if err := f.takeSome(ctx, all[:differenceBatch], users, 0); err != nil {
			return err
		}
		all = all[differenceBatch:]
	}
	return f.takeSome(ctx, all, users, qts)
}

func (f *feed) takeSome(ctx context.Context, us []tg.UpdateClass, users []tg.UserClass, qts int) error {
	h := f.bot.hearing(users)
	for _, u := range us {
		h.hear(u)
	}
	if qts > f.at.now().Qts {
		h.batch.Qts = qts
	}
	return f.take(ctx, h)
}

// missed decides what a refused question means: the end of the session, a position that the server does not know, or a later try.
func (f *feed) missed(ctx context.Context, err error) (tg.UpdatesDifferenceClass, error) {
	refusal, refused := errors.AsType[*membership.TelegramError](err)
	switch {
	case refused && refusal.Kind == membership.ErrorSession:
		return nil, f.at.fail(fmt.Errorf("ask for missed updates: %w", err))
	case refused && (refusal.Name == "PERSISTENT_TIMESTAMP_INVALID" || refusal.Name == "PERSISTENT_TIMESTAMP_EMPTY"):
		return f.restart(ctx, "the server did not know our position among the bot's updates")
	}
	wait := min(retryFirst<<min(f.misses, 10), retryLast)
	f.misses++
	if held, ok := errors.AsType[interface {
		error
		WaitUntil() time.Time
	}](err); ok {
		wait = max(wait, held.WaitUntil().Sub(f.bot.cfg.Now()))
	}
	select {
	case f.again <- wait:
	default: // one is planned already
	}
	return nil, err
}

// restart goes on from the server's position of now, and says what that may have cost.
func (f *feed) restart(ctx context.Context, reason string) (tg.UpdatesDifferenceClass, error) {
	s, err := f.api.UpdatesGetState(ctx)
	if err != nil {
		f.rewind.Store(true) // the next question comes here again
		return f.missed(ctx, tlmap.Failure("updates.getState", err))
	}
	if err := f.lost(ctx, reason); err != nil {
		return nil, err
	}
	return &tg.UpdatesDifference{State: *s}, nil
}
