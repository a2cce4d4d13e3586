package membership_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

var (
	serving = membership.Post{In: true, Admin: true}
	sitting = membership.Post{In: true}
	gone    = membership.Post{}
)

func TestADutyRemembersALossUntilItWasSaidWhatHappenedMeanwhile(t *testing.T) {
	type step struct {
		post   membership.Post
		at     membership.Instant
		lost   membership.Instant
		back   membership.Instant
		untold bool
	}
	for name, steps := range map[string][]step{
		"never there":                   {{sitting, 10, 0, 0, false}, {gone, 20, 20, 0, true}},
		"first seen in office":          {{serving, 10, 0, 0, false}, {serving, 20, 0, 0, false}},
		"demoted, removed and promoted": {{serving, 10, 0, 0, false}, {sitting, 20, 20, 0, true}, {gone, 30, 20, 0, true}, {sitting, 40, 20, 0, true}, {serving, 50, 20, 50, true}},
		"promoted and demoted again":    {{serving, 10, 0, 0, false}, {gone, 20, 20, 0, true}, {serving, 30, 20, 30, true}, {gone, 40, 20, 0, true}},
	} {
		for _, whose := range []membership.Account{membership.TheBot, membership.TheOwner} {
			var d membership.Duty
			for i, s := range steps {
				d = d.Take(whose, s.post, s.at, uint64(s.at))
				require.Equal(t, s.lost, d.Lost, "%s, step %d", name, i)
				require.Equal(t, s.back, d.Back, "%s, step %d", name, i)
				require.Equal(t, uint64(s.lost), d.Seq, "%s, step %d", name, i)
				require.Equal(t, s.untold, d.Lost != 0 && !d.Told, "%s, step %d", name, i)
				require.Equal(t, d, d.Take(whose, s.post, s.at+5, 99), "taken again it changes nothing: %s, step %d", name, i)
			}
		}
	}
}

func TestALossThatWasToldIsToldAgainOnlyWhereItGrows(t *testing.T) {
	d := membership.Duty{}.Take(membership.TheBot, serving, 1, 1).Take(membership.TheBot, sitting, 2, 2)
	d.Told = true
	require.True(t, d.Take(membership.TheBot, sitting, 3, 3).Told)
	require.False(t, d.Take(membership.TheBot, gone, 3, 3).Told)
}

func TestEveryPostSaysWhatItLacks(t *testing.T) {
	for _, whose := range []membership.Account{membership.TheBot, membership.TheOwner} {
		require.Empty(t, membership.Lacking(whose, serving))
		require.NotEmpty(t, membership.Lacking(whose, sitting))
		require.Greater(t, len(membership.Lacking(whose, gone)), len(membership.Lacking(whose, sitting)))
	}
	text := membership.LossText(membership.TheBot, sitting, "@mallory", membership.Beside{Kind: membership.Supergroup, Other: serving})
	require.Contains(t, text, "The bot is not an administrator of the group any more (by @mallory).")
	require.Contains(t, text, "the group > Edit > Administrators > Add Admin > your bot")
	text = membership.LossText(membership.TheOwner, gone, "", membership.Beside{Kind: membership.Supergroup, Other: serving})
	require.Contains(t, text, "Your account is not in the group any more.")
	require.Contains(t, text, "It cannot read the admin log, or walk the group's lists, or look people up where the bot cannot.")
	text = membership.LossText(membership.TheBot, sitting, "", membership.Beside{Kind: membership.BasicGroup, Other: serving})
	require.Contains(t, text, "It cannot hear who joins and leaves. Meanwhile your account reads the group's list of members and looks people up.")
	text = membership.LossText(membership.TheOwner, gone, "", membership.Beside{Kind: membership.BasicGroup, Other: serving})
	require.Contains(t, text, "It cannot walk the group's lists, or look people up where the bot cannot.")
}

// What goes on meanwhile is what the other account can do.
func TestALossClaimsNothingOfAnAccountThatIsGoneToo(t *testing.T) {
	for _, c := range []struct {
		whose membership.Account
		other membership.Post
		want  string
	}{
		{membership.TheBot, serving, "Meanwhile your account reads "},
		{membership.TheBot, sitting, "Nor can your account tell who joins and leaves: nobody does."},
		{membership.TheBot, gone, "Nor can your account tell who joins and leaves: nobody does."},
		{membership.TheOwner, serving, "Meanwhile the bot goes on hearing who joins and leaves."},
		{membership.TheOwner, sitting, "Nor does the bot hear who joins and leaves."},
	} {
		for _, kind := range []membership.GroupKind{membership.Supergroup, membership.BasicGroup} {
			require.Contains(t, membership.LossText(c.whose, gone, "", membership.Beside{Kind: kind, Other: c.other}), c.want)
		}
	}
}

func TestWhatHappenedMeanwhileIsSaidInPeople(t *testing.T) {
	require.Equal(t, "The bot is an administrator of the group again. Meanwhile, by the admin log: 1,200 joined, 3 left, 1 banned.",
		membership.BackText(membership.Supergroup, membership.TheBot, membership.Happened{Joined: 1200, Left: 3, Banned: 1}, true))
	require.Contains(t, membership.BackText(membership.Supergroup, membership.TheBot, membership.Happened{}, true), "nobody came or left")
	require.Contains(t, membership.BackText(membership.Supergroup, membership.TheOwner, membership.Happened{Joined: 1}, false), "The admin log could not be read")
	for told, text := range map[bool]string{true: "Meanwhile, by the group's list of members: 1 left.", false: "The group's list of members could not be read"} {
		require.Contains(t, membership.BackText(membership.BasicGroup, membership.TheBot, membership.Happened{Left: 1}, told), text)
	}
}

func TestTheLogIsUnreadFromItsLastReadingOrFromTheBeginning(t *testing.T) {
	const now = membership.Instant(1_000_000)
	for name, c := range map[string]struct {
		watch    membership.Watch
		read     membership.Instant
		since    membership.Instant
		alarming bool
	}{
		"nothing is known":              {},
		"read just now":                 {read: now, since: now},
		"read a day ago":                {read: now.Add(-24 * time.Hour), since: now.Add(-24 * time.Hour), alarming: true},
		"a second less":                 {read: now.Add(-24*time.Hour + time.Second), since: now.Add(-24*time.Hour + time.Second)},
		"never, and waited for a day":   {watch: membership.Watch{Began: now.Add(-25 * time.Hour)}, since: now.Add(-25 * time.Hour), alarming: true},
		"never, and waited for an hour": {watch: membership.Watch{Began: now.Add(-time.Hour)}, since: now.Add(-time.Hour)},
		"read after having waited":      {watch: membership.Watch{Began: 5}, read: now, since: now},
		"read ahead of the clock":       {read: now.Add(100 * time.Hour), since: now.Add(100 * time.Hour)},
	} {
		since, alarming := c.watch.LogUnread(membership.Sources{AdminLog: c.read}, now)
		require.Equal(t, c.since, since, name)
		require.Equal(t, c.alarming, alarming, name)
	}
}
