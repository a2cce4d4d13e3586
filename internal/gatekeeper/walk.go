package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/internal/walk"
)

// Progress is where a walk is.
type Progress struct {
	Walk    membership.Walk
	Resumed bool
	// Certificate is set on the last one.
	Certificate *membership.Certificate
}

// Walk walks the group once, or goes on with a walk that was interrupted, which keeps its own level. It yields after every stored page and,
// last, with the certificate. Breaking off between two pages loses nothing. While another walk of this keeper runs, it waits for its
// end. Level 0 is the keeper's own.
func (k *Keeper) Walk(ctx context.Context, owner Group, level membership.Level) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		err := k.walking.take(ctx, func() error {
			return k.walk(ctx, owner, level, func(p Progress) bool { return yield(p, nil) })
		})
		if err != nil {
			yield(Progress{}, err)
		}
	}
}

func (k *Keeper) walk(ctx context.Context, owner Group, level membership.Level, tell func(Progress) bool) error {
	g, err := k.describe(ctx, owner)
	if err != nil {
		return err
	}
	if err := k.endAudit(ctx, g.Total); err != nil {
		return err
	}
	r, err := k.round(ctx, level, g.Total)
	if err != nil {
		return err
	}
	if r.resumed {
		if err := k.merge(ctx); err != nil {
			return err
		}
	}
	for !r.at.Checkpoint.Done() {
		if err := k.turnPage(ctx, owner, r); err != nil {
			return err
		}
		if !tell(Progress{Walk: r.at, Resumed: r.resumed}) {
			return nil
		}
	}
	return k.certify(ctx, owner, r, tell)
}

// ErrNoAdministrator says that the owner's account does not administer the group any more.
var ErrNoAdministrator = errors.New("the account is no administrator of the group any more")

// migrated says that the basic group is none any more.
func migrated(err error) bool {
	_, is := errors.AsType[*membership.MigratedError](err)
	return is
}

// round is a walk under way.
type round struct {
	at      membership.Walk
	walker  *walk.Walker
	resumed bool
}

// turnPage asks for the next page and stores it. After an error the round is not to be gone on with: its walker may be ahead of the roster.
func (k *Keeper) turnPage(ctx context.Context, owner Group, r *round) error {
	cp := r.at.Checkpoint
	page, err := owner.Page(ctx, r.at, cp.Next)
	if migrated(err) { // its id refuses from now on
		if err := k.endAsItIs(ctx, r.at, cp.TotalBefore); err != nil {
			return fmt.Errorf("end walk %d of a group that is none any more: %w", r.at.ID, err)
		}
	}
	if err != nil {
		return refusedError{fmt.Errorf("read page %d of the participants: %w", cp.Pages+1, err)}
	}
	if err := k.vouch(ctx, owner, cp.Next, page); err != nil {
		return err
	}
	page = r.walker.Take(page)
	if err := k.roster.StagePage(ctx, page); err != nil {
		return fmt.Errorf("store page %d of the participants: %w", page.After.Pages, err)
	}
	r.at.Checkpoint = page.After
	return nil
}

// round goes on with the open walk, or begins one.
func (k *Keeper) round(ctx context.Context, level membership.Level, total int) (*round, error) {
	open, found, err := k.roster.OpenWalk(ctx, k.group.ID)
	if err != nil {
		return nil, fmt.Errorf("look for an interrupted walk: %w", err)
	}
	o, err := k.walkOptions(ctx, level, total)
	if err != nil {
		return nil, err
	}
	if found {
		r, ours, err := k.resume(ctx, open, o)
		if ours || err != nil {
			return r, err
		}
		if err := k.giveUp(ctx, open, total); err != nil {
			return nil, fmt.Errorf("end walk %d, which cannot go on: %w", open.ID, err)
		}
	}
	walker := walk.New(o)
	begun, err := k.roster.BeginWalk(ctx, k.group.ID, walker.Checkpoint())
	if err != nil {
		return nil, fmt.Errorf("begin a walk: %w", err)
	}
	return &round{at: begun, walker: walker}, nil
}

