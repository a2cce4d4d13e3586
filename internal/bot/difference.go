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
		h := haul{messages: d.NewMessages, others: d.OtherUpdates, users: d.Users, secret: len(d.NewEncryptedMessages), to: d.State}
		if err := f.takeAll(ctx, h); err != nil {
			return nil, err
		}
		return &tg.UpdatesDifference{State: d.State}, nil
	case *tg.UpdatesDifferenceSlice:
		h := haul{
			messages: d.NewMessages, others: d.OtherUpdates, users: d.Users, secret: len(d.NewEncryptedMessages), to: d.IntermediateState,
		}
		if err := f.takeAll(ctx, h); err != nil {
			return nil, err
		}
		return &tg.UpdatesDifferenceSlice{IntermediateState: d.IntermediateState}, nil
	case *tg.UpdatesDifferenceTooLong:
		if err := f.lost(ctx, "Telegram no longer had all that the bot had missed", membership.BotState{Pts: d.Pts}); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// haul is one answer about what was missed, and where we are with it.
type haul struct {
	messages []tg.MessageClass
	others   []tg.UpdateClass
	users    []tg.UserClass
	secret   int // messages of secret chats, which use up qts too
	to       tg.UpdatesState
}

// takeAll takes an answer in. The position goes with the last batch, and so does what the answer shows to be lost: what comes before it may
// come again.
func (f *feed) takeAll(ctx context.Context, a haul) error {
	all := slices.Clone(a.others)
	for _, m := range a.messages {
		all = append(all, &tg.UpdateNewMessage{Message: m})
	}
	for len(all) > differenceBatch {
		if err := f.take(ctx, f.hearAll(all[:differenceBatch], a.users)); err != nil {
			return err
		}
		all = all[differenceBatch:]
	}
	h := f.hearAll(all, a.users)
	ours := f.at.now()
	h.batch.Qts = 0
	if a.to.Qts > ours.Qts {
		h.batch.Qts = a.to.Qts
	}
	h.batch.State = &membership.BotState{Pts: a.to.Pts, Qts: a.to.Qts, Date: a.to.Date, Seq: a.to.Seq}
	h.batch.Gap = f.hole(a, ours)
	return f.take(ctx, h)
}

func (f *feed) hearAll(us []tg.UpdateClass, users []tg.UserClass) *hearing {
	h := f.bot.hearing(users)
	for _, u := range us {
		h.hear(u)
	}
	return h
}

// hole is what an answer passed over: Telegram numbers the updates of a bot without holes, and forgets old ones without saying so. What is
// missing happened after the last one that we have, and before the first one behind it.
func (f *feed) hole(a haul, ours membership.BotState) *membership.Gap {
	dates := make(map[int]int, len(a.others))
	carried := make([]int, 0, len(a.others))
	for _, u := range a.others {
		qts, ok := tg.IsQtsUpdate(u)
		if !ok {
			continue
		}
		carried = append(carried, qts)
		if dated, ok := u.(interface{ GetDate() int }); ok {
			dates[qts] = dated.GetDate()
		}
	}
	missing, behind := membership.Uncarried(ours.Qts, a.to.Qts, carried)
	if missing <= a.secret {
		return nil
	}
	// Our date may be that of a message which came after the first one that is missing; dates are no more exact than dateLag.
	from, to := max(0, ours.Date-dateLag), dates[behind]
	if to == 0 {
		to = a.to.Date
	}
	return &membership.Gap{
		Source: membership.GapFeed, From: membership.Instant(from), To: membership.Instant(max(from, to)),
		Reason: fmt.Sprintf("%d of the bot's updates were missing from what Telegram gave for all of them", missing-a.secret),
	}
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

// restart goes on from the server's position of now, and says what that may have cost. Where that lies behind ours, td stores it after this:
// killed between the two, the same gap is found again.
func (f *feed) restart(ctx context.Context, reason string) (tg.UpdatesDifferenceClass, error) {
	s, err := f.api.UpdatesGetState(ctx)
	if err != nil {
		f.rewind.Store(true) // the next question comes here again
		return f.missed(ctx, tlmap.Failure("updates.getState", err))
	}
	if err := f.lost(ctx, reason, membership.BotState{Pts: s.Pts, Qts: s.Qts, Date: s.Date, Seq: s.Seq}); err != nil {
		return nil, err
	}
	return &tg.UpdatesDifference{State: *s}, nil
}
