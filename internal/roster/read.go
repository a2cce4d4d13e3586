package roster

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// readChunk is how many people a bulk reader takes out of one transaction before it hands them over: whoever receives them may
// write to a pipe, and no transaction waits for that.
const readChunk = 1000

// Person is what is known of somebody, the rows of an unfinished walk included; false where the group knows nothing of them: no
// fact, no contact, no profile.
func (r *Roster) Person(ctx context.Context, id membership.GroupID, user membership.UserID) (p membership.Person, ok bool, err error) {
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		p, err = r.read(g, user)
		if err != nil {
			return err
		}
		ok = p.Known || !p.Record.IsZero() || g.in(bucketSubscribers).Get(keyUser(user)) != nil
		return nil
	})
	if err != nil {
		return membership.Person{}, false, wrap(err, "read person %d", user)
	}
	return p, ok, nil
}

// read is the person's record with the staged rows, and the profile, with the staged ones' where no other is known.
func (r *Roster) read(g *group, user membership.UserID) (membership.Person, error) {
	v, err := g.person(user)
	if err != nil {
		return membership.Person{}, err
	}
	staged, sighted, err := r.sighted(g, user, &v.Record)
	if err != nil {
		return membership.Person{}, err
	}
	profile, known, err := profileOf(g.tx, user)
	if err != nil {
		return membership.Person{}, err
	}
	if sighted && overlays(staged, profile, known) {
		profile, known = staged, true
	}
	return membership.Person{Profile: profile.Profile, Known: known, Standing: v.Record.Standing(g.now), Record: v.Record}, nil
}

// settled is the person without the staged rows.
func (g *group) settled(user membership.UserID) (membership.Person, error) {
	v, err := g.person(user)
	if err != nil {
		return membership.Person{}, err
	}
	profile, known, err := profileOf(g.tx, user)
	return membership.Person{Profile: profile.Profile, Known: known, Standing: v.Record.Standing(g.now), Record: v.Record}, err
}

// overlays says whether a staged row's profile is shown instead of the stored one. Of the same second the stored one stands: the row
// may have been merged, and its name have gone to somebody else.
func overlays(staged, stored profileValue, known bool) bool {
	return !known || (staged.Learnt > stored.Learnt && replaces(staged, stored))
}

// ByUsername is who has the name now, with or without @, in any case. It reads the rows of an unfinished walk too.
func (r *Roster) ByUsername(ctx context.Context, id membership.GroupID, name string) (user membership.UserID, ok bool, err error) {
	key := keyName(strings.TrimPrefix(name, "@"))
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		user, err = namesOf(g.tx).owner(key)
		if err != nil || user != 0 {
			return err
		}
		user, err = g.stagedName(key)
		return err
	})
	if err != nil {
		return 0, false, wrap(err, "look up the name %q", name)
	}
	return user, user != 0, nil
}

// stagedName reads through the pages that no merge has entered yet; an unfinished walk is rare enough for no index of its own.
func (g *group) stagedName(key []byte) (found membership.UserID, err error) {
	w, open, err := g.openWalk()
	if err != nil || !open {
		return 0, err
	}
	err = g.eachBlock(w.ID, w.Merged, w.Checkpoint.Pages, func(_ int, raw []byte) error {
		return rowsOf(raw, func(_ int, row *membership.Row) error {
			if len(key) > 0 && string(keyName(row.Profile.Username)) == string(key) {
				p, known, err := profileOf(g.tx, row.Profile.User)
				if err != nil {
					return err
				}
				if overlays(profileValue{Profile: row.Profile, Learnt: row.Sighting.Read}, p, known) {
					found = row.Profile.User
				}
			}
			return nil
		})
	})
	return found, err
}

