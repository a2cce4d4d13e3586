package world_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/tgsim/world"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func still() time.Time { return epoch }

func facts(t require.TestingT, w *world.World) []world.Fact {
	got, err := w.Truth("")
	require.NoError(t, err)
	return got
}

// listed reads the whole of Recent as the owner.
func listed(t require.TestingT, w *world.World) (ids []int64, count int) {
	for {
		page, err := w.Participants(w.Owner(), w.Group().ID, world.ListRequest{Offset: len(ids), Limit: 200})
		require.NoError(t, err)
		if len(ids) == 0 {
			count = page.Count
		}
		if len(page.Rows) == 0 {
			return ids, count
		}
		for _, u := range page.Rows {
			ids = append(ids, rowID(u))
		}
	}
}

func rowID(p tg.ChannelParticipantClass) int64 {
	if b, ok := p.(*tg.ChannelParticipantBanned); ok {
		return b.Peer.(*tg.PeerUser).UserID
	}
	return p.(interface{ GetUserID() int64 }).GetUserID()
}

func TestSameSeedSameWorld(t *testing.T) {
	o := world.Options{Seed: 7, Members: 300, Now: still}
	a, b := world.New(o), world.New(o)
	assert.Equal(t, facts(t, a), facts(t, b))
	assert.Equal(t, a.Token(a.Bot()), b.Token(b.Bot()))
	assert.Equal(t, a.Phone(a.Owner()), b.Phone(b.Owner()))
	assert.Equal(t, a.Password(a.Owner()), b.Password(b.Owner()))
	assert.Equal(t, a.Group(), b.Group())
	for _, f := range facts(t, a)[:50] {
		assert.Equal(t, a.User(a.Owner(), f.ID).AccessHash, b.User(b.Owner(), f.ID).AccessHash)
	}
	aLog, err := a.AdminLog(a.Owner(), a.Group().ID, world.LogRequest{Limit: 100})
	require.NoError(t, err)
	bLog, err := b.AdminLog(b.Owner(), b.Group().ID, world.LogRequest{Limit: 100})
	require.NoError(t, err)
	assert.Equal(t, aLog, bLog)
	require.NotEmpty(t, aLog.Events, "the last two days had events")
	aIDs, _ := listed(t, a)
	bIDs, _ := listed(t, b)
	assert.Equal(t, aIDs, bIDs)

	o.Seed = 8
	other := world.New(o)
	assert.NotEqual(t, a.Owner(), other.Owner())
	assert.NotEqual(t, a.Token(a.Bot()), other.Token(other.Bot()))
}

func TestPopulationOfEverySize(t *testing.T) {
	for _, n := range []int{-1, 0, 2, 3, 10, 39, 40, 41, 100, 1200} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			w := world.New(world.Options{Seed: 3, Members: n, Now: still})
			inside := 0
			for _, f := range facts(t, w) {
				if f.In {
					inside++
				}
			}
			assert.Equal(t, max(n, 2), inside)
			assert.NotEmpty(t, w.Password(w.Owner()))
			assert.Len(t, w.Code(w.Owner()), 5)
			assert.True(t, strings.HasPrefix(w.Token(w.Bot()), fmt.Sprintf("%d:", w.Bot())))
		})
	}
}

func TestLoginFacts(t *testing.T) {
	w := world.New(world.Options{Seed: 3, Members: 2, NoPassword: true, Now: still})
	assert.Empty(t, w.Password(w.Owner()))
	for _, phone := range []string{w.Phone(w.Owner()), "+" + w.Phone(w.Owner())} {
		got, ok := w.AccountByPhone(phone)
		assert.True(t, ok)
		assert.Equal(t, w.Owner(), got)
	}
	_, ok := w.AccountByPhone("")
	assert.False(t, ok, "a bot has no phone, and nobody is found by none")
	got, ok := w.BotByToken(w.Token(w.Bot()))
	assert.True(t, ok)
	assert.Equal(t, w.Bot(), got)
	_, ok = w.BotByToken("")
	assert.False(t, ok)
}

