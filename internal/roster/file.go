package roster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	format = "rollcall roster"
	// schema is the layout of the buckets. 2: staged pages in blocks; people, profiles and usernames in clusters. 3: staged pages with what was
	// asked, and what was only repeated; what searches came to. 4: audits. 5: how many searches stay unfinished. 6: gaps by themselves, notes,
	// the admin log, and aliases of groups. 7: lookups in registers of their own, settled gaps apart.
	schema = 7
	// upgradable is the oldest layout that is made into the present one when the file is opened for writing. Any other is refused untouched.
	upgradable = 5
	// mapSize is mapped from the start: growing the map takes the lock that readers hold (stack.md §5).
	mapSize = 256 << 20
)

// create makes an empty roster under another name and links it into place, so that a roster's file is whole from its first moment
// and an empty file is always damage.
func create(path string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".roster-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp.Name())) }()
	if err := temp.Close(); err != nil {
		return err
	}
	db, err := bolt.Open(temp.Name(), 0o600, &bolt.Options{Timeout: time.Second, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range fileBuckets {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		return errors.Join(meta.Put(keyFormat, []byte(format)), meta.Put(keySchema, schemaValue(schema)))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// openBolt opens the file, and closes it again where bbolt panics over a damaged one, so that its lock is not kept. The file is bbolt's
// to close.
func openBolt(path string, timeout time.Duration, readOnly bool) (db *bolt.DB, file *os.File, err error) {
	err = guarded(func() error {
		var err error
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: timeout, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize, ReadOnly: readOnly,
			// The file is there: whoever removed it meanwhile shall not get an empty one.
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				f, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
				if err == nil && file == nil { // it opens more of them to copy from
					file = f
				}
				return f, err
			},
		})
		return err
	})
	if err == nil {
		return db, file, nil
	}
	if file != nil {
		_ = file.Close() // bbolt may have closed it already
	}
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, nil, ErrHeld
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, nil, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return nil, nil, err
}

// recognize says whether the file is a roster that this version reads, and whole, and in which layout it is. It writes nothing. The lock is
// held, and a reader is open: no page changes meanwhile.
func recognize(db *bolt.DB) (layout uint64, err error) {
	err = guarded(func() error {
		if err := db.View(func(*bolt.Tx) error { return sound(db.Path()) }); err != nil {
			return err
		}
		return db.View(func(tx *bolt.Tx) (err error) {
			meta := tx.Bucket(bucketMeta)
			if meta == nil || string(meta.Get(keyFormat)) != format {
				return fmt.Errorf("%w: it is another program's database", ErrForeign)
			}
			if layout, err = schemaOf(meta.Get(keySchema)); err != nil {
				return err
			}
			switch {
			case layout > schema:
				return fmt.Errorf("%w (layout %d, this one reads %d)", ErrNewer, layout, schema)
			case layout < upgradable:
				return fmt.Errorf("%w (layout %d, this one reads %d)", ErrOlder, layout, schema)
			}
			for _, name := range fileBuckets {
				if tx.Bucket(name) == nil && layout == schema {
					return damagedf("%s is missing", name)
				}
			}
			return nil
		})
	})
	return layout, err
}

// schemaValue is the one value whose form no version may change: a byte of 1 and a varint.
func schemaValue(n uint64) []byte { return binary.AppendUvarint([]byte{1}, n) }

func schemaOf(b []byte) (uint64, error) {
	if len(b) < 2 || b[0] != 1 {
		return 0, damagedf("the schema")
	}
	n, size := binary.Uvarint(b[1:])
	if size != len(b)-1 {
		return 0, damagedf("the schema")
	}
	return n, nil
}
