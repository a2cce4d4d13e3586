package gatekeeper_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

var errDisk = errors.New("no space left on device")

// brokenRoster is the real roster, of which one method fails once the test says so, or after so many calls.
type brokenRoster struct {
	*roster.Roster
	method string
	good   atomic.Int64 // calls of the method that still succeed
}

// failing makes the method fail at once; armed lets the test decide when.
func failing(method string) func(*gatekeeper.Config) {
	var b *brokenRoster
	return armed(method, 0, &b)
}

func armed(method string, good int64, out **brokenRoster) func(*gatekeeper.Config) {
	return func(c *gatekeeper.Config) {
		b := &brokenRoster{Roster: c.Roster.(*roster.Roster), method: method}
		b.good.Store(good)
		*out, c.Roster = b, b
	}
}

func (b *brokenRoster) fail(method string) error {
	if b.method == method && b.good.Add(-1) < 0 {
		return errDisk
	}
	return nil
}

func (b *brokenRoster) Ingest(ctx context.Context, batch membership.Batch) (membership.Outcome, error) {
	if err := b.fail("Ingest"); err != nil {
		return membership.Outcome{}, err
	}
	return b.Roster.Ingest(ctx, batch)
}

func (b *brokenRoster) Case(ctx context.Context, g membership.GroupID, user membership.UserID) (membership.Case, error) {
	if err := b.fail("Case"); err != nil {
		return membership.Case{}, err
	}
	return b.Roster.Case(ctx, g, user)
}

func (b *brokenRoster) Sources(ctx context.Context, g membership.GroupID) (membership.Sources, error) {
	if err := b.fail("Sources"); err != nil {
		return membership.Sources{}, err
	}
	return b.Roster.Sources(ctx, g)
}

func (b *brokenRoster) SourcesNow(ctx context.Context, g membership.GroupID) (membership.Sources, error) {
	if err := b.fail("SourcesNow"); err != nil {
		return membership.Sources{}, err
	}
	return b.Roster.SourcesNow(ctx, g)
}

func (b *brokenRoster) UpdateSources(ctx context.Context, g membership.GroupID, fn func(*membership.Sources)) error {
	if err := b.fail("UpdateSources"); err != nil {
		return err
	}
	return b.Roster.UpdateSources(ctx, g, fn)
}

func (b *brokenRoster) OpenWalk(ctx context.Context, g membership.GroupID) (membership.Walk, bool, error) {
	if err := b.fail("OpenWalk"); err != nil {
		return membership.Walk{}, false, err
	}
	return b.Roster.OpenWalk(ctx, g)
}

func (b *brokenRoster) LastWalk(ctx context.Context, g membership.GroupID) (membership.Walk, bool, error) {
	if err := b.fail("LastWalk"); err != nil {
		return membership.Walk{}, false, err
	}
	return b.Roster.LastWalk(ctx, g)
}

func (b *brokenRoster) Settled(ctx context.Context, g membership.GroupID, fn func(membership.Person) error) error {
	if err := b.fail("Settled"); err != nil {
		return err
	}
	return b.Roster.Settled(ctx, g, fn)
}

func (b *brokenRoster) Miss(
	ctx context.Context, g membership.GroupID, at membership.Instant, users []membership.UserID,
) (membership.Outcome, error) {
	if err := b.fail("Miss"); err != nil {
		return membership.Outcome{}, err
	}
	return b.Roster.Miss(ctx, g, at, users)
}

func (b *brokenRoster) People(ctx context.Context, g membership.GroupID, fn func(membership.Person) error) error {
	if err := b.fail("People"); err != nil {
		return err
	}
	return b.Roster.People(ctx, g, fn)
}

func (b *brokenRoster) DueReplies(ctx context.Context, g membership.GroupID) ([]membership.Reply, error) {
	if err := b.fail("DueReplies"); err != nil {
		return nil, err
	}
	return b.Roster.DueReplies(ctx, g)
}

func (b *brokenRoster) ReplyDone(ctx context.Context, key membership.ReplyKey, served bool) error {
	if err := b.fail("ReplyDone"); err != nil {
		return err
	}
	return b.Roster.ReplyDone(ctx, key, served)
}

func (b *brokenRoster) PendingActions(
	ctx context.Context, g membership.GroupID, now membership.Instant, limit int,
) ([]membership.Action, error) {
	if err := b.fail("PendingActions"); err != nil {
		return nil, err
	}
	return b.Roster.PendingActions(ctx, g, now, limit)
}

func (b *brokenRoster) ActionDone(
	ctx context.Context, id uint64, state membership.ActionState, errText string, notBefore membership.Instant,
) error {
	if err := b.fail("ActionDone"); err != nil {
		return err
	}
	return b.Roster.ActionDone(ctx, id, state, errText, notBefore)
}

func (b *brokenRoster) Tail(ctx context.Context, g membership.GroupID) (membership.Tail, error) {
	if err := b.fail("Tail"); err != nil {
		return membership.Tail{}, err
	}
	return b.Roster.Tail(ctx, g)
}

func (b *brokenRoster) PutGroup(ctx context.Context, g membership.Group) error {
	if err := b.fail("PutGroup"); err != nil {
		return err
	}
	return b.Roster.PutGroup(ctx, g)
}

func (b *brokenRoster) BeginWalk(ctx context.Context, g membership.GroupID, first membership.Checkpoint) (membership.Walk, error) {
	if err := b.fail("BeginWalk"); err != nil {
		return membership.Walk{}, err
	}
	return b.Roster.BeginWalk(ctx, g, first)
}

func (b *brokenRoster) Pages(ctx context.Context, g membership.GroupID, walk uint32) iter.Seq2[membership.Page, error] {
	if err := b.fail("Pages"); err != nil {
		return func(yield func(membership.Page, error) bool) { yield(membership.Page{}, err) }
	}
	return b.Roster.Pages(ctx, g, walk)
}

func (b *brokenRoster) StagePage(ctx context.Context, p membership.Page) error {
	if err := b.fail("StagePage"); err != nil {
		return err
	}
	return b.Roster.StagePage(ctx, p)
}

func (b *brokenRoster) MergeWalk(ctx context.Context, g membership.GroupID, p membership.Policy) (membership.Outcome, error) {
	if err := b.fail("MergeWalk"); err != nil {
		return membership.Outcome{}, err
	}
	return b.Roster.MergeWalk(ctx, g, p)
}

func (b *brokenRoster) FinishWalk(ctx context.Context, g membership.GroupID, total int) (membership.Certificate, error) {
	if err := b.fail("FinishWalk"); err != nil {
		return membership.Certificate{}, err
	}
	return b.Roster.FinishWalk(ctx, g, total)
}
