package membership_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

const (
	group = membership.GroupID(900)
	ann   = membership.UserID(7)
	admin = membership.UserID(1)
	t0    = membership.Instant(1_700_000_000)
)

// input is an event, a sighting, a list's leaving somebody out, or a count: whatever may reach a record, in any order.
type input struct {
	event           *membership.Event
	sighting        *membership.Sighting
	missed, counted membership.Instant
}

func (i input) fold(r *membership.Record) {
	switch {
	case i.event != nil:
		r.Apply(*i.event)
	case i.sighting != nil:
		r.See(*i.sighting)
	default:
		r.Miss(i.missed)
		r.Count(i.counted)
	}
}

// times are drawn from a few seconds around t0, so that ties are the rule.
func drawInstant(t *rapid.T, name string) membership.Instant {
	return t0 + membership.Instant(rapid.IntRange(0, 200).Draw(t, name))
}

func drawState(t *rapid.T) membership.State {
	switch rapid.IntRange(0, 5).Draw(t, "state") {
	case 0:
		return membership.State{Presence: membership.In, Role: membership.Member}
	case 1:
		return membership.State{Presence: membership.In, Role: membership.Restricted, Until: drawInstant(t, "until")}
	case 2:
		return membership.State{Presence: membership.In, Role: membership.Administrator}
	case 3:
		return membership.State{Presence: membership.Out, Departure: membership.Banned, Until: drawInstant(t, "until")}
	case 4:
		return membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: rapid.Bool().Draw(t, "lifted")}
	}
	return membership.State{Presence: membership.Out, Departure: membership.Kicked}
}

func drawInput(t *rapid.T) input {
	switch rapid.IntRange(0, 9).Draw(t, "audited") {
	case 0:
		return input{missed: drawInstant(t, "missed")}
	case 1:
		return input{counted: drawInstant(t, "counted")}
	}
	if rapid.Bool().Draw(t, "row") {
		s := membership.Sighting{
			User: ann, State: drawState(t), Date: drawInstant(t, "date"), Dated: rapid.Bool().Draw(t, "dated"),
			Read: drawInstant(t, "read"), Walk: uint32(rapid.IntRange(1, 5).Draw(t, "walk")), Row: uint32(rapid.IntRange(0, 9).Draw(t, "row")),
		}
		return input{sighting: &s}
	}
	source := rapid.SampledFrom([]membership.Source{
		membership.SourceMessage, membership.SourceBotUpdate, membership.SourceAdminLog, membership.SourceLookup,
	}).Draw(t, "source")
	grade := membership.GradeA
	if source == membership.SourceMessage {
		grade = membership.GradeC
	}
	e := membership.Event{
		Group: group, User: ann, State: drawState(t), Moved: rapid.Bool().Draw(t, "moved"),
		Evidence: membership.Evidence{
			Source: source, Grade: grade, Ref: uint64(rapid.IntRange(1, 30).Draw(t, "ref")), At: drawInstant(t, "at"),
		},
	}
	return input{event: &e}
}

func drawInputs(t *rapid.T) []input {
	return rapid.SliceOfN(rapid.Custom(drawInput), 0, 12).Draw(t, "inputs")
}

func foldAll(inputs []input) *membership.Record {
	var r membership.Record
	for _, i := range inputs {
		i.fold(&r)
	}
	return &r
}

func TestFoldDoesNotDependOnOrderOrRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := drawInputs(t)
		shuffled := rapid.Permutation(append(append([]input{}, inputs...), inputs...)).Draw(t, "order")
		now := drawInstant(t, "now")
		want, got := foldAll(inputs), foldAll(shuffled)
		require.Equal(t, want, got)
		require.Equal(t, want.Standing(now), got.Standing(now))
	})
}

// The ledger does not hold the lookups that repeat what is known, and which those are depends on what came before them. Nobody can tell by the
// record, or by the standing; and the record is made anew of the ledger and what it does not hold.
func TestALookupThatRepeatsWhatIsKnownCountsAsIfTheLedgerHeldIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := drawInputs(t)
		var a annals
		for _, i := range rapid.Permutation(append(slices.Clone(inputs), inputs...)).Draw(t, "order") {
			before := a.record
			entries := len(a.events)
			a.take(i, drawInstant(t, "now"))
			if i.event != nil && len(a.events) == entries {
				at := i.event.Evidence.At
				was, is := before.Standing(at), a.record.Standing(at)
				is.LastConfirmed = was.LastConfirmed
				if is.Evidence != was.Evidence { // of two lookups of one second, or where there had been some before the contrary, too
					require.Equal(t, membership.SourceLookup, was.Evidence.Source)
					is.Evidence, is.Since = was.Evidence, was.Since
				}
				require.Equal(t, was, is, "a repetition tells nothing but that it was so longer")
			}
		}
		require.Equal(t, *foldAll(inputs), a.record)
		refolded := a.record.Unledgered()
		for _, e := range slices.Backward(a.events) {
			refolded.Apply(e)
		}
		require.Equal(t, a.record, refolded)
	})
}

