package membership

import "sync"

// ListVersion is the newest version of a basic group's list that an account was shown. It may be used by several goroutines.
type ListVersion struct {
	mu     sync.Mutex // guards newest
	newest int
}

// Take says whether a list is not older than the newest one so far, and remembers it. Telegram raises the version with every change (telegram.md §3):
// an older list shows who was in once.
func (l *ListVersion) Take(version int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if version < l.newest {
		return false
	}
	l.newest = version
	return true
}
