package membership_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

// count is a reading of a group that nobody moves in, at the time.
func count(at membership.Instant, counted, known int) membership.DriftReading {
	return membership.DriftReading{
		At: at, Counted: counted, CountedAfter: counted, Known: known, Log: at, Walk: 1, Ended: 1000, Read: 900, Remains: counted - known,
		Lookable: true, Walkable: true, Whole: true,
	}
}

// based is a group after its first walk, which left ten unexplained.
func based() membership.Drift {
	return membership.Drift{}.Compare(count(1060, 110, 100))
}

func TestTheFirstWalkIsWhatLaterCountsAreComparedWith(t *testing.T) {
	d := based()
	require.Equal(t, membership.Drift{At: 1060, Counted: 110, Known: 100, Baseline: 10, Based: 1}, d)
	require.Zero(t, d.Unexplained())

	r := count(1060+86400, 108, 105)
	r.Remains = 9
	late := membership.Drift{}.Compare(r)
	require.Equal(t, 9, late.Baseline, "what happened in a day since the walk is no part of it")
	require.Equal(t, -6, late.Unexplained())
}

// Where no walk shows everybody, some of those who were never listed come and go.
func TestWhatNoListShowsMayComeAndGo(t *testing.T) {
	for whole, want := range map[bool]membership.DriftStage{true: membership.DriftLog, false: membership.DriftNone} {
		r := count(1060, 10_500, 10_000)
		r.Whole = whole
		d := membership.Drift{}.Compare(r)
		require.Equal(t, want, d.Compare(count(2000, 10_490, 10_000)).Stage)
		require.Equal(t, membership.DriftLog, d.Compare(count(2000, 10_489, 10_000)).Stage)
	}
}

// The stages of a search that finds nobody.
func TestASearchGoesFromCheapToDear(t *testing.T) {
	d := based()
	at := membership.Instant(10_000)
	step := func(after time.Duration, want membership.DriftStage, change func(*membership.DriftReading)) {
		t.Helper()
		at = at.Add(after)
		r := count(at, 107, 100)
		r.Unconfirmed = 5
		if change != nil {
			change(&r)
		}
		d = d.Compare(r)
		require.Equal(t, want, d.Stage)
	}
	step(0, membership.DriftLog, nil)
	require.Equal(t, -3, d.First)
	step(30*time.Second, membership.DriftLog, nil)
	step(30*time.Second, membership.DriftLog, func(r *membership.DriftReading) { r.Log = 9999 })
	step(time.Second, membership.DriftLookups, nil)
	step(time.Minute, membership.DriftLookups, func(r *membership.DriftReading) { r.Waiting = 3 })
	step(time.Minute, membership.DriftWalk, nil)
	step(time.Minute, membership.DriftWalk, nil)
	audited := func(r *membership.DriftReading) { r.Read = at }
	step(time.Minute, membership.DriftSweep, audited)
	step(time.Minute, membership.DriftSweep, audited)
	partly := func(r *membership.DriftReading) { r.Read, r.Unconfirmed, r.Known = at, 0, 99 }
	step(time.Minute, membership.DriftRest, partly)
	require.Equal(t, at.Add(time.Hour), d.NotBefore())
	step(59*time.Minute, membership.DriftRest, partly)
	step(time.Minute, membership.DriftLog, partly)
}

func TestAWalkThatShowsEverybodyEndsTheSearch(t *testing.T) {
	d := based()
	for at := membership.Instant(10_000); d.Stage != membership.DriftWalk; at += 61 {
		d = d.Compare(count(at, 107, 100))
	}
	r := count(20_000, 107, 100) // it misses four, one of whom was looked up already, and is in
	r.Walk, r.Read, r.Ended = 2, 19_000, 19_900
	r.Waiting, r.Missed, r.MissedOpen = 3, 4, 3
	d = d.Compare(r)
	require.Equal(t, membership.DriftWalk, d.Stage, "whom it missed is looked up first")
	require.Zero(t, d.Unexplained())

	r.At, r.Counted, r.CountedAfter, r.Known, r.Waiting, r.Missed, r.MissedOpen = 20_030, 105, 105, 99, 2, 3, 2
	d = d.Compare(r) // one of them is gone, and two others leave unheard
	require.Equal(t, membership.DriftWalk, d.Stage)

	r.At, r.Known, r.Waiting, r.Missed, r.MissedOpen = 20_060, 98, 0, 2, 0
	d = d.Compare(r) // another one is gone, and the last is not
	require.Equal(t, 9, d.Baseline)
	require.Equal(t, membership.DriftNone, d.Stage)
	require.Equal(t, -2, d.Unexplained(), "who left since the walk is no part of what it left")
}

func TestWhereASearchInFullFindsNobodyTelegramHasStoppedToCountTheDeleted(t *testing.T) {
	d := based()
	for at := membership.Instant(10_000); d.Stage != membership.DriftNone || at == 10_000; at += 61 {
		r := count(at, 107, 100)
		if d.Stage == membership.DriftWalk {
			r.Read = at
		} else {
			r.Read = max(r.Read, d.Entered)
		}
		d = d.Compare(r)
		require.Less(t, at, membership.Instant(20_000))
	}
	require.Equal(t, 7, d.Baseline)
	require.Zero(t, d.Unexplained())
}