// resume takes up a walk by its stored pages. It is not ours where they lead elsewhere than it stood: then another version planned it.
func (k *Keeper) resume(ctx context.Context, open membership.Walk, o walk.Options) (r *round, ours bool, err error) {
	o.Level, o.Total = open.Checkpoint.Level, open.Checkpoint.TotalBefore
	walker, err := walk.Resume(o, k.roster.Pages(ctx, k.group.ID, open.ID))
	if err != nil {
		return nil, false, fmt.Errorf("take up the interrupted walk %d: %w", open.ID, err)
	}
	ours = walker.Checkpoint().Next == open.Checkpoint.Next
	open.Checkpoint = walker.Checkpoint()
	return &round{at: open, walker: walker, resumed: true}, ours, nil
}

// giveUp ends a walk as it stands: its pages count, and its certificate says how far they go.
func (k *Keeper) giveUp(ctx context.Context, open membership.Walk, total int) error {
	k.log.Warn("an interrupted walk was planned by another version of the program; it ends as it is, and a new one begins", zap.Uint32("walk", open.ID))
	return k.endAsItIs(ctx, open, total)
}

func (k *Keeper) endAsItIs(ctx context.Context, open membership.Walk, total int) error {
	end := membership.Page{Group: k.group.ID, Walk: open.ID, Query: open.Checkpoint.Next, After: open.Checkpoint}
	end.After.Next = membership.Query{}
	end.After.Pages++
	end.After.CallsLeft = 0
	if err := k.roster.StagePage(ctx, end); err != nil {
		return err
	}
	if err := k.merge(ctx); err != nil {
		return err
	}
	_, err := k.roster.FinishWalk(ctx, k.group.ID, total)
	return err
}

// walkOptions are a new walk's. What the last finished walk measured of the server holds for those after it; while a walk is open none
// finishes, so that it finds the same when it goes on.
func (k *Keeper) walkOptions(ctx context.Context, level membership.Level, total int) (walk.Options, error) {
	if level == 0 {
		level = k.settings().Level
	}
	o := walk.Options{Kind: k.group.Kind, Level: level, Total: total}
	last, ok, err := k.roster.LastWalk(ctx, k.group.ID)
	if err != nil {
		return o, fmt.Errorf("read what the last walk measured: %w", err)
	}
	if ok && last.Certificate != nil {
		o.Server = last.Certificate.Search.Server
	}
	return o, nil
}

// certify merges what was staged into the standings, says what it proves, and ends the walk.
func (k *Keeper) certify(ctx context.Context, owner Group, r *round, tell func(Progress) bool) error {
	g, err := k.describe(ctx, owner)
	if migrated(err) {
		g, err = membership.Group{Total: r.at.Checkpoint.TotalBefore}, nil // its list was read, and will not be again
	}
	if err != nil {
		return err
	}
	missed, err := k.missed(ctx, r, g.Total)
	if err != nil {
		return err
	}
	r.walker = nil // a merge takes as much memory as it did, and it is not needed any more
	if err := k.merge(ctx); err != nil {
		return err
	}
	if err := k.miss(ctx, r.at, missed); err != nil {
		return err
	}
	cert, err := k.roster.FinishWalk(ctx, k.group.ID, g.Total)
	if err != nil {
		return fmt.Errorf("end the walk: %w", err)
	}
	if k.believed() {
		if err := k.noteList(ctx, r.at.Started); err != nil {
			return err
		}
	}
	tell(Progress{Walk: r.at, Resumed: r.resumed, Certificate: &cert})
	return nil
}

func (k *Keeper) merge(ctx context.Context) error {
	out, err := k.roster.MergeWalk(ctx, k.group.ID, k.settings().Policy)
	if err != nil {
		return fmt.Errorf("merge the pages read into the roster: %w", err)
	}
	k.follow(out)
	return nil
}

