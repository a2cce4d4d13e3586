package world_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// logOf returns the log's newest page as it goes over the wire.
func logOf(t *testing.T, w *world.World) []tg.ChannelAdminLogEvent {
	t.Helper()
	page, err := w.AdminLog(w.Owner(), w.Group().ID, world.LogRequest{Limit: 100})
	require.NoError(t, err)
	return page.Events
}

func TestTheSameSeedMakesTheSameLog(t *testing.T) {
	var logs [][]tg.ChannelAdminLogEvent
	for range 2 {
		w := world.New(world.Options{Seed: 5, Members: 100, Now: still})
		require.NoError(t, w.Log(w.Group().ID))
		_, err := w.ExportInvite(w.Owner(), w.Group().ID, world.LinkDraft{Title: "x"})
		require.NoError(t, err)
		logs = append(logs, logOf(t, w))
	}
	assert.Equal(t, logs[0], logs[1])
}

func TestNothingOfTheLogIsHandedOutTwice(t *testing.T) {
	w := world.New(world.Options{Seed: 5, Members: 100, Now: still})
	require.NoError(t, w.Log(w.Group().ID))
	first, second := logOf(t, w), logOf(t, w)
	for i := range first {
		if _, empty := first[i].Action.(*tg.ChannelAdminLogEventActionParticipantJoin); empty {
			continue // has no fields: all of them may be one
		}
		if _, empty := first[i].Action.(*tg.ChannelAdminLogEventActionParticipantLeave); empty {
			continue
		}
		assert.NotSame(t, first[i].Action, second[i].Action)
	}
}

func TestLogOfAChannel(t *testing.T) {
	w := world.New(world.Options{
		Seed: 5, Members: 100, Now: still,
		Groups: []world.GroupOptions{{Title: "Gazette", Username: "lantern_gazette", Members: 30, Broadcast: true}},
	})
	id, err := w.Channel("lantern_gazette")
	require.NoError(t, err)
	require.NoError(t, w.Log(id))
	page, err := w.AdminLog(w.Owner(), id, world.LogRequest{Limit: 100})
	require.NoError(t, err)
	assert.Greater(t, len(page.Events), 51)
}

func TestJoinRulesAreRead(t *testing.T) {
	r, err := world.ParseJoinRules("nameless=10000, unfiled,approver-acts,guarded=100,hasty-unban,fresh-admins=90m,unheard=100,unlogged=300")
	require.NoError(t, err)
	assert.Equal(t, world.JoinRules{
		Nameless: 10_000, Unfiled: true, ApproverActs: true, Guarded: 100, HastyUnban: true, FreshAdmins: 90 * time.Minute,
		Unheard: 100, Unlogged: 300,
	}, r)
	_, err = world.ParseJoinRules("nameles=1")
	require.ErrorContains(t, err, "there are nameless")
	for _, wrong := range []string{"fresh-admins", "fresh-admins=-1s", "fresh-admins=1", "guarded=1001", "unheard=1001", "unlogged=-1"} {
		_, err = world.ParseJoinRules(wrong)
		require.ErrorContains(t, err, wrong)
	}
}

// FuzzImportInvite: nobody comes in by what is no link, and every way to write a link is the link.
func FuzzImportInvite(f *testing.F) {
	w := world.New(world.Options{Seed: 5, Members: 50, Now: still})
	in, err := w.ExportInvite(w.Owner(), w.Group().ID, world.LinkDraft{})
	require.NoError(f, err)
	hash := in.Link[len("https://t.me/+"):]
	for _, link := range []string{in.Link, hash, "t.me/joinchat/" + hash, "+" + hash, "", "https://t.me/+", "https://t.me/joinchat/+x"} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		u, _ := w.Stranger()
		id, _, err := w.ImportInvite(u, link)
		_, restricted, barredErr := w.Barred(u, w.Group().ID)
		require.NoError(t, barredErr)
		assert.False(t, restricted)
		if err != nil {
			assert.Zero(t, id)
			return
		}
		assert.Contains(t, link, hash)
	})
}

// BenchmarkRaid is 30,000 joins with their log events, in a group of 200,000.
func BenchmarkRaid(b *testing.B) {
	w := world.New(world.Options{Seed: 5, Members: 200_000, Now: still})
	b.ReportAllocs()
	for b.Loop() {
		w.Raid(30_000, 0)
	}
}
