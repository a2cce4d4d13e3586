package session

import (
	"bytes"
	"context"
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

// SetHashes keeps the access hashes of peers in one transaction; hashes that are known already cost no write. Hashes of zero and
// those of min constructors are not ones to call with: leaving them out is the caller's.
func (a *Account) SetHashes(ctx context.Context, peers ...Peer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// In key order: bbolt's cost of a large transaction in random order is some eighty times as high.
	fresh, err := a.store.newHashes(slices.SortedFunc(slices.Values(peers), func(p, q Peer) int {
		return bytes.Compare(peerKey(p.Kind, p.ID), peerKey(q.Kind, q.ID))
	}))
	if err != nil || len(fresh) == 0 {
		return err
	}
	return a.store.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketHashes)
		for _, p := range fresh {
			if err := b.Put(peerKey(p.Kind, p.ID), number(p.AccessHash)); err != nil {
				return err
			}
		}
		return nil
	})
}

// newHashes returns those of peers whose hash is not the one kept.
func (s *store) newHashes(peers []Peer) (fresh []Peer, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketHashes)
		for _, p := range peers {
			if !bytes.Equal(b.Get(peerKey(p.Kind, p.ID)), number(p.AccessHash)) {
				fresh = append(fresh, p)
			}
		}
		return nil
	})
	return fresh, err
}

// Hash returns the access hash under which this account saw the peer; known is false if it never did.
func (a *Account) Hash(kind PeerKind, id int64) (hash int64, known bool, err error) {
	err = a.store.view(func(tx *bolt.Tx) error {
		value := tx.Bucket(bucketHashes).Get(peerKey(kind, id))
		if value == nil {
			return nil
		}
		if hash, known = parseNumber(value); !known {
			return fmt.Errorf("%w: access hash of %d", ErrDamaged, id)
		}
		return nil
	})
	return hash, known, err
}
