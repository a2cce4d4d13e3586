package roster

import (
	"bytes"
	"errors"
	"os"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// NoSync spares the tests that do not test durability the waiting for the disk.
func (r *Roster) NoSync() { r.db.NoSync = true }

// MergeRows sets how many rows a transaction of a merge takes.
func (r *Roster) MergeRows(n int) { r.mergeRows = n }

// MaxSize is how large the file may become: beyond, every transaction that needs room fails, as on a full disk.
func (r *Roster) MaxSize(n int) { r.db.MaxSize = n }

// Wreck spoils what is derived: standings, chains, identities, names and counts.
func (r *Roster) Wreck(id membership.GroupID) error {
	return r.db.Update(func(tx *bolt.Tx) error {
		g := openGroup(tx, id, r.instant())
		err := g.people().each(func(k, raw []byte) error {
			var p personValue
			if err := decodePerson(raw, &p); err != nil {
				return err
			}
			p.Last = 0
			p.Record = p.Record.Unledgered()
			return g.setPerson(userOf(bytes.Clone(k)), &p)
		})
		names := namesOf(tx)
		first, _ := names.from(nil).next()
		i, _ := g.in(bucketIdentity).Cursor().First()
		return errors.Join(err, g.setState(keyTally, &tallyValue{}), names.drop(bytes.Clone(first.key)),
			g.in(bucketIdentity).Delete(bytes.Clone(i)), names.give([]byte("nobody's"), 99))
	})
}

// PutNames puts a cluster of usernames of user 1 under the last of them, wherever it belongs.
func (r *Roster) PutNames(names ...string) error {
	return r.db.Update(func(tx *bolt.Tx) error {
		raw := []byte{version}
		for _, name := range names {
			raw = appendEntry(raw, put{[]byte(name), appendOwner(nil, 1)})
		}
		return tx.Bucket(bucketNames).Put([]byte(names[len(names)-1]), seal(raw))
	})
}

// DropBlock takes a block of a staged page away.
func (r *Roster) DropBlock(id membership.GroupID, page, block int) error {
	return r.db.Update(func(tx *bolt.Tx) error {
		return openGroup(tx, id, 0).in(bucketStage).Delete(keyBlock(1, page, block))
	})
}

// CopyBlock copies a block of a staged page to another place.
func (r *Roster) CopyBlock(id membership.GroupID, from, to [2]int) error {
	return r.db.Update(func(tx *bolt.Tx) error {
		b := openGroup(tx, id, 0).in(bucketStage)
		return b.Put(keyBlock(1, to[0], to[1]), bytes.Clone(b.Get(keyBlock(1, from[0], from[1]))))
	})
}

// SetSchema makes the file one of another version.
func (r *Roster) SetSchema(n uint64) error {
	return r.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(keySchema, schemaValue(n))
	})
}

// Decoders are everything that reads stored bytes, each with the writer of what it read. Seals are put on before and taken off after.
func Decoders() map[string]func([]byte) ([]byte, error) {
	values := map[string]func() value{
		"subscriber": func() value { return &subscriberValue{} },
		"note":       func() value { return &noteValue{} }, "gap": func() value { return &gapValue{} },
		"rung":   func() value { return &rungValue{} },
		"action": func() value { return &actionValue{} }, "due": func() value { return &dueValue{} },
		"group": func() value { return &groupValue{} }, "sources": func() value { return &sourcesValue{} },
		"tail": func() value { return &tailValue{} }, "bot": func() value { return &botStateValue{} },
		"walk": func() value { return &walkValue{} }, "plan": func() value { return &planValue{} },
		"progress": func() value { return &planProgress{} }, "tally": func() value { return &tallyValue{} },
		"drift": func() value { return &driftValue{} }, "watch": func() value { return &watchValue{} },
		"allowed": func() value { return &Allowed{} }, "answer": func() value { return &answerValue{} },
		"logged": func() value { return &logEntryValue{} },
	}
	all := map[string]func([]byte) ([]byte, error){
		"person": func(b []byte) ([]byte, error) {
			var p personValue
			if err := decodePerson(b, &p); err != nil {
				return nil, err
			}
			return appendPerson(nil, &p, classOf(&p.Record)), nil
		},
		"name": func(b []byte) ([]byte, error) {
			user, err := ownerOf(b)
			return appendOwner(nil, user), err
		},
		"cluster": func(b []byte) ([]byte, error) {
			c, again := openCluster(b), []byte{version}
			for c.next() {
				again = appendEntry(again, c.entry)
			}
			return seal(again), c.err
		},
		"listed": func(b []byte) ([]byte, error) {
			var p profileValue
			if err := decodeProfile(b, &p); err != nil {
				return nil, err
			}
			return appendProfile(nil, &p), nil
		},
		"entry": func(b []byte) ([]byte, error) {
			var e ledgerEntry
			if err := decodeEntry(b, &e); err != nil {
				return nil, err
			}
			return encodeEntry(&e), nil
		},
		"page": func(b []byte) ([]byte, error) {
			rows := []membership.Row{}
			err := rowsOf(b, func(place int, row *membership.Row) error {
				rows = append(rows, *row)
				var again membership.Row
				if err := rowAt(b, place, &again); err != nil || again != *row {
					return errors.Join(err, errors.New("one row is read in two ways"))
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
			return encodeBlock(rows), nil
		},
	}
	for name, fresh := range values {
		all[name] = func(b []byte) ([]byte, error) {
			v := fresh()
			if err := decode(b, v, name); err != nil {
				return nil, err
			}
			return encode(v), nil
		}
	}
	for name, again := range all {
		if name == "person" || name == "name" || name == "listed" {
			continue
		}
		all[name] = func(b []byte) ([]byte, error) {
			b, err := again(seal(b))
			if err != nil {
				return nil, err
			}
			return b[:len(b)-sealLength], nil
		}
	}
	return all
}

// Skeleton reads a file's pages as Open does.
var Skeleton = skeletonOf

// EncodeAnswer is a page without its rows, before it is sealed.
func EncodeAnswer(p membership.Page) []byte {
	b := encodeAnswer(&p)
	return b[:len(b)-sealLength]
}

// EncodeBlock and DecodeBlock are a staged page's two directions.
var EncodeBlock = encodeBlock

// DecodeBlock reads all rows of a page.
func DecodeBlock(b []byte) (rows []membership.Row, err error) {
	err = rowsOf(b, func(_ int, row *membership.Row) error {
		rows = append(rows, *row)
		return nil
	})
	return rows, err
}

// SortByUint sorts as a merge sorts its rows.
func SortByUint[T any](s []T, key func(*T) uint64) { sortByUint(s, key) }

// ReserveIn is the reserve of a file: behind so many bytes.
func ReserveIn(f *os.File) (behind func(size int64) error) {
	r := reserve{file: f}
	return r.behind
}
