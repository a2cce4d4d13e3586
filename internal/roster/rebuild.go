package roster

import (
	"bytes"
	"context"
	"slices"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// Rebuild makes everything derived anew, in one transaction: the chains through the ledger, the standings, the identities, the name
// index, the counts. What is not derived stays: the ledger's entries, what lists showed of each person, profiles, subscribers,
// actions, positions. On a clean roster it changes nothing.
func (r *Roster) Rebuild(ctx context.Context) error {
	err := r.update(ctx, func(tx *bolt.Tx) error {
		if err := rebuildNames(tx); err != nil {
			return err
		}
		return eachGroup(tx, r.instant(), func(g *group) error {
			for _, step := range []func(*group) error{rebuildLedger, rebuildTally} {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := step(g); err != nil {
					return err
				}
			}
			return g.flush()
		})
	})
	return wrap(err, "rebuild the roster")
}

// put is a value to be written once its bucket is not being read any more.
type put struct{ key, value []byte }

// replace makes a bucket hold exactly the puts, and writes only what differs.
func replace(b *bolt.Bucket, puts []put) error {
	slices.SortFunc(puts, func(a, b put) int { return bytes.Compare(a.key, b.key) })
	var stale [][]byte
	err := b.ForEach(func(k, _ []byte) error {
		if _, ok := slices.BinarySearchFunc(puts, k, func(p put, k []byte) int { return bytes.Compare(p.key, k) }); !ok {
			stale = append(stale, bytes.Clone(k))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range stale {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	for _, p := range puts {
		if bytes.Equal(b.Get(p.key), p.value) {
			continue
		}
		if err := b.Put(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// rebuildLedger goes through the ledger in its order, chains the entries anew, and folds each person.
func rebuildLedger(g *group) error {
	people, err := g.listed()
	if err != nil {
		return err
	}
	var identities, entries []put
	err = g.in(bucketLedger).ForEach(func(k, raw []byte) error {
		var e ledgerEntry
		if err := decodeEntry(raw, &e); err != nil {
			return err
		}
		e.Event.Group = g.id
		p := people[e.Event.User]
		if p == nil {
			p = &personValue{}
			people[e.Event.User] = p
		}
		if e.Prev != p.Last {
			e.Prev = p.Last
			entries = append(entries, put{bytes.Clone(k), encodeEntry(&e)})
		}
		p.Last = number(k)
		p.Record.Apply(e.Event)
		seq := numberValue(p.Last)
		identities = append(identities, put{keyIdentity(e.Event.Identity()), encode(&seq)})
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := g.in(bucketLedger).Put(e.key, e.value); err != nil {
			return err
		}
	}
	if err := replace(g.in(bucketIdentity), identities); err != nil {
		return err
	}
	folded := make([]put, 0, len(people))
	for user, p := range people {
		folded = append(folded, put{keyUser(user), appendPerson(nil, p, classOf(&p.Record))})
	}
	return replace(g.in(bucketPeople), folded)
}

// listed is everybody with what lists alone showed of them.
func (g *group) listed() (map[membership.UserID]*personValue, error) {
	people := map[membership.UserID]*personValue{}
	err := g.in(bucketPeople).ForEach(func(k, raw []byte) error {
		var p personValue
		if err := decodePerson(raw, &p); err != nil {
			return wrap(err, "person %d", userOf(k))
		}
		people[userOf(k)] = &personValue{Record: p.Record.ListOnly()}
		return nil
	})
	return people, err
}

// rebuildNames enters each profile's name; of two with one name the one learnt later has it.
func rebuildNames(tx *bolt.Tx) error {
	owners := map[string]profileValue{}
	var losers []profileValue
	err := tx.Bucket(bucketProfiles).ForEach(func(k, raw []byte) error {
		var p profileValue
		if err := decode(raw, &p, "a profile"); err != nil {
			return wrap(err, "profile of %d", userOf(k))
		}
		p.User = userOf(k)
		name := string(keyName(p.Username))
		if name == "" {
			return nil
		}
		if other, taken := owners[name]; taken {
			loser := other
			if other.Learnt > p.Learnt {
				loser, p = p, other
			}
			losers = append(losers, loser)
		}
		owners[name] = p
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range losers {
		p.Username = ""
		if err := tx.Bucket(bucketProfiles).Put(keyUser(p.User), encode(&p)); err != nil {
			return err
		}
	}
	puts := make([]put, 0, len(owners))
	for name, p := range owners {
		puts = append(puts, put{[]byte(name), encodeOwner(p.User)})
	}
	return replace(tx.Bucket(bucketNames), puts)
}

func rebuildTally(g *group) error {
	var t tallyValue
	err := g.in(bucketSubscribers).ForEach(func(k, _ []byte) error {
		s, err := g.subscriber(userOf(k))
		t.Subscribers[s.Dialog][s.Access]++
		return err
	})
	if err != nil {
		return err
	}
	err = g.tx.Bucket(bucketActions).ForEach(func(k, _ []byte) error {
		a, _, err := actionOf(g.tx, number(k))
		if a.Group == g.id {
			t.Actions[a.State]++
		}
		return err
	})
	g.tally, g.tallyDirty = &t, true
	return err
}