// vouch asks whether the account still administers the group where a page of members shows none of the ordinary ones. So looks the answer to
// somebody else where members are hidden: a walk that took it would believe that nobody else is there.
func (k *Keeper) vouch(ctx context.Context, owner Group, q membership.Query, page membership.Page) error {
	members := q.List == membership.ListRecent || q.List == membership.ListSearch
	if !members || k.group.Kind == membership.BasicGroup || slices.ContainsFunc(page.Rows, ordinary) {
		return nil
	}
	_, err := k.describe(ctx, owner)
	return err
}

func ordinary(r membership.Row) bool {
	s := r.Sighting.State
	return s.Presence == membership.In && s.Role < membership.Administrator && !r.Profile.Bot
}

// describe refreshes the group's title, rights and member count. It fails where the account is no administrator any more: then Telegram may show
// it less than there is, without a word: of a group that hides its members, administrators and bots alone.
func (k *Keeper) describe(ctx context.Context, owner Group) (membership.Group, error) {
	g, err := owner.Describe(ctx)
	if err != nil {
		return g, k.refused(ctx, err)
	}
	if err := k.roster.PutGroup(ctx, g); err != nil {
		return g, fmt.Errorf("store the group: %w", err)
	}
	if !g.Admin {
		return g, refusedError{fmt.Errorf("read the members: %w", ErrNoAdministrator)}
	}
	return g, nil
}

// shutOut notes that the account has no rights in the group any more.
func (k *Keeper) shutOut(ctx context.Context) error {
	g, known, err := k.roster.Group(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read the group: %w", err)
	}
	if !known {
		return nil
	}
	g.Admin, g.Creator, g.Rights = false, false, membership.Rights{}
	if err := k.roster.PutGroup(ctx, g); err != nil {
		return fmt.Errorf("store the group: %w", err)
	}
	return nil
}

// Outlook is what a walk will most likely cost.
type Outlook struct {
	Group membership.Group
	Level membership.Level
	Calls int // that are yet to be made
	// Open is the interrupted walk that would go on; nil where one would begin.
	Open *membership.Walk
}

// Outlook says what Walk would cost, but for asking for the group before and after. It asks for the group alone.
func (k *Keeper) Outlook(ctx context.Context, owner Group, level membership.Level) (Outlook, error) {
	g, err := k.describe(ctx, owner)
	if err != nil {
		return Outlook{}, err
	}
	open, found, err := k.roster.OpenWalk(ctx, k.group.ID)
	if err != nil {
		return Outlook{}, fmt.Errorf("look for an interrupted walk: %w", err)
	}
	if cp := open.Checkpoint; found && cp.Pages > 0 {
		return Outlook{Group: g, Level: cp.Level, Calls: cp.CallsLeft, Open: &open}, nil
	}
	if found {
		level = open.Checkpoint.Level
	}
	o, err := k.walkOptions(ctx, level, g.Total)
	if err != nil {
		return Outlook{}, err
	}
	calls, err := k.expected(ctx, o)
	return Outlook{Group: g, Level: o.Level, Calls: calls}, err
}

// expected is how many calls a walk most likely takes: where it has to search, as many as the last one of its level, by the group's size. How many
// those are goes by people's names, which no figure beforehand tells.
func (k *Keeper) expected(ctx context.Context, o walk.Options) (int, error) {
	last, found, err := k.roster.LastWalk(ctx, k.group.ID)
	if err != nil {
		return 0, fmt.Errorf("read what the last walk took: %w", err)
	}
	c := last.Certificate
	searched := found && c != nil && c.Search.Prefixes > 0 && c.Level == o.Level && c.Coverage.Ratio > 0.8
	if !searched || o.Total <= membership.ParticipantWindow || c.TotalAfter <= membership.ParticipantWindow {
		return walk.Estimate(o), nil
	}
	return c.Calls * o.Total / c.TotalAfter, nil
}

// EndWalk ends the open walk with what it has shown, where there is one: its group is none any more.
func (k *Keeper) EndWalk(ctx context.Context) error {
	return k.walking.take(ctx, func() error {
		open, found, err := k.roster.OpenWalk(ctx, k.group.ID)
		if err != nil || !found {
			return err
		}
		return k.endAsItIs(ctx, open, open.Checkpoint.TotalBefore)
	})
}
