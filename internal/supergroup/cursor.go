package supergroup

import (
	"maps"
	"slices"

	"rollcall/internal/membership"
)

// Telegram's windows other than membership.ParticipantWindow (telegram.md §1.1): what a channel shows of its members, and what
// any group shows of those it banned.
const (
	channelWindow = 200
	kickedWindow  = 1_000
)

// turn is what of an answer decides where a walk goes on.
type turn struct {
	received int // rows, those of channels included: offsets count all
	stored   int
	count    int // the server's count of the list, which may be more or less than it gives out
	calls    int
}

// begin is the checkpoint with a list to read: a new walk starts with the first.
func begin(cp membership.Checkpoint) membership.Checkpoint {
	if cp.List == 0 {
		cp.List, cp.Offset = membership.Lists()[0], 0
	}
	return cp
}

// advance is the checkpoint after an answer. It shares nothing with cp.
func advance(kind membership.GroupKind, cp membership.Checkpoint, t turn) membership.Checkpoint {
	first := cp.Offset == 0
	cp.Counts, cp.Full, cp.Truncated = maps.Clone(cp.Counts), slices.Clone(cp.Full), slices.Clone(cp.Truncated)
	if cp.Counts == nil {
		cp.Counts = make(map[membership.List]int)
	}
	if first {
		cp.Counts[cp.List] = t.count
	}
	cp.Pages++
	cp.Calls += t.calls
	cp.Rows += t.stored
	cp.Offset += t.received
	switch endOf(kind, cp, t) {
	case goesOn:
		return cp
	case readFully:
		cp.Full = append(cp.Full, cp.List)
	case cutOff:
		cp.Truncated = append(cp.Truncated, cp.List)
	}
	cp.List, cp.Offset = next(kind, cp.List), 0
	return cp
}

// end is how a list stands after an answer.
type end uint8

const (
	goesOn end = iota
	readFully
	cutOff
)

// endOf judges the list that cp has just advanced in.
//
// The end is an empty page. A short page is not (rows vanish between counting and sending), so an answer is saved only where
// the count says so: the newest count, since somebody who joins meanwhile pushes the last rows back. A full page beyond the count
// shows that the count is too low, and is followed by another.
func endOf(kind membership.GroupKind, cp membership.Checkpoint, t turn) end {
	count := max(cp.Counts[cp.List], t.count)
	switch {
	case t.received == 0 && cp.Offset < count && cp.Offset >= window(kind, cp.List):
		return cutOff
	case t.received == 0:
		return readFully
	case cp.List == membership.ListRecent && cp.Offset >= window(kind, cp.List):
		if cp.TotalBefore > 0 && cp.TotalBefore <= cp.Offset && count <= cp.Offset {
			return readFully // the group is exactly as large as the window
		}
		return cutOff
	case cp.Offset >= membership.ParticipantWindow:
		return cutOff
	case cp.Offset == count, cp.Offset > count && t.received < membership.PageLimit:
		return readFully
	}
	return goesOn
}

// window is how many rows of the list Telegram gives out.
func window(kind membership.GroupKind, l membership.List) int {
	switch {
	case l == membership.ListRecent && kind == membership.Channel:
		return channelWindow
	case l == membership.ListKicked:
		return kickedWindow
	}
	return membership.ParticipantWindow
}

// next is the list to read after l, 0 after the last. A channel restricts nobody, so it is not asked whom.
func next(kind membership.GroupKind, l membership.List) membership.List {
	lists := membership.Lists()
	if kind == membership.Channel {
		lists = slices.DeleteFunc(lists, func(l membership.List) bool { return l == membership.ListBanned })
	}
	if i := slices.Index(lists, l); i >= 0 && i+1 < len(lists) {
		return lists[i+1]
	}
	return 0
}
