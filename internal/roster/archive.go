package roster

import (
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// logEntryValue is an entry of the admin log; its id is the key.
type logEntryValue membership.LogEntry

func (l *logEntryValue) fields(w *wire) {
	signed(w, &l.At)
	word(w, &l.Kind, membership.LastLogKind)
	signed(w, &l.Actor)
	signed(w, &l.User)
	signed(w, &l.Message)
	w.text(&l.Was)
	w.text(&l.Text)
}

// archive keeps what the delivery brought of the admin log. An entry that is there already stands: Telegram does not rewrite its log.
func (in *ingest) archive() error {
	log := in.g.in(bucketAdminLog)
	for _, e := range in.batch.Entries {
		if e.ID <= 0 || e.Kind > membership.LastLogKind {
			return fmt.Errorf("an entry of the admin log that is none: %+v", e)
		}
		key := keyUint(uint64(e.ID))
		if log.Get(key) != nil {
			continue
		}
		if err := log.Put(key, encode((*logEntryValue)(&e))); err != nil {
			return err
		}
	}
	return nil
}

// AdminLog is what the archive holds of the group's admin log above the id after, oldest first, at most limit entries. Telegram's ids
// grow with time. Entries of before this roster's first read, or of a gap, were never there.
func (r *Roster) AdminLog(ctx context.Context, id membership.GroupID, after int64, limit int) ([]membership.LogEntry, error) {
	return r.logEntries(ctx, id, limit, func(c *bolt.Cursor) (first, step func() ([]byte, []byte)) {
		return func() ([]byte, []byte) { return c.Seek(keyUint(uint64(max(0, after)) + 1)) }, c.Next
	})
}

// AdminLogBefore is the same below the id before, newest first; 0 is from the newest on.
func (r *Roster) AdminLogBefore(ctx context.Context, id membership.GroupID, before int64, limit int) ([]membership.LogEntry, error) {
	return r.logEntries(ctx, id, limit, func(c *bolt.Cursor) (first, step func() ([]byte, []byte)) {
		if before <= 0 {
			return c.Last, c.Prev
		}
		return func() ([]byte, []byte) {
			if k, _ := c.Seek(keyUint(uint64(before))); k == nil {
				return c.Last()
			}
			return c.Prev()
		}, c.Prev
	})
}

func (r *Roster) logEntries(
	ctx context.Context, id membership.GroupID, limit int, way func(*bolt.Cursor) (first, step func() ([]byte, []byte)),
) ([]membership.LogEntry, error) {
	entries := []membership.LogEntry{}
	err := r.viewGroup(ctx, id, func(g *group) error {
		first, step := way(g.in(bucketAdminLog).Cursor())
		for k, raw := first(); k != nil && len(entries) < limit; k, raw = step() {
			e := membership.LogEntry{ID: int64(number(k))}
			if err := decode(raw, (*logEntryValue)(&e), "an entry of the admin log"); err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return nil
	})
	if err != nil {
		return nil, wrap(err, "read the admin log of group %d", id)
	}
	return entries, nil
}

// archive checks that each entry can be read, and that none is of a part of the log that was not read yet.
func (c *check) archive(g *group) error {
	var t tailValue
	if _, err := g.state(keyTail, &t); err != nil {
		return err
	}
	return g.in(bucketAdminLog).ForEach(func(k, raw []byte) error {
		var e logEntryValue
		if err := decode(raw, &e, "an entry of the admin log"); err != nil {
			return wrap(err, "entry %d", number(k))
		}
		if id := int64(number(k)); id <= 0 || id > max(t.LastID, t.Open.Top) {
			c.add(g.id, "entry %d of the admin log is beyond %d, up to which it was read", id, max(t.LastID, t.Open.Top))
		}
		return nil
	})
}
