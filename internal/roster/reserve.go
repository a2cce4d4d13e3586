package roster

import (
	"fmt"
	"os"
)

// reserve is the room behind the pages in use that was written with zeros already. bbolt makes its file longer by a hole: the system then
// finds a place on the disk for each page at the commit that writes it first, and fdatasync writes that down too, and waits for it. While a
// walk stages, which lets the file grow with every page, that was a fifth of what its commits cost. Bytes that were written before are only
// overwritten.
//
// What lies there is nothing to bbolt, whether it is written or not, whole or cut off.
type reserve struct {
	file *os.File // bbolt's, by which it is sure to be the same
	upto int64    // belongs to the transaction that writes
}

const (
	// reserveLeast is left for a commit, which takes some 40 kB for a page of 200 rows.
	reserveLeast = 64 << 10
	// reserveMost is written at once, and less where the file is small.
	reserveMost = 1 << 20
)

var zeros [1 << 16]byte

// behind makes sure that there is room behind so many bytes. Only within a transaction that writes may it be called, with the transaction's
// size: nobody else enters pages there then, and its own come later.
func (r *reserve) behind(size int64) error {
	if r.upto-size >= reserveLeast {
		return nil
	}
	step := min(max(2*reserveLeast, size/8), reserveMost)
	for r.upto = max(r.upto, size); r.upto-size < step; r.upto += int64(len(zeros)) {
		if _, err := r.file.WriteAt(zeros[:], r.upto); err != nil {
			return fmt.Errorf("make the file longer: %w", err)
		}
	}
	// As bbolt does when it makes the file longer: the length must be on the disk before a page counts on it.
	if err := r.file.Sync(); err != nil {
		return fmt.Errorf("make the file longer: %w", err)
	}
	return nil
}
