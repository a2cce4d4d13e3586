package session

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// store is the account's small database of waits, budgets and access hashes. It is also the account's lock: bbolt locks the file
// for as long as it is open, and the system frees it when the process dies. Logging out empties it of hashes but leaves the file, since
// waits go with the account and the address, not with the session, and a removed lock file can be locked twice.
type store struct {
	db     *bolt.DB
	path   string
	hashes *hashLog // what is not in the database yet
}

// errHeld is openStore's word for a file that is open elsewhere.
var errHeld = errors.New("database is open elsewhere")

func openStore(path string) (*store, error) {
	s := &store{path: path}
	// bbolt maps the file: reading a page that a truncated file lacks is a fault, which this turns into a panic. The file then
	// stays mapped, and with it the lock held, for as long as this process lives.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	err := s.guard(func() (err error) {
		s.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Millisecond})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, errHeld
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return nil, fmt.Errorf("open %s: %w: %w", path, ErrDamaged, err)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = s.prepare()
	if err == nil {
		s.hashes, err = openHashLog(path + hashLogSuffix)
	}
	if err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// prepare proves that every page is there and makes the buckets.
func (s *store) prepare() error {
	info, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	return s.update(func(tx *bolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("%w: %d of %d bytes", ErrDamaged, info.Size(), tx.Size())
		}
		for _, name := range [][]byte{bucketWaits, bucketSpent, bucketHashes} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *store) close() error {
	if err := errors.Join(s.closeHashes(), s.db.Close()); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

func (s *store) view(f func(*bolt.Tx) error) error {
	return s.named(s.guard(func() error { return s.db.View(f) }))
}

func (s *store) update(f func(*bolt.Tx) error) error {
	return s.named(s.guard(func() error { return s.db.Update(f) }))
}

func (s *store) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", s.path, err)
}

// guard runs f; bbolt panics on a page that makes no sense.
func (s *store) guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return f()
}

// waits returns the not-before times that are still ahead.
func (s *store) waits(now time.Time) (map[string]time.Time, error) {
	ahead := map[string]time.Time{}
	err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketWaits).ForEach(func(key, value []byte) error {
			ms, ok := parseNumber(value)
			if !ok {
				return fmt.Errorf("%w: wait of %q", ErrDamaged, key)
			}
			if until := time.UnixMilli(ms); until.After(now) {
				ahead[string(key)] = until
			}
			return nil
		})
	})
	return ahead, err
}

// putWait keeps until, rounded up to the millisecond, unless a later time is kept already: those who are told at once write in any order.
func (s *store) putWait(key string, until time.Time) error {
	ms := until.Add(time.Millisecond - 1).UnixMilli()
	return s.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketWaits)
		if kept, ok := parseNumber(b.Get(waitKey(key))); ok && kept >= ms {
			return nil
		}
		return b.Put(waitKey(key), number(ms))
	})
}

// take counts so many more calls of method today, as far as the limit goes, and forgets the days before. It returns how many it counted.
func (s *store) take(now time.Time, method string, limit, most int) (taken int, err error) {
	err = s.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketSpent)
		if err := deleteBefore(b, dayKey(now)); err != nil {
			return err
		}
		made, err := madeToday(b, now, method)
		if err != nil {
			return err
		}
		if taken = min(most, limit-int(min(made, int64(limit)))); taken == 0 {
			return nil
		}
		return b.Put(spentKey(now, method), number(made+int64(taken)))
	})
	return taken, err
}

// giveBack takes calls off today's count.
func (s *store) giveBack(now time.Time, method string, calls int) error {
	return s.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketSpent)
		made, err := madeToday(b, now, method)
		if err != nil {
			return err
		}
		return b.Put(spentKey(now, method), number(max(0, made-int64(calls))))
	})
}

// spent is how many calls of method are counted today.
func (s *store) spent(now time.Time, method string) (made int64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		made, err = madeToday(tx.Bucket(bucketSpent), now, method)
		return err
	})
	return made, err
}

func madeToday(spent *bolt.Bucket, now time.Time, method string) (int64, error) {
	value := spent.Get(spentKey(now, method))
	if value == nil {
		return 0, nil
	}
	made, sound := parseNumber(value)
	if !sound {
		return 0, fmt.Errorf("%w: budget of %q", ErrDamaged, method)
	}
	return made, nil
}

// deleteBefore deletes what sorts before key.
func deleteBefore(b *bolt.Bucket, key []byte) error {
	c := b.Cursor()
	for k, _ := c.First(); k != nil && bytes.Compare(k, key) < 0; k, _ = c.First() {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}
