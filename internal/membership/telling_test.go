package membership_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// Whatever happens how often: three messages at once, then one an hour at most, every change is in a message or in a count, and the last message
// says how it is at last.
func TestWhatChangesAgainAndAgainIsToldOnceAnHourWithItsCount(t *testing.T) {
	for _, step := range []time.Duration{time.Second, 7 * time.Minute, 59 * time.Minute, 2 * time.Hour} {
		const start = membership.Instant(1_780_000_000)
		var d membership.Duty
		var at []membership.Instant
		held := 0
		tell := func(text string, now membership.Instant) {
			before := d.Telling
			var message string
			if d.Telling, message = d.Telling.Tell(membership.TheBot, text, now); message == "" {
				held++
				return
			}
			require.True(t, strings.HasSuffix(message, text), message)
			require.Equal(t, before.Held > 0, strings.Contains(message, " more since "), message)
			held -= before.Held
			at = append(at, now)
		}
		now := start
		for range 100 {
			tell("changed again", now)
			now = now.Add(step)
		}
		for range 3600 {
			now = now.Add(time.Second)
			if d.Owed(now) {
				tell("this is how it is", now)
			}
		}
		require.Zero(t, held, "nothing is left out: %s", step)
		require.Zero(t, d.Telling.Held)
		for i := 3; i < len(at); i++ {
			require.LessOrEqual(t, at[i-3].Add(membership.TellingSpan), at[i], "four messages within an hour: %s", step)
		}
		if step < 20*time.Minute {
			for i := 3; i < len(at); i++ {
				require.GreaterOrEqual(t, at[i].Sub(at[i-1]), 40*time.Minute, "one an hour while it goes on: %s", step)
			}
		}
		if step > membership.TellingSpan {
			require.Len(t, at, 100, "what is rare is told at once")
		}
	}
}

func TestAMessageThatSumsUpSaysHowOftenAndHowItIs(t *testing.T) {
	const since = membership.Instant(1_780_000_000)
	full := membership.Telling{Since: since, Sent: 3}
	one, message := full.Tell(membership.TheOwner, "x", since+60)
	require.Empty(t, message)
	two, _ := one.Tell(membership.TheOwner, "x", since+61)
	for _, c := range []struct {
		telling membership.Telling
		want    string
	}{
		{one, `What your account is in the group changed 1 time more since 2026-05-28T20:26:40Z; "rollcall log --kind rights --kind missed" tells each. Now: `},
		{two, `What your account is in the group changed 2 times more since 2026-05-28T20:26:40Z; "rollcall log --kind rights --kind missed" tells each. Now: `},
	} {
		next, message := c.telling.Tell(membership.TheOwner, membership.PostText(membership.TheOwner, serving, membership.Beside{Kind: membership.Supergroup}), since+3600)
		require.Equal(t, c.want+"Your account is an administrator of the group.", message)
		require.Equal(t, membership.Telling{Since: since + 3600, Sent: 3}, next, "the next one is in an hour")
	}
	_, message = two.Tell(membership.TheBot, membership.PostText(membership.TheBot, sitting, membership.Beside{Kind: membership.Supergroup}), since-1)
	require.Contains(t, message, "Now: The bot is not an administrator of the group any more. It cannot hear", "the clock was set back")

	d := membership.Duty{Known: true, Post: sitting, Telling: two}
	require.False(t, d.Owed(since+3599))
	require.True(t, d.Owed(since+3600))
	d.Lost = since
	require.False(t, d.Owed(since+3600), "the loss is about to be told, and carries the count")
	d.Told = true
	require.True(t, d.Owed(since+3600))
	d.Back = since + 9
	require.False(t, d.Owed(since+3600), "likewise its end")
	require.False(t, membership.Duty{Telling: full}.Owed(since+3600), "nothing was held")
}

func TestAnAlarmIsRaisedOnceAndEndsOnce(t *testing.T) {
	const now = membership.Instant(1_780_000_000)
	unread := membership.Sources{AdminLog: now.Add(-25 * time.Hour)}
	w, since, raised, over := membership.Watch{}.Heed(unread, now)
	require.Equal(t, membership.Watch{Alarm: now}, w)
	require.Equal(t, unread.AdminLog, since)
	require.True(t, raised)
	require.False(t, over)
	again, _, raised, over := w.Heed(unread, now+9)
	require.Equal(t, w, again)
	require.False(t, raised || over)
	w, _, raised, over = w.Heed(membership.Sources{AdminLog: now + 8}, now+9)
	require.Equal(t, membership.Watch{}, w)
	require.False(t, raised)
	require.True(t, over)
	w, _, raised, over = membership.Watch{}.Heed(membership.Sources{}, now)
	require.Equal(t, membership.Watch{Began: now}, w)
	require.False(t, raised || over)
}
