package world

import "time"

// MessageRules say which messages supergroups and channels keep, and which service messages never come. Sources
// give wide ranges for the latter; the zero value is what most of them agree on.
type MessageRules struct {
	// Kept is how many messages, and how many changes of them, a channel's box holds; 0 is 1,000. Who is further
	// behind is told so and gets the last of them.
	Kept int
	// JoinNotes is the size above which joins leave no service message; 0 is 10,000, a negative one is never.
	JoinNotes int
	// LeaveNotes is the size above which leaving and being removed leave none; 0 is 50, a negative one is never.
	LeaveNotes int
	// FreshSilence is for how long after its making a group may have no service messages, as every second one
	// does; 0 is ten minutes, a negative one is not at all.
	FreshSilence time.Duration
	// Timeout is what final answers of getChannelDifference bid clients wait; 0 is 30 s, 300 s were seen on Telegram.
	Timeout time.Duration
	// NoPrivacy has bots hear all messages of groups where they are no admins.
	NoPrivacy bool
	// Retention is how many updates of an account's own sequences are kept; 0 is all. Who is further behind in
	// pts hears that it is too long ago; older ones of qts are lost.
	Retention int
	// UserDeleted has a message to a deleted account answer the newer 403 USER_DELETED.
	UserDeleted bool
	// Combined has updates that seq numbers come as updatesCombined, which Telegram sends when it likes.
	Combined bool
}

func (r MessageRules) withDefaults() MessageRules {
	if r.Kept <= 0 {
		r.Kept = 1000
	}
	r.JoinNotes = bound(r.JoinNotes, 10_000)
	r.LeaveNotes = bound(r.LeaveNotes, 50)
	if r.FreshSilence == 0 {
		r.FreshSilence = 10 * time.Minute
	}
	if r.Timeout <= 0 {
		r.Timeout = 30 * time.Second
	}
	return r
}

// bound reads a size of which 0 is the usual one and less is none.
func bound(n, usual int) int {
	switch {
	case n == 0:
		return usual
	case n < 0:
		return 1 << 62
	}
	return n
}
