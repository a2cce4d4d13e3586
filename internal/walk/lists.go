package walk

import (
	"slices"

	"rollcall/internal/membership"
)

// Windows other than membership.ParticipantWindow (telegram.md §1.1): what a channel shows of its members, and what any group shows of
// those it banned.
const (
	channelWindow = 200
	kickedWindow  = 1_000
)

// list is how far one of the plain lists was read.
type list struct {
	of     membership.List
	offset int // rows received, those of channels included
	count  int // the server's, from the first page on the largest
	state  listState
}

type listState uint8

const (
	reading listState = iota
	full              // read to its end
	cut               // read as far as Telegram shows it
)

// plain are the lists of a walk in reading order. A channel restricts nobody, so it is not asked whom.
func plain(kind membership.GroupKind) []list {
	if kind == membership.BasicGroup {
		return []list{{of: membership.ListRecent}}
	}
	var out []list
	for _, l := range membership.Lists() {
		if kind != membership.Channel || l != membership.ListBanned {
			out = append(out, list{of: l})
		}
	}
	return out
}

// take notes an answer. The end of a list is an empty page. A short page is not (rows vanish between counting and sending), so an answer is
// saved only where the count says so: the newest count, since somebody who joins meanwhile pushes the last rows back. A full page beyond
// the count shows that the count is too low, and is followed by another.
func (l *list) take(kind membership.GroupKind, total, received, count int) {
	l.offset += received
	l.count = max(l.count, count)
	window := windowOf(kind, l.of)
	switch {
	case kind == membership.BasicGroup:
		l.state = full // one call has everybody
	case received == 0 && l.offset < l.count && l.offset >= window:
		l.state = cut
	case received == 0:
		l.state = full
	case l.of == membership.ListRecent && l.offset >= window:
		l.state = cut
		if total > 0 && total <= l.offset && l.count <= l.offset {
			l.state = full // the group is exactly as large as the window
		}
	case l.offset >= membership.ParticipantWindow:
		l.state = cut
	case l.offset == l.count, l.offset > l.count && received < membership.PageLimit:
		l.state = full
	}
}

// windowOf is how many rows of the list Telegram gives out.
func windowOf(kind membership.GroupKind, l membership.List) int {
	switch {
	case l == membership.ListRecent && kind == membership.Channel:
		return channelWindow
	case l == membership.ListKicked:
		return kickedWindow
	}
	return membership.ParticipantWindow
}

func (w *Walker) list(of membership.List) *list {
	i := slices.IndexFunc(w.lists, func(l list) bool { return l.of == of })
	return &w.lists[i]
}
