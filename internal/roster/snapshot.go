package roster

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Snapshot writes a copy of the roster as it is at one moment to path (0600), while it is in use. The copy appears whole or not at
// all, and replaces what was there.
func (r *Roster) Snapshot(ctx context.Context, path string) error {
	return wrap(r.snapshot(ctx, path), "copy the roster to %s", path)
}

func (r *Roster) snapshot(ctx context.Context, path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".roster-copy-*") // 0600
	if err != nil {
		return err
	}
	err = r.view(ctx, func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(writerFunc(func(b []byte) (int, error) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			return f.Write(b)
		}))
		return err
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(ctx.Err(), err, os.Remove(f.Name())) // bbolt's error does not wrap the context's
	}
	return syncDirectory(filepath.Dir(path))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
