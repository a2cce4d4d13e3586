package roster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	format = "rollcall roster"
	// schema is the layout of the buckets; a file of a greater one is refused untouched.
	schema = 1
	// mapSize is mapped from the start: growing the map takes the lock that readers hold (stack.md §5).
	mapSize = 256 << 20
)

// bolt's meta page (bbolt internal/common/meta.go), which has not changed since 2013: sixteen bytes of page header, then these in
// the machine's byte order.
const (
	boltMagic    = 0xED0CDAED
	boltVersion  = 2
	metaHeader   = 16
	metaLength   = 64
	metaChecked  = 56 // bytes under the checksum
	metaSmallest = 1 << 10
	metaGreatest = 1 << 24
)

// whole says whether the file is as long as its newest meta page says. bbolt maps a shortened file all the same, and dies of the
// first page that is not there. The length is read after the meta page: a writer extends the file before it writes the page.
//
// A writer may be writing just that page, and the lock is not held yet; half of a page is not read three times over.
func whole(path string) error {
	var err error
	for range 3 {
		if err = wholeNow(path); err == nil || !errors.Is(err, ErrForeign) {
			return err
		}
	}
	return err
}

func wholeNow(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	need, err := neededLength(f)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < need {
		return damagedf("it is %d bytes long and should have at least %d", info.Size(), need)
	}
	return nil
}

func neededLength(f io.ReaderAt) (int64, error) {
	var newest, need uint64
	try := func(at int64) {
		var b [metaHeader + metaLength]byte
		if n, _ := f.ReadAt(b[:], at); n < len(b) {
			return
		}
		m := b[metaHeader:]
		sum := fnv.New64a()
		sum.Write(m[:metaChecked])
		u32, u64 := binary.NativeEndian.Uint32, binary.NativeEndian.Uint64
		pageSize, pages, tx := uint64(u32(m[8:])), u64(m[40:]), u64(m[48:])
		switch {
		case u32(m) != boltMagic || u32(m[4:]) != boltVersion || u64(m[metaChecked:]) != sum.Sum64():
		case pageSize < metaSmallest || pageSize > metaGreatest || pages > 1<<40/pageSize*pageSize:
		case need == 0 || tx > newest:
			newest, need = tx, pages*pageSize
		}
	}
	try(0)
	for at := int64(metaSmallest); at <= metaGreatest; at <<= 1 {
		try(at)
	}
	if need == 0 {
		return 0, fmt.Errorf("%w: it has no valid header", ErrForeign)
	}
	return int64(need), nil
}

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
		n := numberValue(schema)
		return errors.Join(meta.Put(keyFormat, []byte(format)), meta.Put(keySchema, encode(&n)))
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

// openBolt opens the file, and closes it again where bbolt panics over a damaged one, so that its lock is not kept.
func openBolt(path string, timeout time.Duration, readOnly bool) (db *bolt.DB, err error) {
	var files []*os.File
	err = guarded(func() error {
		var err error
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: timeout, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize, ReadOnly: readOnly,
			// The file is there: whoever removed it meanwhile shall not get an empty one.
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				f, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
				if err == nil {
					files = append(files, f)
				}
				return f, err
			},
		})
		return err
	})
	if err == nil {
		return db, nil
	}
	for _, f := range files {
		_ = f.Close() // bbolt may have closed it already
	}
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrHeld
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return nil, err
}

// recognise says whether the file is a roster that this version reads. It writes nothing.
func recognise(db *bolt.DB) error {
	return guarded(func() error {
		return db.View(func(tx *bolt.Tx) error {
			meta := tx.Bucket(bucketMeta)
			if meta == nil || string(meta.Get(keyFormat)) != format {
				return fmt.Errorf("%w: it is another program's database", ErrForeign)
			}
			var n numberValue
			if err := decode(meta.Get(keySchema), &n, "the schema"); err != nil {
				return err
			}
			if n > schema {
				return fmt.Errorf("%w (schema %d, this one reads %d)", ErrNewer, n, schema)
			}
			for _, name := range fileBuckets {
				if tx.Bucket(name) == nil {
					return damagedf("%s is missing", name)
				}
			}
			return nil
		})
	})
}
