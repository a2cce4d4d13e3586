package membership

import "time"

// GapSource is which source lost a span.
type GapSource uint8

// The sources that can lose a span.
const (
	// GapFeed: somebody may have come or gone unheard. The gate is not fresh until that is settled.
	GapFeed GapSource = iota + 1
	// GapAdminLog: who did what, and why, is lost. Who is in is not, where the bot heard it.
	GapAdminLog
)

var gapSourceWords = []string{"", "feed", "admin_log"}

func (s GapSource) String() string { return word(gapSourceWords, s) }

// MarshalText writes the source's word.
func (s GapSource) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *GapSource) UnmarshalText(b []byte) error { return unword(gapSourceWords, b, s) }

// Gap is a span of time of which events are missing for good. It stays on record for ever. Settled only says that who is in has been seen
// anew since: the history stays lost.
type Gap struct {
	ID      uint64    `json:"id"`
	Source  GapSource `json:"source"`
	From    Instant   `json:"from"`
	To      Instant   `json:"to"`
	Reason  string    `json:"reason"`
	Noted   Instant   `json:"noted"`
	Settled Instant   `json:"settled"`
	// How says what settled it.
	How string `json:"settled_by,omitempty"`
}

// Open says that nobody has been seen anew since the gap.
func (g Gap) Open() bool { return g.Settled == 0 }

// Touches says that the gap lies in what happened between two moments; a zero one stands for the beginning, or for now.
func (g Gap) Touches(from, to Instant) bool {
	return (to == 0 || g.From <= to) && (from == 0 || g.To >= from)
}

// SettledBy says that a walk that began then and showed all who are listed has seen them after the gap: its first list may lag behind.
func (g Gap) SettledBy(began Instant) bool { return g.Open() && began >= g.To.Add(ListMargin) }

// Covered says that the bot's updates tell of everything that the admin log lost: they have been whole since before it, and that was proved after
// it. A bot that was away as long as the log was has yet to be asked what it missed.
func (g Gap) Covered(s Sources) bool {
	return g.Open() && g.Source == GapAdminLog && s.FeedFrom != 0 && s.FeedFrom <= g.From && s.BotFeed > g.To
}

// Told says that the admin log tells of everything that the bot's updates lost: it was read after the gap, and all the way down to before it,
// and has no gap there itself. before is where the log stood until that read. Who is not confirmed since the gap is looked up all the same
// before they are served.
func (g Gap) Told(before, after Tail, all []Gap) bool {
	if !g.Open() || g.Source != GapFeed || after.Read <= g.To {
		return false
	}
	joins := before.Read != 0 && before.Read <= g.From // what the read found lies above what was known
	holds := g.From >= after.Read.Add(retentionMargin-AdminLogRetention)
	if !joins && !holds {
		return false
	}
	for _, other := range all {
		if other.Source == GapAdminLog && other.Touches(g.From, g.To) {
			return false
		}
	}
	return true
}

// Merge is a gap that was noted before and is found again: a process that is killed between the gap and the position that it reveals finds it
// with a later end. The second result is false where the two are different gaps.
func (g Gap) Merge(again Gap) (Gap, bool) {
	if g.Source != again.Source || g.From != again.From {
		return g, false
	}
	if again.To > g.To {
		g.To, g.Settled, g.How = again.To, 0, ""
	}
	return g, true
}

// TailAlarm is how long the admin log may go unread before the owner is told: half of what Telegram keeps.
const TailAlarm = 24 * time.Hour
