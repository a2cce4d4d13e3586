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
	ListSearch // those a text finds; read only where the recent list does not show everybody
)

var listWords = []string{"", "recent", "admins", "bots", "kicked", "banned", "search"}

// Lists are the lists of every walk in reading order.
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

// Query is one call of a walk: a page of a list.
type Query struct {
	List   List   `json:"list"`
	Text   string `json:"text"` // what a search looks for; empty for the other lists
	Offset int    `json:"offset"`
}

// Page is one answer of a walk together with where the walk stands after it. Both are stored in one transaction.
type Page struct {
	Group GroupID
	Walk  uint32
	Query Query
	// Received is how many rows came, those of channels included, or -1 where Telegram refuses a search's text; Count is the server's count of the list, which may be neither the rows'
	// nor the same from page to page.
	Received, Count int
	// Calls is how many it took; FloodWaits and Waited are what Telegram had them wait.
	Calls      int
	FloodWaits int
	Waited     time.Duration
	// Rows say what this walk has not said before, Again stands for those that only repeat it.
	Rows  []Row
	Again []Repeat
	// Counted are those whom an audit found in by the count alone.
	Counted []UserID
	After   Checkpoint
}

// Repeat is a row that says of a person what an earlier row of the walk said.
type Repeat struct {
	Place int // among the page's rows, from 0
	User  UserID
}

// Checkpoint is where a walk stands: a pure function of its pages.
type Checkpoint struct {
	Next  Query `json:"next"`  // the call to make; without a list when all is read
	Pages int   `json:"pages"` // pages stored so far, over all lists
	Rows  int   `json:"rows"`  // rows received so far, over all lists, without those of channels
	Calls int   `json:"calls"`
	// Counts is the server's count of each list, from its pages the largest. Full lists were read to their end; Truncated ones ran into
	// Telegram's window.
	Counts    map[List]int `json:"counts"`
	Full      []List       `json:"full"`
	Truncated []List       `json:"truncated"`
	// TotalBefore is the server's member count when the walk began.
	TotalBefore int           `json:"total_before"`
	FloodWaits  int           `json:"flood_waits"`
	Waited      time.Duration `json:"waited"`
	// In is how many people the lists of members have shown so far, each once.
	In int `json:"in"`
	// Level is how far a search goes, CallsLeft how many calls it will most likely make yet.
	Level     Level  `json:"level"`
	CallsLeft int    `json:"calls_left"`
	Search    Search `json:"search"`
	// Audit is set where the walk is one: it verifies, and need not show everybody.
	Audit *Audit `json:"audit"`
}

// Search is what the searches of a walk came to.
type Search struct {
	Prefixes  int `json:"prefixes"`  // beginnings of names that were asked for
	Complete  int `json:"complete"`  // of them those whose lists were read to their end
	Explained int `json:"explained"` // and those that hold nobody unknown, by the server's count
	// Unfinished are those whose lists hold people who were not shown; Open names those with the most missing, OpenNamed at most.
	Unfinished int         `json:"unfinished"`
	Open       []Partition `json:"open"`
	// Server is what the walk measured of the server.
	Server ServerProfile `json:"server"`
}

// Partition is the list of a search and how many of it are missing.
type Partition struct {
	Text    string `json:"text"`
	Count   int    `json:"count"`
	Missing int    `json:"missing"`
}

// ServerProfile is how the server answers searches. None of it is documented, so each walk measures it.
type ServerProfile struct {
	Window   int        `json:"window"`   // rows of a search that can be read
	Measured bool       `json:"measured"` // the window was seen to end there
	Ordered  bool       `json:"ordered"`  // searches come in the order of the recent list
	Ghosts   float64    `json:"ghosts"`   // share of people who are counted and listed nowhere
	Rule     SearchRule `json:"rule"`
}

// SearchRule is what the server is taken to match a query with.
type SearchRule struct {
	Usernames     bool `json:"usernames"`     // usernames are searched
	Split         bool `json:"split"`         // and are divided at "_"
	Marks         bool `json:"marks"`         // letters with diacritics equal those without
	Transliterate bool `json:"transliterate"` // Cyrillic and Latin find each other
	Fancy         bool `json:"fancy"`         // letters that only look special equal plain ones
	Inner         bool `json:"inner"`         // a word is found by any part of it
}

// Level is how much a walk of a group beyond Telegram's window spends on those who are hard to find.
type Level uint8

// The levels. Each goes on as long as a call can be expected to show so many people who are not known yet: 14, 4, 2, and any.
const (
	Fast Level = iota + 1
	Normal
	Thorough
	Exhaustive
)

var levelWords = []string{"", "fast", "normal", "thorough", "exhaustive"}

func (l Level) String() string { return word(levelWords, l) }

// MarshalText writes the level's word.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *Level) UnmarshalText(b []byte) error { return unword(levelWords, b, l) }

// Done says that nothing is left to read.
func (c Checkpoint) Done() bool { return c.Next.List == 0 && c.Pages > 0 }

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
	Level       Level         `json:"level"`
	Search      Search        `json:"search"`
	Calls       int           `json:"calls"`
	FloodWaits  int           `json:"flood_waits"`
	Waited      time.Duration `json:"waited"`
	Grades      map[Grade]int `json:"grades"`   // people of whom the rows are evidence: A for those that say banned or left, B for those that say in
	Coverage    Coverage      `json:"coverage"` // an audit claims none
	Audit       *Audit        `json:"audit"`
}

// Coverage is how much of the group is proved.
type Coverage struct {
	Proven   int      `json:"proven"`
	Listed   int      `json:"listed"`
	Total    int      `json:"total"`
	Ratio    float64  `json:"ratio"` // proven of listed, or of total where the list is counted as shown; at most 1; 0 where nothing is
	Complete bool     `json:"complete"`
	Reasons  []string `json:"reasons"` // why not complete
}

// Certify sums a walk up. proven is the number of distinct people that its rows show in, grades those of whom the rows are
// evidence of.
func Certify(w Walk, proven int, grades map[Grade]int, totalAfter int, ended Instant) Certificate {
	cp := w.Checkpoint
	c := Certificate{
		Group: w.Group, Walk: w.ID, Started: w.Started, Ended: ended, Proven: proven, Listed: cp.Counts[ListRecent],
		TotalBefore: cp.TotalBefore, TotalAfter: totalAfter, Truncated: cp.Truncated, Level: cp.Level, Search: cp.Search, Calls: cp.Calls,
		FloodWaits: cp.FloodWaits, Waited: cp.Waited, Grades: grades, Audit: cp.Audit,
	}
	c.Unknown = max(0, totalAfter-proven)
	c.Coverage = CoverageOf(c)
	if c.Audit != nil {
		c.Coverage = Coverage{Proven: proven, Listed: c.Listed, Total: totalAfter, Reasons: []string{"an audit confirms those who are known, and looks for nobody else"}}
	}
	return c
}
