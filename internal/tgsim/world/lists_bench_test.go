package world_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// large is a group at Telegram's limit.
var large = sync.OnceValue(func() *world.World {
	return world.New(world.Options{Seed: 1, Members: 200_000, Now: still})
})

// BenchmarkList reads pages of 200 and encodes them. "Moving" ones follow a change of the list each time, so that
// nothing is left of the search before.
func BenchmarkList(b *testing.B) {
	w := large()
	search := func(q string, offset int) world.ListRequest {
		return world.ListRequest{Filter: world.Search, Query: q, Offset: offset, Limit: 200}
	}
	for _, tt := range []struct {
		name   string
		moving bool
		q      world.ListRequest
	}{
		{"recent", false, world.ListRequest{Limit: 200}},
		{"recent deep", false, world.ListRequest{Limit: 200, Offset: 9_800}},
		{"kicked", false, world.ListRequest{Filter: world.Kicked, Limit: 200}},
		{"restricted", false, world.ListRequest{Filter: world.Restricted, Limit: 200}},
		{"admins", false, world.ListRequest{Filter: world.Admins, Limit: 200}},
		{"search", false, search("a", 0)},
		{"search deep", false, search("a", 9_800)},
		{"search moving", true, search("a", 0)},
		{"search deep moving", true, search("a", 9_800)},
		{"search rare moving", true, search("mira ok", 0)},
	} {
		b.Run(tt.name, func(b *testing.B) {
			read(b, w, tt.q)
			if tt.moving {
				w.SetChurn(1)
				defer w.SetChurn(0)
			}
			b.ReportAllocs()
			for b.Loop() {
				read(b, w, tt.q)
			}
		})
	}
}

func read(b *testing.B, w *world.World, q world.ListRequest) {
	p, err := w.Participants(w.Owner(), w.Group().ID, q)
	require.NoError(b, err)
	answer := tg.ChannelsChannelParticipants{Count: p.Count, Participants: p.Rows, Users: p.Users, Chats: p.Chats}
	var wire bin.Buffer
	require.NoError(b, answer.Encode(&wire))
}

// BenchmarkFirstSearch makes the index of a group's words, and says what it holds.
func BenchmarkFirstSearch(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		b.StopTimer()
		w := world.New(world.Options{Seed: 1, Members: 200_000, Now: still})
		runtime.GC()
		runtime.ReadMemStats(&before)
		b.StartTimer()
		read(b, w, world.ListRequest{Filter: world.Search, Query: "mira ok", Limit: 200})
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(w)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		b.StartTimer()
	}
}