// People gives everybody of whom anything was stated to fn, by id, the rows of an unfinished walk included. fn is called outside any
// transaction and may take its time; what changes meanwhile may or may not be in. An error of fn ends the reading and is returned.
func (r *Roster) People(ctx context.Context, id membership.GroupID, fn func(membership.Person) error) error {
	return r.eachPerson(ctx, id, r.stagedUsers(r.home(id)), r.portray, func(p portrait) error { return fn(p.Person) })
}

// Settled is People without the rows of an unfinished walk, whose reading takes as much memory again as the rows.
func (r *Roster) Settled(ctx context.Context, id membership.GroupID, fn func(membership.Person) error) error {
	settled := func(g *group, user membership.UserID) (portrait, error) {
		p, err := g.settled(user)
		return portrait{Person: p}, err
	}
	return r.eachPerson(ctx, id, nil, settled, func(p portrait) error { return fn(p.Person) })
}

// portrait is a person, with the ledger's entries where they were asked for.
type portrait struct {
	membership.Person

	events []membership.Event
}

func (r *Roster) portray(g *group, user membership.UserID) (portrait, error) {
	p, err := r.read(g, user)
	return portrait{Person: p}, err
}

type personReader func(*group, membership.UserID) (portrait, error)

func (r *Roster) eachPerson(
	ctx context.Context, id membership.GroupID, staged []membership.UserID, read personReader, fn func(portrait) error,
) error {
	var after membership.UserID
	for {
		chunk, next, err := r.peopleAfter(ctx, id, after, staged, read)
		if err != nil {
			return wrap(err, "read the people of group %d", id)
		}
		for _, p := range chunk {
			if err := fn(p); err != nil {
				return err
			}
		}
		if next == after {
			return nil
		}
		after = next
	}
}

// peopleAfter reads the people with ids above after, and returns the last id that it looked at: after itself at the end.
func (r *Roster) peopleAfter(
	ctx context.Context, id membership.GroupID, after membership.UserID, staged []membership.UserID, read personReader,
) (chunk []portrait, next membership.UserID, err error) {
	next = after
	err = r.viewGroup(ctx, id, func(g *group) error {
		people := g.people().from(keyUser(after + 1))
		ids, err := idsAfter(people.keys(), after, staged)
		if err = cmp.Or(err, people.err); err != nil {
			return err
		}
		chunk = make([]portrait, 0, len(ids))
		for _, user := range ids {
			p, err := read(g, user)
			if err != nil {
				return err
			}
			if !p.Record.IsZero() {
				p.Profile.User = user
				chunk = append(chunk, p)
			}
			next = user
		}
		return nil
	})
	return chunk, next, err
}

func keysFrom(b *bolt.Bucket, key []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		c := b.Cursor()
		for k, _ := c.Seek(key); k != nil && yield(k); {
			k, _ = c.Next()
		}
	}
}

// idsAfter are the next ids of a bucket and of others, sorted, each once. They rise, even in a damaged file: a reader that goes on
// from the last one comes to an end.
func idsAfter(keys iter.Seq[[]byte], after membership.UserID, others []membership.UserID) ([]membership.UserID, error) {
	ids := make([]membership.UserID, 0, 2*readChunk)
	last := after
	for k := range keys {
		user := userOf(k)
		if user <= last {
			return nil, damagedf("ids are out of order at %d", user)
		}
		if ids, last = append(ids, user), user; len(ids) == readChunk {
			break
		}
	}
	from, _ := slices.BinarySearch(others, after+1)
	ids = append(ids, others[from:min(from+readChunk, len(others))]...)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(readChunk, len(ids))], nil
}

// Case is everything about somebody that a verdict depends on, read in one transaction. The caller fills Policy and Freshness;
// Policy.Enforce is what Enforce stored.
func (r *Roster) Case(ctx context.Context, id membership.GroupID, user membership.UserID) (membership.Case, error) {
	c := membership.Case{User: user, Now: r.instant()}
	err := r.viewGroup(ctx, id, func(g *group) (err error) {
		c.Now = g.now
		v, err := g.person(user)
		if err != nil {
			return err
		}
		if _, _, err := r.sighted(g, user, &v.Record); err != nil {
			return err
		}
		c.Standing, c.Allowed = v.Record.Standing(g.now), g.allowed(user)
		if c.Policy.Enforce, err = g.enforced(); err != nil {
			return err
		}
		c.Subscriber, err = g.subscriber(user)
		return err
	})
	if err != nil {
		return membership.Case{}, wrap(err, "read the case of %d", user)
	}
	return c, nil
}

