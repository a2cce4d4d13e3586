package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// PeerKind says what an id is of. Basic groups have no access hash.
type PeerKind byte

// The kinds of peers that have an access hash. The numbers are in files.
const (
	PeerUser    PeerKind = 1
	PeerChannel PeerKind = 2
)

// Peer is a user or channel as this account may address it. Another account's hash for the same peer is another number.
type Peer struct {
	Kind       PeerKind
	ID         int64
	AccessHash int64
}

// SetHashes keeps the access hashes of peers. They outlast the process at once, and a power cut once they are in the database: at the
// latest when the account is closed. Hashes of zero and those of min constructors are not ones to call with: leaving them out is the
// caller's.
func (a *Account) SetHashes(ctx context.Context, peers ...Peer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return a.store.setHashes(peers)
}

// Hash returns the access hash under which this account saw the peer; known is false if it never did.
func (a *Account) Hash(kind PeerKind, id int64) (hash int64, known bool, err error) {
	return a.store.hash(kind, id)
}

func (s *store) setHashes(peers []Peer) error {
	s.hashes.mu.Lock()
	defer s.hashes.mu.Unlock()
	if err := s.hashes.add(peers); err != nil || s.hashes.fresh.len() < freshMost {
		return err
	}
	return s.settleHashes()
}

func (s *store) hash(kind PeerKind, id int64) (hash int64, known bool, err error) {
	s.hashes.mu.Lock()
	defer s.hashes.mu.Unlock()
	if hash, known = s.hashes.fresh.of(kind).get(id); known {
		return hash, known, nil
	}
	err = s.view(func(tx *bolt.Tx) error {
		c, err := parseCluster(tx.Bucket(bucketHashes).Get(clusterKey(kind, id)))
		if err != nil {
			return fmt.Errorf("access hash of %d: %w", id, err)
		}
		hash, known = c.hash(id)
		return nil
	})
	return hash, known, err
}

// settledAtOnce is how many hashes one transaction puts into the database, so that few of its pages are in memory.
const settledAtOnce = 40_000

// settleHashes puts the log's hashes into the database and empties the log; its mu is held. Killed in between, it does so again.
func (s *store) settleHashes() error {
	for peers := range slices.Chunk(s.hashes.sorted(), settledAtOnce) {
		if err := s.putHashes(peers); err != nil {
			return err
		}
	}
	return s.hashes.empty()
}

// errUnchanged ends a transaction that has nothing to write.
var errUnchanged = errors.New("unchanged")

// putHashes puts hashes, which are in the order of the database's keys, into the database. Those that are known already cost no write.
func (s *store) putHashes(peers []Peer) error {
	err := s.update(func(tx *bolt.Tx) error {
		b, changed := tx.Bucket(bucketHashes), false
		for len(peers) > 0 {
			key := clusterKey(peers[0].Kind, peers[0].ID)
			c, err := parseCluster(b.Get(key))
			if err != nil {
				return fmt.Errorf("access hashes: %w", err)
			}
			n := 0
			for ; n < len(peers) && together(peers[n], peers[0]); n++ {
				c.set(peers[n].ID, peers[n].AccessHash)
			}
			if peers = peers[n:]; !c.changed {
				continue
			}
			if err := b.Put(key, c.value()); err != nil {
				return err
			}
			changed = true
		}
		if !changed {
			return errUnchanged
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// clearHashes forgets all access hashes: they are one account's, and the next to sign in may be another.
func (s *store) clearHashes() error {
	s.hashes.mu.Lock()
	defer s.hashes.mu.Unlock()
	err := s.update(func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket(bucketHashes); err != nil {
			return err
		}
		_, err := tx.CreateBucket(bucketHashes)
		return err
	})
	return errors.Join(err, s.hashes.empty())
}

// closeHashes ends the log. What cannot be put into the database stays in the file.
func (s *store) closeHashes() error {
	s.hashes.mu.Lock()
	defer s.hashes.mu.Unlock()
	if s.hashes.fresh.len() == 0 {
		return s.hashes.close()
	}
	return errors.Join(s.settleHashes(), s.hashes.close())
}