// TestAnythingMayHappen does things at random and checks that lists, counts and queues still agree.
func TestAnythingMayHappen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := epoch
		w := world.New(world.Options{Seed: rapid.Uint64().Draw(t, "seed"), Members: 45, Now: func() time.Time { return now }})
		id, owner, bot := w.Group().ID, w.Owner(), w.Bot()
		pushed := 0
		w.Subscribe(func(account world.UserID, u *tg.Updates) {
			for _, up := range u.Updates {
				if qts, ok := tg.IsQtsUpdate(up); ok {
					pushed++
					require.Equal(t, bot, account)
					require.Equal(t, pushed+1, qts)
				}
			}
			var wire bin.Buffer
			require.NoError(t, u.Encode(&wire))
		})
		all := facts(t, w)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			u := all[rapid.IntRange(0, len(all)-1).Draw(t, "who")].ID
			by := all[rapid.IntRange(0, len(all)-1).Draw(t, "by")].ID
			if rapid.Bool().Draw(t, "by owner") {
				by = owner
			}
			// A refusal is as good as an effect here.
			switch rapid.SampledFrom([]string{
				"join", "link", "leave", "kick", "ban", "mute", "lift", "promote", "hide", "demote", "delete", "speak", "start", "block", "wait",
			}).Draw(t, "what") {
			case "join":
				_ = w.Join(u, id)
			case "link":
				_ = w.JoinByLink(u, id)
			case "leave":
				_ = w.Leave(u, id)
			case "kick":
				_ = w.Kick(by, u, id)
			case "ban":
				r := world.Banned()
				r.UntilDate = int(now.Unix()) + rapid.IntRange(-10, 1000).Draw(t, "until")
				_, _ = w.EditBanned(by, u, id, r)
			case "mute":
				_, _ = w.EditBanned(by, u, id, world.Muted())
			case "lift":
				_, _ = w.EditBanned(by, u, id, tg.ChatBannedRights{})
			case "promote":
				_, _ = w.EditAdmin(by, u, id, world.ModeratorRights(), "")
			case "hide":
				_, _ = w.EditAdmin(by, u, id, tg.ChatAdminRights{Anonymous: true, Other: true}, "")
			case "demote":
				_, _ = w.EditAdmin(by, u, id, tg.ChatAdminRights{}, "")
			case "delete":
				_ = w.DeleteAccount(u)
			case "speak":
				_ = w.Speak(u, id)
			case "start":
				_ = w.Start(u, bot, "")
			case "block":
				_ = w.Block(u, bot)
			case "wait":
				now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			}
		}
		agree(t, w)
		require.Equal(t, 1+pushed, w.State(bot).Qts)
	})
}

// agree checks what must hold of any world.
func agree(t require.TestingT, w *world.World) {
	inside, shown := 0, make(map[int64]bool)
	for _, f := range facts(t, w) {
		if f.In {
			inside++
		}
		if f.In && !f.Deleted && !f.Anonymous {
			shown[int64(f.ID)] = true
		}
	}
	full, err := w.FullChannel(w.Owner(), w.Group().ID)
	require.NoError(t, err)
	require.Equal(t, inside, full.FullChat.(*tg.ChannelFull).ParticipantsCount)
	ids, count := listed(t, w)
	require.Equal(t, len(shown), count)
	require.Len(t, ids, count)
	for _, id := range ids {
		require.True(t, shown[id])
		delete(shown, id)
	}
	require.Empty(t, shown)
	log, err := w.AdminLog(w.Owner(), w.Group().ID, world.LogRequest{Limit: 100})
	require.NoError(t, err)
	for i, ev := range log.Events {
		require.True(t, i == 0 || ev.ID < log.Events[i-1].ID)
	}
	var wire bin.Buffer
	require.NoError(t, log.Encode(&wire))
}

// BenchmarkNew measures 200,000 members built, and the memory they hold.
func BenchmarkNew(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		w := world.New(world.Options{Seed: 1, Members: 200_000})
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB/world")
		runtime.KeepAlive(w)
	}
}

// BenchmarkPage reads pages of 200 out of 200,000 members, and encodes them.
func BenchmarkPage(b *testing.B) {
	w := world.New(world.Options{Seed: 1, Members: 200_000})
	b.ReportAllocs()
	offset := 0
	var wire bin.Buffer
	for b.Loop() {
		page, err := w.Participants(w.Owner(), w.Group().ID, world.ListRequest{Offset: offset, Limit: 200})
		if err != nil {
			b.Fatal(err)
		}
		wire.Reset()
		answer := tg.ChannelsChannelParticipants{Count: page.Count, Participants: page.Rows, Users: page.Users, Chats: page.Chats}
		if err := answer.Encode(&wire); err != nil {
			b.Fatal(err)
		}
		offset = (offset + 200) % 10_000
	}
}

// BenchmarkJoin has people join and leave a group of 200,000.
func BenchmarkJoin(b *testing.B) {
	w := world.New(world.Options{Seed: 1, Members: 200_000})
	u, _ := w.Stranger()
	for b.Loop() {
		if err := w.Join(u, w.Group().ID); err != nil {
			b.Fatal(err)
		}
		if err := w.Leave(u, w.Group().ID); err != nil {
			b.Fatal(err)
		}
	}
}