// Subscriber is zero for somebody who never started the bot.
func (r *Roster) Subscriber(ctx context.Context, id membership.GroupID, user membership.UserID) (s membership.Subscriber, err error) {
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		s, err = g.subscriber(user)
		return err
	})
	return s, wrap(err, "read subscriber %d", user)
}

// Subscribers gives every subscriber, with what a plan judges by, to fn, by id. fn is called outside any transaction.
func (r *Roster) Subscribers(ctx context.Context, id membership.GroupID, fn func(membership.Candidate) error) error {
	var after membership.UserID
	for {
		var chunk []membership.Candidate
		err := r.viewGroup(ctx, id, func(g *group) error {
			ids, err := idsAfter(keysFrom(g.in(bucketSubscribers), keyUser(after+1)), after, nil)
			if err != nil {
				return err
			}
			for _, user := range ids {
				c, err := r.candidate(g, user)
				if err != nil {
					return err
				}
				chunk = append(chunk, c)
			}
			return nil
		})
		if err != nil {
			return wrap(err, "read the subscribers of group %d", id)
		}
		for _, c := range chunk {
			if err := fn(c); err != nil {
				return err
			}
			after = c.Profile.User
		}
		if len(chunk) == 0 {
			return nil
		}
	}
}

// candidate is somebody as a plan judges them.
func (r *Roster) candidate(g *group, user membership.UserID) (membership.Candidate, error) {
	p, err := r.read(g, user)
	if err != nil {
		return membership.Candidate{}, err
	}
	c := membership.Candidate{Profile: p.Profile, Standing: p.Standing}
	c.Profile.User = user
	if c.Subscriber, err = g.subscriber(user); err != nil {
		return c, err
	}
	if c.Protected, err = g.protected(user, 0); err != nil {
		return c, err
	}
	c.Cause, err = g.cause(user, p.Standing.Evidence)
	return c, err
}

// History is the person's ledger entries, oldest first.
func (r *Roster) History(ctx context.Context, id membership.GroupID, user membership.UserID) ([]membership.Event, error) {
	var events []membership.Event
	err := r.viewGroup(ctx, id, func(g *group) (err error) {
		events, err = g.history(user)
		return err
	})
	if err != nil {
		return nil, wrap(err, "read the history of %d", user)
	}
	return events, nil
}

// history is the person's ledger entries, oldest first.
func (g *group) history(user membership.UserID) ([]membership.Event, error) {
	events := []membership.Event{}
	v, err := g.person(user)
	if err != nil {
		return nil, err
	}
	err = g.chain(v.Last, func(e ledgerEntry) error {
		events = append(events, e.Event)
		return nil
	})
	slices.Reverse(events)
	return events, err
}

// Events are the ledger's entries after a seq, in its order, at most limit.
func (r *Roster) Events(ctx context.Context, id membership.GroupID, after uint64, limit int) ([]membership.Event, error) {
	events := []membership.Event{}
	err := r.viewGroup(ctx, id, func(g *group) error {
		c := g.in(bucketLedger).Cursor()
		for k, raw := c.Seek(keyUint(after + 1)); k != nil && len(events) < limit; k, raw = c.Next() {
			var e ledgerEntry
			if err := decodeEntry(raw, &e); err != nil {
				return err
			}
			e.Event.Seq, e.Event.Group = number(k), g.id
			events = append(events, e.Event)
		}
		return nil
	})
	if err != nil {
		return nil, wrap(err, "read the ledger after %d", after)
	}
	return events, nil
}
