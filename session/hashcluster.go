package session

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// A cluster is the access hashes of the peers of one kind whose ids have the same lowest 12 bits: of 200,000 people, fifty. A key for
// each of them would make the database's pages four times as many, and its transactions ten times as slow. It is a version byte and 16
// bytes a peer, its id and its hash, in the order of their ids without sign.
type cluster struct {
	entries []byte
	changed bool
}

const (
	clusterBits = 12
	entryLength = 16
	// clusterRoom is how many entries come to a cluster at once, more or less.
	clusterRoom = freshMost>>clusterBits + 4
)

func clusterKey(kind PeerKind, id int64) []byte {
	return binary.BigEndian.AppendUint16([]byte{byte(kind)}, clusterOf(id))
}

func clusterOf(id int64) uint16 { return uint16(id & (1<<clusterBits - 1)) }

// together says that two peers are in one cluster.
func together(p, q Peer) bool { return p.Kind == q.Kind && clusterOf(p.ID) == clusterOf(q.ID) }

// byCluster orders peers as the database does.
func byCluster(p, q Peer) int {
	if p.Kind != q.Kind {
		return cmp.Compare(p.Kind, q.Kind)
	}
	if c := cmp.Compare(clusterOf(p.ID), clusterOf(q.ID)); c != 0 {
		return c
	}
	return cmp.Compare(uint64(p.ID), uint64(q.ID))
}

// parseCluster copies a value; none is an empty cluster.
func parseCluster(value []byte) (cluster, error) {
	if value == nil {
		return cluster{}, nil
	}
	if len(value)%entryLength != 1 || value[0] != valueVersion {
		return cluster{}, fmt.Errorf("%w: a cluster of %d bytes", ErrDamaged, len(value))
	}
	entries := make([]byte, 0, len(value)+clusterRoom*entryLength)
	return cluster{entries: append(entries, value[1:]...)}, nil
}

func (c *cluster) value() []byte { return append([]byte{valueVersion}, c.entries...) }

// find is where the peer's entry is, or has to be.
func (c *cluster) find(id int64) (at int, found bool) {
	place, found := sort.Find(len(c.entries)/entryLength, func(i int) int {
		return cmp.Compare(uint64(id), binary.BigEndian.Uint64(c.entries[i*entryLength:]))
	})
	return place * entryLength, found
}

func (c *cluster) hash(id int64) (hash int64, known bool) {
	at, known := c.find(id)
	if !known {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(c.entries[at+8:])), true
}

func (c *cluster) set(id, hash int64) {
	var entry [entryLength]byte
	binary.BigEndian.PutUint64(entry[:], uint64(id))
	binary.BigEndian.PutUint64(entry[8:], uint64(hash))
	at, found := c.find(id)
	switch {
	case !found:
		c.entries = slices.Insert(c.entries, at, entry[:]...)
	case bytes.Equal(c.entries[at:at+entryLength], entry[:]):
		return
	default:
		copy(c.entries[at:], entry[:])
	}
	c.changed = true
}
