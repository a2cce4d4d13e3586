package main

import (
	"errors"
	"fmt"
	"os"

	bolt "go.etcd.io/bbolt"
)

// unindex takes the ledger's index of events out of the roster that the script names.
func unindex() int {
	if err := dropIndex(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// dropIndex takes the ledger's index of events out of a roster, as a hand that means well might.
func dropIndex(path string) error {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		groups := tx.Bucket([]byte("groups"))
		return groups.ForEachBucket(func(k []byte) error {
			g, name := groups.Bucket(k), []byte("identity")
			if err := g.DeleteBucket(name); err != nil {
				return err
			}
			_, err := g.CreateBucket(name)
			return err
		})
	})
	return errors.Join(err, db.Close())
}
