package main

import (
	"fmt"
	"os"

	bolt "go.etcd.io/bbolt"
)

// unindex takes the ledger's index of events out of the roster that the script names, as a hand that means well might.
func unindex() int {
	db, err := bolt.Open(os.Args[1], 0o600, nil)
	if err == nil {
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
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
