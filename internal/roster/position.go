package roster

import (
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// BotState is where the bot's updates stand; false where they never began.
func (r *Roster) BotState(ctx context.Context, bot membership.UserID) (s membership.BotState, ok bool, err error) {
	err = r.view(ctx, func(tx *bolt.Tx) (err error) {
		ok, err = get(tx.Bucket(bucketBots), keyUser(bot), (*botStateValue)(&s), "the bot's position")
		return err
	})
	if err != nil {
		return membership.BotState{}, false, fmt.Errorf("read the position of bot %d: %w", bot, err)
	}
	return s, ok, nil
}

// UpdateBotState changes where the bot's updates stand. Its qts moves forward with the events, in Ingest; fn is for the rest and may
// set everything, backwards too, since what Telegram then delivers again is known by its identity.
func (r *Roster) UpdateBotState(ctx context.Context, bot membership.UserID, fn func(*membership.BotState)) error {
	err := r.update(ctx, func(tx *bolt.Tx) error {
		var s botStateValue
		if _, err := get(tx.Bucket(bucketBots), keyUser(bot), &s, "the bot's position"); err != nil {
			return err
		}
		fn((*membership.BotState)(&s))
		return tx.Bucket(bucketBots).Put(keyUser(bot), encode(&s))
	})
	if err != nil {
		return fmt.Errorf("store the position of bot %d: %w", bot, err)
	}
	return nil
}

// Tail is where the admin log was read up to; the zero Tail where it never was.
func (r *Roster) Tail(ctx context.Context, id membership.GroupID) (t membership.Tail, err error) {
	err = r.viewGroup(ctx, id, func(g *group) error {
		_, err := g.state(keyTail, (*tailValue)(&t))
		return err
	})
	if err != nil {
		return membership.Tail{}, fmt.Errorf("read the admin log's position: %w", err)
	}
	return t, nil
}

// moveTail moves the admin log's position forward, never back: a read begins above the last one and goes down.
func (g *group) moveTail(to *membership.Tail) error {
	if to == nil {
		return nil
	}
	var t tailValue
	if _, err := g.state(keyTail, &t); err != nil {
		return err
	}
	before := membership.Tail(t)
	switch {
	case to.LastID < t.LastID:
		return nil
	case to.LastID > t.LastID:
		t.LastID, t.LastDate, t.Open = to.LastID, to.LastDate, to.Open
	case to.Open.Top > t.Open.Top || (to.Open.Top == t.Open.Top && to.Open.Below < t.Open.Below):
		t.Open = to.Open
	}
	t.Read = max(t.Read, to.Read)
	if err := g.setState(keyTail, &t); err != nil {
		return err
	}
	return g.settleTold(before, membership.Tail(t))
}

// Sources is when each source last worked.
func (r *Roster) Sources(ctx context.Context, id membership.GroupID) (s membership.Sources, err error) {
	s.Gaps = []membership.Gap{}
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		s, err = g.sources()
		return err
	})
	if err != nil {
		return membership.Sources{}, fmt.Errorf("read the sources of group %d: %w", id, err)
	}
	return s, nil
}

// SourcesNow is Sources with the open gaps alone, which is what decides how far the roster may be trusted now: settled ones tell of the past, and
// reading them costs the more the longer the roster is kept.
func (r *Roster) SourcesNow(ctx context.Context, id membership.GroupID) (s membership.Sources, err error) {
	s.Gaps = []membership.Gap{}
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		s, err = g.sourcesNow()
		return err
	})
	return s, wrap(err, "read the sources of group %d", id)
}

// UpdateSources changes what is known of the sources: the bot's admin flag, since when its feed is whole, when that was proved. What came
// with a batch proves nothing: others may be missing before it. Gaps are not changed by it.
func (r *Roster) UpdateSources(ctx context.Context, id membership.GroupID, fn func(*membership.Sources)) error {
	err := r.updateGroup(ctx, id, func(g *group) error { return g.updateSources(fn) })
	if err != nil {
		return fmt.Errorf("store the sources of group %d: %w", id, err)
	}
	return nil
}

func (g *group) updateSources(fn func(*membership.Sources)) error {
	s, err := g.sourcesNow()
	if err != nil {
		return err
	}
	fn(&s)
	if err := g.setState(keySources, (*sourcesValue)(&s)); err != nil {
		return err
	}
	return g.settleCovered(s)
}

func (g *group) sources() (membership.Sources, error) {
	s, err := g.sourcesNow()
	if err == nil {
		s.Gaps, err = g.gaps()
	}
	return s, err
}

func (g *group) sourcesNow() (s membership.Sources, err error) {
	if _, err := g.state(keySources, (*sourcesValue)(&s)); err != nil {
		return s, err
	}
	s.Gaps, err = g.openGaps()
	return s, err
}
