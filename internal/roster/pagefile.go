package roster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt trusts its file: over a page that points in a circle, or claims to be longer than the file, it recurses until the memory is
// gone, and no recover helps. So the file's skeleton is read here first: meta pages, tree, free list. Layouts as in bbolt's
// internal/common, which has not changed since 2013; all numbers in the machine's byte order.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	pageHeader  = 16 // id u64, flags u16, count u16, overflow u32
	pageElement = 16 // branch: pos u32, key size u32, child u64; leaf: flags u32, pos u32, key size u32, value size u32
	metaLength  = 64
	metaChecked = 56 // bytes of a meta page under the checksum
	pageLeast   = 1 << 10
	pageMost    = 1 << 24
	pagesMost   = 1 << 40 // bytes of a file

	pageBranch   = 0x01
	pageLeaf     = 0x02
	pageFreelist = 0x10

	elementBucket = 0x01
	bucketHeader  = 16         // root u64, sequence u64
	noFreelist    = ^uint64(0) // the free list is not stored
	longFreelist  = 0xFFFF     // the count is in the first id
	treeDepth     = 64         // far more than any file has
)

var (
	u16 = binary.NativeEndian.Uint16
	u32 = binary.NativeEndian.Uint32
	u64 = binary.NativeEndian.Uint64
)

// meta is what the newest valid meta page says.
type meta struct{ pageSize, root, freelist, pages, tx uint64 }

func (m meta) length() int64 { return int64(m.pages * m.pageSize) }

func newestMeta(f io.ReaderAt) (meta, error) {
	var newest meta
	try := func(at int64) {
		if m, ok := metaAt(f, at); ok && (newest.pageSize == 0 || m.tx > newest.tx) {
			newest = m
		}
	}
	try(0)
	for at := int64(pageLeast); at <= pageMost; at <<= 1 {
		try(at)
	}
	if newest.pageSize == 0 {
		return meta{}, fmt.Errorf("%w: it has no valid header", ErrForeign)
	}
	return newest, nil
}

func metaAt(f io.ReaderAt, at int64) (meta, bool) {
	var b [pageHeader + metaLength]byte
	if n, _ := f.ReadAt(b[:], at); n < len(b) {
		return meta{}, false
	}
	p := b[pageHeader:]
	sum := fnv.New64a()
	_, _ = sum.Write(p[:metaChecked]) // a hash takes everything
	m := meta{pageSize: uint64(u32(p[8:])), root: u64(p[16:]), freelist: u64(p[32:]), pages: u64(p[40:]), tx: u64(p[48:])}
	ok := u32(p) == boltMagic && u32(p[4:]) == boltVersion && u64(p[metaChecked:]) == sum.Sum64() &&
		m.pageSize >= pageLeast && m.pageSize <= pageMost && m.pages > 3 && m.pages <= pagesMost/m.pageSize
	return m, ok
}

// whole says whether the file is as long as its newest meta page says. bbolt maps a shortened file all the same, and dies of the
// first page that is not there. The length is read after the meta page: a writer extends the file before it writes the page.
//
// A writer may be writing just that page, and the lock is not held yet; half of a page is not read three times over.
func whole(path string) error {
	var err error
	for range 3 {
		if err = wholeNow(path); err == nil || !errors.Is(err, ErrForeign) {
			return err
		}
	}
	return err
}

func wholeNow(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	m, err := newestMeta(f)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < m.length() {
		return damagedf("it is %d bytes long and should have at least %d", info.Size(), m.length())
	}
	return nil
}

// sound reads the skeleton of the whole file: every page is where it says, within the file, in one place of one tree, and not free;
// no element reaches out of its page. Keys and values are not looked at. The file must not change meanwhile.
func sound(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return skeletonOf(f)
}

func skeletonOf(f io.ReaderAt) error {
	m, err := newestMeta(f)
	if err != nil {
		return err
	}
	s := skeleton{f: f, meta: m, seen: make([]bool, m.pages)}
	s.seen[0], s.seen[1] = true, true
	if err := s.tree(m.root, treeDepth); err != nil {
		return err
	}
	return s.free()
}

type skeleton struct {
	f    io.ReaderAt
	meta meta
	seen []bool // by page
	buf  []byte // the page that was read last
}

