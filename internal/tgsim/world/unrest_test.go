package world_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

func TestRaid(t *testing.T) {
	const size = 6_000
	now := epoch
	w := world.New(world.Options{Seed: 2, Members: 1_500, Now: func() time.Time { return now }})
	told := 0
	w.Subscribe(func(u world.UserID, up *tg.Updates) {
		if p, ok := up.Updates[0].(*tg.UpdateChannelParticipant); ok {
			require.Equal(t, w.Bot(), u)
			require.InDelta(t, now.Unix(), p.Date, 60, "in its turn")
			told++
		}
	})
	members := func() int {
		full, err := w.FullChannel(w.Owner(), w.Group().ID)
		require.NoError(t, err)
		return full.FullChat.(*tg.ChannelFull).ParticipantsCount
	}
	search(t, w, "a") // there is an index, which the raid must not outdate
	w.Raid(size, 10*time.Minute)
	assert.Equal(t, 1_500, members())
	for minute := 1; minute <= 12; minute++ {
		now = now.Add(time.Minute)
		w.Pass()
		arrived := min(minute, 10) * size / 10
		assert.Equal(t, 1_500+arrived, members())
		assert.Equal(t, arrived, told)
	}
	order := everyone(t, w, world.Recent, "")
	words := wordsOf(t, w)
	for _, q := range []string{"a", "mi", "mira"} {
		assert.Equal(t, reading(words, order, q, false), search(t, w, q))
	}
	log, err := w.AdminLog(w.Owner(), w.Group().ID, world.LogRequest{Limit: 100})
	require.NoError(t, err)
	assert.Len(t, log.Events, 100)
	assert.Equal(t, int(epoch.Add(10*time.Minute).Unix()), log.Events[0].Date)
}

func TestASecondRaidBringsTheRestOfTheFirst(t *testing.T) {
	now := epoch
	w := world.New(world.Options{Seed: 2, Members: 10, Now: func() time.Time { return now }})
	w.Raid(100, time.Hour)
	w.Raid(50, 0)
	assert.Len(t, everyone(t, w, world.Recent, ""), 160)
}

func TestChurn(t *testing.T) {
	run := func() (orders [][]int64, joined, left int) {
		w := world.New(world.Options{Seed: 9, Members: 300, Now: still, Churn: 2})
		w.Subscribe(func(_ world.UserID, u *tg.Updates) {
			for _, up := range u.Updates {
				if p, ok := up.(*tg.UpdateChannelParticipant); ok && p.PrevParticipant == nil {
					joined++
				} else if ok && p.NewParticipant == nil {
					left++
				}
			}
		})
		for range 60 {
			var ids []int64
			got, err := w.Participants(w.Owner(), w.Group().ID, world.ListRequest{Limit: 200})
			require.NoError(t, err)
			for _, r := range got.Rows {
				ids = append(ids, rowID(r))
			}
			orders = append(orders, ids)
		}
		w.SetChurn(0)
		agree(t, w)
		return orders, joined, left
	}
	orders, joined, left := run()
	assert.InDelta(t, 10, joined, 8)
	assert.InDelta(t, 10, left, 8)
	assert.Positive(t, joined)
	assert.Positive(t, left)
	for i := 2; i < len(orders); i += 2 {
		assert.Equal(t, orders[i-1], orders[i], "nothing moves at every other page")
	}
	again, _, _ := run()
	assert.Equal(t, orders, again, "chance comes from the seed")
}

func TestChurnCanBeChanged(t *testing.T) {
	w := world.New(world.Options{Seed: 9, Members: 300, Now: still})
	before, _ := listed(t, w)
	again, _ := listed(t, w)
	assert.Equal(t, before, again)
	w.SetChurn(1)
	everyone(t, w, world.Recent, "")
	w.SetChurn(0)
	moved, _ := listed(t, w)
	assert.NotEqual(t, before, moved)
}

func TestRule25SlowMode(t *testing.T) {
	now := epoch
	w := world.New(world.Options{Seed: 25, Members: 100, Now: func() time.Time { return now }})
	id := w.Group().ID
	u := world.UserID(somebody(t, w, "Quick", "Writer"))
	require.NoError(t, w.ToggleSlowMode(w.Owner(), id, 60))
	require.NoError(t, w.Speak(u, id))
	now = now.Add(20 * time.Second)
	err := w.Speak(u, id)
	assert.True(t, tgerr.IsCode(err, 420), "%v", err)
	got, _ := tgerr.As(err)
	assert.Equal(t, "SLOWMODE_WAIT", got.Type)
	assert.Equal(t, 40, got.Argument)
	require.NoError(t, w.Speak(w.Owner(), id))
	require.NoError(t, w.Speak(w.Owner(), id), "admins do not wait")

	full, err := w.FullChannel(u, id)
	require.NoError(t, err)
	seconds, _ := full.FullChat.(*tg.ChannelFull).GetSlowmodeSeconds()
	assert.Equal(t, 60, seconds)
	next, _ := full.FullChat.(*tg.ChannelFull).GetSlowmodeNextSendDate()
	assert.Equal(t, int(epoch.Unix())+60, next)

	now = now.Add(40 * time.Second)
	require.NoError(t, w.Speak(u, id))
	require.NoError(t, w.ToggleSlowMode(w.Owner(), id, 0))
	require.NoError(t, w.Speak(u, id))
	assert.True(t, tgerr.Is(w.ToggleSlowMode(w.Owner(), id, 7), "SECONDS_INVALID"))
}

// TestPassingOftenOrSeldomIsTheSame has one world be told of every second and another of the end only.
func TestPassingOftenOrSeldomIsTheSame(t *testing.T) {
	const minutes = 5
	run := func(step time.Duration) []int64 {
		now := epoch
		w := world.New(world.Options{Seed: 3, Members: 60, Chatter: time.Second, Now: func() time.Time { return now }})
		w.Pass()
		w.Raid(200, 4*time.Minute)
		for now.Before(epoch.Add(minutes * time.Minute)) {
			now = now.Add(step)
			w.Pass()
		}
		ids, _ := listed(t, w)
		return ids
	}
	often := run(time.Second)
	assert.Len(t, often, len(run(minutes*time.Minute)))
	assert.Equal(t, often, run(minutes*time.Minute))
}
