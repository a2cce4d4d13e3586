package roster

import (
	"bytes"
	"errors"

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
		err := g.in(bucketPeople).ForEach(func(k, raw []byte) error {
			var p personValue
			if err := decodePerson(raw, &p); err != nil {
				return err
			}
			p.Last = 0
			p.Record = p.Record.ListOnly()
			return g.setPerson(userOf(bytes.Clone(k)), &p)
		})
		k, _ := tx.Bucket(bucketNames).Cursor().First()
		i, _ := g.in(bucketIdentity).Cursor().First()
		return errors.Join(err, g.setState(keyTally, &tallyValue{}), tx.Bucket(bucketNames).Delete(bytes.Clone(k)),
			g.in(bucketIdentity).Delete(bytes.Clone(i)), tx.Bucket(bucketNames).Put([]byte("nobody's"), encodeOwner(99)))
	})
}

// SetSchema makes the file one of another version.
func (r *Roster) SetSchema(n uint64) error {
	return r.db.Update(func(tx *bolt.Tx) error {
		v := numberValue(n)
		return tx.Bucket(bucketMeta).Put(keySchema, encode(&v))
	})
}

// Decoders are everything that reads stored bytes, each with the writer of what it read.
func Decoders() map[string]func([]byte) ([]byte, error) {
	values := map[string]func() value{
		"profile": func() value { return &profileValue{} }, "subscriber": func() value { return &subscriberValue{} },
		"action": func() value { return &actionValue{} }, "due": func() value { return &dueValue{} },
		"group": func() value { return &groupValue{} }, "sources": func() value { return &sourcesValue{} },
		"tail": func() value { return &tailValue{} }, "bot": func() value { return &botStateValue{} },
		"walk": func() value { return &walkValue{} }, "plan": func() value { return &planValue{} },
		"progress": func() value { return &planProgress{} }, "tally": func() value { return &tallyValue{} },
		"allowed": func() value { return &Allowed{} },
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
			return encodeOwner(user), err
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
			return encodePage(rows), nil
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
	return all
}

// Skeleton reads a file's pages as Open does.
var Skeleton = skeletonOf

// EncodePage and DecodePage are a staged page's two directions.
var EncodePage = encodePage

// DecodePage reads all rows of a page.
func DecodePage(b []byte) (rows []membership.Row, err error) {
	err = rowsOf(b, func(_ int, row *membership.Row) error {
		rows = append(rows, *row)
		return nil
	})
	return rows, err
}
