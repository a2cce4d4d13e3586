package membership

import "time"

// Mode is how much the gate may rely on the roster.
type Mode uint8

// The three modes, best first.
const (
	Fresh Mode = iota + 1 // the bot is an admin and its feed was confirmed just now: the roster is the group
	Stale                 // one source still works: the recently confirmed are served, the rest looked up
	Blind                 // nothing works: policy decides
)

var modeWords = []string{"", "fresh", "stale", "blind"}

func (m Mode) String() string { return word(modeWords, m) }

// MarshalText writes the mode's word.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (m *Mode) UnmarshalText(b []byte) error { return unword(modeWords, b, m) }

// FeedWindow is how old the newest proof may be that the bot's feed is alive for the gate to call itself fresh. One is asked for every ten
// seconds, so that a single wait that Telegram asks for does not end freshness.
const FeedWindow = 2 * time.Minute

// TailWindow is how old the newest admin-log read may be for it to count as a working source.
const TailWindow = 15 * time.Minute

// AdminLogRetention is how long Telegram keeps a group's admin log (telegram.md §4).
const AdminLogRetention = 48 * time.Hour

// Sources is when each source last worked.
type Sources struct {
	// BotAdmin says whether the bot is an administrator of the group; only then does it hear of joins and leaves.
	BotAdmin bool `json:"bot_admin"`
	// BotFeed is the newest proof, over the bot's present connection, that its updates arrive and none is missing; 0 until there is one.
	// An update alone proves nothing: others may be missing before it, and what was missed comes in pieces.
	BotFeed Instant `json:"bot_feed"`
	// FeedFrom is since when the bot's feed has been without a hole, by Telegram's clock or ours, whichever was ahead; 0 where it has one.
	FeedFrom Instant `json:"feed_from"`
	// AdminLog is the newest completed read of the admin log.
	AdminLog Instant `json:"admin_log"`
	// Walk is the end of the newest finished walk.
	Walk Instant `json:"walk"`
	// Gaps are the spans for which no source kept the history.
	Gaps []Gap `json:"gaps"`
}

// Gap is a span of time of which events may be missing for good.
type Gap struct {
	From   Instant `json:"from"`
	To     Instant `json:"to"`
	Reason string  `json:"reason"`
}

// Freshness is how far the roster may be trusted at a moment, and why.
type Freshness struct {
	Mode   Mode    `json:"mode"`
	Reason string  `json:"reason"`
	As     Instant `json:"as_of"` // newest confirmation by any source
	// Since is from when on the membership feed is gap-free up to As; 0 where no feed is.
	Since Instant `json:"feed_since"`
	Gaps  []Gap   `json:"gaps"`
	// CatchingUp says that the bot is connected anew and what it missed meanwhile may not be read yet: the roster may be wrong about
	// anybody, and Telegram is asked.
	CatchingUp bool `json:"-"`
}

// FreshnessOf judges the sources at now.
func FreshnessOf(s Sources, now Instant) Freshness {
	f := Freshness{As: max(s.BotFeed, s.AdminLog, s.Walk), Since: s.FeedFrom, Gaps: s.Gaps}
	feed := s.BotFeed != 0 && now.Sub(s.BotFeed) <= FeedWindow
	tail := s.AdminLog != 0 && now.Sub(s.AdminLog) <= TailWindow
	switch {
	case s.BotAdmin && feed && s.FeedFrom != 0:
		f.Mode, f.Reason = Fresh, "the bot is an administrator and its updates arrive"
	case s.BotAdmin && feed:
		f.Mode, f.Reason = Stale, "the bot's updates arrive, but a span before them was lost"
	case s.BotAdmin && s.BotFeed == 0 && s.FeedFrom != 0:
		f.Mode, f.Reason, f.CatchingUp = Stale, "the bot is connected anew, and what it missed is not read yet", true
	case tail && !s.BotAdmin:
		f.Mode, f.Reason = Stale, "the bot is not an administrator of the group; only the admin log is read"
	case tail:
		f.Mode, f.Reason = Stale, "the bot's updates do not arrive; only the admin log is read"
	case feed:
		f.Mode, f.Reason = Stale, "the bot is not an administrator of the group; it can only look people up while connected"
	default:
		f.Mode, f.Reason = Blind, "no source has answered lately"
	}
	return f
}
