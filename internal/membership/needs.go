package membership

import (
	"fmt"
	"strings"
)

// Account is one of the two signed-in accounts.
type Account uint8

// The two accounts.
const (
	TheBot Account = iota
	TheOwner
)

// Post is an account's place in the group, as far as something depends on it.
type Post struct {
	In    bool `json:"in"`
	Admin bool `json:"admin"`
}

// needs is what Rollcall does, and what it takes. No more is asked for than this: an administrator without any further right is enough today.
var needs = []struct {
	whose Account
	admin bool // to be in the group is enough where it is not set
	basic bool // in a basic group too: that has no admin log, and shows its list to whoever is in it
	what  string
}{
	{TheBot, true, true, "hear who joins and leaves"},
	{TheBot, true, false, "look up whoever it has not met"},
	{TheBot, false, true, "look people up at all"},
	{TheOwner, true, false, "read the admin log"},
	{TheOwner, true, true, "walk the group's lists"},
	{TheOwner, false, true, "look people up where the bot cannot"},
}

// Lacking is what the account cannot do from this post.
func Lacking(whose Account, p Post) []string {
	return lackingIn(Supergroup, whose, p)
}

func lackingIn(kind GroupKind, whose Account, p Post) []string {
	var lacking []string
	for _, n := range needs {
		if n.whose == whose && (n.basic || kind != BasicGroup) && (!p.In || n.admin && !p.Admin) {
			lacking = append(lacking, n.what)
		}
	}
	return lacking
}

// worse says that something could be done before that cannot be done any more.
func (p Post) worse(whose Account, was Post) bool {
	return len(Lacking(whose, p)) > len(Lacking(whose, was))
}

// Duty is what was last known of an account's post, and what is yet to be said of it.
type Duty struct {
	Known bool `json:"known"` // somebody told at all
	Post  Post `json:"post"`
	// Lost is when the account lost something that is needed; 0 while nothing is lacking, or never was there. Told says that the owner was told.
	Lost Instant `json:"lost,omitempty"`
	Told bool    `json:"told,omitempty"`
	// Seq is where the ledger stood when it was lost: what happened meanwhile comes after it.
	Seq uint64 `json:"seq,omitempty"`
	// Back is when nothing was lacking any more, until it was said what happened meanwhile.
	Back Instant `json:"back,omitempty"`
	// Telling is what the owner was told of it lately.
	Telling Telling `json:"telling,omitzero"`
}

// untold says that something is still to be said of it.
func (d Duty) untold() bool { return d.Lost != 0 && (!d.Told || d.Back != 0) }

// Take notes a post as of at, while the ledger stands at seq.
func (d Duty) Take(whose Account, p Post, at Instant, seq uint64) Duty {
	was := d
	d.Known, d.Post = true, p
	switch {
	case !was.Known || p == was.Post:
	case p.worse(whose, was.Post):
		d.Told, d.Back = false, 0
		if was.Lost == 0 {
			d.Lost, d.Seq = at, seq
		}
	case len(Lacking(whose, p)) == 0 && was.Lost != 0:
		d.Back = at
	}
	return d
}

// Watch is what is watched of a group beside its members: whether the two accounts can do their work.
type Watch struct {
	Bot   Duty `json:"bot"`
	Owner Duty `json:"owner"`
	// Alarm is since when it is known, and said, that the admin log was not read for too long; 0 while it is.
	Alarm Instant `json:"alarm,omitempty"`
	// Began is when the log was first waited for, where it never was read.
	Began Instant `json:"began,omitempty"`
}

// Of is the duty of one of the accounts.
func (w *Watch) Of(whose Account) *Duty {
	if whose == TheOwner {
		return &w.Owner
	}
	return &w.Bot
}

// Heed notes whether the admin log goes unread for too long. raised says that this is to be said, with since when it does, and over that it is
// read again.
func (w Watch) Heed(s Sources, now Instant) (next Watch, since Instant, raised, over bool) {
	if s.AdminLog == 0 && w.Began == 0 {
		w.Began = now
	}
	since, alarming := w.LogUnread(s, now)
	raised, over = alarming && w.Alarm == 0, !alarming && w.Alarm != 0
	switch {
	case raised:
		w.Alarm = now
	case over:
		w.Alarm = 0
	}
	return w, since, raised, over
}

