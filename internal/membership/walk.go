package membership

import "time"

// List is a participants filter, by Telegram's own (misleading) names.
type List uint8

// The lists of a walk, in the order in which they are read.
const (
	ListRecent List = iota + 1 // everybody who can be listed, newest activity first; at most 10,000
	ListAdmins                 // creator and administrators
	ListBots
	ListKicked // TL "kicked": banned
	ListBanned // TL "banned": restricted, inside or not
)

var listWords = []string{"", "recent", "admins", "bots", "kicked", "banned"}

// Lists are all lists of a walk in reading order.
func Lists() []List { return []List{ListRecent, ListAdmins, ListBots, ListKicked, ListBanned} }

func (l List) String() string { return word(listWords, l) }

// MarshalText writes Telegram's name of the filter.
func (l List) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *List) UnmarshalText(b []byte) error { return unword(listWords, b, l) }

// ParticipantWindow is how many rows of one list Telegram shows in a supergroup (telegram.md §1.1).
const ParticipantWindow = 10_000

// PageLimit is how many participants Telegram returns a call at most (telegram.md §1.2).
const PageLimit = 200

// Row is one row of a page.
type Row struct {
	Sighting Sighting
	Profile  Profile
}

// Page is one answer of a walk together with where the walk stands after it. Both are stored in one transaction.
type Page struct {
	Group GroupID
	Walk  uint32
	Rows  []Row
	After Checkpoint
}

// Checkpoint is where a walk goes on: a pure function of the answers so far.
type Checkpoint struct {
	List   List `json:"list"`   // the list being read; 0 when all were
	Offset int  `json:"offset"` // rows received of it
	Pages  int  `json:"pages"`  // pages stored so far, over all lists
	Rows   int  `json:"rows"`   // rows stored so far, over all lists
	Calls  int  `json:"calls"`
	// Counts is the server's count of each list, from its first page.
	Counts map[List]int `json:"counts"`
	// Full lists were read to their end; Truncated ones ran into Telegram's window.
	Full      []List `json:"full"`
	Truncated []List `json:"truncated"`
	// TotalBefore is the server's member count when the walk began.
	TotalBefore int           `json:"total_before"`
	FloodWaits  int           `json:"flood_waits"`
	Waited      time.Duration `json:"waited"`
}

// Done says that nothing is left to read.
func (c Checkpoint) Done() bool { return c.List == 0 && c.Pages > 0 }

// Walk is one enumeration of a group's participants.
type Walk struct {
	ID          uint32       `json:"id"`
	Group       GroupID      `json:"group"`
	Started     Instant      `json:"started"`
	Ended       Instant      `json:"ended"` // 0 while it can go on
	Checkpoint  Checkpoint   `json:"checkpoint"`
	Certificate *Certificate `json:"certificate"` // nil until it ended
}

// Certificate is what a finished walk proved, and what it did not.
type Certificate struct {
	Group       GroupID       `json:"group"`
	Walk        uint32        `json:"walk"`
	Started     Instant       `json:"started"`
	Ended       Instant       `json:"ended"`
	Proven      int           `json:"proven"` // distinct people seen in
	Listed      int           `json:"listed"` // the server's count of the recent list
	TotalBefore int           `json:"total_before"`
	TotalAfter  int           `json:"total_after"`
	Unknown     int           `json:"unknown"` // counted by the server, seen by nobody
	Truncated   []List        `json:"truncated"`
	Calls       int           `json:"calls"`
	FloodWaits  int           `json:"flood_waits"`
	Waited      time.Duration `json:"waited"`
	Grades      map[Grade]int `json:"grades"` // what the rows are evidence of: A for rows that say banned or left, B for the rest
	Coverage    Coverage      `json:"coverage"`
}

// Coverage is how much of the group is proved.
type Coverage struct {
	Proven   int      `json:"proven"`
	Listed   int      `json:"listed"`
	Total    int      `json:"total"`
	Ratio    float64  `json:"ratio"` // proven of listed, at most 1; 0 where nothing is listed
	Complete bool     `json:"complete"`
	Reasons  []string `json:"reasons"` // why not complete
}

// Certify sums a walk up. proven is the number of distinct people that its rows show in, grades counts its rows by what they are
// evidence of.
func Certify(w Walk, proven int, grades map[Grade]int, totalAfter int, ended Instant) Certificate {
	cp := w.Checkpoint
	c := Certificate{
		Group: w.Group, Walk: w.ID, Started: w.Started, Ended: ended, Proven: proven, Listed: cp.Counts[ListRecent],
		TotalBefore: cp.TotalBefore, TotalAfter: totalAfter, Truncated: cp.Truncated, Calls: cp.Calls,
		FloodWaits: cp.FloodWaits, Waited: cp.Waited, Grades: grades,
	}
	c.Unknown = max(0, totalAfter-proven)
	c.Coverage = CoverageOf(c)
	return c
}
