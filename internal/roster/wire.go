package roster

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// version is the version byte that every value begins with.
const version = 1

// What bbolt keeps for us is sealed: its last four bytes are a checksum of the others, so that a bit that the disk flipped is damage
// and not another name or date. What lies in a cluster is under the cluster's.
const sealLength = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func seal(b []byte) []byte { return sealFrom(b, 0) }

// sealFrom seals what begins at from.
func sealFrom(b []byte, from int) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

// unsealed is what was sealed, without its version byte.
func unsealed(b []byte) ([]byte, error) {
	switch {
	case len(b) == 0:
		return nil, damagedf("an empty value")
	case b[0] > version:
		return nil, ErrNewer
	case b[0] != version:
		return nil, damagedf("a value of version %d", b[0])
	case len(b) < 1+sealLength:
		return nil, damagedf("a value that is cut off")
	}
	end := len(b) - sealLength
	if binary.LittleEndian.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return nil, damagedf("a value that is not as it was written")
	}
	return b[1:end:end], nil
}

// wire writes a value or reads one. The fields of a record are listed once, in a function that serves both directions, so that
// what is written and what is read cannot drift apart. Integers are varints, texts carry their length.
//
// The first error sticks: afterwards nothing is read, and every field keeps its zero value.
type wire struct {
	b       []byte // written so far, or still to be read
	reading bool
	bad     bool
	whole   string // the same bytes as b held at first, for texts that are parts of it; empty: texts are copied
}

func writer(capacity int) *wire {
	return &wire{b: append(make([]byte, 0, capacity), version)}
}

func reader(b []byte) (*wire, error) {
	b, err := unsealed(b)
	if err != nil {
		return nil, err
	}
	return &wire{b: b, reading: true}, nil
}

// unversioned is a value of a cluster without its version byte.
func unversioned(b []byte) ([]byte, error) {
	switch {
	case len(b) > 0 && b[0] == version:
		return b[1:], nil
	case len(b) > 0 && b[0] > version:
		return nil, ErrNewer
	}
	return nil, damagedf("a value of a cluster")
}

// done is the error of a reader that met something else than it should have, or did not come to the end.
func (w *wire) done(what string) error {
	if w.bad || (w.reading && len(w.b) != 0) {
		return damagedf("the record of %s", what)
	}
	return nil
}

// count writes the length of a list, or reads it. No list is longer than the bytes that are left, so that a damaged length cannot
// ask for memory.
func (w *wire) count(n int) int {
	v := uint64(n)
	w.uint(&v)
	if w.reading && v > uint64(len(w.b)) {
		w.bad = true
		return 0
	}
	return int(v)
}

func (w *wire) uint(v *uint64) {
	if !w.reading {
		w.b = binary.AppendUvarint(w.b, *v)
		return
	}
	if w.bad {
		return
	}
	if len(w.b) > 0 && w.b[0] < 0x80 { // most are
		*v, w.b = uint64(w.b[0]), w.b[1:]
		return
	}
	n, size := binary.Uvarint(w.b)
	if size <= 0 {
		w.bad = true
		return
	}
	*v, w.b = n, w.b[size:]
}

func (w *wire) int(v *int64) {
	u := uint64(*v<<1) ^ uint64(*v>>63)
	w.uint(&u)
	if w.reading && !w.bad {
		*v = int64(u>>1) ^ -int64(u&1)
	}
}

func (w *wire) text(v *string) {
	if !w.reading {
		w.b = binary.AppendUvarint(w.b, uint64(len(*v)))
		w.b = append(w.b, *v...)
		return
	}
	n := w.count(0)
	if w.bad {
		return
	}
	if w.whole != "" {
		from := len(w.whole) - len(w.b)
		*v, w.b = w.whole[from:from+n], w.b[n:]
		return
	}
	*v, w.b = string(w.b[:n]), w.b[n:]
}

func (w *wire) flag(v *bool) {
	var u uint64
	if *v {
		u = 1
	}
	w.uint(&u)
	if u > 1 {
		w.bad = true
		return
	}
	*v = u == 1
}

func (w *wire) float(v *float64) {
	u := math.Float64bits(*v)
	w.uint(&u)
	*v = math.Float64frombits(u)
}

// signed and unsigned carry the ids, counts, times and words of membership.
func signed[T ~int | ~int64](w *wire, v *T) {
	n := int64(*v)
	w.int(&n)
	*v = T(n)
}

func unsigned[T ~uint8 | ~uint16 | ~uint32 | ~uint64](w *wire, v *T) {
	n := uint64(*v)
	w.uint(&n)
	if uint64(T(n)) != n {
		w.bad = true
		return
	}
	*v = T(n)
}

// word is a word of membership; one beyond last is damage.
func word[T ~uint8](w *wire, v *T, last T) {
	unsigned(w, v)
	if *v > last {
		w.bad, *v = true, 0
	}
}
