package roster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// Roster is the open file. Its methods may be called from several goroutines.
type Roster struct {
	db  *bolt.DB
	now func() time.Time
	// mergeRows is how many rows one transaction of a merge takes.
	mergeRows int
	reserve   reserve // of the walk's pages

	mu     sync.RWMutex
	staged map[membership.GroupID]*staging // open walks' unmerged rows, by group; guarded by mu
}

// Options of Open. The zero value waits a second for the lock.
type Options struct {
	Now     func() time.Time // the clock, read once a transaction; default time.Now
	Timeout time.Duration    // how long to wait for another process to let go; default a second
	// ReadOnly shares the file with other readers and creates nothing.
	ReadOnly bool
}

// Open opens the roster at path, and creates it (0600) where there is no file. A file that is not a roster, was cut off, or is of
// a newer or a much older version is left as it is: ErrForeign, ErrNewer, ErrOlder; one of the two versions before is brought up to date, and a
// reader refuses it until then: ErrUpgrade. A roster that another process holds: ErrHeld.
func Open(path string, o Options) (*Roster, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	db, file, err := open(path, o)
	if err != nil {
		return nil, fmt.Errorf("open the roster %s: %w", path, err)
	}
	r := &Roster{db: db, now: o.Now, mergeRows: mergeRows, reserve: reserve{file: file}, staged: map[membership.GroupID]*staging{}}
	if err := r.loadStaged(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the roster %s: %w", path, err), r.Close())
	}
	return r, nil
}

func open(path string, o Options) (*bolt.DB, *os.File, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && !o.ReadOnly {
		if err := create(path); err != nil {
			return nil, nil, err
		}
	}
	if err := whole(path); err != nil {
		return nil, nil, err
	}
	// Read-only first: opening for writing may already write to what turns out to be somebody else's.
	db, file, err := openBolt(path, o.Timeout, true)
	if err != nil {
		return nil, nil, err
	}
	layout, err := recognize(db)
	switch {
	case err != nil:
		return nil, nil, errors.Join(err, db.Close())
	case o.ReadOnly && layout != schema:
		return nil, nil, errors.Join(ErrUpgrade, db.Close())
	case o.ReadOnly:
		return db, file, nil
	}
	if err := db.Close(); err != nil {
		return nil, nil, err
	}
	if db, file, err = openBolt(path, o.Timeout, false); err != nil || layout == schema {
		return db, file, err
	}
	if err := upgrade(db, layout); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("bring it from layout %d to %d: %w", layout, schema, err), db.Close())
	}
	return db, file, nil
}

// Close lets go of the file. It waits for the transactions that are under way.
func (r *Roster) Close() error {
	if err := r.db.Close(); err != nil {
		return fmt.Errorf("close the roster: %w", err)
	}
	return nil
}

// Path is the file's name.
func (r *Roster) Path() string { return r.db.Path() }

// guarded runs fn and makes an error of what bbolt does over a damaged page: it panics, or reads where nothing is mapped. Without
// it a flipped bit would end the program with a stack trace.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damagedf("%v", p)
		}
	}()
	return fn()
}

// view reads in one transaction. fn must not wait for anything: an open reader can stop the writer.
func (r *Roster) view(ctx context.Context, fn func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return guarded(func() error { return r.db.View(fn) })
}

// update writes in one transaction: all of it is on disk when update returns nil, and nothing of it otherwise.
func (r *Roster) update(ctx context.Context, fn func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return guarded(func() error { return r.db.Update(fn) })
}

// instant is the transaction's now.
func (r *Roster) instant() membership.Instant { return membership.At(r.now()) }

// viewGroup reads one group; fn is not called where the roster does not know it.
func (r *Roster) viewGroup(ctx context.Context, g membership.GroupID, fn func(*group) error) error {
	return r.view(ctx, func(tx *bolt.Tx) error {
		gr := openGroup(tx, g, r.instant())
		if gr == nil {
			return nil
		}
		return fn(gr)
	})
}

// updateGroup writes one group, which is made where there is none.
func (r *Roster) updateGroup(ctx context.Context, g membership.GroupID, fn func(*group) error) error {
	return r.update(ctx, func(tx *bolt.Tx) error {
		gr, err := ensureGroup(tx, g, r.instant())
		if err != nil {
			return err
		}
		if err := fn(gr); err != nil {
			return err
		}
		return gr.flush()
	})
}
