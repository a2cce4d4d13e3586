package gatekeeper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

const (
	// driftRound is how many lookups a search for a difference orders at once.
	driftRound = 200
	// driftStep is how often a search under way is looked after.
	driftStep = time.Minute
	// ownerCounts is how often the owner's account is asked for the count while the bot cannot tell; a search under way asks ownerStep apart.
	ownerCounts, ownerStep = time.Hour, 10 * time.Minute
)

// drift compares Telegram's count of the members with those who are known, and takes the search for a difference one step further. It says when
// to do so again. A basic group has no need of it: its list is a lookup of everybody.
func (k *Keeper) drift(ctx context.Context) (time.Duration, error) {
	if k.group.Kind == membership.BasicGroup {
		return k.pace.CountEvery, nil
	}
	d, err := k.roster.Drift(ctx, k.group.ID)
	if err != nil {
		return 0, err
	}
	r, ok, err := k.reading(ctx, d)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, err
	case !ok:
		return driftStep, nil
	}
	next := d.Compare(r)
	if next, err = k.search(ctx, d, next, r); err != nil {
		return 0, err
	}
	if err := k.roster.SetDrift(ctx, k.group.ID, next); err != nil {
		return 0, err
	}
	if err := k.sayDrift(ctx, d, next, r); err != nil {
		return 0, err
	}
	if next.Stage == membership.DriftNone || next.Stage == membership.DriftRest {
		return k.pace.CountEvery, nil
	}
	return min(driftStep, k.pace.CountEvery), nil
}

// reading is the comparison of now; not ok where nobody can be asked, or what is known is not up to date.
func (k *Keeper) reading(ctx context.Context, d membership.Drift) (r membership.DriftReading, ok bool, err error) {
	last, walked, err := k.roster.LastWalk(ctx, k.group.ID)
	if err != nil || !walked || last.Certificate == nil {
		return r, false, err
	}
	audit, _, err := k.roster.LastAudit(ctx, k.group.ID)
	if err != nil {
		return r, false, err
	}
	if ok, err = k.counts(ctx, d, &r); err != nil || !ok {
		return r, false, err
	}
	s, err := k.sources(ctx)
	if err != nil {
		return r, false, err
	}
	c := last.Certificate
	k.mu.Lock()
	bot, owner := k.answers, k.owner
	k.mu.Unlock()
	r.At, r.Log = k.instant(), s.AdminLog
	r.Walk, r.Ended, r.Remains, r.Whole = last.ID, last.Ended, c.TotalAfter-c.Proven, shownWhole(last)
	r.Read = max(last.Started, audit.Started)
	r.Lookable, r.Walkable, r.Waiting = bot != nil && s.BotAdmin, owner != nil, k.waiting()
	if r.Walk > d.Based || d.Open > 0 {
		if err := k.countMissed(ctx, last, &r); err != nil {
			return r, false, err
		}
	}
	if d.Stage == membership.DriftSweep {
		users, err := k.unconfirmed(ctx, d)
		if err != nil {
			return r, false, err
		}
		r.Unconfirmed = len(users)
	}
	return r, true, nil
}

// counts reads Telegram's count before and after who is known, and between the two what happened until then: the bot's updates where it hears of
// everybody, the admin log otherwise.
func (k *Keeper) counts(ctx context.Context, d membership.Drift, r *membership.DriftReading) (ok bool, err error) {
	s, err := k.sources(ctx)
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	bot, owner := k.answers, k.owner
	k.mu.Unlock()
	hears := bot != nil && s.BotAdmin
	if !hears && (owner == nil || !k.ownerMayCount(d)) {
		return false, nil
	}
	count := func() (int, error) {
		if bot != nil {
			n, err := bot.Count(ctx)
			if err == nil || hears {
				return n, err
			}
		}
		g, err := k.describe(ctx, owner)
		if err != nil && !isRefused(err) {
			return 0, rosterError{err}
		}
		return g.Total, err
	}
	if r.Counted, err = count(); err != nil {
		return false, k.uncounted(ctx, err)
	}
	if hears {
		_, err = k.alive(ctx, bot)
	} else if err = k.Tail(ctx, owner); err != nil && !isRefused(err) {
		return false, err
	}
	if err != nil {
		return false, k.uncounted(ctx, err)
	}
	if r.Known, err = k.roster.KnownIn(ctx, k.group.ID); err != nil {
		return false, err
	}
	r.CountedAfter = r.Counted
	if hears {
		if r.CountedAfter, err = count(); err != nil {
			return false, k.uncounted(ctx, err)
		}
	}
	return r.Counted > 0 && r.CountedAfter > 0, nil
}

