package membership_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

// annals keep what a roster keeps of one person: the record, and the ledger's entries.
type annals struct {
	record membership.Record
	events []membership.Event
}

func (a *annals) take(i input, now membership.Instant) {
	if i.event == nil {
		i.fold(&a.record)
		return
	}
	if e := *i.event; !a.record.Repeats(e) {
		e.After = a.record.Standing(now).Contrary(e)
		a.events = append(a.events, e)
	}
	i.fold(&a.record)
}

func (a *annals) past() *membership.Past { return membership.NewPast(a.events, a.record) }

// Whatever was told, in whatever order: seen from after all of it, the past is the standing. And what was at a moment is said by the same
// presence that the turns give.
func TestThePastEndsWithTheStanding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a annals
		now := t0 + 1000
		for _, i := range drawInputs(t) {
			a.take(i, now)
		}
		p := a.past()
		require.Equal(t, membership.Placement{Standing: a.record.Standing(now), Known: !a.record.IsZero()}, p.At(now))
		turns := p.Turns()
		for i, turn := range turns {
			require.LessOrEqual(t, turn.From, turn.To)
			require.NotEqual(t, turn.Was, turn.Is)
			if i > 0 {
				require.LessOrEqual(t, turns[i-1].To, turn.To)
				require.Equal(t, turns[i-1].Is, turn.Was)
			}
		}
		if len(turns) > 0 {
			require.Equal(t, a.record.Standing(now).Presence, turns[len(turns)-1].Is)
		}
		at := drawInstant(t, "at")
		is := p.At(at)
		if is.Within != nil {
			require.Equal(t, membership.Unknown, is.Standing.Presence)
			require.Less(t, is.Within.From, at)
			require.Greater(t, is.Within.To, at)
		}
	})
}

// What only hints at a presence tells of no turn, and hides none of the same second.
func TestAHintHidesNoTurn(t *testing.T) {
	hint := direct(membership.SourceMessage, 1, t0+11, isMember)
	hint.Evidence.Grade = membership.GradeC
	var a annals
	for _, e := range []membership.Event{hint, direct(membership.SourceBotUpdate, 1, t0, isMember), direct(membership.SourceAdminLog, 1, t0+11, isLeft)} {
		a.take(input{event: &e}, t0+99)
	}
	turns := a.past().Turns()
	require.Len(t, turns, 2)
	require.Equal(t, membership.Out, turns[1].Is)
	require.True(t, turns[1].Exact())
}

// With a feed that is whole, be it the bot's or the admin log, what is said of any second of the past is the truth, and nothing after the
// first coming or going is left unknown but by what has no moment of its own.
func TestThePastIsTheTruthWhereEventsAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCourse(t)
		without := rapid.SampledFrom([]membership.Source{membership.NoSource, membership.SourceBotUpdate, membership.SourceAdminLog}).Draw(t, "without")
		facts := slices.DeleteFunc(slices.Clone(c.facts), func(f fact) bool { return f.event != nil && f.event.Evidence.Source == without })
		var a annals
		told := membership.Instant(0)
		for _, f := range rapid.Permutation(facts).Draw(t, "order") {
			if f.contact != nil {
				continue
			}
			a.take(input{event: f.event, sighting: f.sighting}, second(c.now)+100)
			if f.event != nil && f.event.Moved && (told == 0 || f.event.Evidence.At < told) {
				told = f.event.Evidence.At
			}
		}
		p := a.past()
		for ms := -2000; ms < c.now+3000; ms += 1000 {
			at, want := second(ms), c.was(ms-mod(ms, 1000)+999)
			if want.in != c.was(ms-mod(ms, 1000)).in {
				continue // it changed within the second
			}
			is := p.At(at)
			if is.Standing.Presence == membership.Unknown {
				require.True(t, told == 0 || at < told || vague(is), "at %d, turns %+v, of\n%s", ms, p.Turns(), tell(facts))
				continue
			}
			require.Equal(t, want.in, is.Standing.Presence == membership.In, "at %d, turns %+v, of\n%s", ms, p.Turns(), tell(facts))
		}
	})
}

// vague says that it is a lookup or an undated row that leaves open what was: it may be of before or after what happened within its seconds.
func vague(p membership.Placement) bool {
	return p.Within != nil && (p.Within.Told.Evidence.Source == membership.SourceLookup || p.Within.Told.Evidence.Source == membership.SourceList)
}

func mod(a, b int) int { return ((a % b) + b) % b }

// Where lists and lookups alone speak, a change is known by the two between which it fell, and the presence between them is not.
func TestThePastIsAnIntervalWhereListsAloneAre(t *testing.T) {
	const hour = membership.Instant(3600)
	var a annals
	rowOf := func(read membership.Instant) input {
		s := row(read, t0-100*hour, isMember)
		return input{sighting: &s}
	}
	look := direct(membership.SourceLookup, 5, t0+10*hour, isLeft)
	for _, i := range []input{rowOf(t0), rowOf(t0 + 5*hour), {event: &look}, rowOf(t0 + 2*hour)} {
		a.take(i, t0+10*hour)
	}
	p := a.past()
	left := membership.Turn{From: t0 + 5*hour - 60, To: t0 + 10*hour + 2, Was: membership.In, Is: membership.Out}
	for _, c := range []struct {
		name   string
		at     membership.Instant
		is     membership.Presence
		within *membership.Turn
		known  bool
	}{
		{"before the join", t0 - 101*hour, membership.Unknown, nil, false},
		{"after the join, long before any list", t0 - 99*hour, membership.In, nil, true},
		{"between two lists", t0 + hour, membership.In, nil, true},
		{"just before the last list", t0 + 5*hour - 60, membership.In, nil, true},
		{"after the last list", t0 + 5*hour, membership.Unknown, &left, true},
		{"just before the lookup", t0 + 10*hour - 1, membership.Unknown, &left, true},
		{"after the lookup", t0 + 10*hour + 2, membership.Out, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := p.At(c.at)
			require.Equal(t, c.is, is.Standing.Presence)
			require.Equal(t, c.known, is.Known)
			if is.Within != nil {
				is.Within.Told = membership.Assertion{}
			}
			require.Equal(t, c.within, is.Within)
		})
	}
}

// A join of somebody who was in tells of a departure that nothing else told of.
func TestAReturnTellsOfTheDeparture(t *testing.T) {
	var a annals
	first, again := direct(membership.SourceBotUpdate, 1, t0, isMember), direct(membership.SourceBotUpdate, 2, t0+500, isMember)
	for _, e := range []membership.Event{first, again} {
		a.take(input{event: &e}, t0+600)
	}
	p := a.past()
	require.Len(t, p.Turns(), 3)
	require.Equal(t, membership.Turn{From: t0, To: t0 + 500, Was: membership.In, Is: membership.Out}, p.Turns()[1])
	require.Equal(t, membership.Unknown, p.At(t0+100).Standing.Presence)
	require.Equal(t, membership.In, p.At(t0+500).Standing.Presence)
}

// Who came and went more than once within a second did so no more often for being told of twice.
func TestASecondToldOfTwiceIsOneSecond(t *testing.T) {
	var a annals
	for i, ref := range []uint64{1, 2, 3, 4} {
		state := []membership.State{isLeft, isMember}[i%2]
		for _, source := range []membership.Source{membership.SourceAdminLog, membership.SourceBotUpdate} {
			e := direct(source, ref, t0, state)
			a.take(input{event: &e}, t0+600)
		}
	}
	p := a.past()
	require.Len(t, p.Turns(), 4)
	require.Equal(t, membership.In, p.Turns()[3].Is)
}
