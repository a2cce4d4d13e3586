package world

import (
	"errors"
	"time"
)

// JoinRules say what sources leave open about coming in and about the admin log that tells of it. The zero value is
// what most of them agree on.
type JoinRules struct {
	// Nameless is the size above which the admin log's events of joining do not say who has joined; 0 is never.
	Nameless int
	// Unfiled leaves log events whose filter flag is nowhere documented out of every filtered page.
	Unfiled bool
	// ApproverActs has the bot update of an approved request name who approved as the actor, not the joiner.
	ApproverActs bool
	// Guarded is how many people in a thousand can be added to groups by their contacts only.
	Guarded int
	// HastyUnban has an unban within the second of the ban leave the person inside, as reports have it of clients that
	// kick without a pause.
	HastyUnban bool
	// FreshAdmins is how long who was made an admin may not make or change others: 406 FRESH_CHANGE_ADMINS_FORBIDDEN.
	// The refusal is documented, how long it lasts is not; 0 is never.
	FreshAdmins time.Duration
	// Unheard is how many people in a thousand go without any bot being sent an update of it, not even later in a
	// difference, and Unlogged how many go without an event in the admin log; the two are drawn apart. That they return
	// is told. No source says that Telegram does either, and none that it never does: only the member count gives it away.
	Unheard, Unlogged int
}

// ParseJoinRules reads rules as "nameless=10000,unfiled". The names are nameless, unfiled, approver-acts, guarded,
// hasty-unban, unheard, unlogged and fresh-admins, whose value is a time like 24h.
func ParseJoinRules(text string) (JoinRules, error) {
	var r JoinRules
	return r, parseRules("join rule", text, []setting{
		{"nameless", number(&r.Nameless)},
		{"unfiled", flag(&r.Unfiled)},
		{"approver-acts", flag(&r.ApproverActs)},
		{"guarded", perMille(&r.Guarded)},
		{"hasty-unban", flag(&r.HastyUnban)},
		{"fresh-admins", lasting(&r.FreshAdmins)},
		{"unheard", perMille(&r.Unheard)},
		{"unlogged", perMille(&r.Unlogged)},
	})
}

// lasting reads a time that is not negative.
func lasting(to *time.Duration) func(string) error {
	return func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			return errors.New("it takes a time like 90s or 24h")
		}
		*to = d
		return nil
	}
}

// slipsOut says whether the change leaves a person outside who is one of so many in a thousand that go untold. Which
// they are depends on the kind of telling, and does not change: a kick's ban and its lift go the same way.
func (w *World) slipsOut(ch change, perMille int, kind uint64) bool {
	if perMille == 0 || ch.next.in || w.account(ch.prev.user).bot {
		return false
	}
	return int(mix(mix(w.seed^kind)^uint64(ch.prev.user))%1000) < perMille
}

// The kinds of telling that slipsOut tells apart.
const (
	byUpdate = iota + 1
	byLog
)
