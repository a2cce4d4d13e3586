package roster

import (
	"fmt"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

func (g *group) people() clustered { return clustered{g.in(bucketPeople)} }

// person reads what is known of somebody; the zero value where nothing is. The staged rows of an open walk are not in it.
func (g *group) person(user membership.UserID) (personValue, error) {
	var p personValue
	raw, err := g.people().get(keyUser(user))
	if raw == nil && err == nil {
		return p, nil
	}
	if err == nil {
		err = decodePerson(raw, &p)
	}
	if err != nil {
		return p, fmt.Errorf("person %d: %w", user, err)
	}
	return p, nil
}

func (g *group) setPerson(user membership.UserID, p *personValue) error {
	return g.people().put(keyUser(user), appendPerson(make([]byte, 0, 64), p, classOf(&p.Record)))
}

// append adds the event to the ledger, after the person's entry before it, and folds it; false where its identity is there already. A
// lookup that repeats what is known is folded, and makes no entry: anybody may make the bot look them up, as often as they like.
func (g *group) append(p *personValue, e membership.Event) (bool, error) {
	identities, ledger := g.in(bucketIdentity), g.in(bucketLedger)
	key := keyIdentity(e.Identity())
	if identities.Get(key) != nil {
		return false, nil
	}
	if p.Record.Repeats(e) {
		p.Record.Apply(e)
		return false, nil
	}
	seq, err := ledger.NextSequence()
	if err != nil {
		return false, err
	}
	ledger.FillPercent = 0.95 // entries only ever go to the end
	if err := ledger.Put(keyUint(seq), encodeEntry(&ledgerEntry{Prev: p.Last, Event: e})); err != nil {
		return false, err
	}
	n := numberValue(seq)
	if err := identities.Put(key, encode(&n)); err != nil {
		return false, err
	}
	p.Last = seq
	p.Record.Apply(e)
	return true, nil
}

// cause is the ledger's seq of the evidence; 0 where a list's row is the evidence that the ledger did not need.
func (g *group) cause(user membership.UserID, e membership.Evidence) (uint64, error) {
	if e.Source == membership.NoSource {
		return 0, nil
	}
	var n numberValue
	id := membership.Identity{Group: g.id, User: user, Source: e.Source, Origin: e.Origin, Ref: e.Ref}
	_, err := get(g.in(bucketIdentity), keyIdentity(id), &n, "an identity")
	return uint64(n), err
}

func (g *group) entry(seq uint64) (ledgerEntry, error) {
	var e ledgerEntry
	raw := g.in(bucketLedger).Get(keyUint(seq))
	if raw == nil {
		return e, damagedf("ledger entry %d is missing", seq)
	}
	if err := decodeEntry(raw, &e); err != nil {
		return e, fmt.Errorf("ledger entry %d: %w", seq, err)
	}
	e.Event.Seq, e.Event.Group = seq, g.id
	return e, nil
}

// chain gives the person's ledger entries to fn, newest first.
func (g *group) chain(last uint64, fn func(ledgerEntry) error) error {
	for seq := last; seq != 0; {
		e, err := g.entry(seq)
		if err != nil {
			return err
		}
		if e.Prev >= seq {
			return damagedf("ledger entry %d comes after %d", seq, e.Prev)
		}
		if err := fn(e); err != nil {
			return err
		}
		seq = e.Prev
	}
	return nil
}

func profilesOf(tx *bolt.Tx) clustered { return clustered{tx.Bucket(bucketProfiles)} }

func profileOf(tx *bolt.Tx, user membership.UserID) (profileValue, bool, error) {
	p := profileValue{Profile: membership.Profile{User: user}}
	raw, err := profilesOf(tx).get(keyUser(user))
	if raw == nil || err != nil {
		return p, false, err
	}
	return p, true, decodeProfile(raw, &p)
}

// putProfile stores a profile where it says something new: one that Telegram sent without the full fields never replaces a full one,
// nor an older one a newer. The name index follows in the same transaction.
func putProfile(tx *bolt.Tx, p profileValue) error {
	if p.User == 0 {
		return nil
	}
	old, known, err := profileOf(tx, p.User)
	if err != nil {
		return err
	}
	if known && !replaces(p, old) {
		return nil
	}
	if err := rename(tx, p.User, old.Username, p.Username); err != nil {
		return err
	}
	return profilesOf(tx).put(keyUser(p.User), appendProfile(nil, &p))
}

func replaces(p, old profileValue) bool {
	return (!p.Min || old.Min) && p.Learnt >= old.Learnt && p.Profile != old.Profile
}

// rename moves a username in the index. A name belongs to one person: who takes it over takes it from the profile of the one who
// had it, so that an old name never leads to the wrong person.
func rename(tx *bolt.Tx, user membership.UserID, from, to string) error {
	was, is := keyName(from), keyName(to)
	if string(was) == string(is) {
		return nil
	}
	if err := namesOf(tx).nextEpoch(); err != nil {
		return err
	}
	if err := dropName(tx, user, was); err != nil {
		return err
	}
	return claimName(tx, user, is)
}

func dropName(tx *bolt.Tx, user membership.UserID, name []byte) error {
	names := namesOf(tx)
	owner, err := names.owner(name)
	if err != nil || owner != user {
		return err
	}
	return names.drop(name)
}

func claimName(tx *bolt.Tx, user membership.UserID, name []byte) error {
	names := namesOf(tx)
	if len(name) == 0 {
		return nil
	}
	owner, err := names.owner(name)
	if err != nil || owner == user {
		return err
	}
	if owner != 0 {
		if err := loseName(tx, owner, name); err != nil {
			return err
		}
	}
	return names.give(name, user)
}

func loseName(tx *bolt.Tx, owner membership.UserID, name []byte) error {
	p, known, err := profileOf(tx, owner)
	if err != nil || !known || string(keyName(p.Username)) != string(name) {
		return err
	}
	p.Username = ""
	return profilesOf(tx).put(keyUser(owner), appendProfile(nil, &p))
}
