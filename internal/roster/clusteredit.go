package roster

import (
	"bytes"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// apply enters the edits, which rise, each key once; one without a value takes its key out. A cluster in which nothing changes is not
// written. The edits' bytes are copied.
func (c clustered) apply(edits []put) error {
	if err := writable(edits); err != nil {
		return err
	}
	var stale [][]byte
	var puts, all []put
	cursor := c.b.Cursor()
	last, lastRaw := lastOf(cursor)
	for len(edits) > 0 {
		end, raw := cursor.Seek(edits[0].key)
		if end == nil {
			end, raw = last, lastRaw // what is behind all others goes to the last cluster
		}
		n := len(edits)
		if !bytes.Equal(end, last) {
			n = upto(edits, end)
		}
		var changed bool
		var err error
		if all, changed, err = merged(slices.Grow(all[:0], n+clusterEntries), raw, edits[:n]); err != nil {
			return err
		}
		if changed {
			puts = appendClusters(puts, all)
			if end != nil && (len(all) == 0 || !bytes.Equal(all[len(all)-1].key, end)) {
				stale = append(stale, end)
			}
		}
		edits = edits[n:]
	}
	return c.write(stale, puts)
}

// lastOf is the last key and its value. bbolt's Last does not come back where the transaction has emptied each of a bucket's pages.
func lastOf(c *bolt.Cursor) (key, value []byte) {
	if first, _ := c.First(); first == nil {
		return nil, nil
	}
	return c.Last()
}

// writable says whether each edit can be a cluster's last.
func writable(edits []put) error {
	for _, e := range edits {
		switch {
		case len(e.key) == 0:
			return bolterrors.ErrKeyRequired
		case len(e.key) > bolt.MaxKeySize:
			return fmt.Errorf("a key of %d bytes: %w", len(e.key), bolterrors.ErrKeyTooLarge)
		}
	}
	return nil
}

func (c clustered) write(stale [][]byte, puts []put) error {
	for _, key := range stale {
		if err := c.b.Delete(key); err != nil {
			return err
		}
	}
	for _, p := range puts {
		if err := c.b.Put(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// upto is how many of the edits are not behind the key.
func upto(edits []put, key []byte) int {
	n := 0
	for n < len(edits) && bytes.Compare(edits[n].key, key) <= 0 {
		n++
	}
	return n
}

// merged appends to all what is in the cluster (nil: nothing) after the edits.
func merged(all []put, raw []byte, edits []put) (after []put, changed bool, err error) {
	enter := func(e put) {
		if e.value != nil {
			all = append(all, e)
		}
	}
	var c cluster
	if raw != nil {
		c = openCluster(raw)
	}
	for c.next() {
		for len(edits) > 0 && bytes.Compare(edits[0].key, c.entry.key) < 0 {
			changed = changed || edits[0].value != nil
			enter(edits[0])
			edits = edits[1:]
		}
		e := c.entry
		if len(edits) > 0 && bytes.Equal(edits[0].key, e.key) {
			changed = changed || edits[0].value == nil || !bytes.Equal(edits[0].value, e.value)
			e, edits = edits[0], edits[1:]
		}
		enter(e)
	}
	for _, e := range edits {
		changed = changed || e.value != nil
		enter(e)
	}
	return all, changed, c.err
}

// appendClusters makes clusters of the entries, of even length. Their bytes lie one behind the other; bbolt keeps them until the commit.
func appendClusters(puts, all []put) []put {
	total := 0
	for _, e := range all {
		total += len(e.key) + len(e.value) + 2 // with their lengths
	}
	pieces := 1
	if total > clusterMost {
		pieces = (total + clusterCut - 1) / clusterCut
	}
	arena := make([]byte, 0, total+pieces*(1+sealLength))
	from := 0
	for i, e := range all {
		if len(arena) == from {
			arena = append(arena, version)
		}
		arena = appendEntry(arena, e)
		if len(arena)-from > total/pieces || i == len(all)-1 {
			arena = sealFrom(arena, from)
			puts = append(puts, put{e.key, arena[from:len(arena):len(arena)]})
			from = len(arena)
		}
	}
	return puts
}

// replace makes the bucket hold exactly the entries, which rise. Where it does not, all of it is made anew, whatever its state.
func (c clustered) replace(all []put) (changed bool, err error) {
	left, same := all, true
	err = c.each(func(key, value []byte) error {
		same = same && len(left) > 0 && bytes.Equal(left[0].key, key) && bytes.Equal(left[0].value, value)
		if same {
			left = left[1:]
		}
		return nil
	})
	if err == nil && same && len(left) == 0 {
		return false, nil
	}
	var stale [][]byte
	err = c.b.ForEach(func(key, _ []byte) error {
		stale = append(stale, bytes.Clone(key))
		return nil
	})
	if err != nil {
		return false, err
	}
	return true, c.write(stale, appendClusters(nil, all))
}