// The first law: lists that say nothing of a departure never make anybody out, however they are read and whatever they leave out.
func TestNoListWithoutARowThatSaysSoYieldsOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r membership.Record
		for _, i := range drawInputs(t) {
			if i.event != nil || i.sighting != nil && i.sighting.State.Presence == membership.Out {
				continue
			}
			i.fold(&r)
		}
		require.NotEqual(t, membership.Out, r.Standing(drawInstant(t, "now")).Presence)
	})
}

func TestGradeCMovesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := drawInputs(t)
		firm := inputs[:0:0]
		for _, i := range inputs {
			if i.event == nil || i.event.Evidence.Grade != membership.GradeC {
				firm = append(firm, i)
			}
		}
		now := drawInstant(t, "now")
		with, without := foldAll(inputs).Standing(now), foldAll(firm).Standing(now)
		with.Doubt, without.Doubt = "", ""
		require.Equal(t, without, with)
	})
}

// A row's ledger entry repeats what the sighting said: folding it too changes nothing.
func TestLedgerEntryOfASightingAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := drawInputs(t)
		r := foldAll(inputs)
		want := r
		for _, i := range inputs {
			if i.sighting != nil {
				r.Apply(i.sighting.Event(group, drawInstant(t, "recorded")))
			}
		}
		require.Equal(t, want, r)
	})
}

func TestOutAlwaysRestsOnGradeA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := foldAll(drawInputs(t)).Standing(drawInstant(t, "now"))
		if s.Presence == membership.Out {
			require.Equal(t, membership.GradeA, s.Evidence.Grade)
		}
	})
}

func direct(source membership.Source, ref uint64, at membership.Instant, s membership.State) membership.Event {
	return membership.Event{
		Group: group, User: ann, State: s, Moved: source != membership.SourceLookup && !s.Lifted && s.Role != membership.Administrator,
		Evidence: membership.Evidence{Source: source, Grade: membership.GradeA, Ref: ref, At: at, Actor: admin},
	}
}

func row(read, date membership.Instant, s membership.State) membership.Sighting {
	return membership.Sighting{User: ann, State: s, Date: date, Dated: s.Role == membership.Member || s.Role == membership.Restricted, Read: read, Walk: 1, Row: 3}
}

var (
	isMember  = membership.State{Presence: membership.In, Role: membership.Member}
	isAdmin   = membership.State{Presence: membership.In, Role: membership.Administrator}
	isLeft    = membership.State{Presence: membership.Out, Departure: membership.Left}
	isBanned  = membership.State{Presence: membership.Out, Departure: membership.Banned}
	isLifted  = membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: true}
	isMuted   = membership.State{Presence: membership.In, Role: membership.Restricted, Until: t0 + 100}
	banTill   = membership.State{Presence: membership.Out, Departure: membership.Banned, Until: t0 + 100}
	mutedLeft = membership.State{Presence: membership.Out, Departure: membership.Left}
)

