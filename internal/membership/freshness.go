package membership

import (
	"fmt"
	"slices"
	"time"
)

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
// seconds; a lost connection ends freshness at once.
const FeedWindow = 5 * time.Minute

// TailWindow is how old the newest admin-log read may be for it to count as a working source.
const TailWindow = 15 * time.Minute

// ListWindow is how old the newest reading of a basic group's whole list may be for it to count as a working source. It is read every ten
// minutes: one that fails twice in a row is bad luck, a third is none.
const ListWindow = 30 * time.Minute

// AdminLogRetention is how long Telegram keeps a group's admin log (telegram.md §4).
const AdminLogRetention = 48 * time.Hour

// Link is where the bot stands with Telegram, as a run knows it.
type Link uint8

// The links.
const (
	NoLink    Link = iota // no run has said
	Linked                // the bot is connected
	Unlinked              // its connection is lost, and is being made anew
	SignedOut             // only a login gives it back
)

// Sources is when each source last worked.
type Sources struct {
	// BotAdmin says whether the bot is an administrator of the group; only then does it hear of joins and leaves.
	BotAdmin bool `json:"bot_admin"`
	// Bot is whose updates these are; 0 where that was not kept.
	Bot UserID `json:"bot"`
	// BotFeed is the newest proof, over the bot's present connection, that its updates arrive and none is missing; 0 until there is one.
	// An update alone proves nothing: others may be missing before it, and what was missed comes in pieces.
	BotFeed Instant `json:"bot_feed"`
	// FeedFrom is since when the bot's feed has been without a hole, by Telegram's clock or ours, whichever was ahead; 0 where it has one.
	FeedFrom Instant `json:"feed_from"`
	// AdminLog is the newest completed read of the admin log.
	AdminLog Instant `json:"admin_log"`
	// Walk is the end of the newest finished walk.
	Walk Instant `json:"walk"`
	// List is the newest time at which a basic group's list, which is complete, showed nobody but those who are known to be in, and all of
	// them. Other groups have no such list.
	List Instant `json:"list"`
	// BotOut says that Telegram told the bot that it is not in the group: it can not even look people up.
	BotOut bool `json:"bot_out"`
	// OwnerOut says that the owner's account was put out of the group, or lost its rights there: it reads nothing any more.
	OwnerOut bool `json:"-"`
	// Link is where the bot stands with Telegram, and LinkAt since when.
	Link   Link    `json:"-"`
	LinkAt Instant `json:"-"`
	// Gaps are the spans of which a source lost the history, oldest first; settled ones too, unless only what counts now was asked for. They
	// are stored by themselves: who changes the sources changes no gap.
	Gaps []Gap `json:"gaps"`
}

// Broken is the newest gap of the feed since which not everybody was seen anew; false where there is none.
func (s Sources) Broken() (g Gap, is bool) {
	for _, g := range slices.Backward(s.Gaps) {
		if g.Source == GapFeed && g.Open() {
			return g, true
		}
	}
	return Gap{}, false
}

// Freshness is how far the roster may be trusted at a moment, and why.
type Freshness struct {
	Mode   Mode    `json:"mode"`
	Reason string  `json:"reason"`
	As     Instant `json:"as_of"` // newest confirmation by any source
	// Since is from when on the membership feed is gap-free up to As; 0 where no feed is.
	Since Instant `json:"feed_since"`
	Gaps  []Gap   `json:"gaps"`
	// CatchingUp says that the bot is being connected anew, or just was, and what it missed meanwhile may not be read yet: the roster may be
	// wrong about anybody, and Telegram is asked.
	CatchingUp bool `json:"-"`
}

// lost says that the bot's updates have an open gap that ends after the moment.
func (f Freshness) lost(since Instant) bool {
	return slices.ContainsFunc(f.Gaps, func(g Gap) bool { return g.Source == GapFeed && g.Open() && since < g.To })
}

// FreshnessOf judges the sources at now.
func FreshnessOf(s Sources, now Instant) Freshness {
	f := Freshness{As: max(s.BotFeed, s.AdminLog, s.List, s.Walk), Since: s.FeedFrom, Gaps: s.Gaps}
	feed := s.BotFeed != 0 && now.Sub(s.BotFeed) <= FeedWindow
	tail := !s.OwnerOut && s.AdminLog != 0 && now.Sub(s.AdminLog) <= TailWindow
	list := !s.OwnerOut && s.List != 0 && now.Sub(s.List) <= ListWindow
	gap, broken := s.Broken()
	switch {
	case s.BotAdmin && feed && broken:
		f.Mode = Stale
		f.Reason = fmt.Sprintf("the bot's updates arrive, but what happened from %s to %s is lost, and no walk has shown everybody since", gap.From, gap.To)
	case s.BotAdmin && feed && s.FeedFrom != 0:
		f.Mode, f.Reason = Fresh, "the bot is an administrator and its updates arrive"
	case s.BotAdmin && feed:
		f.Mode, f.Reason = Stale, "the bot's updates arrive, but a span before them was lost"
	case s.turned(Linked, now):
		f.Mode, f.Reason, f.CatchingUp = Stale, "the bot is connected anew, and what it missed is not read yet", true
	case s.turned(Unlinked, now) && s.FeedFrom != 0:
		f.Mode, f.Reason, f.CatchingUp = Stale, "the bot's connection was lost a moment ago, and is being made anew", true
	case tail || list:
		f.Mode, f.Reason = Stale, s.withoutFeed()+"; only "+read[tail]+" is read"
	case feed && !s.BotOut && s.Link != SignedOut:
		f.Mode, f.Reason = Stale, "the bot is not an administrator of the group; it can only look people up while connected"
	default:
		f.Mode, f.Reason = Blind, "no source has answered lately"
		if s.Link == Unlinked || s.Link == SignedOut {
			f.Reason = s.withoutFeed() + ", and no other source has answered lately"
		}
	}
	return f
}

// turned says that the bot, an administrator, came to stand so with Telegram only just now, and has yet to prove that it missed nothing. Beyond the
// window that is no promise any more: nothing has answered.
func (s Sources) turned(link Link, now Instant) bool {
	return s.BotAdmin && s.BotFeed == 0 && s.Link == link && now.Sub(s.LinkAt) <= FeedWindow
}

// read is what is read of the group by whether it is the admin log, which basic groups do not keep.
var read = map[bool]string{true: "the admin log", false: "the group's list of members"}

// withoutFeed is why there are no updates of the bot's to go by.
func (s Sources) withoutFeed() string {
	switch {
	case s.Link == SignedOut:
		return "the bot is signed out"
	case s.Link == Unlinked:
		return "the bot is not connected"
	case s.BotOut:
		return "the bot is not in the group"
	case !s.BotAdmin:
		return "the bot is not an administrator of the group"
	}
	return "the bot's updates do not arrive"
}
