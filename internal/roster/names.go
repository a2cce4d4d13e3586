package roster

import (
	"encoding/binary"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// nameIndex is who has which username, in lower case. A name is one person's. The bucket's sequence is its epoch: it moves with each
// rename, and a merge that entered names before must look again.
type nameIndex struct{ clustered }

func namesOf(tx *bolt.Tx) nameIndex { return nameIndex{clustered{tx.Bucket(bucketNames)}} }

// owner is who has the name; 0 for nobody.
func (x nameIndex) owner(name []byte) (membership.UserID, error) {
	if len(name) == 0 {
		return 0, nil
	}
	return ownerIn(x.get(name))
}

// ownerIn is the owner in what was read; 0 where nothing was.
func ownerIn(raw []byte, err error) (membership.UserID, error) {
	if raw == nil || err != nil {
		return 0, err
	}
	return ownerOf(raw)
}

// give makes the name the user's.
func (x nameIndex) give(name []byte, user membership.UserID) error {
	return x.put(name, appendOwner(nil, user))
}

func (x nameIndex) epoch() uint64 { return x.b.Sequence() }

func (x nameIndex) nextEpoch() error {
	_, err := x.b.NextSequence()
	return err
}

func appendOwner(b []byte, user membership.UserID) []byte { return binary.AppendVarint(b, int64(user)) }

func ownerOf(b []byte) (membership.UserID, error) {
	user, size := binary.Varint(b)
	if size <= 0 || size != len(b) || user == 0 {
		return 0, damagedf("the record of a username")
	}
	return membership.UserID(user), nil
}
