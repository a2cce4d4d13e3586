package session

import "errors"

// FreshMost is how many hashes wait for the database at most.
const FreshMost = freshMost

var (
	ParseRecords = parseRecords
	Record       = record
)

// Fresh has hashes of users as the log has them that are not in the database yet.
type Fresh struct{ table hashTable }

func (f *Fresh) Put(id, hash int64) bool { return f.table.put(id, hash) }

func (f *Fresh) Get(id int64) (hash int64, known bool) { return f.table.get(id) }

func (f *Fresh) Len() int { return f.table.len }

func (f *Fresh) Clear() { f.table.clear() }

// Sorted are the hashes in the order of the database's keys.
func (f *Fresh) Sorted() []Peer { return f.table.appendClusters(nil, PeerUser) }

// ByCluster is that order.
var ByCluster = byCluster

// ClusterOf reads a cluster, sets a hash in it, and returns its value, parsed again.
func ClusterOf(value []byte, id, hash int64) (kept int64, known, changed bool, after []byte, err error) {
	c, err := parseCluster(value)
	if err != nil {
		return 0, false, false, nil, err
	}
	c.set(id, hash)
	again, err := parseCluster(c.value())
	kept, known = again.hash(id)
	return kept, known, c.changed, c.value(), err
}

// Forsake closes the account's files as a killed process leaves them.
func (a *Account) Forsake() error {
	a.store.hashes.mu.Lock()
	defer a.store.hashes.mu.Unlock()
	return errors.Join(a.store.hashes.close(), a.store.db.Close())
}

// ClearHashes is what a logout and a login of somebody else do.
func (a *Account) ClearHashes() error { return a.store.clearHashes() }
