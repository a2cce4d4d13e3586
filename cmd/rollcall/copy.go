package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// snapshotQuestion asks the holder for a copy of the roster at a path of the asker's.
type snapshotQuestion struct {
	Path string `json:"path"`
}

var takeSnapshot = newErrand("snapshot", func(ctx context.Context, d desk, q snapshotQuestion) (struct{}, error) {
	if !filepath.IsAbs(q.Path) {
		return struct{}{}, usage("", "the copy's path %q is not absolute", q.Path)
	}
	return struct{}{}, d.roster.Snapshot(ctx, q.Path)
})

// withGroup is withRoster for what is about the chosen group.
func withGroup(ctx context.Context, cfg Config, fn func(desk, membership.Group) error) error {
	return withRoster(ctx, cfg, func(d desk) error {
		g, err := d.theGroup(ctx)
		if err != nil {
			return err
		}
		return fn(d, g)
	})
}

// withRoster has fn read the whole roster: the file itself where nobody holds it, else a copy (0600) that the holder writes beside it and
// that is removed afterwards. No reader keeps a transaction open in the holder.
func withRoster(ctx context.Context, cfg Config, fn func(desk) error) error {
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return err
	}
	copied := filepath.Join(cfg.DataDir, fmt.Sprintf("reading-%d-%d.db", os.Getpid(), time.Now().UnixNano()))
	err = askHolder(ctx, path, takeSnapshot.name, snapshotQuestion{Path: copied}, &struct{}{})
	defer func() { _ = os.Remove(copied) }()
	var r *roster.Roster
	switch {
	case errors.Is(err, errNobodyListens):
		r, err = openRoster(cfg, true, time.Now)
	case err == nil:
		r, err = roster.Open(copied, roster.Options{ReadOnly: true})
	}
	if err != nil {
		return judgeRoster(err)
	}
	err = fn(desk{cfg: cfg, roster: r, now: time.Now})
	return errors.Join(judgeErrand(err), r.Close())
}