// LogUnread says since when the admin log goes unread, and whether that is so long that its oldest events will soon be lost. A reading that lies
// ahead of now is one from before the clock was set back: it was not long ago.
func (w Watch) LogUnread(s Sources, now Instant) (since Instant, alarming bool) {
	since = s.AdminLog
	if since == 0 {
		since = w.Began
	}
	return since, since != 0 && now.Sub(since) >= TailAlarm
}

// paths are where in the Telegram app a post is mended.
const (
	pathAddBot   = "In the Telegram app: the group > Edit > Administrators > Add Admin > your bot."
	pathAddOwner = "Ask the group's creator to make you an administrator: in the Telegram app, the group > Edit > Administrators > Add Admin."
)

// Beside is what there is beside an account that lost its place.
type Beside struct {
	Kind  GroupKind
	Other Post // the other account's; zero where that is not at work
}

// LossText says what an account lost, by whom, what does not work any more, what goes on, and how to mend it. by is empty where Telegram does not say.
func LossText(whose Account, p Post, by string, b Beside) string {
	who, path := "The bot", pathAddBot
	if whose == TheOwner {
		who, path = "Your account", pathAddOwner
	}
	lost := "is not an administrator of the group any more"
	if !p.In {
		lost = "is not in the group any more"
	}
	if by != "" {
		by = " (by " + by + ")"
	}
	return fmt.Sprintf("%s %s%s. It cannot %s. %s %s", who, lost, by, strings.Join(lackingIn(b.Kind, whose, p), ", or "), b.goesOn(whose), path)
}

// goesOn is what the other account does meanwhile, or that it does not.
func (b Beside) goesOn(whose Account) string {
	switch {
	case whose == TheOwner && b.Other.Admin:
		return "Meanwhile the bot goes on hearing who joins and leaves."
	case whose == TheOwner:
		return "Nor does the bot hear who joins and leaves."
	case b.Other.Admin:
		return "Meanwhile your account reads " + read[b.Kind != BasicGroup] + " and looks people up."
	}
	return "Nor can your account tell who joins and leaves: nobody does."
}

// Absence is a span in which an account could not do its work.
type Absence struct {
	Seq      uint64 // where the ledger stood when it began
	From, To Instant
	Ours     []UserID // the accounts themselves, whose coming and going is not what was missed
}

// Happened is what a ledger tells of a span, in people.
type Happened struct {
	Joined, Left, Kicked, Banned int
}

// Whereabouts is the last that somebody did in a span, or that was done to them.
type Whereabouts struct {
	last  Event
	moved bool // they came or went in it
}

// Take takes one more event about the person, in any order. Whose ban is lifted was removed by it, and moves no more.
func (w *Whereabouts) Take(e Event) {
	if !e.Moved && !e.State.Lifted {
		return
	}
	w.moved = w.moved || e.Moved
	told := func(e Event) Assertion { return Assertion{State: e.State, Evidence: e.Evidence, Moved: e.Moved} }
	if w.last.User == 0 || told(e).compare(told(w.last)) > 0 {
		w.last = e
	}
}

// Count counts the person by it.
func (h *Happened) Count(w Whereabouts) {
	switch s := w.last.State; {
	case !w.moved:
	case s.Presence == In:
		h.Joined++
	case s.Departure == Kicked || s.Lifted:
		h.Kicked++
	case s.Departure == Banned:
		h.Banned++
	default:
		h.Left++
	}
}

// Moves is how many people moved.
func (h Happened) Moves() int { return h.Joined + h.Left + h.Kicked + h.Banned }

// BackText says that an account can do its work again, and what happened meanwhile. told says that the admin log of that span was read or, of a basic
// group, that its list was since.
func BackText(kind GroupKind, whose Account, h Happened, told bool) string {
	who, source := "The bot is an administrator of the group again", read[kind != BasicGroup]
	if whose == TheOwner {
		who = "Your account is an administrator of the group again"
	}
	switch {
	case !told:
		return fmt.Sprintf("%s. %s could not be read; who came and left meanwhile, the next walk finds.", who, capital(source))
	case h.Moves() == 0:
		return fmt.Sprintf("%s. By %s nobody came or left meanwhile.", who, source)
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{h.Joined, "joined"}, {h.Left, "left"}, {h.Kicked, "removed"}, {h.Banned, "banned"}} {
		if p.n > 0 {
			parts = append(parts, grouped(p.n)+" "+p.what)
		}
	}
	return fmt.Sprintf("%s. Meanwhile, by %s: %s.", who, source, strings.Join(parts, ", "))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
