package session

import (
	"math/bits"
	"slices"
)

// hashTable has the access hashes of peers of one kind by id, in one piece of memory: each of a walk's rows is asked for here, in random
// order, and Go's map would touch three pieces for each, and take twice the room. No peer has the id 0: it marks what is empty.
type hashTable struct {
	entries []hashEntry // a power of two of them; each peer's is the first empty one after its home, or that before it
	len     int
}

type hashEntry struct{ id, hash int64 }

// hashTableLeast is how many entries a table begins with.
const hashTableLeast = 64

// get is the peer's hash; known is false where it has none.
func (t *hashTable) get(id int64) (hash int64, known bool) {
	if t.len == 0 || id == 0 {
		return 0, false
	}
	e := t.at(id)
	return e.hash, e.id == id
}

// put keeps the hash, and says whether it was not kept already.
func (t *hashTable) put(id, hash int64) bool {
	if id == 0 {
		return false
	}
	if 16*t.len >= 13*len(t.entries) { // fuller, it is walked along more than the room is worth
		t.grow()
	}
	e := t.at(id)
	switch {
	case e.id == 0:
		t.len++
	case e.hash == hash:
		return false
	}
	*e = hashEntry{id, hash}
	return true
}

// at is where the peer's entry is, or has to be.
func (t *hashTable) at(id int64) *hashEntry {
	last := len(t.entries) - 1
	// Ids may follow each other: the upper bits of a product with 2⁶⁴ through the golden ratio lie apart all the same.
	for i := int(uint64(id) * 0x9E3779B97F4A7C15 >> bits.LeadingZeros64(uint64(last))); ; i = (i + 1) & last {
		if e := &t.entries[i]; e.id == id || e.id == 0 {
			return e
		}
	}
}

func (t *hashTable) grow() {
	old := t.entries
	t.entries = make([]hashEntry, max(hashTableLeast, 2*len(old)))
	for _, e := range old {
		if e.id != 0 {
			*t.at(e.id) = e
		}
	}
}

// clear forgets all, but keeps the room: as many come again.
func (t *hashTable) clear() {
	clear(t.entries)
	t.len = 0
}

// appendClusters appends the peers in the order of the database's keys. A walk's are counted into their clusters first: that spares most
// of the comparisons.
func (t *hashTable) appendClusters(peers []Peer, kind PeerKind) []Peer {
	var next [1<<clusterBits + 1]int // where the next peer of a cluster comes to, and at its end where the cluster ends
	for _, e := range t.entries {
		if e.id != 0 {
			next[clusterOf(e.id)+1]++
		}
	}
	for i := range next[1:] {
		next[i+1] += next[i]
	}
	from := len(peers)
	peers = slices.Grow(peers, t.len)[:from+t.len]
	for _, e := range t.entries {
		if e.id != 0 {
			of := &next[clusterOf(e.id)]
			peers[from+*of] = Peer{Kind: kind, ID: e.id, AccessHash: e.hash}
			*of++
		}
	}
	begin := 0
	for _, end := range next[:1<<clusterBits] {
		slices.SortFunc(peers[from+begin:from+end], byCluster)
		begin = end
	}
	return peers
}
