package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is one thing that happened, in words for a person who watches: one line without control characters.
type Event struct {
	At   time.Time
	Text string
}

// Watch has told called with every event, in order; it replaces an earlier one, and nil is nobody. It is called with
// the world locked: it must not call the world, and must not wait.
func (w *World) Watch(told func(Event)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watch = told
}

// happened tells the watcher. Callers whose words cost something look at w.watch first.
func (w *World) happened(now int32, format string, args ...any) {
	if w.watch != nil {
		w.watch(Event{At: time.Unix(int64(now), 0).UTC(), Text: fmt.Sprintf(format, args...)})
	}
}

// tellWatcher tells of a change of somebody's place.
func (w *World) tellWatcher(c *channel, ch change, now int32) {
	if w.watch == nil {
		return
	}
	u := ch.prev.user
	what, passive := verb(ch)
	switch {
	case ch.actor == u || !passive:
		w.happened(now, "%s %s %s%s", w.who(u), what, c.label(), ch.manner())
	default:
		w.happened(now, "%s was %s %s by %s%s", w.who(u), what, c.label(), w.who(ch.actor), ch.manner())
	}
}

// verb says what the change was, and whether somebody else did it.
func verb(ch change) (what string, passive bool) {
	prev, next := ch.prev, ch.next
	switch {
	case next.banned():
		return "banned from", true
	case prev.banned() && !next.in:
		return "unbanned in", true
	case !prev.in && next.in && next.admin != nil:
		return "made an admin of", true
	case !prev.in && next.in && ch.actor == next.user:
		return "joined", false
	case !prev.in && next.in:
		return "let into", true
	case prev.in && !next.in && ch.actor == next.user:
		return "left", false
	case prev.in && !next.in:
		return "put out of", true
	case next.restricted():
		return "restricted in", true
	case prev.restricted():
		return "allowed everything in", true
	case prev.admin == nil && next.admin != nil:
		return "made an admin of", true
	case prev.admin != nil && next.admin == nil:
		return "made a plain member of", true
	}
	return "given other rights in", true
}

// manner says how or until when.
func (ch change) manner() string {
	switch {
	case ch.next.ban != nil && ch.next.ban != ch.prev.ban && ch.next.ban.until != 0 && ch.next.ban.until < forever:
		return " until " + time.Unix(int64(ch.next.ban.until), 0).UTC().Format(time.DateTime)
	case ch.prev.in || !ch.next.in:
		return ""
	}
	return map[path]string{
		byLink: " by link", byRequest: " on request", byFolder: " by a folder link", byCommunity: " by their community",
	}[ch.path]
}

// longestQuote bounds what events quote.
const longestQuote = 60

// quoted is text in quotes. What is not seen, or moves what is, is escaped: names are hostile.
func quoted(text string) string {
	if utf8.RuneCountInString(text) > longestQuote {
		text = string([]rune(text)[:longestQuote]) + "…"
	}
	return strconv.QuoteToGraphic(text)
}

// who names an account.
func (w *World) who(u UserID) string {
	a := w.account(u)
	switch {
	case a == nil:
		return fmt.Sprintf("nobody (%d)", u)
	case u == w.owner:
		return "the owner"
	case u == w.bot:
		return "the bot"
	case a.deleted:
		return fmt.Sprintf("a deleted account (%d)", u)
	case a.username != "":
		return fmt.Sprintf("%s @%s (%d)", quoted(strings.TrimSpace(a.first+" "+a.last)), a.username, u)
	}
	return fmt.Sprintf("%s (%d)", quoted(strings.TrimSpace(a.first+" "+a.last)), u)
}

// label names the channel.
func (c *channel) label() string {
	if c.username != "" {
		return "@" + c.username
	}
	return quoted(c.title)
}

// tellWatcherOfChat tells of a change in a basic group.
func (w *World) tellWatcherOfChat(g *chat, ch chatChange, now int32) {
	if w.watch == nil {
		return
	}
	what := "was given another place in"
	switch {
	case ch.user == 0:
		w.happened(now, "%s changed the basic group %s", w.who(ch.actor), quoted(g.title))
		return
	case ch.prev == nil && (ch.byLink || ch.actor == ch.user):
		what = "joined"
	case ch.prev == nil:
		what = "was let into"
	case ch.next == nil && ch.actor == ch.user:
		what = "left"
	case ch.next == nil:
		what = "was put out of"
	}
	by := ""
	if ch.actor != ch.user {
		by = " by " + w.who(ch.actor)
	}
	w.happened(now, "%s %s the basic group %s%s", w.who(ch.user), what, quoted(g.title), by)
}
