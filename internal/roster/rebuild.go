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
func (r *Roster) Rebuild(ctx context.Context) (Rebuilt, error) {
	var done Rebuilt
	err := r.update(ctx, func(tx *bolt.Tx) (err error) {
		done = Rebuilt{}
		if done.Names, err = rebuildNames(tx); err != nil {
			return err
		}
		return eachGroup(tx, r.instant(), func(g *group) error {
			for _, step := range []func(*group, *Rebuilt) error{rebuildLedger, rebuildTally} {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := step(g, &done); err != nil {
					return err
				}
			}
			return g.flush()
		})
	})
	return done, wrap(err, "rebuild the roster")
}

// Rebuilt is what was not as ledger and lists say, and is now.
type Rebuilt struct {
	Entries    int  // folded anew
	People     int  // records that differed, one that was missing or too much among them
	Chains     int  // ledger entries that named another one before them
	Identities int  // identities that were missing, wrong or too much
	Names      bool // the index of names differed
	Counts     bool // what is counted of subscribers and actions differed
}

// IsZero says that nothing differed.
func (r Rebuilt) IsZero() bool { return r == Rebuilt{Entries: r.Entries} }

// put is a value to be written once its bucket is not being read any more.
type put struct{ key, value []byte }

func byKey(a, b put) int { return bytes.Compare(a.key, b.key) }

// replace makes a bucket hold exactly the puts, and writes only what differs.
func replace(b *bolt.Bucket, puts []put) (changed int, err error) {
	slices.SortFunc(puts, byKey)
	var stale [][]byte
	err = b.ForEach(func(k, _ []byte) error {
		if _, ok := slices.BinarySearchFunc(puts, k, func(p put, k []byte) int { return bytes.Compare(p.key, k) }); !ok {
			stale = append(stale, bytes.Clone(k))
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range stale {
		if err := b.Delete(k); err != nil {
			return 0, err
		}
	}
	changed = len(stale)
	for _, p := range puts {
		if bytes.Equal(b.Get(p.key), p.value) {
			continue
		}
		changed++
		if err := b.Put(p.key, p.value); err != nil {
			return 0, err
		}
	}
	return changed, nil
}

// rebuildLedger goes through the ledger in its order, chains the entries anew, and folds each person.
func rebuildLedger(g *group, done *Rebuilt) error {
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
		done.Entries++
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
	done.Chains += len(entries)
	n, err := replace(g.in(bucketIdentity), identities)
	if err != nil {
		return err
	}
	done.Identities += n
	folded := make([]put, 0, len(people))
	for user, p := range people {
		folded = append(folded, put{keyUser(user), appendPerson(nil, p, classOf(&p.Record))})
	}
	slices.SortFunc(folded, byKey)
	differ, err := g.people().differing(folded)
	if err != nil {
		return err
	}
	changed, err := g.people().replace(folded)
	if changed {
		differ = max(differ, 1) // who lay in the wrong place was not what should be found there
	}
	done.People += differ
	return err
}

// differing is how many of the entries are not in the bucket as they should be. Nobody is in it of whom there is no entry: they are made of
// whom it holds.
func (c clustered) differing(all []put) (n int, err error) {
	stored := c.follow()
	for _, p := range all {
		raw, err := stored.at(p.key)
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(raw, p.value) {
			n++
		}
	}
	return n, nil
}

// listed is everybody with what lists alone showed of them.
func (g *group) listed() (map[membership.UserID]*personValue, error) {
	people := map[membership.UserID]*personValue{}
	err := g.people().each(func(k, raw []byte) error {
		var p personValue
		if err := decodePerson(raw, &p); err != nil {
			return wrap(err, "person %d", userOf(k))
		}
		people[userOf(k)] = &personValue{Record: p.Record.Unledgered()}
		return nil
	})
	return people, err
}

// rebuildNames enters each profile's name; of two with one name the one learnt later has it.
func rebuildNames(tx *bolt.Tx) (changed bool, err error) {
	owners := map[string]profileValue{}
	var losers []profileValue
	err = profilesOf(tx).each(func(k, raw []byte) error {
		var p profileValue
		if err := decodeProfile(raw, &p); err != nil {
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
		return false, err
	}
	for _, p := range losers {
		p.Username = ""
		if err := profilesOf(tx).put(keyUser(p.User), appendProfile(nil, &p)); err != nil {
			return false, err
		}
	}
	named := make([]put, 0, len(owners))
	for name, p := range owners {
		named = append(named, put{[]byte(name), appendOwner(nil, p.User)})
	}
	slices.SortFunc(named, byKey)
	changed, err = namesOf(tx).replace(named)
	if err != nil || !changed {
		return len(losers) > 0, err
	}
	return true, restartMerges(tx)
}

// restartMerges begins the merges that are under way again: they had entered names of people who have no profile yet.
func restartMerges(tx *bolt.Tx) error {
	names := namesOf(tx)
	if err := names.nextEpoch(); err != nil {
		return err
	}
	return eachGroup(tx, 0, func(g *group) error {
		w, open, err := g.openWalk()
		if err != nil || !open || w.Merge.Upto == 0 {
			return err
		}
		w.Merge = mergeProgress{Upto: w.Merge.Upto, Epoch: names.epoch()}
		return g.setWalk(&w)
	})
}

func rebuildTally(g *group, done *Rebuilt) error {
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
		if g.is(a.Group) {
			t.Actions[a.State]++
		}
		return err
	})
	if err != nil {
		return err
	}
	was, err := g.counts()
	if err != nil || *was != t {
		done.Counts = true
	}
	g.tally, g.tallyDirty = &t, true
	return nil
}
