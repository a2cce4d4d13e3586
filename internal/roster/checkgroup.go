package roster

import (
	"bytes"

	"rollcall/internal/membership"
)

// group checks one group's people, ledger, subscribers and walks.
func (c *check) group(g *group) error {
	steps := []func(*group) error{c.people, c.ledger, c.subscribers, c.records, c.withheld, c.revocations, c.walks, c.notes, c.archive}
	for _, step := range steps {
		if err := c.stopped(); err != nil {
			return err
		}
		if err := step(g); err != nil {
			return err
		}
	}
	return nil
}

// people folds each person's chain of ledger entries again. Every entry is in exactly one chain: seqs fall along a chain, each entry
// is the person's own, and together the chains are as long as the ledger.
func (c *check) people(g *group) error {
	entries := 0
	err := g.people().each(func(k, raw []byte) error {
		user := userOf(k)
		var p personValue
		if err := decodePerson(raw, &p); err != nil {
			return wrap(err, "person %d", user)
		}
		folded, n, err := g.refold(user, &p)
		if err != nil {
			return wrap(err, "person %d", user)
		}
		entries += n
		if folded != p.Record {
			c.add(g.id, "person %d is not what the ledger and the lists say", user)
		}
		if of, _ := classByte(raw); of != classOf(&p.Record) {
			c.add(g.id, "person %d is counted wrongly", user)
		}
		return nil
	})
	if n := countKeys(g.in(bucketLedger)); err == nil && n != entries {
		c.add(g.id, "the ledger has %d entries, the people %d", n, entries)
	}
	return err
}

// refold is the person's record made anew of the ledger and of what the lists gave.
func (g *group) refold(user membership.UserID, p *personValue) (membership.Record, int, error) {
	r := p.Record.Unledgered()
	n := 0
	err := g.chain(p.Last, func(e ledgerEntry) error {
		if e.Event.User != user {
			return damagedf("ledger entry %d is of %d", e.Event.Seq, e.Event.User)
		}
		r.Apply(e.Event)
		n++
		return nil
	})
	return r, n, err
}

func (c *check) ledger(g *group) error {
	identities := g.in(bucketIdentity)
	var last, n uint64
	err := g.in(bucketLedger).ForEach(func(k, _ []byte) error {
		e, err := g.entry(number(k))
		if err != nil {
			return err
		}
		last = e.Event.Seq
		n++
		var seq numberValue
		ok, err := get(identities, keyIdentity(e.Event.Identity()), &seq, "an identity")
		if err == nil && (!ok || uint64(seq) != e.Event.Seq) {
			c.add(g.id, "ledger entry %d is not found by its identity", e.Event.Seq)
		}
		return err
	})
	if err != nil {
		return err
	}
	if seq := g.in(bucketLedger).Sequence(); seq != last || seq != n {
		c.add(g.id, "the ledger holds %d entries up to %d, and counts %d", n, last, seq)
	}
	if m := countKeys(identities); uint64(m) != n {
		c.add(g.id, "%d ledger entries have %d identities", n, m)
	}
	return nil
}