// page reads a page with its overflow, once. The bytes are good until the next call.
func (s *skeleton) page(id uint64) ([]byte, error) {
	size := s.meta.pageSize
	if id >= s.meta.pages {
		return nil, damagedf("page %d is beyond the end", id)
	}
	if err := s.read(id, 1); err != nil {
		return nil, err
	}
	n := uint64(u32(s.buf[12:])) + 1
	if u64(s.buf) != id || n > s.meta.pages-id {
		return nil, damagedf("page %d is not what it should be", id)
	}
	for i := range n {
		if s.seen[id+i] {
			return nil, damagedf("page %d is used twice", id+i)
		}
		s.seen[id+i] = true
	}
	if n == 1 {
		return s.buf[:size], nil
	}
	err := s.read(id, n)
	return s.buf, err
}

func (s *skeleton) read(id, n uint64) error {
	size := n * s.meta.pageSize
	if uint64(cap(s.buf)) < size {
		s.buf = make([]byte, size)
	}
	s.buf = s.buf[:size]
	if _, err := s.f.ReadAt(s.buf, int64(id*s.meta.pageSize)); err != nil {
		return fmt.Errorf("read page %d: %w", id, err)
	}
	return nil
}

func (s *skeleton) tree(id uint64, depth int) error {
	b, err := s.page(id)
	if err != nil {
		return err
	}
	switch flags := u16(b[8:]); {
	case depth == 0:
		return damagedf("page %d is too deep", id)
	case flags == pageLeaf:
		return s.leaf(b, depth)
	case flags != pageBranch:
		return damagedf("page %d is of kind %#x", id, flags)
	}
	children := make([]uint64, u16(b[10:]))
	if len(children) == 0 {
		return damagedf("page %d leads nowhere", id)
	}
	for i := range children {
		at := uint64(pageHeader + i*pageElement)
		if at+pageElement > uint64(len(b)) || at+uint64(u32(b[at:]))+uint64(u32(b[at+4:])) > uint64(len(b)) {
			return damagedf("page %d is fuller than it is long", id)
		}
		children[i] = u64(b[at+8:])
	}
	for _, child := range children {
		if err := s.tree(child, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// leaf reads a leaf page, or the page of a small bucket that is stored in its parent's value.
func (s *skeleton) leaf(b []byte, depth int) error {
	count := uint64(u16(b[10:]))
	var buckets [][]byte
	for i := range count {
		at := pageHeader + i*pageElement
		if at+pageElement > uint64(len(b)) {
			return damagedf("a leaf is fuller than it is long")
		}
		from := at + uint64(u32(b[at+4:])) + uint64(u32(b[at+8:]))
		to := from + uint64(u32(b[at+12:]))
		if to > uint64(len(b)) {
			return damagedf("a leaf's value reaches out of it")
		}
		if u32(b[at:])&elementBucket != 0 {
			buckets = append(buckets, bytes.Clone(b[from:to]))
		}
	}
	for _, v := range buckets {
		if err := s.bucket(v, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func (s *skeleton) bucket(v []byte, depth int) error {
	switch {
	case len(v) < bucketHeader || depth <= 0:
		return damagedf("a bucket without a beginning")
	case u64(v) != 0:
		return s.tree(u64(v), depth)
	case len(v) < bucketHeader+pageHeader || u16(v[bucketHeader+8:]) != pageLeaf:
		return damagedf("a small bucket that is no leaf")
	}
	return s.leaf(v[bucketHeader:], depth)
}

// free reads the free list: a page that is both free and in use would be overwritten by the next write.
func (s *skeleton) free() error {
	if s.meta.freelist == noFreelist {
		return nil
	}
	b, err := s.page(s.meta.freelist)
	if err != nil {
		return err
	}
	ids := b[pageHeader:]
	count := uint64(u16(b[10:]))
	if count == longFreelist {
		count, ids = u64(ids), ids[8:]
	}
	if u16(b[8:]) != pageFreelist || count > uint64(len(ids))/8 {
		return damagedf("the free list is none")
	}
	for i := range count {
		id := u64(ids[8*i:])
		if id >= s.meta.pages || s.seen[id] {
			return damagedf("page %d is free and in use, or not there", id)
		}
		s.seen[id] = true
	}
	return nil
}