func TestStanding(t *testing.T) {
	update, log, lookup := membership.SourceBotUpdate, membership.SourceAdminLog, membership.SourceLookup
	tests := []struct {
		name      string
		events    []membership.Event
		rows      []membership.Sighting
		now       membership.Instant
		presence  membership.Presence
		role      membership.Role
		departure membership.Departure
		doubt     membership.Doubt
		since     membership.Instant
	}{
		{name: "nothing is known", presence: membership.Unknown},
		{name: "seen in a list", rows: []membership.Sighting{row(t0, t0-500, isMember)}, presence: membership.In, role: membership.Member, since: t0 - 500},
		{
			name: "seen in a list, then left", rows: []membership.Sighting{row(t0, t0-500, isMember)},
			events: []membership.Event{direct(update, 5, t0+10, isLeft)}, presence: membership.Out, departure: membership.Left, since: t0 + 10,
		},
		{
			name: "a stale page read after the departure does not bring back, it asks", rows: []membership.Sighting{row(t0+500, t0-500, isMember)},
			events: []membership.Event{direct(update, 5, t0+10, isLeft)}, presence: membership.Out, departure: membership.Left,
			doubt: membership.DoubtStale, since: t0 + 10,
		},
		{
			name: "a row with a join date after the departure proves the return", rows: []membership.Sighting{row(t0+500, t0+60, isMember)},
			events: []membership.Event{direct(update, 5, t0+10, isLeft)}, presence: membership.In, role: membership.Member, since: t0 + 60,
		},
		{
			name: "a row dated in the second of the departure proves nothing", rows: []membership.Sighting{row(t0+20, t0+10, isMember)},
			events: []membership.Event{direct(update, 5, t0+10, isLeft)}, presence: membership.Out, departure: membership.Left, since: t0 + 10,
		},
		{
			name: "an undated row within the lists' lag does not outvote a departure", rows: []membership.Sighting{row(t0+30, 0, isAdmin)},
			events: []membership.Event{direct(update, 5, t0+10, isLeft)}, presence: membership.Out, departure: membership.Left, since: t0 + 10,
		},
		{
			name: "an undated row past the lag does", rows: []membership.Sighting{row(t0+80, 0, isAdmin)},
			events: []membership.Event{direct(update, 5, t0+10, isLeft)}, presence: membership.In, role: membership.Administrator, since: t0 + 20,
		},
		{
			name:   "a ban lifted at once is a kick",
			events: []membership.Event{direct(update, 5, t0, isBanned), direct(update, 6, t0+1, isLifted)}, presence: membership.Out, departure: membership.Kicked, since: t0,
		},
		{
			name:   "a ban lifted later is not",
			events: []membership.Event{direct(update, 5, t0, isBanned), direct(update, 6, t0+3600, isLifted)}, presence: membership.Out, departure: membership.Left, since: t0,
		},
		{
			name:   "kicked, returned, left: left",
			events: []membership.Event{direct(update, 5, t0, isBanned), direct(update, 6, t0+1, isLifted), direct(update, 7, t0+9, isMember), direct(update, 8, t0+20, isLeft)}, presence: membership.Out, departure: membership.Left, since: t0 + 20,
		},
		{
			name:   "a lookup that knows less does not forget the kick",
			events: []membership.Event{direct(log, 5, t0, isBanned), direct(log, 6, t0+1, isLifted), direct(lookup, 99, t0+500, isLeft)}, presence: membership.Out, departure: membership.Kicked, since: t0,
		},
		{
			name: "a lookup of somebody who never was in names no departure", events: []membership.Event{direct(lookup, 9, t0, isLeft)},
			presence: membership.Out, departure: membership.NoDeparture, since: t0,
		},
		{
			name: "a lookup of a listed person does", events: []membership.Event{direct(lookup, 9, t0, isLeft)}, rows: []membership.Sighting{row(t0-90, t0-500, isMember)},
			presence: membership.Out, departure: membership.Left, since: t0,
		},
		{
			name: "a timed ban holds", events: []membership.Event{direct(update, 5, t0, banTill)}, now: t0 + 99,
			presence: membership.Out, departure: membership.Banned, since: t0,
		},
		{
			name: "a timed ban lapses at read time", events: []membership.Event{direct(update, 5, t0, banTill)}, now: t0 + 100,
			presence: membership.Out, departure: membership.Kicked, since: t0,
		},
		{
			name:   "a lookup after the ban has lapsed does not make it a leave",
			events: []membership.Event{direct(update, 5, t0, banTill), direct(lookup, 1, t0+120, isLeft)}, now: t0 + 130,
			presence: membership.Out, departure: membership.Kicked, since: t0,
		},
		{
			name:   "who came back from a lapsed ban and is gone again left",
			events: []membership.Event{direct(update, 5, t0, banTill), direct(update, 6, t0+110, isMember), direct(lookup, 1, t0+120, isLeft)}, now: t0 + 130,
			presence: membership.Out, departure: membership.Left, since: t0 + 120,
		},
		{
			name: "a restriction holds", events: []membership.Event{direct(update, 5, t0, isMuted)}, now: t0 + 99,
			presence: membership.In, role: membership.Restricted, since: t0,
		},
		{
			name: "a restriction lapses at read time", rows: []membership.Sighting{row(t0, t0-5, isMuted)}, now: t0 + 100,
			presence: membership.In, role: membership.Member, since: t0 - 5,
		},
		{
			name: "restricted and left is out", rows: []membership.Sighting{row(t0+100, t0-50, mutedLeft)},
			events: []membership.Event{direct(update, 5, t0-60, isMember)}, presence: membership.Out, departure: membership.Left, since: t0 + 40,
		},
		{
			name: "a banned row counts from the ban", rows: []membership.Sighting{row(t0+900, t0+5, isBanned)},
			events: []membership.Event{direct(update, 5, t0+10, isMember)}, presence: membership.In, role: membership.Member, since: t0 + 10,
		},
		{
			name:   "a fact of the lookup's second may be news to it",
			events: []membership.Event{direct(update, 5, t0, isLeft), direct(lookup, 1, t0, isMember)}, presence: membership.Out, departure: membership.Left, since: t0,
			doubt: membership.DoubtTie,
		},
		{
			name:   "one of the second before, too: the clocks are no better",
			events: []membership.Event{direct(update, 5, t0, isLeft), direct(lookup, 1, t0+1, isMember)}, presence: membership.Out, departure: membership.Left, since: t0,
			doubt: membership.DoubtTie,
		},
		{
			name:   "the second before that is the margin's last",
			events: []membership.Event{direct(update, 5, t0, isLeft), direct(lookup, 1, t0+2, isMember)}, presence: membership.Out, departure: membership.Left, since: t0,
			doubt: membership.DoubtTie,
		},
		{
			name:   "and one after it",
			events: []membership.Event{direct(update, 5, t0+2, isLeft), direct(lookup, 1, t0, isMember)}, presence: membership.Out, departure: membership.Left, since: t0 + 2,
			doubt: membership.DoubtTie,
		},
		{
			name:   "a lookup past the margin knows",
			events: []membership.Event{direct(update, 5, t0, isLeft), direct(lookup, 1, t0+3, isMember)}, presence: membership.In, role: membership.Member, since: t0 + 3,
		},
		{
			name:   "a fact past the margin leaves no doubt",
			events: []membership.Event{direct(update, 5, t0+3, isLeft), direct(lookup, 1, t0, isMember)}, presence: membership.Out, departure: membership.Left, since: t0 + 3,
		},
		{
			name:   "who returns in the lookup's second is in",
			events: []membership.Event{direct(update, 5, t0, isLeft), direct(lookup, 1, t0, isLeft), direct(update, 6, t0, isMember)}, presence: membership.In, role: membership.Member, since: t0,
		},
		{
			name: "a join date within the lookup's margin may be news to it, too", rows: []membership.Sighting{row(t0+20, t0+10, isMember)},
			events: []membership.Event{direct(lookup, 1, t0+12, isLeft)}, presence: membership.In, role: membership.Member, since: t0 + 10,
			doubt: membership.DoubtTie,
		},
		{
			name:   "a lookup that finds a ban does not date it",
			events: []membership.Event{direct(update, 5, t0, isBanned), direct(lookup, 1, t0+9, isBanned), direct(update, 6, t0+61, isLifted)}, presence: membership.Out, departure: membership.Left, since: t0,
		},
		{
			name:   "a lookup between a ban and its lifting does not hide the kick",
			events: []membership.Event{direct(update, 5, t0, isBanned), direct(lookup, 1, t0, isBanned), direct(update, 6, t0, isLifted)}, presence: membership.Out, departure: membership.Kicked, since: t0,
		},
		{
			name: "a list read later than the promotion knows the role", rows: []membership.Sighting{row(t0+500, t0-500, isMember)},
			events: []membership.Event{direct(update, 5, t0, isAdmin)}, presence: membership.In, role: membership.Member, since: t0 - 500,
		},
		{
			name: "a list read just after the promotion may not", rows: []membership.Sighting{row(t0+30, t0-500, isMember)},
			events: []membership.Event{direct(update, 5, t0, isAdmin)}, presence: membership.In, role: membership.Administrator, since: t0 - 500,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r membership.Record
			for _, e := range tt.events {
				r.Apply(e)
			}
			for _, s := range tt.rows {
				r.See(s)
			}
			now := tt.now
			if now == 0 {
				now = t0 + 50
			}
			s := r.Standing(now)
			require.Equal(t, tt.presence, s.Presence, "presence")
			require.Equal(t, tt.role, s.Role, "role")
			require.Equal(t, tt.departure, s.Departure, "departure")
			require.Equal(t, tt.doubt, s.Doubt, "doubt")
			require.Equal(t, tt.since, s.Since, "since")
		})
	}
}