func (c *check) subscribers(g *group) error {
	stored, err := g.counts()
	if err != nil {
		return err
	}
	var counted tallyValue
	err = g.in(bucketSubscribers).ForEach(func(k, _ []byte) error {
		s, err := g.subscriber(userOf(k))
		if err != nil {
			return wrap(err, "subscriber %d", userOf(k))
		}
		counted.Subscribers[s.Dialog][s.Access]++
		if s.Cause > g.in(bucketLedger).Sequence() {
			c.add(g.id, "subscriber %d names ledger entry %d, which is not there", s.User, s.Cause)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = g.tx.Bucket(bucketActions).ForEach(func(k, _ []byte) error {
		a, _, err := actionOf(g.tx, number(k))
		if g.is(a.Group) {
			counted.Actions[a.State]++
		}
		return err
	})
	if err == nil && counted != *stored {
		c.add(g.id, "subscribers and actions are counted as %v, and are %v", *stored, counted)
	}
	return err
}

// records decodes what stands alone.
func (c *check) records(g *group) error {
	for key, v := range map[string]value{
		string(keyGroup): &groupValue{}, string(keySources): &sourcesValue{}, string(keyTail): &tailValue{}, string(keyEnforce): new(flagValue),
		string(keyRung):  &rungValue{},
		string(keyDrift): &driftValue{}, string(keyWatch): &watchValue{}, string(keyRemoved): new(numberValue),
	} {
		if _, err := g.state([]byte(key), v); err != nil {
			return err
		}
	}
	return g.in(bucketAllow).ForEach(func(_, raw []byte) error { return decode(raw, &Allowed{}, "the allow list") })
}

// notes reads the notes and the gaps: each gap lies once, where it belongs, and each note of a gap has one.
func (c *check) notes(g *group) error {
	known := map[uint64]bool{}
	for _, open := range []bool{true, false} {
		bucket := bucketSettled
		if open {
			bucket = bucketGaps
		}
		gaps, err := g.gapsIn(bucket)
		if err != nil {
			return err
		}
		for _, gap := range gaps {
			if gap.Open() != open || known[gap.ID] || gap.ID > g.in(bucketGaps).Sequence() {
				c.add(g.id, "gap %d is not where it belongs", gap.ID)
			}
			known[gap.ID] = true
		}
	}
	return g.in(bucketNotes).ForEach(func(k, raw []byte) error {
		n, err := decodeNote(k, raw)
		if err == nil && n.Gap != 0 && !known[n.Gap] {
			c.add(g.id, "note %d is of gap %d, which is not there", n.Seq, n.Gap)
		}
		return err
	})
}

func (c *check) withheld(g *group) error {
	return g.in(bucketWithheld).ForEach(func(k, _ []byte) error {
		a, err := g.withheldAction(userOf(k))
		if err != nil {
			return err
		}
		if a.User != userOf(k) || (a.State != membership.ActionHeld && a.State != membership.ActionShadow) {
			c.add(g.id, "the revocation withheld from %d is not one", userOf(k))
		}
		return nil
	})
}

func (c *check) revocations(g *group) error {
	return g.in(bucketRevocations).ForEach(func(k, _ []byte) error {
		if len(k) != 16 {
			return damagedf("a revocation's time")
		}
		a, ok, err := actionOf(g.tx, number(k[8:]))
		if err != nil {
			return err
		}
		if !ok || a.Verb != membership.Revoke || a.State != membership.ActionDone || !bytes.Equal(k, keyRevocation(a.At, a.ID)) {
			c.add(g.id, "action %d is counted as a revocation and is none", number(k[8:]))
		}
		return nil
	})
}

func (c *check) walks(g *group) error {
	err := g.in(bucketWalks).ForEach(func(_, raw []byte) error {
		var w walkValue
		if err := decode(raw, &w, "a walk"); err != nil {
			return err
		}
		if w.Merged > w.Checkpoint.Pages || w.Merge.Upto > w.Checkpoint.Pages {
			c.add(g.id, "walk %d is merged beyond its pages", w.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.staged(g)
}

// staged checks that every page of the open walk is there and whole, and nothing else.
func (c *check) staged(g *group) error {
	w, open, err := g.openWalk()
	if err != nil {
		return err
	}
	stored, blocks := countKeys(g.in(bucketStage)), 0
	if !open && stored > 0 {
		c.add(g.id, "%d blocks of pages are staged for no walk", stored)
	}
	err = g.pages(w.ID, 0, w.Checkpoint.Pages, func(p membership.Page) error {
		blocks += firstRows + (len(p.Rows)+blockRows-1)/blockRows
		return nil
	})
	if err == nil && open && blocks != stored {
		c.add(g.id, "walk %d has %d blocks of pages, and %d are staged", w.ID, blocks, stored)
	}
	return err
}
