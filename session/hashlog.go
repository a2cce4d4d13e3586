package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
)

// hashLog has the access hashes that are not in the database yet: in memory to be asked for, and in a file beside it, at whose end each
// answer's are put. A walk is shown people in random order, and a page of them would have the database write some two hundred of its
// pages anew: for 200,000 people that was 6 s of processor time, of 14 for the whole walk.
//
// The file is not synced. A killed process loses nothing of it. Who cuts the power may lose the newest hashes, which the next list that
// shows the person brings again: they are no evidence of anything, and no position counts on them.
//
// A record is: the payload's length and its CRC-32C, 4 bytes each, and the payload: a version byte and 17 bytes a peer, its kind, id and
// hash. All numbers are big-endian. A record that is not whole ends the file.
type hashLog struct {
	path string

	mu    sync.Mutex
	file  *os.File     // guarded by mu; nil until something is added
	size  int64        // guarded by mu: of the file's whole records
	fresh hashesByKind // guarded by mu
}

// hashesByKind are tables by kind. One table by kind and id would be half as large again.
type hashesByKind map[PeerKind]*hashTable

func (m hashesByKind) len() int {
	n := 0
	for _, of := range m {
		n += of.len
	}
	return n
}

// of is the table of a kind, which is made where there is none.
func (m hashesByKind) of(kind PeerKind) *hashTable {
	t := m[kind]
	if t == nil {
		t = &hashTable{}
		m[kind] = t
	}
	return t
}

const (
	// hashLogSuffix follows the database's name.
	hashLogSuffix = ".hashes"
	recordHeader  = 8
	peerLength    = 17
	// freshMost is how many hashes wait until they are put into the database, all in the order of its keys: 4 MB. Each time nearly all of
	// it is written anew, so that a walk of some 200,000 people does it once, at its end.
	freshMost = 210_000
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openHashLog reads what an earlier process left. Only who holds the database may call it.
func openHashLog(path string) (*hashLog, error) {
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read access hashes: %w", err)
	}
	peers, whole := parseRecords(content)
	l := &hashLog{path: path, size: int64(whole), fresh: hashesByKind{}}
	for _, p := range peers {
		l.fresh.of(p.Kind).put(p.ID, p.AccessHash)
	}
	return l, nil
}

// parseRecords returns the peers of all whole records, and the length of those.
func parseRecords(b []byte) (peers []Peer, whole int) {
	for len(b)-whole >= recordHeader {
		header := b[whole : whole+recordHeader]
		length := uint64(binary.BigEndian.Uint32(header))
		if length > uint64(len(b)-whole-recordHeader) {
			break
		}
		payload := b[whole+recordHeader:][:length]
		if crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(header[4:]) {
			break
		}
		found, ok := parsePeers(payload)
		if !ok {
			break
		}
		peers = append(peers, found...)
		whole += recordHeader + len(payload)
	}
	return peers, whole
}

func parsePeers(payload []byte) ([]Peer, bool) {
	if len(payload)%peerLength != 1 || payload[0] != valueVersion {
		return nil, false
	}
	peers := make([]Peer, 0, len(payload)/peerLength)
	for p := range slices.Chunk(payload[1:], peerLength) {
		peers = append(peers, Peer{
			Kind: PeerKind(p[0]), ID: int64(binary.BigEndian.Uint64(p[1:])), AccessHash: int64(binary.BigEndian.Uint64(p[9:])),
		})
	}
	return peers, true
}

func record(peers []Peer) []byte {
	b := make([]byte, recordHeader, recordHeader+1+peerLength*len(peers))
	b = append(b, valueVersion)
	for _, p := range peers {
		b = append(b, byte(p.Kind))
		b = binary.BigEndian.AppendUint64(b, uint64(p.ID))
		b = binary.BigEndian.AppendUint64(b, uint64(p.AccessHash))
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-recordHeader))
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(b[recordHeader:], castagnoli))
	return b
}

// add keeps what it does not have yet; mu is held. What could not be written is had until the process ends.
func (l *hashLog) add(peers []Peer) error {
	news := make([]Peer, 0, len(peers))
	for _, p := range peers {
		if l.fresh.of(p.Kind).put(p.ID, p.AccessHash) {
			news = append(news, p)
		}
	}
	if len(news) == 0 {
		return nil
	}
	if err := l.write(record(news)); err != nil {
		return fmt.Errorf("write access hashes: %w", err)
	}
	return nil
}

// write puts a record after the last whole one, over what a failed write or a power cut left there; mu is held.
func (l *hashLog) write(record []byte) error {
	if l.file == nil {
		f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		l.file = f
	}
	n, err := l.file.WriteAt(record, l.size)
	if err == nil {
		l.size += int64(n)
	}
	return err
}

// sorted are the hashes in the order of the database's keys; mu is held.
func (l *hashLog) sorted() []Peer {
	peers := make([]Peer, 0, l.fresh.len())
	for _, kind := range slices.Sorted(maps.Keys(l.fresh)) {
		peers = l.fresh[kind].appendClusters(peers, kind)
	}
	return peers
}

// empty forgets all, which must be in the database by then, or not be wanted; mu is held.
func (l *hashLog) empty() error {
	err := l.close()
	if err := errors.Join(err, removeFile(l.path)); err != nil {
		return fmt.Errorf("remove access hashes: %w", err)
	}
	l.size = 0
	for _, of := range l.fresh {
		of.clear()
	}
	return nil
}

// close lets go of the file; mu is held.
func (l *hashLog) close() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
