package main

import (
	"cmp"
	"context"
	"slices"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// The bot's update and the admin log's event of one happening are two entries of the ledger, and one line of the log. They carry the same second,
// since they are dated by the same server; where somebody did the same more than once in it, the first is the first in both.

// twinKey is what the two tellings of a happening have in common.
type twinKey struct {
	at   membership.Instant
	user membership.UserID
	kind string
}

func (v *logView) twinKey() twinKey { return twinKey{v.At, orZero(v.User), v.Kind} }

// toldBy says that the source told of the entry.
func (v *logView) toldBy(s membership.Source) bool {
	return v.Evidence != nil && v.Evidence.Source == s && v.Evidence.Grade == membership.GradeA
}

// number is the entry's in the admin log, or of the bot's updates; 0 where that did not tell of it.
func (v *logView) number(s membership.Source) uint64 {
	for _, e := range []*report.Evidence{v.Evidence, v.Also} {
		if e != nil && e.Source == s {
			return e.Ref
		}
	}
	if s == membership.SourceAdminLog && v.From == logAdminLog {
		return v.ID
	}
	return 0
}

// paired makes one entry of each two that tell of the same. All are of one second.
func paired(entries []logView) []logView {
	heard := map[twinKey][]*logView{}
	for _, v := range told(entries, membership.SourceBotUpdate) {
		heard[v.twinKey()] = append(heard[v.twinKey()], v)
	}
	if len(heard) == 0 {
		return entries
	}
	for _, l := range told(entries, membership.SourceAdminLog) {
		key := l.twinKey()
		if same := heard[key]; len(same) > 0 {
			same[0].join(l)
			heard[key] = same[1:]
		}
	}
	return slices.DeleteFunc(entries, func(v logView) bool { return v.Kind == "" })
}

// told are those of the entries that the source told of, in its order.
func told(entries []logView, s membership.Source) []*logView {
	var by []*logView
	for i := range entries {
		if v := &entries[i]; v.toldBy(s) {
			by = append(by, v)
		}
	}
	slices.SortFunc(by, func(a, b *logView) int { return cmp.Compare(a.Evidence.Ref, b.Evidence.Ref) })
	return by
}

// join takes in the admin log's telling of the same, which knows best who did it, and leaves that without a kind. The entry is the one that came
// first.
func (v *logView) join(log *logView) {
	first, second := *v, *log
	if log.ID < v.ID {
		first, second = second, first
	}
	first.Also = second.Evidence
	if first.Actor = log.Actor; log.Actor == nil {
		first.Actor = v.Actor
	}
	*v, *log = first, logView{}
}

// inOrder sorts the entries of one second: by the admin log's ids; those that the bot alone heard come before what it heard next, then what was
// merely observed, and at last what Rollcall noted.
func inOrder(entries []logView) []logView {
	slices.SortStableFunc(entries, func(a, b logView) int {
		return cmp.Or(
			cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(a.number(membership.SourceAdminLog), b.number(membership.SourceAdminLog)),
			cmp.Compare(a.number(membership.SourceBotUpdate), b.number(membership.SourceBotUpdate)),
			cmp.Compare(a.ID, b.ID),
		)
	})
	n := slices.IndexFunc(entries, func(v logView) bool { return v.rank() > rankHeard })
	if n <= 0 {
		return entries
	}
	ordered := make([]logView, 0, len(entries))
	heard := entries[:n]
	for _, v := range entries[n:] {
		qts := v.number(membership.SourceBotUpdate)
		for len(heard) > 0 && (v.rank() > rankLogged || heard[0].number(membership.SourceBotUpdate) < qts) {
			ordered, heard = append(ordered, heard[0]), heard[1:]
		}
		ordered = append(ordered, v)
	}
	return append(ordered, heard...)
}

// What an entry comes after in its second.
const (
	rankHeard    = iota // the bot alone heard of it
	rankLogged          // it is in the admin log
	rankObserved        // a list or a lookup showed it
	rankNoted           // Rollcall noted it
)

func (v *logView) rank() int {
	switch {
	case v.number(membership.SourceAdminLog) != 0:
		return rankLogged
	case v.number(membership.SourceBotUpdate) != 0:
		return rankHeard
	case v.From == logLedger:
		return rankObserved
	}
	return rankNoted
}

// toldBefore says that a happening was listed before: its other telling is at or before the ledger's last entry that was read.
func (c *clerk) toldBefore(ctx context.Context, v logView) (bool, error) {
	if c.ask.After.Event == 0 || !v.toldBy(membership.SourceBotUpdate) && !v.toldBy(membership.SourceAdminLog) {
		return false, nil
	}
	events, err := c.desk.roster.History(ctx, c.group, orZero(v.User))
	if err != nil {
		return false, err
	}
	var same []logView
	for _, e := range events {
		if w := viewLogged(e); w.twinKey() == v.twinKey() {
			same = append(same, w)
		}
	}
	for _, w := range paired(same) {
		if w.ID <= c.ask.After.Event && w.Also != nil && w.Also.Source == v.Evidence.Source && w.Also.Ref == v.Evidence.Ref {
			return c.wants(ctx, &w)
		}
	}
	return false, nil
}
