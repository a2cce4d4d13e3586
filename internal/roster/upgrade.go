package roster

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// upgrade makes layout 5 into the present one, in one transaction: killed meanwhile, the file is what it was. What an older version did not
// keep stays unknown.
func upgrade(db *bolt.DB) error {
	return guarded(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			for _, name := range fileBuckets {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			if err := eachGroup(tx, membership.At(time.Now()), (*group).upgrade); err != nil {
				return err
			}
			return tx.Bucket(bucketMeta).Put(keySchema, schemaValue(schema))
		})
	})
}

func (g *group) upgrade() error {
	for _, name := range groupBuckets {
		if _, err := g.root.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}