// What moves while it is counted, and what was on its way, begins no search beyond a second look.
func TestWhatMovesWhileItIsCountedIsNoDrift(t *testing.T) {
	d := based()
	r := count(10_000, 110, 103)
	r.CountedAfter = 115
	require.Equal(t, membership.DriftNone, d.Compare(r).Stage)
	d = d.Compare(count(10_000, 112, 100))
	require.Equal(t, membership.DriftLog, d.Stage)
	require.Equal(t, membership.DriftNone, d.Compare(count(10_061, 112, 102)).Stage)
	require.Equal(t, membership.DriftNone, d.Compare(count(10_061, 110, 101)).Stage, "the other way round it is another one")
}

func TestWithoutTheBotWhoLeftIsFoundByAWalkAndWithoutBothTheSearchRests(t *testing.T) {
	search := func(lookable, walkable bool) (stages []membership.DriftStage) {
		d := based()
		for at := membership.Instant(10_000); at < 12_000; at += 61 {
			r := count(at, 107, 100)
			r.Lookable, r.Walkable, r.Unconfirmed = lookable, walkable, 1
			was := d.Stage
			if d = d.Compare(r); d.Stage != was {
				stages = append(stages, d.Stage)
			}
		}
		return stages
	}
	require.Equal(t, []membership.DriftStage{membership.DriftLog, membership.DriftWalk}, search(false, true))
	require.Equal(t, []membership.DriftStage{membership.DriftLog, membership.DriftRest}, search(false, false))
	require.Equal(t, []membership.DriftStage{membership.DriftLog, membership.DriftLookups, membership.DriftSweep}, search(true, false))
}

func TestAClockSetBackDoesNotHoldUpTheSearch(t *testing.T) {
	d := based()
	d = d.Compare(count(50_000, 107, 100))
	require.Equal(t, membership.DriftLog, d.Stage)
	for at := membership.Instant(10_000); at < 10_400; at += 61 {
		d = d.Compare(count(at, 107, 100))
		require.LessOrEqual(t, d.Since, at)
	}
	require.Equal(t, membership.DriftWalk, d.Stage)
}

// Whatever is read: a search has a beginning and a cause, it rests as long as it should, and a difference that is gone ends it.
func TestDriftLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := based()
		at := membership.Instant(10_000)
		for range rapid.IntRange(1, 80).Draw(t, "readings") {
			at += membership.Instant(rapid.SampledFrom([]int{61, 61, 61, 600, 3700, 90_000}).Draw(t, "pause"))
			r := count(at, rapid.IntRange(100, 112).Draw(t, "counted"), rapid.IntRange(97, 103).Draw(t, "known"))
			r.CountedAfter = r.Counted + rapid.IntRange(-1, 1).Draw(t, "moved")
			r.Log = at - membership.Instant(rapid.SampledFrom([]int{0, 30, 100_000}).Draw(t, "log age"))
			r.Lookable, r.Walkable = rapid.Bool().Draw(t, "lookable"), rapid.Bool().Draw(t, "walkable")
			r.Waiting, r.Unconfirmed = rapid.IntRange(0, 2).Draw(t, "waiting"), rapid.IntRange(0, 2).Draw(t, "unconfirmed")
			if rapid.Bool().Draw(t, "audited") {
				r.Read = at - 1
			}
			was := d
			d = d.Compare(r)
			switch d.Stage {
			case membership.DriftNone:
				require.Zero(t, d.Since)
				require.Zero(t, d.Looked)
			default:
				require.NotZero(t, d.Unexplained(), "there is something to search for")
				require.Equal(t, d.First < 0, d.Unexplained() < 0)
				require.LessOrEqual(t, d.Since, d.Entered)
				require.LessOrEqual(t, d.Entered, at)
			}
			if was.Stage == membership.DriftNone {
				require.LessOrEqual(t, d.Stage, membership.DriftLog, "nothing is ordered at first sight")
			}
			if was.Stage == membership.DriftRest && d.Stage == membership.DriftLog && d.First == was.First {
				require.GreaterOrEqual(t, at, was.NotBefore())
			}
			require.GreaterOrEqual(t, max(r.Counted, r.CountedAfter), d.Counted)
			require.LessOrEqual(t, min(r.Counted, r.CountedAfter), d.Counted)
			same := count(at+1, d.Known+d.Baseline, d.Known)
			require.Equal(t, membership.DriftNone, d.Compare(same).Stage, "it is explained")
		}
	})
}

// A difference that nothing ever explains costs the owner's account less and less: in a month some thirty walks, and not one an hour.
func TestASearchThatNeverEndsRestsLongerAndLonger(t *testing.T) {
	d := based()
	walks := 0
	for at := membership.Instant(10_000); at < 10_000+30*86400; at += 61 {
		r := count(at, 112, 100) // more than are known: nobody can be looked up
		if d.Stage == membership.DriftWalk {
			r.Read = at
		}
		was := d.Stage
		if d = d.Compare(r); d.Stage == membership.DriftWalk && was != d.Stage {
			walks++
		}
	}
	require.Greater(t, walks, 25)
	require.Less(t, walks, 36)
}
