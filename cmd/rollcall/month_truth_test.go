package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/world"
)

// was says whether the person was in at the second, or at some moment of those beside it.
func (m *month) was(u world.UserID, at membership.Instant, in bool) bool {
	if in {
		return slices.ContainsFunc(m.stays[u], func(s stay) bool {
			return membership.At(s.from) <= at+1 && (s.to.IsZero() || membership.At(s.to) >= at-1)
		})
	}
	for _, s := range m.stays[u] {
		if membership.At(s.from) < at-1 && (s.to.IsZero() || membership.At(s.to) > at+1) {
			return false
		}
	}
	return true
}

// judge holds what the roster says of everybody who moves against how it was at the time of which it says so.
func (m *month) judge() {
	ctx := context.Background()
	for _, u := range m.members {
		p, known, err := m.run.roster.Person(ctx, m.run.group(), membership.UserID(u))
		require.NoError(m.t, err)
		if !known {
			continue
		}
		s := p.Standing
		m.tally["judged "+s.Presence.String()]++
		switch s.Presence {
		case membership.In:
			require.True(m.t, m.was(u, s.LastConfirmed, true), "%d in at %s: %+v\n%v", u, s.LastConfirmed, p, m.stays[u])
		case membership.Out:
			require.True(m.t, m.was(u, s.LastConfirmed, false), "%d out at %s: %+v\n%v", u, s.LastConfirmed, p, m.stays[u])
		}
	}
	m.tally["days judged"]++
}

// settled: after calm, the roster is the truth, about everybody whom Telegram shows, and access follows it.
func (m *month) settled() {
	ctx := context.Background()
	facts, err := m.world.Truth(theMonth)
	require.NoError(m.t, err)
	var wrong []world.Fact
	for _, f := range facts {
		p, _, err := m.run.roster.Person(ctx, m.run.group(), membership.UserID(f.ID))
		require.NoError(m.t, err)
		switch is := p.Standing.Presence; {
		case f.In && !f.Deleted && is != membership.In, !f.In && is == membership.In:
			wrong = append(wrong, f)
			m.t.Logf("%+v: %+v %v", f, p.Standing, m.stays[f.ID])
		}
	}
	require.Empty(m.t, wrong)
	for _, u := range m.subscribers {
		sub, err := m.run.roster.Subscriber(ctx, m.run.group(), membership.UserID(u))
		require.NoError(m.t, err)
		require.Equal(m.t, m.isIn(u), sub.Access == membership.Granted, "%d: %+v %v", u, sub, m.stays[u])
	}
	problems, err := m.run.roster.Check(ctx)
	require.NoError(m.t, err)
	require.Empty(m.t, problems)
}

// gaps: what the admin log had forgotten is on record as the spans that were away, and nothing else.
func (m *month) gaps() {
	all, err := m.run.roster.Gaps(context.Background(), m.run.group())
	require.NoError(m.t, err)
	var log, feed []membership.Gap
	for _, g := range all {
		require.False(m.t, g.Open(), "%+v", g)
		if g.Source == membership.GapAdminLog {
			log = append(log, g)
		} else {
			feed = append(feed, g)
		}
	}
	require.Len(m.t, log, len(m.outages), "%+v", all)
	for i, o := range m.outages {
		// From the last reading before, which trouble may have put off, to what was kept when it was read again.
		require.LessOrEqual(m.t, log[i].From, membership.At(o.from), "%+v", log[i])
		require.Less(m.t, membership.At(o.from).Sub(log[i].From), time.Hour, "%+v", log[i])
		require.Less(m.t, log[i].To.Sub(membership.At(o.to.Add(-membership.AdminLogRetention))).Abs(), time.Hour, "%+v", log[i])
	}

	m.feedGaps(feed)
}

// feedGaps: of the bot's updates what Telegram forgot is on record, and nothing else: it keeps them all in an outage that is not busy.
func (m *month) feedGaps(feed []membership.Gap) {
	busy := slices.DeleteFunc(slices.Clone(m.outages), func(o outage) bool { return !o.busy })
	require.Len(m.t, feed, len(busy), "%+v", feed)
	for i, o := range busy {
		require.LessOrEqual(m.t, feed[i].From, membership.At(o.from), "%+v", feed[i])
		require.Less(m.t, membership.At(o.from).Sub(feed[i].From), time.Hour, "%+v", feed[i])
		require.Greater(m.t, feed[i].To, membership.At(o.from), "%+v", feed[i])
		require.Less(m.t, feed[i].To, membership.At(o.to), "%+v", feed[i])
	}
}

// notes: each change of the mode is on record once, and told to the owner once.
func (m *month) notes() {
	ctx := context.Background()
	all, err := m.run.roster.Notes(ctx, m.run.group(), 0, 100_000)
	require.NoError(m.t, err)
	was, changes, texts := membership.Mode(0), 0, map[string]int{}
	for _, n := range all {
		m.tally["notes of "+n.Kind.String()]++
		if n.Kind != membership.NoteMode {
			continue
		}
		require.NotEqual(m.t, n.Was, n.Mode, "%+v", n)
		require.True(m.t, changes == 0 || n.Was == was, "%+v after %s", n, was)
		was = n.Mode
		if changes++; changes > 1 { // the first mode is a beginning, and no change
			texts[n.Text]++
		}
	}
	told, err := m.world.Told(m.world.Bot(), m.world.Owner())
	require.NoError(m.t, err)
	m.tally["messages to the owner"] = len(told)
	for _, one := range told {
		for text := range texts {
			if strings.Contains(one.Text, text) {
				texts[text]--
			}
		}
	}
	again := -1 // the first mode may be told
	for text, missing := range texts {
		require.LessOrEqual(m.t, missing, 0, "%q was told less often than it was noted", text)
		again -= missing
	}
	require.LessOrEqual(m.t, again, m.tally["crashes"], "a message is told again only where a crash took its note back")
}

// obeyed: no call was made before an announced wait had passed.
func (m *month) obeyed() {
	for who, methods := range m.methods.Requests() {
		total := 0
		for name, calls := range methods {
			require.Zero(m.t, calls.Violations, "%s %s", who, name)
			total += calls.Calls
		}
		m.tally[cmp.Or(who, "nobody")+"'s calls"] = total
	}
}
