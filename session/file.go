package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ensureDir makes dir if need be, and closes it to others.
func ensureDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make session folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at session folder: %w", err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs its x to be entered
		return fmt.Errorf("close session folder to others: %w", err)
	}
	return nil
}

// writeFile replaces path with content, readable by its owner alone: after a crash there is the old file or the new one.
func writeFile(path string, content []byte) error {
	return place(path, content, os.Rename)
}

// createFile is writeFile for a path that must not exist yet; it fails with fs.ErrExist if it does, whoever was first.
func createFile(path string, content []byte) error {
	return place(path, content, os.Link)
}

// place writes content under a temporary name, which os.CreateTemp opens 0600, and puts it in its place.
func place(path string, content []byte, put func(from, to string) error) (err error) {
	dir := filepath.Dir(path) // never "": os.CreateTemp would take that for $TMPDIR, perhaps another disk
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, removeFile(f.Name())) }()
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := put(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDir(dir)
}

// removeFile removes path; that it is gone already is no error.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes a rename in dir last through a power cut.
func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
