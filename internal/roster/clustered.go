package roster

import (
	"bytes"
	"encoding/binary"
	"iter"

	bolt "go.etcd.io/bbolt"
)

// clustered is a bucket in clusters: some twenty entries that follow each other are one value, under the key of the last of them. So an
// entry is in the first cluster whose key is not before its own, or nowhere. With a key of its own for each entry, putting two hundred
// thousand into bbolt's tree is most of what a first walk's merge costs, and they take a third more room.
//
// Clusters that shrink are not joined again; an empty one goes.
type clustered struct{ b *bolt.Bucket }

// A cluster is cut in pieces of about clusterCut bytes, of which five fill a page of the file, once it is longer than clusterMost.
const (
	clusterCut  = 680
	clusterMost = 1000
	// clusterEntries is more than a cluster usually holds.
	clusterEntries = 64
)

func appendEntry(b []byte, e put) []byte {
	b = append(binary.AppendUvarint(b, uint64(len(e.key))), e.key...)
	return append(binary.AppendUvarint(b, uint64(len(e.value))), e.value...)
}

// cluster reads the entries of a cluster, one after the other. It ends at the first that is not of ours. What it reads are parts of the
// value that it reads from.
type cluster struct {
	rest  []byte
	entry put // that was read last
	err   error
}

func openCluster(raw []byte) cluster {
	rest, err := unsealed(raw)
	if err == nil && len(rest) == 0 {
		err = damagedf("a cluster of nothing")
	}
	return cluster{rest: rest, err: err}
}

func (c *cluster) next() bool {
	if c.err != nil || len(c.rest) == 0 {
		return false
	}
	key, rest, keyed := part(c.rest)
	value, rest, valued := part(rest)
	if !keyed || !valued || bytes.Compare(c.entry.key, key) >= 0 {
		c.err = damagedf("a cluster's entry after %q", c.entry.key)
		return false
	}
	c.rest, c.entry = rest, put{key, value}
	return true
}

// part is the first part of b, which has its length before it; false where b is shorter.
func part(b []byte) (first, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	end := size + int(n)
	return b[size:end:end], b[end:], true
}

// get is the value at key, nil for none. It only looks for the key and checks nothing on the way: the gate waits for it.
func (c clustered) get(key []byte) ([]byte, error) {
	_, raw := c.b.Cursor().Seek(key)
	if raw == nil {
		return nil, nil
	}
	in := openCluster(raw)
	for rest := in.rest; len(rest) > 0; {
		k, tail, keyed := part(rest)
		value, tail, valued := part(tail)
		if !keyed || !valued {
			return nil, damagedf("a cluster's entry %q", k)
		}
		switch bytes.Compare(k, key) {
		case 0:
			return value, nil
		case 1:
			return nil, nil
		}
		rest = tail
	}
	return nil, in.err
}

func (c clustered) put(key, value []byte) error { return c.apply([]put{{key, value}}) }

func (c clustered) drop(key []byte) error { return c.apply([]put{{key: key}}) }

// clusterFollower reads along a rising sequence of keys. The bucket must not be written meanwhile.
type clusterFollower struct {
	clusters follower
	end      []byte // the key of cluster
	cluster  cluster
}

func (c clustered) follow() clusterFollower {
	return clusterFollower{clusters: follower{c: c.b.Cursor()}}
}

// at is the value at key, nil for none.
func (f *clusterFollower) at(key []byte) ([]byte, error) {
	end, raw := f.clusters.from(key)
	if end == nil {
		return nil, nil
	}
	if !bytes.Equal(end, f.end) {
		f.end, f.cluster = end, openCluster(raw)
	}
	c := &f.cluster
	for more := true; more && bytes.Compare(c.entry.key, key) < 0; {
		more = c.next()
	}
	if c.err == nil && bytes.Equal(c.entry.key, key) {
		return c.entry.value, nil
	}
	return nil, c.err
}

// entries are a bucket's entries in their order. They rise, even in a damaged file.
type entries struct {
	c       *bolt.Cursor
	from    []byte
	end     []byte // the key of cluster; nil before the first
	cluster cluster
	last    []byte
	err     error
}

// from are the entries that are not before key.
func (c clustered) from(key []byte) *entries { return &entries{c: c.b.Cursor(), from: key} }

func (e *entries) next() (put, bool) {
	for e.err == nil {
		if e.cluster.next() {
			entry := e.cluster.entry
			if bytes.Compare(e.last, entry.key) >= 0 {
				e.err = damagedf("the entry %q is in two clusters, or in the wrong one", entry.key)
				return put{}, false
			}
			if e.last = entry.key; bytes.Compare(entry.key, e.from) >= 0 {
				return entry, true
			}
			continue
		}
		if e.err = e.cluster.err; e.err != nil || !e.open() {
			return put{}, false
		}
	}
	return put{}, false
}

// open goes to the next cluster; false where there is none, or where the one that was read is not the one that its key says.
func (e *entries) open() bool {
	if !bytes.Equal(e.end, e.last) {
		e.err = damagedf("a cluster ends with %q, not with %q", e.last, e.end)
		return false
	}
	var raw []byte
	if e.end == nil {
		e.end, raw = e.c.Seek(e.from)
	} else {
		e.end, raw = e.c.Next()
	}
	e.cluster = openCluster(raw)
	return e.end != nil
}

// keys are those of the entries that are left; err says afterwards whether they are all.
func (e *entries) keys() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for entry, ok := e.next(); ok && yield(entry.key); {
			entry, ok = e.next()
		}
	}
}

// each gives all entries in their order to fn; they are good until the transaction ends.
func (c clustered) each(fn func(key, value []byte) error) error {
	all := c.from(nil)
	for e, ok := all.next(); ok; e, ok = all.next() {
		if err := fn(e.key, e.value); err != nil {
			return err
		}
	}
	return all.err
}