// rosterError marks an error that ends the run, unlike a refusal.
type rosterError struct{ error }

func (e rosterError) Unwrap() error { return e.error }

// uncounted tolerates that Telegram does not tell now.
func (k *Keeper) uncounted(ctx context.Context, err error) error {
	if r, is := errors.AsType[rosterError](err); is {
		return r.error
	}
	if ctx.Err() == nil {
		k.log.Debug("the members could not be counted", zap.Error(err))
	}
	return ctx.Err()
}

// ownerMayCount paces what the owner's account is asked.
func (k *Keeper) ownerMayCount(d membership.Drift) bool {
	every := ownerStep
	if d.Stage == membership.DriftNone || d.Stage == membership.DriftRest {
		every = ownerCounts
	}
	age := k.instant().Sub(d.At)
	return age < 0 || age >= every
}

// countMissed counts those whom the walk missed and who are not known to be gone.
func (k *Keeper) countMissed(ctx context.Context, w membership.Walk, r *membership.DriftReading) error {
	mark := missedAt(w)
	err := k.roster.Settled(ctx, k.group.ID, func(p membership.Person) error {
		if p.Standing.Presence == membership.In && p.Record.Missed >= mark {
			r.Missed++
			if p.Standing.Doubt == membership.DoubtMissed {
				r.MissedOpen++
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count whom the last walk missed: %w", err)
	}
	return nil
}

// search does what the stage asks for.
func (k *Keeper) search(ctx context.Context, was, is membership.Drift, r membership.DriftReading) (membership.Drift, error) {
	entered := is.Stage != was.Stage || is.Entered != was.Entered
	switch {
	case is.Stage == membership.DriftLog && entered:
		wake(k.tailWanted)
	case is.Stage == membership.DriftLookups && entered, is.Stage == membership.DriftSweep && (entered || r.Waiting == 0):
		users, err := k.suspects(ctx, is)
		if err != nil {
			return is, err
		}
		k.enqueuePatient(users...)
		is.Looked += len(users)
	}
	return is, nil
}

// suspects are whom to look up next: subscribers first, and those first who were confirmed longest ago. A sweep is for subscribers alone.
func (k *Keeper) suspects(ctx context.Context, d membership.Drift) ([]membership.UserID, error) {
	k.forgetTried(d.Since)
	people, err := k.unconfirmed(ctx, d)
	if err != nil {
		return nil, err
	}
	if d.Stage == membership.DriftLookups && len(people) < driftRound {
		others, err := k.unconfirmedMembers(ctx, d)
		if err != nil {
			return nil, err
		}
		for _, p := range others {
			if !slices.Contains(people, p) {
				people = append(people, p)
			}
			if len(people) == driftRound {
				break
			}
		}
	}
	people = people[:min(len(people), driftRound)]
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, user := range people {
		k.tried.users[user] = true
	}
	return people, nil
}

// tried are those whom the present search looked up: nobody is asked for twice whom Telegram could not tell of.
type tried struct {
	since membership.Instant
	users map[membership.UserID]bool
}

func (k *Keeper) forgetTried(since membership.Instant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tried.since != since || k.tried.users == nil {
		k.tried = tried{since: since, users: map[membership.UserID]bool{}}
	}
}

func (k *Keeper) wasTried(user membership.UserID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tried.users[user]
}

// suspect is somebody who may have left unheard.
type suspect struct {
	user      membership.UserID
	confirmed membership.Instant
}

func oldestFirst(people []suspect) []membership.UserID {
	slices.SortFunc(people, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(a.confirmed, b.confirmed), cmp.Compare(a.user, b.user))
	})
	users := make([]membership.UserID, len(people))
	for i, p := range people {
		users[i] = p.user
	}
	return users
}

// unconfirmed are the subscribers who are known to be in and were not confirmed since the difference was seen.
func (k *Keeper) unconfirmed(ctx context.Context, d membership.Drift) ([]membership.UserID, error) {
	var people []suspect
	err := k.roster.Subscribers(ctx, k.group.ID, func(c membership.Candidate) error {
		s := c.Standing
		if s.Presence == membership.In && s.LastConfirmed < d.Since && !k.wasTried(c.Profile.User) {
			people = append(people, suspect{c.Profile.User, s.LastConfirmed})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find which subscribers to look up: %w", err)
	}
	return oldestFirst(people), nil
}

// unconfirmedMembers are the others.
func (k *Keeper) unconfirmedMembers(ctx context.Context, d membership.Drift) ([]membership.UserID, error) {
	var people []suspect
	err := k.roster.Settled(ctx, k.group.ID, func(p membership.Person) error {
		if at := p.Confirmed(); p.Standing.Presence == membership.In && at < d.Since && p.Profile.User != k.bot && !k.wasTried(p.Profile.User) {
			people = append(people, suspect{p.Profile.User, at})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find which members to look up: %w", err)
	}
	return oldestFirst(people), nil
}

// waiting is how many lookups are ordered that nobody waits for, and not made.
func (k *Keeper) waiting() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for _, q := range k.queue {
		if q.patient {
			n++
		}
	}
	for _, f := range k.flights {
		if f.patient {
			n++
		}
	}
	return n
}

// sayDrift says what came of a step: that a search begins, once it is sure that there is something to search for, and how it ended.
func (k *Keeper) sayDrift(ctx context.Context, was, is membership.Drift, r membership.DriftReading) error {
	k.mu.Lock()
	if is.Stage == membership.DriftNone {
		k.tried = tried{}
	}
	k.mu.Unlock()
	took := is.At.Sub(was.Since).Round(time.Minute)
	s := said{kind: membership.NoteDrift, from: was.Since, to: is.At}
	switch {
	case is.Stage == was.Stage:
		return nil
	case was.Stage == membership.DriftLog && is.Stage == membership.DriftNone, was.Stage == membership.DriftNone:
		return nil // it was on its way, or may be
	case was.Stage == membership.DriftLog && is.Stage != membership.DriftRest && was.Rests == 0:
		s.text = fmt.Sprintf("Telegram counts %s than are known. Rollcall looks for who came or left unheard.", apart(is.Unexplained()))
	case is.Stage == membership.DriftRest:
		s.text = fmt.Sprintf("Telegram counts %s than are known, and nothing found until now explains it. The search begins again at %s.",
			apart(is.Unexplained()), is.NotBefore())
		s.notice = is.Rests == 1
	case is.Stage == membership.DriftNone && is.Baseline != was.Baseline && was.Absorbs(r):
		s.text = fmt.Sprintf("Telegram counts %s than are known, and %d lookups found nobody gone: most likely it stopped to count deleted accounts.",
			apart(was.Unexplained()), was.Looked)
	case is.Stage == membership.DriftNone:
		s.text = fmt.Sprintf("Telegram counted %s than were known; that is explained after %s and %d lookups.", apart(was.First), took, was.Looked)
	default:
		k.log.Info("the search for who came or left unheard goes on", zap.Stringer("stage", is.Stage), zap.Int("apart", is.Unexplained()), zap.Int("lookups", is.Looked))
		return nil
	}
	return k.say(ctx, s)
}

// apart is a difference in words.
func apart(n int) string {
	members, than := "members", "more"
	if n < 0 {
		n, than = -n, "fewer"
	}
	if n == 1 {
		members = "member"
	}
	return fmt.Sprintf("%d %s %s", n, members, than)
}
