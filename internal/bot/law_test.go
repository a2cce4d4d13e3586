package bot_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

// TestNothingIsLost plays months in a minute: whatever is dropped, doubled, swapped or cut off, and whenever the sink fails or the
// process ends, the position is never ahead of the effect, and in the end everything was taken in that Telegram had, and what it had not is
// on record.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// A bubble a case, and rapid outside of it: it stops by the clock. Its way to end a case is a panic, which is carried out.
		var ended any
		synctest.Test(t, func(*testing.T) {
			defer func() { ended = recover() }()
			play(rt)
		})
		if ended != nil {
			panic(ended)
		}
	})
}

func play(t *rapid.T) {
	s, k := newServer(), newBook()
	s.slice = rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "slice")
	k.state, k.known = membership.BotState{Pts: s.pts, Qts: s.qts, Date: s.date}, true
	st := listen(s, k)
	defer func() { _ = st.close() }() // why it ended was checked where it matters
	down := errors.New("the disk is full")
	var held []tg.UpdatesClass
	holes := 0

	carry := func(u tg.UpdatesClass) {
		switch rapid.SampledFrom([]string{"now", "now", "now", "later", "never", "twice"}).Draw(t, "delivery") {
		case "now":
			st.deliver(u)
		case "later":
			held = append(held, u)
		case "twice":
			st.deliver(u, u)
		}
	}
	check := func() {
		settle(0)
		if behind := missing(s, k); behind != "" {
			t.Fatalf("the position is ahead of its effect: %s", behind)
		}
	}
	actions := map[string]func(*rapid.T){
		"": func(*rapid.T) { check() },
		"join": func(t *rapid.T) {
			channel := rapid.SampledFrom([]int64{int64(group), nobody}).Draw(t, "channel")
			carry(s.join(channel, rapid.Int64Range(1, 5).Draw(t, "user")))
		},
		"stop":    func(t *rapid.T) { carry(s.stop(ann, rapid.Bool().Draw(t, "stopped"))) },
		"write":   func(t *rapid.T) { carry(s.write(ann, "/start")) },
		"hole":    func(*rapid.T) { s.skip(); holes++ },
		"wait":    func(*rapid.T) { settle(300 * time.Millisecond) },
		"wake":    func(*rapid.T) { st.Wake() },
		"trouble": func(*rapid.T) { s.mu.Lock(); s.refuse = append(s.refuse, errors.New("connection lost")); s.mu.Unlock() },
		"late": func(*rapid.T) {
			for i := len(held) - 1; i >= 0; i-- {
				st.deliver(held[i])
			}
			held = nil
		},
		"answer": func(t *rapid.T) {
			r := membership.Reply{Bot: self, User: membership.UserID(ann), Message: rapid.IntRange(1, 9).Draw(t, "message")}
			if _, err := st.Answer(context.Background(), r, membership.Verdict{Answer: membership.Serve}, ""); err != nil {
				t.Fatal(err)
			}
		},
		"restart": func(t *rapid.T) {
			if rapid.Bool().Draw(t, "by a failed sink") {
				k.mu.Lock()
				k.failSink = func(membership.Batch) error { return down }
				k.mu.Unlock()
				st.deliver(s.join(int64(group), 1))
				settle(gapTimer)
			}
			_ = st.close() // either reason; what counts is the state left behind
			k.failSink = nil
			st = listen(s, k)
			settle(0)
		},
	}
	t.Repeat(actions)

	s.mu.Lock()
	s.refuse = nil
	s.mu.Unlock()
	st.Wake()
	settle(2 * time.Minute) // past every retry
	check()
	if now := look(k, func(k *book) membership.BotState { return k.state }); now.Qts != s.qts {
		t.Fatalf("at %d in the end, the server is at %d", now.Qts, s.qts)
	}
	onRecord := 0
	for _, g := range look(k, func(k *book) []membership.Gap { return k.gaps }) {
		var n int
		if _, err := fmt.Sscanf(g.Reason, "%d of ", &n); err != nil || g.To < g.From || g.Source != membership.GapFeed {
			t.Fatalf("a gap that is none: %+v", g)
		}
		onRecord += n
	}
	if onRecord != holes {
		t.Fatalf("%d updates are on record as lost, Telegram lost %d", onRecord, holes)
	}
}

// missing is the first update that the stored position claims and the book does not have.
func missing(s *server, k *book) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	stops := map[uint64]bool{}
	for _, b := range k.taken {
		for _, c := range b.Contacts {
			stops[c.Ref] = stops[c.Ref] || c.Kind != membership.Wrote
		}
	}
	for _, u := range s.members {
		switch u := u.(type) {
		case *tg.UpdateChannelParticipant:
			id := membership.Identity{
				Group: group, User: membership.UserID(u.UserID), Source: membership.SourceBotUpdate, Origin: self, Ref: uint64(u.Qts),
			}
			if u.ChannelID == int64(group) && u.Qts <= k.state.Qts && k.events[id] == 0 {
				return u.String()
			}
		case *tg.UpdateBotStopped:
			if u.Qts <= k.state.Qts && !stops[uint64(u.Qts)] {
				return u.String()
			}
		}
	}
	for _, m := range s.messages {
		key := membership.Reply{Bot: self, Message: m.ID}.Key()
		if _, ok := k.replies[key]; m.ID <= k.state.Pts && !ok {
			return m.String()
		}
	}
	return ""
}
